"""When a recorded curve passes a level, when it settles, and what another curve reads at such a time."""

import numpy as np
from jaxtyping import Shaped
from numpy.typing import ArrayLike


def first_time(times: ArrayLike, curve: ArrayLike, level: ArrayLike) -> Shaped[np.ndarray, "..."]:
    """The first time at which a curve is past a level, on straight lines between its points.

    A curve that begins below the level has to rise to it, one that begins above has to fall to it.

    Args:
        times: (..., T), increasing.
        curve: (..., T), its values; leading axes are runs.
        level: (...), what is passed.

    Returns:
        (...), infinite where the level is not reached.

    Example:
        >>> float(first_time([0.0, 1.0, 2.0], [0.0, 1.0, 4.0], 2.5))
        1.5
    """
    times, curve = np.broadcast_arrays(np.asarray(times, float), np.asarray(curve, float))
    level = np.broadcast_to(np.asarray(level, float), curve.shape[:-1])[..., None]
    past = (curve - level) * np.where(curve[..., :1] < level, 1, -1)
    after = np.argmax(past >= 0, axis=-1)[..., None]
    before = np.maximum(after - 1, 0)
    (t0, g0), (t1, g1) = (
        (np.take_along_axis(times, index, -1)[..., 0], np.take_along_axis(past, index, -1)[..., 0])
        for index in (before, after)
    )
    share = np.where(g1 > g0, -g0 / np.where(g1 > g0, g1 - g0, 1), 0)
    return np.where((past >= 0).any(axis=-1), t0 + share * (t1 - t0), np.inf)


def settling_time(times: ArrayLike, curve: ArrayLike, margin: float) -> Shaped[np.ndarray, "..."] | float:
    """The last time at which a curve lies more than a share of its final value away from it; 0 if never.

    Args:
        times: (..., T), increasing from 0.
        curve: (..., T).
        margin: the share, 0.1 for a tenth.

    Example:
        >>> float(settling_time([0.0, 1.0, 2.0, 3.0], [0.0, 2.0, 1.0, 1.0], 0.1))
        1.0
    """
    times, curve = np.broadcast_arrays(np.asarray(times, float), np.asarray(curve, float))
    outside = np.abs(curve - curve[..., -1:]) > margin * np.abs(curve[..., -1:])
    return np.where(outside, times, 0.0).max(axis=-1)


def reading(times: ArrayLike, curve: ArrayLike, when: ArrayLike) -> Shaped[np.ndarray, "..."]:
    """What a curve, or a curve of arrays, reads at a time, on straight lines between its points.

    Args:
        times: (..., T), increasing.
        curve: (..., T) and any further axes.
        when: (...), one time a run, within ``times``.

    Returns:
        (...) and the further axes.

    Raises:
        ValueError: a time outside of the record.

    Example:
        >>> reading([0.0, 1.0], [[0.0, 0.0], [2.0, 4.0]], 0.5).tolist()
        [1.0, 2.0]
    """
    curve, when = np.asarray(curve), np.asarray(when, float)
    times = np.broadcast_to(np.asarray(times, float), curve.shape[: when.ndim + 1])
    if not ((when >= times[..., 0]) & (when <= times[..., -1])).all():
        raise ValueError(f"when={when} lies outside the times recorded; follow the runs for longer")
    rest = (...,) + (curve.ndim - when.ndim - 1) * (None,)
    after = np.clip((times < when[..., None]).sum(axis=-1), 1, times.shape[-1] - 1)[..., None]
    (t0, c0), (t1, c1) = (
        (np.take_along_axis(times, i, -1)[..., 0], np.take_along_axis(curve, i[rest], when.ndim))
        for i in (after - 1, after)
    )
    share = ((when - t0) / (t1 - t0))[rest]
    return c0.squeeze(when.ndim) + share * (c1 - c0).squeeze(when.ndim)
