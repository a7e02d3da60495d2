"""What importing the package costs."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["renorm.sweep", "renorm.sweep.__main__", "renorm.report.recorded"])
def test_import_is_light(module):
    code = f"import sys, {module}; print({{'jax', 'xarray', 'dask', 'IPython'}} & sys.modules.keys())"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "set()\n"
