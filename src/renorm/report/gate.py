"""What stops a build: faults of the records, and verdicts worse than the committed baseline."""

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

import yaml

from renorm.report.claims import Claim, amendments_missing, load_claims, parse_claims
from renorm.report.provenance import file_at
from renorm.report.record import Record
from renorm.report.verdict import NOT_ATTEMPTED, WORDS, Verdict, worse

CLAIMS = Path("book/claims")
_BASELINE = CLAIMS / "baseline.yml"
_HEAD = """\
# The verdicts that the book may not fall behind, written by `make baseline`. Claims that are missing here are
# not attempted.
"""


def read_baseline(root: Path) -> dict[str, str]:
    """The committed verdicts by claim id; none if there is no such file.

    Raises:
        ValueError: if a verdict is none of the five.
    """
    path = root / _BASELINE
    baseline = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}) if path.exists() else {}
    for id, word in baseline.items():
        if word not in WORDS:
            raise ValueError(f"{_BASELINE}: {id} is {word!r}; allowed is one of {', '.join(WORDS)}")
    return baseline


def write_baseline(root: Path, found: dict[str, Verdict]) -> None:
    """Make the verdicts ``found`` the baseline."""
    words = {id: verdict.word for id, verdict in found.items() if verdict.word != NOT_ATTEMPTED}
    (root / _BASELINE).write_text(
        _HEAD + (yaml.safe_dump(words, width=200) if words else ""), encoding="utf-8"
    )


def record_problems(claims: dict[str, Claim], records: Iterable[Record], figures: set[str]) -> list[str]:
    """What is wrong with the records, one line each.

    Args:
        claims: all claims by id.
        records: all records of the executed chapters.
        figures: the names of the figures that the executed chapters show.
    """
    records = list(records)
    times = Counter(
        (record.id, record.lane, _live_on_gpu(record)) for record in records if record.profile != "smoke"
    )
    problems = [
        f"{id} is recorded {n} times in the lane {lane}" for (id, lane, _), n in times.items() if n > 1
    ]
    for record in records:
        claim = claims.get(record.id)
        if claim is None:
            problems.append(f"{record.chapter} records {record.id}, which is no claim of {CLAIMS}")
            continue
        if claim.chapter != record.chapter:
            problems.append(f"{record.chapter} records {record.id}, whose chapter is {claim.chapter}")
        if claim.random and record.stderr is None and claim.kind != "ordering":
            problems.append(f"{record.chapter} records {record.id}, which is random, without stderr")
        if isinstance(record.measured, bool) != (claim.kind == "ordering"):
            problems.append(
                f"{record.chapter} records {record.measured} for {record.id}, of kind {claim.kind}"
            )
        if claim.why:
            problems.append(f"{record.id} is recorded, yet its entry says why it is not: remove why")
        if record.figure and record.figure not in figures:
            problems.append(f"{record.id} names the figure {record.figure}, which no chapter shows")
    return problems


def _live_on_gpu(record: Record) -> bool:
    """A run in the profile ``gpu`` may stand beside evidence from a GPU, which is the larger experiment."""
    return record.profile == "gpu" and record.recorded is None


def baseline_problems(
    baseline: dict[str, str], found: dict[str, Verdict], executed: Collection[str]
) -> list[str]:
    """Verdicts worse than the baseline's where the chapter was executed, and its ids that are no claims."""
    problems = [f"{id} is in the baseline but no claim any more" for id in baseline.keys() - found.keys()]
    for id, verdict in found.items():
        before = baseline.get(id, NOT_ATTEMPTED)
        if verdict.claim.chapter in executed and worse(verdict.word, than=before):
            stale = [lane for lane, one in verdict.lanes.items() if one.record.stale]
            cause = f"; what was recorded for the lane {stale[0]} is stale" if stale else ""
            problems.append(f"{id} was {before} and is {verdict.word}: {verdict.reason}{cause}")
    return sorted(problems)


def amendment_problems(root: Path, revision: str) -> list[str]:
    """Claims whose target differs from the one at the git ``revision`` without an ``amended`` line."""
    before = []
    for path in sorted((root / CLAIMS).glob("[0-9]*.yml")):
        if text := file_at(root, revision, f"{CLAIMS}/{path.name}"):
            before.append(parse_claims(text, path))
    return [
        f"{id}: expected or tolerance changed since {revision}; add an amended line with the reason"
        for id in amendments_missing(before, load_claims(root / CLAIMS))
    ]
