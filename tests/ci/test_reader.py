"""The internals of myst-nb that the reader rides on, and what it refuses."""

import inspect
from types import SimpleNamespace

import nbformat
import pytest
from myst_nb.core.config import NbParserConfig
from myst_nb.core.read import create_nb_reader, is_myst_markdown_notebook, read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig
from sphinx.errors import ExtensionError

from ci import reader

TEXT = """\
---
jupytext:
  text_representation:
    format_name: myst
---

# Title

```{code-cell} ipython3
---
tags: [hide-input]
mystnb:
  figure: {name: fig-a-1, caption: A line}
---
1 + 1
```
"""


def echo(text):
    """A reader that shows what it was given."""
    return text


def test_myst_nb_still_has_what_the_reader_rides_on():
    """If this fails, see the module's docstring for the way out."""
    assert {"text", "config", "add_source_map"} <= set(
        inspect.signature(read_myst_markdown_notebook).parameters
    )
    formats = NbParserConfig(custom_formats={".md": (f"{__name__}.echo", {}, False)})
    found = create_nb_reader("/a/b.md", MdParserConfig(), formats, TEXT)
    assert found.read("the text alone") == "the text alone"
    page = read_myst_markdown_notebook(TEXT, config=MdParserConfig(), add_source_map=True)
    assert is_myst_markdown_notebook(TEXT)
    assert [cell.cell_type for cell in page.cells] == ["markdown", "code"]
    assert page.metadata.source_map == [5, 9]
    assert page.cells[1].metadata["mystnb"]["figure"] == {"name": "fig-a-1", "caption": "A line"}


@pytest.fixture
def book(monkeypatch, tmp_path):
    """The reader inside a Sphinx of which only the parts that it asks are there."""
    monkeypatch.setattr(reader.colab, "install_cell", lambda *_: "install()")
    options = {"repository_url": "https://example.org/a"}
    config = SimpleNamespace(html_theme_options=options, renorm_preview=False)
    monkeypatch.setattr(reader, "_sphinx", SimpleNamespace(srcdir=tmp_path, config=config))
    return read_myst_markdown_notebook(TEXT, config=MdParserConfig(), add_source_map=True)


def executed(*sources: str, tags=()):
    """An executed notebook with a figure in its last cell."""
    cells = [nbformat.v4.new_code_cell(source, metadata={"tags": []}) for source in sources]
    cells[0].metadata["tags"] = list(tags)
    figure = {"image/svg+xml": "<svg/>", "text/csv": "x,y\n", "text/plain": "a line"}
    record = {"application/vnd.renorm.record+json": {}, "text/plain": "ledger: a measured 1"}
    cells[-1].outputs = [nbformat.v4.new_output("display_data", data) for data in (figure, record)]
    run = nbformat.v4.new_notebook(cells=cells)
    run.metadata |= {"renorm": {"modules": []}, "language_info": {"name": "python"}}
    return nbformat.from_dict(run)


def test_outputs_are_merged_without_what_is_for_the_ledger(book):
    reader.merge(book, executed("1 + 1"), "book/a")
    first, _, cell = book.cells
    assert first.metadata["tags"] == ["remove-cell"]
    assert first.source == "install()"
    picture, record = cell.outputs
    assert set(picture.data) == {"image/svg+xml", "text/plain"}
    assert (record.output_type, record.text) == ("stream", "ledger: a measured 1\n")
    assert "</_build/generated/data/fig-a-1.csv>" in cell.metadata["mystnb"]["figure"]["caption"]
    assert book.metadata.source_map == [0, 5, 9]


def test_parameters_that_were_injected_are_shown(book):
    reader.merge(book, executed("seed = 3", "1 + 1", tags=["injected-parameters"]), "book/a")
    assert [cell.source for cell in book.cells[2:]] == ["seed = 3", "1 + 1"]
    assert book.metadata.source_map == [0, 5, 9, 9]


def test_an_execution_of_other_code_is_refused(book):
    with pytest.raises(ExtensionError, match="book/a: line 9: the execution has no cell like this"):
        reader.merge(book, executed("1 + 2"), "book/a")


def test_a_preview_shows_what_an_old_execution_still_has(book):
    reader._sphinx.config.renorm_preview = True
    reader.merge(book, executed("1 + 2"), "book/a")
    assert book.cells[-1].outputs == []
