"""Covariate shift: identities, both forms of the formula, simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renorm.simulate import ridge as simulation
from renorm.simulate.sample import design
from renorm.theory import Spectrum, ridge_regression, shift


def problem(seed=0, size=8):
    rng = np.random.default_rng(seed)
    return Spectrum(rng.uniform(0.1, 2.0, size), target=rng.normal(size=size))


def second_moment(seed, size=8):
    root = np.random.default_rng(seed).normal(size=(size, size))
    return root @ root.T / size


@pytest.mark.parametrize(("samples", "ridge"), [(5, 0.0), (5, 0.1), (20, 0.0), (20, 1.0)])
def test_no_shift_gives_the_in_distribution_error(samples, ridge):
    s = problem()
    plain = ridge_regression.risk(s, samples, ridge=ridge, noise=0.2)
    for covariance in (s.eigenvalues, np.diag(s.eigenvalues)):
        r = shift.risk(s, samples, test_covariance=covariance, ridge=ridge, noise=0.2)
        assert r.test == pytest.approx(plain.test, rel=1e-12)
        assert r.bias == pytest.approx(plain.bias, rel=1e-12, abs=1e-15)
        assert r.gamma_test == pytest.approx(r.gamma, rel=1e-12)
        assert r.in_distribution == plain.test


@given(seed=st.integers(0, 999), samples=st.integers(2, 30), noise=st.floats(0, 2), diagonal=st.booleans())
@settings(deadline=None, max_examples=40)
def test_overlap_form_equals_boxed_form(seed, samples, noise, diagonal):
    covariance = second_moment(seed)
    covariance = np.diag(covariance) if diagonal else covariance
    boxed = shift.risk(problem(seed), samples, test_covariance=covariance, ridge=0.05, noise=noise)
    parts = shift.overlap(problem(seed), samples, test_covariance=covariance, ridge=0.05, noise=noise)
    assert parts.test == pytest.approx(boxed.test, rel=1e-12)


@given(seed=st.integers(0, 999), weight=st.floats(0, 1))
@settings(deadline=None, max_examples=40)
def test_error_is_linear_in_the_test_covariance(seed, weight):
    s, one, two = problem(seed), second_moment(seed), second_moment(seed + 1)

    def error(covariance):
        return shift.risk(s, 6, test_covariance=covariance, ridge=0.1, noise=0.3).test

    mixed = weight * error(one) + (1 - weight) * error(two)
    assert error(weight * one + (1 - weight) * two) == pytest.approx(mixed, rel=1e-11)
    matrix = shift.error_matrix(s, 6, ridge=0.1, noise=0.3)
    assert np.sum(matrix * one) == pytest.approx(error(one), rel=1e-11)


def test_shape_follows_samples_ridge_and_noise():
    r = shift.risk(
        problem(), [[[5]], [[9]]], test_covariance=second_moment(0), ridge=[[0.1], [1.0]], noise=[0, 1, 2]
    )
    shapes = {
        np.shape(getattr(r, name))
        for name in ("kappa", "gamma_test", "in_distribution", "test", "bias", "var")
    }
    assert shapes == {(2, 2, 3)}


def test_copies_of_a_level_share_a_diagonal_shift():
    level = Spectrum([2.0, 0.5], target=[0.5, 1.0], multiplicity=[2, 3])
    apart = Spectrum([2.0, 2.0, 0.5, 0.5, 0.5], target=[0.5, 0.5, 1.0, 1.0, 1.0])
    for function in (shift.risk, shift.overlap):
        a = function(level, 4, test_covariance=[1.0, 3.0], ridge=0.1, noise=0.1)
        b = function(apart, 4, test_covariance=[1.0, 1.0, 3.0, 3.0, 3.0], ridge=0.1, noise=0.1)
        assert a.test == pytest.approx(b.test, rel=1e-12)


def test_a_shift_away_from_the_error_helps():
    s = Spectrum([1.0, 0.01], target=[1.0, 5.0])
    easy = shift.overlap(s, 5, test_covariance=[1.01, 0.0], ridge=0.01)
    hard = shift.overlap(s, 5, test_covariance=[0.0, 1.01], ridge=0.01)
    assert easy.signal_part < 0 < hard.signal_part
    assert easy.noise_part == hard.noise_part == 0


def test_a_direction_never_seen_in_training_keeps_all_its_error():
    s = Spectrum([1.0, 0.0], target=[1.0, 3.0])
    assert shift.risk(s, 50, test_covariance=[0.0, 1.0], ridge=0.0, noise=0.1).test == pytest.approx(9.0)


def test_infinite_error_at_the_peak_spares_test_inputs_without_variance():
    r = shift.risk(problem(), 8, test_covariance=np.zeros(8), ridge=0.0, noise=0.1)
    assert r.in_distribution == np.inf
    assert r.test == 0.0


def test_mean_shift_adds_its_rank_one_error():
    s, mean = problem(), np.arange(8.0)
    base = shift.risk(s, 6, test_covariance=s.eigenvalues, ridge=0.1, noise=0.2).test
    moved = shift.risk(
        s, 6, test_covariance=shift.shifted_mean(s.eigenvalues, mean), ridge=0.1, noise=0.2
    ).test
    assert moved - base == pytest.approx(
        mean @ shift.error_matrix(s, 6, ridge=0.1, noise=0.2) @ mean, rel=1e-11
    )
    np.testing.assert_array_equal(
        shift.shifted_mean(s.eigenvalues, mean), shift.shifted_mean(np.diag(s.eigenvalues), mean)
    )


@pytest.mark.parametrize("diagonal", [True, False])
def test_theory_agrees_with_simulation(diagonal):
    size = 200
    s = Spectrum(np.arange(1.0, size + 1) ** -0.5, target=np.arange(1.0, size + 1) ** -0.4)
    covariance = s.eigenvalues[::-1].copy() if diagonal else second_moment(3, size)
    theory = shift.risk(s, 120, test_covariance=covariance, ridge=0.02, noise=0.3)
    measured = simulation.measure(s, 120, test_covariance=covariance, ridge=0.02, noise=0.3, draws=60, seed=2)
    for name in ("test", "bias"):
        predicted, seen = getattr(theory, name), getattr(measured, name)
        assert abs(predicted - seen.mean) < 3 * seen.stderr + 0.03 * predicted


def test_error_along_a_direction_is_not_what_its_mode_causes():
    """A target in one mode errs along the others too."""
    size, draws, samples = 60, 300, 30
    s = Spectrum(np.arange(1.0, size + 1) ** -0.5, target=np.r_[1.0, np.zeros(size - 1)])
    rng, along = np.random.default_rng(0), []
    for _ in range(draws):
        inputs = design(s, samples, rng)
        weights = simulation.path(inputs, inputs @ s.target, ridge=[0.1])[0]
        along.append(s.eigenvalues * (s.target - weights) ** 2)
    rest = np.sum(np.array(along)[:, 1:], axis=1)
    predicted = s.eigenvalues * np.diag(shift.error_matrix(s, samples, ridge=0.1))
    assert (
        abs(rest.mean() - predicted[1:].sum()) < 3 * rest.std() / np.sqrt(draws) + 0.03 * predicted[1:].sum()
    )
    assert ridge_regression.mode_errors(s, samples, ridge=0.1)[1:].sum() == 0
    assert predicted.sum() == pytest.approx(ridge_regression.mode_errors(s, samples, ridge=0.1).sum())


@pytest.mark.parametrize(
    ("covariance", "word"),
    [
        (np.ones(3), "shape"),
        (np.triu(np.ones((8, 8))), "asymmetry = 1"),
        (-np.ones(8), "eigenvalue = -1"),
        (np.diag(np.r_[-1.0, np.ones(7)]), "eigenvalue = -1"),
        (np.full(8, np.nan), "NaN"),
    ],
)
def test_bad_test_covariance_is_named(covariance, word):
    with pytest.raises(ValueError, match=f"test_covariance.*{word}"):
        shift.risk(problem(), 5, test_covariance=covariance, ridge=0.1)


def test_what_is_not_defined_is_refused():
    copies = Spectrum([1.0, 0.5], target=[1.0, 1.0], multiplicity=[1, 2])
    with pytest.raises(ValueError, match="multiplicity = 2"):
        shift.risk(copies, 5, test_covariance=np.eye(2), ridge=0.1)
    with pytest.raises(ValueError, match="multiplicity = 2"):
        shift.error_matrix(copies, 5, ridge=0.1)
    with pytest.raises(ValueError, match=r"eigenvalues = 0\.0"):
        shift.overlap(Spectrum([1.0, 0.0], target=[1.0, 1.0]), 5, test_covariance=[1.0, 1.0], ridge=0.1)
    with pytest.raises(ValueError, match="gamma = 1"):
        shift.overlap(problem(), 8, test_covariance=np.ones(8), ridge=0.0)
    with pytest.raises(ValueError, match="mean's shape"):
        shift.shifted_mean(np.ones(3), np.ones(2))
    with pytest.raises(ValueError, match="target"):
        shift.risk(Spectrum([1.0]), 5, test_covariance=[1.0], ridge=0.1)
