"""Deep linear flow: conserved quantities, the balanced closed form, and the kernel."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from renorm.nets import linear, numerics

KEY = numerics.named_key(0, "linear")


def keep(weights):
    return weights


def test_balances_are_conserved_and_the_target_is_reached(x64):
    """W_l W_l^T - W_{l+1}^T W_{l+1} does not move, with any covariance (arXiv 2111.00034)."""
    weights = linear.init(KEY, (4, 6, 5, 2), scale=0.7)
    target = jnp.array([[1.0, 0, 0, 0], [0, 0.5, 0, 0]])
    covariance = jnp.diag(jnp.array([1.0, 0.7, 0.5, 0.3]))
    _, seen = linear.flow(weights, target, covariance, time=80.0, observe=keep, saves=5, substeps=400)
    for early, late in pairwise(seen):
        balance = early @ early.swapaxes(1, 2) - late.swapaxes(1, 2) @ late
        np.testing.assert_allclose(balance - balance[:1], 0, atol=1e-6)
    np.testing.assert_allclose(linear.product(tuple(w[-1] for w in seen)), target, atol=1e-3)


@pytest.mark.parametrize("depth", [2, 3])
def test_a_balanced_chain_follows_its_scalar_equation(depth, x64):
    """All weights u: c = u^L obeys dc/dt = L c^(2-2/L) (s - c); closed form at L = 2, quadrature at 3."""
    start, strength = 0.01, 1.5
    weights = tuple(jnp.full((1, 1), start ** (1 / depth)) for _ in range(depth))
    times, seen = linear.flow(
        weights,
        jnp.full((1, 1), strength),
        jnp.eye(1),
        time=6.0,
        observe=linear.product,
        saves=31,
        substeps=20,
    )
    half = int(jnp.argmax(seen[:, 0, 0] > strength / 2))
    found, time = seen[: half + 1, 0, 0], times[half]
    assert half > 3
    if depth == 2:
        grown = jnp.exp(2 * strength * times[: half + 1])
        np.testing.assert_allclose(found, strength * grown / (grown - 1 + strength / start), rtol=1e-5)
    else:
        grid = jnp.geomspace(start, found[-1], 20_001)
        pace = 1 / (depth * grid ** (2 - 2 / depth) * (strength - grid))
        np.testing.assert_allclose(jnp.trapezoid(pace, grid), time, rtol=1e-4)


@pytest.mark.parametrize("sizes", [(4, 6, 1), (4, 6, 5, 3)])
def test_input_kernel_is_the_tangent_kernel(sizes, x64):
    weights = linear.init(KEY, sizes, scale=1.0)
    x, z = np.random.default_rng(0).standard_normal((2, sizes[0]))
    jacobian = jax.jit(jax.jacrev(lambda w, at: linear.product(w) @ at))
    slopes = [jacobian(weights, at) for at in (x, z)]
    brute = sum(jnp.einsum("cij,cij->", a, b) for a, b in zip(*slopes, strict=True)) / sizes[-1]
    np.testing.assert_allclose(x @ linear.input_kernel(weights) @ z, brute, rtol=1e-10)


def test_flow_can_be_swept_in_one_program():
    def one(scale, seed):
        weights = linear.init(numerics.named_key(seed, "linear"), (3, 8, 1), scale=scale)
        return linear.flow(weights, target, jnp.eye(3), time=12.0, observe=linear.product, saves=40)[1]

    target = jnp.array([[1.0, 0.0, 0.0]])
    scales, seeds = jnp.array([0.3, 0.03]), jnp.array([0, 1])
    together = jax.jit(jax.vmap(one))(scales, seeds)
    assert together.shape == (2, 40, 1, 3)
    np.testing.assert_allclose(together[1], one(scales[1], seeds[1]), atol=1e-5)
    crossed = np.argmax(together[:, :, 0, 0] > 0.5, axis=1)
    assert crossed[0] < crossed[1]
