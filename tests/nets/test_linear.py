"""Deep linear flow: conserved quantities, the balanced closed form, and the kernel."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from renorm.nets import kernels, linear, numerics

KEY = numerics.named_key(0, "linear")


def keep(weights):
    return weights


def test_balances_are_conserved_and_the_target_is_reached(x64):
    """W_l W_l^T - W_{l+1}^T W_{l+1} does not move, with any covariance (arXiv 2111.00034)."""
    weights = linear.init(KEY, (4, 6, 5, 2), scale=0.7)
    target = jnp.array([[1.0, 0, 0, 0], [0, 0.5, 0, 0]])
    covariance = jnp.diag(jnp.array([1.0, 0.7, 0.5, 0.3]))
    times = jnp.linspace(0.0, 80.0, 5)
    seen = linear.flow(weights, target, covariance, times=times, step=0.05, observe=keep)
    for early, late in pairwise(seen):
        balance = early @ early.swapaxes(1, 2) - late.swapaxes(1, 2) @ late
        np.testing.assert_allclose(balance - balance[:1], 0, atol=1e-6)
    np.testing.assert_allclose(linear.product(tuple(w[-1] for w in seen)), target, atol=1e-3)


@pytest.mark.parametrize("depth", [2, 3])
def test_a_balanced_chain_follows_its_scalar_equation(depth, x64):
    """All weights u: c = u^L obeys dc/dt = L c^(2-2/L) (s - c); closed form at L = 2, quadrature at 3."""
    start, strength = 0.01, 1.5
    weights = tuple(jnp.full((1, 1), start ** (1 / depth)) for _ in range(depth))
    times = jnp.linspace(0.0, 6.0, 31)
    seen = linear.flow(
        weights, jnp.full((1, 1), strength), jnp.eye(1), times=times, step=0.01, observe=linear.product
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


def test_alignment_is_that_of_the_kernel_on_samples(x64):
    """Any inputs with the covariance give the same number as the kernel between them."""
    rng = np.random.default_rng(1)
    inputs = rng.standard_normal((9, 4))
    target = jnp.asarray(rng.standard_normal((2, 4)))
    weights = linear.init(KEY, (4, 6, 5, 2), scale=1.0)
    kernel = inputs @ linear.input_kernel(weights) @ inputs.T
    expected = kernels.alignment(kernel, inputs @ target.T)
    found = linear.alignment(weights, target, jnp.asarray(inputs.T @ inputs / 9))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_interval_is_cut_into_steps_and_times_may_be_uneven(x64):
    """One weight on |w - 1|^2 / 2 decays as exp(-t) from any start, at uneven times."""
    weights, times = (jnp.zeros((1, 1)),), jnp.array([0.0, 0.3, 0.31, 5.0])
    seen = linear.flow(weights, jnp.eye(1), jnp.eye(1), times=times, step=0.1, observe=linear.product)
    np.testing.assert_allclose(1 - seen[:, 0, 0], jnp.exp(-times), atol=1e-6)


def test_another_objective_descends_and_keeps_the_balances(x64):
    """Balances belong to the product of layers, not to the squared loss (arXiv 2111.00034, appendix D)."""

    def logistic(weights, labels, inputs):
        return jnp.mean(jax.nn.softplus(-labels * (inputs @ linear.product(weights)[0])))

    inputs = jnp.asarray(np.random.default_rng(2).standard_normal((20, 4)))
    labels, weights = jnp.sign(inputs[:, 0]), linear.init(KEY, (4, 6, 1), scale=0.5)
    times = jnp.linspace(0.0, 10.0, 3)
    first, last = linear.flow(
        weights, labels, inputs, times=times, step=0.05, observe=keep, objective=logistic
    )
    balance = first @ first.swapaxes(1, 2) - last.swapaxes(1, 2) @ last
    np.testing.assert_allclose(balance, jnp.broadcast_to(balance[:1], balance.shape), atol=1e-8)
    assert logistic((first[-1], last[-1]), labels, inputs) < 0.2 * logistic(weights, labels, inputs)


def test_ensemble_agrees_with_single_flows(x64):
    target, covariance = np.array([[1.0, 0.0, 0.0]]), np.eye(3)
    times = np.array([[0.0, 4.0, 8.0], [0.0, 6.0, 12.0]])
    together = linear.ensemble(
        (3, 8, 1),
        target,
        covariance,
        scales=[0.3, 0.03],
        times=times,
        step=0.05,
        seeds=[0, 1],
        observe=linear.product,
    )
    assert together.shape == (2, 2, 3, 1, 3)
    weights = linear.init(numerics.named_key(1, "linear"), (3, 8, 1), scale=0.03)
    alone = linear.flow(
        weights,
        jnp.asarray(target),
        jnp.asarray(covariance),
        times=jnp.asarray(times[1]),
        step=0.05,
        observe=linear.product,
    )
    np.testing.assert_allclose(together[1, 1], alone, atol=1e-9)
    half_way = together[:, :, 1, 0, 0]
    assert (half_way[0] > half_way[1]).all()


@pytest.mark.parametrize(("depth", "scale", "time"), [(2, 1e-3, 20.0), (3, 0.02, 120.0)])
def test_regression_with_the_last_kernel_misses_a_share_of_unseen_directions(depth, scale, time, x64):
    """Along directions that no sample has it holds (L-1)/L of what the network does, which is O(sigma).

    So the two differ at first order in sigma, at depth 2 too, where arXiv 2111.00034, section 2, has second.
    """
    samples, size = 4, 6
    target = jnp.zeros((1, size)).at[0, :samples].set(0.5)
    seen = jnp.diag(jnp.arange(size) < samples).astype(float)
    weights = linear.init(KEY, (size, *(depth - 1) * [30], 1), scale=scale)
    times = jnp.array([0.0, time])
    found = linear.flow(
        weights,
        target,
        seen,
        times=times,
        step=0.1,
        observe=lambda w: (linear.product(w), linear.input_kernel(w)),
    )
    network, kernel = found[0][-1, 0], found[1][-1]
    regression = kernel[:, :samples] @ jnp.linalg.solve(kernel[:samples, :samples], target[0, :samples])
    np.testing.assert_allclose(network[:samples], target[0, :samples], atol=1e-4)
    share = (depth - 1) / depth
    np.testing.assert_allclose(regression[samples:], share * network[samples:], rtol=0.01)
    assert 0.1 * scale < jnp.linalg.norm(network[samples:]) < 2 * scale
