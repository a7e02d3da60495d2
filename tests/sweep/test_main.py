"""The command line without workers."""

import sys

import pytest
import xarray as xr

from renorm.sweep.__main__ import main


@pytest.fixture
def here(sweep, monkeypatch):
    monkeypatch.chdir(sweep.home)
    return sweep


def test_run_status_collect(here, capsys):
    assert main(["status", "toy.py:plan"]) == 1
    assert main(["run", "toy.py:plan", "--shard", "0/2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "4 done, 4 missing"
    assert main(["collect", "toy.py:plan"]) == 1
    assert "missing: width=16" in capsys.readouterr().err
    assert main(["run", "toy.py:plan"]) == 0
    assert main(["status", "toy.py:plan"]) == 0
    assert main(["collect", "toy.py:plan", "--to", "result.nc"]) == 0
    assert dict(xr.load_dataset("result.nc").loss.sizes) == {"width": 2, "seed": 4, "rate": 2, "step": 3}
    assert len(here.log()) == 8


def test_failures_give_a_status(here, capsys, monkeypatch):
    monkeypatch.setenv("FAIL", "8")
    assert main(["run", "toy.py:plan"]) == 1
    captured = capsys.readouterr()
    assert "RuntimeError: no width 8 (draw, line" in captured.err
    assert len(here.files()) == 4


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("toy.py:draw", "module:attribute or file.py:attribute"),
        ("json:plan", "of a Plan"),
        ("nowhere:plan", "No module"),
    ],
)
def test_names_what_is_no_plan(here, capsys, reference, message):
    assert main(["status", reference]) == 1
    assert message in capsys.readouterr().err


def test_workers_need_the_extra(here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    assert main(["run", "toy.py:plan", "--workers", "2"]) == 1
    assert "pip install 'renorm[nets,cluster]'" in capsys.readouterr().err
