"""What a chapter records."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from renorm.report.record import MIME, Record, ledger, with_error


@pytest.fixture
def entry():
    return ledger("toy", profile="laptop", seed=3)


def recorded(shown):
    ((bundle, _),) = shown
    json.dumps(bundle)
    return Record(**bundle[MIME])


def test_record_holds_the_run(shown, entry):
    entry.record("1/a", np.float64(2.5), stderr=np.float32(0.5), figure="fig-toy-1", note="few draws")
    assert recorded(shown) == Record(
        "1/a", 2.5, 0.5, "toy", "laptop", 3, "cpu", figure="fig-toy-1", scale="smaller", note="few draws"
    )


@pytest.mark.parametrize(
    ("profile", "given", "scale"),
    [
        ("laptop", None, "smaller"),
        ("gpu", None, "paper"),
        ("laptop", "paper", "paper"),
        ("gpu", "smaller", "smaller"),
    ],
)
def test_scale(shown, profile, given, scale):
    ledger("toy", profile=profile, seed=0).record("1/a", 1.0, scale=given)
    assert recorded(shown).scale == scale


@pytest.mark.parametrize("measured", [float("nan"), float("inf"), "2.0", None, np.ones(3)])
def test_refuses_what_is_no_number(shown, entry, measured):
    with pytest.raises(ValueError, match="measured is"):
        entry.record("1/a", measured)
    assert not shown


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"stderr": -0.1}, "stderr is -0.1; it must be >= 0"),
        ({"stderr": float("nan")}, "stderr is nan; it must be finite"),
        ({"scale": "huge"}, "scale is 'huge'; allowed are paper, smaller"),
    ],
)
def test_refuses_wrong_arguments(entry, wrong, message):
    with pytest.raises(ValueError, match=message):
        entry.record("1/a", 1.0, **wrong)


def test_refuses_an_unknown_profile():
    with pytest.raises(ValueError, match="allowed are smoke, laptop, gpu"):
        ledger("toy", profile="night", seed=0)


def test_curve_forgives_three_standard_errors(shown, entry):
    entry.record_curve("1/a", [1.0, 2.0, -4.0], [1.03, 2.0, -4.0], [0.01, 0.02, 0.02])
    assert recorded(shown).measured == pytest.approx(0, abs=1e-12)
    assert recorded(shown).stderr == pytest.approx(0.01)


def test_curve_measures_in_the_window_only(shown, entry):
    entry.record_curve("1/a", [0.0, 1.0, 1.0], [9.0, 1.5, 1.1], [9.0, 0.0, 0.0], window=[False, False, True])
    assert recorded(shown).measured == pytest.approx(0.1)


@given(factor=st.floats(0.01, 100), sign=st.sampled_from([-1, 1]))
def test_curve_is_free_of_units(factor, sign):
    excess = []
    for unit in (1.0, sign * factor):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("renorm.report.record.emit", lambda bundle: excess.append(bundle[MIME]["measured"]))
            curves = [
                unit * np.array([1.0, 2.0]),
                unit * np.array([1.2, 2.0]),
                abs(unit) * np.array([0.01, 0]),
            ]
            ledger("toy", profile="laptop", seed=0).record_curve("1/a", *curves)
    assert excess[0] == pytest.approx(0.17)
    assert excess[1] == pytest.approx(excess[0])


@pytest.mark.parametrize(
    ("curves", "window", "message"),
    [
        (([1.0], [1.0, 2.0], [0.1]), None, "have the shapes"),
        (([1.0], [1.0], [0.1]), [1], "window of bool"),
        (([1.0], [1.0], [0.1]), [False], "move the window"),
        (([0.0, 1.0], [1.0, 1.0], [0.1, 0.1]), None, "no zero"),
        (([1.0], [float("nan")], [0.1]), None, "measured is nan"),
    ],
)
def test_curve_refuses(entry, curves, window, message):
    with pytest.raises(ValueError, match=message):
        entry.record_curve("1/a", *curves, window=window)


@pytest.mark.parametrize(
    ("measured", "stderr", "text"),
    [(True, None, "true"), (1.23456, None, "1.235"), (1.0, 0.0123, "1 ± 0.012")],
)
def test_with_error(measured, stderr, text):
    assert with_error(measured, stderr) == text


def test_mean_of_draws(shown, entry):
    entry.record_mean("1/a", [1.0, 2.0, 3.0], scale="paper")
    assert recorded(shown).measured == 2.0
    assert recorded(shown).stderr == pytest.approx(1 / np.sqrt(3))
    assert recorded(shown).scale == "paper"


def test_worst_point_of_a_grid_keeps_its_own_error(shown, entry):
    entry.record_worst("1/a", [[[0.1, -0.4], [0.0, 0.2]], [[0.1, -0.6], [0.0, 0.3]]])
    assert recorded(shown).measured == pytest.approx(0.5)
    assert recorded(shown).stderr == pytest.approx(0.1)


@pytest.mark.parametrize("draws", [1.0, [1.0], []])
def test_one_draw_has_no_error_bar(entry, draws):
    with pytest.raises(ValueError, match="at least 2"):
        entry.record_mean("1/a", draws)
