"""Runs in this process: what is computed, what is kept, what is put together."""

import os
import signal
import subprocess
import time
from collections import deque

import numpy as np
import pytest
import xarray as xr

from renorm.sweep import Plan, SweepError, collect, execute, run, status

GRID = {"width": (8, 16), "rate": (0.1, 0.3, 1.0), "seed": (0, 1)}
CALLS = deque()  # not a list: that would be a constant of the measurement


def measure(width, rate, seed):
    CALLS.append((width, seed))
    noise = np.random.default_rng((width, seed)).normal(size=(4, 3))
    return xr.Dataset({"loss": (("step", "rate"), noise * rate), "count": ((), width)})


@pytest.fixture
def plan():
    CALLS.clear()
    return Plan("toy", measure, GRID, vector=("rate",))


def path(folder, plan, index):
    return execute.path_of(folder, plan.shards[index])


def test_collects_what_a_loop_finds(plan, tmp_path, capsys):
    run(plan, tmp_path / "deep" / "folder")
    data = collect(plan, tmp_path / "deep" / "folder")
    assert data.loss.dims == ("width", "rate", "seed", "step")
    assert data["count"].dims == ("width", "seed")
    assert {dim: data[dim].values.tolist() for dim in GRID} == {dim: list(v) for dim, v in GRID.items()}
    for width in GRID["width"]:
        for seed in GRID["seed"]:
            alone = measure(width, np.array(GRID["rate"]), seed).loss.transpose("rate", "step")
            assert np.array_equal(data.loss.sel(width=width, seed=seed), alone)
    captured = capsys.readouterr()
    assert "toy: 4 of 4 shards, " in captured.out
    assert captured.err == ""


def test_a_second_run_computes_nothing(plan, tmp_path):
    run(plan, tmp_path)
    run(plan, tmp_path)
    assert len(CALLS) == 4


def test_a_larger_grid_computes_what_is_new(plan, tmp_path):
    run(plan, tmp_path)
    larger = Plan("toy", measure, GRID | {"seed": (0, 1, 2)}, vector=("rate",))
    run(larger, tmp_path)
    assert list(CALLS)[4:] == [(8, 2), (16, 2)]
    path(tmp_path, plan, 0).unlink()
    with pytest.raises(SweepError, match="2 files more belong to other code or to another grid"):
        collect(plan, tmp_path)


def test_gaps_truncated_and_foreign_files_are_named_and_run_again(plan, tmp_path):
    run(plan, tmp_path)
    files = [path(tmp_path, plan, index) for index in range(4)]
    files[0].unlink()
    files[1].write_bytes(files[1].read_bytes()[:-9])
    files[2].write_bytes(files[3].read_bytes())
    with pytest.raises(SweepError) as caught:
        collect(plan, tmp_path)
    for word, shard in zip(("missing", "truncated", "foreign"), plan.shards, strict=False):
        assert f"{word}: {shard} ({shard.key}.nc)" in str(caught.value)
    assert "1 of 4 shards are done" in str(caught.value)
    assert {word: len(found) for word, found in status(plan, tmp_path).items()} == {
        "missing": 1,
        "truncated": 1,
        "foreign": 1,
        "done": 1,
    }
    run(plan, tmp_path)
    assert list(CALLS)[4:] == list(CALLS)[:3]
    assert collect(plan, tmp_path).sizes == {"width": 2, "rate": 3, "seed": 2, "step": 4}


def test_one_failure_does_not_stop_the_others(tmp_path):
    def sick(width):
        if width == 2:
            raise RuntimeError("no such width")
        return xr.Dataset({"y": ((), width)})

    plan = Plan("sick", sick, {"width": (1, 2, 3)})
    with pytest.raises(
        SweepError, match=r"1 shards failed\n  width=2\n    RuntimeError: no such width \(sick"
    ):
        run(plan, tmp_path)
    assert len(status(plan, tmp_path)["done"]) == 2


@pytest.mark.parametrize(
    "result",
    [
        3,
        xr.Dataset({"y": ((), 1.0)}),
        xr.Dataset({"y": ("x", [1.0])}),
        xr.Dataset({"y": (("x", "width"), [[1.0], [2.0]])}),
        xr.Dataset({"y": ("x", [1.0, 2.0]), "width": ((), 3.0)}),
    ],
)
def test_refuses_results_that_do_not_fit_the_grid(tmp_path, result):
    plan = Plan("toy", lambda width, x: result, {"width": (1,), "x": (1.0, 2.0)}, vector=("x",))
    with pytest.raises(SweepError, match="measure returns"):
        run(plan, tmp_path)


def test_variables_must_be_the_same_everywhere(tmp_path):
    def uneven(width):
        return xr.Dataset({"y": ("x", np.zeros(width))})

    plan = Plan("uneven", uneven, {"width": (1, 2)})
    run(plan, tmp_path)
    with pytest.raises(SweepError, match=r"shard \(1,\) has the variables"):
        collect(plan, tmp_path)


@pytest.mark.parametrize("jobs", [1, 3, 5])
def test_parts_make_the_whole(plan, tmp_path, jobs):
    for job in range(jobs):
        run(plan, tmp_path, part=(job, jobs))
    assert sorted(CALLS) == [(8, 0), (8, 1), (16, 0), (16, 1)]


@pytest.mark.parametrize("part", [(1, 1), (-1, 2), (0, 0)])
def test_refuses_a_part_that_there_is_not(plan, tmp_path, part):
    with pytest.raises(ValueError, match="0 <= i < n"):
        run(plan, tmp_path, part=part)


def test_progress_says_how_long_it_will_take(plan, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(execute, "_EVERY", 0.0)
    run(plan, tmp_path)
    assert "toy: 1 of 4 shards, " in (out := capsys.readouterr().out)
    assert out.count("s left") == 3


def test_killed_it_loses_nothing_that_is_done(sweep):
    process = sweep.start("run", NAP="0.2")
    while len(sweep.done()) < 3:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    done = len(sweep.done())
    begun = len(sweep.log())
    assert 3 <= done < 8
    assert sweep.call("run")[0] == 0
    assert len(sweep.log()) - begun == 8 - done


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_stops_the_run_and_loses_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no file systems may be mounted here")

    def large(seed):
        CALLS.append(seed)
        return xr.Dataset({"y": ("x", np.full(2200, float(seed)))})

    CALLS.clear()
    plan = Plan("large", large, {"seed": tuple(range(6))})
    try:
        with pytest.raises(OSError, match="No space left"):
            run(plan, disk)
        found = status(plan, disk)
        assert (len(found["done"]), len(found["missing"]), len(CALLS)) == (3, 3, 4)
        assert sorted(file.name for file in disk.iterdir()) == sorted(f"{s.key}.nc" for s in found["done"])
        subprocess.run(["mount", "-o", "remount,size=1m", disk], check=True)
        run(plan, disk)
        assert len(CALLS) == 7
        assert collect(plan, disk).y.mean("x").values.tolist() == [0, 1, 2, 3, 4, 5]
    finally:
        subprocess.run(["umount", disk], check=True)
