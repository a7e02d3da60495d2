"""Plain ridge regression: closed forms, identities, invariances, simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renorm.simulate import ridge as simulation
from renorm.theory import Spectrum, renormalize, ridge_regression, shift

PARTS = ("test", "train", "bias", "var_data", "var_noise")
GAPPED = Spectrum([1.0, 1e-2, 1e-5], target=[0.01, 0.1, 1.0], multiplicity=[10, 100, 10_000])


def problem(seed, size=12):
    rng = np.random.default_rng(seed)
    return Spectrum(rng.uniform(0.05, 3.0, size), target=rng.normal(size=size))


def white(dimension, power=1.0):
    """Isotropic inputs with |w|^2 = power."""
    return Spectrum([1.0], target=[np.sqrt(power / dimension)], multiplicity=[dimension])


@pytest.mark.parametrize(("samples", "ridge"), [(5, 0.0), (12, 0.1), (40, 0.0), (40, 2.0), (12, 1e-12)])
def test_bias_and_variances_add_up_to_the_test_error(samples, ridge):
    r = ridge_regression.risk(problem(0), samples, ridge=ridge, noise=0.3)
    assert r.bias + r.var_data + r.var_noise == pytest.approx(r.test, rel=1e-12)
    one_over_slack = renormalize.slope(problem(0), samples, ridge=ridge)
    assert r.test == pytest.approx((r.bias + 0.3 * r.gamma) * one_over_slack, rel=1e-12)


@pytest.mark.parametrize("ratio", [0.2, 0.9, 1.0, 1.5, 8.0])  # D / P
@pytest.mark.parametrize("ridge", [1e-6, 0.1, 3.0])
def test_isotropic_closed_form(ratio, ridge):
    samples, noise = 200, 0.4
    r = ridge_regression.risk(white(200 * ratio, 1.7), samples, ridge=ridge, noise=noise)
    kappa = 0.5 * (ridge + ratio - 1 + np.sqrt((ridge + ratio - 1) ** 2 + 4 * ridge))
    gamma = ratio / (1 + kappa) ** 2
    assert r.kappa == pytest.approx(kappa, rel=1e-9)  # the closed form itself cancels for ratio < 1
    test = (1.7 * kappa**2 / (1 + kappa) ** 2 + gamma * noise) / (1 - gamma)
    assert r.test == pytest.approx(test, rel=1e-9)
    assert r.train == pytest.approx((ridge / kappa) ** 2 * (test + noise), rel=1e-8)


def test_ridgeless_limits_on_both_sides_of_the_peak():
    r = ridge_regression.risk(white(100), [50, 400], ridge=0.0, noise=0.1)
    np.testing.assert_allclose(r.test, [0.5 + 0.1 / (2 - 1), 0.1 * 0.25 / 0.75], rtol=1e-12)
    np.testing.assert_allclose(r.train, [0.0, 0.1 * (1 - 0.25)], rtol=1e-12)
    nearly = ridge_regression.risk(white(100), [50, 400], ridge=1e-9, noise=0.1)
    np.testing.assert_allclose(nearly.test, r.test, rtol=1e-6)


def test_interpolation_peak_is_infinite_only_with_noise():
    r = ridge_regression.risk(white(100), 100, ridge=0.0, noise=[0.0, 0.1])
    assert r.test.tolist() == [0.0, np.inf]
    assert r.var_noise.tolist() == [0.0, np.inf]
    assert r.train.tolist() == [0.0, 0.0]
    near = ridge_regression.risk(white(100), 100, ridge=1e-12, noise=[0.0, 0.1])
    assert near.test[0] < 1e-5 < 1e3 < near.test[1]


def test_training_error_of_no_ridge_to_speak_of_is_the_noise_less_the_fitted_part():
    r = ridge_regression.risk(problem(1), 1e9, ridge=0.0, noise=0.5)
    assert r.train == pytest.approx(0.5, rel=1e-7)
    assert r.test == pytest.approx(0.5 * 12 / 1e9, rel=1e-6)


def test_arguments_broadcast():
    r = ridge_regression.risk(problem(0), [[5], [50]], ridge=[0.0, 0.1, 1.0], noise=0.2)
    assert {getattr(r, name).shape for name in ("kappa", "gamma", *PARTS)} == {(2, 3)}
    single = ridge_regression.risk(problem(0), 50, ridge=0.1, noise=0.2)
    assert r.test[1, 1] == pytest.approx(single.test, rel=1e-12)


@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 99), samples=st.integers(2, 40))
@settings(deadline=None, max_examples=40)
def test_rescaling_inputs_ridge_and_target_changes_nothing(scale, seed, samples):
    s = problem(seed)
    scaled = Spectrum(scale * s.eigenvalues, target=s.target / np.sqrt(scale))
    here = ridge_regression.risk(s, samples, ridge=0.1, noise=0.2)
    there = ridge_regression.risk(scaled, samples, ridge=0.1 * scale, noise=0.2)
    for name in PARTS:
        assert getattr(there, name) == pytest.approx(getattr(here, name), rel=1e-9)


@given(seed=st.integers(0, 99), samples=st.integers(2, 60))
@settings(deadline=None, max_examples=40)
def test_copies_of_a_level_may_be_rotated_into_one_another(seed, samples):
    level = Spectrum([2.0, 0.5], target=[0.5, 1.0], multiplicity=[4, 9])
    direction = np.random.default_rng(seed).normal(size=9)
    target = np.r_[np.full(4, 0.5), 3 * direction / np.linalg.norm(direction)]
    rotated = Spectrum(np.repeat([2.0, 0.5], [4, 9]), target=target)
    a, b = (ridge_regression.risk(s, samples, ridge=0.05, noise=0.1) for s in (level, rotated))
    assert a.test == pytest.approx(b.test, rel=1e-11)


@given(seed=st.integers(0, 99), level=st.integers(0, 10), samples=st.integers(2, 40))
@settings(deadline=None, max_examples=40)
def test_more_target_power_in_large_modes_means_less_error(seed, level, samples):
    s = Spectrum(np.geomspace(1.0, 0.01, 12), target=problem(seed).target)
    power = s.eigenvalues * s.target**2
    power[level] += power[level + 1]
    power[level + 1] = 0.0
    aligned = Spectrum(s.eigenvalues, target=np.sqrt(power / s.eigenvalues))
    assert (ridge_regression.cumulative_power(aligned) >= ridge_regression.cumulative_power(s) - 1e-12).all()
    errors = [ridge_regression.risk(x, samples, ridge=0.02).test for x in (aligned, s)]
    assert errors[0] <= errors[1] * (1 + 1e-12)


def test_mode_errors_add_up_and_large_modes_are_learned_first():
    s = Spectrum(np.geomspace(1.0, 1e-3, 20), target=np.geomspace(1.0, 1e-3, 20) ** -0.5)  # equal power
    errors = ridge_regression.mode_errors(s, [[5], [15]], ridge=[1e-3, 0.1, 1.0])
    assert errors.shape == (2, 3, 20)
    np.testing.assert_allclose(
        errors.sum(-1), ridge_regression.risk(s, [[5], [15]], ridge=[1e-3, 0.1, 1.0]).test, rtol=1e-12
    )
    assert (np.diff(errors, axis=-1) > 0).all()
    assert not ridge_regression.mode_errors(s, 20, ridge=0.0).any()  # the peak without noise


def test_errors_along_modes_add_up_to_the_same_error():
    s = problem(3)
    along = ridge_regression.errors_along_modes(s, [[5], [30]], ridge=[0.0, 0.1], noise=0.2)
    total = ridge_regression.risk(s, [[5], [30]], ridge=[0.0, 0.1], noise=0.2).test
    np.testing.assert_allclose(along.sum(-1), total, rtol=1e-12)
    matrix = shift.error_matrix(s, 5, ridge=0.1, noise=0.2)
    np.testing.assert_allclose(along[0, 1], s.eigenvalues * np.diag(matrix), rtol=1e-12)


@pytest.mark.parametrize(("ratio", "noise", "power"), [(0.5, 0.3, 1.0), (1.0, 0.01, 2.0), (4.0, 1.0, 0.5)])
def test_optimal_ridge_of_isotropic_inputs(ratio, noise, power):
    s = white(200 * ratio, power)
    assert ridge_regression.optimal_ridge(s, 200, noise=noise) == pytest.approx(
        ratio * noise / power, rel=1e-9
    )


def test_optimal_ridge_removes_double_descent():
    samples = np.unique(np.geomspace(10, 1000, 20).round())
    s = white(100)
    best = ridge_regression.optimal_ridge(s, samples, noise=0.25)
    tuned = ridge_regression.risk(s, samples, ridge=best, noise=0.25).test
    fixed = ridge_regression.risk(s, samples, ridge=1e-4, noise=0.25).test
    assert (np.diff(tuned) < 0).all()
    assert (np.diff(fixed) > 0).any()


def test_optimal_ridge_beats_its_neighbours_and_may_be_zero():
    s = Spectrum.power_law(500, capacity=1.5, source=0.6)
    best = ridge_regression.optimal_ridge(s, [10, 100], noise=0.1)
    around = ridge_regression.risk(s, [[10], [100]], ridge=best[:, None] * [0.98, 1.0, 1.02], noise=0.1).test
    assert (around.argmin(axis=1) == 1).all()
    assert ridge_regression.optimal_ridge(white(100), 50) == 0.0
    hidden = Spectrum(
        [1.0, 1e-3], target=[0.1, 10.0], multiplicity=[20, 5000]
    )  # unlearnable power acts as noise
    assert ridge_regression.optimal_ridge(hidden, 20) > 0


def test_multiple_descent_peaks_near_the_cumulative_level_sizes():
    tops = ridge_regression.peaks(GAPPED, ridge=1e-8, samples=(2, 1000))
    np.testing.assert_allclose(tops, [12, 115], rtol=0.05)
    whole = np.arange(2, 1000)
    errors = ridge_regression.risk(GAPPED, whole, ridge=1e-8).test
    maxima = whole[1:-1][(errors[1:-1] > errors[:-2]) & (errors[1:-1] > errors[2:])]
    assert maxima.tolist() == [12, 114]
    assert (np.abs(tops - maxima) < 1).all()


def test_double_descent_peaks_at_the_dimension():
    assert ridge_regression.peaks(white(80), ridge=1e-7, noise=0.1, samples=(5, 500)) == pytest.approx(
        [80], rel=1e-3
    )
    assert ridge_regression.peaks(white(80), ridge=10.0, noise=0.1, samples=(5, 500)).size == 0


@pytest.mark.parametrize(("samples", "ridge"), [(150, 1e-2), (600, 1e-3), (150, 0.0)])
def test_theory_agrees_with_simulation(samples, ridge):
    s = Spectrum(np.arange(1.0, 301) ** -0.6, target=np.arange(1.0, 301) ** -0.4)
    theory = ridge_regression.risk(s, samples, ridge=ridge, noise=0.3)
    measured = simulation.measure(s, samples, ridge=ridge, noise=0.3, draws=40, seed=1)
    for name in PARTS if ridge else PARTS[:1] + PARTS[3:]:
        predicted, seen = getattr(theory, name), getattr(measured, name)
        assert abs(predicted - seen.mean) < 3 * seen.stderr + 0.03 * predicted, name


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (dict(samples=0), "samples = 0"),
        (dict(ridge=-1.0), "ridge = -1.0"),
        (dict(noise=-0.5), "noise = -0.5"),
        (dict(noise=np.inf), "noise = inf"),
        (dict(ridge=np.nan), "ridge = nan"),
        (dict(samples=[1, 2], ridge=[1.0, 2.0, 3.0]), "shapes of samples, ridge, noise"),
    ],
)
def test_bad_arguments_are_named(change, word):
    arguments = dict(samples=10, ridge=0.1, noise=0.0) | change
    with pytest.raises(ValueError, match=word):
        ridge_regression.risk(problem(0), arguments.pop("samples"), **arguments)


def test_a_risk_needs_a_target():
    bare = Spectrum([1.0, 2.0])
    for function in (ridge_regression.risk, ridge_regression.mode_errors):
        with pytest.raises(ValueError, match="target"):
            function(bare, 10, ridge=0.1)
    with pytest.raises(ValueError, match="target"):
        ridge_regression.cumulative_power(bare)
    with pytest.raises(ValueError, match="target"):
        ridge_regression.optimal_ridge(Spectrum([1.0], target=[0.0]), 10)


def test_peaks_need_a_ridge_and_a_range():
    with pytest.raises(ValueError, match="ridge = 0"):
        ridge_regression.peaks(GAPPED, ridge=0.0, samples=(2, 1000))
    with pytest.raises(ValueError, match="samples"):
        ridge_regression.peaks(GAPPED, ridge=0.1, samples=(1000, 2))
