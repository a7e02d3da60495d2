"""The renormalised ridge: 40-digit references, closed forms, limits, invariances and refusals."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renorm.theory import Spectrum, renormalize
from renorm.theory._newton import Factors, descend, start_above
from renorm.theory._table import Sums, Table

SPECTRUM = Spectrum.power_law(200, capacity=1.5)
HARD = [  # counts (samples, then widths) and ridge, at and around the interpolation peak of 200 modes
    ((100,), 1e-15),
    ((199,), 1e-6),
    ((200,), 1e-12),
    ((200,), 1e-30),
    ((201,), 1e-12),
    ((220,), 1e-12),
    ((199.999,), 1e-12),
    ((30, 31), 1e-5),
    ((150, 150), 1e-12),
    ((200, 200), 1e-12),
    ((200, 200, 200), 1e-12),
    ((300, 200, 250), 1e-3),
    ((300, 199, 201), 0.0),
    ((150, 150, 150), 0.0),
]


def reference(spectrum, counts, ridge):
    """Bisection of the equation in 40 digits, on the branch where every factor is positive."""
    with mpmath.workdps(40):
        levels = [mpmath.mpf(float(level)) for level in spectrum.eigenvalues]
        counts = [mpmath.mpf(n) for n in counts]
        ridge = mpmath.mpf(ridge)

        def excess(kappa):
            df1 = mpmath.fsum(level / (level + kappa) for level in levels)
            if df1 >= min(counts):
                return mpmath.mpf(-1)
            return kappa * mpmath.fprod(1 - df1 / n for n in counts) - ridge

        low, high = mpmath.mpf("1e-40"), ridge + mpmath.fsum(levels) * mpmath.fsum(1 / n for n in counts)
        for _ in range(160):
            middle = mpmath.sqrt(low * high)
            low, high = (low, middle) if excess(middle) > 0 else (middle, high)
        return float(high)


@pytest.mark.parametrize(("counts", "ridge"), HARD)
def test_hard_cases_against_40_digits(counts, ridge):
    exact = reference(SPECTRUM, counts, ridge)
    single = renormalize.kappa(SPECTRUM, counts[0], ridge=ridge, widths=counts[1:])
    # a thousand copies take the table's way
    many = renormalize.kappa(SPECTRUM, np.full(1000, counts[0]), ridge=ridge, widths=counts[1:])
    assert single == pytest.approx(exact, rel=1e-13)
    np.testing.assert_allclose(many, exact, rtol=1e-13)


@pytest.mark.parametrize("counts", [(200,), (200, 200), (199.999,), (200, 200, 200)])
def test_newton_takes_at_most_40_steps_at_the_peak(counts):
    sums = Sums(SPECTRUM, SPECTRUM.nodes)
    factors, ridge = Factors.build(np.array(counts, dtype=float)[:, None], sums.rank), np.array([1e-12])
    start = start_above(factors, ridge, sums)
    root, steps = descend(sums, factors, ridge, start)
    assert start >= root
    assert steps <= 40


def isotropic(ridge, ratio):
    """Root of kappa (1 - ratio / (1 + kappa)) = ridge, without cancellation."""
    half = (ridge + (ratio - 1)) / 2
    root = np.sqrt(half**2 + ridge)
    return np.where(half > 0, half + root, ridge / (root - half))


def test_isotropic_closed_form():
    white = Spectrum([1.0], multiplicity=[100])
    samples, ridge = np.array([1.0, 20, 99, 100, 101, 1e4]), np.geomspace(1e-12, 1e3, 16)[:, None]
    np.testing.assert_allclose(
        renormalize.kappa(white, samples, ridge=ridge), isotropic(ridge, 100 / samples), rtol=1e-12
    )


def test_grid_agrees_with_single_solves():
    s = Spectrum(np.geomspace(1, 1e-6, 300), multiplicity=np.arange(1, 301))
    samples, ridge = np.geomspace(3, 1e6, 30), np.geomspace(1e-10, 10, 30)[:, None]
    grid = renormalize.kappa(s, samples, ridge=ridge, widths=(2000.0, np.inf))
    for i, j in [(0, 0), (3, 20), (15, 15), (29, 0), (29, 29), (0, 29)]:
        one = renormalize.kappa(s, samples[j], ridge=ridge[i, 0], widths=2000.0)
        assert grid[i, j] == pytest.approx(one, rel=1e-12)


def test_table_is_exact_to_1e_13():
    s = Spectrum(
        np.concatenate([[1.0], np.geomspace(1e-3, 1e-4, 20), [1e-9]]), multiplicity=[3.0, *[10] * 20, 40]
    )
    sums = Sums(s, s.nodes)
    kappa = np.geomspace(1e-13, 1e3, 5000)
    exact, read = sums(kappa), Table(sums, kappa[0], kappa[-1])(kappa)
    df1 = [np.where(c.is_df, -c.change, sums.rank - c.change) for c in (exact, read)]
    np.testing.assert_allclose(df1[1], df1[0], rtol=1e-13)
    rest = [np.where(c.is_df, sums.rank + c.change, c.change) for c in (exact, read)]
    np.testing.assert_allclose(rest[1], rest[0], rtol=1e-13)


def test_million_modes_from_few_nodes():
    s = Spectrum.power_law(1_000_000, capacity=1.5)
    full = Spectrum(s.eigenvalues)
    assert renormalize.kappa(s, 1000, ridge=1e-6) == pytest.approx(
        renormalize.kappa(full, 1000, ridge=1e-6), rel=1e-12
    )


def test_ridgeless_limits():
    s = Spectrum([2.0, 1.0, 0.0], multiplicity=[10, 20, 30])
    assert renormalize.kappa(s, 30, ridge=0) == renormalize.kappa(s, 50, ridge=0, widths=40) == 0
    kappa = renormalize.kappa(s, 12, ridge=0)
    assert s.df1(kappa) == pytest.approx(12, rel=1e-14)
    assert renormalize.kappa(s, 50, ridge=0, widths=(40, 12)) == pytest.approx(kappa, rel=1e-14)
    assert renormalize.kappa(s, 12, ridge=1e-13) == pytest.approx(kappa, rel=1e-11)


def test_infinite_counts_and_the_zero_spectrum_leave_the_ridge_alone():
    assert renormalize.kappa(SPECTRUM, np.inf, ridge=0.3, widths=(np.inf, np.inf)) == 0.3
    assert renormalize.kappa(Spectrum([0.0]), 5, ridge=0.3) == 0.3
    assert renormalize.slope(Spectrum([0.0]), 5, ridge=0.3) == 1


spectra = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=8)


@settings(max_examples=30, deadline=None)
@given(levels=spectra, samples=st.floats(0.5, 30), ridge=st.floats(1e-6, 1e3), factor=st.floats(1e-8, 1e8))
def test_scale_of_the_population(levels, samples, ridge, factor):
    kappa = renormalize.kappa(Spectrum(levels), samples, ridge=ridge, widths=7.0)
    scaled = renormalize.kappa(Spectrum(factor * np.array(levels)), samples, ridge=factor * ridge, widths=7.0)
    assert scaled == pytest.approx(factor * kappa, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(levels=spectra, copies=st.integers(1, 9), samples=st.floats(0.5, 30), ridge=st.floats(0, 10))
def test_multiplicities(levels, copies, samples, ridge):
    merged = renormalize.kappa(Spectrum(levels, multiplicity=[copies] * len(levels)), samples, ridge=ridge)
    split = renormalize.kappa(Spectrum(np.repeat(levels, copies)), samples, ridge=ridge)
    assert merged == pytest.approx(split, rel=1e-12)
    # only ratios of dimensions matter
    many = Spectrum(levels, multiplicity=[1000 * copies] * len(levels))
    assert renormalize.kappa(many, 1000 * samples, ridge=ridge) == pytest.approx(merged, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(levels=spectra, samples=st.floats(0.5, 30), width=st.floats(0.5, 30), ridge=st.floats(1e-9, 1e3))
def test_solution_is_on_the_physical_branch(levels, samples, width, ridge):
    s = Spectrum(levels)
    kappa = renormalize.kappa(s, samples, ridge=ridge, widths=width)
    assert ridge <= kappa
    assert s.df1(kappa) < min(samples, width) * (1 + 1e-12)
    assert renormalize.kappa(s, width, ridge=ridge, widths=samples) == pytest.approx(kappa, rel=1e-13)


@pytest.mark.parametrize("widths", [(), (80,), (80, 300.0)])
@pytest.mark.parametrize("ridge", [0.05, 3.0, -0.4 + 0.3j])
def test_slope_is_the_derivative(widths, ridge):
    s = Spectrum([3.0, 1.0, 0.1], multiplicity=[30, 60, 100])
    step = 1e-4
    above, below = (renormalize.kappa(s, 70, ridge=ridge + d, widths=widths) for d in (step, -step))
    slope = renormalize.slope(s, 70, ridge=ridge, widths=widths)
    assert slope == pytest.approx((above - below) / (2 * step), rel=1e-5)
    if not widths:
        gamma = s.df2(renormalize.kappa(s, 70, ridge=ridge)) / 70
        assert slope == pytest.approx(1 / (1 - gamma), rel=1e-12)


def test_ridgeless_slopes():
    white = Spectrum([1.0], multiplicity=[100])
    slopes = renormalize.slope(white, [50, 100, 200, np.inf], ridge=0)
    np.testing.assert_allclose(slopes, [2, np.inf, 2, 1], rtol=1e-12)


@pytest.mark.parametrize("widths", [(), (80.0,)])
def test_complex_ridge_continues_the_positive_branch(widths):
    s = Spectrum([1.0, 4.0], multiplicity=[50, 50])
    angle = np.linspace(-np.pi, np.pi, 41)
    ridge = np.array([[1e-3], [0.3], [2.0], [40.0]]) * np.exp(1j * angle)
    kappa = renormalize.kappa(s, 60, ridge=ridge, widths=widths)
    product = kappa * np.prod([1 - s.df1(kappa) / n for n in (60, *widths)], axis=0)
    np.testing.assert_allclose(product, ridge, rtol=1e-10)
    assert (kappa.imag * np.sign(angle) >= 0).all()  # the half planes map into themselves
    np.testing.assert_allclose(kappa, kappa[:, ::-1].conj(), rtol=1e-10)
    assert np.abs(np.diff(np.log(kappa), axis=1)).max() < 0.5  # no jump between branches
    np.testing.assert_allclose(kappa[:, 20], renormalize.kappa(s, 60, ridge=ridge[:, 20].real, widths=widths))


def test_complex_ridge_takes_sides_of_the_negative_axis_and_zero():
    white = Spectrum([1.0], multiplicity=[100])
    sides = renormalize.kappa(white, 50, ridge=np.array([complex(-2, 0.0), complex(-2, -0.0), 0.0]))
    # kappa^2 + (1 - q - ridge) kappa - ridge = 0 at q = 2, ridge = -2
    np.testing.assert_allclose(sides, [-0.5 + 1.75**0.5 * 1j, -0.5 - 1.75**0.5 * 1j, 1.0], rtol=1e-12)


@pytest.mark.parametrize(
    ("samples", "options", "match"),
    [
        (0, {"ridge": 1.0}, "samples = 0"),
        ([5, -1], {"ridge": 1.0}, "samples = -1"),
        (np.nan, {"ridge": 1.0}, "samples = nan"),
        (5, {"ridge": -0.5}, r"ridge = -0.5: allowed is a number >= 0"),
        (5, {"ridge": np.nan}, "ridge = nan"),
        (5, {"ridge": np.inf}, "ridge = inf"),
        (5, {"ridge": complex(np.nan, 1)}, "ridge = "),
        (5, {"ridge": "a"}, "ridge = 'a'"),
        (5, {"ridge": 1.0, "widths": (3, 0)}, "widths = 0"),
        ([1, 2], {"ridge": [1.0, 2.0, 3.0]}, "shapes of samples, widths and ridge"),
    ],
)
def test_refusals(samples, options, match):
    for function in (renormalize.kappa, renormalize.slope):
        with pytest.raises(ValueError, match=match):
            function(SPECTRUM, samples, **options)
