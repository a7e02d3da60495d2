"""The targets: what each paper claims, with a tolerance and its reason, written before any run.

One YAML file a paper, ``book/claims/<arXiv id>.yml``, with a mapping ``paper`` and a list ``claims``; beside
them ``errata.yml``, a list of the places where a paper or its code is wrong. The fields are those of
:class:`Paper`, :class:`Claim` and :class:`Erratum`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from renorm.report.schema import Entry, Fault, parse

_NOT_PAPERS = ("baseline.yml", "errata.yml")
_FIXED = {"identity": 0, "curve": 0, "ordering": True}


@dataclass(frozen=True)
class Tolerance:
    """How far a measurement may lie from the expected number, and why."""

    value: int | float
    kind: Literal["absolute", "relative"]
    reason: str


@dataclass(frozen=True)
class Remark:
    """What is wrong with a claim as the paper states it."""

    text: str


@dataclass(frozen=True)
class Claim:
    """One number that a paper claims.

    Attributes:
        id: ``<arXiv id>/<name>``.
        locator: where in the paper, as far as we know.
        provenance: how we know of it.
        statement: the claim in our words, Markdown.
        kind: an identity or a curve expects 0, the largest deviation; an ordering expects true.
        chapter: the chapter that measures it, or will.
        expected: what a measurement should be; None only with ``why``.
        tolerance: None for an ordering, or with ``why``.
        random: whether the measurement is random and therefore needs a standard error.
        scale: the size of the paper's experiment; None where size means nothing, as for an exact formula.
        substitute: what stands in for the paper's data or architecture.
        why: why it is not attempted.
        amended: a line with the reason for each later change of ``expected`` or ``tolerance``.
        errata: what is wrong with the claim.
    """

    id: str
    locator: str
    provenance: Literal["text", "abstract", "code", "derived"]
    statement: str
    kind: Literal["identity", "value", "exponent", "curve", "ordering"]
    chapter: str
    expected: int | float | bool | str | None = None
    tolerance: Tolerance | None = None
    random: bool = False
    scale: str | None = None
    substitute: str | None = None
    why: str | None = None
    amended: tuple[str, ...] = ()
    errata: Remark | None = None

    @property
    def paper(self) -> str:
        """The paper's arXiv id."""
        return self.id.partition("/")[0]

    @property
    def name(self) -> str:
        """The id without the paper."""
        return self.id.partition("/")[2]

    @property
    def margin(self) -> float | int | None:
        """The tolerance as an absolute number; None where there is none."""
        if self.tolerance is None or self.kind == "ordering":
            return None
        relative = self.tolerance.kind == "relative" and self.kind != "curve"
        return self.tolerance.value * (abs(self.expected) if relative else 1)


@dataclass(frozen=True)
class Paper:
    """A paper; ``coverage`` says how much of it we have read. In the file its claims are a list beside it."""

    arxiv: str
    title: str
    authors: str
    year: int
    coverage: Literal["full text", "partial", "abstract"]
    note: str | None = None
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True)
class Erratum:
    """A place where a paper or its code is wrong; ``check`` is the claim or the test's path that shows it."""

    id: str
    paper: str
    where: str
    what: str
    check: str
    chapter: str
    figure: str | None = None


@dataclass(frozen=True)
class _File:
    paper: Paper
    claims: tuple[Claim, ...]


def load_claims(folder: Path) -> tuple[Paper, ...]:
    """All papers of ``folder``, in the order of their arXiv ids.

    Raises:
        SchemaError: naming file, line, field, value and what is allowed, for each fault of a file.
    """
    files = sorted(path for path in folder.glob("*.yml") if path.name not in _NOT_PAPERS)
    return tuple(parse_claims(path.read_text(encoding="utf-8"), path) for path in files)


def parse_claims(text: str, path: Path) -> Paper:
    """One paper from the text of its file.

    Raises:
        SchemaError: as :func:`load_claims`.
    """
    file = parse(text, str(path), _File, lambda content: _faults(content, path.stem))
    claims = (replace(claim, expected=_FIXED.get(claim.kind, claim.expected)) for claim in file.claims)
    return replace(file.paper, claims=tuple(claims))


def load_errata(path: Path, claims: Iterable[Claim] = ()) -> tuple[Erratum, ...]:
    """The errata of the file ``path``, if there is one, and those that only a claim mentions.

    Raises:
        SchemaError: as :func:`load_claims`.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else "[]"
    listed = parse(text, str(path), tuple[Erratum, ...])
    checks = {erratum.check for erratum in listed}
    mentioned = (claim for claim in claims if claim.errata and claim.id not in checks)
    return listed + tuple(
        Erratum(claim.id, claim.paper, claim.locator, claim.errata.text, claim.id, claim.chapter)
        for claim in mentioned
    )


def every_claim(papers: Iterable[Paper]) -> dict[str, Claim]:
    """The claims of all papers by id."""
    return {claim.id: claim for paper in papers for claim in paper.claims}


def amendments_missing(old: Iterable[Paper], new: Iterable[Paper]) -> list[str]:
    """The ids of claims whose target was changed or dropped without a new ``amended`` line.

    A target is the expected value with the tolerance. Filling in what was left open is no change, nor is
    another wording of the tolerance's reason.
    """

    def target(claim):
        return claim.expected, claim.tolerance and replace(claim.tolerance, reason="")

    now = every_claim(new)
    missing = []
    for id, before in every_claim(old).items():
        after = now.get(id) or replace(before, expected=None, tolerance=None)
        changed = any(a is not None and a != b for a, b in zip(target(before), target(after), strict=True))
        if changed and len(after.amended) <= len(before.amended):
            missing.append(id)
    return missing


def _faults(content: Entry, arxiv: str) -> Iterator[Fault]:
    """What the types of a paper's file cannot show."""
    paper, seen = content["paper"], set()
    if paper["arxiv"] != arxiv:
        yield paper.lines["arxiv"], f"arxiv is {paper['arxiv']!r}; allowed is the file's name, {arxiv!r}"
    for claim in content["claims"]:
        if not re.fullmatch(rf"{re.escape(arxiv)}/[a-z0-9-]+", claim["id"]):
            yield (
                claim.lines["id"],
                f"id is {claim['id']!r}; allowed is {arxiv}/ and small letters, digits, dashes",
            )
        if claim["id"] in seen:
            yield claim.lines["id"], f"id is {claim['id']!r}; allowed is a name that no other claim has"
        seen.add(claim["id"])
        yield from _target_faults(claim)


def _target_faults(claim: Entry) -> Iterator[Fault]:
    """Whether the expected value and the tolerance suit the kind of claim."""
    kind, expected, tolerance = claim["kind"], claim.get("expected"), claim.get("tolerance")
    attempted = "why" not in claim
    if kind == "ordering":
        fits, allowed = expected in (None, True, "true"), "true"
    elif kind in _FIXED:
        fits, allowed = expected in (None, 0) and expected is not False, "0, the largest deviation"
    else:
        fits = type(expected) in (int, float) or (expected is None and not attempted)
        allowed = "a number"
    if not fits:
        line = claim.lines.get("expected", claim.line)
        yield line, f"expected is {expected!r}; allowed for the kind {kind} is {allowed}"
    if tolerance is None:
        if attempted and kind != "ordering":
            yield claim.line, "tolerance is missing; only an ordering or a claim with why may do without"
    elif tolerance["value"] < 0:
        yield tolerance.lines["value"], f"value is {tolerance['value']!r}; allowed is a number >= 0"
    elif tolerance["kind"] == "relative" and not expected and kind != "curve":
        yield tolerance.lines["kind"], "kind is 'relative'; allowed is absolute where 0 is expected"
