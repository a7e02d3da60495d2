"""A scan is the plain loop; exact scalings; divergence, observation and precision as promised."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from renorm import nets
from renorm.nets import data, numerics, train

NET = nets.MLP(inputs=64, width=16, outputs=10)
STREAM = data.digits(0, steps=12, batch=16)
TOKENS = data.digits(0, steps=12, batch=16, targets="label")


def by_hand(recipe, stream, rate, gamma, optimizer):
    """The loop that everybody writes, one optax optimiser a layer."""
    start = NET.init(numerics.named_key(0, "weights"))
    rates = NET.rates(recipe.optimizer)
    each = {name: optimizer(rate * rates[name]) for name in start}
    memory = {name: each[name].init(start[name]) for name in start}

    @jax.jit
    def slope(params, x, y):
        def mean_loss(p):
            f = (NET.apply(p, x) - NET.apply(start, x)) / gamma
            if recipe.loss == "mse":
                return jnp.mean(jnp.sum((f - y) ** 2, 1)) / 2
            chosen = jnp.take_along_axis(f, y[:, None], 1)[:, 0]
            return jnp.mean(jax.scipy.special.logsumexp(f, axis=1) - chosen)

        return jax.value_and_grad(mean_loss)(params)

    params, losses = dict(start), []
    for x, y in zip(*stream, strict=True):
        value, gradient = slope(params, x, y)
        losses.append(float(value))
        for name in params:
            update, memory[name] = each[name].update(gradient[name], memory[name])
            params[name] = params[name] + update
    return params, np.array(losses)


@pytest.mark.parametrize(
    ("recipe", "rate", "optimizer"),
    [
        (nets.Recipe("mse", "sgd"), 0.3, optax.sgd),
        (nets.Recipe("cross_entropy", "momentum"), 0.1, lambda r: optax.sgd(r, momentum=0.9)),
        (nets.Recipe("cross_entropy", "adam"), 0.02, optax.adam),
    ],
    ids=lambda case: getattr(case, "optimizer", ""),
)
def test_the_scan_is_the_loop(recipe, rate, optimizer, lenient):
    stream = STREAM if recipe.loss == "mse" else TOKENS
    run = train.run(NET, stream, rate=rate, gamma=0.5, recipe=recipe)
    params, losses = by_hand(recipe, stream, rate, 0.5, optimizer)
    assert losses[-1] < losses[0]
    np.testing.assert_allclose(run.losses, losses, rtol=1e-5)
    np.testing.assert_allclose(run.state.params["hidden1"], params["hidden1"], atol=2e-5)


def test_scaling_gamma_targets_and_rate_together_changes_nothing():
    """f -> f/c, y -> y/c, eta -> c^2 eta: the same path of the weights, and losses over c^2."""
    plain = train.run(NET, STREAM, rate=0.2)
    scaled = train.run(NET, STREAM._replace(targets=STREAM.targets / 4), rate=0.2 * 16, gamma=4.0)
    np.testing.assert_allclose(scaled.losses * 16, plain.losses, rtol=1e-5)
    np.testing.assert_allclose(scaled.state.params["input"], plain.state.params["input"], atol=1e-5)


def test_small_gamma_runs_in_double_and_needs_it():
    """Two small gammas share a lazy limit; float64 finds it, float32 errs by its rounding over gamma."""
    stream = data.Batches(STREAM.inputs[:3], STREAM.targets[:3])
    lazier = train.run(NET, stream, rate=0.3e-10, gamma=1e-5, steps=12)
    lazy = train.run(NET, stream, rate=0.3e-6, gamma=1e-3, steps=12)
    assert lazy.losses.dtype == np.float64
    np.testing.assert_allclose(lazier.losses, lazy.losses, rtol=5e-4)
    start = NET.init(numerics.named_key(0, "weights"))
    single = train.compiled(NET, nets.Recipe(), 12, None, (), start, stream, 1e-5, 0.3e-10)
    assert np.abs(single.losses / lazier.losses - 1).max() > 1e-3


def test_divergence_is_data():
    run = train.run(NET, STREAM, rate=100.0, steps=60)
    assert 0 < run.diverged < 60
    bad = ~np.isfinite(run.losses) | (run.losses > 1e6 * run.losses[0])
    assert run.diverged == np.argmax(bad)
    assert np.isfinite(run.losses[: run.diverged]).all()
    assert train.run(NET, STREAM, rate=0.1, steps=60).diverged == -1


def copy_of_weights(state):
    return {
        "weight": state.params["readout"],
        "distance": jnp.sum(state.params["input"] - state.start["input"]),
    }


def test_observations_are_of_the_steps_asked_for():
    """Row t is the state after t updates, in the order asked for, repeats included."""
    run = train.run(NET, STREAM, rate=0.3, observe=copy_of_weights, observe_at=[0, 12, 5, 12])
    short = train.run(NET, STREAM, rate=0.3, steps=5)
    seen = run.observed["weight"]
    np.testing.assert_array_equal(seen[0], run.state.start["readout"])
    np.testing.assert_array_equal(seen[1], run.state.params["readout"])
    np.testing.assert_array_equal(seen[3], seen[1])
    np.testing.assert_allclose(seen[2], short.state.params["readout"], atol=1e-6)
    assert run.observed["distance"][0] == 0


def test_batches_are_used_again_in_order():
    three = data.Batches(STREAM.inputs[:3], STREAM.targets[:3])
    tiled = data.Batches(*(jnp.tile(x, (4, *(x.ndim - 1) * [1])) for x in three))
    again, once = (train.run(NET, batches, rate=0.3, steps=12) for batches in (three, tiled))
    np.testing.assert_allclose(again.losses, once.losses, rtol=1e-6)


def test_full_batch_descent_goes_down():
    run = train.run(NET, data.fixed(STREAM.inputs[0], STREAM.targets[0]), rate=0.2, steps=30)
    assert np.all(np.diff(run.losses) < 0)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"gamma=0\.0 must be positive"):
        train.run(NET, STREAM, rate=0.1, gamma=0.0)
    with pytest.raises(ValueError, match=r"observe_at=\[13\]"):
        train.run(NET, STREAM, rate=0.1, observe=copy_of_weights, observe_at=[13])
    with pytest.raises(ValueError, match="optimizer='lion'"):
        nets.Recipe(optimizer="lion")
