"""Unbiased estimates and their standard errors, against known expectations over many repetitions."""

import numpy as np
import pytest

from renorm.simulate import estimates

MEAN, SPREAD, DRAWS = np.array([1.0, -2.0, 0.5]), 3.0, 6


@pytest.fixture(scope="module")
def repetitions():
    """4000 sets of six draws each; the draws first."""
    return MEAN + SPREAD * np.random.default_rng(0).normal(size=(DRAWS, 4000, 3))


@pytest.mark.parametrize(
    ("estimator", "expectation"),
    [(estimates.squared_mean, MEAN @ MEAN), (estimates.total_variance, 3 * SPREAD**2)],
)
def test_no_bias_and_honest_error_bars(repetitions, estimator, expectation):
    found = estimator(repetitions)
    spread = found.mean.std()
    assert abs(found.mean.mean() - expectation) < 4 * spread / np.sqrt(4000)
    assert np.sqrt(np.mean(found.stderr**2)) == pytest.approx(spread, rel=0.25)


def test_the_square_of_the_mean_is_too_large_by_the_variance_over_the_draws(repetitions):
    naive = np.sum(repetitions.mean(axis=0) ** 2, axis=-1)
    excess = naive.mean() - MEAN @ MEAN
    assert excess == pytest.approx(3 * SPREAD**2 / DRAWS, abs=4 * naive.std() / np.sqrt(4000))


def test_average_and_its_standard_error(repetitions):
    found = estimates.average(repetitions)
    assert np.abs(found.mean.mean(axis=0) - MEAN).max() < 4 * SPREAD / np.sqrt(DRAWS * 4000)
    assert np.mean(found.stderr**2) == pytest.approx(SPREAD**2 / DRAWS, rel=0.1)


def test_jackknife_is_exact_for_identical_draws():
    same = estimates.squared_mean(np.tile(MEAN, (5, 1)))
    assert same.mean == pytest.approx(MEAN @ MEAN)
    assert same.stderr == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("estimator", "draws"), [(estimates.average, 1), (estimates.squared_mean, 2)])
def test_too_few_draws_are_refused(estimator, draws):
    with pytest.raises(ValueError, match=f"draws = {draws}"):
        estimator(np.zeros((draws, 3)))
