"""Estimates from data: identities between them, limits, and where the naive ones fail."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renorm.simulate import correlated_ridge, ridge
from renorm.theory import Spectrum, cross_validation, ridge_regression


def data(samples, dimension, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(samples, dimension)), rng.normal(size=samples)


@given(
    samples=st.integers(2, 30),
    dimension=st.integers(1, 30),
    log_ridge=st.floats(-9, 4),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=40)
def test_gcv_equals_kare(samples, dimension, log_ridge, seed):
    X, y = data(samples, dimension, seed)
    one, other = (f(X, y, ridge=10.0**log_ridge) for f in (cross_validation.gcv, cross_validation.kare))
    assert one == pytest.approx(other, rel=1e-10)


@pytest.mark.parametrize(("samples", "dimension"), [(20, 40), (40, 20)])
def test_both_agree_with_their_definitions(samples, dimension):
    X, y = data(samples, dimension)
    gram, ridges = X @ X.T / samples, np.array([0.01, 1.0])
    for r, gcv, kare in zip(
        ridges,
        cross_validation.gcv(X, y, ridge=ridges),
        cross_validation.kare(X, y, ridge=ridges),
        strict=True,
    ):
        resolvent = np.linalg.inv(gram + r * np.eye(samples))
        train = np.mean((y - gram @ resolvent @ y) ** 2)
        df1 = np.trace(gram @ resolvent) / samples
        assert gcv == pytest.approx(train / (1 - df1) ** 2, rel=1e-9)
        expected = y @ resolvent @ resolvent @ y / samples / (np.trace(resolvent) / samples) ** 2
        assert kare == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("samples", "dimension"), [(20, 40), (40, 20), (20, 20)])
def test_every_estimate_is_continuous_at_no_ridge(samples, dimension):
    X, y = data(samples, dimension)
    K = correlated_ridge.exponential(samples, length=2.0)
    estimators = [
        cross_validation.kare,
        lambda X, y, ridge: cross_validation.corr_gcv(X, y, correlation=K, ridge=ridge),
        lambda X, y, ridge: cross_validation.altman_gcv(X, y, correlation=K, ridge=ridge),
    ]
    for estimate in estimators:
        at_zero, near = estimate(X, y, ridge=[0.0, 1e-11])
        assert at_zero == pytest.approx(near, rel=1e-5)
    if samples > dimension:
        assert cross_validation.gcv(X, y, ridge=0.0) == pytest.approx(
            cross_validation.kare(X, y, ridge=0.0), rel=1e-12
        )


def test_rank_deficient_designs():
    X, y = data(30, 10)
    doubled = np.hstack([X, X]) / np.sqrt(2)  # the same Gram matrix, of rank 10 in 20 dimensions
    for r in (0.0, 0.1):
        assert cross_validation.kare(doubled, y, ridge=r) == pytest.approx(
            cross_validation.kare(X, y, ridge=r), rel=1e-10
        )


@pytest.mark.parametrize(("samples", "dimension"), [(20, 40), (40, 20)])
def test_uncorrelated_samples_need_no_correction(samples, dimension):
    X, y = data(samples, dimension)
    ridges = [[1e-8, 1e-2], [1.0, 100.0]]
    plain = cross_validation.gcv(X, y, ridge=ridges)
    for estimate in (cross_validation.corr_gcv, cross_validation.altman_gcv):
        corrected = estimate(X, y, correlation=np.eye(samples), ridge=ridges)
        assert corrected.shape == (2, 2)
        np.testing.assert_allclose(corrected, plain, rtol=1e-10)


def test_corr_gcv_follows_the_boxed_formula():
    samples, r = 40, 0.05
    K = correlated_ridge.exponential(samples, length=3.0)
    X, y = data(samples, 25)
    X = np.linalg.cholesky(K) @ X
    gram, levels = X @ X.T / samples, np.linalg.eigvalsh(K)
    df = np.trace(gram @ np.linalg.inv(gram + r * np.eye(samples))) / samples
    low, high = 1e-9, 1e9
    for _ in range(200):  # bisection, independent of the library's inverse
        middle = np.sqrt(low * high)
        low, high = (middle, high) if np.mean(levels / (levels + middle)) > df else (low, middle)
    df2, s = np.mean(levels**2 / (levels + low) ** 2), 1 / (df * low)
    train = np.mean((y - X @ ridge.path(X, y, ridge=[r])[0]) ** 2)
    assert cross_validation.corr_gcv(X, y, correlation=K, ridge=r) == pytest.approx(
        s * df / (df - df2) * train, rel=1e-9
    )
    assert cross_validation.altman_gcv(X, y, correlation=K, ridge=r) == pytest.approx(s**2 * train, rel=1e-9)


@pytest.mark.parametrize(("samples", "dimension"), [(20, 40), (40, 20)])
def test_estimates_hold_all_that_the_data_say(samples, dimension):
    K = correlated_ridge.exponential(samples, length=2.0)
    X, y = data(samples, dimension)
    ridges = np.array([0.0, 1e-3, 1.0])
    seen = cross_validation.estimates(X, y, correlation=np.linalg.eigvalsh(K), ridge=ridges)
    for name in ("corr_gcv", "altman_gcv"):
        alone = getattr(cross_validation, name)(X, y, correlation=K, ridge=ridges)
        np.testing.assert_allclose(getattr(seen, name), alone, rtol=1e-9)
    np.testing.assert_allclose(seen.gcv, cross_validation.kare(X, y, ridge=ridges), rtol=1e-12)
    gram = X @ X.T / samples
    expected = [np.trace(gram @ np.linalg.inv(gram + r * np.eye(samples))) for r in ridges[1:]]
    np.testing.assert_allclose(seen.df1[1:], expected, rtol=1e-9)
    np.testing.assert_allclose(
        (seen.kappa * seen.kappa_tilde * seen.df1)[1:], samples * ridges[1:], rtol=1e-9
    )
    near = cross_validation.estimates(X, y, correlation=K, ridge=1e-12)
    assert seen.kappa[0] == pytest.approx(near.kappa, rel=1e-6, abs=1e-10)


def test_gcv_estimates_the_error_of_ridge_regression():
    s = Spectrum(np.arange(1.0, 201) ** -0.5, target=np.full(200, 0.1))
    for samples in (100, 400):
        m = ridge.measure(
            s, samples, ridge=[0.0, 0.1], noise=0.3, draws=20,
            statistics={"kare": lambda d: cross_validation.kare(d.inputs, d.labels, ridge=d.ridge)},
        )  # fmt: skip
        truth, seen = (
            ridge_regression.risk(s, samples, ridge=[0.0, 0.1], noise=0.3).test + 0.3,
            m.statistics["kare"],
        )
        assert (np.abs(seen.mean - truth) < 3 * seen.stderr + 0.03 * truth).all()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (dict(X=np.ones(3)), "X's shape"),
        (dict(y=np.ones(4)), "y's shape"),
        (dict(ridge=-1.0), r"ridge = -1\.0"),
        (dict(correlation=np.eye(3)), "correlation's shape"),
        (dict(correlation=np.ones((5, 5))), "positive definite"),
        (dict(correlation=2 * np.eye(5)), "mean"),
        (dict(correlation=np.ones(4)), "correlation's shape"),
        (dict(correlation=[0.0, 1.0, 1.0, 1.0, 2.0]), "positive definite"),
        (dict(correlation=np.triu(np.ones((5, 5)))), "symmetric"),
        (dict(X=np.full((5, 2), np.nan)), "NaN"),
    ],
)
def test_bad_arguments_are_named(change, word):
    X, y = data(5, 2)
    arguments = dict(X=X, y=y, correlation=np.eye(5), ridge=0.1) | change
    with pytest.raises(ValueError, match=word):
        cross_validation.corr_gcv(**arguments)


def test_gcv_refuses_zero_over_zero():
    X, y = data(5, 9)
    with pytest.raises(ValueError, match=r"ridge = 0\.0.*kare"):
        cross_validation.gcv(X, y, ridge=[0.1, 0.0])
