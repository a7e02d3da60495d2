"""Runs on workers; skipped where dask.distributed is not installed."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import xarray as xr

from renorm.sweep.cluster import visible_gpus


@pytest.mark.parametrize(
    ("environment", "gpus"),
    [
        ({"CUDA_VISIBLE_DEVICES": "2,5", "JAX_PLATFORMS": ""}, ("2", "5")),
        ({"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": ""}, ()),
        ({"CUDA_VISIBLE_DEVICES": "0", "JAX_PLATFORMS": "cpu"}, ()),
    ],
)
def test_gpus_are_those_that_may_be_used(monkeypatch, environment, gpus):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert visible_gpus() == gpus


class TestWorkers:
    @pytest.fixture(autouse=True)
    def _dask(self):
        pytest.importorskip("distributed")

    def serial(self, sweep, tmp_path_factory):
        other = type(sweep)(tmp_path_factory.mktemp("serial"))
        assert other.call("run")[0] == other.call("collect")[0] == 0
        return xr.load_dataset(other.home / "toy.nc")

    def test_the_same_bits_as_one_process(self, sweep, tmp_path_factory):
        status, out, err = sweep.call("run", "--workers", "2")
        assert (status, err) == (0, "")
        assert out.splitlines()[-1] == "8 done"
        sweep.call("collect")
        serial = self.serial(sweep, tmp_path_factory)
        assert xr.load_dataset(sweep.home / "toy.nc").loss.values.tobytes() == serial.loss.values.tobytes()

    def test_one_gpu_a_worker(self, sweep):
        assert (
            sweep.call("run", "--workers", "2", CUDA_VISIBLE_DEVICES="3,7", JAX_PLATFORMS="", NAP="0.2")[0]
            == 0
        )
        sweep.call("collect")
        assert set(xr.load_dataset(sweep.home / "toy.nc").gpu.values.ravel()) == {"3", "7"}

    def test_failed_shards_are_reported_and_the_others_done(self, sweep):
        status, _, err = sweep.call("run", "--workers", "2", FAIL="8")
        assert status == 1
        assert err.count("RuntimeError: no width 8 (draw, line") == 4
        assert len(sweep.files()) == 4

    def test_a_shard_that_kills_its_worker_takes_no_other_along(self, sweep):
        status, _, err = sweep.call("run", "--workers", "1", CRASH="16")
        assert status == 1
        assert err.count("KilledWorker") == 4
        assert len(sweep.files()) == 4

    def test_a_killed_worker_is_replaced(self, sweep):
        process = sweep.start("run", "--workers", "2", NAP="0.5")
        while len(sweep.log()) < 3:
            time.sleep(0.01)
        workers = [p for p in psutil.Process(process.pid).children() if "spawn_main" in " ".join(p.cmdline())]
        workers[0].send_signal(signal.SIGKILL)
        assert process.wait(60) == 0
        assert len(sweep.log()) <= 9
        assert len(sweep.files()) == 8

    def test_a_killed_driver_loses_nothing_that_is_done(self, sweep):
        process = sweep.start("run", "--workers", "2", NAP="0.3")
        while len(sweep.done()) < 3:
            time.sleep(0.01)
        workers = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        assert psutil.wait_procs(workers, timeout=20)[1] == []
        done, begun = len(sweep.done()), len(sweep.log())
        assert 3 <= done < 8
        assert sweep.call("run", "--workers", "2")[0] == 0
        assert len(sweep.log()) - begun == 8 - done

    @pytest.fixture
    def started(self, sweep):
        """A scheduler and two workers, started by hand."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": sweep.home}
        common = ["--scheduler-file", "scheduler.json", "--host", "127.0.0.1", "--no-dashboard"]
        scheduler, worker = (
            [sys.executable, "-m", f"distributed.cli.dask_{name}", *common]
            for name in ("scheduler", "worker")
        )
        processes = [subprocess.Popen([*scheduler, "--port", "0"], **quiet)]
        processes += [subprocess.Popen([*worker, "--nthreads", "1"], **quiet) for _ in range(2)]
        yield processes
        for process in reversed(processes):
            process.terminate()
            process.wait(20)

    def test_workers_started_by_hand(self, sweep, started):
        assert sweep.call("run", "--scheduler-file", "scheduler.json")[0] == 0
        assert len(sweep.files()) == 8

    def test_a_killed_scheduler_loses_nothing_that_is_done(self, sweep, started):
        process = sweep.start("run", "--scheduler-file", "scheduler.json", NAP="0.5")
        while len(sweep.done()) < 3:
            time.sleep(0.01)
        started[0].kill()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "the scheduler has gone" in err
        done = len(sweep.done())
        assert 3 <= done < 8
        assert sweep.call("run")[0] == 0
        assert len(sweep.files()) == 8
