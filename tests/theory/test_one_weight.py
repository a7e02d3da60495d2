"""The one-weight model against finite differences, limits, and descent step by step."""

import numpy as np
import pytest

from renorm.theory import one_weight

GAMMAS = np.array([1e-2, 0.3, 2.0, 50.0])
LOSSES = ("mse", "cross_entropy")


def value(weight, gamma, depth, loss):
    f = (weight**depth - 1) / gamma
    p = np.e / (1 + np.e)
    return 0.5 * (f - 1) ** 2 if loss == "mse" else np.logaddexp(0, f) - p * f


def descend(gamma, rate, depth, steps):
    """Outputs of plain descent on the squared loss, written out."""
    weight, outputs = 1.0, []
    for _ in range(steps):
        f = (weight**depth - 1) / gamma
        outputs.append(f)
        weight -= rate * (f - 1) * depth * weight ** (depth - 1) / gamma
    return np.array(outputs)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_derivatives_are_those_of_the_loss(depth, loss):
    weight, step = 1.07, 1e-4 * np.minimum(GAMMAS, 1)
    up, middle, down = (value(w, GAMMAS, depth, loss) for w in (weight + step, weight, weight - step))
    where = dict(gamma=GAMMAS, depth=depth, loss=loss)
    np.testing.assert_allclose(one_weight.slope(weight, **where), (up - down) / (2 * step), rtol=2e-4)
    scale = np.abs(one_weight.curvature(weight, **where)).max()
    np.testing.assert_allclose(
        one_weight.curvature(weight, **where) / scale,
        (up - 2 * middle + down) / step**2 / scale,
        rtol=1e-2,
        atol=1e-5,
    )


@pytest.mark.parametrize("loss", LOSSES)
def test_minimum_is_flat_and_sharp(loss):
    at = one_weight.minimum(GAMMAS, depth=3)
    where = dict(gamma=GAMMAS, depth=3, loss=loss)
    np.testing.assert_allclose(one_weight.output(at, gamma=GAMMAS, depth=3), 1.0)
    np.testing.assert_allclose(one_weight.slope(at, **where) * GAMMAS, 0, atol=1e-13)
    np.testing.assert_allclose(
        one_weight.sharpness(GAMMAS, depth=3, loss=loss), one_weight.curvature(at, **where)
    )


def test_the_start_turns_into_a_saddle():
    at = one_weight.saddle(depth=4)
    assert one_weight.curvature(1.0, gamma=at * 0.99, depth=4) > 0
    assert one_weight.curvature(1.0, gamma=at * 1.01, depth=4) < 0
    assert one_weight.curvature(1.0, gamma=at, depth=4) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("gamma", [1e-3, 1.0, 100.0])
def test_descent_converges_below_the_largest_rate_only(gamma):
    edge = one_weight.largest_rate(gamma, depth=3)
    assert descend(gamma, 0.98 * edge, 3, 3000)[-1] == pytest.approx(1, abs=1e-6)
    with np.errstate(over="ignore", invalid="ignore"):
        assert not abs(descend(gamma, 1.05 * edge, 3, 3000)[-1] - 1) < 1e-2


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize("gamma", [1e-3, 1.0, 300.0])
def test_descent_in_small_steps_arrives_at_the_escape_time(depth, gamma):
    rate = one_weight.smallest_rate(gamma, depth=depth, steps=4000)
    found = np.argmax(descend(gamma, rate, depth, 6000) >= 0.5)
    assert found == pytest.approx(4000, rel=2e-3)


def test_escape_time_without_a_plateau_is_that_of_the_kernel():
    # L = 1: f' = (1 - f)/gamma^2.
    np.testing.assert_allclose(one_weight.escape_time(GAMMAS, depth=1), GAMMAS**2 * np.log(2), rtol=1e-9)


def test_escape_time_of_two_layers_is_logistic():
    # u = w^2 obeys u' = 4 u (1 + gamma - u)/gamma^2.
    final, half = 1 + GAMMAS, 1 + GAMMAS / 2
    exact = GAMMAS**2 / (4 * final) * np.log(half * (final - 1) / (final - half))
    np.testing.assert_allclose(one_weight.escape_time(GAMMAS, depth=2), exact, rtol=1e-8)


def test_limits_of_the_escape_time():
    assert one_weight.escape_time(1e12, depth=4) * 8 / 1e12 == pytest.approx(1, rel=1e-4)
    assert one_weight.escape_time(1e8, depth=2) * 4 / (1e8 * np.log(1e8)) == pytest.approx(1, rel=1e-3)


def test_cross_entropy_learns_as_its_own_gradient_says():
    # At small gamma f' = L^2 (p - sigmoid(f))/gamma^2.
    grid = np.linspace(0, 0.5, 20001)
    speed = np.e / (1 + np.e) - 1 / (1 + np.exp(-grid))
    exact = 1e-8 / 9 * np.trapezoid(1 / speed, grid)
    found = one_weight.escape_time(1e-4, depth=3, loss="cross_entropy")
    assert found == pytest.approx(exact, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: one_weight.minimum(-1.0, depth=2), "gamma"),
        (lambda: one_weight.minimum(np.inf, depth=2), "gamma"),
        (lambda: one_weight.sharpness(1.0, depth=0), "depth"),
        (lambda: one_weight.sharpness(1.0, depth=2, loss="hinge"), "loss"),
        (lambda: one_weight.escape_time(1.0, depth=2, reached=1.0), "reached"),
        (lambda: one_weight.smallest_rate(1.0, depth=2, steps=0), "steps"),
        (lambda: one_weight.saddle(depth=1), "depth"),
    ],
)
def test_bad_input_is_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()
