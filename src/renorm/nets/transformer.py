"""A small decoder-only transformer for streams of tokens."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from renorm.nets.models import ACTIVATIONS, AnyArray, Network, Params
from renorm.nets.parametrization import Layer, Parametrization


def _normalise(stream):
    """Divide by the root mean square over features: no gains, hence nothing to parametrise."""
    return stream * jax.lax.rsqrt(jnp.mean(stream**2, axis=-1, keepdims=True) + 1e-6)


@dataclass(frozen=True)
class Transformer(Network):
    """A decoder-only transformer: pre-normalised causal attention and a two-layer perceptron in each block.

    Attributes:
        vocabulary: number of tokens.
        width: features of the residual stream, N.
        context: longest sequence.
        blocks: number of blocks, two residual branches each.
        heads: of equal size ``width / heads``.
        expansion: hidden features of the perceptron in units of the width.
        activation: as in :class:`MLP`.
        parametrization: also scales the attention, 1/head in muP and its square root otherwise.

    Raises:
        ValueError: a width that the heads do not divide.

    Example:
        >>> from renorm.nets import numerics
        >>> net = Transformer(width=32, context=16)
        >>> net.apply(net.init(numerics.named_key(0, "weights")), jnp.zeros((2, 16), int)).shape
        (2, 16, 256)
    """

    width: int
    context: int
    vocabulary: int = 256
    blocks: int = 2
    heads: int = 4
    expansion: int = 4
    activation: str = "gelu"
    parametrization: Parametrization = field(default_factory=Parametrization)

    def __post_init__(self):
        if self.width % self.heads:
            raise ValueError(f"width={self.width} must be a multiple of heads={self.heads}")

    @property
    def layers(self) -> dict[str, Layer]:
        """``token``, ``position``, ``readout``; ``query0 key0 value0 mix0 up0 down0`` in the first block."""
        n, wide, branches = self.width, self.expansion * self.width, 2 * self.blocks
        layers = {"token": Layer((self.vocabulary, n), 1), "position": Layer((self.context, n), 1)}
        for i in range(self.blocks):
            square = Layer((n, n), n, branches=branches)
            layers |= {f"{name}{i}": square for name in ("query", "key", "value", "mix")}
            layers[f"up{i}"] = Layer((n, wide), n, branches=branches)
            layers[f"down{i}"] = Layer((wide, n), wide, branches=branches)
        return {**layers, "readout": Layer((n, self.vocabulary), n, readout=True)}

    def wire(self, layer: Callable[[str, Array], Array], inputs: Array) -> Array:
        """Embed, attend and transform in turn, read out."""
        phi, branch = ACTIVATIONS[self.activation], self.parametrization.branch(2 * self.blocks)
        positions = jnp.arange(inputs.shape[1])[None]
        stream = layer("token", inputs) + layer("position", positions)
        for i in range(self.blocks):
            query, key, value = (
                layer(f"{name}{i}", _normalise(stream)) for name in ("query", "key", "value")
            )
            stream = stream + branch * layer(f"mix{i}", self._attend(query, key, value))
            wide = phi(layer(f"up{i}", _normalise(stream)))
            stream = stream + branch * layer(f"down{i}", wide)
        return layer("readout", _normalise(stream))

    def _split(self, features):
        return features.reshape(*features.shape[:2], self.heads, self.width // self.heads)

    def _weights(self, query, key):
        """Causal attention (batch, heads, time, time)."""
        scale = self.parametrization.attention(self.width // self.heads)
        scores = scale * jnp.einsum("bqhd,bkhd->bhqk", self._split(query), self._split(key))
        past = jnp.tril(jnp.ones(scores.shape[-2:], bool))[None, None]
        return jax.nn.softmax(jnp.where(past, scores, -jnp.inf), axis=-1)

    def _attend(self, query, key, value):
        mixed = jnp.einsum("bhqk,bkhd->bqhd", self._weights(query, key), self._split(value))
        return mixed.reshape(value.shape)

    @partial(jax.jit, static_argnums=0)
    def attention(
        self, params: Params, tokens: Int[AnyArray, "batch time"]
    ) -> dict[str, Float[Array, "batch heads time time"]]:
        """The attention maps by block; rows sum to one."""
        _, seen = self.trace(params, tokens)
        return {
            f"block{i}": self._weights(seen[f"query{i}"][1], seen[f"key{i}"][1]) for i in range(self.blocks)
        }
