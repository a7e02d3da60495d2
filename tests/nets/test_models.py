"""Shapes, initial laws and symmetries of the networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from renorm import nets
from renorm.nets import models, numerics, train

NETWORKS = [
    nets.MLP(inputs=12, width=16, outputs=3),
    nets.MLP(inputs=12, width=16, depth=2, activation="tanh"),
    nets.CNN(inputs=(6, 6, 2), width=8, outputs=3),
    nets.ResNet(inputs=(12,), width=16, blocks=3, outputs=3),
    nets.ResNet(inputs=(6, 6, 2), width=8, blocks=2, outputs=3),
    nets.Transformer(width=16, context=7, vocabulary=11, heads=2),
]
KEY = numerics.named_key(0, "weights")


def example(network, count=5):
    if isinstance(network, nets.Transformer):
        return jax.random.randint(jax.random.key(1), (count, network.context), 0, network.vocabulary)
    shape = (network.inputs,) if isinstance(network.inputs, int) else network.inputs
    return jax.random.normal(jax.random.key(1), (count, *shape))


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: f"{type(n).__name__}-{n.width}")
def test_output_is_centred_and_moves_with_the_weights(network):
    start = network.init(KEY)
    moved = {name: weight + 0.1 for name, weight in start.items()}
    inputs = example(network)
    assert not np.any(train.output(network, nets.State(start, start, 0.1), inputs))
    assert np.any(train.output(network, nets.State(moved, start, 0.1), inputs))
    assert {name: weight.shape for name, weight in start.items()} == {
        name: layer.shape for name, layer in network.layers.items()
    }


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: f"{type(n).__name__}-{n.width}")
def test_every_weight_is_used(network):
    slopes = jax.grad(lambda p: jnp.sum(network.apply(p, example(network)) ** 2))(network.init(KEY))
    assert all(np.abs(slope).max() > 0 for slope in slopes.values())


def test_uncentred_output_is_the_raw_one_over_gamma():
    net = nets.MLP(inputs=12, width=16, parametrization=nets.Parametrization("mup", centred=False))
    start, inputs = net.init(KEY), example(net)
    np.testing.assert_allclose(
        train.output(net, nets.State(start, start, 0.5), inputs), 2 * net.apply(start, inputs), rtol=1e-6
    )


@pytest.mark.parametrize("scheme", ["mup", "ntk", "standard"])
def test_initial_variances(scheme):
    """Sample variances of 2^14 entries lie within 5 standard errors of the parametrisation's."""
    form = nets.Parametrization(scheme)
    net = nets.MLP(inputs=64, width=256, parametrization=form)
    params = net.init(KEY)
    for name in ("input", "hidden1"):
        ratio = np.mean((np.asarray(params[name]) / form.std(net.layers[name])) ** 2)
        assert abs(ratio - 1) < 5 * np.sqrt(2 / params[name].size)


def test_a_seed_is_one_network_in_both_precisions():
    net = nets.MLP(inputs=12, width=16)
    single = net.init(KEY)
    with numerics.precision(1e-3):
        double = net.init(KEY)
    assert double["input"].dtype == "float64"
    np.testing.assert_array_equal(np.asarray(double["input"], np.float32), single["input"])


@pytest.mark.parametrize("side", [1, 2, 7])
def test_windows_times_weights_is_a_convolution(side):
    images = jax.random.normal(jax.random.key(2), (3, side, side, 4))
    weight = jax.random.normal(jax.random.key(3), (3, 3, 4, 5))
    reference = jax.lax.conv_general_dilated(
        images, weight, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    np.testing.assert_allclose(models._product(weight, images), reference, atol=1e-5)


def test_halving_keeps_the_mean():
    images = jax.random.normal(jax.random.key(2), (3, 4, 4, 2))
    halved = models._halve(images)
    assert halved.shape == (3, 2, 2, 2)
    np.testing.assert_allclose(halved.mean((1, 2)), images.mean((1, 2)), atol=1e-6)


def test_relu_network_is_homogeneous():
    """Scaling every one of L weights by c scales the output by c^L."""
    net = nets.MLP(inputs=12, width=16, depth=4)
    start, inputs = net.init(KEY), example(net)
    doubled = {name: 2 * weight for name, weight in start.items()}
    np.testing.assert_allclose(net.apply(doubled, inputs), 16 * net.apply(start, inputs), rtol=1e-5)


def test_hidden_units_can_be_relabelled():
    net = nets.MLP(inputs=12, width=16)
    start, inputs = net.init(KEY), example(net)
    order = jax.random.permutation(jax.random.key(5), 16)
    shuffled = {**start, "input": start["input"][:, order], "hidden1": start["hidden1"][order]}
    np.testing.assert_allclose(net.apply(shuffled, inputs), net.apply(start, inputs), rtol=1e-4, atol=1e-6)


def test_transformer_does_not_see_the_future():
    net = NETWORKS[-1]
    start, tokens = net.init(KEY), example(net)
    changed = tokens.at[:, 4:].set((tokens[:, 4:] + 1) % 11)
    before, after = net.apply(start, tokens), net.apply(start, changed)
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert np.any(before[:, 4:] != after[:, 4:])


def test_attention_maps_are_causal_averages():
    net = NETWORKS[-1]
    maps = net.attention(net.init(KEY), example(net))
    assert list(maps) == ["block0", "block1"]
    np.testing.assert_allclose(maps["block0"].sum(-1), 1, rtol=1e-5)
    assert not np.any(np.triu(maps["block0"], 1))


def test_shifts_move_the_preactivation_that_they_name():
    net = nets.MLP(inputs=12, width=16)
    start, inputs = net.init(KEY), example(net)
    zeros = {name: jnp.zeros(out.shape) for name, (_, out) in net.trace(start, inputs)[1].items()}
    _, plain = net.trace(start, inputs)
    _, moved = net.trace(start, inputs, {**zeros, "hidden1": zeros["hidden1"] + 1})
    np.testing.assert_allclose(moved["hidden1"][1], plain["hidden1"][1] + 1, rtol=1e-6)
    np.testing.assert_array_equal(moved["input"][1], plain["input"][1])


def test_impossible_networks_are_refused():
    with pytest.raises(ValueError, match="depth=1"):
        nets.MLP(inputs=3, width=4, depth=1)
    with pytest.raises(ValueError, match="heads=4"):
        nets.Transformer(width=30, context=4)
