"""A plan of runs, executed in this process or by many workers, that can be interrupted at any moment.

    >>> import tempfile, numpy as np, xarray as xr
    >>> def square(size, x):
    ...     return xr.Dataset({"y": ("x", size * np.asarray(x) ** 2)})
    >>> plan = Plan("squares", square, {"size": (1.0, 2.0), "x": (1.0, 2.0, 3.0)}, vector=("x",))
    >>> folder = tempfile.mkdtemp()
    >>> run(plan, folder)  # doctest: +ELLIPSIS
    squares: 2 of 2 shards, ...
    >>> collect(plan, folder).y.values
    array([[ 1.,  4.,  9.],
           [ 2.,  8., 18.]])

A shard's result is a netCDF file that is named by its settings and by the code that made it: a shard is done
when its file is there and whole, whoever wrote it. ``python -m renorm.sweep`` runs a plan beyond one process
(:mod:`renorm.sweep.cluster`). Nothing here imports JAX; xarray is imported when the first shard is run.
"""

from renorm.fingerprint import fingerprint
from renorm.sweep.execute import SweepError, collect, run, status
from renorm.sweep.plan import Plan, Shard, seeds

__all__ = ["Plan", "Shard", "SweepError", "collect", "fingerprint", "run", "seeds", "status"]
