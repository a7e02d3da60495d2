"""The pages made from the ledger."""

import json

import nbformat
import pytest

from renorm.report.gate import write_baseline
from renorm.report.pages import write
from renorm.report.recorded import MIME as EVIDENCE

EDGE = {"id": "2405.00592/edge", "measured": 2.001, "stderr": 0.001, "figure": "fig-toy-1"}
GPU = EDGE | {"measured": 2.02, "profile": "gpu", "device": "a card", "recorded": "2026-11-29 on a card"}
PAGES = ("ledger", "gallery", "errata", "status", "papers/2405.00592", "chapters/toy")


@pytest.fixture
def out(book):
    return book / "_build" / "generated"


def erratum(book, **change):
    entry = {"id": "a", "paper": "2405.00592", "where": "here", "what": "A slip.", "chapter": "toy"}
    (book / "book" / "claims" / "errata.yml").write_text(json.dumps([entry | change]))


def test_preview_without_any_execution(book, out):
    summary = write(book, book / "nowhere", out)
    assert summary.text == "ledger: 2 claims: 2 not attempted; baseline ok"
    assert summary.problems == []
    assert all((out / f"{page}.md").read_text() for page in PAGES)


def test_summary_of_an_execution(book, execute, out):
    summary = write(book, execute(EDGE), out)
    assert summary.text == "ledger: 2 claims: 1 reproduced at laptop scale, 1 not attempted; baseline ok"
    assert summary.problems == []
    assert summary.verdicts["2405.00592/edge"].word == "reproduced at laptop scale"


def test_ledger_json_holds_every_claim(book, execute, out):
    write(book, execute(EDGE), out)
    edge, later = json.loads((out / "ledger.json").read_text())
    expected = {
        "id": "2405.00592/edge",
        "paper": "2405.00592",
        "kind": "value",
        "expected": 2,
        "tolerance": 0.01,
        "measured": 2.001,
        "stderr": 0.001,
        "profile": "laptop",
        "device": "cpu",
        "verdict": "reproduced at laptop scale",
    }
    assert {field: edge[field] for field in expected} == expected
    assert edge.keys() == later.keys()
    assert [later[field] for field in ("measured", "tolerance", "verdict")] == [None, None, "not attempted"]
    assert (list(edge["lanes"]), later["lanes"]) == (["laptop"], {})


@pytest.mark.parametrize(("stale", "decides"), [(False, "gpu"), (True, "laptop")])
def test_ledger_json_has_one_row_a_claim_with_both_lanes(book, execute, out, stale, decides):
    summary = write(book, execute(EDGE, GPU | {"stale": stale}), out)
    assert summary.problems == []
    edge, _ = json.loads((out / "ledger.json").read_text())
    shared = {"stderr": 0.001, "seed": 0, "figure": "fig-toy-1", "note": None, "scale": "smaller"}
    assert edge["lanes"] == {
        "laptop": shared
        | {"measured": 2.001, "profile": "laptop", "device": "cpu", "recorded": None, "stale": False}
        | {"verdict": "reproduced at laptop scale", "reason": "off by 0.001, allowed 0.01"},
        "gpu": shared
        | {"measured": 2.02, "profile": "gpu", "device": "a card", "recorded": "2026-11-29 on a card"}
        | {"stale": stale, "verdict": "not reproduced", "reason": "off by 0.02, allowed 0.01"},
    }
    of_record = edge["lanes"][decides].keys() - {"scale", "stale"}
    assert {field: edge[field] for field in of_record} == {
        field: edge["lanes"][decides][field] for field in of_record
    }


def test_chapter_shows_both_lanes(book, execute, out):
    summary = write(book, execute(EDGE, GPU), out)
    assert summary.text == "ledger: 2 claims: 1 not reproduced, 1 not attempted; baseline ok"
    page = (out / "chapters/toy.md").read_text()
    assert "\n\n| claim | expected | laptop | gpu |\n" in page
    assert "| 2.02 ± 0.001 (recorded) |" in page
    write(book, execute(EDGE), out)
    assert "\n\n| claim | expected | measured |\n" in (out / "chapters/toy.md").read_text()


def test_a_claim_measured_twice_in_a_lane_stops_the_build(book, execute, out):
    problems = write(book, execute(EDGE, GPU, GPU), out).problems
    assert problems == ["2405.00592/edge is recorded 2 times in the lane gpu"]


def test_pages_show_the_verdict_where_it_belongs(book, execute, out):
    write(book, execute(EDGE), out)
    for page in ("ledger.md", "papers/2405.00592.md", "chapters/toy.md"):
        assert "reproduced at laptop scale" in (out / page).read_text()
    assert "2.001 ± 0.001" in (out / "chapters/toy.md").read_text()
    assert "later" not in (out / "chapters/toy.md").read_text()
    assert "## Elsewhere" in (out / "papers/2405.00592.md").read_text()


def test_pages_and_json_say_what_was_recorded(book, execute, out):
    write(book, execute(EDGE | {"recorded": "2026-11-29 on a card", "device": "a card"}), out)
    for page in ("ledger.md", "chapters/toy.md"):
        assert " (recorded)" in (out / page).read_text()
    assert "recorded 2026-11-29 on a card" in (out / "papers/2405.00592.md").read_text()
    edge, later = json.loads((out / "ledger.json").read_text())
    assert (edge["recorded"], edge["device"], later["recorded"]) == ("2026-11-29 on a card", "a card", None)


def test_gallery_has_picture_text_and_data(book, execute, out):
    write(book, execute(EDGE), out)
    gallery = (out / "gallery.md").read_text()
    assert "{image} /_build/generated/figures/fig-toy-1.svg\n:alt: A line." in gallery
    assert "{numref}`fig-toy-1`" in gallery
    assert (out / "figures/fig-toy-1.svg").read_text() == "<svg/>"
    assert (out / "data/fig-toy-1.csv").read_text().startswith("panel,series,x,y\n")


def test_chapters_without_claims_say_so(book, out):
    (book / "book" / "part1" / "02_empty.md").write_text("")
    write(book, book / "nowhere", out)
    assert (out / "chapters/empty.md").read_text() == "No claim of a paper belongs to this chapter.\n"


def test_smoke_gives_pages_but_no_verdict(book, execute, out):
    summary = write(book, execute(EDGE), out)
    write_baseline(book, summary.verdicts)
    summary = write(book, execute(EDGE, profile="smoke"), out)
    assert summary.text == "ledger: 2 claims: 2 not attempted; baseline ok"
    assert "fig-toy-1" in (out / "gallery.md").read_text()


def test_problems_are_collected(book, execute, out):
    write_baseline(book, write(book, execute(EDGE), out).verdicts)
    summary = write(book, execute({"id": "1/unknown", "measured": 1}, figure=False), out)
    assert summary.problems == [
        "toy shows a figure without a name or an alternative text",
        "toy records 1/unknown, which is no claim of book/claims",
        "2405.00592/edge was reproduced at laptop scale and is not attempted: no run has measured it",
    ]
    assert summary.text.endswith("; 1 behind the baseline")


def test_errata_show_the_verdict_of_their_check(book, execute, out):
    erratum(book, check="2405.00592/edge", figure="fig-toy-1")
    assert write(book, execute(EDGE), out).problems == []
    page = (out / "errata.md").read_text()
    assert "reproduced at laptop scale" in page
    assert "{numref}`fig-toy-1`" in page


@pytest.mark.parametrize(
    ("check", "found"), [("book/part1/01_toy.md::test_a", True), ("tests/gone.py", False)]
)
def test_errata_may_point_to_a_test(book, out, check, found):
    erratum(book, check=check)
    problems = write(book, book / "nowhere", out).problems
    assert f"`{check}`, in every run of `make test`" in (out / "errata.md").read_text()
    assert problems == ([] if found else [f"erratum a: its check {check} is neither a claim nor a file"])


def test_status_tells_how_the_book_was_built(book, execute, out, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    write(book, execute(EDGE), out)
    status = (out / "status.md").read_text()
    assert "Built: 1970-01-01 00:00 UTC" in status
    assert "Commit: unknown" in status
    assert "numpy 2.4.6" in status
    assert "{doc}`/book/part1/01_toy` | laptop | 12 | cpu |" in status


def test_errata_include_those_of_the_claims(book, out):
    path = book / "book" / "claims" / "2405.00592.yml"
    path.write_text(path.read_text().replace("chapter: toy", "chapter: toy\n    errata: {text: It is 3.}"))
    write(book, book / "nowhere", out)
    page = (out / "errata.md").read_text()
    assert "It is 3." in page
    assert "{ref}`edge <claim-2405-00592-edge>`" in page
    erratum(book, check="2405.00592/edge")
    write(book, book / "nowhere", out)
    assert "It is 3." not in (out / "errata.md").read_text()


def test_status_lists_recorded_evidence(book, execute, out):
    folder = execute(EDGE)
    notebook = nbformat.read(folder / "toy.ipynb", as_version=4)
    seen = {"name": "toy-planes", "recorded": "2026-01-02 on H100", "commit": "abc", "seconds": 7.4}
    notebook.cells[-1].outputs.append(nbformat.v4.new_output("display_data", data={EVIDENCE: seen}))
    nbformat.write(notebook, folder / "toy.ipynb")
    write(book, folder, out)
    assert "| toy-planes | 2026-01-02 on H100 | abc | 7 |" in (out / "status.md").read_text()
