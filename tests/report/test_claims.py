"""The files of claims and errata."""

from dataclasses import replace

import pytest

from renorm.report.claims import (
    Erratum,
    Tolerance,
    amendments_missing,
    every_claim,
    load_claims,
    load_errata,
)
from renorm.report.schema import SchemaError


@pytest.fixture
def folder(book):
    return book / "book" / "claims"


def edit(folder, old, new):
    path = folder / "2405.00592.yml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_loads_what_is_written(folder):
    (paper,) = load_claims(folder)
    edge, later = paper.claims
    assert (paper.arxiv, paper.coverage) == ("2405.00592", "partial")
    assert (edge.paper, edge.name, edge.expected) == ("2405.00592", "edge", 2)
    assert edge.tolerance == Tolerance(0.005, "relative", "one draw")
    assert (later.expected, later.tolerance, later.why) == (True, None, "Needs a network.")


def test_other_files_are_no_papers(folder):
    (folder / "baseline.yml").write_text("")
    (folder / "errata.yml").write_text("[]")
    assert len(load_claims(folder)) == 1


def test_no_folder_no_claims(tmp_path):
    assert load_claims(tmp_path / "claims") == ()


def test_margin_is_absolute(folder):
    edge, later = every_claim(load_claims(folder)).values()
    assert edge.margin == pytest.approx(0.01)
    assert replace(edge, expected=-2).margin == pytest.approx(0.01)
    assert replace(edge, tolerance=Tolerance(0.03, "absolute", "")).margin == 0.03
    assert replace(edge, kind="curve", expected=0).margin == 0.005
    assert later.margin is None


@pytest.mark.parametrize("kind", ["identity", "curve"])
def test_deviations_expect_zero(folder, kind):
    edit(folder, "kind: value\n    expected: 2", f"kind: {kind}")
    edit(folder, "kind: relative", "kind: absolute")
    assert load_claims(folder)[0].claims[0].expected == 0


def test_orderings_expect_true(folder):
    edit(folder, "kind: ordering", 'kind: ordering\n    expected: "true"')
    assert load_claims(folder)[0].claims[1].expected is True


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: 2405.00592/edge", "id: 2405.00593/edge", "yml:9: id is '2405.00593/edge'; allowed is"),
        ("id: 2405.00592/edge", "id: 2405.00592/An Edge", "small letters, digits, dashes"),
        ("id: 2405.00592/later", "id: 2405.00592/edge", "yml:19: id is '2405.00592/edge'; allowed is a name"),
        ('arxiv: "2405.00592"', 'arxiv: "2405.00593"', "yml:3: arxiv is '2405.00593'; allowed is the"),
        ("expected: 2", "expected: two", "yml:14: expected is 'two'; allowed for the kind value is a number"),
        ("    expected: 2\n", "", "yml:9: expected is None; allowed for the kind value is a number"),
        ("kind: value", "kind: identity", "yml:14: expected is 2; allowed for the kind identity is 0"),
        ("kind: value", "kind: ordering", "yml:14: expected is 2; allowed for the kind ordering is true"),
        ("expected: 2", "expected: 0", "yml:15: kind is 'relative'; allowed is absolute where 0 is expected"),
        ("value: 5.0e-3", "value: -1", "yml:15: value is -1; allowed is a number >= 0"),
        (
            "    tolerance: {value: 5.0e-3, kind: relative, reason: one draw}\n",
            "",
            "yml:9: tolerance is missing; only an ordering or a claim with why",
        ),
        ("reason: one draw", "kind: relative", "yml:15: reason is missing"),
        ("kind: value", "kind: number", "kind is 'number'; allowed is one of identity, value"),
    ],
)  # fmt: skip
def test_faults_name_line_and_remedy(folder, old, new, message):
    edit(folder, old, new)
    with pytest.raises(SchemaError) as error:
        load_claims(folder)
    assert message in str(error.value)


def test_an_unattempted_claim_may_leave_its_target_open(folder):
    edit(folder, "kind: ordering", "kind: exponent")
    assert load_claims(folder)[0].claims[1].expected is None


def test_errata(folder):
    path = folder / "errata.yml"
    assert load_errata(path) == ()
    path.write_text('[{id: a, paper: "1", where: here, what: wrong, check: tests/a.py, chapter: toy}]')
    assert load_errata(path) == (Erratum("a", "1", "here", "wrong", "tests/a.py", "toy"),)
    path.write_text("- id: a\n  page: 3")
    with pytest.raises(SchemaError, match=r"errata\.yml:2: page is no field"):
        load_errata(path)


@pytest.mark.parametrize(
    "change",
    [
        {"expected": 3},
        {"tolerance": Tolerance(0.5, "relative", "one draw")},
        {"expected": None, "tolerance": None},
    ],
)
def test_a_changed_target_needs_an_amendment(folder, change):
    old = load_claims(folder)
    edge, later = old[0].claims
    new = [replace(old[0], claims=(replace(edge, **change), later))]
    assert amendments_missing(old, new) == [edge.id]
    amended = [replace(old[0], claims=(replace(edge, **change, amended=("because",)), later))]
    assert amendments_missing(old, amended) == []


def test_each_change_needs_an_amendment_of_its_own(folder):
    edge, later = every_claim(load_claims(folder)).values()
    papers = [
        [replace(load_claims(folder)[0], claims=(replace(edge, expected=value, amended=("because",)), later))]
        for value in (3, 4)
    ]
    assert amendments_missing(*papers) == [edge.id]


def test_a_dropped_claim_needs_an_amendment(folder):
    old = load_claims(folder)
    assert amendments_missing(old, []) == ["2405.00592/edge", "2405.00592/later"]


def test_filling_in_and_rewording_need_none(folder):
    old = load_claims(folder)
    edge, later = old[0].claims
    open_target = [replace(old[0], claims=(replace(edge, expected=None, tolerance=None, why="later"), later))]
    assert amendments_missing(open_target, old) == []
    reworded = replace(edge, tolerance=replace(edge.tolerance, reason="two draws"), statement="Other words.")
    assert amendments_missing(old, [replace(old[0], claims=(reworded, later))]) == []
