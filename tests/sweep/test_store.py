"""Sealed files: what goes in comes out, and damage is found."""

import os

import numpy as np
import pytest
import xarray as xr

from renorm.sweep.store import parse, put, seal, whole

DATA = xr.Dataset(
    {
        "double": ("x", [1.5, np.nan, -np.inf, 1e-310]),
        "single": (("x", "y"), np.arange(8, dtype=np.float32).reshape(4, 2)),
        "count": ("x", np.array([1, -2, 3, 2**31 - 1])),
        "small": ("y", np.array([1, 200], np.uint8)),
        "flag": ("x", [True, False, True, True]),
        "word": ("y", ["mse", "cross entropy"]),
        "scalar": ((), 2.5),
    },
    {"x": [0.1, 0.2, 0.3, 0.4]},
    {"shard": "abc", "seconds": 1.5},
)


def test_round_trip_keeps_every_bit_and_type():
    back = parse(seal(DATA))
    xr.testing.assert_identical(back.drop_attrs(), DATA.drop_attrs())
    assert {name: v.dtype for name, v in back.variables.items()} == {
        name: v.dtype for name, v in DATA.variables.items()
    }
    assert back.double.values.tobytes() == DATA.double.values.tobytes()
    assert (back.attrs["shard"], float(back.seconds)) == ("abc", 1.5)


def test_the_content_depends_on_the_data_alone():
    assert seal(DATA) == seal(DATA.copy(deep=True))


def test_any_damage_is_found():
    raw = seal(DATA)
    assert whole(raw)
    assert not any(whole(raw[:length]) for length in range(0, len(raw), 7))
    for at in np.random.default_rng(0).integers(len(raw), size=50):
        assert not whole(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])


def test_integers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"big holds .* integers of 32 bits"):
        seal(xr.Dataset({"big": ("x", [2**40])}))


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_failing_disk_leaves_no_file(tmp_path, monkeypatch, broken):
    def full(*_):
        raise OSError(28, "No space left on device")

    put(tmp_path / "a.nc", b"old")
    monkeypatch.setattr(os, broken, full)
    with pytest.raises(OSError, match="No space"):
        put(tmp_path / "a.nc", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.nc"]
    assert (tmp_path / "a.nc").read_bytes() == b"old"
