"""Sums of resolvents over levels, for many points at once, in blocks that stay in the cache."""

from collections.abc import Callable
from typing import no_type_check

import numpy as np
from jaxtyping import Complex, Float

_ENTRIES = 1 << 17  # of a temporary array


@no_type_check  # an inner loop
def in_blocks(
    sums: Callable[..., tuple[np.ndarray, ...]], width: int, *points: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Evaluate ``sums`` block by block.

    Args:
        sums: takes columns (rows, 1), returns arrays (rows,); inside, it may build arrays (rows, width).
        width: the number of levels summed over.
        points: arrays (n,), cut into the same blocks.

    Returns:
        What ``sums`` returns, each (n,).

    Example:
        >>> in_blocks(lambda x: ((x * np.ones(3)).sum(axis=1),), 3, np.array([1.0, 2.0]))
        (array([3., 6.]),)
    """
    rows = max(1, _ENTRIES // max(1, width))
    starts = range(0, max(1, points[0].size), rows)
    parts = [sums(*(column[start : start + rows, None] for column in points)) for start in starts]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


@no_type_check  # an inner loop
def resolvent(
    levels: Float[np.ndarray, " levels"], weights: Float[np.ndarray, " levels"], k: Complex[np.ndarray, " n"]
) -> Complex[np.ndarray, " n"]:
    """The sum of weights / (levels - k), in real arithmetic: complex division is several times slower.

    Example:
        >>> resolvent(np.array([1.0]), np.array([2.0]), np.array([1j]))
        array([1.+1.j])
    """

    def sums(a, b):
        distance = levels - a
        inverse = 1 / (distance * distance + b * b)
        return (distance * inverse) @ weights, b[:, 0] * (inverse @ weights)

    real, imaginary = in_blocks(sums, levels.size, k.real, k.imag)
    return real + 1j * imaginary


@no_type_check  # an inner loop
def resolvent_square(
    levels: Float[np.ndarray, " levels"], weights: Float[np.ndarray, " levels"], k: Complex[np.ndarray, " n"]
) -> Complex[np.ndarray, " n"]:
    """The sum of weights / (levels - k)^2, the derivative of :func:`resolvent`.

    Example:
        >>> resolvent_square(np.array([1.0]), np.array([2.0]), np.array([1j]))
        array([0.+1.j])
    """

    def sums(a, b):
        distance = levels - a
        inverse = 1 / (distance * distance + b * b)
        square = inverse * inverse
        return inverse @ weights - 2 * b[:, 0] ** 2 * (square @ weights), 2 * b[:, 0] * (
            (square * distance) @ weights
        )

    real, imaginary = in_blocks(sums, levels.size, k.real, k.imag)
    return real + 1j * imaginary
