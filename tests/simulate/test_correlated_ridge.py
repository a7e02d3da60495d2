"""Correlated designs: the correlations, and the reduction to independent samples."""

import numpy as np
import pytest

from renorm.simulate import correlated_ridge, ridge
from renorm.simulate.sample import design
from renorm.theory import Spectrum

SPECTRUM = Spectrum(np.geomspace(1, 0.1, 10), target=np.ones(10))


@pytest.mark.parametrize(
    "K",
    [
        correlated_ridge.exponential(40, length=5.0),
        correlated_ridge.nearest_neighbour(40, strength=0.9),
        correlated_ridge.power_law(40, decay=0.3),
    ],
    ids=["exponential", "nearest neighbour", "power law"],
)
def test_correlations_are_stationary_positive_and_of_unit_diagonal(K):
    assert np.linalg.eigvalsh(K)[0] > 0
    assert (np.diag(K) == 1).all()
    for lag in range(1, 40):
        assert np.ptp(np.diag(K, lag)) == 0
        assert np.diag(K, lag)[0] == np.diag(K, -lag)[0] < 1


def test_correlations_at_given_lags():
    assert correlated_ridge.exponential(9, length=5.0)[8, 3] == pytest.approx(np.exp(-1))
    assert correlated_ridge.power_law(9, decay=0.3)[0, 7] == pytest.approx(8**-0.3)
    assert correlated_ridge.nearest_neighbour(9, strength=0.9)[0, :3].tolist() == [1, 0.45, 0]
    assert correlated_ridge.nearest_neighbour(1, strength=0.9).tolist() == [[1]]


def test_no_correlation_is_plain_ridge_regression():
    plain = ridge.measure(SPECTRUM, 15, ridge=[0.0, 0.1], noise=0.2, draws=4)
    identity = correlated_ridge.measure(SPECTRUM, np.eye(15), ridge=[0.0, 0.1], noise=0.2, draws=4)
    np.testing.assert_allclose(identity.test.mean, plain.test.mean, rtol=1e-12)
    np.testing.assert_allclose(identity.train.mean, plain.train.mean, atol=1e-12)


def test_rows_and_noise_have_their_correlations():
    K, white = correlated_ridge.exponential(4, length=2.0), np.eye(4)
    seen = {
        "inputs": lambda draw: draw.inputs[0] @ draw.inputs[2],
        "labels": lambda draw: draw.labels[0] * draw.labels[2],
    }
    silent = Spectrum(SPECTRUM.eigenvalues, target=np.zeros(10))  # labels are the noise alone
    for noise_correlation, expected in ((None, K[0, 2]), (white, 0.0)):
        m = correlated_ridge.measure(
            silent, K, ridge=0.1, noise=1.0, draws=3000, noise_correlation=noise_correlation, statistics=seen
        )
        inputs, labels = m.statistics["inputs"], m.statistics["labels"]
        assert abs(inputs.mean - K[0, 2] * SPECTRUM.trace) < 4 * inputs.stderr
        assert abs(labels.mean - expected) < 4 * labels.stderr


def test_correlated_test_error_averages_over_test_points_exactly():
    """Against test points drawn one by one from the joint distribution with the training set."""
    K = correlated_ridge.exponential(13, length=3.0)
    inner, cross, noise = K[:12, :12], K[12, :12], 0.3
    rng, direct = np.random.default_rng(1), []
    root = np.linalg.cholesky(K)
    for _ in range(4000):
        inputs = root @ design(SPECTRUM, 13, rng)
        labels = inputs @ SPECTRUM.target + np.sqrt(noise) * root @ rng.normal(size=13)
        weights = ridge.path(inputs[:12], labels[:12], ridge=[0.2])[0]
        direct.append((labels[12] - inputs[12] @ weights) ** 2)
    statistic = correlated_ridge.correlated_test_error(SPECTRUM, inner, cross, noise=noise)
    averaged = correlated_ridge.measure(
        SPECTRUM, inner, ridge=0.2, noise=noise, draws=2000, statistics={"lag": statistic}
    ).statistics["lag"]
    error = np.hypot(np.std(direct) / np.sqrt(4000), averaged.stderr)
    assert abs(np.mean(direct) - averaged.mean) < 4 * error
    assert error < 0.05 * averaged.mean


def test_several_test_points_share_the_training_sets():
    K = correlated_ridge.exponential(13, length=3.0)
    inner, cross = K[:12, :12], np.array([K[12, :12], 0 * K[12, :12]])
    each = [correlated_ridge.correlated_test_error(SPECTRUM, inner, k, noise=0.3) for k in (*cross, cross)]
    m = correlated_ridge.measure(
        SPECTRUM, inner, ridge=[0.1, 0.2], noise=0.3, draws=5, statistics=dict(zip("abc", each, strict=True))
    )
    a, b, c = (m.statistics[name].mean for name in "abc")
    np.testing.assert_allclose(c, [a, b], rtol=1e-12)
    np.testing.assert_allclose(b, m.test.mean + 0.3, rtol=1e-12)  # uncorrelated


def test_impossible_strength_is_refused():
    with pytest.raises(ValueError, match=r"strength = 1\.2"):
        correlated_ridge.nearest_neighbour(5, strength=1.2)
