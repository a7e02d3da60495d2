"""Distribution functions and the distance to a sample, on laws with a closed form."""

import numpy as np
import pytest
from scipy.stats import kstest

from renorm.theory import Spectrum, density


def semicircle_cdf(x):
    x = np.clip(np.asarray(x), -2, 2)
    return 0.5 + x * np.sqrt(4 - x**2) / (4 * np.pi) + np.arcsin(x / 2) / np.pi


def test_cdf_of_the_semicircle():
    x = np.linspace(-3, 3, 601)
    # linear between nodes at most h = 0.04 apart: off by at most h^2 / 8 times the density's slope, 0.1
    np.testing.assert_allclose(density.semicircle(1.0).cdf(x), semicircle_cdf(x), atol=2e-5)


def test_cdf_jumps_at_an_atom_and_ends_at_one():
    law = density.wishart(Spectrum([1.0], multiplicity=[30]), 10)
    assert law.cdf(-1e-9) == 0
    assert law.cdf(0.0) == pytest.approx(2 / 3)
    assert law.cdf(law.edges[-1, 1]) == pytest.approx(1, abs=1e-6)


def test_cdf_is_flat_in_a_gap():
    law = density.deformed_wigner(Spectrum([0.0, 10.0]), 1.0)
    np.testing.assert_allclose(law.cdf([4.0, 5.0, 6.0]), 0.5, atol=1e-6)


def test_distance_without_atoms_is_that_of_scipy():
    sample = np.random.default_rng(0).uniform(-2, 2, size=50)
    expected = kstest(sample, semicircle_cdf).statistic
    assert density.semicircle(1.0).distance(sample) == pytest.approx(expected, abs=2e-5)


def test_distance_counts_rounded_zeros_on_the_atom():
    law = density.wishart(Spectrum([1.0], multiplicity=[30]), 10)
    bulk = np.interp((np.arange(10) + 0.5) / 30 + 2 / 3, law.cdf(law.x), law.x)
    assert law.distance(np.concatenate([np.full(20, 1e-16), bulk])) == pytest.approx(0.5 / 30, abs=1e-5)
    assert law.distance(np.concatenate([np.full(19, 1e-16), bulk])) > 0.5 / 30


def test_distance_to_a_missing_atom_is_its_mass():
    law = density.wishart(Spectrum([1.0], multiplicity=[30]), 10)
    assert law.distance([law.edges[0, 0]]) >= 2 / 3


@pytest.mark.parametrize("bad", [[], [[1.0]], [np.nan]])
def test_distance_refuses(bad):
    with pytest.raises(ValueError, match="eigenvalues"):
        density.semicircle(1.0).distance(bad)
