"""Free sums and products: closed forms, sampled matrices, moments, atoms and the neutral elements."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renorm.simulate import sample
from renorm.theory import Spectrum, density
from renorm.theory._support import Convolution

COIN = Spectrum([0.0, 1.0])
PAIRS = [
    (Spectrum([1.0, 4.0], multiplicity=[150, 150]), Spectrum([0.5, 2.0, 9.0], multiplicity=[100, 100, 100])),
    (Spectrum([0.0, 1.0, 5.0], multiplicity=[100, 100, 100]), Spectrum([0.0, 3.0], multiplicity=[150, 150])),
    (Spectrum([1.0, 2.0], multiplicity=[270, 30]), Spectrum([0.0, 3.0, 7.0], multiplicity=[180, 90, 30])),
]


def mean_and_variance(s):
    mean = s.trace / s.size
    return mean, s.multiplicity @ (s.eigenvalues - mean) ** 2 / s.size


def moment(law, power):
    """Trapezoid rule over each interval, and the atoms."""
    total = (law.atoms[:, 1] * law.atoms[:, 0] ** power).sum()
    for low, high in law.edges:
        inside = (law.x >= low) & (law.x <= high)
        total += np.trapezoid(law.density[inside] * law.x[inside] ** power, law.x[inside])
    return total


def test_coins_add_to_the_arcsine_law():
    x = np.linspace(0.001, 1.999, 401)  # 1 in it, where the subordination equation degenerates
    law = density.free_sum(COIN, COIN, x)
    np.testing.assert_allclose(law.density, 1 / (np.pi * np.sqrt(x * (2 - x))), rtol=1e-8)
    np.testing.assert_allclose(law.edges, [[0, 2]], atol=1e-15)
    assert law.atom == 0
    assert density.free_sum(COIN, COIN).cdf(0.5) == pytest.approx(1 / 3, abs=1e-4)


@pytest.mark.parametrize(("first", "second"), [(7, 4), (5, 5), (3, 7), (8, 6), (2, 3)])
def test_projections_multiply_to_the_jacobi_law(first, second):
    """Ranks a, b: density sqrt((x+ - x)(x - x-)) / (2 pi x (1 - x)), atoms 1 - min(a, b) and a + b - 1."""
    p, q = (Spectrum([0.0, 1.0], multiplicity=[10 - rank, rank]) for rank in (first, second))
    a, b = first / 10, second / 10
    centre, width = a + b - 2 * a * b, 2 * np.sqrt(a * b * (1 - a) * (1 - b))
    law = density.free_product(p, q)
    np.testing.assert_allclose(law.edges, [[centre - width, centre + width]], atol=1e-13)
    atoms = [[0, 1 - min(a, b)]] + ([[1, a + b - 1]] if a + b > 1 + 1e-12 else [])
    np.testing.assert_allclose(law.atoms, atoms, atol=1e-14)
    x = np.linspace(centre - width, centre + width, 52)[1:-1]
    expected = np.sqrt((centre + width - x) * (x - centre + width)) / (2 * np.pi * x * (1 - x))
    np.testing.assert_allclose(density.free_product(p, q, x).density, expected, rtol=1e-8)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", ["free_sum", "free_product"])
def test_against_samples_and_moments(pair, name):
    law = getattr(density, name)(*pair)
    assert law.mass.sum() + law.atom == pytest.approx(1, abs=1e-4)
    assert law.distance(getattr(sample, name)(*pair, np.random.default_rng(5))) < 0.015
    (mean_a, var_a), (mean_b, var_b) = map(mean_and_variance, pair)
    if name == "free_sum":
        mean, variance = mean_a + mean_b, var_a + var_b
    else:
        mean, variance = mean_a * mean_b, var_a * mean_b**2 + mean_a**2 * var_b
    assert moment(law, 1) == pytest.approx(mean, rel=1e-3)
    assert moment(law, 2) - moment(law, 1) ** 2 == pytest.approx(variance, rel=1e-3)


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("name", ["free_sum", "free_product"])
def test_order_does_not_matter_and_grids_agree(pair, name):
    law = getattr(density, name)
    own = law(*pair)
    np.testing.assert_allclose(law(*pair[::-1]).edges, own.edges, rtol=1e-9, atol=1e-12)
    x = np.linspace(-1, own.edges.max() + 1, 101)
    here = law(*pair, x).density
    np.testing.assert_allclose(here, law(*pair[::-1], x).density, rtol=1e-7, atol=1e-10)
    outside = ~((x[:, None] > own.edges[:, 0]) & (x[:, None] < own.edges[:, 1])).any(axis=1)
    assert (here[outside] == 0).all()
    assert (here[~outside] > 0).all()


levels = st.lists(st.floats(0.1, 10), min_size=1, max_size=4, unique=True)


@settings(max_examples=15, deadline=None)
@given(levels=levels, shift=st.floats(0, 5), factor=st.floats(0.1, 10))
def test_constants_shift_sums_and_scale_products(levels, shift, factor):
    levels = np.sort(levels)
    for law, places in (
        (density.free_sum(Spectrum(levels), Spectrum([shift])), levels + shift),
        (density.free_product(Spectrum([factor]), Spectrum(levels)), levels * factor),
    ):
        np.testing.assert_allclose(law.atoms[:, 0], places, rtol=1e-12)
        np.testing.assert_allclose(law.atoms[:, 1], 1 / levels.size, rtol=1e-9)
        assert law.edges.shape == (0, 2)
        assert law.x.size == 0
        assert law.mass.size == 0


def test_product_with_the_zero_matrix_is_zero():
    law = density.free_product(Spectrum([1.0, 2.0]), Spectrum([0.0]), [0.5])
    np.testing.assert_array_equal(law.atoms, [[0.0, 1.0]])
    assert law.density == [0.0]


@settings(max_examples=5, deadline=None)
@given(factor=st.floats(1e-2, 1e2))
def test_scale(factor):
    a, b = PAIRS[0]
    scaled_a, scaled_b = (Spectrum(factor * s.eigenvalues, multiplicity=s.multiplicity) for s in (a, b))
    total, product = density.free_sum(a, b), density.free_product(a, b)
    np.testing.assert_allclose(density.free_sum(scaled_a, scaled_b).edges, factor * total.edges, rtol=1e-8)
    np.testing.assert_allclose(density.free_product(a, scaled_b).edges, factor * product.edges, rtol=1e-8)


def test_sum_with_a_wide_semicircle_of_levels_is_a_deformed_wigner():
    """A free sum with the quantiles of a semicircle tends to the law of A + Wigner."""
    quantiles = np.interp((np.arange(60) + 0.5) / 60, (law := density.semicircle(1.0)).cdf(law.x), law.x) + 2
    a = Spectrum([0.0, 8.0])
    total, wigner = density.free_sum(a, Spectrum(quantiles)), density.deformed_wigner(a, 1.0)
    x = np.linspace(-4, 12, 9)
    np.testing.assert_allclose(total.cdf(x + 2), wigner.cdf(x), atol=0.01)
    np.testing.assert_allclose(total.edges - 2, wigner.edges, atol=0.1)


def test_an_unfound_mass_is_refused(monkeypatch):
    monkeypatch.setattr(Convolution, "_search", lambda self, scan: [])
    with pytest.raises(ArithmeticError, match="Merge levels"):
        density.free_sum(*PAIRS[0])
