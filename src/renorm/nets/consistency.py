"""How far networks of different widths are from each other, with an error on every statement."""

from collections.abc import Callable, Mapping

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

Group = Float[np.ndarray, "seeds ..."]


def jackknife(
    statistic: Callable[[dict[int, Group]], ArrayLike], groups: Mapping[int, Group]
) -> tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."]]:
    """A statistic of several independent samples, and its standard error by leaving out one member at a time.

    The samples may differ in size; the statistic may be anything smooth, of any shape. For whether one number
    exceeds another, let it return their difference: the errors of the two are correlated.

    Args:
        statistic: of a dictionary like ``groups``.
        groups: by name (a width), (seeds, ...), at least two seeds.

    Returns:
        The statistic of everything and its standard error, of one shape.

    Raises:
        ValueError: a group of fewer than two.

    Example:
        >>> groups = {4: np.array([1.0, 3.0]), 8: np.ones(5)}
        >>> value, error = jackknife(lambda g: g[8].mean() - g[4].mean(), groups)
        >>> float(value), float(error)
        (-1.0, 1.0)
    """
    groups = {name: np.asarray(members) for name, members in groups.items()}
    variance = 0.0
    for name, members in groups.items():
        count = len(members)
        if count < 2:
            raise ValueError(f"group {name} has {count} members; an error needs at least two")
        left = np.array([statistic({**groups, name: np.delete(members, i, 0)}) for i in range(count)])
        variance = variance + (count - 1) * left.var(axis=0)
    return np.asarray(statistic(groups)), np.asarray(np.sqrt(variance))


def smooth(losses: Float[np.ndarray, "... steps"], *, window: float = 0.05) -> Float[np.ndarray, "... kept"]:
    """Moving averages over a fraction of the steps; only those that fit.

    Args:
        losses: (..., steps).
        window: fraction of the steps.

    Example:
        >>> smooth(np.arange(8.0), window=0.25).tolist()
        [0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5]
    """
    losses = np.asarray(losses, float)
    size = max(1, round(window * losses.shape[-1]))
    total = np.concatenate([np.zeros((*losses.shape[:-1], 1)), losses.cumsum(axis=-1)], axis=-1)
    return (total[..., size:] - total[..., :-size]) / size


def loss_gap(
    losses: Mapping[int, Group], *, window: float = 0.05, part: float = 1.0
) -> Float[np.ndarray, " widths"]:
    r"""The largest relative gap of mean loss curves to that of the widest network.

    :math:`\max_t|L_N(t)/L_{N_{max}}(t)-1|` of the curves averaged over seeds and smoothed. All runs must see
    the same data in the same order, or the gap is that of the data.

    Args:
        losses: by width, (seeds, steps).
        window: of the average over steps, as a fraction of them.
        part: how much of the run counts, from its start.

    Returns:
        A gap for each width but the widest, narrowest first.

    Example:
        >>> loss_gap({4: np.full((3, 40), 1.5), 8: np.full((2, 40), 1.25), 16: np.ones((1, 40))}).tolist()
        [0.5, 0.25]
    """
    curves = {width: smooth(np.mean(losses[width], axis=0), window=window) for width in sorted(losses)}
    *narrow, widest = curves.values()
    kept = max(1, round(part * len(widest)))
    return np.array([np.abs(curve[:kept] / widest[:kept] - 1).max() for curve in narrow])


def gap_exponent(widths: ArrayLike, gaps: ArrayLike, *, widest: float) -> float:
    r"""The x of gaps that fall as :math:`N^{-x}-N_{max}^{-x}`, by least squares in logarithms.

    If the distance to infinite width falls as :math:`N^{-x}`, the distance to a network that is itself finite
    falls faster, and a straight line through it overstates x.

    Args:
        widths: (n,), below ``widest``.
        gaps: (n,), positive.
        widest: the width that the gaps are to.

    Raises:
        ValueError: a width that is not below ``widest``.

    Example:
        >>> n = np.array([32.0, 64.0, 128.0])
        >>> round(gap_exponent(n, 3 * (1 / n - 1 / 256), widest=256), 3)
        1.0
    """
    widths, gaps = np.asarray(widths, float), np.asarray(gaps, float)
    if not (widths < widest).all():
        raise ValueError(f"widths={widths} must all be below widest={widest}, whose own gap is zero")

    def misfit(exponent):
        return np.var(np.log(gaps) - np.log(widths**-exponent - float(widest) ** -exponent))

    return float(minimize_scalar(misfit, bounds=(0.02, 4.0), method="bounded").x)
