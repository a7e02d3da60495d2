"""Few nodes for long sums: Gauss quadrature of the counting measure on consecutive integers."""

import numpy as np
from jaxtyping import Float

_HEAD = 96  # integers summed one by one
_POINTS = 16  # Gauss points that stand for a block of integers


def integer_nodes(
    size: int, *, stretch: float = 2.0
) -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
    r"""Nodes and weights with :math:`\sum_{k=1}^{n} f(k) \approx \sum_j w_j f(k_j)`, for f smooth in log k.

    The first integers are kept; the others are cut into blocks that grow geometrically. On a block of n
    integers the nodes are the zeros of a discrete Chebyshev (Gram) polynomial, whose recurrence is known in
    closed form, so the rule is exact for polynomials up to degree 31 and all its weights are positive.

    Args:
        size: the last integer n.
        stretch: ratio of a block's ends; closer to 1 where f has poles close to the real axis.

    Returns:
        The nodes (real numbers in [1, n]) and their weights, which sum to n.

    Example:
        >>> k, weight = integer_nodes(1_000_000)
        >>> bool(abs((weight / k).sum() - 14.392726722865724) < 1e-13), len(k) < 400
        (True, True)
    """
    nodes, weights = [np.arange(1.0, min(size, _HEAD) + 1)], [np.ones(min(size, _HEAD))]
    first = _HEAD + 1
    while first <= size:
        last = min(int(stretch * first), size)
        block_nodes, block_weights = _gram_rule(last - first + 1)
        nodes.append(first + block_nodes)
        weights.append(block_weights)
        first = last + 1
    return np.concatenate(nodes), np.concatenate(weights)


def _gram_rule(count: int) -> tuple[Float[np.ndarray, " points"], Float[np.ndarray, " points"]]:
    """Gauss rule of the counting measure on 0, ..., count - 1, by Golub and Welsch's eigenvalue problem."""
    if count <= _POINTS:
        return np.arange(float(count)), np.ones(count)
    degree = np.arange(1.0, _POINTS)
    off_diagonal = degree / 2 * np.sqrt((count**2 - degree**2) / (4 * degree**2 - 1))
    nodes, vectors = np.linalg.eigh(np.diag(off_diagonal, 1) + np.diag(off_diagonal, -1))
    return (count - 1) / 2 + nodes, count * vectors[0] ** 2
