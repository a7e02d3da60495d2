"""Results as sealed files: netCDF with a checksum of itself, written whole or not at all."""

import hashlib
import io
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

_OPEN = b"seal:" + b"0" * 64
_SEAL = re.compile(rb"seal:[0-9a-f]{64}")


def seal(data: "xr.Dataset") -> bytes:
    """The content of a file with ``data`` and a checksum.

    The format is netCDF-3, which needs no library but SciPy; types that it lacks are kept in an attribute.

    Raises:
        ValueError: integers that need more than 32 bits, or a variable of a type that the file cannot hold.
    """
    data = data.assign_attrs(seal=_OPEN.decode())
    for name, variable in data.variables.items():
        stored = variable.astype(np.int32) if variable.dtype.kind in "iu" else variable.copy(deep=False)
        if stored.dtype == np.int32 and not np.array_equal(stored, variable):
            raise ValueError(f"{name} holds {variable.values}; allowed are integers of 32 bits: use floats")
        stored.attrs = {"type": variable.dtype.str}
        stored.encoding = {} if variable.dtype.kind in "OSU" else {"_FillValue": None}
        data = data.assign({name: stored})
    raw = bytes(data.to_netcdf(engine="scipy", format="NETCDF3_64BIT"))
    return raw.replace(_OPEN, _sealed(raw))


def put(path: Path, raw: bytes, *, sync: bool = True) -> None:
    """Write a file that gets its name once all of it is written, and with ``sync`` is on the disk.

    Raises:
        OSError: the disk is full, say; then the file is as it was, or not there.
    """
    partial = path.with_name(f".{path.name}.{uuid4().hex}")  # another machine may write the same file
    try:
        with open(partial, "wb") as file:
            file.write(raw)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise


def _sealed(raw: bytes) -> bytes:
    return b"seal:" + hashlib.sha256(raw).hexdigest().encode()


def whole(raw: bytes) -> bool:
    """Whether the content of a file is what was written: not cut short, no byte changed."""
    seals = _SEAL.findall(raw)
    return len(seals) == 1 and seals[0] == _sealed(_SEAL.sub(_OPEN, raw))


def parse(raw: bytes) -> "xr.Dataset":
    """The data set in the content of a file that :func:`seal` made, in its own types."""
    import xarray as xr

    data = xr.load_dataset(io.BytesIO(raw), engine="scipy", decode_times=False)
    del data.attrs["seal"]
    for name, variable in data.variables.items():
        kind = np.dtype(variable.attrs.pop("type"))
        if variable.dtype != kind:
            data = data.assign({name: (variable.dims, variable.values.astype(kind), variable.attrs)})
    return data
