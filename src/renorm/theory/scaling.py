"""Exponents of the learning curve of ridge regression on power-law features, and the regime that dominates.

Eigenvalues :math:`\\lambda_k \\sim k^{-\\alpha}` (capacity :math:`\\alpha > 1`), target
:math:`\\lambda_k w_k^2 \\sim k^{-(2\\alpha r+1)}` (source :math:`r > 0`), ridge :math:`P^{-l}`, width
:math:`N = P^{\\nu}`. Each contribution to the test error falls like :math:`P^{-\\text{exponent}}` and the
slowest dominates (arXiv 2405.00592, scaling laws of ridge regression and of linear random features).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped
from numpy.typing import ArrayLike

from renorm.theory._risk import Result, broadcast
from renorm.theory._validate import numbers, require


@dataclass(frozen=True)
class Exponent:
    """Which power of the number of samples the test error falls with, and why.

    ``terms`` holds the exponent of each contribution: ``signal`` (bias and the variance that follows it),
    ``width`` (bias of too few features), ``features`` (variance over features) and, with label noise,
    ``noise``.
    """

    test: Result
    regime: Shaped[np.ndarray, "..."] | str
    terms: dict[str, Result]


def exponent(
    capacity: float,
    source: float,
    *,
    ridge_decay: ArrayLike = np.inf,
    width_growth: ArrayLike = np.inf,
    weight_decay: float = 1.0,
    noisy: bool = False,
) -> Exponent:
    """Exponent of the test error in the number of samples; ``ridge_decay`` and ``width_growth`` broadcast.

    Args:
        capacity: :math:`\\alpha > 1`.
        source: :math:`r > 0`.
        ridge_decay: :math:`l \\ge 0` of the ridge :math:`P^{-l}`; infinite without ridge.
        width_growth: :math:`\\nu \\ge 0` of the width :math:`N = P^\\nu`; infinite for plain ridge
            regression.
        weight_decay: :math:`c`, power of 1/N that multiplies the variance over features; 1 for isotropic
            features.
        noisy: whether the labels carry noise of fixed variance.

    Returns:
        The exponent and the name of the dominant regime: ``"signal, source"``, ``"signal, capacity"``,
        ``"ridge, source"``, ``"ridge, capacity"``, ``"width, source"``, ``"width, capacity"``,
        ``"features"``, ``"features, ridge"``, ``"noise plateau"``, ``"noise, ridge"`` or ``"noise, width"``.
        Where two tie, the first in this order.

    Raises:
        ValueError: for a capacity, source, decay or growth outside its range.

    Example:
        >>> e = exponent(2.0, 0.8, ridge_decay=[1.0, 3.0])
        >>> e.test, e.regime.tolist()
        (array([1.6, 3.2]), ['ridge, source', 'signal, source'])
    """
    decay, growth = broadcast(ridge_decay=ridge_decay, width_growth=width_growth)
    _check(capacity, source, decay, growth, weight_decay)
    renormalised = np.minimum(decay, capacity)  # kappa ~ P^-renormalised
    finite = np.isfinite(growth)
    width = np.where(finite, growth, 0.0)
    terms = {
        "signal": 2 * renormalised * min(source, 1.0),
        "width": 2 * capacity * growth * min(source, 0.5),
        "features": np.where(
            finite, renormalised * (1 - weight_decay / capacity) + weight_decay * width, np.inf
        ),
    }
    ridged, hardness = decay < capacity, "source" if source < 1 else "capacity"
    names = {
        "signal": np.where(ridged, f"ridge, {hardness}", f"signal, {hardness}"),
        "width": np.full(decay.shape, "width, source" if source < 0.5 else "width, capacity"),
        "features": np.where(ridged, "features, ridge", "features"),
    }
    if noisy:
        mitigation = np.minimum(decay / capacity, growth)
        terms["noise"] = 1 - np.minimum(1.0, mitigation)
        by_ridge = np.where(decay / capacity <= growth, "noise, ridge", "noise, width")
        names["noise"] = np.where(mitigation >= 1, "noise plateau", by_ridge)
    exponents = np.array(list(terms.values()))
    slowest = np.argmin(exponents, axis=0)[None]
    regime = np.take_along_axis(np.array(list(names.values())), slowest, axis=0)[0]
    return Exponent(exponents.min(axis=0), regime, {name: term[()] for name, term in terms.items()})


def _check(capacity, source, decay, growth, weight_decay):
    finite = 1 < capacity < np.inf
    require(finite, "capacity", capacity, "a finite number > 1", "The trace of the spectrum must be finite.")
    finite = 0 < source < np.inf
    require(finite, "source", source, "a finite number > 0", "The target must have finite power.")
    weight_decay = numbers("weight_decay", weight_decay)
    for name, value in (("ridge_decay", decay), ("width_growth", growth), ("weight_decay", weight_decay)):
        require(value >= 0, name, value, "a number >= 0", "Pass inf for no ridge or infinite width.")
