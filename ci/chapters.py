"""The chapters: which files they are, their code, and the parameters that they declare."""

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path

from ci import BookError


@dataclass(frozen=True)
class Chapter:
    """A file ``NN_name.md``: the name is the stem without its number, the path is relative to the root."""

    name: str
    path: str


def discover(root: Path) -> dict[str, Chapter]:
    """All chapters below ``book/`` by name, in the order of their paths."""
    files = sorted((root / "book").glob("**/[0-9][0-9]_*.md"))
    return {file.stem[3:]: Chapter(file.stem[3:], file.relative_to(root).as_posix()) for file in files}


def read(root: Path, chapter: Chapter):
    """The chapter as a notebook without outputs; every cell has a list of tags, as papermill expects."""
    import jupytext  # takes half a second and is not needed when nothing has changed

    notebook = jupytext.read(root / chapter.path)
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])
    return notebook


def code_digest(notebook) -> str:
    """Hash of what the kernel sees: the code cells with their tags, in order."""
    cells = [(cell.source, cell.metadata.tags) for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(repr(cells).encode()).hexdigest()


def defaults(notebook, chapter: Chapter) -> dict:
    """The names and values that the one cell tagged ``parameters`` assigns.

    Raises:
        BookError: no or several such cells, a value that is no literal, no ``profile`` or no ``seed``.
    """
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.tags]
    where = f"{chapter.name} ({chapter.path})"
    if len(cells) != 1:
        raise BookError(f"{where}: {len(cells)} cells are tagged `parameters`; there must be exactly one")
    lines = [node for node in ast.parse(cells[0].source).body if isinstance(node, ast.Assign)]
    try:
        values = {line.targets[0].id: ast.literal_eval(line.value) for line in lines}
    except ValueError:
        raise BookError(f"{where}: the `parameters` cell may assign literal values only") from None
    if missing := {"profile", "seed"} - set(values):
        raise BookError(f"{where}: the `parameters` cell does not set {' and '.join(sorted(missing))}")
    return values


def parameters(notebook, chapter: Chapter, overrides: dict) -> dict:
    """All parameters of a run: the declared defaults, replaced where ``overrides`` says so."""
    declared = defaults(notebook, chapter)
    if unknown := set(overrides) - set(declared):
        names, allowed = ", ".join(sorted(unknown)), ", ".join(declared)
        raise BookError(f"{chapter.name}: unknown parameter {names}; its parameters are: {allowed}")
    return {**declared, **overrides}
