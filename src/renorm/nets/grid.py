"""A grid of runs over width, gamma, rate and seed, as one labelled data set."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from typing import Any

import jax
import numpy as np
import xarray as xr
from jax.sharding import Mesh, PartitionSpec
from numpy.typing import ArrayLike

import renorm
from renorm.nets.data import Batches
from renorm.nets.models import Network
from renorm.nets.numerics import named_key, needs_double, precision
from renorm.nets.train import Recipe, State, check_times, compiled, simulate

DIMS = ("width", "gamma", "rate", "seed")


@partial(jax.jit, static_argnums=(0, 1, 2, 3, 4))
def _together(network, recipe, steps, observe, times, start, batches, gammas, rates):
    """Runs that share weights at the start and batches, side by side; their final states are dropped.

    All local devices take equal shares of the runs; what the runs share is on each of them.
    """

    def one(start, batches, gamma, rate):
        return simulate(network, recipe, steps, observe, times, start, batches, gamma, rate)[1:]

    devices = Mesh(jax.local_devices(), ("runs",))
    shared, split = PartitionSpec(), PartitionSpec("runs")
    specs = {"in_specs": (shared, shared, split, split), "out_specs": split, "check_vma": False}
    some = jax.vmap(one, in_axes=(None, None, 0, 0))
    return jax.shard_map(some, mesh=devices, **specs)(start, batches, gammas, rates)


def _run_chunks(static, start, batches, gammas, rates, chunk):
    """All (gamma, rate) pairs of one network, seed and precision, ``chunk`` at a time, stacked in order."""
    if chunk == 1:
        parts = [compiled(*static, start, batches, g, r)[1:] for g, r in zip(gammas, rates, strict=True)]
        return jax.tree.map(lambda *leaves: np.stack(leaves), *jax.device_get(parts))
    chunk = -(-chunk // jax.local_device_count()) * jax.local_device_count()
    # The last chunk is filled up with copies of its first run: one shape, one compilation.
    index = np.arange(-(-len(gammas) // chunk) * chunk)
    index = np.where(index < len(gammas), index, index // chunk * chunk).reshape(-1, chunk)
    parts = [_together(*static, start, batches, gammas[i], rates[i]) for i in index]
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[: len(gammas)], *jax.device_get(parts))


def _one_network(static, seed, batches, gammas, rates, chunk):
    """All pairs of one network and seed, float32 and float64 runs apart, merged as (gammas, rates, ...)."""
    network = static[0]
    double = np.array([needs_double(gamma) for gamma in gammas])
    filled: Any = None
    for rows in (np.flatnonzero(double), np.flatnonzero(~double)):
        if not len(rows):
            continue
        with precision(gammas[rows[0]]):
            start = network.init(named_key(seed, "weights"))
            dtype = start["readout"].dtype
            pairs = np.broadcast_to(np.asarray(gammas)[rows, None], rates[rows].shape), rates[rows]
            flat = [np.asarray(x, dtype).reshape(-1) for x in pairs]
            part = _run_chunks(static, start, batches, *flat, min(chunk, len(flat[0])))
        part = jax.tree.map(lambda x, rows=rows: x.reshape(len(rows), -1, *x.shape[1:]), part)
        if filled is None:
            filled = jax.tree.map(lambda x: np.empty((len(gammas), *x.shape[1:]), x.dtype), part)
        jax.tree.map(lambda whole, x, rows=rows: whole.__setitem__(rows, x), filled, part)
    return filled


def provenance(**settings: Any) -> dict[str, str]:
    """What a data set says of its origin: settings, versions, device and arithmetic; no dates.

    Example:
        >>> provenance(seed=0)["seed"]
        '0'
    """
    device = jax.devices()[0]
    return {name: str(value) for name, value in settings.items()} | {
        "renorm": renorm.__version__,
        "jax": jax.__version__,
        "device": f"{device.platform} ({device.device_kind})",
        "precision": "float32 products in full; float64 for gamma < 1e-2"
        + (" and everywhere else" if jax.config.jax_enable_x64 else ""),
    }


def sweep(
    build: Callable[[int], Network],
    data: Callable[[int], Batches],
    *,
    widths: Sequence[int],
    rates: ArrayLike,
    gammas: Sequence[float] = (1.0,),
    seeds: Sequence[int] = (0,),
    steps: int | None = None,
    recipe: Recipe | None = None,
    observe: Callable[[Network], Callable[[State], dict[str, Any]]] | None = None,
    observe_at: Sequence[int] = (),
    chunk: int | None = None,
) -> xr.Dataset:
    """Train every combination of width, gamma, rate and seed.

    A seed is one set of initial weights and one order of the data, shared by all gammas and rates. Gamma and
    rate are traced: one compilation a width, and one more where gamma < 1e-2, which runs in float64.

    Args:
        build: the network of a width, such as ``lambda n: MLP(inputs=64, width=n)``.
        data: the batches of a seed, such as ``lambda seed: data.digits(seed, steps=400)``.
        widths: the widths.
        rates: learning rates, (rates,) for a rectangle or (gammas, rates) for other rates at each gamma.
        gammas: output scales.
        seeds: of weights and data.
        steps: default one pass over the batches.
        recipe: loss and optimiser.
        observe: for a network, a function of the :class:`~renorm.nets.train.State` that returns named arrays.
        observe_at: steps of the observations, 0 = before any update.
        chunk: runs trained side by side; the default on a CPU is 4 up to width 64 and 1 beyond, the fastest
            there, and on a GPU all runs of a seed. A chunk of several runs is spread over all local devices,
            filled up with copies to equal shares. A run gives the same curve in any chunk to rounding, which
            large rates amplify.

    Returns:
        A data set with dimensions ``width, gamma, rate, seed`` and variables ``loss`` (also ``step``),
        ``diverged`` (first bad step, -1 if none) and each observation (also ``observed`` and its own
        dimensions); rates are the coordinate ``learning_rate`` over the integer dimension ``rate``. Origin
        in its attributes.

    Raises:
        ValueError: rates of a wrong shape, or gammas or rates that are not positive.

    Example:
        >>> from renorm.nets import MLP, data
        >>> found = sweep(
        ...     lambda n: MLP(inputs=64, width=n, outputs=10),
        ...     lambda seed: data.digits(seed, steps=20, batch=16),
        ...     widths=[16, 32], rates=[0.1, 0.3],
        ... )
        >>> dict(found.loss.sizes)
        {'width': 2, 'gamma': 1, 'rate': 2, 'seed': 1, 'step': 20}
    """
    gammas, given = [float(gamma) for gamma in gammas], np.asarray(rates, float)
    table = _rate_table(gammas, given)
    recipe = recipe or Recipe()
    batches = {seed: data(seed) for seed in seeds}
    steps = len(batches[seeds[0]].inputs) if steps is None else steps
    times = check_times(steps, observe_at)
    parts = {}
    for width in widths:
        network = build(width)
        static = (network, recipe, steps, observe and observe(network), times)
        for seed in seeds:
            size = chunk or _default_chunk(width, table.size)
            parts[width, seed] = _one_network(static, seed, batches[seed], gammas, table, size)
    cells = [parts[key] for key in product(widths, seeds)]
    losses, diverged, observed = zip(*cells, strict=True)
    named = {"loss": (losses, ("step",)), "diverged": (diverged, ())}
    for name in observed[0] or {}:
        values = [cell[name] for cell in observed]
        named[name] = (values, ("observed", *(f"{name}_{i}" for i in range(values[0].ndim - 3))))
    shape = (len(widths), len(seeds))
    variables = {name: ((*DIMS, *own), _stack(name, values, shape)) for name, (values, own) in named.items()}
    coordinates = {"width": list(widths), "gamma": gammas, "seed": list(seeds), "observed": list(times)}
    coordinates["learning_rate"] = (("rate",) if given.ndim == 1 else ("gamma", "rate"), given)
    origin = provenance(network=repr(network), recipe=recipe, steps=steps, chunk=chunk or "default")
    return xr.Dataset(variables, coordinates, origin)


def _stack(name, cells, shape):
    """Arrays (gammas, rates, ...) of each width and seed as one (widths, gammas, rates, seeds, ...)."""
    shapes = {cell.shape for cell in cells}
    if len(shapes) > 1:
        raise ValueError(
            f"observe gives {name!r} in shapes {sorted(shapes)}; reduce it to one for all widths"
        )
    return np.moveaxis(np.stack(cells).reshape(*shape, *cells[0].shape), 1, 3)


def _default_chunk(width, runs):
    """A few small networks fill a core's cache, a large one fills it alone; a GPU takes all."""
    if jax.default_backend() != "cpu":
        return runs
    return 4 if width <= 64 else 1


def _rate_table(gammas, rates):
    """Rates as (gammas, rates)."""
    if rates.ndim not in (1, 2) or (rates.ndim == 2 and len(rates) != len(gammas)):
        raise ValueError(
            f"rates has shape {rates.shape}; give (rates,) or ({len(gammas)}, rates), a row for each gamma"
        )
    if not (np.all(rates > 0) and min(gammas) > 0):
        raise ValueError(f"gammas={gammas} and rates={rates} must be positive")
    return np.broadcast_to(rates, (len(gammas), rates.shape[-1]))


def power_law_fit(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """Exponent of y against x and its standard error, by least squares in logarithms.

    Args:
        x: (n,), positive; n at least 3.
        y: (n,), positive.

    Raises:
        ValueError: fewer than three points or values that are not positive and finite.

    Example:
        >>> round(power_law_fit([1, 2, 4], [3, 12, 48])[0], 6)
        2.0
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    good = np.isfinite(x) & np.isfinite(y) & (x > 0) & (y > 0)
    if len(x) < 3 or not good.all():
        raise ValueError(
            f"x={x} and y={y}: a fit with an error needs three points or more, all positive and finite"
        )
    u, v = np.log(x) - np.log(x).mean(), np.log(y) - np.log(y).mean()
    slope = (u @ v) / (u @ u)
    return float(slope), float(np.sqrt(np.sum((v - slope * u) ** 2) / (len(x) - 2) / (u @ u)))
