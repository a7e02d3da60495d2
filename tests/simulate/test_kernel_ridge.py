"""Kernel ridge regression on the sphere: exact bookkeeping, and agreement with the theory of its modes."""

import numpy as np
import pytest

from renorm.simulate import kernel_ridge, ridge
from renorm.theory import Spectrum, ridge_regression, sphere

DIMENSION = 10
LEVELS = sphere.eigenvalues(lambda t: np.exp(t - 1), dimension=DIMENSION, degrees=6)
COPIES = sphere.multiplicities(DIMENSION, 6)
TARGET = np.where(np.arange(6) < 3, 1 / np.sqrt(COPIES * LEVELS), 0.0)  # unit power on degrees 0, 1 and 2
SPECTRUM = Spectrum(LEVELS, target=TARGET, multiplicity=COPIES)


def test_dual_and_primal_predictors_agree():
    rng = np.random.default_rng(0)
    features, labels, ridges = rng.normal(size=(20, 50)), rng.normal(size=20), [1e-3, 0.1, 10.0]
    dual = kernel_ridge.dual(features @ features.T, labels, ridge=ridges)
    np.testing.assert_allclose(dual @ features, ridge.path(features, labels, ridge=ridges), atol=1e-10)


def test_zonal_harmonics_are_those_of_the_theory():
    cosine = np.linspace(-1, 1, 11)
    found = kernel_ridge.zonals(cosine, 6, dimension=DIMENSION)
    expected = [sphere.zonal(cosine, k, dimension=DIMENSION) for k in range(6)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_strong_ridge_leaves_the_target():
    measured = kernel_ridge.measure(SPECTRUM, 20, dimension=DIMENSION, ridge=1e9, draws=3)
    for errors in (measured.along, measured.caused):
        np.testing.assert_allclose(errors.mean, [1, 1, 1, 0, 0, 0], atol=1e-6)


def test_averages_agree_with_explicit_targets_and_fresh_points():
    noise, draws = 0.1, 400
    rng, errors, estimates = np.random.default_rng(6), [], []
    for _ in range(draws):
        inputs, fresh = (kernel_ridge.on_sphere(n, DIMENSION, rng) for n in (8, 200))
        poles = kernel_ridge.on_sphere(len(LEVELS), DIMENSION, rng)

        def expand(weights, x, y):
            return np.tensordot(weights, kernel_ridge.zonals(x @ y.T, 6, dimension=DIMENSION), axes=1)

        def target(x, poles=poles):
            parts = [kernel_ridge.zonals(x @ pole, 6, dimension=DIMENSION) for pole in poles]
            return sum(np.sqrt(COPIES[k]) * parts[k][k] for k in range(3))

        labels = target(inputs) + np.sqrt(noise) * rng.normal(size=8)
        gram = expand(LEVELS * COPIES, inputs, inputs)
        dual = kernel_ridge.dual(gram, labels, ridge=[0.05])[0]
        errors.append(np.mean((target(fresh) - expand(LEVELS * COPIES, fresh, inputs) @ dual) ** 2))
        resolvent = np.linalg.inv(gram / 8 + 0.05 * np.eye(8))
        estimates.append(np.mean((resolvent @ labels) ** 2) / (np.trace(resolvent) / 8) ** 2)
    measured = kernel_ridge.measure(SPECTRUM, 8, dimension=DIMENSION, ridge=0.05, draws=draws, noise=noise)
    for direct, found in ((errors, measured.test), (estimates, measured.gcv)):
        assert abs(found.mean - np.mean(direct)) < 4 * np.hypot(np.std(direct) / draws**0.5, found.stderr)


def test_learning_curves_mode_by_mode():
    """What is measured along the modes is not what the modes of the target cause."""
    for samples in (60, 150):
        clean, noisy = (
            kernel_ridge.measure(SPECTRUM, samples, dimension=DIMENSION, ridge=0.01, draws=15, noise=noise)
            for noise in (0.0, 0.1)
        )
        along = ridge_regression.errors_along_modes(SPECTRUM, samples, ridge=0.01, noise=0.1)
        caused = ridge_regression.mode_errors(SPECTRUM, samples, ridge=0.01)
        for found, expected in ((noisy.along, along), (clean.caused, caused)):
            assert (np.abs(found.mean - expected) <= 4 * found.stderr + 0.05 * expected).all()
        assert (noisy.along.mean[3:] > 10 * noisy.along.stderr[3:]).all()
        np.testing.assert_allclose(clean.test.mean, clean.caused.mean.sum())


def test_a_fit_to_the_whole_pool_is_ridge_regression_on_it():
    rng = np.random.default_rng(2)
    features, labels = rng.normal(size=(30, 10)), rng.normal(size=30)
    found = kernel_ridge.subset_error(features @ features.T, labels, 30, ridge=0.2, draws=3)
    weights = ridge.path(features, labels, ridge=[0.2])[0]
    assert found.mean == pytest.approx(np.mean((labels - features @ weights) ** 2))
    assert found.stderr == pytest.approx(0.0, abs=1e-12)


def test_a_target_is_needed():
    with pytest.raises(ValueError, match="target = None"):
        kernel_ridge.measure(Spectrum([1.0]), 5, dimension=5, ridge=0.1, draws=3)
