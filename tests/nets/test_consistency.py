"""Distances between widths: against closed forms and known laws."""

import numpy as np
import pytest

from renorm.nets import consistency


def test_the_jackknife_of_a_mean_is_the_textbook_error():
    rng = np.random.default_rng(0)
    groups = {1: rng.standard_normal((20, 3)), 2: 2 * rng.standard_normal((7, 3))}
    value, error = consistency.jackknife(lambda g: g[1].mean(0) - g[2].mean(0), groups)
    assert value == pytest.approx(groups[1].mean(0) - groups[2].mean(0))
    assert error == pytest.approx(np.sqrt(groups[1].var(0, ddof=1) / 20 + groups[2].var(0, ddof=1) / 7))


def test_the_jackknife_covers_a_nonlinear_statistic():
    """The spread of log variances over repetitions is what the jackknife says, within a fifth."""
    rng = np.random.default_rng(1)
    found = [
        consistency.jackknife(lambda g: np.log(g[0].var(ddof=1)), {0: rng.standard_normal(30)})
        for _ in range(400)
    ]
    values, errors = np.array(found).T
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(), rel=0.2)


def test_a_single_member_has_no_error():
    with pytest.raises(ValueError, match="group 4 has 1"):
        consistency.jackknife(lambda g: g[4].mean(), {4: np.ones(1)})


def test_smoothing_keeps_straight_lines_and_removes_alternation():
    steps = np.arange(100.0)
    assert consistency.smooth(np.array([steps, -steps]), window=0.1)[1] == pytest.approx(-(steps[:91] + 4.5))
    assert consistency.smooth((-1.0) ** steps, window=0.02) == pytest.approx(0)


def test_the_gap_is_that_of_means_and_counts_from_the_start():
    late = np.where(np.arange(80) < 40, 1.0, 1.5)
    losses = {256: np.ones((2, 80)), 32: np.stack([late - 0.2, late + 0.2])}
    assert consistency.loss_gap(losses) == pytest.approx([0.5])
    assert consistency.loss_gap(losses, part=0.25) == pytest.approx([0])


@pytest.mark.parametrize("exponent", [0.5, 1.0, 1.3])
def test_the_exponent_of_a_gap_to_a_finite_network(exponent):
    widths = np.array([32.0, 64, 128, 256])
    gaps = 0.7 * (widths**-exponent - 512.0**-exponent)
    assert consistency.gap_exponent(widths, gaps, widest=512) == pytest.approx(exponent, abs=1e-3)
    straight = -np.polyfit(np.log(widths), np.log(gaps), 1)[0]
    assert straight > exponent + 0.15


def test_the_widest_network_has_no_gap_of_its_own():
    with pytest.raises(ValueError, match="below widest=64"):
        consistency.gap_exponent([32, 64], [0.1, 0.1], widest=64)
