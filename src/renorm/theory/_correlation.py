"""What every formula for correlated samples needs: checks of K, and the inverse of its degrees of freedom."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from renorm.theory import renormalize
from renorm.theory._risk import nonnegative, require_symmetric
from renorm.theory._validate import numbers, require
from renorm.theory.spectrum import Spectrum

Array = np.ndarray


def eigenvalues(name: str, levels: ArrayLike) -> Float[Array, " T"]:
    """Eigenvalues of a correlation, >= 0 and of mean 1."""
    levels = nonnegative(name, levels)
    fits = levels.ndim == 1 and levels.size > 0
    require(fits, f"{name}'s shape", levels.shape, "(T,)", "Pass the eigenvalues of the matrix.")
    mean = levels.mean()
    require(abs(mean - 1) < 1e-8, f"{name}'s mean", mean, "1", "Fold it into the scale of inputs or noise.")
    return levels


def eigensystem(
    correlation: ArrayLike, *, samples: int | None = None
) -> tuple[Float[Array, " T"], Float[Array, "T T"]]:
    """Eigenvalues and eigenvectors of a positive definite correlation of mean diagonal 1.

    Args:
        correlation: symmetric, ``(T, T)``.
        samples: T, where it is known.
    """
    matrix = numbers("correlation", correlation)
    allowed = "(T, T)" if samples is None else f"({samples}, {samples})"
    square = matrix.ndim == 2 and len(matrix) == matrix.shape[1] and samples in (None, len(matrix))
    require(square, "correlation's shape", matrix.shape, allowed, "Pass K between the samples, one row each.")
    require_symmetric("correlation", matrix)
    levels, vectors = np.linalg.eigh(matrix)
    return _definite(levels), vectors


def definite_levels(correlation: ArrayLike, *, samples: int) -> Float[Array, " T"]:
    """Eigenvalues of a positive definite correlation, given as a matrix ``(T, T)`` or by them, ``(T,)``."""
    if np.ndim(correlation) != 1:
        return eigensystem(correlation, samples=samples)[0]
    levels = np.sort(numbers("correlation", correlation))
    fits, allowed = len(levels) == samples, f"({samples},)"
    require(fits, "correlation's shape", levels.shape, allowed, "Pass one eigenvalue of K a sample.")
    return _definite(levels)


def invert_df1(
    levels: Float[Array, " T"], kept: Float[Array, "..."], lost: Float[Array, "..."]
) -> Float[Array, "..."]:
    """The ridge at which a positive definite K has df1 = ``kept``, unnormalised; ``lost`` is T - ``kept``.

    The smaller one fixes the ridge without cancellation: ``lost`` is df1 of the inverse of K at one over it.
    """
    ridge, few = np.zeros_like(kept), kept <= lost
    most = ~few & (lost > 0)
    if few.any():
        ridge[few] = renormalize.kappa(Spectrum(levels), kept[few], ridge=0.0)
    if most.any():
        ridge[most] = 1 / renormalize.kappa(Spectrum(1 / levels), lost[most], ridge=0.0)
    return ridge


def _definite(levels):
    """``levels``, in ascending order, after the checks of a correlation."""
    definite = levels[0] > levels[-1] * len(levels) * np.finfo(float).eps
    remedy = "K must be positive definite: drop the samples that are linear combinations of others."
    require(definite, "correlation's smallest eigenvalue", levels[0], "a positive number", remedy)
    return eigenvalues("correlation", levels)
