"""Sampled ridge regression: the path against direct solves, and the measurement's bookkeeping."""

import numpy as np
import pytest

from renorm.simulate import ridge
from renorm.theory import Spectrum

RIDGES = np.geomspace(1e-4, 10.0, 7)


@pytest.mark.parametrize(("samples", "dimension"), [(30, 70), (70, 30), (40, 40)])
def test_path_agrees_with_direct_solves(samples, dimension):
    rng = np.random.default_rng(0)
    inputs, labels = rng.normal(size=(samples, dimension)), rng.normal(size=(samples, 2))
    gram = inputs.T @ inputs / samples
    direct = [np.linalg.solve(gram + r * np.eye(dimension), inputs.T @ labels / samples) for r in RIDGES]
    found = ridge.path(inputs, labels, ridge=RIDGES)
    assert found.shape == (7, dimension, 2)
    np.testing.assert_allclose(found, direct, atol=1e-9)
    np.testing.assert_allclose(ridge.path(inputs, labels[:, 0], ridge=RIDGES), found[..., 0], atol=1e-13)


@pytest.mark.parametrize(("samples", "dimension"), [(30, 70), (70, 30)])
@pytest.mark.parametrize("rank", [30, 12])
def test_no_ridge_gives_the_pseudoinverse(samples, dimension, rank):
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(samples, rank)) @ rng.normal(size=(rank, dimension))
    labels = rng.normal(size=samples)
    expected = np.linalg.pinv(inputs, rcond=1e-10) @ labels
    np.testing.assert_allclose(ridge.path(inputs, labels, ridge=[0.0])[0], expected, atol=1e-9)


def test_copies_of_a_level_are_drawn_apart():
    level = Spectrum([4.0, 1.0], target=[1.0, 2.0], multiplicity=[1, 2])
    apart = Spectrum([4.0, 1.0, 1.0], target=[1.0, 2.0, 2.0])
    one, other = (ridge.measure(s, 5, ridge=0.1, noise=0.1, draws=4) for s in (level, apart))
    assert one.test.mean == other.test.mean


def test_measurement_follows_the_shape_of_the_ridge_and_the_seed():
    s = Spectrum(np.ones(10), target=np.ones(10))
    several = ridge.measure(s, 20, ridge=[0.1, 1.0], noise=0.1, draws=4, seed=3)
    single = ridge.measure(s, 20, ridge=0.1, noise=0.1, draws=4, seed=3)
    assert several.test.mean.shape == (2,)
    assert np.shape(single.test.mean) == ()
    assert single.test.mean == pytest.approx(several.test.mean[0])
    assert ridge.measure(s, 20, ridge=0.1, noise=0.1, draws=4, seed=4).test.mean != single.test.mean


def test_statistics_see_the_draw():
    s = Spectrum(np.ones(10), target=np.ones(10))
    measured = ridge.measure(
        s,
        20,
        ridge=[0.1, 1.0],
        noise=0.1,
        draws=4,
        statistics={
            "train": lambda draw: np.mean((draw.labels - draw.weights @ draw.inputs.T) ** 2, axis=-1),
            "test": lambda draw: draw.test,
            "samples": lambda draw: len(draw.inputs),
            "weights": lambda draw: draw.weights.T,
        },
    )
    np.testing.assert_allclose(measured.statistics["train"].mean, measured.train.mean)
    np.testing.assert_allclose(measured.statistics["test"].stderr, measured.test.stderr)
    assert measured.statistics["samples"].mean.tolist() == [20, 20]
    assert measured.statistics["weights"].mean.shape == (10, 2)


def test_test_covariance_may_be_diagonal_or_full():
    s = Spectrum(np.geomspace(1, 0.1, 10), target=np.ones(10))
    arguments = dict(ridge=0.1, noise=0.1, draws=5)
    plain = ridge.measure(s, 20, **arguments)
    for covariance in (s.eigenvalues, np.diag(s.eigenvalues)):
        statistic = {"seen": ridge.shifted_test_error(s, covariance)}
        shifted = ridge.measure(s, 20, test_covariance=covariance, statistics=statistic, **arguments)
        assert shifted.statistics["seen"].mean == pytest.approx(shifted.test.mean, rel=1e-12)
        assert shifted.test.mean == pytest.approx(plain.test.mean, rel=1e-12)
        assert shifted.bias.mean == pytest.approx(plain.bias.mean, rel=1e-12)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"ridge = -1\.0"):
        ridge.path(np.ones((2, 2)), np.ones(2), ridge=[0.1, -1.0])
    with pytest.raises(ValueError, match="target = None"):
        ridge.measure(Spectrum([1.0]), 5, ridge=0.1, draws=5)
    with pytest.raises(ValueError, match="draws = 2"):
        ridge.measure(Spectrum([1.0], target=[1.0]), 5, ridge=0.1, draws=2)
