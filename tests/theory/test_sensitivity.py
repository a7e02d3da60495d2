"""Extremes over test distributions and the gradient over training spectra."""

import numpy as np
import pytest

from renorm.theory import Spectrum, ridge_regression, sensitivity, shift

RNG = np.random.default_rng(0)
SIZE = 6
SPECTRUM = Spectrum(RNG.uniform(0.1, 2.0, SIZE), target=RNG.normal(size=SIZE))
ROOT = RNG.normal(size=(SIZE, SIZE))
FULL = ROOT @ ROOT.T / SIZE


def error(spectrum, covariance, samples=4):
    if covariance is None:
        return ridge_regression.risk(spectrum, samples, ridge=0.05, noise=0.3).test
    return shift.risk(spectrum, samples, test_covariance=covariance, ridge=0.05, noise=0.3).test


@pytest.mark.parametrize("samples", [4, 6, 15])
@pytest.mark.parametrize(
    "covariance", [None, np.linspace(0.0, 2.0, SIZE), FULL], ids=["follows", "diagonal", "full"]
)
def test_gradient_agrees_with_finite_differences(covariance, samples):
    gradient = sensitivity.gradient(SPECTRUM, samples, ridge=0.05, noise=0.3, test_covariance=covariance)
    step = 1e-5
    for k, direction in enumerate(np.eye(SIZE) * step):
        ends = [Spectrum(SPECTRUM.eigenvalues + d, target=SPECTRUM.target) for d in (direction, -direction)]
        difference = (error(ends[0], covariance, samples) - error(ends[1], covariance, samples)) / (2 * step)
        assert gradient[k] == pytest.approx(difference, rel=1e-6, abs=1e-8)


def test_gradient_moves_all_copies_of_a_level():
    level = Spectrum([2.0, 0.5], target=[0.5, 1.0], multiplicity=[2, 3])
    apart = Spectrum([2.0, 2.0, 0.5, 0.5, 0.5], target=[0.5, 0.5, 1.0, 1.0, 1.0])
    together = sensitivity.gradient(level, 4, ridge=0.1, noise=0.1, test_covariance=[1.0, 3.0])
    one_by_one = sensitivity.gradient(
        apart, 4, ridge=0.1, noise=0.1, test_covariance=[1.0, 1.0, 3.0, 3.0, 3.0]
    )
    np.testing.assert_allclose(together, [one_by_one[:2].sum(), one_by_one[2:].sum()], rtol=1e-11)


@pytest.mark.parametrize("axes", [True, False])
def test_extremes_bound_every_test_distribution_and_are_reached(axes):
    x = sensitivity.extremes(SPECTRUM, 4, ridge=0.05, noise=0.3, axes=axes)
    for value, direction in ((x.best, x.best_direction), (x.worst, x.worst_direction)):
        extreme = SPECTRUM.trace * np.outer(direction, direction)
        assert error(SPECTRUM, extreme) == pytest.approx(value, rel=1e-11)
    for seed in range(50):
        rng = np.random.default_rng(seed)
        root = rng.normal(size=(SIZE, SIZE))
        other = rng.dirichlet(np.ones(SIZE)) if axes else root @ root.T
        other = SPECTRUM.trace * other / (other.sum() if axes else np.trace(other))
        assert x.best <= error(SPECTRUM, other) <= x.worst


def test_extremes_scale_with_the_trace():
    one, three = (sensitivity.extremes(SPECTRUM, 4, ridge=0.05, trace=t) for t in (1.0, 3.0))
    assert three.worst == pytest.approx(3 * one.worst, rel=1e-12)
    assert three.best == pytest.approx(3 * one.best, rel=1e-12)


def test_what_is_not_defined_is_refused():
    with pytest.raises(ValueError, match="ridge = 0"):
        sensitivity.gradient(SPECTRUM, 4, ridge=0.0)
    with pytest.raises(ValueError, match="trace = -1"):
        sensitivity.extremes(SPECTRUM, 4, ridge=0.1, trace=-1.0)
    with pytest.raises(ValueError, match="finite error"):
        sensitivity.extremes(SPECTRUM, SIZE, ridge=0.0, noise=0.1)
