"""The first cell of a notebook for download: it fetches the book and installs its library."""

import re
import subprocess
import tomllib
from pathlib import Path

CELL = """\
# Fetches this book and installs its library where that is missing, as on Colab.
import importlib.util
import os
import subprocess
import sys

if importlib.util.find_spec("renorm") is None:
    fetch = "git init -q renorm-book && cd renorm-book && git fetch -q --depth=1 {repository} {commit}"
    subprocess.run(fetch + " && git checkout -q FETCH_HEAD", shell=True, check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "./renorm-book", *{pins}], check=True)
    if "numpy" in sys.modules:
        print("Restart the session once: it had loaded its own numpy before this cell ran.")
os.chdir("renorm-book" if os.path.isdir("renorm-book") else ".")  # recorded evidence is looked for here"""


def install_cell(root: Path, modules: list[str], repository: str) -> str:
    """Source of the cell for a chapter that imported these modules; ``repository`` is what git fetches."""
    return CELL.format(pins=pinned(root, modules), repository=repository, commit=commit(root))


def pinned(root: Path, modules: list[str]) -> list[str]:
    """The library's requirements for these modules, with the versions of the lock.

    IPython stays out: replacing it under a running front end breaks the session.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["report"]]
    wanted += extras["nets"] if re.search(r"\brenorm\.(nets|sweep)\b", " ".join(modules)) else []
    names = [re.match(r"[\w-]+", line)[0] for line in wanted]
    versions = dict(re.findall(r"(?m)^([\w.-]+)==([\w.]+)", (root / "requirements.lock").read_text()))
    return [f"{name}=={versions[name]}" for name in names if name != "ipython"]


def commit(root: Path) -> str:
    """The commit that is being built; the main branch where there is none."""
    git = subprocess.run(["git", "-C", root, "rev-parse", "HEAD"], capture_output=True, text=True)
    return git.stdout.strip() if git.returncode == 0 else "main"
