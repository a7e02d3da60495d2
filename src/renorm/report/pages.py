"""The pages that are made from the ledger: fragments of Markdown which the book's tracked pages include."""

import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from renorm.report import cards
from renorm.report.claims import Claim, Erratum, Paper, every_claim, load_claims, load_errata
from renorm.report.gate import CLAIMS, baseline_problems, read_baseline, record_problems
from renorm.report.harvest import Figure, Run, chapters, harvest
from renorm.report.provenance import commit
from renorm.report.verdict import NOT_ATTEMPTED, Verdict, verdicts


@dataclass(frozen=True)
class Summary:
    """What was written.

    Attributes:
        text: one line for the end of a build.
        problems: what must stop a build that gives verdicts, one line each.
        verdicts: the verdict on each claim by id.
    """

    text: str
    problems: list[str]
    verdicts: dict[str, Verdict]


def write(root: Path, executed: Path, out: Path) -> Summary:
    """Write every fragment.

    Args:
        root: the repository, with ``book/claims`` and the chapters.
        executed: the folder of the executed notebooks; it may be empty or missing, then nothing is attempted.
        out: where to write ``ledger.md``, ``gallery.md``, ``errata.md``, ``status.md``, ``ledger.json``,
            ``papers/<arXiv id>.md``, ``chapters/<chapter>.md``, ``figures/<name>.svg``, ``data/<name>.csv``.

    Raises:
        ValueError: if a file of ``book/claims`` breaks its schema.
    """
    papers, documents, runs = load_claims(root / CLAIMS), chapters(root), harvest(root, executed)
    claims = every_claim(papers)
    errata = load_errata(root / CLAIMS / "errata.yml", claims.values())
    records = [record for run in runs for record in run.records]
    figures = {figure.name: figure for run in runs for figure in run.figures}
    found = verdicts(claims.values(), records)
    texts = {
        "ledger.md": ledger(papers, found),
        "gallery.md": gallery(figures.values(), documents),
        "errata.md": errata_page(errata, found, documents, figures),
        "status.md": status(root, runs, documents),
        "ledger.json": ledger_json(found),
    }
    texts |= {f"papers/{paper.arxiv}.md": paper_page(paper, found, documents) for paper in papers}
    texts |= {f"chapters/{name}.md": chapter_section(name, found) for name in documents}
    texts |= {f"figures/{name}.svg": figure.svg for name, figure in figures.items()}
    texts |= {f"data/{name}.csv": figure.csv for name, figure in figures.items()}
    for folder in ("papers", "chapters", "figures", "data"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    problems = [problem for run in runs for problem in run.problems]
    problems += record_problems(claims, records, set(figures))
    problems += errata_problems(root, errata, claims)
    executed_now = [run.chapter for run in runs if run.profile != "smoke"]
    behind = baseline_problems(read_baseline(root), found, executed_now)
    return Summary(summary(found, behind), problems + behind, found)


def summary(found: dict[str, Verdict], behind: list[str]) -> str:
    """The ledger in one line.

    Example:
        >>> summary({}, [])
        'ledger: 0 claims; baseline ok'
    """
    numbers = ", ".join(f"{n} {word}" for word, n in cards.counts(found.values()).items())
    baseline = f"{len(behind)} behind the baseline" if behind else "baseline ok"
    return f"ledger: {len(found)} claims{': ' if numbers else ''}{numbers}; {baseline}"


def ledger(papers: Iterable[Paper], found: dict[str, Verdict]) -> str:
    """All claims by paper and verdict, each a link to its card."""
    parts = [f"{len(found)} claims: {cards.tally(found.values())}\n"]
    for paper in papers:
        mine = [found[claim.id] for claim in paper.claims]
        page = f"{{doc}}`Its claims in full </book/papers/{paper.arxiv}>`."
        parts.append(f"\n## {paper.arxiv}\n\n{_head(paper)} {page}\n\n{cards.tally(mine)}\n")
        for word in cards.counts(mine):
            parts.append(f"- {cards.badge(word)}: {_links(v for v in mine if v.word == word)}")
    return "\n".join(parts)


def _head(paper: Paper) -> str:
    return f"*{paper.title}*. {paper.authors} ({paper.year}). Read by us: {paper.coverage}."


def _links(found: Iterable[Verdict]) -> str:
    return " · ".join(cards.link(verdict.claim) + cards.recorded(verdict) for verdict in found)


def paper_page(paper: Paper, found: dict[str, Verdict], documents: dict[str, str]) -> str:
    """The claims of one paper, one card each, under the chapter that measures them."""
    mine = [found[claim.id] for claim in paper.claims]
    parts = [f"{_head(paper)} {paper.note or ''}\n\n{len(mine)} claims: {cards.tally(mine)}\n"]
    for chapter in dict.fromkeys(verdict.claim.chapter for verdict in mine):
        parts.append(f"## {chapter.replace('_', ' ').capitalize()}\n")
        parts += [cards.card(v, documents) for v in mine if v.claim.chapter == chapter]
    return "\n".join(parts)


def chapter_section(name: str, found: dict[str, Verdict]) -> str:
    """What the ledger says of one chapter: a table of the measured claims, links to the others."""
    mine = [verdict for verdict in found.values() if verdict.claim.chapter == name]
    if not mine:
        return "No claim of a paper belongs to this chapter.\n"
    measured = [verdict for verdict in mine if verdict.record]
    table = [f"\n{cards.table(measured)}"] if measured else []
    waiting = _links(verdict for verdict in mine if verdict.record is None)
    rest = [f"\n{cards.badge(NOT_ATTEMPTED)}: {waiting}"] if waiting else []
    return "\n".join([cards.tally(mine), *table, *rest]) + "\n"


def gallery(figures: Iterable[Figure], documents: dict[str, str]) -> str:
    """Every figure, with links to its place in the book and to its data."""
    parts = [
        f"````{{container}} gallery-item\n```{{image}} /_build/generated/figures/{figure.name}.svg\n"
        f":alt: {' '.join(figure.alt.split())}\n```\n{cards.figure_link(figure.name)} · "
        f"{cards.data_link(figure.name)} · {cards.chapter_link(figure.chapter, documents)}\n````\n"
        for figure in figures
    ]
    return "\n".join(parts) or "No chapter has been executed.\n"


def errata_page(
    errata: Iterable[Erratum],
    found: dict[str, Verdict],
    documents: dict[str, str],
    figures: dict[str, Figure],
) -> str:
    """Each place where a paper or its code is wrong, with the check that shows it and the check's verdict."""
    parts = []
    for entry in errata:
        check = f"`{entry.check}`, in every run of `make test`"
        if entry.check in found:
            check = f"{cards.link(found[entry.check].claim)} {cards.badge(found[entry.check].word)}"
        figure = f"{cards.figure_link(entry.figure)} · " if entry.figure in figures else ""
        parts.append(
            f"````{{container}} claim\n**{entry.paper}, {entry.where}**\n\n"
            f"{entry.what.strip()}\n\n- Shown by: {check}\n"
            f"- See: {figure}{cards.chapter_link(entry.chapter, documents)}\n````\n"
        )
    return "\n".join(parts) or "None so far.\n"


def errata_problems(root: Path, errata: Iterable[Erratum], claims: dict[str, Claim]) -> list[str]:
    """Errata whose check is neither a claim nor a test that exists."""
    return [
        f"erratum {entry.id}: its check {entry.check} is neither a claim nor a file"
        for entry in errata
        if entry.check not in claims and not (root / entry.check.partition("::")[0]).is_file()
    ]


def status(root: Path, runs: Iterable[Run], documents: dict[str, str]) -> str:
    """When, from which commit and with what the book was built; how long each chapter took; the evidence."""
    now = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    versions = {f"{name} {version}" for run in runs for name, version in run.versions.items()}
    parts = [
        f"- Built: {time.strftime('%Y-%m-%d %H:%M', now)} UTC",
        f"- Commit: {commit(root)}",
        f"- Versions: {', '.join(sorted(versions)) or 'no chapter has been executed'}",
        "\n| chapter | profile | seconds | device |\n|---|---|---:|---|",
    ]
    for run in runs:
        chapter = cards.chapter_link(run.chapter, documents)
        parts.append(f"| {chapter} | {run.profile} | {run.seconds:.0f} | {run.device} |")
    if recorded := [one for run in runs for one in run.evidence]:
        parts.append("\n| evidence | recorded | commit | seconds |\n|---|---|---|---:|")
    for one in recorded:
        parts.append("| {name} | {recorded} | {commit} | {seconds:.0f} |".format(**one))
    return "\n".join(parts) + "\n"


def ledger_json(found: dict[str, Verdict]) -> str:
    """Every claim with its verdict, as JSON.

    ``tolerance`` is the absolute margin. The measurement is the one that decides; ``lanes`` holds those of
    both lanes, each with its own verdict.
    """
    of_claim = ("id", "paper", "kind", "expected", "statement", "locator", "chapter")
    rows = [
        {name: getattr(verdict.claim, name) for name in of_claim}
        | {"tolerance": verdict.claim.margin}
        | _measurement(verdict)
        | {"lanes": {lane: _measurement(one, "scale", "stale") for lane, one in verdict.lanes.items()}}
        for verdict in found.values()
    ]
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def _measurement(verdict: Verdict, *more: str) -> dict[str, object]:
    """The fields of a verdict's record, ``more`` of them if asked for, and the verdict itself."""
    fields = ("measured", "stderr", "profile", "device", "seed", "figure", "note", "recorded", *more)
    record = {name: getattr(verdict.record, name, None) for name in fields}
    return record | {"verdict": verdict.word, "reason": verdict.reason}
