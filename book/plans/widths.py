"""The final loss of two-layer networks on the digits, over width, learning rate and seed.

    python -m renorm.sweep run book/plans/widths.py:plan --workers 2
    python -m renorm.sweep collect book/plans/widths.py:plan

``small`` is the same on a grid of seconds.
"""

import numpy as np
import xarray as xr

from renorm.nets import MLP, data, sweep
from renorm.sweep import Plan, seeds

BATCH = 64
RATES = np.logspace(-1.5, 1.0, 11)


def final_loss(width: int, steps: int, seed: int, rate: np.ndarray) -> xr.Dataset:
    """All rates of one network; weights and order of the data are the seed's."""
    found = sweep(
        lambda n: MLP(inputs=64, width=n, outputs=10),
        lambda s: data.digits(s, steps=steps, batch=BATCH),
        widths=[width],
        rates=rate,
        seeds=[seed],
    )
    found = found.isel(width=0, gamma=0, seed=0, drop=True)
    loss = found.loss[:, -50:].mean("step")
    return xr.Dataset({"loss": loss, "diverged": found.diverged})


def plan_of(name, widths, steps, number, root=0) -> Plan:
    """A grid with ``number`` seeds; networks of one width share their compiled program."""
    grid = {
        "width": widths,
        "steps": (steps,),
        "seed": seeds("widths", number, root=root),
        "rate": RATES,
    }
    return Plan(name, final_loss, grid, vector=("rate",), shapes=("width",))


plan = plan_of("widths", (32, 64, 128, 256), steps=500, number=8)
small = plan_of("widths-small", (16, 32), steps=100, number=2)
