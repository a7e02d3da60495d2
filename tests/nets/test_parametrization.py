"""The table of scales and rates, and the identities between its columns."""

import dataclasses

import numpy as np
import pytest

from renorm import nets
from renorm.nets import data, train
from renorm.nets.parametrization import Layer, Parametrization

HIDDEN, READOUT = Layer((64, 64), 64), Layer((64, 10), 64, readout=True)


@pytest.mark.parametrize("layer", [HIDDEN, READOUT])
@pytest.mark.parametrize("scheme", ["mup", "ntk", "standard"])
def test_a_preactivation_is_of_order_one_except_muP_readouts(scheme, layer):
    """Variance of the sum of fan-in unit terms: one, or 1/N for the mean-field readout."""
    form = Parametrization(scheme)
    variance = layer.fan_in * (form.std(layer) * form.multiplier(layer)) ** 2
    assert variance == pytest.approx(1 / 64 if scheme == "mup" and layer.readout else 1)


@pytest.mark.parametrize(("optimizer", "power"), [("sgd", 1), ("momentum", 1), ("adam", 0.5)])
def test_ntk_is_mup_at_a_small_gamma(optimizer, power, lenient):
    """The same curve: gamma = gamma_0 / sqrt(N), and eta / N (SGD) or eta / sqrt(N) (Adam)."""
    stream = data.digits(0, steps=12, batch=16)
    net = nets.MLP(inputs=64, width=16, outputs=10, parametrization=Parametrization("ntk"))
    twin = dataclasses.replace(net, parametrization=Parametrization("mup"))
    recipe, rate = nets.Recipe(optimizer=optimizer), 0.05
    ntk = train.run(net, stream, rate=rate, recipe=recipe)
    mup = train.run(twin, stream, rate=rate / 16**power, gamma=0.25, recipe=recipe)
    assert ntk.losses[-1] < 0.98 * ntk.losses[0]
    np.testing.assert_allclose(ntk.losses, mup.losses, rtol=2e-5)


def test_depth_mup_divides_branches_and_their_adam_rates():
    on_branch = dataclasses.replace(HIDDEN, branches=16)
    assert Parametrization("mup").branch(16) == 0.25
    assert (
        Parametrization("mup").rate(on_branch, 64, "adam")
        == Parametrization("mup").rate(HIDDEN, 64, "adam") / 4
    )
    assert Parametrization("mup").rate(on_branch, 64, "sgd") == 64
    assert Parametrization("standard").branch(16) == 1


def test_unknown_scheme_is_refused():
    with pytest.raises(ValueError, match="scheme='mean'"):
        Parametrization("mean")
