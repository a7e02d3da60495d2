"""A plan in a file of its own that keeps a log of what it computes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLAN = """
import os, time
from pathlib import Path

import numpy as np
import xarray as xr

from renorm.sweep import Plan, seeds


def draw(width, seed, rate):
    with open(Path(__file__).parent / "log", "a") as log:
        log.write(f"{width} {seed}\\n")
    time.sleep(float(os.environ.get("NAP", "0")))
    if str(width) == os.environ.get("FAIL"):
        raise RuntimeError(f"no width {width}")
    if str(width) == os.environ.get("CRASH"):
        os.kill(os.getpid(), 9)
    rng = np.random.default_rng((seed, width))
    return xr.Dataset({
        "loss": (("rate", "step"), rng.normal(size=(len(rate), 3)) * rate[:, None]),
        "gpu": ((), os.environ.get("CUDA_VISIBLE_DEVICES", "none")),
    })


plan = Plan("toy", draw, {"width": (8, 16), "seed": seeds("toy", 4), "rate": (0.1, 0.3)}, vector=("rate",))
"""


class Sweep:
    """The plan's file, its folder of shards, and the command line on it."""

    def __init__(self, home: Path):
        self.home, self.folder = home, home / "_build/sweeps/toy"
        (home / "toy.py").write_text(PLAN)

    def start(self, *words: str, **environment: str) -> subprocess.Popen:
        """Start a command."""
        command = [sys.executable, "-m", "renorm.sweep", words[0], "toy.py:plan", *words[1:]]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=self.home, env=os.environ | environment, **pipes)

    def call(self, *words: str, **environment: str) -> tuple[int, str, str]:
        """Run a command: status, standard output, standard error."""
        process = self.start(*words, **environment)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    def log(self) -> list[str]:
        """A line for each shard that was begun, in all runs so far."""
        log = self.home / "log"
        return log.read_text().splitlines() if log.exists() else []

    def files(self) -> list[str]:
        """Names of all files in the folder of shards, hidden ones that are still being written included."""
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []

    def done(self) -> list[str]:
        """Names of the shards' files that are in place."""
        return [name for name in self.files() if not name.startswith(".")]


@pytest.fixture
def sweep(tmp_path):
    return Sweep(tmp_path)
