"""The cell that installs the library: its pins, and that a chapter works after it where there was nothing."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from ci import colab

REPOSITORY = Path(__file__).parents[2]
CHAPTER = """
import importlib.metadata
import renorm
import xarray
from renorm import report

def square(x):
    return xarray.Dataset({{"y": x**2}})

report.evidence("toy", "squares", square, {{"x": (1, 2)}}, tolerance=0, record={record})
print(renorm.__file__, importlib.metadata.version("numpy"))
"""


def run(*command, cwd):
    """A command's result, with its output as text."""
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def test_the_pins_are_those_of_the_lock_and_leave_ipython_alone():
    pins = colab.pinned(REPOSITORY, ["renorm.theory.spectrum"])
    assert {pin.partition("==")[0] for pin in pins} == {"numpy", "scipy", "jaxtyping", "matplotlib", "pyyaml"}
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert all(re.search(rf"(?m)^{re.escape(pin)}[ ;\\]", lock) for pin in pins)


@pytest.mark.parametrize("module", ["renorm.nets.train", "renorm.sweep"])
def test_a_chapter_with_networks_or_evidence_gets_their_packages_too(module):
    pins = colab.pinned(REPOSITORY, ["renorm", module])
    assert {"jax", "optax", "xarray"} <= {pin.partition("==")[0] for pin in pins}


def test_a_library_that_is_there_is_left_alone():
    cell = colab.install_cell(REPOSITORY, [], "https://example.invalid/a")
    done = run(sys.executable, "-c", f"{cell}\nprint(os.getcwd())", cwd=REPOSITORY)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{REPOSITORY}\n", "")


@pytest.fixture
def clone(tmp_path):
    """A repository with the files of this one, as a commit, and with evidence of its own."""
    clone = tmp_path / "clone"
    shutil.copytree(REPOSITORY / "src" / "renorm", clone / "src" / "renorm")
    for name in (".gitignore", "pyproject.toml", "README.md", "LICENSE", "requirements.lock"):
        shutil.copy(REPOSITORY / name, clone)
    (clone / "book" / "evidence").mkdir(parents=True)
    (tmp_path / "record.py").write_text(CHAPTER.format(record=True))
    assert run(sys.executable, tmp_path / "record.py", cwd=clone).returncode == 0
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *words], check=True, cwd=clone)
    return clone


@pytest.fixture
def python(tmp_path, monkeypatch):
    """The interpreter of a clean environment.

    To save a minute it borrows this environment's packages, the library not among them (a path added by a
    ``.pth`` file is not searched for more such files); with CLEAN_ROOM=1 it has nothing but the IPython that
    any notebook has, and installs all.
    """
    clean, python = "CLEAN_ROOM" in os.environ, tmp_path / "venv" / "bin" / "python"
    venv.create(tmp_path / "venv", with_pip=clean)
    if clean:
        front_end = f"ipython=={importlib.metadata.version('ipython')}"
        subprocess.run([python, "-m", "pip", "install", "--quiet", front_end], check=True)
    else:
        base = {"base": str(tmp_path / "venv"), "platbase": str(tmp_path / "venv")}
        place = Path(sysconfig.get_path("purelib", vars=base), "borrowed.pth")
        place.write_text(sysconfig.get_path("purelib"))
        monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "1")
    return python


def test_the_cell_fetches_and_installs_the_built_commit_in_a_clean_environment(clone, python, tmp_path):
    def execute(repository):
        cell = colab.install_cell(clone, ["renorm.sweep"], repository)
        (tmp_path / "chapter.py").write_text(cell + CHAPTER.format(record=False))
        return cell, run(python, tmp_path / "chapter.py", cwd=tmp_path)

    assert "nowhere" in execute("file:///nowhere")[1].stderr  # such as a network that fails
    for _ in ("a new session", "a restarted one"):
        cell, done = execute(f"file://{clone}")
        assert done.returncode == 0, done.stderr
        evidence, used = done.stdout.splitlines()[-2:]
        assert evidence.startswith("evidence toy-squares: recorded 20")
        assert "stale" not in evidence
        place, numpy = used.split()
        assert Path(place).is_relative_to(tmp_path / "venv")
        assert f"numpy=={numpy}" in cell
    assert colab.commit(tmp_path / "renorm-book") == colab.commit(clone)
