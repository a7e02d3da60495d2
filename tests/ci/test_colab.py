"""The cell that installs the library: its pins, and that it works in an environment that has nothing."""

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


def test_the_pins_are_those_of_the_lock_and_leave_ipython_alone():
    pins = colab.pinned(REPOSITORY, ["renorm.theory.spectrum"])
    assert {pin.partition("==")[0] for pin in pins} == {"numpy", "scipy", "jaxtyping", "matplotlib", "pyyaml"}
    lock = (REPOSITORY / "requirements.lock").read_text()
    assert all(re.search(rf"(?m)^{re.escape(pin)}[ ;\\]", lock) for pin in pins)


def test_a_chapter_with_networks_gets_their_packages_too():
    pins = colab.pinned(REPOSITORY, ["renorm.nets.train"])
    assert {"jax", "optax", "xarray"} <= {pin.partition("==")[0] for pin in pins}


def test_a_library_that_is_there_is_left_alone():
    cell = colab.install_cell(REPOSITORY, [], "https://example.invalid/a")
    done = subprocess.run([sys.executable, "-c", cell], capture_output=True, text=True, cwd=REPOSITORY)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.fixture
def clone(tmp_path):
    """A repository with the files of this one, as a commit."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", tmp_path / "clone"]
    for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.lock"):
        (tmp_path / "clone").mkdir(exist_ok=True)
        shutil.copy(REPOSITORY / name, tmp_path / "clone")
    shutil.copytree(REPOSITORY / "src" / "renorm", tmp_path / "clone" / "src" / "renorm")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *words], check=True)
    return tmp_path / "clone"


@pytest.fixture
def python(tmp_path, monkeypatch):
    """The interpreter of a clean environment.

    To save a minute it borrows this environment's packages, the library not among them (a path added by a
    ``.pth`` file is not searched for more such files); with CLEAN_ROOM=1 it has nothing and installs all.
    """
    clean = "CLEAN_ROOM" in os.environ
    venv.create(tmp_path / "venv", with_pip=clean)
    if not clean:
        base = {"base": str(tmp_path / "venv"), "platbase": str(tmp_path / "venv")}
        place = Path(sysconfig.get_path("purelib", vars=base), "borrowed.pth")
        place.write_text(sysconfig.get_path("purelib"))
        monkeypatch.setenv("PIP_NO_BUILD_ISOLATION", "1")
    return tmp_path / "venv" / "bin" / "python"


def test_the_cell_installs_the_built_commit_in_a_clean_environment(clone, python, tmp_path):
    cell = colab.install_cell(clone, [], f"file://{clone}")
    assert colab.commit(clone) in cell
    use = "import renorm, importlib.metadata as m\nprint(renorm.__file__, m.version('numpy'))"
    done = subprocess.run([python, "-c", f"{cell}\n{use}"], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    place, numpy = done.stdout.split()
    assert Path(place).is_relative_to(tmp_path / "venv")
    assert f"numpy=={numpy}" in cell
