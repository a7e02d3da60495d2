"""Spectral densities: closed forms, exact polynomials, sampled matrices, masses, edges and refusals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renorm.simulate import sample
from renorm.theory import Spectrum, density, renormalize

RATIOS = [0.1, 0.5, 1.0, 2.0, 10.0]


def white(size):
    return Spectrum([1.0], multiplicity=[size])


def marchenko_pastur(x, ratio):
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    return np.sqrt(np.maximum((high - x) * (x - low), 0)) / (2 * np.pi * ratio * x)


def two_atom_cubic(x, ratio, levels=(1.0, 4.0)):
    """Two equal levels: k (1 - ratio tr Sigma / (Sigma - k)) = x as a cubic in k, solved by numpy's roots."""
    a, b = levels
    result = np.zeros_like(x)
    product = np.poly([a, b])  # (k - a)(k - b)
    moment = np.array([-(a + b) / 2, a * b])  # (k - a)(k - b) tr Sigma / (Sigma - k)
    for place, point in enumerate(x):
        cubic = np.polysub(np.polymul([1, 0], np.polysub(product, ratio * moment)), point * product)
        k = max(np.roots(cubic), key=lambda root: root.imag)
        result[place] = (1 / k.conjugate()).imag / (np.pi * ratio) if k.imag > 1e-7 else 0.0
    return result


@pytest.mark.parametrize("ratio", RATIOS)
def test_marchenko_pastur(ratio):
    law = density.wishart(white(1000), 1000 / ratio)
    np.testing.assert_allclose(law.edges, [[(1 - ratio**0.5) ** 2, (1 + ratio**0.5) ** 2]], rtol=1e-13)
    assert law.atom == pytest.approx(max(0, 1 - 1 / ratio), abs=1e-15)
    assert law.mass.sum() + law.atom == pytest.approx(1, abs=1e-5)
    inner = law.x[5:-5]
    np.testing.assert_allclose(law.density[5:-5], marchenko_pastur(inner, ratio), rtol=1e-6)
    grid = np.linspace(0.0123, 20, 777)
    given_grid = density.wishart(white(1000), 1000 / ratio, grid)
    np.testing.assert_allclose(given_grid.density, marchenko_pastur(grid, ratio), atol=1e-10)
    assert (given_grid.density[(grid < law.edges[0, 0]) | (grid > law.edges[0, 1])] == 0).all()


@pytest.mark.parametrize(("ratio", "intervals"), [(0.05, 2), (0.5, 1), (2.0, 1)])
def test_two_atoms_against_the_cubic(ratio, intervals):
    s = Spectrum([1.0, 4.0], multiplicity=[500, 500])
    x = np.linspace(0.021, 20, 500)
    law = density.wishart(s, 1000 / ratio, x)
    np.testing.assert_allclose(law.density, two_atom_cubic(x, ratio), atol=1e-10)
    assert len(law.edges) == intervals


@pytest.mark.parametrize(("capacity", "size", "samples"), [(1.5, 200, 400), (1.2, 300, 300), (2.0, 400, 100)])
def test_power_law_masses_separate_exactly(capacity, size, samples):
    """Each interval but the lowest holds as many eigenvalues as the population has levels in its bulk."""
    law = density.wishart(Spectrum.power_law(size, capacity=capacity), samples)
    assert len(law.edges) > 3
    assert law.mass.sum() + law.atom == pytest.approx(1, abs=1e-4)
    whole = law.mass * size
    np.testing.assert_allclose(whole, np.round(whole), atol=0.01)
    assert law.atom == pytest.approx(max(0, 1 - samples / size))


def test_density_is_the_resolvent_next_to_the_axis():
    s, samples = Spectrum([1.0, 2.0, 7.0, 0.0], multiplicity=[20, 30, 20, 30]), 60
    law = density.wishart(s, samples)
    x = np.linspace(*law.edges[-1], 12)[1:-1]
    ridge = -x - 0.0j
    ridge.imag = -0.0
    kappa = renormalize.kappa(s, samples, ridge=ridge)
    resolvent = (1 - s.df1(kappa) / s.size) / ridge
    values = density.wishart(s, samples, x).density
    np.testing.assert_allclose(values, np.abs(resolvent.imag) / np.pi, rtol=1e-9)


@pytest.mark.parametrize("samples", [150, 300, 700])
def test_structured_wishart_against_samples(samples):
    s = Spectrum([1.0, 4.0, 0.0], multiplicity=[150, 100, 50])
    law = density.wishart(s, samples)
    assert law.atom == pytest.approx(max(1 / 6, 1 - samples / 300))
    # Eigenvalues are rigid: the empirical cdf is off by a few over the dimension, not by its square root.
    assert law.distance(sample.wishart(s, samples, np.random.default_rng(2))) < 0.02


def test_semicircle():
    x = np.linspace(-5, 5, 400)
    law = density.semicircle(2.25, x)
    np.testing.assert_allclose(law.density, np.sqrt(np.maximum(9 - x**2, 0)) / (4.5 * np.pi), atol=1e-12)
    np.testing.assert_allclose(law.edges, [[-3, 3]], rtol=1e-14)
    assert law.atom == 0
    assert density.semicircle(2.25).cdf([-4.0, 0.0, 3.0]) == pytest.approx([0, 0.5, 1], abs=1e-5)


def test_deformed_wigner_against_samples():
    s = Spectrum([0.0, 3.0], multiplicity=[200, 100])
    law = density.deformed_wigner(s, 0.25)
    matrix = np.diag(sample.eigenvalues(s)) + 0.5 * sample.wigner(300, np.random.default_rng(3))
    assert len(law.edges) == 2
    np.testing.assert_allclose(law.mass, [2 / 3, 1 / 3], atol=1e-5)
    assert law.distance(np.linalg.eigvalsh(matrix)) < 0.02


@pytest.mark.parametrize(
    "sizes", [(400, 300, 100), (100, 300, 400), (200, 100, 600, 200), (300, 300, 300), (60, 300)]
)
def test_deep_wishart_against_samples(sizes):
    law = density.deep_wishart([sizes[-1] / n for n in sizes[:-1]])
    assert law.atom == pytest.approx(1 - min(sizes) / sizes[-1])
    assert law.mass.sum() + law.atom == pytest.approx(1, abs=1e-4)
    values = sample.gram_eigenvalues(sample.layers(sizes, np.random.default_rng(4)))
    assert law.distance(values) < 4 / min(sizes)


@pytest.mark.parametrize("ratio", RATIOS)
def test_one_layer_is_marchenko_pastur(ratio):
    x = np.linspace(0.01, 9, 100)
    law, deep = density.wishart(white(1000), 1000 / ratio, x), density.deep_wishart(ratio, x)
    np.testing.assert_allclose(deep.density, law.density, atol=1e-12)
    np.testing.assert_allclose(deep.edges, law.edges, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("layers", [2, 3])
def test_square_layers_have_the_moments_of_fuss_and_catalan(layers):
    law = density.deep_wishart([1.0] * layers)
    np.testing.assert_allclose(law.edges, [[0, (layers + 1) ** (layers + 1) / layers**layers]], rtol=1e-12)
    mean, second = (np.trapezoid(law.density * law.x**p, law.x) for p in (1, 2))
    assert mean == pytest.approx(1, abs=1e-3)
    assert second == pytest.approx(layers + 1, rel=1e-3)


@settings(max_examples=15, deadline=None)
@given(
    levels=st.lists(st.floats(0.1, 10), min_size=1, max_size=4),
    samples=st.floats(0.3, 20),
    factor=st.floats(1e-3, 1e3),
)
def test_scale_and_copies(levels, samples, factor):
    x = np.linspace(0.01, 40, 50)
    law = density.wishart(Spectrum(levels), samples, x)
    scaled = density.wishart(Spectrum(factor * np.array(levels)), samples, factor * x)
    np.testing.assert_allclose(factor * scaled.density, law.density, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(scaled.edges, factor * law.edges, rtol=1e-9, atol=1e-12 * factor)
    copies = density.wishart(Spectrum(np.repeat(levels, 3)), 3 * samples, x)
    np.testing.assert_allclose(copies.density, law.density, rtol=1e-6, atol=1e-8)


def test_many_samples_tend_to_the_population():
    s = Spectrum([1.0, 2.0, 5.0], multiplicity=[20, 50, 30])
    law = density.wishart(s, 1e7)
    np.testing.assert_allclose(law.mass, [0.2, 0.5, 0.3], atol=1e-5)
    np.testing.assert_allclose(law.edges.mean(axis=1), [1, 2, 5], rtol=1e-3)


def test_cdf_and_distance():
    law = density.wishart(white(100), 50)
    assert law.cdf(-1.0) == 0
    assert law.cdf(0.0) == pytest.approx(0.5)
    assert law.cdf(100.0) == pytest.approx(1, abs=1e-5)
    # rounding errors next to an atom belong to it
    continuous = np.interp((np.arange(500) + 0.5) / 1000 + 0.5, law.cdf(law.x), law.x)
    values = np.concatenate([1e-14 * np.arange(-250, 250), continuous])
    assert law.distance(values) < 1.1 / 1000
    assert law.distance(continuous) == pytest.approx(0.5, abs=1e-3)
    for wrong in ([], [[1.0]], [np.nan]):
        with pytest.raises(ValueError, match="eigenvalues"):
            law.distance(wrong)


@pytest.mark.parametrize(
    ("law", "arguments", "match"),
    [
        (density.wishart, (white(10), 0.0), "samples = 0.0"),
        (density.wishart, (white(10), np.inf), "samples = inf"),
        (density.wishart, (white(10), [1.0, 2.0]), "samples"),
        (density.wishart, (Spectrum([0.0]), 5), "spectrum's rank = 0"),
        (density.wishart, (white(10), 5, [[1.0]]), "x's shape"),
        (density.wishart, (white(10), 5, [np.nan]), "x = nan"),
        (density.wishart, (white(10), 5, [np.inf]), "x = inf"),
        (density.deformed_wigner, (white(10), -1.0), "variance = -1.0"),
        (density.semicircle, (0.0,), "variance = 0.0"),
        (density.deep_wishart, ([1.0, 0.0],), "ratios = 0.0"),
        (density.deep_wishart, ([np.inf],), "ratios = inf"),
    ],
)
def test_refusals(law, arguments, match):
    with pytest.raises(ValueError, match=match):
        law(*arguments)
