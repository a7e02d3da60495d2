"""The sampled ensembles: exact invariants, moments, and the bidiagonal model against dense matrices."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from renorm.simulate import sample
from renorm.theory import Spectrum


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_rotation_is_orthogonal_and_unbiased(rng):
    draws = np.array([sample.rotation(3, rng) for _ in range(4000)])
    np.testing.assert_allclose(
        draws @ draws.transpose(0, 2, 1), np.broadcast_to(np.eye(3), draws.shape), atol=1e-12
    )
    # Haar's measure: every entry has mean 0 and variance 1/3; 5 standard errors
    assert np.abs(draws.mean(axis=0)).max() < 5 * np.sqrt(1 / 3 / 4000)
    assert np.abs((draws**2).mean(axis=0) - 1 / 3).max() < 5 * np.sqrt(4 / 45 / 4000)


def test_wigner_has_the_stated_variances(rng):
    w = sample.wigner(800, rng)
    np.testing.assert_array_equal(w, w.T)
    off = w[np.triu_indices(800, 1)]
    assert abs(off.var() * 800 - 1) < 5 * np.sqrt(2 / off.size)
    assert abs(np.diag(w).var() * 800 - 2) < 5 * 2 * np.sqrt(2 / 800)


def test_covariance_is_unbiased(rng):
    spectrum = Spectrum([3.0, 1.0], multiplicity=[1, 2])
    draws = np.array([sample.covariance(spectrum, 10, rng) for _ in range(4000)])
    stderr = draws.std(axis=0) / np.sqrt(4000)
    assert (np.abs(draws.mean(axis=0) - np.diag([3.0, 1.0, 1.0])) < 5 * stderr).all()


@pytest.mark.parametrize("samples", [30, 40, 90])
def test_wishart_zeros_and_trace(rng, samples):
    values = sample.wishart(Spectrum([2.0], multiplicity=[40]), samples, rng)
    assert (np.diff(values) >= 0).all()
    assert (values == 0).sum() == max(0, 40 - samples)
    assert abs(values.mean() - 2) < 5 * 2 * np.sqrt(2 / (40 * samples))


@pytest.mark.parametrize(("size", "samples"), [(1, 3), (4, 7), (7, 4), (5, 5)])
def test_white_wishart_has_the_law_of_dense_matrices(rng, size, samples):
    fast = np.array([sample.white_wishart(size, samples, rng) for _ in range(3000)])
    dense = np.array(
        [sample.wishart(Spectrum([1.0], multiplicity=[size]), samples, rng) for _ in range(3000)]
    )
    for column in range(max(0, size - samples), size):
        assert ks_2samp(fast[:, column], dense[:, column]).pvalue > 1e-4
    assert (fast[:, : max(0, size - samples)] == 0).all()


def test_free_sum_and_product_keep_traces(rng):
    a, b = Spectrum([3.0, 1.0], multiplicity=[5, 5]), Spectrum([2.0, 0.0], multiplicity=[4, 6])
    total = sample.free_sum(a, b, rng)
    assert total.sum() == pytest.approx(a.trace + b.trace)
    product = sample.free_product(a, b, rng)
    assert (product >= 0).all()
    assert (product < 1e-12).sum() == 6  # the rank of B
    scalar = sample.free_product(a, Spectrum([2.0], multiplicity=[10]), rng)
    np.testing.assert_allclose(scalar, 2 * np.repeat([1.0, 3.0], 5))


def test_layers_have_fan_in_variance(rng):
    x = sample.layers((30, 200, 400), rng)
    assert x.shape == (30, 400)
    # E x_ij^2 = N_1 / (N_0 N_1) = 1 / 30; the entries of a column share a factor, so count 30 of them
    assert abs((x**2).mean() * 30 - 1) < 0.1


def test_gram_eigenvalues_pad_with_zeros(rng):
    x = rng.normal(size=(3, 5))
    np.testing.assert_allclose(
        sample.gram_eigenvalues(x), np.maximum(np.linalg.eigvalsh(x.T @ x), 0), atol=1e-12
    )
    assert (sample.gram_eigenvalues(x)[:2] == 0).all()


def test_fractional_multiplicity_cannot_be_sampled():
    with pytest.raises(ValueError, match="whole numbers"):
        sample.eigenvalues(Spectrum([1.0], multiplicity=[2.5]))
