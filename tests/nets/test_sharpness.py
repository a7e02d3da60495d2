"""Lanczos against dense eigenvalues, and the threshold of descent."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from renorm import nets
from renorm.nets import data, numerics, sharpness, train


def test_ritz_values_are_eigenvalues_when_the_space_is_whole(x64):
    draw = np.random.default_rng(0).standard_normal((12, 12))
    matrix = jnp.asarray(draw + draw.T)
    found = sharpness.lanczos(lambda v: matrix @ v, jnp.ones(12), 12)
    np.testing.assert_allclose(found, np.linalg.eigvalsh(matrix)[::-1], atol=1e-9)


def test_an_exhausted_space_ends_in_zeros(x64):
    """Two distinct eigenvalues fill a Krylov space of dimension two."""
    diagonal = jnp.array([3.0, 3.0, 3.0, 5.0, 5.0])
    found = sharpness.lanczos(lambda v: diagonal * v, jnp.ones(5), 4)
    np.testing.assert_allclose(found, [5, 3, 0, 0], atol=1e-9)


@pytest.mark.parametrize(("loss", "scheme"), [("mse", "mup"), ("cross_entropy", "standard")])
def test_sharpness_is_the_dense_hessian_in_the_metric_of_the_rates(loss, scheme):
    net = nets.MLP(inputs=64, width=4, outputs=10, parametrization=nets.Parametrization(scheme))
    recipe = nets.Recipe(loss)
    stream = data.digits(0, steps=1, batch=16, targets="onehot" if loss == "mse" else "label")
    batch = (stream.inputs[0], stream.targets[0])
    start = net.init(numerics.named_key(0, "weights"))
    params = net.init(numerics.named_key(1, "weights"))
    state = nets.State(params, start, 0.7)
    flat, unravel = ravel_pytree(params)
    dense = jax.jit(
        jax.hessian(lambda v: train.loss(net, recipe, nets.State(unravel(v), start, 0.7), batch))
    )(flat)
    reference = np.linalg.eigvalsh(np.asarray(dense, float))[::-1] * (4 if scheme == "mup" else 1)
    found = sharpness.sharpness(net, state, batch, recipe=recipe, count=2, iterations=40)
    np.testing.assert_allclose(found, reference[:2], rtol=1e-3)


def test_descent_is_unstable_beyond_two_over_the_sharpness():
    """Small gamma makes the network linear in its weights: the threshold is sharp."""
    net = nets.MLP(inputs=64, width=16)
    stream = data.digits(0, steps=1, batch=16, classes=(3, 8), targets="sign")
    gamma = 1e-3
    with numerics.precision(gamma):
        start = net.init(numerics.named_key(0, "weights"))
        batch = (stream.inputs[0], stream.targets[0])
        (top,) = sharpness.sharpness(net, nets.State(start, start, gamma), batch)
    below, above = (
        train.run(net, stream, rate=c * 2 / float(top), gamma=gamma, steps=200) for c in (0.9, 1.1)
    )
    assert np.all(np.diff(below.losses[-100:]) <= 0)
    assert above.losses.max() > 10 * above.losses[0]
