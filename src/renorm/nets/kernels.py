"""Tangent and feature kernels of finite networks, and how kernels are compared and used.

The tangent kernel is that of the raw output with the learning rates of SGD inside,
:math:`K(x,x')=\\sum_\\ell r_\\ell\\,\\nabla_\\ell\\tilde f(x)\\cdot\\nabla_\\ell\\tilde f(x')`, so that
under gradient flow :math:`\\dot f=-(\\eta/\\gamma^2)\\,K\\,\\partial\\mathcal L/\\partial f`; it is O(1) in
width in muP and NTK, O(N) in the standard form.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from renorm.nets.models import AnyArray, Network, Params


def _signals(network, params, inputs):
    """By layer, what enters it (P, in) and the gradient of each output at its preactivations (C, P, out)."""
    shapes = jax.eval_shape(network.trace, params, inputs)
    shifts = {name: jnp.zeros(out.shape, out.dtype) for name, (_, out) in shapes[1].items()}
    value, pull, seen = jax.vjp(lambda s: network.trace(params, inputs, s), shifts, has_aux=True)
    each = jnp.broadcast_to(
        jnp.eye(value.shape[-1], dtype=value.dtype)[:, None], (value.shape[-1], *value.shape)
    )
    (back,) = jax.vmap(pull)(each)
    return {name: incoming for name, (incoming, _) in seen.items()}, back


def _layered(network, params, inputs, others, pairs="cpn,dqn->cdpq"):
    """The kernel as a sum over layers of (inputs' Gram) * (signals' Gram): no Jacobian is formed."""
    left = _signals(network, params, inputs)
    right = _signals(network, params, others)
    rates, scale = network.rates("sgd"), network.parametrization.multiplier
    total = 0.0
    for name, layer in network.layers.items():
        factor = rates[name] * scale(layer) ** 2
        gram = left[0][name] @ right[0][name].T
        signals = jnp.einsum(pairs, left[1][name], right[1][name])
        total = total + factor * jnp.expand_dims(gram, tuple(range(signals.ndim - 2))) * signals
    return total


def _leafwise(network, params, inputs, others, pairs="cpn,dqn->cdpq"):
    """The kernel from the Jacobian of one weight array at a time, for weights that act at many places."""
    rates = network.rates("sgd")

    def jacobian(name, batch):
        def one(weight, example):
            return network.apply({**params, name: weight}, example[None])[0]

        slopes = jax.vmap(jax.jacrev(one), in_axes=(None, 0))(params[name], batch)
        return slopes.reshape(*slopes.shape[:2], -1).swapaxes(0, 1)

    total = 0.0
    for name in network.layers:
        left, right = jacobian(name, inputs), jacobian(name, others)
        total = total + rates[name] * jnp.einsum(pairs, left, right)
    return total


@partial(jax.jit, static_argnums=0)
def ntk(
    network: Network,
    params: Params,
    inputs: Num[AnyArray, "p ..."],
    others: Num[AnyArray, "q ..."] | None = None,
) -> Float[Array, "c c p q"]:
    """The tangent kernel of every pair of outputs, SGD rates included.

    Fully connected networks are done layer by layer, :math:`\\sum_\\ell(\\phi\\phi^\\top)\\circ(bb^\\top)`,
    in the memory of a few kernels; convolutional ones weight by weight.

    Args:
        network: fully connected or convolutional; its outputs count C.
        params: its weights.
        inputs: (P, ...).
        others: (Q, ...), default the inputs.

    Returns:
        (C, C, P, Q). One output: ``ntk(...)[0, 0]``; the mean over outputs: :func:`scalar_kernel`.

    Raises:
        ValueError: a network on tokens.

    Example:
        >>> from renorm.nets import MLP, numerics
        >>> net = MLP(inputs=3, width=64)
        >>> kernel = ntk(net, net.init(numerics.named_key(0, "weights")), jnp.ones((5, 3)))
        >>> kernel.shape
        (1, 1, 5, 5)
    """
    return _way(network, inputs)(network, params, inputs, inputs if others is None else others)


def _way(network, inputs):
    """How the tangent kernel of a network is computed."""
    if jnp.issubdtype(inputs.dtype, jnp.integer):
        raise ValueError(
            "inputs are tokens; the tangent kernel is for real inputs, compare a transformer's features"
        )
    dense = all(len(layer.shape) == 2 for layer in network.layers.values())
    return _layered if dense else _leafwise


@partial(jax.jit, static_argnums=0)
def mean_ntk(
    network: Network,
    params: Params,
    inputs: Num[AnyArray, "p ..."],
    others: Num[AnyArray, "q ..."] | None = None,
) -> Float[Array, "p q"]:
    """The tangent kernel averaged over outputs: :func:`scalar_kernel` of :func:`ntk`, at 1/C of its cost.

    Args:
        network: fully connected or convolutional.
        params: its weights.
        inputs: (P, ...).
        others: (Q, ...), default the inputs.

    Raises:
        ValueError: a network on tokens.

    Example:
        >>> from renorm.nets import MLP, numerics
        >>> net = MLP(inputs=3, width=64, outputs=10)
        >>> params = net.init(numerics.named_key(0, "weights"))
        >>> mean_ntk(net, params, jnp.ones((5, 3)), jnp.ones((2, 3))).shape
        (5, 2)
    """
    others = inputs if others is None else others
    outputs = jax.eval_shape(network.apply, params, inputs).shape[-1]
    return _way(network, inputs)(network, params, inputs, others, "cpn,cqn->pq") / outputs


def scalar_kernel(kernel: Float[AnyArray, "c c p q"]) -> Float[Array, "p q"]:
    """The mean of the kernels of the single outputs."""
    return jnp.einsum("ccpq->pq", kernel) / kernel.shape[0]


@partial(jax.jit, static_argnums=0)
def feature_kernels(network: Network, params: Params, inputs: AnyArray) -> dict[str, Float[Array, "p p"]]:
    """By layer, the Gram matrix of what enters it, divided by its number of entries.

    Args:
        network: any.
        params: its weights.
        inputs: (P, ...).

    Returns:
        The kernel of the features that each layer reads; lookups of tokens are left out.
    """
    _, seen = network.trace(params, inputs)
    kernels = {}
    for name, (incoming, _) in seen.items():
        if jnp.issubdtype(incoming.dtype, jnp.floating):
            flat = incoming.reshape(len(incoming), -1)
            kernels[name] = flat @ flat.T / flat.shape[1]
    return kernels


def alignment(kernel: Float[AnyArray, "p p"], targets: Float[AnyArray, "p c"]) -> Float[Array, ""]:
    r"""How much of a kernel points at the targets: :math:`\mathrm{tr}\,Y^\top KY/(\|K\|_F\|Y\|^2)`.

    It is 1 for :math:`K=yy^\top`.

    Example:
        >>> y = jnp.array([[1.0], [-1.0]])
        >>> float(alignment(y @ y.T, y))
        1.0

    Source: arXiv 2111.00034.
    """
    return jnp.sum(targets * (kernel @ targets)) / (jnp.linalg.norm(kernel) * jnp.sum(targets**2))


def cka(first: Float[AnyArray, "p p"], second: Float[AnyArray, "p p"]) -> Float[Array, ""]:
    """Centred kernel alignment: the cosine between two centred kernels, 1 for equal ones.

    Example:
        >>> round(float(cka(jnp.eye(3), 2 * jnp.eye(3))), 6)
        1.0

    Source: arXiv 1905.00414.
    """

    def centre(kernel):
        return kernel - kernel.mean(0, keepdims=True) - kernel.mean(1, keepdims=True) + kernel.mean()

    first, second = centre(first), centre(second)
    return jnp.sum(first * second) / (jnp.linalg.norm(first) * jnp.linalg.norm(second))


def regression(
    kernel: Float[AnyArray, "p p"],
    cross: Float[AnyArray, "q p"],
    targets: Float[AnyArray, "p c"],
    *,
    ridge: float = 0.0,
) -> Float[Array, "q c"]:
    """Kernel (ridge) regression's predictions; no ridge, the end of gradient flow from a centred output.

    Args:
        kernel: of the training inputs.
        cross: of test inputs with training inputs.
        targets: of the training inputs.
        ridge: added to the diagonal.

    Returns:
        The predictions at the test inputs.

    Example:
        >>> regression(jnp.eye(2), jnp.eye(2), jnp.array([[1.0], [2.0]])).tolist()
        [[1.0], [2.0]]
    """
    system = kernel + ridge * jnp.eye(len(kernel), dtype=kernel.dtype)
    return cross @ jnp.linalg.solve(system, targets)


def cumulative_power(
    kernel: Float[AnyArray, "p p"], targets: Float[AnyArray, "p c"]
) -> tuple[Float[Array, " p"], Float[Array, " p"]]:
    """Eigenvalues of a kernel, largest first, and the targets' power in the leading eigenvectors.

    Args:
        kernel: symmetric.
        targets: of its examples.

    Returns:
        Eigenvalues and C(1) ... C(P) = 1.

    Source: arXiv 2006.13198.
    """
    values, vectors = jnp.linalg.eigh(kernel)
    power = jnp.sum((vectors.T @ targets) ** 2, axis=1)[::-1]
    return values[::-1], jnp.cumsum(power) / jnp.sum(power)
