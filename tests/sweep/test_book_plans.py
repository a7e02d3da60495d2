"""The plans of the recipes: they load, and the small one runs."""

from pathlib import Path

import numpy as np
import pytest

from renorm.sweep import collect, run
from renorm.sweep.cluster import load

PLANS = Path(__file__).parents[2] / "book" / "plans"


@pytest.mark.parametrize("file", sorted(PLANS.glob("*.py")), ids=lambda file: file.stem)
def test_loads(file):
    plan, shards = load(f"{file}:plan")
    assert len(plan.shards) == len(shards) > 1


def test_widths(tmp_path):
    plan, _ = load(f"{PLANS / 'widths.py'}:small")
    run(plan, tmp_path)
    loss = collect(plan, tmp_path).loss
    assert dict(loss.sizes) == {"width": 2, "steps": 1, "seed": 2, "rate": 11}
    assert np.isfinite(loss[..., :-1]).all()
    assert (loss.min("rate") < 0.7 * loss.isel(rate=0)).all()
