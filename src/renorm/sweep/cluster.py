"""Run a plan on many workers with dask.distributed, the optional extra ``cluster``.

Workers return nothing: a shard is done when its file is there, so the death of a worker, of the scheduler or
of this process loses nothing that is finished. All must see the folder and have the same code.
"""

import logging
import os
import sys
from contextlib import ExitStack
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from renorm.sweep.execute import SweepError, end, measured, path_of, start, state, watch
from renorm.sweep.plan import Plan, Shard
from renorm.sweep.store import put

_PATIENCE = 120  # seconds until the first worker must have come


@cache
def load(reference: str) -> tuple[Plan, dict[str, Shard]]:
    """A plan and its shards by key, from ``module:attribute`` or ``path/file.py:attribute``.

    Raises:
        ValueError: there is no plan of that name.
    """
    place, _, attribute = reference.rpartition(":")
    if place.endswith(".py") and Path(place).is_file():
        spec = spec_from_file_location(Path(place).stem, place)
        module = sys.modules[spec.name] = module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        sys.path.insert(0, os.getcwd())
        module = import_module(place)
    plan = getattr(module, attribute, None)
    if not isinstance(plan, Plan):
        raise ValueError(f"PLAN is {reference!r}; allowed is module:attribute or file.py:attribute of a Plan")
    return plan, {shard.key: shard for shard in plan.shards}


def work(reference: str, home: str, folder: str, key: str, gpus: tuple[str, ...] = ()) -> None:
    """One shard on a worker; of the GPUs it sees its own only, since JAX is imported after this."""
    if gpus:
        from dask.distributed import get_worker

        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[int(get_worker().name) % len(gpus)]
    os.chdir(home)
    plan, shards = load(reference)
    if key not in shards:
        raise SweepError("this worker has other code than the process that started the sweep")
    if state(folder, shards[key]) != "done":
        raw, sync = measured(plan, shards[key])
        put(path_of(folder, shards[key]), raw, sync=sync)


def run_on(
    reference: str,
    folder: Path,
    *,
    workers: int = 0,
    scheduler: str | None = None,
    scheduler_file: str | None = None,
) -> None:
    """Compute what is missing with workers on this machine, or with those of a scheduler.

    Args:
        reference: the plan, see :func:`load`.
        folder: where the shards' files are.
        workers: processes to start here, one thread each; where there are GPUs, each gets one for itself.
        scheduler: otherwise the address of a running scheduler,
        scheduler_file: or the file that it wrote.

    Raises:
        SweepError: shards failed: each is named with its exception, the others are done; or no worker came.
        ImportError: dask.distributed is not installed.
    """
    try:
        from dask.distributed import Client, as_completed
    except ImportError:
        raise ImportError("workers need dask.distributed: pip install 'renorm[nets,cluster]'") from None
    plan, _ = load(reference)
    todo, gpus, failures = start(plan, folder), visible_gpus() if workers else (), {}
    if not todo:
        return
    with ExitStack() as stack:
        scheduler = stack.enter_context(local(workers)) if workers else scheduler
        client = stack.enter_context(Client(scheduler, scheduler_file=scheduler_file))
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            raise SweepError(f"no worker has come within {_PATIENCE} s") from None
        where = (reference, os.getcwd(), str(folder))
        futures = {client.submit(work, *where, shard.key, gpus, pure=False): shard for shard in todo}
        for future in watch(plan, as_completed(futures, raise_errors=False), len(todo)):
            if state(folder, futures[future]) != "done":
                gone = SweepError("the scheduler has gone, or its workers cannot see the folder")
                failures[futures[future]] = future.exception() or gone
    end(plan, failures)


def local(workers: int) -> Any:
    """A scheduler and its workers, one thread each, on this machine."""
    import dask
    from dask.distributed import LocalCluster

    dask.config.set({"distributed.scheduler.worker-saturation": 1.0})  # a crash takes one shard down, not two
    # dask's own value has JAX give memory back at each step: twice the processor time on a CPU.
    dask.config.set({"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None})
    options = {"dashboard_address": None, "silence_logs": logging.CRITICAL}
    return LocalCluster(workers, threads_per_worker=1, **options)


def visible_gpus() -> tuple[str, ...]:
    """What to write into ``CUDA_VISIBLE_DEVICES`` for each GPU that this process may use."""
    if os.environ.get("JAX_PLATFORMS") == "cpu":
        return ()
    here = ",".join(str(i) for i, _ in enumerate(Path("/dev").glob("nvidia[0-9]*")))
    return tuple(gpu for gpu in os.environ.get("CUDA_VISIBLE_DEVICES", here).split(",") if gpu)
