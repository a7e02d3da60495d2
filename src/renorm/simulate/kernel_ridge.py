r"""Kernel ridge regression on inputs uniform on a sphere, its test error exact, degree by degree.

The kernel is a sum over degrees of :math:`\eta_k N_k Z_k(x \cdot x')`, with the zonal harmonic :math:`Z_k`,
its multiplicity :math:`N_k` and eigenvalue :math:`\eta_k`. Since :math:`\langle Z_k(a \cdot x) Z_k(b \cdot
x) \rangle = Z_k(a \cdot b) / N_k`, neither a test set nor a choice of targets within a degree is needed: the
averages over both are exact for each training set. For real data :func:`subset_error` takes a finite pool.

Measures what :mod:`renorm.theory.ridge_regression` predicts for the spectrum of :mod:`renorm.theory.sphere`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from renorm.simulate.estimates import Estimate, average
from renorm.theory.spectrum import Spectrum

Array = np.ndarray


@dataclass(frozen=True)
class Measurement:
    """Estimates over training sets, averaged over random targets with the spectrum's power on each degree.

    Attributes:
        test: test error without the noise floor.
        along: ``(M,)`` errors of the predictor along each degree; they sum to ``test``.
        caused: ``(M,)`` test errors caused by the target's power on each degree, without label noise.
        gcv: generalised cross-validation's estimate of the test error, noise floor included.
    """

    test: Estimate
    along: Estimate
    caused: Estimate
    gcv: Estimate


def on_sphere(samples: int, dimension: int, rng: np.random.Generator) -> Float[Array, "P d"]:
    """Points uniform on the unit sphere.

    Example:
        >>> np.linalg.norm(on_sphere(3, 5, np.random.default_rng(0)), axis=1).round(12)
        array([1., 1., 1.])
    """
    points = rng.normal(size=(samples, dimension))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def zonals(cosine: Float[Array, "..."], degrees: int, *, dimension: int) -> Float[Array, "degrees ..."]:
    """Zonal harmonics of degree 0, 1, ..., 1 at cosine 1, by Gegenbauer's recurrence.

    Example:
        >>> zonals(np.array([1.0, 0.0]), 3, dimension=3)[2]  # Legendre's (3 t^2 - 1) / 2
        array([ 1. , -0.5])
    """
    rows = [np.ones_like(cosine), cosine]
    for k in range(1, degrees - 1):
        rows.append(((2 * k + dimension - 2) * cosine * rows[k] - k * rows[k - 1]) / (k + dimension - 2))
    return np.array(rows[:degrees])


def dual(kernel: Float[Array, "P P"], labels: Float[Array, " P"], *, ridge: ArrayLike) -> Float[Array, "L P"]:
    """Coefficients of the samples in the predictor, :math:`(K/P + \\lambda)^{-1} y / P`, at every ridge.

    Args:
        kernel: K between the samples, positive definite.
        labels: y.
        ridge: ``(L,)`` penalties with the 1/P loss.

    Example:
        >>> dual(np.eye(2), np.array([1.0, 2.0]), ridge=[0.0, 0.5])
        array([[1. , 2. ],
               [0.5, 1. ]])
    """
    levels, vectors = np.linalg.eigh(kernel / len(labels))
    inverse = 1 / (levels + np.asarray(ridge, dtype=float)[:, None])
    return (inverse * (vectors.T @ labels)) @ vectors.T / len(labels)


def subset_error(
    kernel: Float[Array, "n n"],
    labels: Float[Array, " n"],
    samples: int,
    *,
    ridge: float,
    draws: int,
    seed: int = 0,
) -> Estimate:
    """Squared error over a whole finite pool after fits to random subsets of it.

    Args:
        kernel: K between all points of the pool.
        labels: their labels.
        samples: P, points in a subset, drawn without replacement.
        ridge: penalty with the 1/P loss.
        draws: independent subsets, at least two.
        seed: seed of the generator.

    Example:
        >>> points = np.linspace(-1, 1, 50)
        >>> kernel = 1 + np.outer(points, points)
        >>> bool(subset_error(kernel, 2 * points, 5, ridge=1e-12, draws=3).mean < 1e-12)
        True
    """
    rng, errors = np.random.default_rng(seed), []
    for _ in range(draws):
        seen = rng.choice(len(labels), samples, replace=False)
        coefficients = dual(kernel[np.ix_(seen, seen)], labels[seen], ridge=[ridge])[0]
        errors.append(np.mean((labels - coefficients @ kernel[seen]) ** 2))
    return average(np.array(errors))


def measure(
    spectrum: Spectrum,
    samples: int,
    *,
    dimension: int,
    ridge: float,
    draws: int,
    noise: float = 0.0,
    seed: int = 0,
) -> Measurement:
    """Test errors over ``draws`` independent training sets.

    Args:
        spectrum: level k is degree k: its eigenvalue, the root mean square coefficient w of the target, and
            the number of harmonics.
        samples: P.
        dimension: d of the space around the sphere.
        ridge: penalty > 0 with the 1/P loss.
        draws: independent training sets, at least two.
        noise: variance of the label noise.
        seed: seed of the generator.

    Raises:
        ValueError: without a target or with too few draws.

    Example:
        >>> s = Spectrum([0.1, 0.2], target=[1.0, 1.0], multiplicity=[1, 5])
        >>> m = measure(s, 3, dimension=5, ridge=0.01, draws=5)
        >>> m.along.mean.shape, bool(np.isclose(m.caused.mean.sum(), m.test.mean))
        ((2,), True)
    """
    if spectrum.target is None:
        raise ValueError("target = None: allowed is (M,) coefficients. Build the Spectrum with target=...")
    rng = np.random.default_rng(seed)
    columns = zip(
        *(_draw(spectrum, samples, dimension, ridge, noise, rng) for _ in range(draws)), strict=True
    )
    along, caused, gcv = (np.array(column) for column in columns)
    return Measurement(average(along.sum(axis=-1)), average(along), average(caused), average(gcv))


def _draw(spectrum, samples, dimension, ridge, noise, rng):
    inputs = on_sphere(samples, dimension, rng)
    eta, copies = spectrum.eigenvalues, spectrum.multiplicity
    power = copies * eta * spectrum.target**2
    z = zonals(inputs @ inputs.T, len(eta), dimension=dimension)
    resolvent = np.linalg.inv(np.tensordot(eta * copies, z, axes=1) + samples * ridge * np.eye(samples))
    labels = np.tensordot(power, z, axes=1) + noise * np.eye(samples)  # their covariance over the targets
    squared_kernel = np.tensordot(eta**2 * copies, z, axes=1)
    fitted = resolvent @ labels @ resolvent
    missed = power - 2 * eta * power * np.einsum("pq,kpq->k", resolvent, z)
    along = missed + eta**2 * copies * np.einsum("pq,kpq->k", fitted, z)
    caused = missed + power * np.einsum("pq,kpq->k", resolvent @ squared_kernel @ resolvent, z)
    return along, caused, samples * np.trace(fitted) / np.trace(resolvent) ** 2
