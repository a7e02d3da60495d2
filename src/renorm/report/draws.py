"""What independent draws of a number say of its mean."""

import numpy as np
from numpy.typing import ArrayLike


def mean_and_error(draws: ArrayLike, *, axis: int = -1) -> tuple[np.ndarray, np.ndarray]:
    """Mean over independent draws, and its standard error.

    Args:
        draws: (..., draws, ...), at least two along the axis.
        axis: that of the draws.

    Returns:
        Two arrays of the shape of ``draws`` without the axis.

    Raises:
        ValueError: fewer than two draws.

    Example:
        >>> mean, error = mean_and_error([[1.98, 2.02], [3.0, 3.0]])
        >>> mean.round(2), error.round(2)
        (array([2., 3.]), array([0.02, 0.  ]))
    """
    draws = np.asarray(draws, dtype=float)
    count = draws.shape[axis] if draws.ndim else 1
    if count < 2:
        raise ValueError(
            f"draws have the shape {draws.shape}; an error bar needs at least 2 independent draws"
        )
    return np.asarray(draws.mean(axis=axis)), np.asarray(draws.std(axis=axis, ddof=1) / np.sqrt(count))


def surely_positive(gaps: ArrayLike, *, axis: int = -1) -> bool:
    """Whether the mean over the draws is positive by more than three standard errors, at every place.

    This is what the ledger asks of a random ordering.

    Args:
        gaps: (..., draws, ...), at least two draws.
        axis: that of the draws.

    Raises:
        ValueError: fewer than two draws.

    Example:
        >>> surely_positive([1.0, 1.2, 0.8]), surely_positive([1.0, 1.2, -0.8])
        (True, False)
    """
    mean, error = mean_and_error(gaps, axis=axis)
    return bool(np.all(mean > 3 * error))
