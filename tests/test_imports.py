"""Two wings that never meet: what a module may import, no circles, and how fast the theory loads."""

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import renorm

ROOT = Path(renorm.__file__).parent
MODULES = {
    ".".join(["renorm", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__"): path
    for path in ROOT.rglob("*.py")
}


def imports(name):
    """The modules of renorm that a module's import statements name, wherever in it they stand."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def wing(name):
    return name.split(".")[1] if "." in name else ""


@pytest.mark.parametrize("name", sorted(MODULES))
def test_wings(name):
    foreign = {
        "theory": {"renorm.simulate", "renorm.nets", "renorm.report", "renorm.sweep", "jax", "matplotlib"},
        "simulate": {"renorm.nets", "renorm.report", "renorm.sweep", "jax", "matplotlib"},
        "nets": {"renorm.theory", "renorm.simulate", "matplotlib"},
    }.get(wing(name), set())
    used = imports(name)
    for other in foreign:
        assert not {u for u in used if u == other or u.startswith(other + ".")}, f"{name} imports {other}"
    if wing(name) == "simulate":
        theory = {u for u in used if u.startswith("renorm.theory")}
        assert theory <= {"renorm.theory.spectrum", "renorm.theory.spectrum.Spectrum"}


def test_no_import_cycles():
    graph = {name: imports(name) & set(MODULES) - {name} for name in MODULES}
    TopologicalSorter(graph).prepare()  # raises CycleError and names the circle


@pytest.mark.parametrize("package", ["renorm.theory", "renorm.simulate"])
def test_lists_of_modules_are_complete(package):
    package = importlib.import_module(package)
    public = {m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_")}
    names = getattr(package, "_MODULES", None)
    if names is not None:
        assert public - {"spectrum"} == set(names) - {"spectrum"}
        assert list(names) == sorted(names)
        for name in names:
            assert getattr(package, name).__name__ == f"{package.__name__}.{name}"
        assert set(dir(package)) >= set(names)


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(AttributeError, match=r"it has .*renormalize"):
        importlib.import_module("renorm.theory").nothing  # noqa: B018


def run(code):
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=one_thread).stdout


def test_theory_loads_in_a_third_of_a_second():
    """Processor time, the best of five: a busy machine does not slow the import's own work by much."""
    code = (
        "import time; start = time.process_time()\n"
        "from renorm.theory import Spectrum, renormalize, transforms\n"
        "print(time.process_time() - start)"
    )
    assert min(float(run(code)) for _ in range(5)) < 0.3


def test_theory_never_loads_jax_or_matplotlib():
    code = (
        "import sys, importlib, renorm.theory as theory\n"
        "[getattr(theory, name) for name in theory._MODULES]\n"
        "print(sorted({'jax', 'matplotlib', 'renorm.simulate', 'renorm.nets'} & set(sys.modules)))"
    )
    assert run(code).strip() == "[]"
