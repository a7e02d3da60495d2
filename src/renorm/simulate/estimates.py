"""Unbiased estimates, with standard errors, from independent draws.

The square of a mean over :math:`B` draws is larger than the square of the expectation by the variance over
:math:`B`. Products of *distinct* draws have no such excess: :math:`|E u|^2 = E\\,u_i \\cdot u_j` for
:math:`i \\ne j`. Standard errors of these products come from the jackknife.

Everywhere the draws run along the first axis, and the components of a vector along the last.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

Array = np.ndarray


@dataclass(frozen=True)
class Estimate:
    """A measured mean and its standard error, arrays of one shape."""

    mean: Float[Array, "..."] | float
    stderr: Float[Array, "..."] | float


def average(values: Float[Array, "draws ..."]) -> Estimate:
    """Mean of independent draws.

    Example:
        >>> average(np.array([1.0, 2.0, 3.0])).mean
        np.float64(2.0)
    """
    _several(values)
    return Estimate(values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values)))


def squared_mean(vectors: Float[Array, "draws ... components"]) -> Estimate:
    """:math:`|E u|^2` from products of distinct draws; the naive square of the mean is too large.

    Args:
        vectors: independent draws of :math:`u`, at least three.

    Example:
        >>> u = 1 + np.random.default_rng(0).normal(size=(50, 100)) * 3  # |E u|^2 = 100
        >>> naive = np.sum(u.mean(axis=0) ** 2)
        >>> bool(naive > 110), bool(abs(squared_mean(u).mean - 100) < 10)
        (True, True)
    """
    return _jackknife(vectors, _pairs)


def total_variance(vectors: Float[Array, "draws ... components"]) -> Estimate:
    """:math:`E|u - E u|^2`, the trace of the covariance, without bias.

    Example:
        >>> u = np.random.default_rng(0).normal(size=(50, 100))
        >>> bool(abs(total_variance(u).mean - 100) < 5)
        True
    """
    return _jackknife(vectors, lambda total, squares, draws: squares / draws - _pairs(total, squares, draws))


def _pairs(total, squares, draws):
    return (total - squares) / (draws * (draws - 1))


def _jackknife(vectors, statistic) -> Estimate:
    """``statistic(|sum u|^2, sum |u|^2, draws)`` with its leave-one-out standard error."""
    draws = _several(vectors, 3)
    norms = np.einsum("i...k,i...k->i...", vectors, vectors)
    total = vectors.sum(axis=0)
    overlap = np.einsum("i...k,...k->i...", vectors, total)
    square = np.einsum("...k,...k->...", total, total)
    left_out = statistic(square - 2 * overlap + norms, norms.sum(axis=0) - norms, draws - 1)
    spread = (draws - 1) / draws * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0)
    return Estimate(statistic(square, norms.sum(axis=0), draws), np.sqrt(spread))


def _several(draws, least=2) -> int:
    if len(draws) < least:
        raise ValueError(
            f"draws = {len(draws)}: at least {least} independent draws are needed for an error bar"
        )
    return len(draws)
