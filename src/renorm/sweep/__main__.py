"""The command line: ``python -m renorm.sweep run|status|collect PLAN [options]``.

PLAN is ``module:attribute`` or ``path/file.py:attribute``. ``run`` computes what is missing, in this process
or with workers; a job of an array takes its part with ``--shard i/n``, i = 0 ... n - 1. ``status`` succeeds
only if all is done.
"""

import argparse
import sys
from pathlib import Path

from renorm.sweep import SweepError, cluster, collect, run, status
from renorm.sweep.store import put, seal


def arguments(words: list[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    style = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m renorm.sweep", description=__doc__, formatter_class=style
    )
    parser.add_argument("command", choices=("run", "status", "collect"))
    parser.add_argument("plan", metavar="PLAN")
    parser.add_argument("--folder", type=Path, help="of the shards' files; by default _build/sweeps/NAME")
    parser.add_argument("--to", type=Path, help="for collect: the netCDF file; by default NAME.nc")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--workers", type=int, default=0, help="processes to start on this machine")
    how.add_argument("--scheduler", metavar="ADDRESS", help="of a running dask scheduler")
    how.add_argument("--scheduler-file", metavar="FILE", help="that a running dask scheduler wrote")
    how.add_argument("--shard", metavar="I/N", default="0/1", help="only part I of N")
    return parser.parse_args(words)


def main(words: list[str] | None = None) -> int:
    """Run a command; the exit status."""
    given = arguments(words)
    try:
        plan, _ = cluster.load(given.plan)
        folder = (given.folder or Path("_build/sweeps", plan.name)).resolve()
        if given.command == "collect":
            target = given.to or Path(f"{plan.name}.nc")
            put(target, seal(collect(plan, folder)))
            print(target)
        elif given.command == "run" and (given.workers or given.scheduler or given.scheduler_file):
            where = {"scheduler": given.scheduler, "scheduler_file": given.scheduler_file}
            cluster.run_on(given.plan, folder, workers=given.workers, **where)
        elif given.command == "run":
            number, _, of = given.shard.partition("/")
            run(plan, folder, part=(int(number), int(of or 1)))
        found = status(plan, folder)
        print(", ".join(f"{len(shards)} {word}" for word, shards in found.items()))
        return 0 if given.command != "status" or set(found) == {"done"} else 1
    except (SweepError, ImportError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
