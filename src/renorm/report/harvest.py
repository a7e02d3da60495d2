"""Collect what the executed chapters recorded and drew."""

import json
from dataclasses import dataclass
from pathlib import Path

from renorm.report.record import MIME, Record
from renorm.report.recorded import MIME as EVIDENCE


@dataclass(frozen=True)
class Figure:
    """A figure of a chapter: its name ``fig-<chapter>-<n>``, alternative text, picture and data."""

    name: str
    chapter: str
    alt: str
    svg: str
    csv: str


@dataclass(frozen=True)
class Run:
    """One execution of a chapter, with all that it displayed for the ledger.

    Attributes:
        chapter: the chapter's name.
        profile: the profile that it ran in.
        seconds: how long it took.
        device: what it ran on.
        versions: of Python and of the packages that it imported.
        records: its measurements.
        figures: its named figures.
        evidence: the recorded results that it used: names, origins, checksums.
        problems: one line for each figure without a name or an alternative text.
    """

    chapter: str
    profile: str
    seconds: float
    device: str
    versions: dict[str, str]
    records: tuple[Record, ...]
    figures: tuple[Figure, ...]
    evidence: tuple[dict, ...]
    problems: tuple[str, ...]


def chapters(root: Path) -> dict[str, str]:
    """The document of each chapter, ``/book/part1/01_name`` by ``name``, in the book's order."""
    files = sorted((root / "book").glob("**/[0-9][0-9]_*.md"))
    return {path.stem[3:]: "/" + path.relative_to(root).with_suffix("").as_posix() for path in files}


def harvest(root: Path, executed: Path) -> tuple[Run, ...]:
    """The runs in the folder ``executed`` of chapters that the book still has, in the book's order."""
    paths = [executed / f"{name}.ipynb" for name in chapters(root)]
    return tuple(_run(json.loads(path.read_text(encoding="utf-8"))) for path in paths if path.exists())


def _run(notebook: dict) -> Run:
    about = notebook["metadata"]["renorm"]
    records, figures, evidence, problems = [], [], [], []
    for cell in notebook["cells"]:
        options = cell["metadata"].get("mystnb", {})
        name = options.get("figure", {}).get("name")
        alt = options.get("image", {}).get("alt", "").strip()
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if MIME in data:
                records.append(Record(**data[MIME]))
            if EVIDENCE in data:
                evidence.append(data[EVIDENCE])
            if "text/csv" in data:
                if not (name and alt):
                    problems.append(
                        f"{about['chapter']} shows a figure without a name or an alternative text"
                    )
                    continue
                picture, table = ("".join(data[kind]) for kind in ("image/svg+xml", "text/csv"))
                figures.append(Figure(name, about["chapter"], alt, picture, table))
    described = {key: about[key] for key in ("chapter", "profile", "seconds", "device", "versions")}
    lists = {"records": records, "figures": figures, "evidence": evidence, "problems": problems}
    return Run(**described, **{name: tuple(found) for name, found in lists.items()})
