"""Ridge regression on correlated samples: designs :math:`X = K^{1/2} Z \\Sigma^{1/2}`.

Stationary correlations are Toeplitz matrices with unit diagonal, made here from their correlation at each
lag. Measures what :mod:`renorm.theory.correlated` predicts.
"""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.linalg import toeplitz

from renorm.simulate import ridge as independent
from renorm.simulate.ridge import Draw, Measurement
from renorm.simulate.sample import design
from renorm.theory.spectrum import Spectrum

Array = np.ndarray


def exponential(samples: int, *, length: float) -> Float[Array, "T T"]:
    """Correlation :math:`e^{-|t-s|/\\xi}` with the correlation length :math:`\\xi`.

    Example:
        >>> exponential(2, length=1.0).round(3)
        array([[1.   , 0.368],
               [0.368, 1.   ]])
    """
    return toeplitz(np.exp(-np.arange(samples) / length))


def nearest_neighbour(samples: int, *, strength: float) -> Float[Array, "T T"]:
    """Correlation ``strength / 2`` between neighbours only; ``strength`` in [0, 1]."""
    if not 0 <= strength <= 1:
        raise ValueError(f"strength = {strength}: allowed is 0 to 1, or the matrix is not positive definite")
    lags = np.zeros(samples)
    lags[:2] = [1.0, strength / 2][:samples]
    return toeplitz(lags)


def power_law(samples: int, *, decay: float) -> Float[Array, "T T"]:
    """Correlation :math:`(1 + |t-s|)^{-\\chi}` with the decay :math:`\\chi > 0`."""
    return toeplitz((1.0 + np.arange(samples)) ** -decay)


def measure(
    spectrum: Spectrum,
    correlation: Float[Array, "T T"],
    *,
    ridge: ArrayLike,
    draws: int,
    noise: float = 0.0,
    noise_correlation: Float[Array, "T T"] | None = None,
    seed: int = 0,
    statistics: Mapping[str, Callable[[Draw], ArrayLike]] | None = None,
) -> Measurement:
    """Errors on a fresh, uncorrelated test point after training on correlated samples.

    Args:
        spectrum: covariance and target of one sample.
        correlation: :math:`K` between the samples, of unit diagonal.
        ridge: a number or ``(L,)`` numbers.
        draws: independent training sets.
        noise: variance of the label noise.
        noise_correlation: :math:`K'` of the label noise; None for :math:`K`.
        seed: seed of the generator.
        statistics: as in :func:`renorm.simulate.ridge.measure`.

    Example:
        >>> s = Spectrum(np.ones(20), target=np.ones(20))
        >>> m = measure(s, exponential(40, length=3.0), ridge=[0.1, 1.0], draws=5)
        >>> m.test.mean.shape
        (2,)
    """
    rows = np.linalg.cholesky(correlation)
    noise_rows = rows if noise_correlation is None else np.linalg.cholesky(noise_correlation)

    def sample(rng):
        white = design(spectrum, len(rows), rng)
        return rows @ white, np.sqrt(noise) * noise_rows @ rng.standard_normal(len(rows))

    return independent.ensemble(spectrum, sample, ridge=ridge, draws=draws, seed=seed, statistics=statistics)


def correlated_test_error(
    spectrum: Spectrum,
    correlation: Float[Array, "T T"],
    cross_correlation: Float[Array, "... T"],
    *,
    noise: float,
) -> Callable[[Draw], Float[Array, "... L"]]:
    """A statistic of :func:`measure`: squared error on a test point correlated with the training samples.

    Inputs and noise of the test point have the correlation :math:`k` with those of the training samples. With
    :math:`a = K^{-1} k` the part explained by the training samples errs by :math:`a \\cdot` residual, and the
    rest, of variance :math:`1 - k \\cdot a`, is fresh. Given the training inputs, the averages over the test
    point and over the label noise in the first part are exact. The noise floor is included. Several
    :math:`k`, one a row, give one error each.

    Args:
        spectrum: that of :func:`measure`, with its target.
        correlation: :math:`K` of inputs and noise.
        cross_correlation: :math:`k`, one a row.
        noise: variance of the label noise.
    """
    explained = np.linalg.solve(correlation, cross_correlation.T).T
    fresh = 1.0 - np.sum(cross_correlation * explained, axis=-1)
    target = np.repeat(spectrum.target, spectrum.multiplicity.astype(int))

    def statistic(draw: Draw):
        x, size = draw.inputs, len(correlation)
        errors = []
        for ridge in draw.ridge:
            fitted = np.linalg.solve(x.T @ x + size * ridge * np.eye(x.shape[1]), (explained @ x).T)
            left = explained - (x @ fitted).T  # a times the matrix that makes residuals of labels
            errors.append((left @ (x @ target)) ** 2 + noise * np.sum(left @ correlation * left, axis=-1))
        return np.stack(errors, axis=-1) + fresh[..., None] * (draw.test + noise)

    return statistic
