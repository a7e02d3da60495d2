"""Small networks as wiring diagrams over named weights; parameters are plain dictionaries of arrays.

A network is a frozen specification: hashable, so that a compiled function can depend on it. It says which
:class:`~renorm.nets.parametrization.Layer` each weight is (``layers``) and how they are wired (``wire``);
scales, multipliers and rates are its :class:`~renorm.nets.parametrization.Parametrization`'s business. There
are no biases.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key, Num

from renorm.nets.parametrization import Layer, Parametrization

AnyArray = jax.Array | np.ndarray
Params = dict[str, AnyArray]

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "gelu": jax.nn.gelu, "linear": lambda x: x}


def _windows(images):
    """The 3 x 3 neighbourhoods of each pixel, zero padded, as channels.

    One matrix product on these is 5 to 20 times faster than XLA's convolution on a CPU, gradients included.
    """
    height, width = images.shape[1:3]
    padded = jnp.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifted = [padded[:, i : i + height, j : j + width] for i in range(3) for j in range(3)]
    return jnp.concatenate(shifted, axis=-1)


def _product(weight, inputs):
    """Look a table up, convolve or multiply, by what the inputs and the weight are."""
    if jnp.issubdtype(inputs.dtype, jnp.integer):
        return weight[inputs]
    if weight.ndim == 4:
        return _windows(inputs) @ weight.reshape(-1, weight.shape[-1])
    return inputs @ weight


def _halve(images):
    """Mean over 2 x 2 blocks; images of one pixel are left alone."""
    batch, height, width, channels = images.shape
    if min(height, width) < 2:
        return images
    blocks = images[:, : height // 2 * 2, : width // 2 * 2].reshape(
        batch, height // 2, 2, width // 2, 2, channels
    )
    return blocks.mean(axis=(2, 4))


class Network:
    """What all networks share. A subclass has ``width``, ``parametrization``, ``layers`` and ``wire``."""

    width: int
    parametrization: Parametrization

    @property
    def layers(self) -> dict[str, Layer]:
        """Every weight by name, in the order of use."""
        raise NotImplementedError

    def wire(self, layer: Callable[[str, Array], Array], inputs: Array) -> Array:
        """The network in terms of ``layer(name, inputs)``: product with a weight, multiplier included."""
        raise NotImplementedError

    @partial(jax.jit, static_argnums=0)
    def init(self, key: Key[Array, ""]) -> Params:
        """Gaussian weights; drawn in float32 in every precision, so that a seed is one network.

        Args:
            key: see :func:`renorm.nets.numerics.named_key`.

        Returns:
            Arrays by name, in the default float type.
        """
        sizes = [math.prod(layer.shape) for layer in self.layers.values()]
        # One draw for all weights: each call of the generator takes half a second to compile.
        drawn = jax.random.normal(key, (sum(sizes),), jnp.float32).astype(jnp.result_type(float))
        pieces = jnp.split(drawn, np.cumsum(sizes)[:-1])
        return {
            name: self.parametrization.std(layer) * piece.reshape(layer.shape)
            for (name, layer), piece in zip(self.layers.items(), pieces, strict=True)
        }

    @partial(jax.jit, static_argnums=0)
    def apply(self, params: Params, inputs: Num[AnyArray, "batch ..."]) -> Float[Array, "batch ..."]:
        """The raw output, neither centred nor divided by gamma.

        Args:
            params: as from :meth:`init`.
            inputs: a batch of examples.

        Returns:
            The outputs, (batch, outputs), for a transformer (batch, time, vocabulary).
        """
        return self.trace(params, inputs)[0]

    @partial(jax.jit, static_argnums=0)
    def trace(
        self, params: Params, inputs: Num[AnyArray, "batch ..."], shifts: Params | None = None
    ) -> tuple[Float[Array, "batch ..."], dict[str, tuple[Array, Array]]]:
        """The raw output and, by layer, what went into it and the preactivation that came out of it.

        Args:
            params: as from :meth:`init`.
            inputs: a batch of examples.
            shifts: added to the preactivations; their gradients are the signals that come back to each layer.
        """
        seen: dict[str, tuple[Array, Array]] = {}

        def layer(name, incoming):
            outgoing = self.parametrization.multiplier(self.layers[name]) * _product(
                jnp.asarray(params[name]), incoming
            )
            if shifts is not None:
                outgoing = outgoing + shifts[name]
            seen[name] = (incoming, outgoing)
            return outgoing

        return self.wire(layer, jnp.asarray(inputs)), seen

    def rates(self, optimizer: str = "sgd") -> dict[str, float]:
        """The learning rate of every weight in units of the global one."""
        return {
            name: self.parametrization.rate(layer, self.width, optimizer)
            for name, layer in self.layers.items()
        }


@dataclass(frozen=True)
class MLP(Network):
    """A fully connected network of ``depth`` weight layers, ``depth - 1`` of them hidden.

    Attributes:
        inputs: dimension of an example.
        width: of every hidden layer, N.
        depth: number of weight layers L, at least 2.
        outputs: dimension of the output.
        activation: ``"relu"``, ``"tanh"``, ``"gelu"`` or ``"linear"``.
        parametrization: see :class:`~renorm.nets.parametrization.Parametrization`.

    Raises:
        ValueError: a depth below 2.

    Example:
        >>> from renorm.nets import numerics
        >>> net = MLP(inputs=64, width=32, depth=3)
        >>> params = net.init(numerics.named_key(0, "weights"))
        >>> net.apply(params, jnp.ones((5, 64))).shape
        (5, 1)
    """

    inputs: int
    width: int
    depth: int = 3
    outputs: int = 1
    activation: str = "relu"
    parametrization: Parametrization = field(default_factory=Parametrization)

    def __post_init__(self):
        if self.depth < 2:
            raise ValueError(f"depth={self.depth} counts the weight layers and must be at least 2")

    @property
    def layers(self) -> dict[str, Layer]:
        """``input``, ``hidden1`` ..., ``readout``."""
        hidden = {f"hidden{i}": Layer((self.width, self.width), self.width) for i in range(1, self.depth - 1)}
        return {
            "input": Layer((self.inputs, self.width), self.inputs),
            **hidden,
            "readout": Layer((self.width, self.outputs), self.width, readout=True),
        }

    def wire(self, layer: Callable[[str, Array], Array], inputs: Array) -> Array:
        """Product and activation in turn."""
        phi = ACTIVATIONS[self.activation]
        *hidden, readout = self.layers
        for name in hidden:
            inputs = phi(layer(name, inputs))
        return layer(readout, inputs)


@dataclass(frozen=True)
class CNN(Network):
    """3 x 3 convolutions, each followed by the activation and a 2 x 2 mean; a mean over the rest; a readout.

    Attributes:
        inputs: (height, width, channels) of an example.
        width: channels of every convolution.
        depth: number of weight layers, the readout included.
        outputs: dimension of the output.
        activation: as in :class:`MLP`.
        parametrization: see :class:`~renorm.nets.parametrization.Parametrization`.

    Example:
        >>> from renorm.nets import numerics
        >>> net = CNN(inputs=(8, 8, 1), width=16, outputs=10)
        >>> net.apply(net.init(numerics.named_key(0, "weights")), jnp.ones((5, 8, 8, 1))).shape
        (5, 10)
    """

    inputs: tuple[int, int, int]
    width: int
    depth: int = 3
    outputs: int = 1
    activation: str = "relu"
    parametrization: Parametrization = field(default_factory=Parametrization)

    @property
    def layers(self) -> dict[str, Layer]:
        """``conv0``, ``conv1`` ..., ``readout``."""
        channels = [self.inputs[-1]] + (self.depth - 1) * [self.width]
        convolutions = {
            f"conv{i}": Layer((3, 3, fan_in, self.width), 9 * fan_in)
            for i, fan_in in enumerate(channels[:-1])
        }
        return {**convolutions, "readout": Layer((self.width, self.outputs), self.width, readout=True)}

    def wire(self, layer: Callable[[str, Array], Array], inputs: Array) -> Array:
        """Convolve, activate and halve in turn."""
        phi = ACTIVATIONS[self.activation]
        *convolutions, readout = self.layers
        for name in convolutions:
            inputs = _halve(phi(layer(name, inputs)))
        return layer(readout, inputs.mean(axis=(1, 2)))


@dataclass(frozen=True)
class ResNet(Network):
    r"""A residual network, :math:`h \leftarrow h + B^{-1/2}\,m W\phi(h)` in each of B blocks (depth-muP).

    Attributes:
        inputs: (dimension,) for a fully connected net, (height, width, channels) for a convolutional one.
        width: features, or channels, of the residual stream.
        blocks: number of residual blocks B.
        outputs: dimension of the output.
        activation: as in :class:`MLP`.
        parametrization: its ``branch`` is the factor in front of a block; 1 in the standard one.

    Example:
        >>> net = ResNet(inputs=(64,), width=32, blocks=8)
        >>> list(net.layers)[:2], len(net.layers)
        (['input', 'block0'], 10)

    Source: arXiv 2309.16620.
    """

    inputs: tuple[int, ...]
    width: int
    blocks: int = 4
    outputs: int = 1
    activation: str = "relu"
    parametrization: Parametrization = field(default_factory=Parametrization)

    @property
    def layers(self) -> dict[str, Layer]:
        """``input``, ``block0`` ..., ``readout``."""
        kernel = (3, 3) if len(self.inputs) == 3 else ()
        size = 9 if kernel else 1
        channels = self.inputs[-1]
        block = Layer((*kernel, self.width, self.width), size * self.width, branches=self.blocks)
        return {
            "input": Layer((*kernel, channels, self.width), size * channels),
            **{f"block{i}": block for i in range(self.blocks)},
            "readout": Layer((self.width, self.outputs), self.width, readout=True),
        }

    def wire(self, layer: Callable[[str, Array], Array], inputs: Array) -> Array:
        """Stem, blocks, mean over pixels if there are any, readout."""
        phi = ACTIVATIONS[self.activation]
        stream = layer("input", inputs)
        for i in range(self.blocks):
            stream = stream + self.parametrization.branch(self.blocks) * layer(f"block{i}", phi(stream))
        last = phi(stream)
        return layer("readout", last.mean(axis=(1, 2)) if last.ndim == 4 else last)
