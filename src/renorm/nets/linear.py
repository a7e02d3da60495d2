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
    counts = [rows * columns for rows, columns in shapes]
    # One draw for all weights: each call of the generator takes half a second to compile.
    pieces = jnp.split(jax.random.normal(key, (sum(counts),)), np.cumsum(counts)[:-1])
    return tuple(scale * p.reshape(s) / s[1] ** 0.5 for p, s in zip(pieces, shapes, strict=True))


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


def alignment(
    weights: Weights, target: Float[Array, "c d"], covariance: Float[Array, "d d"]
) -> Float[Array, ""]:
    r"""How much of the tangent kernel points at the targets, over the whole population.

    :func:`renorm.nets.kernels.alignment`, :math:`\mathrm{tr}\,Y^\top KY/(\|K\|_F\|Y\|^2)` with the kernel
    averaged over outputs and :math:`Y=XB^\top`, for any inputs with :math:`X^\top X\propto\Sigma`. At the end
    of a whitened flow from small weights it is :math:`L/\sqrt{L^2+D-1}` for one output.
    """
    kernel = input_kernel(weights)
    seen = target @ covariance
    squared = jnp.sum((kernel @ covariance) * (covariance @ kernel))  # the symmetric root is not needed
    return jnp.sum((seen @ kernel) * seen) / (jnp.sqrt(squared) * jnp.sum(seen * target))


@partial(jax.jit, static_argnames=("observe", "objective"))
def flow(
    weights: Weights,
    target: Float[Array, "..."],
    covariance: Float[Array, "..."],
    *,
    times: Float[Array, " saves"],
    step: float | Float[Array, ""],
    observe: Callable[[Weights], Any],
    objective: Callable[[Weights, Array, Array], Array] = loss,
) -> Any:
    """Follow the flow through ``times`` and look at it at each of them.

    Each interval is cut into equal steps of fourth order. A step times the largest curvature (of a whitened
    chain at the end, :math:`L s^{2-2/L}`) below 1/2 leaves an error of about 1e-4 of the rate and less, in
    float64 if x64 is on. It can be vmapped over weights and times.

    Args:
        weights: at the first of the times, from :func:`init`.
        target: B, (C, D).
        covariance: Sigma, (D, D); the identity for whitened inputs.
        times: increasing.
        step: the longest step.
        observe: what to keep of the weights; any pytree. Define it once: a new function is a new compilation.
        objective: what descends, a function of weights, target and covariance. With another one the two
            arrays may hold anything, such as labels and inputs. Define it once, as ``observe``.

    Returns:
        The observations, stacked over times.

    Example:
        >>> from renorm.nets import numerics
        >>> weights = init(numerics.named_key(0, "linear"), (3, 8, 1), scale=0.1)
        >>> seen = flow(
        ...     weights, jnp.ones((1, 3)), jnp.eye(3), times=jnp.linspace(0.0, 10.0, 5), step=0.05,
        ...     observe=product,
        ... )
        >>> seen[-1].round(2).tolist()
        [[1.0, 1.0, 1.0]]
    """

    def velocity(state):
        return jax.tree.map(jnp.negative, jax.grad(objective)(state, target, covariance))

    def shifted(state, direction, size):
        return jax.tree.map(lambda w, d: w + size * d, state, direction)

    def advance(state, size):
        first = velocity(state)
        second = velocity(shifted(state, first, size / 2))
        third = velocity(shifted(state, second, size / 2))
        fourth = velocity(shifted(state, third, size))
        mean = jax.tree.map(lambda a, b, c, d: (a + 2 * b + 2 * c + d) / 6, first, second, third, fourth)
        return shifted(state, mean, size)

    def save(state, interval):
        steps = jnp.ceil(interval / step).astype(jnp.int32)
        size = (interval / jnp.maximum(steps, 1).astype(interval.dtype)).astype(state[0].dtype)
        return jax.lax.fori_loop(0, steps, lambda _, s: advance(s, size), state), observe(state)

    times = jnp.asarray(times)
    _, seen = jax.lax.scan(save, weights, jnp.diff(times, append=times[-1:]))
    return seen


@partial(jax.jit, static_argnames="sizes")
def _draws(seeds, *, sizes):
    return jax.vmap(lambda seed: init(named_key(seed, "linear"), sizes, scale=1.0))(seeds)


@partial(jax.jit, static_argnames="observe")
def _flows(draws, scales, times, target, covariance, step, *, observe):
    def one(scale, saved, draw):
        weights = jax.tree.map(lambda weight: scale * weight, draw)
        return flow(weights, target, covariance, times=saved, step=step, observe=observe)

    return jax.vmap(jax.vmap(one, (None, None, 0)), (0, 0, None))(scales, times, draws)


def ensemble(
    sizes: Sequence[int],
    target: ArrayLike,
    covariance: ArrayLike,
    *,
    scales: Sequence[float],
    times: ArrayLike,
    step: float,
    seeds: Sequence[int],
    observe: Callable[[Weights], Any],
) -> Any:
    """Flows from several initial scales and seeds, all at once; a seed is the same draw at each scale.

    Args:
        sizes: (D, N, ..., C).
        target: B.
        covariance: Sigma.
        scales: sigma.
        times: (T,), or (scales, T) for other times at each scale, increasing.
        step: as in :func:`flow`.
        seeds: of the weights.
        observe: as in :func:`flow`.

    Returns:
        The observations as NumPy arrays, (scales, seeds, T, ...).

    Example:
        >>> seen = ensemble(
        ...     (3, 8, 1), np.ones((1, 3)), np.eye(3), scales=[0.1, 0.01], times=np.linspace(0, 9, 20),
        ...     step=0.1, seeds=[0, 1], observe=product,
        ... )
        >>> seen.shape
        (2, 2, 20, 1, 3)
    """
    saved = np.broadcast_to(np.asarray(times, float), (len(scales), np.shape(times)[-1]))
    arrays = [jnp.asarray(x, float) for x in (scales, saved, target, covariance, step)]
    draws = _draws(jnp.asarray(seeds), sizes=tuple(sizes))
    return jax.device_get(_flows(draws, *arrays, observe=observe))
