"""Recorded results of runs too long for a build: loaded with their origin, and checked by a live rerun."""

import dataclasses
import hashlib
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np

from renorm.report.output import emit
from renorm.report.provenance import commit, device
from renorm.report.record import Ledger
from renorm.sweep import Plan, collect, run
from renorm.sweep.store import parse, put, seal

if TYPE_CHECKING:
    import xarray as xr

MIME = "application/vnd.renorm.evidence+json"
LARGEST = 1_000_000  # bytes
_FLOOR = 1e-3
_DIRTY = " with local changes"


class EvidenceError(Exception):
    """Recorded evidence that is missing, damaged, or not what a live rerun finds."""


class _NotRecorded(EvidenceError):
    """Neither of the two files is there."""


@dataclass(frozen=True)
class Evidence:
    """A recorded result.

    Attributes:
        data: the data set, with the dimensions of the grid in front.
        provenance: what is known of its origin.
        stale: whether the code has changed since it was recorded.
    """

    data: "xr.Dataset"
    provenance: dict[str, Any]
    stale: bool

    @property
    def origin(self) -> str:
        """When and on what it was recorded, in a few words."""
        changed = ", stale: the code has changed since" if self.stale else ""
        return f"{self.provenance['date']} on {self.provenance['device']}{changed}"

    @property
    def on_gpu(self) -> bool:
        """Whether it was recorded on a GPU."""
        return self.provenance["platform"] == "gpu"

    def ledger(self, ledger: Ledger) -> Ledger:
        """The ledger for measurements on this data: its records name the date and device of the evidence.

        Evidence counts as a run in the profile ``gpu`` or ``laptop``, by the device it was recorded on. The
        scale of such a record is ``smaller`` unless it says ``scale="paper"``.
        """
        profile = ledger.profile if ledger.profile == "smoke" else "gpu" if self.on_gpu else "laptop"
        return dataclasses.replace(
            ledger,
            profile=profile,
            recorded=self.origin,
            stale=self.stale,
            device=self.provenance["device"],
        )


def evidence(
    chapter: str,
    name: str,
    measure: Callable[..., Any],
    grid: Mapping[str, Sequence | np.ndarray],
    *,
    tolerance: float,
    vector: tuple[str, ...] = (),
    shapes: tuple[str, ...] = (),
    record: bool = False,
    required: bool = True,
    rerun: int = 2,
    again: Mapping[str, Sequence] | None = None,
    seed: int = 0,
    compare: tuple[str, ...] | None = None,
    folder: Path | str | None = None,
) -> Evidence | None:
    """Load the recorded result of a sweep, or record it; either way rerun a few random points and compare.

    The result is ``<folder>/<chapter>-<name>.nc``, its origin the ``.json`` beside it.

    Args:
        chapter: the chapter's name.
        name: the result's.
        measure: one shard: a function of keyword arguments, one a dimension, that returns an
            :class:`xarray.Dataset` with the dimensions in ``vector`` and any of its own.
        grid: the values of each dimension; where nothing is recorded, values that the record holds.
        tolerance: allowed difference relative to the recorded number, or to a thousandth of the variable's
            median size where the number is smaller. Integers, NaN and infinities must be the same.
        vector: dimensions that ``measure`` takes whole, as arrays; in a rerun with one value.
        shapes: see :class:`~renorm.sweep.plan.Plan`.
        record: whether to run the whole grid and write the files. It can be interrupted: shards that are done
            stay in ``_build/sweeps``.
        required: whether evidence that nobody has recorded is an error. If not, what is missing is said and
            None is returned: for runs that need a machine which not everyone has.
        rerun: how many random points of the grid are measured anew.
        again: for some dimensions, the values among which these points are drawn: those that are cheap
            enough to be measured live.
        seed: chooses the points.
        compare: the variables to compare; by default all.
        folder: of the files; by default ``book/evidence``, looked for from the working directory upwards.

    Raises:
        EvidenceError: the files are missing, damaged, or too large to be written; the record lacks a value of
            the grid; a rerun differs.
        ValueError: ``again`` names a dimension that the grid lacks.
    """
    plan = Plan(f"{chapter}-{name}", measure, grid, vector, shapes)
    if unknown := sorted({*(again or {})} - {*plan.grid}):
        raise ValueError(f"again names {unknown}; allowed are the dimensions {', '.join(plan.grid)}")
    folder, shards = (Path(folder), Path(folder, "sweeps")) if folder else _folders()
    files = folder / f"{plan.name}.nc", folder / f"{plan.name}.json"
    try:
        data, about = _measure(plan, shards / plan.name, seed) if record else _load(*files)
    except _NotRecorded:
        if required:
            raise
        emit({"text/plain": f"evidence {plan.name}: not recorded yet; `make gpu` records it, on a GPU"})
        return None
    data = _select(data, plan.grid, files[0])
    worst = _rerun(plan, data, _select(data, again or {}, files[0]), rerun, seed, tolerance, compare)
    if record:
        _write(data, about, *files)
    found = Evidence(data, about, stale=about["code"] != plan.code)
    text = (
        f"evidence {plan.name}: recorded {found.origin}, commit {about['commit']}, {about['seconds']:.0f} s; "
        f"{rerun} points rerun, largest relative difference {worst:.1g}, allowed {tolerance:g}"
    )
    seen = {"name": plan.name, "recorded": found.origin, "stale": found.stale}
    emit({MIME: seen | {key: about[key] for key in ("sha256", "commit", "seconds")}, "text/plain": text})
    return found


def _folders() -> tuple[Path, Path]:
    """Of the book above the working directory: that of the evidence and that of unfinished sweeps."""
    here = Path.cwd()
    for root in (here, *here.parents):
        if (root / "book" / "evidence").is_dir():
            return root / "book" / "evidence", root / "_build" / "sweeps"
    raise EvidenceError(f"there is no book/evidence above {here}: run inside the repository, or pass folder=")


def _measure(plan, shards, seed):
    """Run the whole grid; its data and their origin."""
    run(plan, shards)
    data = collect(plan, shards)
    head = commit(shards, apart_from="book/evidence")
    modules = [module for module in ("numpy", "scipy", "xarray", "jax", "jaxlib") if module in sys.modules]
    about = {
        "device": device(),
        **_arithmetic(),
        "versions": {module: version(module) for module in modules} | {"python": platform.python_version()},
        "commit": head.removesuffix(_DIRTY),
        "dirty": head.endswith(_DIRTY),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "seconds": round(data.seconds, 1),
        "seed": seed,
        "grid": plan.grid,
        "vector": list(plan.vector),
        "code": plan.code,
    }
    data.attrs = {}
    return data, about


def _arithmetic() -> dict[str, str | None]:
    """Platform, driver, default float type and precision of matrix products; JAX is not imported for this."""
    jax = sys.modules.get("jax")
    if jax is None:
        return {"platform": "cpu", "driver": None, "dtype": "float64", "matmul_precision": "exact"}
    driver = None
    if jax.default_backend() == "gpu":
        query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        driver = subprocess.run(query, capture_output=True, text=True).stdout.strip().split("\n")[0] or None
    return {
        "platform": jax.default_backend(),
        "driver": driver,
        "dtype": "float64" if jax.config.jax_enable_x64 else "float32",
        "matmul_precision": jax.config.jax_default_matmul_precision or "default",
    }


def _write(data, about, file, origin):
    """Put both files in place."""
    raw = seal(data)
    if len(raw) > LARGEST:
        raise EvidenceError(
            f"{file.name} would have {len(raw)} bytes; at most {LARGEST} are kept: reduce inside measure, "
            "return float32, fewer variables or fewer times"
        )
    about["sha256"] = hashlib.sha256(raw).hexdigest()
    put(file, raw)
    put(origin, (json.dumps(about, indent=1) + "\n").encode())


def _load(file, origin):
    """The recorded data and their origin; both files are opened here, so that the build knows of them."""
    how = "make gpu, or make chapter CH=... SET=record=true"
    remedy = f"restore it from the repository, or record it again ({how})"
    try:
        with open(file, "rb") as data, open(origin, encoding="utf-8") as text:
            raw, about = data.read(), json.load(text)
    except FileNotFoundError as error:
        kind = EvidenceError if file.exists() or origin.exists() else _NotRecorded
        raise kind(f"{error.filename} is missing: {remedy}") from None
    if hashlib.sha256(raw).hexdigest() != about["sha256"]:
        raise EvidenceError(f"{file} is truncated, or not the file that {origin.name} describes: {remedy}")
    return parse(raw), about


def _select(data, grid, file):
    """The part of the recorded data on the grid that is asked for, with the recorded coordinates."""
    for dim, asked in grid.items():
        known, wanted = data[dim].values, np.array(asked)[:, None]
        same = np.isclose(known, wanted, rtol=1e-9, atol=0) if known.dtype.kind == "f" else known == wanted
        if not same.any(axis=1).all():
            raise EvidenceError(
                f"{file} holds {dim} = {known.tolist()}, not all of {asked}: ask for those or record again"
            )
        data = data.isel({dim: same.argmax(axis=1)})
    return data


def _rerun(plan, data, cheap, points, seed, tolerance, compare) -> float:
    """Measure random points of ``cheap``, a part of the data, anew; the largest relative difference."""
    sizes = [cheap.sizes[dim] for dim in plan.grid]
    draw = np.random.default_rng((seed, crc32(plan.name.encode())))
    chosen = draw.choice(np.prod(sizes), min(points, np.prod(sizes)), replace=False)
    worst = 0.0
    for index in zip(*np.unravel_index(chosen, sizes), strict=True):
        place = dict(zip(plan.grid, index, strict=True))
        point = {dim: cheap[dim].values[at].item() for dim, at in place.items()}
        live = plan.measure(**{dim: np.array([v]) if dim in plan.vector else v for dim, v in point.items()})
        live = live.isel(dict.fromkeys(plan.vector, 0))
        for name in compare or data.data_vars:
            before = cheap[name].isel(place, missing_dims="ignore")
            now = live[name].transpose(*before.dims).values
            off = _difference(before.values, now, data[name].values)
            worst = max(worst, off)
            if not off <= tolerance:
                raise EvidenceError(
                    f"{plan.name} at {point}: {name} was recorded as {_short(before.values)} and is now "
                    f"{_short(now)}, a relative difference of {off:.2g}, allowed {tolerance:g}"
                )
    return worst


def _difference(recorded: np.ndarray, live: np.ndarray, everywhere: np.ndarray) -> float:
    """The largest relative difference; infinite where integers, words, NaN or infinities differ."""
    if recorded.shape != live.shape:
        return np.inf
    if recorded.dtype.kind not in "fc":
        return 0.0 if np.array_equal(recorded, live) else np.inf
    finite = np.isfinite(recorded)
    same = np.array_equal(recorded[~finite], live[~finite], equal_nan=True)
    if not same or not np.isfinite(live[finite]).all():
        return np.inf
    sizes = np.abs(everywhere[np.isfinite(everywhere)])
    smallest = _FLOOR * np.median(sizes) if sizes.size else 0.0
    recorded, live = recorded[finite], live[finite]
    off, size = np.abs(live - recorded), np.maximum(np.abs(recorded), smallest)
    return float(np.max(off[off > 0] / size[off > 0], initial=0.0))


def _short(values: np.ndarray) -> str:
    return np.array2string(values, threshold=6, edgeitems=2)
