"""Claims in words."""

from dataclasses import replace

import pytest

from renorm.report import cards
from renorm.report.claims import Claim, Remark, Tolerance
from renorm.report.record import Record
from renorm.report.verdict import WORDS, decide, judge

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
GPU = replace(
    RECORD, measured=2.2, profile="gpu", device="H200", recorded="2026-11-29 on H200", figure=None, note=None
)
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
        "- Measured (laptop): 2.05 ± 0.01, holds (off by 0.05, allowed 0.1); seed 7, live on a card",
        "- Stand-in: digits",
        "- Note (laptop): few",
        "- Wrong in the paper: It is 3.",
        "- Amended: a slip",
        "- See: {numref}`fig-toy-1` · {download}`data (CSV) </_build/generated/data/fig-toy-1.csv>` · {doc}`",
        "- Why this tolerance: one draw",
        "- Source: notebook output wigner (code)",
        "- The paper's scale: N = 2000",
    ):
        assert part in text
    assert "gpu" not in text


def test_card_of_an_unattempted_claim():
    text = cards.card(judge(replace(CLAIM, why="No data."), None), {})
    assert "- Not attempted: No data." in text
    assert "chapter *toy*, to come" in text
    assert "Measured" not in text
    assert "None" not in text


def test_recorded_evidence_is_marked():
    verdict = judge(CLAIM, replace(RECORD, recorded="2026-11-29 on cpu"))
    assert "; seed 7, recorded 2026-11-29 on cpu\n" in cards.card(verdict, {})
    assert cards.table([verdict]).endswith(" (recorded) |")
    assert cards.recorded(judge(CLAIM, RECORD)) == cards.recorded(judge(CLAIM, None)) == ""
    assert cards.recorded(judge(CLAIM, replace(GPU, stale=True))) == " (recorded, stale)"


def test_card_lists_both_lanes():
    other_figure = replace(GPU, figure="fig-toy-2", note="all seeds")
    text = cards.card(decide(CLAIM, [other_figure, RECORD]), DOCUMENTS)
    lines = [line for line in text.splitlines() if line.startswith(("- Measured", "- Note", "- See"))]
    assert lines[:4] == [
        "- Measured (laptop): 2.05 ± 0.01, holds (off by 0.05, allowed 0.1); seed 7, live on a card",
        "- Note (laptop): few",
        "- Measured (gpu): 2.2 ± 0.01, does not hold (off by 0.2, allowed 0.1); "
        "seed 7, recorded 2026-11-29 on H200",
        "- Note (gpu): all seeds",
    ]
    assert "{numref}`fig-toy-2`" in lines[4]
    assert "{numref}`fig-toy-1`" in lines[4]
    assert text.count("verdict ") == text.count("verdict not-reproduced") == 1


def test_a_figure_of_both_lanes_is_linked_once():
    text = cards.card(decide(CLAIM, [RECORD, replace(GPU, figure=RECORD.figure)]), DOCUMENTS)
    assert text.count("{numref}") == 1


def test_table_without_a_gpu_fits_a_phone():
    head, rule, row = cards.table([judge(CLAIM, RECORD)]).splitlines()
    assert (head, rule) == ("| claim | expected | measured |", "| --- | --- | --- |")
    assert row.startswith("| {ref}`edge <claim-2405-00592-edge>`<br>")
    assert row.endswith(" | 2 ± 0.1 | 2.05 ± 0.01 |")


def test_table_has_a_column_a_lane_where_a_gpu_measured():
    one_lane, both = judge(CLAIM, RECORD), decide(CLAIM, [RECORD, replace(GPU, measured=2.01)])
    head, rule, first, second = cards.table([one_lane, both]).splitlines()
    assert (head, rule) == ("| claim | expected | laptop | gpu |", "| --- | --- | --- | --- |")
    assert first.endswith(" | 2.05 ± 0.01 | – |")
    assert second.endswith(" | 2.05 ± 0.01 | 2.01 ± 0.01 (recorded) |")
    assert cards.table([judge(CLAIM, GPU)]).endswith(" | – | 2.2 ± 0.01 (recorded) |")


def test_a_lane_that_disagrees_with_the_verdict_says_so():
    failed, holds = cards.badge("not reproduced"), cards.badge("reproduced at laptop scale")
    row = cards.table([decide(CLAIM, [RECORD, GPU])]).splitlines()[-1]
    assert row.split(" | ")[0].endswith(f"<br>{failed}")
    assert row.endswith(f" | 2.05 ± 0.01<br>{holds} | 2.2 ± 0.01 (recorded) |")
    row = cards.table([decide(CLAIM, [RECORD, replace(GPU, stale=True)])]).splitlines()[-1]
    assert row.split(" | ")[0].endswith(f"<br>{holds}")
    assert row.endswith(f" | 2.05 ± 0.01 | 2.2 ± 0.01 (recorded, stale)<br>{failed} |")
