"""A sweep is its runs, whatever the chunk; its data set says what it holds."""

import os
import subprocess
import sys

import numpy as np
import pytest
import xarray as xr

from renorm import nets
from renorm.nets import data, grid, train

STREAMS = {seed: data.digits(seed, steps=40, batch=16) for seed in (0, 7)}


def build(width):
    return nets.MLP(inputs=64, width=width, outputs=10)


def readout(network):
    return lambda state: {"mean": state.params["readout"].mean(axis=0)}


def hidden(network):
    return lambda state: {"hidden": state.params["readout"].mean(axis=1)}


@pytest.fixture(scope="module")
def found():
    return nets.sweep(
        build,
        STREAMS.__getitem__,
        widths=[8, 16],
        gammas=[1e-3, 0.5, 2.0],
        rates=[[1e-7, 1e-5], [0.02, 0.05], [0.1, 0.2]],
        seeds=[0, 7],
        observe=readout,
        observe_at=[0, 40],
        chunk=3,
    )


def test_dimensions_and_coordinates(found):
    assert dict(found.loss.sizes) == {"width": 2, "gamma": 3, "rate": 2, "seed": 2, "step": 40}
    assert found.diverged.dims == ("width", "gamma", "rate", "seed")
    assert float(found.learning_rate.sel(gamma=2.0).isel(rate=1)) == 0.2
    assert found.observed.values.tolist() == [0, 40]


def test_a_sweep_is_its_runs(found):
    """Every cell is the run of its width, gamma, rate and seed, float64 where gamma is small."""
    for width, gamma, rate, seed in ((8, 1e-3, 1, 7), (16, 0.5, 0, 0), (16, 2.0, 1, 7)):
        cell = found.sel(width=width, gamma=gamma, seed=seed).isel(rate=rate)
        run = train.run(build(width), STREAMS[seed], rate=float(cell.learning_rate), gamma=gamma, seed=seed)
        np.testing.assert_allclose(cell.loss, run.losses, rtol=1e-5)
        assert int(cell.diverged) == run.diverged == -1
        last = cell["mean"].isel(observed=1).values
        np.testing.assert_allclose(last, run.state.params["readout"].mean(0), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 2, 7])
def test_a_run_alone_and_in_any_chunk_agree(chunk):
    """To 1e-5 up to a quarter of the largest stable rate, which at gamma = 1 is about 2."""
    rates = [0.1, 0.2, 0.3, 0.4, 0.5]
    found = nets.sweep(build, STREAMS.__getitem__, widths=[16], rates=rates, chunk=chunk)
    alone = [train.run(build(16), STREAMS[0], rate=rate).losses for rate in rates]
    np.testing.assert_allclose(found.loss.squeeze(), alone, rtol=1e-5)


SPREAD = """
import numpy as np
from renorm import nets
from renorm.nets import data, grid, train

used, together = set(), grid._together
unseen = data.digits(0, steps=1, batch=9, split="test").inputs[0]


def observer(network):
    return lambda state: {"seen": train.output(network, state, unseen.astype(state.params["readout"].dtype))}


def watched(*arguments):
    found = together(*arguments)
    used.update(shard.device.id for shard in found[0].addressable_shards if shard.data.shape[0] == 2)
    return found


grid._together = watched
found = nets.sweep(
    lambda width: nets.MLP(inputs=64, width=width, outputs=10),
    lambda seed: data.digits(seed, steps=40, batch=16),
    widths=[16], gammas=[1e-3, 1.0], rates=[[1e-7] * 5, [0.1, 0.2, 0.3, 0.4, 0.5]], chunk=3,
    observe=observer, observe_at=[0, 17, 40],
)
print(sorted(used))
np.savez("spread.npz", loss=found.loss.values, seen=found.seen.values)
"""


def test_a_chunk_is_spread_over_all_devices(tmp_path):
    """Three runs a chunk on two devices become four, two on each; all is as on one device, in float64 too."""
    two = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    ended = subprocess.run(
        [sys.executable, "-c", SPREAD], cwd=tmp_path, env=os.environ | two, capture_output=True, text=True
    )
    assert ended.stdout == "[0, 1]\n", ended.stderr
    rates = [[1e-7] * 5, [0.1, 0.2, 0.3, 0.4, 0.5]]
    unseen = data.digits(0, steps=1, batch=9, split="test").inputs[0]

    def observer(network):
        def observe(state):
            return {"seen": train.output(network, state, unseen.astype(state.params["readout"].dtype))}

        return observe

    alone = nets.sweep(
        build,
        STREAMS.__getitem__,
        widths=[16],
        gammas=[1e-3, 1.0],
        rates=rates,
        chunk=1,
        observe=observer,
        observe_at=[0, 17, 40],
    )
    spread = np.load(tmp_path / "spread.npz")
    np.testing.assert_allclose(spread["loss"], alone.loss, rtol=1e-5)
    np.testing.assert_allclose(spread["seen"], alone.seen, rtol=1e-4, atol=1e-5)


def test_divergence_stays_in_the_data():
    found = nets.sweep(build, STREAMS.__getitem__, widths=[16], rates=[0.1, 300.0]).squeeze()
    assert found.diverged.values[0] == -1
    assert 0 < found.diverged.values[1] < 40
    assert found.loss.isel(step=0).values[1] == found.loss.isel(step=0).values[0]


def test_the_data_set_survives_a_file_and_tells_its_origin(found, tmp_path):
    found.to_netcdf(tmp_path / "sweep.nc", engine="scipy")
    with xr.open_dataset(tmp_path / "sweep.nc", engine="scipy") as back:
        xr.testing.assert_identical(back.load(), found)
    assert {"network", "recipe", "jax", "device", "precision", "renorm"} <= set(found.attrs)


def test_bad_grids_are_refused():
    with pytest.raises(ValueError, match=r"shape \(3, 1\)"):
        nets.sweep(build, STREAMS.__getitem__, widths=[8], gammas=[1.0, 2.0], rates=[[0.1], [0.1], [0.1]])
    with pytest.raises(ValueError, match="must be positive"):
        nets.sweep(build, STREAMS.__getitem__, widths=[8], rates=[-0.1])
    with pytest.raises(ValueError, match="'hidden' in shapes"):
        nets.sweep(
            build, STREAMS.__getitem__, widths=[8, 16], rates=[0.1], observe=hidden, observe_at=[0], steps=2
        )


def test_power_law_fit_recovers_exponent_and_error():
    """Over 400 noisy data sets the estimates scatter by the standard error that they claim."""
    rng, x = np.random.default_rng(0), np.geomspace(1, 100, 8)
    fits = np.array(
        [grid.power_law_fit(x, x**-1.5 * np.exp(0.1 * rng.standard_normal(8))) for _ in range(400)]
    )
    slopes, errors = fits.T
    assert abs(slopes.mean() + 1.5) < 5 * slopes.std() / 20
    assert abs(np.sqrt(np.mean(errors**2)) / slopes.std() - 1) < 0.2
    with pytest.raises(ValueError, match="three points"):
        grid.power_law_fit([1, 2], [1, 2])
