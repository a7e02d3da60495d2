"""What is read from executed notebooks."""

from renorm.report.harvest import Figure, chapters, harvest

EDGE = {"id": "2405.00592/edge", "measured": 2.001}


def test_chapters_by_name_without_number(book):
    (book / "book" / "part1" / "02_other_name.md").write_text("")
    (book / "book" / "index.md").write_text("")
    assert chapters(book) == {"toy": "/book/part1/01_toy", "other_name": "/book/part1/02_other_name"}


def test_harvests_records_and_figures(book, execute):
    (run,) = harvest(book, execute(EDGE))
    assert (run.chapter, run.profile, run.seconds, run.versions) == (
        "toy",
        "laptop",
        12.3,
        {"numpy": "2.4.6"},
    )
    assert [(record.id, record.measured) for record in run.records] == [("2405.00592/edge", 2.001)]
    assert [(record.lane, record.stale) for record in run.records] == [("laptop", False)]
    assert run.figures == (
        Figure("fig-toy-1", "toy", "A line.", "<svg/>", "panel,series,x,y\n1,theory,0,1\n"),
    )
    assert run.problems == ()


def test_a_figure_needs_name_and_text(book, execute):
    (run,) = harvest(book, execute(EDGE, figure=False))
    assert run.figures == ()
    assert run.problems == ("toy shows a figure without a name or an alternative text",)


def test_ignores_what_the_book_no_longer_has(book, execute):
    folder = execute(EDGE)
    (book / "book" / "part1" / "01_toy.md").unlink()
    assert harvest(book, folder) == ()


def test_nothing_executed(book):
    assert harvest(book, book / "nowhere") == ()
