"""The hash of the code: what changes it and what does not."""

import importlib.util
import io
import subprocess
import sys
from functools import partial

import pytest

from renorm import fingerprint as code
from renorm.fingerprint import fingerprint

SOURCE = '''
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from renorm import theory
from renorm.theory import renormalize

STEPS = 100
UNUSED = 1
settings = SimpleNamespace(draws=3, colour="red")
table = np.arange(3.0)
LOSSES = {"square": lambda x: x**2, "size": lambda x: abs(x)}
spectrum = theory.Spectrum([1.0, 0.5])


def power(exponent):
    def raised(x):
        return x**exponent

    return raised


square, cube = power(2), power(3)


@dataclass
class Choice:
    name: str

    def chosen(self, x):
        return LOSSES[self.name](x)


choice = Choice("square")


class Model:
    def risk(self, x):
        return x + 1


def helper(x):
    """Adds the steps."""
    return x + STEPS


def stranger(x):
    return x


def measure(x):
    """Measures."""
    # a comment
    inner = [helper(y) for y in table]
    powers = square(x), cube(x), choice.chosen(x), spectrum
    return renormalize.kappa, theory.Spectrum, Model().risk(inner), settings.draws, np.sum(x)
'''


def load(path, text):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hashed(tmp_path):
    """The hash of ``measure`` in an edited source; each edit has a file of its own, under one module name."""
    names = iter(range(100))

    def of(*edits):
        text = SOURCE
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        folder = tmp_path / str(next(names))
        folder.mkdir()
        return fingerprint(load(folder / "toy_measure.py", text).measure)

    yield of
    del sys.modules["toy_measure"]


@pytest.mark.parametrize(
    "edit",
    [
        ("Adds the steps.", "Adds STEPS to x."),
        ('    """Measures."""\n', ""),
        ("# a comment", "# another one"),
        ("return x + STEPS", "return (\n        x\n        + STEPS\n    )"),
        ("UNUSED = 1", "UNUSED = 2"),
        ('colour="red"', 'colour="blue"'),
        ("return x\n", "return 2 * x\n"),
    ],
)
def test_unchanged_by(hashed, edit):
    assert hashed(edit) == hashed()


@pytest.mark.parametrize(
    "edit",
    [
        ("np.sum(x)", "np.sum(x, 0)"),
        ("return x + STEPS", "return x - STEPS"),
        ("STEPS = 100", "STEPS = 101"),
        ("draws=3", "draws=4"),
        ("arange(3.0)", "arange(3)"),
        ("return x + 1", "return x + 2"),
        ("lambda x: abs(x)", "lambda x: abs(x) / 2"),
        ("power(3)", "power(4)"),
        ('Choice("square")', 'Choice("size")'),
        ("LOSSES[self.name](x)", "LOSSES[self.name](x) + 1"),
        ("Spectrum([1.0, 0.5])", "Spectrum([1.0, 0.6])"),
    ],
)
def test_changed_by(hashed, edit):
    assert hashed(edit) != hashed()


@pytest.mark.parametrize(
    ("module", "old", "new", "changes"),
    [
        ("renormalize", "def kappa(", "def kappa_(", True),  # used itself
        ("_newton", "np.maximum", "np.minimum", True),  # imported by one that is used
        ("spectrum", "class Spectrum", "class Spectrum_", True),  # taken out of a package
        ("renormalize", '"""', '"""Word. ', False),
        ("sphere", "def ", "def x", False),  # not used
    ],
)
def test_follows_the_library(hashed, monkeypatch, module, old, new, changes):
    before = hashed()

    def edited(path, **options):
        with open(path, **options) as file:
            text = file.read()
        if path.endswith(f"theory/{module}.py"):
            assert old in text
            text = text.replace(old, new, 1)
        return io.StringIO(text)

    monkeypatch.setattr(code, "open", edited, raising=False)
    assert (hashed() != before) == changes


def test_imports_inside_the_function_count():
    def measure(x):
        from renorm.theory import Spectrum

        return Spectrum

    collected = code._Code({})
    collected.visit("measure", measure, measure.__module__)
    assert {"renorm.theory.spectrum", "renorm.theory._validate"} <= collected.parts.keys()
    assert not any(str(name).startswith("renorm.nets") for name in collected.parts)


def test_enclosed_values_and_partial_arguments_count():
    def at(offset):
        def measure(x):
            return x + offset

        return measure

    assert fingerprint(at(1)) == fingerprint(at(1)) != fingerprint(at(2))
    assert fingerprint(partial(at(1), x=1)) != fingerprint(partial(at(1), x=2))


def test_decorators_are_seen_through():
    import jax

    def measure(x):
        return x + 1

    assert fingerprint(jax.jit(measure)) == fingerprint(measure)


def test_recursion_ends(tmp_path):
    module = load(
        tmp_path / "toy_loop.py",
        "def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n != 0 and even(n - 1)\n",
    )
    assert fingerprint(module.even) != fingerprint(module.odd)


def test_works_in_a_notebook():
    script = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
shell.run_cell("from renorm.sweep import fingerprint")
for step in ("x + 1", "x  +  1  # one", "x + 2"):
    shell.run_cell(f"def helper(x):\\n    return {step}")
    shell.run_cell("def measure(x):\\n    'Measures.'\\n    return helper(x)")
    shell.run_cell("print(fingerprint(measure))")
"""
    first, spaced, changed = subprocess.check_output([sys.executable, "-c", script], text=True).split()
    assert first == spaced != changed


@pytest.mark.parametrize("thing", [len, eval("lambda x: x")])
def test_refuses_what_has_no_source(thing):
    with pytest.raises(ValueError, match="allowed is a function from a file or a notebook"):
        fingerprint(thing)
