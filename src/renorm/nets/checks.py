"""Two checks of a parametrisation: activations that move alike at every width, and rates that transfer."""

from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np
import xarray as xr
from numpy.typing import ArrayLike

from renorm.nets.data import Batches
from renorm.nets.grid import power_law_fit, sweep
from renorm.nets.models import Network
from renorm.nets.train import Recipe


def _movement(inputs):
    """For a network, an observer of the root mean square change of every layer's preactivations."""

    def of(network: Network):
        def observe(state):
            (_, now), (_, then) = (network.trace(p, inputs) for p in (state.params, state.start))
            return {name: jnp.sqrt(jnp.mean((now[name][1] - then[name][1]) ** 2)) for name in now}

        return observe

    return of


def coordinate_check(
    build: Callable[[int], Network],
    data: Callable[[int], Batches],
    *,
    widths: Sequence[int],
    rate: float,
    gamma: float = 1.0,
    steps: int = 5,
    seeds: Sequence[int] = (0, 1, 2, 3),
    recipe: Recipe | None = None,
) -> xr.Dataset:
    """How far a few steps move every preactivation, as a power of the width.

    In muP the hidden layers move alike at every width (slope 0); in NTK form they freeze (-1/2); in standard
    form at a fixed rate they blow up (> 0). The movement is measured on the first batch of
    the first seed.

    Args:
        build: the network of a width.
        data: the batches of a seed.
        widths: three or more.
        rate: the same global rate at each width.
        gamma: output scale.
        steps: updates before looking.
        seeds: of weights and data; the standard errors are over them.
        recipe: loss and optimiser.

    Returns:
        ``movement`` (layer, width, seed) and, fitted in logarithms for each seed and averaged, ``slope``
        (layer) with ``slope_error`` (NaN for one seed).

    Raises:
        ValueError: fewer than three widths, or a movement that is not finite: lower the rate.

    Example:
        >>> from renorm.nets import MLP, data
        >>> found = coordinate_check(
        ...     lambda n: MLP(inputs=64, width=n, outputs=10), lambda s: data.digits(s, steps=5, batch=16),
        ...     widths=[32, 64, 128], rate=0.3,
        ... )
        >>> bool(abs(found.slope.sel(layer="hidden1")) < 0.3)
        True

    Source: arXiv 2203.03466, appendix D.1.
    """
    found = sweep(
        build,
        data,
        widths=widths,
        rates=[rate],
        gammas=[gamma],
        seeds=seeds,
        steps=steps,
        recipe=recipe,
        observe=_movement(data(seeds[0]).inputs[0]),
        observe_at=[steps],
    )
    moved = found.isel(gamma=0, rate=0, observed=0, drop=True).drop_vars(["loss", "diverged"])
    movement = moved.to_dataarray("layer").transpose("layer", "width", "seed")
    slopes = np.array([[power_law_fit(widths, seed)[0] for seed in layer.T] for layer in movement.values])
    fits = {"slope": ("layer", slopes.mean(axis=1)), "slope_error": ("layer", _standard_error(slopes))}
    return xr.Dataset(
        {"movement": movement, **fits}, attrs=found.attrs | {"rate": str(rate), "gamma": str(gamma)}
    )


def _standard_error(samples):
    """Of the mean over the last axis; NaN for one sample."""
    count = samples.shape[-1]
    return samples.std(axis=-1, ddof=1) / np.sqrt(count) if count > 1 else np.full(samples.shape[:-1], np.nan)


def transfer_check(
    build: Callable[[int], Network],
    data: Callable[[int], Batches],
    *,
    widths: Sequence[int],
    rates: ArrayLike,
    gamma: float = 1.0,
    steps: int | None = None,
    seeds: Sequence[int] = (0, 1, 2, 3),
    recipe: Recipe | None = None,
    window: float = 0.1,
) -> xr.Dataset:
    """Which rate is best at each width, and whether it stays so.

    A coordinate check can pass where transfer fails.

    The score of a run is its mean loss over the last ``window`` of the steps, infinite if it diverged. The
    best rate of a width and seed is the vertex of the parabola through the logarithms around the best rate
    of the grid.

    Args:
        build: the network of a width.
        data: the batches of a seed.
        widths: three or more.
        rates: the grid, increasing by a constant factor.
        gamma: output scale.
        steps: default one pass.
        seeds: of weights and data; the standard errors are over them.
        recipe: loss and optimiser.
        window: fraction of the steps, above 0, at most 1.

    Returns:
        ``score`` (width, rate, seed), ``best`` (width, seed), ``at_edge`` (width, seed: the best rate is the
        grid's first or last), and the ``drift``, the exponent of the best rate against width, with
        ``drift_error``.

    Raises:
        ValueError: a window outside (0, 1], or a width and seed all of whose runs diverged.

    Source: arXiv 2203.03466; the warning is microsoft/mup's issues 22 and 23.
    """
    if not 0 < window <= 1:
        raise ValueError(f"window={window} is a fraction of the steps, above 0 and at most 1")
    found = sweep(
        build, data, widths=widths, rates=rates, gammas=[gamma], seeds=seeds, steps=steps, recipe=recipe
    )
    found = found.isel(gamma=0)
    last = max(1, round(window * found.sizes["step"]))
    score = found.loss.isel(step=slice(-last, None)).mean("step").where(found.diverged < 0, np.inf)
    return best_rates(score, rates).assign_attrs(found.attrs | {"window": str(window)})


def best_rates(score: xr.DataArray, rates: ArrayLike) -> xr.Dataset:
    """The best rate at each width, and how it drifts: the second half of :func:`transfer_check`.

    Args:
        score: of every run, with the dimensions width, rate and seed; infinite where it diverged.
        rates: the grid.

    Returns:
        As :func:`transfer_check`.

    Raises:
        ValueError: a width and seed all of whose runs diverged.

    Example:
        >>> rates = np.geomspace(0.01, 1, 9)
        >>> bowls = [np.exp(np.log(rates * np.sqrt(n)) ** 2) for n in (16, 64, 256)]
        >>> score = xr.DataArray([bowls], dims=("seed", "width", "rate"), coords={"width": [16, 64, 256]})
        >>> round(float(best_rates(score, rates).drift), 2)
        -0.5
    """
    if not np.isfinite(score).any("rate").all():
        raise ValueError(f"rates={list(rates)}: every run of a width and seed diverged; lower the rates")
    arranged = score.transpose("width", "seed", "rate").values
    best = np.array([[_vertex(np.asarray(rates), s) for s in row] for row in arranged])
    place = arranged.argmin(-1)
    drifts = np.array([power_law_fit(score.width, column)[0] for column in best.T])
    return xr.Dataset(
        {
            "score": score,
            "best": (("width", "seed"), best),
            "at_edge": (("width", "seed"), (place == 0) | (place == len(rates) - 1)),
            "drift": drifts.mean(),
            "drift_error": _standard_error(drifts),
        }
    )


def _vertex(rates, scores):
    """The rate at the vertex of the parabola through the three best neighbours in log rate."""
    i = int(np.argmin(scores))
    if i in (0, len(rates) - 1) or not np.isfinite(scores[i - 1 : i + 2]).all():
        return rates[i]
    below, here, above = np.log(scores[i - 1 : i + 2])
    offset = 0.5 * (below - above) / (below - 2 * here + above)
    return rates[i] * np.sqrt(rates[i + 1] / rates[i - 1]) ** offset
