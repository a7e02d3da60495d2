"""A notebook that keeps what is displayed, and a toy book with one executed chapter."""

import nbformat
import pytest

from renorm.report.record import MIME

CLAIMS = """
paper:
  arxiv: "2405.00592"
  title: A paper
  authors: A. Author
  year: 2024
  coverage: partial
claims:
  - id: 2405.00592/edge
    locator: notebook output wigner
    provenance: code
    statement: The edge lies at 2.
    kind: value
    expected: 2
    tolerance: {value: 5.0e-3, kind: relative, reason: one draw}
    random: true
    scale: N = 2000
    chapter: toy
  - id: 2405.00592/later
    locator: abstract
    provenance: abstract
    statement: Wider is better.
    kind: ordering
    chapter: elsewhere
    why: Needs a network.
"""


@pytest.fixture
def shown(monkeypatch):
    """The list of (bundle, metadata) that a notebook would have displayed."""
    bundles = []
    monkeypatch.setattr("IPython.core.interactiveshell.InteractiveShell.initialized", lambda: True)
    monkeypatch.setattr(
        "IPython.display.display", lambda bundle, *, raw, metadata: bundles.append((bundle, metadata))
    )
    return bundles


@pytest.fixture
def book(tmp_path):
    """The root of a book with two claims and the chapter ``toy``, not executed."""
    chapter = tmp_path / "book" / "part1" / "01_toy.md"
    chapter.parent.mkdir(parents=True)
    chapter.write_text("# Toy\n")
    claims = tmp_path / "book" / "claims"
    claims.mkdir()
    (claims / "2405.00592.yml").write_text(CLAIMS)
    return tmp_path


@pytest.fixture
def execute(book):
    """A function that writes an execution of ``toy`` with the given records, and returns its folder."""

    def write(*records, profile="laptop", figure=True):
        run = {"chapter": "toy", "profile": profile, "seed": 0, "device": "cpu"}
        outputs = [output({MIME: {"stderr": None, **run, **record}}) for record in records]
        options = {"mystnb": {"figure": {"name": "fig-toy-1"}, "image": {"alt": "A line."}}} if figure else {}
        picture = {"image/svg+xml": "<svg/>", "text/csv": "panel,series,x,y\n1,theory,0,1\n"}
        cells = [
            nbformat.v4.new_markdown_cell("# Toy"),
            nbformat.v4.new_code_cell("report.show(fig)", outputs=[output(picture)], metadata=options),
            nbformat.v4.new_code_cell("ledger.record(...)", outputs=outputs),
        ]
        about = {"chapter": "toy", "profile": profile, "parameters": {}, "key": "k", "modules": []}
        about |= {"seconds": 12.3, "device": "cpu", "versions": {"numpy": "2.4.6"}}
        folder = book / "executed"
        folder.mkdir(exist_ok=True)
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells, metadata={"renorm": about}), folder / "toy.ipynb"
        )
        return folder

    return write


def output(data):
    """A display output."""
    return nbformat.v4.new_output("display_data", data=data)
