"""S-transforms of stationary correlations: closed forms against Toeplitz matrices, and limits."""

import numpy as np
import pytest
from scipy.linalg import toeplitz

from renorm.simulate import correlated_ridge
from renorm.theory import Spectrum, correlated, renormalize, stationary

DF = np.linspace(0.05, 0.95, 10)


@pytest.mark.parametrize(
    ("closed", "matrix"),
    [
        (lambda d: stationary.exponential_s(d, length=4.0), correlated_ridge.exponential(1000, length=4.0)),
        (lambda d: stationary.exponential_s(d, length=0.5), correlated_ridge.exponential(1000, length=0.5)),
        (
            lambda d: stationary.nearest_neighbour_s(d, strength=0.8),
            correlated_ridge.nearest_neighbour(1000, strength=0.8),
        ),
    ],
    ids=["long", "short", "nearest neighbour"],
)
def test_closed_form_is_the_limit_of_long_series(closed, matrix):
    long = np.abs(stationary.numerical_s(DF, correlation=np.linalg.eigvalsh(matrix)) / closed(DF) - 1)
    short = np.abs(
        stationary.numerical_s(DF, correlation=np.linalg.eigvalsh(matrix[:100, :100])) / closed(DF) - 1
    )
    assert long.max() < 2e-3
    assert (long < 0.2 * short).all()  # the end effect falls like one over the number of samples


@pytest.mark.parametrize("samples", [1, 2, 3, 10, 11])
def test_even_and_odd_vectors_make_the_whole_spectrum(samples):
    lags = np.random.default_rng(samples).normal(size=samples)
    whole = np.linalg.eigvalsh(toeplitz(lags))
    np.testing.assert_allclose(stationary.toeplitz_eigenvalues(lags), whole, atol=1e-12)


def test_bad_lags_are_named():
    for lags in (np.eye(2), []):
        with pytest.raises(ValueError, match="lags' shape"):
            stationary.toeplitz_eigenvalues(lags)


def test_stable_forms_equal_the_textbook_forms():
    b = 1 / np.tanh(1 / 3.0)
    textbook = (1 - DF) / (np.sqrt(1 + (b**2 - 1) * DF**2) - b * DF)
    np.testing.assert_allclose(stationary.exponential_s(DF, length=3.0), textbook, rtol=1e-12)
    textbook = (np.sqrt(1 - 0.7**2 * DF * (2 - DF)) - (1 - DF)) / ((1 - 0.7**2) * DF)
    np.testing.assert_allclose(stationary.nearest_neighbour_s(DF, strength=0.7), textbook, rtol=1e-12)


def test_d_times_one_minus_d_in_the_nearest_neighbour_form_is_wrong():
    levels = np.linalg.eigvalsh(correlated_ridge.nearest_neighbour(400, strength=0.8))
    truth = stationary.numerical_s(DF, correlation=levels)
    misprint = (np.sqrt(1 - 0.8**2 * DF * (1 - DF)) - (1 - DF)) / ((1 - 0.8**2) * DF)
    assert np.abs(misprint / truth - 1).max() > 0.1


def test_limits():
    np.testing.assert_allclose(stationary.exponential_s(DF, length=1e-3), 1.0)
    np.testing.assert_allclose(stationary.nearest_neighbour_s(DF, strength=0.0), 1.0)
    np.testing.assert_allclose(stationary.nearest_neighbour_s(DF, strength=1.0), (2 - DF) / (2 * (1 - DF)))
    near = stationary.nearest_neighbour_s(DF, strength=1 - 1e-9)
    np.testing.assert_allclose(near, stationary.nearest_neighbour_s(DF, strength=1.0), rtol=1e-4)
    assert stationary.exponential_s(0.0, length=5.0) == stationary.nearest_neighbour_s(0.0, strength=0.5) == 1
    assert stationary.nearest_neighbour_s(1.0, strength=1.0) == np.inf
    assert stationary.exponential_s(1.0, length=5.0) == pytest.approx(1 / np.tanh(0.2))


def test_the_transform_gives_the_renormalized_ridge():
    s = Spectrum.power_law(200, capacity=1.3, source=0.5)
    for K in (correlated_ridge.power_law(150, decay=0.5), correlated_ridge.exponential(300, length=8.0)):
        levels, ridge = np.linalg.eigvalsh(K), np.array([1e-5, 1e-2, 1.0])
        r = correlated.risk(s, correlation=levels, ridge=ridge)
        d = s.df1(r.kappa) / len(K)
        scale = stationary.numerical_s(d, correlation=levels)
        np.testing.assert_allclose(r.kappa, ridge * scale / (1 - d), rtol=1e-9)
    white = renormalize.kappa(s, 150, ridge=0.01)
    assert white == pytest.approx(0.01 / (1 - s.df1(white) / 150), rel=1e-10)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: stationary.exponential_s(1.5, length=1.0), r"df = 1\.5"),
        (lambda: stationary.exponential_s(0.5, length=0.0), "length = 0"),
        (lambda: stationary.nearest_neighbour_s(0.5, strength=2.0), "strength = 2"),
        (lambda: stationary.numerical_s(0.0, correlation=np.ones(3)), "df = 0"),
        (lambda: stationary.numerical_s(0.5, correlation=[2.0, 0.0]), r"correlation = 0\.0"),
        (lambda: stationary.numerical_s(0.5, correlation=[[1.0]]), "shape"),
    ],
)
def test_bad_arguments_are_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()
