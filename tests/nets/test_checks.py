"""The two checks tell the parametrisations apart."""

import numpy as np
import pytest

from renorm import nets
from renorm.nets import checks, data

STREAMS = {seed: data.digits(seed, steps=5, batch=32) for seed in range(4)}


def family(scheme):
    return lambda width: nets.MLP(
        inputs=64, width=width, outputs=10, parametrization=nets.Parametrization(scheme)
    )


def slopes(scheme, rate, recipe=None):
    return nets.coordinate_check(
        family(scheme), STREAMS.__getitem__, widths=[64, 128, 256, 512], rate=rate, recipe=recipe
    )


@pytest.mark.parametrize(
    ("scheme", "rate", "slope", "tolerance"),
    [("mup", 0.1, 0, 0.1), ("ntk", 0.1, -0.5, 0.1), ("standard", 0.005, 0.5, 0.25)],
)
def test_coordinate_check(scheme, rate, slope, tolerance):
    """Hidden preactivations: 0 in muP, -1/2 in NTK form, +1/2 in standard form, by 5 steps of SGD."""
    found = slopes(scheme, rate)
    assert found.movement.dims == ("layer", "width", "seed")
    for layer in ("input", "hidden1"):
        at = found.sel(layer=layer)
        assert abs(float(at.slope) - slope) < tolerance + 3 * float(at.slope_error)
    assert float(found.slope.sel(layer="hidden1")) > 0.1 or scheme != "standard"


def test_coordinate_check_of_adam(lenient):
    found = slopes("mup", 0.02, nets.Recipe(optimizer="adam"))
    for layer in ("input", "hidden1", "readout"):
        at = found.sel(layer=layer)
        assert abs(float(at.slope)) < 0.1 + 3 * float(at.slope_error)


def test_transfer_check_finds_the_drift_of_the_standard_form():
    """The best rate of SGD stays in muP; in standard form it falls with width."""
    streams = {seed: data.digits(seed, steps=60, batch=16) for seed in range(3)}
    common = dict(widths=[16, 64, 256], seeds=[0, 1, 2])
    mup = nets.transfer_check(family("mup"), streams.__getitem__, rates=np.geomspace(0.1, 6.4, 7), **common)
    standard = nets.transfer_check(
        family("standard"), streams.__getitem__, rates=np.geomspace(0.002, 0.5, 9), **common
    )
    assert mup.best.dims == ("width", "seed")
    assert abs(float(mup.drift)) < 0.25
    assert float(standard.drift) < -0.4
    assert not mup.at_edge.any()


def test_the_vertex_of_a_parabola_in_log_rate():
    rates = np.geomspace(0.01, 1, 5)
    scores = np.exp(0.3 * np.log(rates / 0.07) ** 2)
    assert checks._vertex(rates, scores) == pytest.approx(0.07)
    assert checks._vertex(rates, rates) == rates[0]
    assert checks._vertex(rates, np.array([3, 2, 1, np.inf, np.inf])) == rates[2]


def test_transfer_of_nothing_but_divergence_is_refused():
    with pytest.raises(ValueError, match="lower the rates"):
        nets.transfer_check(
            family("mup"), STREAMS.__getitem__, widths=[8, 16, 32], rates=[1e6, 2e6], seeds=[0]
        )
    with pytest.raises(ValueError, match="window=2"):
        nets.transfer_check(family("mup"), STREAMS.__getitem__, widths=[8, 16, 32], rates=[0.1], window=2.0)
