"""The checks of a site find what they are for, on pages of a line or two."""

import json
import sys
from pathlib import Path

import pytest

from ci import site

COLAB = "https://colab.research.google.com/github/a/b/blob"


def make(folder: Path, **files: str) -> Path:
    """A site in a folder ``html`` of these files; in names ``-`` stands for a slash, ``__`` for a dot."""
    for name, text in {"index__html": "<p>hello</p>", **files}.items():
        path = folder / "html" / name.replace("__", ".").replace("-", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "html"


def test_a_sound_page_has_no_faults(tmp_path):
    sound = (
        '<link rel="canonical" href="https://example.org/"><script src="a.js"></script><h1 id="top">A</h1>'
        '<a href="index.html">home</a><a href="#top">up</a><a href="https://example.org/">elsewhere</a>'
        '<img src="_images/1.svg" alt="A curve that falls.">'
    )
    picture = {"a__js": "", "_images-1__svg": "<svg/>"}
    assert site.check(tmp_path, make(tmp_path, page__html=sound, **picture)) == []


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('<script src="https://cdn.example.org/a.js"></script>', "loads https://cdn.example.org/a.js"),
        ('<script src="//cdn.example.org/a.js"></script>', "loads //cdn.example.org/a.js"),
        ('<link rel="stylesheet" href="http://example.org/a.css">', "loads http://example.org/a.css"),
        ('<a href="nowhere.html">x</a>', "has a broken link nowhere.html"),
        ('<a href="index.html#nowhere">x</a>', "has a broken link index.html#nowhere"),
        ('<img src="missing.svg" alt="x">', "has a broken link missing.svg"),
        ('<img src="_images/1.svg" alt="">', "has no alternative text for _images/1.svg"),
        ('<img src="_images/1.svg">', "has no alternative text for _images/1.svg"),
        ('<img src="_images/1.svg" alt="../_images/1.svg">', "has no alternative text for _images/1.svg"),
        (f"<p>{sys.prefix}/lib</p>", f"names the folder {sys.prefix}/"),
        (f"<p>{Path.home()}/secret</p>", f"names the folder {Path.home()}/"),
        (f'<a href="{COLAB}/main/page.md">x</a>', f"has a button to {COLAB}/main/page.md"),
        (f'<a href="{COLAB}/gh-pages/_sources/page.ipynb">x</a>', "has a button to"),
        ('<a href="https://github.com/a/b/edit/main/page.ipynb">x</a>', "has a button to"),
    ],
)
def test_a_fault_of_a_page_is_found(tmp_path, page, fault):
    faults = site.check(tmp_path, make(tmp_path, page__html=page, **{"_images-1__svg": "<svg/>"}))
    assert len(faults) == 1
    assert faults[0].startswith(f"page.html {fault}")


def notebook(*cells: dict) -> str:
    """A notebook of code cells, as text."""
    return json.dumps(
        {"cells": [{"cell_type": "code", "metadata": {}, "outputs": []} | cell for cell in cells]}
    )


def test_buttons_that_lead_to_published_files_pass(tmp_path):
    (tmp_path / "page.md").touch()
    text = (
        f'<a href="{COLAB}/gh-pages/_sources/page.ipynb">x</a>'
        '<a href="https://github.com/a/b/edit/main/page.md">x</a>'
    )
    install = notebook({"source": "pip install ./renorm-book"})
    assert site.check(tmp_path, make(tmp_path, page__html=text, **{"_sources-page__ipynb": install})) == []


def test_a_notebook_without_its_figure_or_its_first_cell_is_found(tmp_path):
    figure = {"source": "show()", "metadata": {"mystnb": {"figure": {"name": "fig-a-1"}}}}
    html = make(tmp_path, **{"_sources-page__ipynb": notebook(figure)})
    assert site.check(tmp_path, html) == [
        "_sources/page.ipynb does not install the library first",
        "_sources/page.ipynb has no picture in fig-a-1",
    ]


def test_a_figure_of_results_that_are_yet_to_come_may_be_missing(tmp_path):
    options = {"tags": ["optional"], "mystnb": {"figure": {"name": "fig-a-1"}}}
    cells = {"source": "pip install ./renorm-book"}, {"source": "if found: show()", "metadata": options}
    assert site.check(tmp_path, make(tmp_path, **{"_sources-page__ipynb": notebook(*cells)})) == []


def test_a_missing_site_is_no_sound_site(tmp_path):
    assert "run `make book`" in site.check(tmp_path, tmp_path / "html")[0]
