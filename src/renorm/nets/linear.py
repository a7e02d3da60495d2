r"""Gradient flow of deep linear networks on a population loss, by Runge and Kutta's method.

The network :math:`f(x)=W_L\cdots W_1x` descends :math:`\frac12\mathbb E|f(x)-Bx|^2` with
:math:`\mathbb E\,xx^\top=\Sigma`, exactly and without data:
:math:`\dot W_\ell=-\partial\mathcal L/\partial W_\ell`. This is the setting of arXiv 2111.00034, sections 3
and 4.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key
from numpy.typing import ArrayLike

from renorm.nets.numerics import named_key

Weights = tuple[Array, ...]


def init(key: Key[Array, ""], sizes: Sequence[int], *, scale: float | Float[Array, ""]) -> Weights:
    """Gaussian weights (out, in) of variance scale squared over fan-in, first layer first.

    Args:
        key: see :func:`renorm.nets.numerics.named_key`.
        sizes: (D, N, ..., C).
        scale: sigma, may be traced.

    Example:
        >>> from renorm.nets import numerics
        >>> [w.shape for w in init(numerics.named_key(0, "linear"), (30, 50, 1), scale=0.1)]
        [(50, 30), (1, 50)]
    """
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    keys = jax.random.split(key, len(shapes))
    return tuple(scale * jax.random.normal(k, s) / s[1] ** 0.5 for k, s in zip(keys, shapes, strict=True))


def product(weights: Weights) -> Float[Array, "c d"]:
    """The matrix that the network computes, multiplied from the output, which is mostly the narrow end."""
    *earlier, total = weights
    for weight in reversed(earlier):
        total = total @ weight
    return total


def loss(weights: Weights, target: Float[Array, "c d"], covariance: Float[Array, "d d"]) -> Float[Array, ""]:
    """Half the mean squared error under inputs of this covariance."""
    gap = product(weights) - target
    return 0.5 * jnp.sum((gap @ covariance) * gap)


def input_kernel(weights: Weights) -> Float[Array, "d d"]:
    r"""The matrix M of the tangent kernel :math:`K(x,x')=x^\top Mx'`, averaged over outputs.

    With :math:`A_\ell=W_L\cdots W_{\ell+1}` and :math:`B_\ell=W_{\ell-1}\cdots W_1`, it is
    :math:`M=\frac1C\sum_\ell\|A_\ell\|_F^2\,B_\ell^\top B_\ell`; for two
    layers and one output :math:`W^\top W+|a|^2I`.
    """
    outputs, dimension = weights[-1].shape[0], weights[0].shape[1]
    before = [jnp.eye(dimension, dtype=weights[0].dtype)]
    for weight in weights[:-1]:
        before.append(weight @ before[-1])
    after, total = jnp.eye(outputs, dtype=weights[0].dtype), 0.0
    for weight, early in zip(reversed(weights), reversed(before), strict=True):
        total = total + jnp.sum(after**2) / outputs * early.T @ early
        after = after @ weight
    return total


@partial(jax.jit, static_argnames=("observe", "saves", "substeps"))
def flow(
    weights: Weights,
    target: Float[Array, "c d"],
    covariance: Float[Array, "d d"],
    *,
    time: float | Float[Array, ""],
    observe: Callable[[Weights], Any],
    saves: int = 200,
    substeps: int = 10,
) -> tuple[Float[Array, " saves"], Any]:
    """Follow the flow from 0 to ``time`` and look at it ``saves`` times.

    Steps are of fourth order, ``time / ((saves - 1) * substeps)`` long; a step times the largest curvature
    below 1/2 leaves an error of about 1e-4 of the rate and less, in float64 if x64 is on. It can be vmapped
    over weights and time.

    Args:
        weights: at time 0, from :func:`init`.
        target: B.
        covariance: Sigma, the identity for whitened inputs.
        time: the end.
        observe: what to keep of the weights; any pytree. Define it once: a new function is a new compilation.
        saves: number of equally spaced times, 0 and ``time`` included.
        substeps: steps between two of them.

    Returns:
        The times and the observations, stacked.

    Example:
        >>> from renorm.nets import numerics
        >>> weights = init(numerics.named_key(0, "linear"), (3, 8, 1), scale=0.1)
        >>> times, seen = flow(weights, jnp.ones((1, 3)), jnp.eye(3), time=10.0, observe=product)
        >>> seen[-1].round(2).tolist()
        [[1.0, 1.0, 1.0]]
    """
    step = time / ((saves - 1) * substeps)

    def velocity(state):
        return jax.tree.map(jnp.negative, jax.grad(loss)(state, target, covariance))

    def shifted(state, direction, size):
        return jax.tree.map(lambda w, d: w + size * d, state, direction)

    def advance(_, state):
        first = velocity(state)
        second = velocity(shifted(state, first, step / 2))
        third = velocity(shifted(state, second, step / 2))
        fourth = velocity(shifted(state, third, step))
        mean = jax.tree.map(lambda a, b, c, d: (a + 2 * b + 2 * c + d) / 6, first, second, third, fourth)
        return shifted(state, mean, step)

    def save(state, _):
        return jax.lax.fori_loop(0, substeps, advance, state), observe(state)

    _, seen = jax.lax.scan(save, weights, length=saves)
    return jnp.linspace(0.0, 1.0, saves, dtype=target.dtype) * time, seen


@partial(jax.jit, static_argnames=("sizes", "observe", "saves", "substeps"))
def _flows(seeds, scales, spans, target, covariance, *, sizes, observe, saves, substeps):
    def one(scale, span, seed):
        weights = init(named_key(seed, "linear"), sizes, scale=scale)
        return flow(weights, target, covariance, time=span, observe=observe, saves=saves, substeps=substeps)

    return jax.vmap(lambda scale, span: jax.vmap(lambda seed: one(scale, span, seed))(seeds))(scales, spans)


def ensemble(
    sizes: Sequence[int],
    target: ArrayLike,
    covariance: ArrayLike,
    *,
    scales: Sequence[float],
    times: Sequence[float],
    seeds: Sequence[int],
    observe: Callable[[Weights], Any],
    saves: int = 200,
    substeps: int = 10,
) -> tuple[Float[np.ndarray, "scales seeds saves"], Any]:
    """Flows from several initial scales and seeds, all at once; a seed is the same draw at each scale.

    Args:
        sizes: (D, N, ..., C).
        target: B.
        covariance: Sigma.
        scales: sigma.
        times: the end of each scale's flow.
        seeds: of the weights.
        observe: as in :func:`flow`.
        saves: as in :func:`flow`.
        substeps: as in :func:`flow`.

    Returns:
        Times and observations as NumPy arrays, (scales, seeds, saves, ...).

    Example:
        >>> times, seen = ensemble(
        ...     (3, 8, 1), np.ones((1, 3)), np.eye(3), scales=[0.1, 0.01], times=[9, 12], seeds=[0, 1],
        ...     observe=product,
        ... )
        >>> seen.shape
        (2, 2, 200, 1, 3)
    """
    arrays = [jnp.asarray(seeds), *(jnp.asarray(x, float) for x in (scales, times, target, covariance))]
    result = _flows(*arrays, sizes=tuple(sizes), observe=observe, saves=saves, substeps=substeps)
    return jax.device_get(result)
