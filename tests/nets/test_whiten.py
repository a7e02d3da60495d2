"""Partial whitening, by the spectrum that it leaves."""

import numpy as np
import pytest

from renorm.nets.whiten import whitening

X = np.random.default_rng(0).normal(size=(50, 6)) * np.array([5.0, 3.0, 1.0, 1.0, 0.5, 1e-4])


def spectrum(x):
    return np.linalg.eigvalsh(x.T @ x / len(x))[::-1]


@pytest.mark.parametrize("exponent", [0.0, 0.5, 1.0])
def test_eigenvalues_become_powers_of_mean_one(exponent):
    after = spectrum(X @ whitening(X, exponent=exponent))
    assert after[5] == pytest.approx(0, abs=1e-10)  # the direction below the cutoff
    powers = spectrum(X)[:5] ** exponent
    np.testing.assert_allclose(after[:5], powers / powers.mean(), rtol=1e-9)


def test_full_exponent_keeps_the_inputs_up_to_a_factor():
    kept = X @ whitening(X, exponent=1.0, cutoff=0.0)
    np.testing.assert_allclose(kept / kept[0, 0], X / X[0, 0], rtol=1e-7)


def test_cutoff_is_a_share():
    with pytest.raises(ValueError, match="cutoff=1"):
        whitening(X, exponent=0.0, cutoff=1.0)
