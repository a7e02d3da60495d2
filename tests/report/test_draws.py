"""Means, their errors, and when an ordering counts."""

import numpy as np
import pytest

from renorm import report


def test_the_error_is_the_scatter_of_the_mean():
    """Over 2000 repetitions of 16 draws of variance 4 the error squares to 4 / 16, by 5 s.e. of the mean."""
    draws = np.random.default_rng(0).normal(1.0, 2.0, size=(2000, 16))
    mean, error = report.mean_and_error(draws)
    assert mean.shape == error.shape == (2000,)
    assert np.mean(error**2) == pytest.approx(0.25, abs=5 * 0.25 * np.sqrt(2 / 15 / 2000))
    assert np.var(mean) == pytest.approx(0.25, abs=5 * 0.25 * np.sqrt(2 / 2000))


def test_draws_may_lie_along_any_axis():
    draws = np.random.default_rng(1).normal(size=(3, 5, 2))
    mean, error = report.mean_and_error(draws, axis=1)
    turned = report.mean_and_error(np.moveaxis(draws, 1, -1))
    np.testing.assert_array_equal((mean, error), turned)
    assert mean.shape == (3, 2)


def test_an_ordering_needs_three_errors_everywhere():
    gaps = np.array([[1.0, 1.0, 1.3], [0.1, 0.2, 0.3]])
    assert [report.surely_positive(row) for row in gaps] == [True, True]
    assert report.surely_positive(gaps)
    assert not report.surely_positive(gaps - [[0.0], [0.05]])
    assert not report.surely_positive(-gaps)


@pytest.mark.parametrize("draws", [3.0, [1.0], np.ones((4, 1))])
def test_one_draw_has_no_error(draws):
    with pytest.raises(ValueError, match="at least 2 independent draws"):
        report.mean_and_error(draws)
