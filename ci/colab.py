"""The first cell of a notebook for download: it installs the book's library where that is missing."""

import re
import subprocess
import tomllib
from pathlib import Path

CELL = """\
# Installs the library of this book where it is missing, as on Colab; does nothing elsewhere.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("renorm") is None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, {pins}], check=True)
    subprocess.run([*pip, "--no-deps", "git+{repository}@{commit}"], check=True)
    if "numpy" in sys.modules:
        print("Restart the session once: it had loaded its own numpy before this cell ran.")"""


def install_cell(root: Path, modules: list[str], repository: str) -> str:
    """Source of the cell for a chapter that imported these modules; ``repository`` is what pip clones."""
    pins = ", ".join(f'"{pin}"' for pin in pinned(root, modules))
    return CELL.format(pins=pins, repository=repository, commit=commit(root))


def pinned(root: Path, modules: list[str]) -> list[str]:
    """The library's requirements for these modules, with the versions of the lock.

    IPython stays out: replacing it under a running front end breaks the session.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["report"]]
    wanted += extras["nets"] if any(name.startswith("renorm.nets") for name in modules) else []
    names = [re.match(r"[\w-]+", line)[0] for line in wanted]
    versions = dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", (root / "requirements.lock").read_text()))
    return [f"{name}=={versions[name]}" for name in names if name != "ipython"]


def commit(root: Path) -> str:
    """The commit that is being built; the main branch where there is none."""
    git = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True)
    return git.stdout.strip() if git.returncode == 0 else "main"
