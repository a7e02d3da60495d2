"""What stops a build."""

import subprocess
from dataclasses import replace

import pytest

from renorm.report.claims import every_claim, load_claims
from renorm.report.gate import (
    CLAIMS,
    amendment_problems,
    baseline_problems,
    read_baseline,
    record_problems,
    write_baseline,
)
from renorm.report.record import Record
from renorm.report.verdict import WORDS, verdicts

EDGE = Record("2405.00592/edge", 2.001, 0.001, "toy", "laptop", 0, "cpu", figure="fig-toy-1")


@pytest.fixture
def claims(book):
    return every_claim(load_claims(book / CLAIMS))


def problems(claims, *records):
    return record_problems(claims, records, {"fig-toy-1"})


def test_a_sound_record_has_no_problem(claims):
    assert problems(claims, EDGE) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "2405.00592/edges"}, "toy records 2405.00592/edges, which is no claim of book/claims"),
        ({"stderr": None}, "toy records 2405.00592/edge, which is random, without stderr"),
        ({"chapter": "other"}, "other records 2405.00592/edge, whose chapter is toy"),
        (
            {"figure": "fig-toy-2"},
            "2405.00592/edge names the figure fig-toy-2, which no chapter shows",
        ),
        ({"measured": True}, "toy records True for 2405.00592/edge, of kind value"),
        (
            {"id": "2405.00592/later", "measured": True, "chapter": "elsewhere"},
            "2405.00592/later is recorded, yet its entry says why it is not: remove why",
        ),
    ],
)
def test_problems_of_a_record(claims, change, message):
    assert problems(claims, replace(EDGE, **change)) == [message]


@pytest.mark.parametrize("lane", ["laptop", "gpu"])
def test_a_claim_is_recorded_once_a_lane(claims, lane):
    both = [replace(EDGE, profile=profile, recorded="2026") for profile in ("laptop", "gpu")]
    twice = [*both, replace(both[0], profile=lane)]
    assert problems(claims, *both) == []
    assert problems(claims, *twice) == [f"2405.00592/edge is recorded 2 times in the lane {lane}"]


def test_a_live_run_on_a_gpu_may_stand_beside_evidence_from_one(claims):
    recorded = replace(EDGE, profile="gpu", recorded="2026")
    live = replace(EDGE, profile="gpu", measured=9.0)
    assert problems(claims, recorded, live) == []
    assert verdicts(claims.values(), [live, recorded]) == verdicts(claims.values(), [recorded])
    assert verdicts(claims.values(), [recorded, live]) == verdicts(claims.values(), [recorded])
    assert verdicts(claims.values(), [live, replace(recorded, stale=True)]) == verdicts(
        claims.values(), [live]
    )
    assert len(problems(claims, replace(recorded, profile="laptop"), replace(live, profile="laptop"))) == 1


def test_a_quick_look_at_both_lanes_is_no_problem(claims):
    """In the profile ``smoke`` evidence of a GPU counts as smoke, too; neither gives a verdict."""
    smoke = replace(EDGE, profile="smoke")
    assert problems(claims, smoke, replace(smoke, recorded="2026-11-29 on a card")) == []


def test_baseline_round_trip(book, claims):
    assert read_baseline(book) == {}
    found = verdicts(claims.values(), [EDGE])
    write_baseline(book, found)
    assert read_baseline(book) == {"2405.00592/edge": "reproduced at laptop scale"}
    write_baseline(book, verdicts(claims.values(), []))
    assert read_baseline(book) == {}


def test_baseline_refuses_other_words(book):
    (book / CLAIMS / "baseline.yml").write_text("2405.00592/edge: fine\n")
    with pytest.raises(ValueError, match=r"2405\.00592/edge is 'fine'; allowed is one of reproduced"):
        read_baseline(book)


@pytest.mark.parametrize("before", WORDS)
def test_only_a_worse_verdict_is_behind(claims, before):
    found = verdicts(claims.values(), [EDGE])
    behind = baseline_problems({"2405.00592/edge": before}, found, ["toy"])
    text = f"2405.00592/edge was {before} and is reproduced at laptop scale: off by 0.001, allowed 0.01"
    assert behind == ([text] if before == "reproduced" else [])


def test_the_lane_that_decides_is_compared(claims):
    gpu = replace(EDGE, profile="gpu", measured=2.02)
    found = verdicts(claims.values(), [EDGE, gpu])
    baseline = {"2405.00592/edge": "reproduced at laptop scale"}
    (problem,) = baseline_problems(baseline, found, ["toy"])
    assert problem.endswith("and is not reproduced: off by 0.02, allowed 0.01")
    found = verdicts(claims.values(), [EDGE, replace(gpu, stale=True)])
    assert baseline_problems(baseline, found, ["toy"]) == []
    found = verdicts(claims.values(), [replace(EDGE, measured=9.0), replace(EDGE, profile="gpu", stale=True)])
    (problem,) = baseline_problems(baseline, found, ["toy"])
    assert problem.endswith("; what was recorded for the lane gpu is stale")


def test_a_claim_that_is_no_longer_recorded_is_behind(claims):
    found = verdicts(claims.values(), [])
    baseline = {"2405.00592/edge": "not reproduced"}
    (problem,) = baseline_problems(baseline, found, ["toy"])
    assert problem.startswith("2405.00592/edge was not reproduced and is not attempted")
    assert baseline_problems(baseline, found, []) == []


def test_a_claim_may_not_vanish(claims):
    assert baseline_problems({"1/gone": "reproduced"}, verdicts(claims.values(), []), []) == [
        "1/gone is in the baseline but no claim any more"
    ]


def test_amendments_are_checked_against_a_revision(book):
    def git(*arguments):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *identity, *arguments], cwd=book, check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "-m", "targets")
    assert amendment_problems(book, "HEAD") == []
    path = book / CLAIMS / "2405.00592.yml"
    path.write_text(path.read_text().replace("expected: 2", "expected: 3"))
    (problem,) = amendment_problems(book, "HEAD")
    assert problem.startswith("2405.00592/edge: expected or tolerance changed since HEAD")
    path.write_text(path.read_text().replace("expected: 3", "expected: 3\n    amended: [a slip of the pen]"))
    assert amendment_problems(book, "HEAD") == []
