"""What a sweep costs beyond its measurements, and what a second worker gains.

Asserts that a shard that does nothing takes at most 5 ms in this process, on a grid of 2 000; that two
workers whose programs are compiled are at least 1.6 times as fast as one process, on two cores; that their
results have the same bits. The second part needs dask.distributed (``pip install 'renorm[cluster]'``).

Run: ``python benchmarks/sweep.py``.
"""

import os

os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import tempfile
import time
from pathlib import Path

import numpy as np
import xarray as xr

from renorm.sweep import Plan, cluster, collect, run, seeds, status

SHARDS = 2000
WIDTHS = Path(__file__).parents[1] / "book" / "plans" / "widths.py"


def nothing(seed, rate):
    return xr.Dataset({"loss": (("rate", "step"), np.full((len(rate), 20), float(seed)))})


grid = {"seed": seeds("nothing", SHARDS), "rate": np.logspace(-2, 0, 10)}
empty = Plan("nothing", nothing, grid, vector=("rate",))
again = Plan("nothing again", nothing, grid | {"rate": np.logspace(-1, 0, 10)}, vector=("rate",))
measure, _ = cluster.load(f"{WIDTHS}:plan")
make = __import__("sys").modules["widths"].plan_of
warm, timed = make("warm", (32, 64), 1000, 3, root=1), make("timed", (32, 64), 1000, 10)


def seconds(function, *arguments, **options):
    began = time.perf_counter()
    function(*arguments, **options)
    return time.perf_counter() - began


def overhead():
    with tempfile.TemporaryDirectory() as folder:
        for name, step in {"run": run, "look": status, "collect": collect}.items():
            each = 1e3 * seconds(step, empty, folder) / SHARDS
            print(f"{name}: {each:.2f} ms a shard, of {SHARDS}")
            assert name != "run" or each < 5


def workers():
    with (
        tempfile.TemporaryDirectory() as alone,
        tempfile.TemporaryDirectory() as together,
        cluster.local(2) as here,
    ):
        address = {"scheduler": here.scheduler_address}
        run(warm, alone)
        one = seconds(run, timed, alone)
        cluster.run_on(f"{__file__}:warm", Path(together), **address)
        two = seconds(cluster.run_on, f"{__file__}:timed", Path(together), **address)
        print(f"two workers are {one / two:.2f} times as fast: {one:.1f} s, {two:.1f} s")
        many = 1e3 * seconds(cluster.run_on, f"{__file__}:again", Path(together), **address) / SHARDS
        print(f"by two workers: {many:.2f} ms a shard that does nothing")
        a, b = collect(timed, alone), collect(timed, together)
        assert all(a[name].values.tobytes() == b[name].values.tobytes() for name in a.data_vars)
        assert one / two > 1.6


if __name__ == "__main__":
    overhead()
    try:
        import dask.distributed  # noqa: F401
    except ImportError:
        print("no dask.distributed: the workers are not measured")
    else:
        workers()
