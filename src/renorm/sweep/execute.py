"""Run a plan in this process, see how far it is, put its results together."""

import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from renorm.sweep.plan import Plan, Shard
from renorm.sweep.store import parse, put, seal, whole

if TYPE_CHECKING:
    import xarray as xr

_EVERY = 10.0  # seconds between two lines of progress


class SweepError(Exception):
    """What keeps a sweep from being complete, for the person who started it."""


def path_of(folder: Path | str, shard: Shard) -> Path:
    """The file of a shard."""
    return Path(folder) / f"{shard.key}.nc"


def state(folder: Path | str, shard: Shard) -> str:
    """``done``, or why not: ``missing``, ``truncated`` (or damaged) or ``foreign`` (another shard's file)."""
    try:
        with open(path_of(folder, shard), "rb") as file:
            raw = file.read()
    except FileNotFoundError:
        return "missing"
    if not whole(raw):
        return "truncated"
    return "done" if f"shard {shard.key}".encode() in raw else "foreign"


def status(plan: Plan, folder: Path | str) -> dict[str, list[Shard]]:
    """The shards by their state."""
    found: dict[str, list[Shard]] = {}
    for shard in plan.shards:
        found.setdefault(state(folder, shard), []).append(shard)
    return found


def measured(plan: Plan, shard: Shard) -> tuple[bytes, bool]:
    """Measure one shard: the content of its file, and whether to wait until the disk has it.

    A file that is lost or cut short when the power fails is found out and computed again; what took less than
    a tenth of a second is not worth the wait.

    Raises:
        ValueError: if what ``measure`` returns does not fit the grid.
    """
    import xarray as xr

    began = time.perf_counter()
    data = plan.measure(**shard.scalars, **shard.vectors)
    sizes, wanted = getattr(data, "sizes", {}), {dim: len(plan.grid[dim]) for dim in plan.vector}
    if not isinstance(data, xr.Dataset) or not wanted.items() <= sizes.items() or {*plan.scalar} & {*sizes}:
        raise ValueError(
            f"measure returns {type(data).__name__} with the dimensions {dict(sizes)}; allowed is an "
            f"xarray.Dataset with {wanted} and others, but not {plan.scalar}"
        )
    if clash := {*plan.grid} & {*data.data_vars}:
        raise ValueError(f"measure returns variables {clash}, which are dimensions of the grid; rename one")
    data, seconds = data.drop_vars({*plan.grid} & {*data.coords}), time.perf_counter() - began
    data.attrs = {"shard": f"shard {shard.key}", "seconds": seconds}
    return seal(data), seconds > 0.1


def run(plan: Plan, folder: Path | str, *, part: tuple[int, int] = (0, 1)) -> None:
    """Compute what is missing, in this process, and print now and then how far it is.

    Interrupted, it goes on where it stopped. A shard that raises does not stop the others; a full disk does,
    and nothing that is done is lost.

    Args:
        plan: what to run.
        folder: where the shards' files are; made if needed.
        part: (i, n) runs part i = 0 ... n - 1 of n, shards in a row so that its shapes are few.

    Raises:
        SweepError: at the end, naming each shard that failed with its exception.
        OSError: a file cannot be written.
        ValueError: a part that there is not.
    """
    failures = {}
    todo = start(plan, folder, part)
    for shard in watch(plan, todo, len(todo)):
        try:
            raw, sync = measured(plan, shard)
        except Exception as error:
            failures[shard] = error
        else:
            put(path_of(folder, shard), raw, sync=sync)
    end(plan, failures)


def start(plan: Plan, folder: Path | str, part: tuple[int, int] = (0, 1)) -> list[Shard]:
    """Make the folder; the shards of a part that are not done."""
    (number, of), size = part, len(plan.shards)
    if not 0 <= number < of:
        raise ValueError(f"part is {part}; allowed is (i, n) with 0 <= i < n")
    Path(folder).mkdir(parents=True, exist_ok=True)
    shards = plan.shards[number * size // of : (number + 1) * size // of]
    return [shard for shard in shards if state(folder, shard) != "done"]


def watch(plan: Plan, items: Iterable, number: int) -> Iterator[Any]:
    """Hand on what there is to do, and print now and then how fast it goes and how long it will take."""
    began = said = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        now = time.monotonic()
        if now - said > _EVERY or done == number:
            said, rate = now, done / (now - began)
            left = f"{(number - done) / rate:.0f} s left" if done < number else f"{now - began:.1f} s"
            print(f"{plan.name}: {done} of {number} shards, {rate:.2g} a second, {left}", flush=True)


def end(plan: Plan, failures: dict[Shard, BaseException]) -> None:
    """Raise if shards failed, with the exception of each and the function that it came from."""
    lines = [f"{plan.name}: {len(failures)} shards failed"]
    for shard, error in failures.items():
        lines.append(f"  {shard}\n    {type(error).__name__}: {error}")
        for frame in traceback.extract_tb(error.__traceback__)[-1:]:
            lines[-1] += f" ({frame.name}, line {frame.lineno})"
    if failures:
        raise SweepError("\n".join(lines))


def collect(plan: Plan, folder: Path | str) -> "xr.Dataset":
    """All results as one data set.

    Returns:
        Each variable with all scalar dimensions of the grid and those of its own, the grid's in front and in
        their order; the grid's values as coordinates; the code's hash and the seconds spent as attributes.

    Raises:
        SweepError: shards are missing, truncated or foreign (each is named), or their variables differ.
    """
    import xarray as xr

    found = status(plan, folder)
    if set(found) != {"done"}:
        raise SweepError(_gaps(plan, folder, found))
    parts = {shard.index: parse(path_of(folder, shard).read_bytes()) for shard in plan.shards}
    first = next(iter(parts.values()))
    layout = {name: dict(values.sizes) for name, values in first.variables.items()}
    for index, data in parts.items():
        other = {name: dict(values.sizes) for name, values in data.variables.items()}
        if other != layout:
            raise SweepError(f"{plan.name}: shard {index} has the variables {other}, the first has {layout}")
    shape, variables = [len(plan.grid[dim]) for dim in plan.scalar], {}
    for name, values in first.data_vars.items():
        kind = np.result_type(*(data[name].dtype for data in parts.values()))
        filled = np.empty((*shape, *values.shape), kind)
        for index, data in parts.items():
            filled[index] = data[name].values
        variables[name] = ((*plan.scalar, *values.dims), filled)
    seconds = sum(float(data.seconds) for data in parts.values())
    data = xr.Dataset(variables, {**first.coords, **plan.grid}, {"code": plan.code, "seconds": seconds})
    return data.transpose(*plan.grid, ...)


def _gaps(plan: Plan, folder: Path | str, found: dict[str, list[Shard]]) -> str:
    """What a sweep lacks, in words."""
    lines = [f"{plan.name}: {len(found.get('done', []))} of {len(plan.shards)} shards are done"]
    for word in ("missing", "truncated", "foreign"):
        lines += [f"  {word}: {shard} ({shard.key}.nc)" for shard in found.get(word, [])]
    if unknown := {path.stem for path in Path(folder).glob("*.nc")} - {shard.key for shard in plan.shards}:
        lines.append(f"  {len(unknown)} files more belong to other code or to another grid")
    return "\n".join([*lines, "run the plan again: it computes what is not done"])
