"""Nodes of an interval of the support, dense at its edges, and interpolation from them."""

import numpy as np
from jaxtyping import Complex, Float

SOFT, HARD = 20.0, 36.0  # e-folds towards an end where a density vanishes like a root, or may diverge at zero


def between(
    low: float, high: float, count: int, *, depth: tuple[float, float]
) -> tuple[Float[np.ndarray, " count"], Float[np.ndarray, " count"]]:
    """Points inside (low, high), as close to its ends as e^-depth times its length, with quadrature weights.

    The rule is the trapezoid's in the logarithm of the distances' ratio, so it converges exponentially in the
    number of points even where the integrand behaves like a root, or an inverse root, of the distance.

    Example:
        >>> x, weight = between(0.0, 1.0, 200, depth=(SOFT, SOFT))
        >>> round(float(weight @ np.sqrt(x * (1 - x))), 8), round(np.pi / 8, 8)
        (0.39269908, 0.39269908)
    """
    s = np.linspace(-depth[0], depth[1], count)
    length, small = high - low, np.exp(-np.abs(s))
    points = np.where(s < 0, low + length * small / (1 + small), high - length * small / (1 + small))
    return points, length * small / (1 + small) ** 2 * (s[1] - s[0])


def interpolate(
    x: Float[np.ndarray, " m"],
    nodes: Float[np.ndarray, " n"],
    k: Complex[np.ndarray, " n"],
    edges: Float[np.ndarray, " 2"],
    ends: Float[np.ndarray, " 2"],
) -> Complex[np.ndarray, " m"]:
    """The solution k at ``x``, from its values at nodes inside the edges and its real values at the edges.

    At an edge Re k and (Im k)^2 are linear in x, so these are what is interpolated.
    """
    low, high = edges
    knots = np.concatenate([[low], nodes, [high]])
    real = np.concatenate([ends[:1], k.real, ends[1:]])
    square = np.concatenate([[0.0], k.imag**2, [0.0]])
    return np.interp(x, knots, real) + 1j * np.sqrt(np.interp(x, knots, square))
