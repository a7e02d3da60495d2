"""Largest Hessian eigenvalues by Lanczos on Hessian-vector products, in the metric of the learning rates."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from renorm.nets.models import Network
from renorm.nets.numerics import named_key
from renorm.nets.train import Recipe, State, loss


def lanczos(
    product: Callable[[Array], Array], start: Float[Array, " n"], iterations: int
) -> Float[Array, " iterations"]:
    """Ritz values of a symmetric operator, largest first, with full reorthogonalisation.

    Args:
        product: the operator.
        start: a random vector.
        iterations: dimension of the Krylov space, at most n.

    Returns:
        The Ritz values; the extreme ones converge first. Where the Krylov space is exhausted early, the
        surplus are 0.

    Example:
        >>> lanczos(lambda v: jnp.array([3.0, -1.0]) * v, jnp.array([0.6, 0.8]), 2).round(4).tolist()
        [3.0, -1.0]
    """
    size, dtype = len(start), start.dtype
    floor = jnp.finfo(dtype).eps * 10

    def step(carry, index):
        basis, vector, scale = carry
        basis = basis.at[index].set(vector)
        image = product(vector)
        diagonal = vector @ image
        for _ in range(2):  # once leaves a remainder of the order of the rounding times the norm
            image = image - basis.T @ (basis @ image)
        norm = jnp.linalg.norm(image)
        scale = jnp.maximum(scale, jnp.abs(diagonal))
        # An exhausted space ends in zeros, not in the noise of a division by rounding errors.
        alive = norm > floor * scale
        vector = jnp.where(alive, image / jnp.where(alive, norm, 1), 0)
        return (basis, vector, scale), (diagonal, jnp.where(alive, norm, 0))

    carry = (jnp.zeros((iterations, size), dtype), start / jnp.linalg.norm(start), jnp.zeros((), dtype))
    _, (diagonals, norms) = jax.lax.scan(step, carry, jnp.arange(iterations))
    beside = jnp.diag(norms[:-1], 1)
    return jnp.linalg.eigvalsh(jnp.diag(diagonals) + beside + beside.T)[::-1]


@partial(jax.jit, static_argnums=(0,), static_argnames=("recipe", "count", "iterations"))
def sharpness(
    network: Network,
    state: State,
    batch: tuple[Array, Array],
    *,
    recipe: Recipe | None = None,
    count: int = 1,
    iterations: int = 24,
) -> Float[Array, " count"]:
    r"""The largest eigenvalues of the Hessian of the loss as descent feels it.

    They are those of :math:`R^{1/2}HR^{1/2}` with R the layers' SGD rates, so gradient descent at rate eta
    is unstable where eta times the first exceeds 2, in every parametrisation.

    Args:
        network: its specification.
        state: weights now and at the start, and gamma.
        batch: (inputs, targets), the loss is their mean.
        recipe: which loss.
        count: number of eigenvalues, largest first.
        iterations: of Lanczos.

    Example:
        >>> from renorm.nets import MLP, data, numerics
        >>> net = MLP(inputs=64, width=16, outputs=10)
        >>> start = net.init(numerics.named_key(0, "weights"))
        >>> inputs, targets = (x[0] for x in data.digits(0, steps=1))
        >>> sharpness(net, State(start, start, 1.0), (inputs, targets)).shape
        (1,)
    """
    dtype = jax.tree.leaves(state.params)[0].dtype
    gamma = jnp.asarray(state.gamma, dtype)
    inputs, targets = (x.astype(dtype) if jnp.issubdtype(x.dtype, jnp.floating) else x for x in batch)
    rates = network.rates("sgd")
    flat, unravel = ravel_pytree(state.params)
    roots, _ = ravel_pytree({k: jnp.full(v.shape, rates[k] ** 0.5, dtype) for k, v in state.params.items()})

    def slope(vector):
        moved = State(unravel(vector), state.start, gamma)
        return jax.grad(lambda s: loss(network, recipe or Recipe(), s, (inputs, targets)))(moved).params

    def product(vector):
        return (
            roots
            * ravel_pytree(jax.jvp(lambda v: ravel_pytree(slope(v))[0], (flat,), (roots * vector,))[1])[0]
        )

    start = jax.random.normal(named_key(0, "lanczos"), flat.shape, dtype)
    return lanczos(product, start, min(iterations, len(flat)))[:count]
