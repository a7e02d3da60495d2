"""The package itself: what it offers, and what importing it costs."""

import subprocess
import sys

import pytest

from renorm import report


def test_offers_each_name():
    assert all(getattr(report, name) for name in report.__all__)
    assert dir(report) == sorted(report.__all__)


def test_names_what_it_has():
    with pytest.raises(AttributeError, match="'plot'; it has COLOURS, Ledger, evidence"):
        _ = report.plot


def test_import_is_light():
    heavy = "{'matplotlib', 'IPython', 'yaml', 'jax', 'numpy'}"
    code = f"import sys, renorm.report; print({heavy} & sys.modules.keys())"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"


def test_ledger_runs_without_jax():
    code = """
import sys
from renorm import report
report.ledger("toy", profile="laptop", seed=0).record("a/b", 1.0)
fig, ax = report.figure()
ax.plot([0, 1], label="line")
report.show(fig)
print("jax" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()[-1] == "False"
