"""Spectra: sums against their definition, power laws against all modes, and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renorm.theory import Spectrum
from renorm.theory._quadrature import integer_nodes

KAPPAS = np.array([[0.0, 1e-9, 1e-3], [0.7, 30.0, 1e8]])


def test_sums_follow_their_definition():
    levels, target, copies = (
        np.array([4.0, 1.0, 0.25, 0.0]),
        np.array([1.0, -2.0, 0.5, 3.0]),
        np.array([1, 3, 2, 5]),
    )
    s = Spectrum(levels, target, multiplicity=copies)
    for kappa in (0.3, 2.0 - 1.0j, -0.6):
        share = levels / (levels + kappa)
        assert s.df1(kappa) == pytest.approx((copies * share).sum(), rel=1e-14)
        assert s.df2(kappa) == pytest.approx((copies * share**2).sum(), rel=1e-14)
        assert s.tf1(kappa) == pytest.approx((copies * target**2 * share).sum(), rel=1e-14)
        assert s.tf2(kappa) == pytest.approx((copies * target**2 * share**2).sum(), rel=1e-14)
        assert s.tf1_prime(kappa) == pytest.approx((s.tf1(kappa) - s.tf2(kappa)) / kappa, rel=1e-13)
    assert (s.size, s.rank, s.trace) == (11, 6, 7.5)
    assert s.target_power == pytest.approx(4 + 3 * 4 + 2 * 0.25 * 0.25)


def test_kappa_keeps_its_shape_and_zero_counts_the_rank():
    s = Spectrum([2.0, 0.0], multiplicity=[3, 4])
    assert s.df1(KAPPAS).shape == s.df2(KAPPAS).shape == KAPPAS.shape
    assert s.df1(0.0) == s.df2(0.0) == s.rank == 3
    assert s.df1(np.inf) == 0


def test_defaults_and_immutability():
    s = Spectrum([2, 1])
    np.testing.assert_array_equal(s.multiplicity, [1.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        s.eigenvalues[0] = 3.0


@pytest.mark.parametrize("capacity", [0.6, 1.1, 1.5, 4.0])
@pytest.mark.parametrize("source", [0.3, 1.8])
def test_power_law_nodes_stand_for_all_modes(capacity, source):
    short = Spectrum.power_law(100_000, capacity=capacity, source=source)
    full = Spectrum(short.eigenvalues, short.target)
    assert short.nodes.levels.size < 600
    assert full.nodes.levels.size == 100_000
    for kappa in (KAPPAS.ravel(), (1 + 1j) * KAPPAS.ravel()[1:]):
        for sums in ("df1", "df2", "tf1", "tf2", "tf1_prime"):
            np.testing.assert_allclose(getattr(short, sums)(kappa), getattr(full, sums)(kappa), rtol=1e-12)
    # Beyond 45 degrees the sums go over all modes.
    assert short.df1(-1e-4 + 1e-9j) == full.df1(-1e-4 + 1e-9j)


def test_power_law_is_the_stated_one():
    s = Spectrum.power_law(50, capacity=1.3, source=0.7)
    k = np.arange(1.0, 51)
    np.testing.assert_allclose(s.eigenvalues, k**-1.3, rtol=1e-14)
    np.testing.assert_allclose(s.eigenvalues * s.target**2, k ** -(2 * 1.3 * 0.7 + 1), rtol=1e-13)


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 5000), degree=st.integers(0, 9))
def test_integer_nodes_sum_polynomials_exactly(size, degree):
    k, weight = integer_nodes(size)
    assert (weight > 0).all()
    exact = sum(j**degree for j in range(1, size + 1))
    assert weight @ k**degree == pytest.approx(exact, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    counts=st.lists(st.integers(1, 5), min_size=1, max_size=6),
    kappa=st.floats(1e-6, 1e6),
)
def test_splitting_a_level_changes_nothing(counts, kappa):
    levels, target = np.geomspace(1, 1e-3, len(counts)), np.linspace(1, 2, len(counts))
    merged = Spectrum(levels, target, multiplicity=counts)
    split = Spectrum(np.repeat(levels, counts), np.repeat(target, counts))
    for sums in ("df1", "df2", "tf1", "tf2", "tf1_prime"):
        assert getattr(merged, sums)(kappa) == pytest.approx(getattr(split, sums)(kappa), rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "options", "match"),
    [
        ([[1.0, -0.1]], {}, "eigenvalues = -0.1: allowed is finite numbers >= 0"),
        ([[1.0, np.nan]], {}, "eigenvalues = nan"),
        ([[np.inf]], {}, "eigenvalues = inf"),
        ([[]], {}, r"eigenvalues' shape = \(0,\)|eigenvalues' shape = \[0\]"),
        ([[[1.0]]], {}, "eigenvalues' shape"),
        ([["a"]], {}, "eigenvalues = "),
        ([[1.0, 2.0], [1.0]], {}, "target's shape"),
        ([[1.0], [np.nan]], {}, "target = nan"),
        ([[1.0], [np.inf]], {}, "target = inf"),
        ([[1.0, 2.0]], {"multiplicity": [1, 0]}, "multiplicity = 0"),
        ([[1.0, 2.0]], {"multiplicity": [1]}, "multiplicity's shape"),
    ],
)
def test_refusals(arguments, options, match):
    with pytest.raises(ValueError, match=match):
        Spectrum(*arguments, **options)


@pytest.mark.parametrize(
    ("size", "options", "match"),
    [
        (0, {"capacity": 1.0}, "size = 0"),
        (5, {"capacity": 0.0}, "capacity = 0.0"),
        (5, {"capacity": np.nan}, "capacity = nan"),
        (5, {"capacity": 1.0, "source": np.inf}, "source = inf"),
    ],
)
def test_power_law_refusals(size, options, match):
    with pytest.raises(ValueError, match=match):
        Spectrum.power_law(size, **options)


def test_sums_refuse_nan_and_a_missing_target():
    with pytest.raises(ValueError, match="kappa = "):
        Spectrum([1.0]).df1(np.nan)
    for sums in ("tf1", "tf2", "tf1_prime"):
        with pytest.raises(ValueError, match="target = None"):
            getattr(Spectrum([1.0]), sums)(1.0)
    with pytest.raises(ValueError, match="target = None"):
        _ = Spectrum([1.0]).target_power
