"""Each verdict is reached by its rule, and by nothing else."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renorm.report.claims import Claim, Tolerance
from renorm.report.record import MIME, Record, ledger
from renorm.report.recorded import Evidence
from renorm.report.verdict import WORDS, decide, judge, verdicts, worse

CLAIM = Claim(
    id="1/edge",
    locator="abstract",
    provenance="text",
    statement="The edge lies at 2.",
    kind="value",
    chapter="toy",
    expected=2,
    tolerance=Tolerance(0.1, "absolute", "one draw"),
    scale="N = 2000",
)
RECORD = Record("1/edge", 2.05, None, "toy", "laptop", 0, "cpu")
GPU = replace(RECORD, profile="gpu", device="a card", recorded="2026-11-29 on a card", scale="paper")


def word(claim=None, record=None):
    return judge(replace(CLAIM, **(claim or {})), replace(RECORD, **(record or {}))).word


@pytest.mark.parametrize(
    ("claim", "record", "expected"),
    [
        ({}, {"scale": "paper"}, "reproduced"),
        ({"scale": None}, {}, "reproduced"),
        ({}, {}, "reproduced at laptop scale"),
        ({"substitute": "digits"}, {"scale": "paper"}, "holds on stand-in data"),
        ({"substitute": "digits"}, {"measured": 2.2}, "not reproduced"),
        ({}, {"measured": 2.2}, "not reproduced"),
        ({"random": True}, {}, "not reproduced"),
        ({"random": True}, {"stderr": 0.05}, "reproduced at laptop scale"),
        ({"random": True}, {"stderr": 0.051}, "not reproduced"),
        ({}, {"stderr": 0.051}, "not reproduced"),
        ({"tolerance": Tolerance(0.03, "relative", "")}, {}, "reproduced at laptop scale"),
        ({"tolerance": Tolerance(0.02, "relative", "")}, {}, "not reproduced"),
        ({"tolerance": None}, {}, "not reproduced"),
        ({"kind": "exponent", "expected": -2}, {"measured": -2.05}, "reproduced at laptop scale"),
        ({"kind": "identity", "expected": 0}, {"measured": -0.1}, "reproduced at laptop scale"),
        ({"kind": "identity", "expected": 0}, {"measured": -0.11}, "not reproduced"),
        ({"kind": "curve", "expected": 0}, {"measured": 0.1, "stderr": 0.02}, "reproduced at laptop scale"),
        ({"kind": "curve", "expected": 0}, {"measured": 0.1, "stderr": 0.021}, "not reproduced"),
        ({"kind": "curve", "expected": 0}, {"measured": 0.11, "stderr": 0.01}, "not reproduced"),
        ({"kind": "ordering", "expected": True}, {"measured": True}, "reproduced at laptop scale"),
        ({"kind": "ordering", "expected": True}, {"measured": False}, "not reproduced"),
        ({"kind": "ordering", "expected": True}, {"measured": 1}, "not reproduced"),
    ],
)
def test_rules(claim, record, expected):
    assert word(claim, record) == expected


def test_without_a_record_nothing_was_attempted():
    assert judge(CLAIM, None).word == "not attempted"


@pytest.mark.parametrize(
    ("claim", "record", "reason"),
    [
        ({}, {"measured": 2.2}, "off by 0.2, allowed 0.1"),
        ({"random": True}, {}, "without a standard error"),
        ({}, {"stderr": 0.5}, "too noisy: standard error 0.5, allowed 0.05"),
        ({"kind": "ordering"}, {"measured": False}, "found false"),
    ],
)
def test_reasons_are_in_numbers(claim, record, reason):
    assert reason in judge(replace(CLAIM, **claim), replace(RECORD, **record)).reason


@given(measured=st.floats(-10, 10), stderr=st.floats(0, 1))
def test_sharper_tolerance_never_helps(measured, stderr):
    record = {"measured": measured, "stderr": stderr}
    words = [word({"tolerance": Tolerance(value, "absolute", "")}, record) for value in (0.01, 0.1, 1.0)]
    ranks = [WORDS.index(each) for each in words]
    assert ranks == sorted(ranks, reverse=True)


def test_smoke_gives_no_verdict():
    (verdict,) = verdicts([CLAIM], [replace(RECORD, profile="smoke")]).values()
    assert verdict.word == "not attempted"


def test_verdicts_match_by_id():
    other = replace(CLAIM, id="1/other")
    found = verdicts([CLAIM, other], [RECORD])
    assert {id: verdict.word for id, verdict in found.items()} == {
        "1/edge": "reproduced at laptop scale",
        "1/other": "not attempted",
    }


@pytest.mark.parametrize(("profile", "lane"), [("laptop", "laptop"), ("smoke", "laptop"), ("gpu", "gpu")])
def test_lane_of_a_profile(profile, lane):
    assert replace(RECORD, profile=profile).lane == lane


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("laptop", "gpu", "decides", "words"),
    [
        ({}, {}, "gpu", ("reproduced at laptop scale", "reproduced")),
        ({}, {"measured": 2.2}, "gpu", ("reproduced at laptop scale", "not reproduced")),
        ({"measured": 2.2}, {}, "gpu", ("not reproduced", "reproduced")),
        ({}, {"stale": True}, "laptop", ("reproduced at laptop scale", "reproduced")),
        ({}, {"measured": 2.2, "stale": True}, "laptop", ("reproduced at laptop scale", "not reproduced")),
        ({"measured": 2.2}, {"stale": True}, "laptop", ("not reproduced", "reproduced")),
        ({"stale": True}, {}, "gpu", ("reproduced at laptop scale", "reproduced")),
        ({"stale": True}, {"stale": True}, "laptop", ("reproduced at laptop scale", "reproduced")),
    ],
)
def test_fresh_gpu_decides_else_the_laptop(laptop, gpu, decides, words, order):
    records = [replace(RECORD, **laptop), replace(GPU, **gpu)]
    (verdict,) = verdicts([CLAIM], records[::order]).values()
    assert (verdict.record.lane, verdict.record) == (decides, records[decides == "gpu"])
    assert tuple(one.word for one in verdict.lanes.values()) == words
    assert list(verdict.lanes) == ["laptop", "gpu"]
    assert verdict.lanes[decides].reason == verdict.reason
    assert verdict.other == judge(CLAIM, records[decides != "gpu"])


@pytest.mark.parametrize("record", [RECORD, GPU, replace(GPU, stale=True), replace(RECORD, stale=True)])
def test_one_lane_decides_alone(record):
    verdict = decide(CLAIM, [record])
    assert verdict == judge(CLAIM, record)
    assert list(verdict.lanes) == [record.lane]


def test_no_lane_without_a_measurement():
    verdict = decide(CLAIM, [])
    assert (verdict.word, verdict.lanes, verdict.holds) == ("not attempted", {}, False)


def test_a_measurement_that_fails_does_not_hold():
    assert judge(CLAIM, RECORD).holds
    assert judge(replace(CLAIM, substitute="digits"), RECORD).holds
    assert not judge(CLAIM, replace(RECORD, measured=2.2)).holds


@pytest.mark.parametrize(("stale", "word"), [(False, "not reproduced"), (True, "reproduced at laptop scale")])
def test_evidence_that_is_stale_does_not_decide(shown, stale, word):
    live = ledger("toy", profile="laptop", seed=0)
    origin = {"date": "2026-11-29", "device": "a card", "platform": "gpu"}
    live.record("1/edge", 2.05)
    Evidence(None, origin, stale).ledger(live).record("1/edge", 2.2)
    records = [Record(**bundle[MIME]) for bundle, _ in shown]
    assert [record.stale for record in records] == [False, stale]
    assert verdicts([CLAIM], records)["1/edge"].word == word


def test_order_of_verdicts():
    assert [worse(b, than=a) for a, b in pairwise(WORDS)] == [True] * 4
    assert not any(worse(each, than=each) for each in WORDS)
