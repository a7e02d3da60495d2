"""A chapter's cells in a real kernel: what they display is what the harvest finds."""

import nbformat
import pytest

from renorm.report.harvest import harvest
from renorm.report.record import Record

CELLS = (
    """
from renorm import report
settings = report.settings("laptop", smoke=dict(draws=2), laptop=dict(draws=50))
ledger = report.ledger("toy", profile="laptop", seed=0)
""",
    """
fig, ax = report.figure()
ax.plot([0.0, 1.0], [0.0, settings.draws], label="theory")
report.show(fig)
""",
    """
ledger.record("2405.00592/edge", 2.001, stderr=0.001, figure="fig-toy-1", scale="paper")
report.glue("toy-edge", 2.001)
""",
)


def test_cells_display_what_the_ledger_needs(book):
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.cells[1].metadata["mystnb"] = {"figure": {"name": "fig-toy-1"}, "image": {"alt": "A line."}}
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    about = {"chapter": "toy", "profile": "laptop", "seconds": 1.0, "device": "cpu", "versions": {}}
    notebook.metadata["renorm"] = about
    nbformat.write(notebook, book / "toy.ipynb")

    (run,) = harvest(book, book)
    edge = Record("2405.00592/edge", 2.001, 0.001, "toy", "laptop", 0, "cpu", "fig-toy-1", scale="paper")
    assert run.records == (edge,)
    (figure,) = run.figures
    assert figure.csv == "panel,series,x,y\n1,theory,0,0\n1,theory,1,50\n"
    assert figure.svg.startswith("<?xml")
    assert [len(cell.outputs) for cell in notebook.cells] == [1, 1, 2]
    glued = notebook.cells[2].outputs[1].metadata["scrapbook"]
    assert glued == {"name": "toy-edge", "mime_prefix": "application/papermill.record/"}
