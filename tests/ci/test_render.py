"""From executed chapters to a site that is published only when it is sound. Three tests start Sphinx."""

import json
import re

import pytest
import yaml

from ci import build, render, site

pytestmark = pytest.mark.site

FIGURE = """\
---
mystnb:
  figure:
    name: fig-toy-1
    caption: |
      A line, {glue:text}`toy-slope:.1f` steep.
  image:
    alt: A straight line that rises from left to right.
---
fig, ax = report.figure()
ax.plot([0, 1], [0, 2], label="line")
report.show(fig)
ledger.record("2405.00592/slope", 2.0, figure="fig-toy-1")"""

SETUP = """\
import toylib
from renorm import report

report.glue("toy-slope", 2.0)
ledger = report.ledger("toy", profile=profile, seed=seed)
toylib.VALUE"""

CLAIMS = {
    "paper": {"arxiv": "2405.00592", "title": "A", "authors": "B", "year": 2024, "coverage": "partial"},
    "claims": [
        {
            "id": "2405.00592/slope",
            "locator": "section 1",
            "provenance": "text",
            "statement": "The line's slope is two.",
            "kind": "value",
            "expected": 2.0,
            "tolerance": {"value": 0.1, "kind": "absolute", "reason": "a toy"},
            "random": False,
            "scale": "one line",
            "chapter": "toy",
        }
    ],
}

TEXT = """\
See {numref}`fig-toy-1`, {doc}`/book/claims_page` and $x^2$.

```{include} ../_build/generated/chapters/toy.md
```
"""


def run(toy, *words: str) -> int:
    return build.main([*words, "--root", str(toy.root)])


@pytest.fixture(scope="module")
def toy(toys):
    """A book of one chapter with a figure, a number in the prose and a claim; built."""
    toy = toys("site")
    toy.chapter("01_toy", SETUP, FIGURE, text=TEXT)
    toy.write("book/claims/2405.00592.yml", yaml.safe_dump(CLAIMS))
    toy.write("book/claims/errata.yml", "[]\n")
    toy.write("book/claims/baseline.yml", "2405.00592/slope: reproduced at laptop scale\n")
    toy.site()
    toy.write(
        "book/claims_page.md", "# Claims\n\n```{include} ../_build/generated/papers/2405.00592.md\n```\n"
    )
    toy.edit("_toc.yml", "- file: book/01_toy", "- file: book/01_toy\n  - file: book/claims_page")
    assert run(toy, "book") == 0
    return toy


@pytest.fixture
def no_sphinx(monkeypatch):
    """Fails the test if Sphinx would start."""
    monkeypatch.setattr(render, "sphinx", lambda *_, **__: pytest.fail("Sphinx was started"))


def test_the_site_is_sound_and_complete(toy):
    html = toy.root / "_build/html"
    assert site.check(toy.root, html) == []
    assert "book/index.html" in toy.published
    assert json.loads((html / "ledger.json").read_text())[0]["verdict"] == "reproduced at laptop scale"
    page = (html / "book/01_toy.html").read_text()
    assert page.count("<figure") == 1
    assert "ledger: 2405.00592/slope measured 2" in page
    assert "A line, 2.0 steep." in re.sub("<[^>]*>", "", page)
    assert "/blob/gh-pages/_sources/book/01_toy.ipynb" in page
    assert "/edit/main/book/01_toy.md" in page
    assert "_static/mathjax/tex-chtml.js" in page
    assert "THEBE_JS_URL" not in page
    assert 'alt="A straight line that rises from left to right."' in page
    data = re.search(r'href="([^"]*fig-toy-1\.csv)"', page)[1]
    assert (html / "book" / data).read_text().startswith("panel,series,x,y\n")


def test_the_downloaded_notebook_holds_the_figure_and_installs_the_library_first(toy):
    notebook = json.loads((toy.root / "_build/html/_sources/book/01_toy.ipynb").read_text())
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert "pip" in "".join(cells[0]["source"])
    shown = [kind for cell in cells for output in cell["outputs"] for kind in output.get("data", {})]
    assert "image/svg+xml" in shown
    assert notebook["metadata"]["renorm"]["chapter"] == "toy"


def test_nothing_to_do_starts_nothing(toy, capsys, no_sphinx):
    assert run(toy, "book") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "1 of 1 chapters are up to date"
    assert said[-2].startswith("ledger: 1 claims: 1 reproduced at laptop scale")
    assert said[-1] == str(toy.root / "_build/html/index.html")


@pytest.mark.parametrize(
    ("path", "old", "new", "said"),
    [
        (
            "book/claims/2405.00592.yml",
            "2405.00592/slope",
            "2405.00592/other",
            "2405.00592/slope, which is no claim",
        ),
        (
            "book/claims/2405.00592.yml",
            "expected: 2.0",
            "expected: 3.0",
            "2405.00592/slope was reproduced at laptop",
        ),
        ("book/claims/2405.00592.yml", "kind: value", "kind: guess", "2405.00592.yml:"),
    ],
    ids=["unknown claim", "worse than the baseline", "broken schema"],
)
def test_a_problem_of_the_ledger_stops_the_build(toy, capsys, no_sphinx, path, old, new, said):
    before, public = (toy.root / path).read_text(), toy.published
    toy.edit(path, old, new)
    try:
        assert run(toy, "book") == 1
    finally:
        toy.write(path, before)
    assert said in capsys.readouterr().err
    assert toy.published == public


def test_the_baseline_is_written_from_the_verdicts(toy, no_sphinx):
    path = toy.root / "book/claims/baseline.yml"
    path.unlink()
    assert run(toy, "baseline") == 0
    assert yaml.safe_load(path.read_text()) == {"2405.00592/slope": "reproduced at laptop scale"}


def test_a_missing_glue_key_stops_the_build_twice(toy, capfd):
    public = (toy.root / "_build/html/book/01_toy.html").read_text()
    toy.edit("book/01_toy.md", "## End", "Here {glue:text}`toy-nothing`.\n\n## End")
    assert run(toy, "book") == 1
    said = capfd.readouterr().err
    assert "toy-nothing" in said
    assert "book/01_toy.md" in said
    assert (toy.root / "_build/html/book/01_toy.html").read_text() == public
    assert run(toy, "book") == 1  # a second run of Sphinx on the same folder would pass
    toy.edit("book/01_toy.md", "Here {glue:text}`toy-nothing`.\n\n", "")


def test_a_page_with_code_that_nobody_executed_is_refused(toy, capfd):
    toy.page("extra", "1 + 1")
    toy.edit("_toc.yml", "- file: book/01_toy", "- file: book/01_toy\n  - file: book/extra")
    public = toy.published
    assert run(toy, "book") == 1
    assert "book/extra: no execution stands for this page" in capfd.readouterr().err
    assert toy.published == public
