"""Correlated samples: duality, reductions, limits, exponents, simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renorm.simulate import correlated_ridge as simulation
from renorm.theory import Spectrum, correlated, cross_validation, ridge_regression

SPECTRUM = Spectrum(np.arange(1.0, 201) ** -0.6, target=np.arange(1.0, 201) ** -0.4)
PARTS = ("test", "train", "bias", "var_data", "var_noise")


def levels(samples, length=4.0):
    return np.linalg.eigvalsh(simulation.exponential(samples, length=length))


@given(
    samples=st.integers(2, 80),
    dimension=st.integers(1, 80),
    log_ridge=st.floats(-14, 3),
    length=st.floats(0.1, 50),
    capacity=st.floats(0, 2),
)
@settings(deadline=None, max_examples=40)
def test_duality(samples, dimension, log_ridge, length, capacity):
    s = Spectrum(np.arange(1.0, dimension + 1) ** -capacity, target=np.ones(dimension))
    K, ridge = Spectrum(levels(samples, length)), 10.0**log_ridge
    r = correlated.risk(s, correlation=K.eigenvalues, ridge=ridge, noise=0.1)
    assert r.kappa * r.kappa_tilde * K.df1(r.kappa_tilde) == pytest.approx(samples * ridge, rel=1e-10)
    assert s.df1(r.kappa) == pytest.approx(K.df1(r.kappa_tilde), rel=1e-10)
    assert 0 <= r.gamma < 1


@pytest.mark.parametrize("samples", [50, 200, 500])
@pytest.mark.parametrize("ridge", [0.0, 1e-12, 1e-3, 1.0])
def test_no_correlation_is_plain_ridge_regression(samples, ridge):
    plain = ridge_regression.risk(SPECTRUM, samples, ridge=ridge, noise=[0.0, 0.2])
    r = correlated.risk(SPECTRUM, correlation=np.ones(samples), ridge=ridge, noise=[0.0, 0.2])
    for name in ("kappa", "gamma", *PARTS):
        np.testing.assert_allclose(getattr(r, name), getattr(plain, name), rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("samples", [80, 200, 400])
@pytest.mark.parametrize("ridge", [0.0, 1e-6, 0.1])
def test_identities_between_the_errors(samples, ridge):
    K = levels(samples)
    r = correlated.risk(SPECTRUM, correlation=K, ridge=ridge, noise=0.2)
    assert r.bias + r.var_data + r.var_noise == r.test
    explicit = correlated.risk(SPECTRUM, correlation=K, ridge=ridge, noise=0.2, noise_correlation=K)
    for name in PARTS:
        assert getattr(explicit, name) == pytest.approx(getattr(r, name), rel=1e-12)
    if ridge:  # the training error of matched noise has a form of its own
        d1, d2 = np.mean(K / (K + r.kappa_tilde)), np.mean(K**2 / (K + r.kappa_tilde) ** 2)
        s = r.kappa / ridge
        assert r.train == pytest.approx((r.test + 0.2) / s * (d1 - d2) / d1, rel=1e-6)
        assert s == pytest.approx(1 / (d1 * r.kappa_tilde), rel=1e-10)


@pytest.mark.parametrize("samples", [80, 400])
def test_the_ridgeless_limit_is_a_limit(samples):
    white = np.ones(samples)
    for noise_correlation in (None, white):
        at, near = (
            correlated.risk(
                SPECTRUM, correlation=levels(samples), ridge=r, noise=0.2, noise_correlation=noise_correlation
            )
            for r in (0.0, 1e-10)
        )
        for name in PARTS:
            assert getattr(at, name) == pytest.approx(getattr(near, name), rel=1e-5, abs=1e-10)


def test_interpolation_peak_is_infinite_only_with_noise():
    r = correlated.risk(SPECTRUM, correlation=levels(200), ridge=0.0, noise=[0.0, 0.1])
    assert r.test.tolist() == r.var_noise.tolist() == [0.0, np.inf]
    assert r.train.tolist() == [0.0, 0.0]


def test_derivatives_of_both_renormalized_ridges():
    ridge, step, K = 0.02, 1e-5, Spectrum(levels(150))
    low, r, high = (
        correlated.risk(SPECTRUM, correlation=K.eigenvalues, ridge=ridge * np.exp(x))
        for x in (-step, 0, step)
    )
    share, share_tilde = (s.df2(k) / s.df1(k) for s, k in ((SPECTRUM, r.kappa), (K, r.kappa_tilde)))
    for name, expected in (("kappa", 1 - share_tilde), ("kappa_tilde", 1 - share)):
        slope = np.log(getattr(high, name) / getattr(low, name)) / (2 * step)
        assert slope == pytest.approx(expected / (1 - r.gamma), rel=1e-7)
    assert r.gamma == pytest.approx(share * share_tilde, rel=1e-12)


def test_repeated_samples_count_once():
    """T/2 samples, each seen twice with the same noise: K of rank T/2 and levels 0 and 2."""
    twice = correlated.risk(SPECTRUM, correlation=np.repeat([0.0, 2.0], 60), ridge=[0.0, 0.1], noise=0.3)
    once = ridge_regression.risk(SPECTRUM, 60, ridge=[0.0, 0.1], noise=0.3)
    for name in PARTS:
        np.testing.assert_allclose(getattr(twice, name), getattr(once, name), rtol=1e-11)
    fresh = correlated.risk(
        SPECTRUM,
        correlation=np.repeat([0.0, 2.0], 60),
        ridge=[0.0, 0.1],
        noise=0.3,
        noise_correlation=np.ones(120),
    )
    half = ridge_regression.risk(
        SPECTRUM, 60, ridge=[0.0, 0.1], noise=0.15
    )  # fresh noise averages over the two
    np.testing.assert_allclose(fresh.test, half.test, rtol=1e-11)
    np.testing.assert_allclose(fresh.train, half.train + 0.15, rtol=1e-11)


@given(scale=st.floats(1e-3, 1e3))
@settings(deadline=None, max_examples=40)
def test_rescaling_inputs_ridge_and_target_changes_nothing(scale):
    scaled = Spectrum(scale * SPECTRUM.eigenvalues, target=SPECTRUM.target / np.sqrt(scale))
    here, there = (
        correlated.risk(s, correlation=levels(90), ridge=r, noise=0.2)
        for s, r in ((SPECTRUM, 0.1), (scaled, 0.1 * scale))
    )
    for name in PARTS:
        assert getattr(there, name) == pytest.approx(getattr(here, name), rel=1e-10)


@pytest.mark.parametrize("white_noise", [False, True])
@pytest.mark.parametrize(("samples", "ridge"), [(120, 1e-2), (400, 1e-3)])
def test_theory_agrees_with_simulation(samples, ridge, white_noise):
    K = simulation.exponential(samples, length=3.0)
    theory = correlated.risk(
        SPECTRUM, correlation=np.linalg.eigvalsh(K), ridge=ridge, noise=0.3,
        noise_correlation=np.ones(samples) if white_noise else None,
    )  # fmt: skip
    measured = simulation.measure(
        SPECTRUM,
        K,
        ridge=ridge,
        noise=0.3,
        draws=40,
        seed=1,
        noise_correlation=np.eye(samples) if white_noise else None,
    )
    for name in PARTS:
        predicted, seen = getattr(theory, name), getattr(measured, name)
        assert abs(predicted - seen.mean) < 3 * seen.stderr + 0.03 * predicted, name


def test_only_corr_gcv_finds_the_test_error():
    samples, K = 150, simulation.exponential(150, length=4.0)
    estimators = {
        "naive": lambda draw: correlated.altman_gcv(
            draw.inputs, draw.labels, correlation=np.eye(samples), ridge=draw.ridge
        ),
        "altman": lambda draw: correlated.altman_gcv(
            draw.inputs, draw.labels, correlation=K, ridge=draw.ridge
        ),
        "corr": lambda draw: correlated.corr_gcv(draw.inputs, draw.labels, correlation=K, ridge=draw.ridge),
    }
    found = simulation.measure(
        SPECTRUM, K, ridge=[0.0, 0.01], noise=0.3, draws=25, statistics=estimators
    ).statistics
    truth = (
        correlated.risk(SPECTRUM, correlation=np.linalg.eigvalsh(K), ridge=[0.0, 0.01], noise=0.3).test + 0.3
    )
    assert (np.abs(found["corr"].mean - truth) < 3 * found["corr"].stderr + 0.03 * truth).all()
    assert (found["naive"].mean < 0.7 * truth).all()
    assert (found["altman"].mean > 1.3 * truth).all()


@pytest.mark.parametrize("lag", [1, 6])
def test_correlated_test_point(lag):
    K = simulation.exponential(120 + lag, length=4.0)
    cross, K = K[-1, :120], K[:120, :120]
    r = correlated.risk(SPECTRUM, correlation=np.linalg.eigvalsh(K), ridge=0.01, noise=0.3)
    factor = correlated.correlated_test_factor(K, cross, kappa_tilde=r.kappa_tilde)
    explained = np.exp(-2 * lag / 4.0)
    assert 1 - explained < factor < 1
    measured = simulation.measure(
        SPECTRUM, K, ridge=0.01, noise=0.3, draws=80,
        statistics={"lag": simulation.correlated_test_error(SPECTRUM, K, cross, noise=0.3)},
    ).statistics["lag"]  # fmt: skip
    predicted = factor * (r.test + 0.3)
    assert abs(measured.mean - predicted) < 3 * measured.stderr + 0.03 * predicted


def test_limits_of_the_factor():
    K = simulation.exponential(30, length=4.0)
    lags = np.exp(-np.add.outer([1, 5, 200], np.arange(30)[::-1]) / 4.0)
    rho = np.exp(-2 * np.array([1, 5, 200]) / 4.0)
    np.testing.assert_allclose(
        correlated.correlated_test_factor(K, lags, kappa_tilde=0.0), 1 - rho, rtol=1e-10
    )
    np.testing.assert_allclose(correlated.correlated_test_factor(K, lags, kappa_tilde=1e9), 1.0, rtol=1e-6)
    assert correlated.correlated_test_factor(K, K[3], kappa_tilde=0.0) == pytest.approx(0.0, abs=1e-12)
    kappa_tilde = 0.7
    explained = np.linalg.solve(K, lags[1])
    inverse = np.linalg.inv(K + kappa_tilde * np.eye(30))
    direct = 1 - lags[1] @ explained + kappa_tilde**2 * explained @ K @ inverse @ inverse @ explained
    assert correlated.correlated_test_factor(K, lags[1], kappa_tilde=kappa_tilde) == pytest.approx(
        direct, rel=1e-10
    )


def test_residual_covariance():
    samples, noise, draws = 40, 0.3, 1000
    K = simulation.exponential(samples, length=3.0)
    s = Spectrum(np.arange(1.0, 101) ** -0.5, target=np.arange(1.0, 101) ** -0.3)
    r = correlated.risk(s, correlation=np.linalg.eigvalsh(K), ridge=0.1, noise=noise)
    predicted = correlated.residual_covariance(K, kappa_tilde=r.kappa_tilde, test=r.test, noise=noise)
    assert np.trace(predicted) / samples == pytest.approx(r.train, rel=1e-12)
    residuals = []
    simulation.measure(
        s, K, ridge=0.1, noise=noise, draws=draws,
        statistics={"keep": lambda draw: residuals.append(draw.residual[0]) or 0.0},
    )  # fmt: skip
    residuals = np.array(residuals)
    for lag in (0, 1, 2, 5):
        products = np.mean(residuals[:, lag:] * residuals[:, : samples - lag], axis=1)
        expected = np.mean(np.diag(predicted, lag))
        assert abs(products.mean() - expected) < 4 * products.std() / np.sqrt(draws) + 0.03 * abs(expected)


@pytest.mark.parametrize(("capacity", "source"), [(1.5, 0.4), (1.5, 1.4)])
@pytest.mark.parametrize("kind", ["exponential", "power law"])
def test_exponents_survive_correlation(capacity, source, kind):
    s, sizes = Spectrum.power_law(200_000, capacity=capacity, source=source), [200, 400, 800]
    errors = []
    for size in sizes:
        K = (
            simulation.exponential(size, length=10.0)
            if kind == "exponential"
            else simulation.power_law(size, decay=0.3)
        )
        errors.append(correlated.risk(s, correlation=np.linalg.eigvalsh(K), ridge=0.0).test)
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert -slope == pytest.approx(2 * capacity * min(source, 1), abs=0.05)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (dict(ridge=-0.1), r"ridge = -0\.1"),
        (dict(noise=-0.1), r"noise = -0\.1"),
        (dict(correlation=[2.0, 2.0]), "correlation's mean = 2"),
        (dict(correlation=[[1.0]]), "correlation's shape"),
        (dict(correlation=[-1.0, 3.0]), r"correlation = -1\.0"),
        (dict(noise_correlation=[1.0]), "noise_correlation's shape"),
        (dict(ridge=[0.1, 0.2], noise=[1.0, 1.0, 1.0]), "shapes of ridge, noise"),
    ],
)
def test_bad_arguments_are_named(change, word):
    with pytest.raises(ValueError, match=word):
        correlated.risk(SPECTRUM, **(dict(correlation=[0.5, 1.5], ridge=0.1) | change))


def test_what_is_not_defined_is_refused():
    with pytest.raises(ValueError, match="target"):
        correlated.risk(Spectrum([1.0]), correlation=[1.0], ridge=0.1)
    with pytest.raises(ValueError, match="rank = 0"):
        correlated.risk(Spectrum([0.0], target=[1.0]), correlation=[1.0], ridge=0.1)
    with pytest.raises(ValueError, match="positive definite"):
        correlated.corr_gcv(np.ones((2, 1)), np.ones(2), correlation=np.ones((2, 2)), ridge=0.1)
    with pytest.raises(ValueError, match="cross_correlation's shape"):
        correlated.correlated_test_factor(np.eye(2), [0.1], kappa_tilde=0.1)
    with pytest.raises(ValueError, match="K"):
        correlated.correlated_test_factor(np.eye(2), [0.9, 0.9], kappa_tilde=0.1)


def test_naive_estimates_are_what_the_estimators_converge_to():
    s = Spectrum(np.ones(150), target=np.full(150, 150**-0.5))
    K = simulation.exponential(300, length=3.0)
    levels = np.linalg.eigvalsh(K)
    r = correlated.risk(s, correlation=levels, ridge=0.1, noise=0.2)

    def estimates(draw):
        return cross_validation.estimates(draw.inputs, draw.labels, correlation=levels, ridge=draw.ridge)

    arguments = dict(ridge=0.1, noise=0.2, draws=20, statistics={"data": estimates})
    seen = simulation.measure(s, K, **arguments).statistics["data"]
    for position, limit in zip((3, 4), correlated.naive_estimates(r, levels), strict=True):
        assert abs(seen.mean[position] - limit) < 4 * seen.stderr[position] + 0.01 * limit
    with pytest.raises(ValueError, match="kappa_tilde"):
        correlated.naive_estimates(correlated.risk(s, correlation=np.ones(50), ridge=0.0), np.ones(50))
