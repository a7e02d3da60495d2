"""The two checks tell the parametrisations apart."""

import numpy as np
import pytest
import xarray as xr

from renorm import nets
from renorm.nets import checks, data

STREAMS = {seed: data.digits(seed, steps=5, batch=32) for seed in range(4)}


def family(scheme):
    return lambda width: nets.MLP(
        inputs=64, width=width, outputs=10, parametrization=nets.Parametrization(scheme)
    )


def slopes(scheme, rate, steps, recipe=None):
    found = nets.coordinate_check(
        family(scheme), STREAMS.__getitem__, widths=[64, 128, 256], rate=rate, steps=steps, recipe=recipe
    )
    assert found.movement.sizes == {"layer": 3, "width": 3, "seed": 4}
    assert np.all(found.slope_error < 0.15)
    return found.sel(layer=["input", "hidden1", "readout"])


@pytest.mark.parametrize(
    ("scheme", "rate", "steps", "exponents"),
    [
        ("mup", 0.1, 5, (0, 0, 0)),
        ("ntk", 0.1, 5, (-0.5, -0.5, 0)),
        ("standard", 3e-4, 1, (-0.5, 0.5, 1)),
    ],
)
def test_coordinate_check(scheme, rate, steps, exponents):
    """How input, hidden and readout preactivations move under SGD: within 3 s.e. and a finite-width 0.1.

    In the standard form the hidden exponent is approached from below; what counts is that it is positive.
    """
    found = slopes(scheme, rate, steps)
    gap = np.abs(found.slope - np.array(exponents)) - 3 * found.slope_error
    assert np.all(gap < (0.3 if scheme == "standard" else 0.1))
    if scheme == "standard":
        assert float(found.slope[1]) > 3 * float(found.slope_error[1])


def test_coordinate_check_of_adam(lenient):
    found = slopes("mup", 0.02, 5, nets.Recipe(optimizer="adam"))
    assert np.all(np.abs(found.slope) < 0.1 + 3 * found.slope_error)


def test_transfer_check_finds_the_drift_of_the_standard_form():
    """The best rate of SGD stays in muP; in standard form it falls with width."""
    streams = {seed: data.digits(seed, steps=40, batch=16) for seed in range(8)}

    def check(scheme, rates):
        return nets.transfer_check(
            family(scheme),
            streams.__getitem__,
            widths=[64, 128, 256],
            seeds=list(streams),
            rates=rates,
            window=0.25,
        )

    mup = check("mup", np.geomspace(0.4, 6.4, 5))
    standard = check("standard", np.geomspace(0.004, 0.128, 6))
    assert mup.best.dims == ("width", "seed")
    assert not mup.at_edge.any()
    assert abs(float(mup.drift)) < 0.1 + 3 * float(mup.drift_error)
    assert float(standard.drift) < -3 * float(standard.drift_error)


def test_the_vertex_of_a_parabola_in_log_rate():
    rates = np.geomspace(0.01, 1, 5)
    scores = np.exp(0.3 * np.log(rates / 0.07) ** 2)
    assert checks._vertex(rates, scores) == pytest.approx(0.07)
    assert checks._vertex(rates, rates) == rates[0]
    assert checks._vertex(rates, np.array([3, 2, 1, np.inf, np.inf])) == rates[2]


def test_best_rates_find_a_planted_drift_in_any_order_of_dimensions():
    """Parabolas in log rate with vertices at N^-0.5, one seed twice as high; a divergence changes nothing."""
    widths, rates = [16, 64, 256], np.geomspace(1e-3, 10, 17)
    vertex = np.array(widths)[:, None] ** -0.5 * np.array([1, 2])
    score = np.exp(0.2 * np.log(rates[:, None, None] / vertex) ** 2)
    score[-1] = np.inf
    score = xr.DataArray(score, dims=("rate", "width", "seed"), coords={"width": widths})
    found = nets.checks.best_rates(score, rates)
    np.testing.assert_allclose(found.best, vertex)
    assert float(found.drift) == pytest.approx(-0.5)
    assert float(found.drift_error) == pytest.approx(0, abs=1e-12)
    assert not found.at_edge.any()


def test_transfer_of_nothing_but_divergence_is_refused():
    with pytest.raises(ValueError, match="lower the rates"):
        nets.transfer_check(family("mup"), STREAMS.__getitem__, widths=[8], rates=[1e6, 2e6], seeds=[0])
    with pytest.raises(ValueError, match="window=2"):
        nets.transfer_check(family("mup"), STREAMS.__getitem__, widths=[8], rates=[0.1], window=2.0)
