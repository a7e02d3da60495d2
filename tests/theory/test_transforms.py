"""R- and S-transforms: against sampled matrices, each other, and what they must do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renorm.simulate import sample
from renorm.theory import Spectrum, renormalize, transforms

DF = np.linspace(0.05, 0.9, 9)
A = Spectrum(np.linspace(0.5, 2.0, 100), multiplicity=[4] * 100)
B = Spectrum([1.0, 3.0, 6.0], multiplicity=[150, 150, 100])


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def sampled_s(eigenvalues, df):
    return transforms.s_transform(Spectrum(np.maximum(eigenvalues, 0.0)), df)


def test_s_multiplies_for_free_matrices(rng):
    measured = sampled_s(sample.free_product(A, B, rng), DF)
    # Fluctuations of traces are of order 1 / D, here 1 / 400.
    np.testing.assert_allclose(
        measured, transforms.s_transform(A, DF) * transforms.s_transform(B, DF), rtol=0.01
    )


def test_r_adds_for_free_matrices(rng):
    values = sample.free_sum(A, B, rng)
    g = np.array([-0.5, -0.2, 0.05, 0.1])
    measured = transforms.r_transform(Spectrum(values), g)
    np.testing.assert_allclose(
        measured, transforms.r_transform(A, g) + transforms.r_transform(B, g), rtol=0.01
    )


@pytest.mark.parametrize("ratio", [0.5, 2.0])
def test_wishart_transforms_against_samples(rng, ratio):
    size = 500
    values = sample.white_wishart(size, int(size / ratio), rng)
    df = DF * min(1, 1 / ratio)
    np.testing.assert_allclose(sampled_s(values, df), transforms.wishart_s(df, ratio), rtol=0.02)
    g = np.array([-0.3, -0.1, 0.05, 0.1])
    measured = transforms.r_transform(Spectrum(values), g)
    np.testing.assert_allclose(measured, transforms.wishart_r(g, ratio), rtol=0.02)


def test_wigner_r_against_samples(rng):
    shift = 5.0  # spectra are non-negative; a multiple of the identity adds to R
    values = np.linalg.eigvalsh(sample.wigner(500, rng)) + shift
    g = np.array([-0.7, -0.2, 0.2, 0.7])
    np.testing.assert_allclose(
        transforms.r_transform(Spectrum(values), g) - shift, transforms.wigner_r(g, 1.0), atol=0.01
    )


def test_projections_multiply_like_one_another(rng):
    p, q = Spectrum([1.0, 0.0], multiplicity=[250, 150]), Spectrum([1.0, 0.0], multiplicity=[300, 100])
    df = np.linspace(0.05, 0.55, 6)
    np.testing.assert_allclose(
        transforms.s_transform(p, df), transforms.projection_s(df, 250 / 400), rtol=1e-12
    )
    measured = sampled_s(np.where(np.abs(v := sample.free_product(p, q, rng)) < 1e-10, 0, v), df * 0.6)
    expected = transforms.projection_s(df * 0.6, 250 / 400) * transforms.projection_s(df * 0.6, 300 / 400)
    np.testing.assert_allclose(measured, expected, rtol=0.01)


def test_deep_wishart_s_against_samples(rng):
    sizes = (600, 400, 200)
    values = sample.gram_eigenvalues(sample.layers(sizes, rng))
    ratios = [sizes[-1] / n for n in sizes[:-1]]
    np.testing.assert_allclose(sampled_s(values, DF), transforms.deep_wishart_s(DF, ratios), rtol=0.03)


def test_swap_rule_is_exact(rng):
    m = rng.normal(size=(30, 50))
    wide, tall = (np.linalg.eigvalsh(g) for g in (m @ m.T, m.T @ m))
    tall[:20] = 0
    df = np.linspace(0.05, 0.55, 6)  # of the 50 x 50 matrix
    swapped = transforms.swap(lambda d: sampled_s(wide, d), df, 30 / 50)
    np.testing.assert_allclose(swapped, sampled_s(tall, df), rtol=1e-10)
    back = transforms.swap(lambda d: sampled_s(tall, d), df / 0.6, 50 / 30)
    np.testing.assert_allclose(back, sampled_s(wide, df / 0.6), rtol=1e-10)


def test_kappa_is_ridge_times_s():
    s, samples, ridge = Spectrum([4.0, 1.0], multiplicity=[40, 60]), 70, 0.3
    kappa = renormalize.kappa(s, samples, ridge=ridge)
    assert kappa == pytest.approx(
        ridge * transforms.wishart_s(s.df1(kappa) / s.size, s.size / samples), rel=1e-12
    )
    # A projection has S of one Wishart factor over another's: N / D in place of 1.
    assert transforms.projection_s(0.2, 1.0) == 1


levels = st.lists(st.floats(0.01, 100), min_size=1, max_size=6)


@settings(max_examples=30, deadline=None)
@given(levels=levels, factor=st.floats(1e-3, 1e3), df=st.floats(0.001, 0.999))
def test_scale_and_inverse(levels, factor, df):
    s = transforms.s_transform(Spectrum(levels), df)
    assert transforms.s_transform(Spectrum(factor * np.array(levels)), df) == pytest.approx(
        s / factor, rel=1e-10
    )
    inverse = transforms.s_transform(Spectrum(1 / np.array(levels)), 1 - df)
    assert inverse == pytest.approx(1 / s, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(levels=levels, g=st.floats(-20, 20), shift=st.floats(0, 10))
def test_r_of_shifts_and_signs(levels, g, shift):
    r = transforms.r_transform(Spectrum(levels), g)
    assert transforms.r_transform(Spectrum(shift + np.array(levels)), g) == pytest.approx(
        r + shift, rel=1e-9, abs=1e-9
    )
    if abs(g) > 1e-3:  # below, z is so large that its resolvent has no digits left
        z = r + 1 / g
        assert z > max(levels) if g > 0 else z < min(levels)
        assert transforms.stieltjes(Spectrum(levels), z).real == pytest.approx(g, rel=1e-6)


def test_limits_at_zero():
    assert transforms.s_transform(B, 0.0) == pytest.approx(B.size / B.trace)
    assert transforms.s_transform(B, 1e-9) == pytest.approx(B.size / B.trace, rel=1e-6)
    assert transforms.r_transform(B, 0.0) == pytest.approx(B.trace / B.size)
    np.testing.assert_allclose(transforms.r_transform(B, [-1e-7, 1e-7]), B.trace / B.size, rtol=1e-5)
    # Both transforms start at the same cumulants: S(0) = 1 / mean, R(0) = mean.
    assert transforms.s_transform(B, 0.0) * transforms.r_transform(B, 0.0) == pytest.approx(1)


def test_closed_forms_accept_complex_arguments():
    df = 0.3 + 0.2j
    assert transforms.wishart_s(df, 0.5) == pytest.approx(1 / (1 - 0.5 * df))
    assert transforms.deep_wishart_s(df, 0.5) == pytest.approx(1 / (1 - 0.5 * df))
    assert transforms.wigner_r(df, 2.0) == pytest.approx(2 * df)
    assert transforms.wishart_r(df, 0.5) == pytest.approx(1 / (1 - 0.5 * df))


@pytest.mark.parametrize(
    ("function", "arguments", "match"),
    [
        (transforms.wishart_s, (0.5, 0.0), "ratio = 0.0"),
        (transforms.wishart_s, (np.nan, 1.0), "df = nan"),
        (transforms.wishart_r, (0.5, -1.0), "ratio = -1.0"),
        (transforms.wigner_r, (0.5, 0.0), "variance = 0.0"),
        (transforms.projection_s, (0.1, 1.5), r"ratio = 1.5: allowed is a number in \(0, 1\]"),
        (transforms.deep_wishart_s, (0.1, [1.0, -2.0]), "ratio = -2.0"),
        (transforms.swap, (lambda d: d, 0.1, 0.0), "ratio = 0.0"),
        (transforms.s_transform, (B, 1.0), r"df = 1.0: allowed is a number in \[0, 1\)"),
        (transforms.s_transform, (B, -0.1), "df = -0.1"),
        (transforms.s_transform, (Spectrum([1.0, 0.0]), 0.5), r"\[0, 0.5\)"),
        (transforms.s_transform, (Spectrum([0.0]), 0.0), "df = 0.0"),
        (transforms.stieltjes, (B, 3.0), r"z = \(3\+0j\)"),
        (transforms.stieltjes, (B, np.nan), "z = "),
        (transforms.r_transform, (B, np.inf), "g = inf"),
    ],
)
def test_refusals(function, arguments, match):
    with pytest.raises(ValueError, match=match):
        function(*arguments)
