r"""The solvable model of the plane of output scale and learning rate: one weight used L times, one example.

The output is :math:`f=(w^L-1)/\gamma` with :math:`w=1` at the start, so :math:`f=0` there, and the target is
1. The loss is :math:`\frac12(f-1)^2`, or the cross-entropy :math:`\ln(1+e^f)-pf` of a label of
probability :math:`p=e/(1+e)`, whose minimum is at :math:`f=1` too. Descent is :math:`w\leftarrow w-\eta\,
\mathrm d\mathcal L/\mathrm dw`. Small :math:`\gamma` is lazy, large is rich.

Source: the simple model of arXiv 2410.04642, of which the public reviews tell; rederived.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import roots_legendre

from renorm.theory._risk import Result
from renorm.theory._validate import positive, require

LABEL = float(np.e / (1 + np.e))
_LOSSES = ("mse", "cross_entropy")


def output(weight: ArrayLike, *, gamma: ArrayLike, depth: int) -> Result:
    r"""The output :math:`(w^L-1)/\gamma`.

    Args:
        weight: w, any shape.
        gamma: output scale, broadcasts with ``weight``.
        depth: L.

    Example:
        >>> float(output(2.0, gamma=7.0, depth=3))
        1.0
    """
    gamma, depth = _arguments(gamma, depth)
    return (np.asarray(weight, float) ** depth - 1) / gamma


def slope(weight: ArrayLike, *, gamma: ArrayLike, depth: int, loss: str = "mse") -> Result:
    r"""The derivative of the loss in the weight, :math:`\ell'(f)\,Lw^{L-1}/\gamma`.

    Args:
        weight: w, any shape.
        gamma: output scale, broadcasts with ``weight``.
        depth: L.
        loss: ``"mse"`` or ``"cross_entropy"``.

    Example:
        >>> float(slope(1.0, gamma=0.5, depth=2))
        -4.0
    """
    error, _ = _error(output(weight, gamma=gamma, depth=depth), loss)
    return error * depth * np.asarray(weight, float) ** (depth - 1) / gamma


def curvature(weight: ArrayLike, *, gamma: ArrayLike, depth: int, loss: str = "mse") -> Result:
    r"""The second derivative of the loss in the weight.

    It is :math:`L^2/\gamma^2-L(L-1)/\gamma` at the start (squared loss).

    Args:
        weight: w, any shape.
        gamma: output scale, broadcasts with ``weight``.
        depth: L.
        loss: ``"mse"`` or ``"cross_entropy"``.

    Example:
        >>> float(curvature(1.0, gamma=0.5, depth=2))
        12.0
    """
    weight = np.asarray(weight, float)
    error, bend = _error(output(weight, gamma=gamma, depth=depth), loss)
    first = depth * weight ** (depth - 1) / gamma
    return bend * first**2 + error * depth * (depth - 1) * weight ** (depth - 2) / gamma


def minimum(gamma: ArrayLike, *, depth: int) -> Result:
    r"""The weight of the minimum, :math:`(1+\gamma)^{1/L}`, for both losses.

    Example:
        >>> float(minimum(7.0, depth=3))
        2.0
    """
    gamma, depth = _arguments(gamma, depth)
    return (1 + gamma) ** (1 / depth)


def sharpness(gamma: ArrayLike, *, depth: int, loss: str = "mse") -> Result:
    r"""The curvature at the minimum, :math:`L^2\gamma^{-2}(1+\gamma)^{2-2/L}`; cross-entropy: times p(1-p).

    It falls as :math:`\gamma^{-2}` (lazy) and :math:`\gamma^{-2/L}` (rich).

    Args:
        gamma: output scale, any shape.
        depth: L.
        loss: ``"mse"`` or ``"cross_entropy"``.

    Example:
        >>> float(sharpness(1.0, depth=2))
        8.0
    """
    gamma, depth = _arguments(gamma, depth)
    _, bend = _error(np.ones(()), loss)
    return bend * depth**2 * (1 + gamma) ** (2 - 2 / depth) / gamma**2


def largest_rate(gamma: ArrayLike, *, depth: int, loss: str = "mse") -> Result:
    r"""Two over the sharpness: above this rate descent cannot rest at the minimum.

    For the squared loss it is the largest rate that converges. With cross-entropy descent stays bounded above
    it and cycles around the minimum.

    Example:
        >>> float(largest_rate(1.0, depth=2))
        0.25
    """
    return 2 / sharpness(gamma, depth=depth, loss=loss)


def saddle(*, depth: int) -> float:
    """The output scale L/(L - 1) above which the start is a saddle: the curvature is negative (squared loss).

    Example:
        >>> saddle(depth=3)
        1.5
    """
    require(depth > 1, "depth", depth, "an integer > 1", "With one layer the loss is a parabola.")
    return depth / (depth - 1)


def escape_time(gamma: ArrayLike, *, depth: int, reached: float = 0.5, loss: str = "mse") -> Result:
    r"""The time :math:`\eta t` at which gradient flow reaches an output, from :math:`f=0`.

    It is :math:`\int\mathrm df\,\gamma^2/(-\ell'(f)\,L^2w^{2L-2})`; at large :math:`\gamma` the plateau
    dominates it, :math:`\gamma/(L(L-2))` for L > 2 and :math:`\frac14\gamma\ln\gamma` for L = 2. Divided by
    the number of steps it is the smallest rate that learns in them.

    Args:
        gamma: output scale, any shape.
        depth: L.
        reached: the output, between 0 and the target 1.
        loss: ``"mse"`` or ``"cross_entropy"``.

    Returns:
        The time, shape of ``gamma``; by Gauss-Legendre quadrature in :math:`\ln w`, exact to 1e-8.

    Raises:
        ValueError: an output outside (0, 1).

    Example:
        >>> round(float(escape_time(1e9, depth=3)) / 1e9 * 3, 2)
        1.0
    """
    gamma, depth = _arguments(gamma, depth)
    require(0 < reached < 1, "reached", reached, "a number in (0, 1)", "The flow starts at 0 and ends at 1.")
    nodes, weights = roots_legendre(200)
    span = np.log1p(gamma * reached)[..., None] / depth
    logarithm = span * (nodes + 1) / 2
    inside = np.expm1(depth * logarithm) / gamma[..., None]
    speed = -_error(inside, loss)[0] * depth * np.exp((depth - 2) * logarithm) / gamma[..., None]
    return (span / 2 * weights / speed).sum(axis=-1)


def smallest_rate(
    gamma: ArrayLike, *, depth: int, steps: float, reached: float = 0.5, loss: str = "mse"
) -> Result:
    r"""The rate at which descent in small steps reaches an output in a number of steps.

    It goes as :math:`\gamma^2/T` (lazy) and :math:`\gamma/T` (rich), up to a logarithm for L = 2.

    Args:
        gamma: output scale, any shape.
        depth: L.
        steps: T.
        reached: the output, as in :func:`escape_time`.
        loss: ``"mse"`` or ``"cross_entropy"``.

    Example:
        >>> bool(smallest_rate(10.0, depth=3, steps=100) < largest_rate(10.0, depth=3))
        True
    """
    positive("steps", steps, "Pass the number of steps of the budget.")
    return escape_time(gamma, depth=depth, reached=reached, loss=loss) / steps


def _arguments(gamma, depth):
    gamma = positive("gamma", gamma, "Pass the output scale.")
    require(np.isfinite(gamma), "gamma", gamma, "a finite number", "Pass a large output scale for the limit.")
    whole = depth == int(depth) and depth >= 1
    require(whole, "depth", depth, "an integer >= 1", "It counts the layers.")
    return gamma, int(depth)


def _error(outputs, loss):
    """First and second derivative of the loss in the output."""
    require(loss in _LOSSES, "loss", loss, " or ".join(_LOSSES), "Pick one of them.")
    if loss == "mse":
        return outputs - 1, np.ones_like(outputs)
    probability = 1 / (1 + np.exp(-outputs))
    return probability - LABEL, probability * (1 - probability)
