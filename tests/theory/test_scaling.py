"""Exponents: the regime table against theory curves over stated windows."""

import numpy as np
import pytest

from renorm.theory import Spectrum, renormalize, ridge_regression, scaling

WINDOW = np.geomspace(300, 3000, 12)  # samples; 300 000 modes


def fitted(samples, errors):
    return -np.polyfit(np.log(samples), np.log(errors), 1)[0]


@pytest.mark.parametrize(
    ("capacity", "source", "regime"),
    [
        (1.5, 0.4, "signal, source"),
        (2.0, 0.8, "signal, source"),
        (1.5, 1.5, "signal, capacity"),
        (2.0, 1.5, "signal, capacity"),
    ],
)
def test_signal_without_ridge(capacity, source, regime):
    s = Spectrum.power_law(300_000, capacity=capacity, source=source)
    predicted = scaling.exponent(capacity, source)
    assert predicted.regime == regime
    assert fitted(WINDOW, ridge_regression.risk(s, WINDOW, ridge=0.0).test) == pytest.approx(
        predicted.test, abs=0.05
    )


@pytest.mark.parametrize(("capacity", "source"), [(2.0, 0.4), (2.0, 0.8), (2.0, 1.5), (3.0, 1.5)])
def test_signal_limited_by_the_ridge(capacity, source):
    s, decay = Spectrum.power_law(300_000, capacity=capacity, source=source), 0.6
    window = 100 * WINDOW  # the ridge dominates once P^-decay is far above P^-capacity
    predicted = scaling.exponent(capacity, source, ridge_decay=decay)
    assert predicted.regime == ("ridge, source" if source < 1 else "ridge, capacity")
    errors = ridge_regression.risk(s, window, ridge=window**-decay).test
    assert fitted(window, errors) == pytest.approx(predicted.test, abs=0.05)


def test_noise_mitigated_by_the_ridge_and_its_plateau():
    s = Spectrum.power_law(300_000, capacity=2.0, source=1.5)
    for decay, regime in ((0.6, "noise, ridge"), (2.5, "noise plateau")):
        predicted = scaling.exponent(2.0, 1.5, ridge_decay=decay, noisy=True)
        assert predicted.regime == regime
        noise_term = ridge_regression.risk(s, WINDOW, ridge=WINDOW**-decay, noise=1.0).var_noise
        assert fitted(WINDOW, noise_term) == pytest.approx(predicted.terms["noise"], abs=0.05)


def test_the_exponent_is_the_slowest_term():
    e = scaling.exponent(
        1.5, 0.8, ridge_decay=np.linspace(0, 3, 13)[:, None], width_growth=np.linspace(0, 3, 11), noisy=True
    )
    assert e.test.shape == e.regime.shape == (13, 11)
    np.testing.assert_array_equal(e.test, np.min(list(e.terms.values()), axis=0))
    assert set(e.terms) == {"signal", "width", "features", "noise"}


def finite_width_error(spectrum, samples, ridge, width, noise):
    """Linear random features, var 1/N, from kappa_2 (arXiv:2405.00592, linear random features)."""
    kappa = renormalize.kappa(spectrum, samples, ridge=ridge, widths=width)
    df1, df2 = spectrum.df1(kappa), spectrum.df2(kappa)
    share = (width - df1) / (width - df2)
    gamma = (df1 - (df1 - df2) * share) / samples
    return (kappa * (spectrum.tf1(kappa) - share * spectrum.tf2(kappa)) + gamma * noise) / (1 - gamma)


@pytest.mark.parametrize(
    ("decay", "growth", "regime"),
    [
        (0.5, 3.0, "ridge, source"),
        (4.0, 0.5, "width, capacity"),
        (4.0, 1.6, "features"),
        (1.0, 0.9, "features, ridge"),
        (4.0, 3.0, "signal, source"),
    ],
)
def test_regimes_at_finite_width(decay, growth, regime):
    s, samples = Spectrum.power_law(10_000_000, capacity=2.0, source=0.8), np.geomspace(1e4, 1e5, 5)
    predicted = scaling.exponent(2.0, 0.8, ridge_decay=decay, width_growth=growth)
    assert predicted.regime == regime
    errors = finite_width_error(s, samples, samples**-decay, samples**growth, 0.0)
    assert fitted(samples, errors) == pytest.approx(predicted.test, abs=0.07)


@pytest.mark.parametrize(("source", "regime"), [(0.3, "width, source"), (0.8, "width, capacity")])
def test_bias_of_few_features(source, regime):
    s, samples = Spectrum.power_law(1_000_000, capacity=2.0, source=source), np.geomspace(1e4, 1e5, 5)
    predicted = scaling.exponent(2.0, source, width_growth=0.5)
    assert predicted.regime == regime
    errors = finite_width_error(s, samples, 0.0, samples**0.5, 0.0)
    assert fitted(samples, errors) == pytest.approx(predicted.test, abs=0.05)


def test_phase_boundaries():
    plain = scaling.exponent(2.0, 0.8, ridge_decay=[1.9, 2.1])
    assert plain.regime.tolist() == ["ridge, source", "signal, source"]
    noisy = scaling.exponent(1.2, 1.1, ridge_decay=[[0.9], [1.3]], width_growth=[0.7, 0.8, 1.1], noisy=True)
    assert noisy.regime[0].tolist() == ["noise, width", "noise, ridge", "noise, ridge"]
    assert noisy.regime[1].tolist() == ["noise, width", "noise, width", "noise plateau"]
    flat = scaling.exponent(2.0, 1.5, width_growth=1.2, weight_decay=0.0)  # wide layers of useless features
    assert flat.terms["features"] == 2.0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (dict(capacity=1.0), r"capacity = 1\.0"),
        (dict(source=0.0), r"source = 0\.0"),
        (dict(ridge_decay=[1.0, -1.0]), r"ridge_decay = -1\.0"),
        (dict(width_growth=np.nan), "width_growth"),
        (dict(weight_decay=-2.0), r"weight_decay = -2\.0"),
    ],
)
def test_bad_arguments_are_named(arguments, word):
    arguments = dict(capacity=2.0, source=0.5) | arguments
    with pytest.raises(ValueError, match=word):
        scaling.exponent(arguments.pop("capacity"), arguments.pop("source"), **arguments)
