"""Kernels against brute-force Jacobians, and the dynamics that they promise."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from renorm import nets
from renorm.nets import kernels, numerics, train

KEY = numerics.named_key(0, "weights")
NETWORKS = [
    nets.MLP(inputs=6, width=8, depth=4, outputs=3),
    nets.MLP(inputs=6, width=8, depth=2, activation="tanh", parametrization=nets.Parametrization("standard")),
    nets.ResNet(inputs=(6,), width=8, blocks=2, outputs=2, parametrization=nets.Parametrization("ntk")),
    nets.CNN(inputs=(4, 4, 2), width=5, outputs=2),
]


def example(network, count, seed):
    shape = (network.inputs,) if isinstance(network.inputs, int) else network.inputs
    return jnp.asarray(np.random.default_rng(seed).standard_normal((count, *shape)), jnp.float32)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: f"{type(n).__name__}-{n.outputs}")
def test_ntk_is_the_product_of_jacobians(network):
    params, x, z = network.init(KEY), example(network, 5, 0), example(network, 4, 1)
    rates = network.rates("sgd")

    @jax.jit
    def brute(a, b):
        left, right = (jax.jacrev(lambda p, at=at: network.apply(p, at))(params) for at in (a, b))
        total = 0.0
        for name, rate in rates.items():
            flat = [j[name].reshape(*j[name].shape[:2], -1) for j in (left, right)]
            total = total + rate * jnp.einsum("pcn,qdn->cdpq", *flat)
        return total

    np.testing.assert_allclose(kernels.ntk(network, params, x, z), brute(x, z), rtol=2e-4, atol=2e-5)
    mean = kernels.scalar_kernel(kernels.ntk(network, params, x, z))
    np.testing.assert_allclose(kernels.mean_ntk(network, params, x, z), mean, rtol=2e-4, atol=2e-5)
    both = kernels.ntk(network, params, x)
    np.testing.assert_allclose(both, both.transpose(1, 0, 3, 2), rtol=2e-4, atol=2e-5)


def test_ntk_is_the_velocity_of_the_output():
    """One small step: delta f = -(eta / gamma^2) K dL/df on points that were not trained on too."""
    net, gamma, rate = nets.MLP(inputs=6, width=32, activation="tanh"), 0.5, 1e-3
    start, x, z = net.init(KEY), example(net, 5, 0), example(net, 4, 1)
    y = jnp.asarray(np.random.default_rng(2).standard_normal((5, 1)), jnp.float32)
    with numerics.precision(1e-3):
        start, x, y, z = jax.tree.map(lambda a: a.astype(float), (start, x, y, z))
        slope = jax.grad(lambda p: train.loss(net, nets.Recipe(), nets.State(p, start, gamma), (x, y)))(start)
        moved = {name: start[name] - rate * net.rates()[name] * slope[name] for name in start}
        step = train.output(net, nets.State(moved, start, gamma), z)
        kernel = kernels.ntk(net, start, z, x)[0, 0]
        np.testing.assert_allclose(step, rate / gamma**2 * kernel @ y / 5, rtol=0.02, atol=1e-5)


@pytest.mark.parametrize(("scheme", "ratio"), [("mup", 1), ("ntk", 1), ("standard", 4)])
def test_width_scaling_of_the_kernel(scheme, ratio):
    """From N = 128 to 512 the kernel stays in muP and NTK and grows by 4 in standard form; 16 seeds."""
    net = nets.MLP(inputs=6, width=128, parametrization=nets.Parametrization(scheme))
    x, means = example(net, 2, 0), []
    for width in (128, 512):
        wide = dataclasses.replace(net, width=width)
        draw = jax.jit(lambda key, wide=wide: kernels.ntk(wide, wide.init(key), x)[0, 0, 0, 1])
        values = [draw(numerics.named_key(0, "weights", run)) for run in range(16)]
        means.append((np.mean(values), np.std(values, ddof=1) / 4))
    (small, small_error), (large, large_error) = means
    assert abs(large - ratio * small) < 4 * (large_error + ratio * small_error) + 0.03 * large


def test_tokens_have_no_tangent_kernel():
    net = nets.Transformer(width=8, context=3, heads=2)
    with pytest.raises(ValueError, match="tokens"):
        kernels.ntk(net, net.init(KEY), jnp.zeros((2, 3), jnp.int32))


def test_memory_of_the_layered_kernel():
    """W = N = 512: at most 32 MiB of temporaries, where one Jacobian would take half a gibibyte."""
    net = nets.MLP(inputs=64, width=512)
    shapes = jax.eval_shape(net.init, KEY), jax.ShapeDtypeStruct((512, 64), jnp.float32)
    plan = kernels.ntk.lower(net, *shapes).compile().memory_analysis()
    assert plan.temp_size_in_bytes <= 32 * 2**20


def test_feature_kernels_are_grams_of_what_a_layer_reads():
    net = NETWORKS[0]
    params, x = net.init(KEY), example(net, 5, 0)
    found = kernels.feature_kernels(net, params, x)
    assert set(found) == set(net.layers)
    np.testing.assert_allclose(found["input"], x @ x.T / 6, rtol=1e-5, atol=1e-6)
    hidden = np.maximum(x @ params["input"] / np.sqrt(6), 0)
    np.testing.assert_allclose(found["hidden1"], hidden @ hidden.T / 8, rtol=1e-4, atol=1e-6)


def random_kernel(size, seed=0):
    draw = np.random.default_rng(seed).standard_normal((size, 2 * size)).astype(np.float32)
    return jnp.asarray(draw @ draw.T / size)


def test_alignment_is_a_cosine():
    y = jnp.asarray(np.random.default_rng(1).standard_normal((6, 2)), jnp.float32)
    kernel = random_kernel(6)
    assert 0 < kernels.alignment(kernel, y) < 1
    np.testing.assert_allclose(kernels.alignment(7 * kernel, 3 * y), kernels.alignment(kernel, y), rtol=1e-5)
    np.testing.assert_allclose(kernels.alignment(y[:, :1] @ y[:, :1].T, y[:, :1]), 1, rtol=1e-5)
    np.testing.assert_allclose(kernels.alignment(jnp.eye(6), y), 1 / np.sqrt(6), rtol=1e-5)


def test_cka_ignores_scale_and_constant_features():
    kernel, other = random_kernel(7), random_kernel(7, 1)
    value = kernels.cka(kernel, other)
    assert 0 < value < 0.95
    np.testing.assert_allclose(kernels.cka(3 * kernel + 2, other), value, rtol=1e-4)
    np.testing.assert_allclose(kernels.cka(kernel, kernel), 1, rtol=1e-5)


def test_regression_interpolates_and_shrinks_with_a_ridge():
    kernel, y = random_kernel(6), jnp.ones((6, 1))
    np.testing.assert_allclose(kernels.regression(kernel, kernel, y), y, rtol=1e-3)
    small = kernels.regression(kernel, kernel, y, ridge=1e6)
    np.testing.assert_allclose(small, kernel @ y / 1e6, rtol=1e-3, atol=1e-9)


def test_cumulative_power_of_an_eigenvector():
    kernel = jnp.diag(jnp.array([1.0, 3.0, 2.0]))
    values, power = kernels.cumulative_power(kernel, jnp.array([[0.0], [0.0], [5.0]]))
    np.testing.assert_allclose(values, [3, 2, 1])
    np.testing.assert_allclose(power, [0, 1, 1], atol=1e-6)
