r"""Training as one compiled scan over steps, with everything that is swept traced: one compilation a shape.

The network's output is :math:`f = (\tilde f(\theta) - \tilde f(\theta_0))/\gamma`; the losses are
:math:`\frac1{2B}\sum|f-y|^2` (so that full-batch descent is unstable when eta times the sharpness exceeds 2)
and the mean cross-entropy; each layer moves at its parametrisation's rate times eta.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Num

from renorm.nets.data import Batches
from renorm.nets.models import AnyArray, Network, Params
from renorm.nets.numerics import named_key, precision


@dataclass(frozen=True)
class Recipe:
    """What is minimised and how; rate and output scale are arguments of the run.

    Attributes:
        loss: ``"mse"`` (half the squared error, summed over outputs) or ``"cross_entropy"``.
        optimizer: ``"sgd"``, ``"momentum"`` (heavy ball) or ``"adam"``.
        momentum: of the heavy ball.
        blowup: a loss above this many times the first, or not finite, is a divergence.

    Raises:
        ValueError: unknown loss or optimiser.
    """

    loss: str = "mse"
    optimizer: str = "sgd"
    momentum: float = 0.9
    blowup: float = 1e6

    def __post_init__(self):
        for name, allowed in (("loss", ("mse", "cross_entropy")), ("optimizer", ("sgd", "momentum", "adam"))):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"{name}={getattr(self, name)!r} is unknown; choose one of {', '.join(allowed)}"
                )

    def transformation(self, network: Network, rate: Float[Array, ""]) -> optax.GradientTransformation:
        """The optax transformation with a rate a layer; ``rate`` may be traced."""
        rates = network.rates(self.optimizer)
        direction = {
            "sgd": optax.identity,
            "momentum": partial(optax.trace, decay=self.momentum),
            "adam": optax.scale_by_adam,
        }[self.optimizer]()
        layerwise = optax.stateless(lambda updates, _: {k: -rates[k] * rate * u for k, u in updates.items()})
        return optax.chain(direction, layerwise)


class State(NamedTuple):
    """A network in the course of training; what an observer is given.

    Attributes:
        params: the weights now.
        start: the weights at initialisation.
        gamma: the output scale.
    """

    params: Params
    start: Params
    gamma: Any


class Run(NamedTuple):
    """One training run.

    Attributes:
        state: after the last step.
        losses: (steps,), of each batch before the step on it.
        diverged: first step whose loss was not finite or blew up; -1 if none. The losses are kept.
        observed: what the observer returned, stacked over ``observe_at``; None without an observer.
    """

    state: State
    losses: Float[Array, " steps"]
    diverged: Any
    observed: Any


@partial(jax.jit, static_argnums=0)
def output(network: Network, state: State, inputs: Num[AnyArray, "batch ..."]) -> Float[Array, "batch ..."]:
    """The network's output: centred unless its parametrisation says otherwise, divided by gamma."""
    raw = network.apply(state.params, inputs)
    if network.parametrization.centred:
        raw = raw - network.apply(state.start, inputs)
    return raw / state.gamma


@partial(jax.jit, static_argnums=(0, 1))
def loss(
    network: Network, recipe: Recipe, state: State, batch: tuple[AnyArray, AnyArray]
) -> Float[Array, ""]:
    """The loss on one batch (inputs, targets)."""
    inputs, targets = batch
    outputs = output(network, state, inputs)
    if recipe.loss == "cross_entropy":
        return optax.softmax_cross_entropy_with_integer_labels(outputs, targets).mean()
    return 0.5 * jnp.mean(jnp.sum((outputs - targets) ** 2, axis=-1))


def _select(batches, index, dtype):
    """Batch ``index``, its real arrays in the precision of the run."""

    def take(array):
        chosen = array[index]
        return chosen.astype(dtype) if jnp.issubdtype(array.dtype, jnp.floating) else chosen

    return tuple(take(array) for array in batches)


def simulate(
    network: Network,
    recipe: Recipe,
    steps: int,
    observe: Callable[[State], Any] | None,
    observe_at: tuple[int, ...],
    start: Params,
    batches: Batches,
    gamma: Float[Array, ""],
    rate: Float[Array, ""],
) -> Run:
    """The pure function behind :func:`run` and :func:`renorm.nets.grid.sweep`; the first five are static."""
    dtype = jax.tree.leaves(start)[0].dtype
    gamma, rate = (jnp.asarray(x, dtype) for x in (gamma, rate))
    optimizer = recipe.transformation(network, rate)
    times = jnp.asarray(observe_at, jnp.int32)

    def record(buffer, params, step):
        """Write an observation into its rows, on the steps that are observed only."""
        if observe is None:
            return buffer

        def write(buffer):
            seen, rows = observe(State(params, start, gamma)), times == step
            return jax.tree.map(
                lambda b, s: jnp.where(rows.reshape(-1, *s.ndim * [1]), s[None], b), buffer, seen
            )

        return jax.lax.cond(jnp.any(times == step), write, lambda buffer: buffer, buffer)

    def step(carry, index):
        params, memory, buffer = carry
        buffer = record(buffer, params, index)
        batch = _select(batches, index % len(batches.inputs), dtype)
        value, slope = jax.value_and_grad(lambda p: loss(network, recipe, State(p, start, gamma), batch))(
            params
        )
        updates, memory = optimizer.update(slope, memory)
        return (optax.apply_updates(params, updates), memory, buffer), value

    empty = None
    if observe is not None:
        shapes = jax.eval_shape(lambda p: jax.tree.map(jnp.asarray, observe(State(p, start, gamma))), start)
        empty = jax.tree.map(lambda s: jnp.zeros((len(observe_at), *s.shape), s.dtype), shapes)
    carry = (start, optimizer.init(start), empty)
    (params, _, buffer), losses = jax.lax.scan(step, carry, jnp.arange(steps, dtype=jnp.int32))
    buffer = record(buffer, params, jnp.int32(steps))
    bad = ~jnp.isfinite(losses) | (losses > recipe.blowup * losses[0])
    diverged = jnp.where(bad.any(), jnp.argmax(bad), -1)
    return Run(State(params, start, gamma), losses, diverged, buffer)


compiled = partial(jax.jit, static_argnums=(0, 1, 2, 3, 4))(simulate)


def check_times(steps: int, observe_at) -> tuple[int, ...]:
    """Steps to observe as a tuple; 0 is before any update, ``steps`` after the last.

    Raises:
        ValueError: a step outside 0 ... steps.
    """
    times = tuple(int(t) for t in np.asarray(observe_at, int).reshape(-1))
    outside = [t for t in times if not 0 <= t <= steps]
    if outside:
        raise ValueError(f"observe_at={outside} lies outside 0 ... steps={steps}; 0 is before any update")
    return times


def run(
    network: Network,
    batches: Batches,
    *,
    rate: float,
    gamma: float = 1.0,
    steps: int | None = None,
    seed: int = 0,
    start: Params | None = None,
    recipe: Recipe | None = None,
    observe: Callable[[State], Any] | None = None,
    observe_at=(),
) -> Run:
    """Train one network; in float64 when ``gamma`` < 1e-2.

    Args:
        network: its specification.
        batches: from :mod:`renorm.nets.data`; step t uses batch t modulo their number.
        rate: the global learning rate eta; each layer's is its parametrisation's multiple of it.
        gamma: the output scale.
        steps: default one pass over the batches.
        seed: of the initial weights.
        start: the initial weights themselves, in place of those of ``seed``; the run has their precision.
        recipe: loss and optimiser; default squared loss and SGD.
        observe: a function of a :class:`State` that returns arrays (any pytree). Define it once: a new
            function is a new compilation.
        observe_at: the steps at which it is called, 0 = before any update.

    Returns:
        A :class:`Run` of NumPy arrays. A divergence is data, not an error. For what is computed afterwards
        from the state of a run in float64, stay in :func:`renorm.nets.numerics.precision`.

    Raises:
        ValueError: a gamma or a rate that is not positive, an observed step that is not reached.

    Example:
        >>> from renorm.nets import MLP, data
        >>> result = run(MLP(inputs=64, width=32, outputs=10), data.digits(0, steps=20), rate=0.2)
        >>> result.losses.shape, int(result.diverged)
        ((20,), -1)
    """
    for name, value in (("gamma", gamma), ("rate", rate)):
        if not value > 0:
            raise ValueError(f"{name}={value} must be positive; a descent without a step has nothing to show")
    steps = len(batches.inputs) if steps is None else steps
    with precision(gamma):
        start = network.init(named_key(seed, "weights")) if start is None else start
        times = check_times(steps, observe_at)
        result = compiled(network, recipe or Recipe(), steps, observe, times, start, batches, gamma, rate)
        return jax.device_get(result)
