"""Claims in words."""

from dataclasses import replace

import pytest

from renorm.report import cards
from renorm.report.claims import Claim, Remark, Tolerance
from renorm.report.record import Record
from renorm.report.verdict import WORDS, judge

CLAIM = Claim(
    id="2405.00592/edge",
    locator="notebook output wigner",
    provenance="code",
    statement="The edge lies at 2.",
    kind="value",
    chapter="toy",
    expected=2,
    tolerance=Tolerance(0.1, "absolute", "one draw"),
    scale="N = 2000",
)
RECORD = Record("2405.00592/edge", 2.05, 0.01, "toy", "laptop", 7, "a card", figure="fig-toy-1", note="few")
DOCUMENTS = {"toy": "/book/part1/01_toy"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "2 ± 0.1"),
        ({"tolerance": Tolerance(0.03, "relative", "")}, "2 ± 3 %"),
        ({"kind": "identity", "expected": 0}, "at most 0.1"),
        ({"kind": "curve", "expected": 0}, "the theory within three standard errors and 10 %"),
        ({"kind": "ordering", "expected": True}, "true"),
        ({"tolerance": None}, "2"),
        ({"tolerance": None, "expected": None}, "left open"),
    ],
)
def test_expected(change, words):
    assert cards.expected(replace(CLAIM, **change)) == words


def test_badges_differ_without_colour():
    signs = {cards.badge(word).partition(">")[2][0] for word in WORDS}
    assert len(signs) == len(WORDS)
    assert all(word in cards.badge(word) for word in WORDS)


def test_tally_counts_from_best_to_worst():
    found = [judge(CLAIM, None), judge(CLAIM, RECORD), judge(CLAIM, None)]
    assert cards.counts(found) == {"reproduced at laptop scale": 1, "not attempted": 2}
    assert cards.tally(found).count("·") == 1


def test_card_says_everything():
    claim = replace(CLAIM, substitute="digits", amended=("a slip",), errata=Remark("It is 3."))
    text = cards.card(judge(claim, RECORD), DOCUMENTS)
    for part in (
        "(claim-2405-00592-edge)=",
        "holds on stand-in data",
        "The edge lies at 2.",
        "- Expected: 2 ± 0.1",
        "- Measured: 2.05 ± 0.01 (off by 0.05, allowed 0.1)",
        "- Stand-in: digits",
        "- Note: few",
        "- Wrong in the paper: It is 3.",
        "- Amended: a slip",
        "- See: {numref}`fig-toy-1` · {download}`data (CSV) </_build/generated/data/fig-toy-1.csv>` · {doc}`",
        "- Why this tolerance: one draw",
        "- Source: notebook output wigner (code)",
        "- The paper's scale: N = 2000",
        "- Our run: live; laptop, a card, seed 7",
    ):
        assert part in text


def test_card_of_an_unattempted_claim():
    text = cards.card(judge(replace(CLAIM, why="No data."), None), {})
    assert "- Not attempted: No data." in text
    assert "chapter *toy*, to come" in text
    assert "Measured" not in text
    assert "None" not in text


def test_recorded_evidence_is_marked():
    verdict = judge(CLAIM, replace(RECORD, recorded="2026-11-29 on cpu"))
    assert "- Our run: recorded 2026-11-29 on cpu; laptop" in cards.card(verdict, {})
    assert cards.row(verdict).endswith(" (recorded) |")
    assert cards.recorded(judge(CLAIM, RECORD)) == cards.recorded(judge(CLAIM, None)) == ""


def test_row_fits_a_phone():
    row = cards.row(judge(CLAIM, RECORD))
    assert row.count("|") == 4
    assert "{ref}`edge <claim-2405-00592-edge>`" in row
