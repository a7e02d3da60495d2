"""The wing keeps to itself: JAX is loaded late, and no theory is imported."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import renorm.nets
from renorm import nets

SOURCES = sorted(Path(renorm.nets.__file__).parent.glob("*.py"))


def test_importing_the_package_does_not_load_jax():
    code = "import sys, renorm.nets; assert 'jax' not in sys.modules; dir(renorm.nets)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_no_module_imports_another_wing(source):
    imported = set()
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{alias.name}" for alias in node.names}
    assert not [
        name for name in imported if name.startswith(("renorm.theory", "renorm.simulate", "renorm.report"))
    ]


def test_every_public_name_is_there():
    for name in nets.__all__:
        assert getattr(nets, name) is not None


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(AttributeError, match="MLP"):
        nets.Perceptron  # noqa: B018
