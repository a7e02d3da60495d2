"""A plan is data: what to measure, and on which grid."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any
from zlib import crc32

import numpy as np

from renorm.fingerprint import fingerprint

_SCALARS = (bool, int, float, str)


@dataclass(frozen=True, eq=False)
class Shard:
    """One unit of work.

    Attributes:
        key: the name of its file: a hash of its settings and of the code.
        index: the position of its values in the scalar dimensions of the grid, in the grid's order.
        scalars: the keyword arguments of the measurement that are scalars.
        vectors: those that are arrays, the same for all shards.
    """

    key: str
    index: tuple[int, ...]
    scalars: dict[str, bool | int | float | str]
    vectors: dict[str, np.ndarray]

    def __str__(self):
        return ", ".join(f"{dim}={value!r}" for dim, value in self.scalars.items()) or "the only shard"


@dataclass(frozen=True)
class Plan:
    """What to measure on a grid.

    Attributes:
        name: for messages.
        measure: a function of keyword arguments, one a dimension of the grid, that returns an
            :class:`xarray.Dataset` with the dimensions in ``vector`` and any of its own.
        grid: the values of each dimension: numbers, strings or bools.
        vector: dimensions that are handed to ``measure`` whole, as arrays; each combination of the others,
            handed over as scalars, is one shard.
        shapes: scalar dimensions that change the shape of the compiled program. They vary slowest, so that
            shards of one shape follow each other; otherwise the last dimension of the grid varies fastest.

    Raises:
        ValueError: an empty dimension, a value twice, a value that is none of the allowed, an unknown name.

    Example:
        >>> from textwrap import indent as measure  # any function with a source
        >>> plan = Plan("toy", measure, {"seed": (0, 1), "width": (8, 16)}, shapes=("width",))
        >>> print(*plan.shards, sep="; ")
        seed=0, width=8; seed=1, width=8; seed=0, width=16; seed=1, width=16
    """

    name: str
    measure: Callable[..., Any]
    grid: Mapping[str, Sequence | np.ndarray]
    vector: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()

    def __post_init__(self):
        plain = {dim: np.asarray(values).tolist() for dim, values in self.grid.items()}
        for dim, values in plain.items():
            wrong = [value for value in np.atleast_1d(values).tolist() if not isinstance(value, _SCALARS)]
            if not isinstance(values, list) or not values or wrong or len(set(values)) < len(values):
                raise ValueError(
                    f"grid[{dim!r}] is {self.grid[dim]!r}; allowed are distinct numbers, strings or bools in "
                    "a row, at least one: name richer objects and look them up in measure"
                )
        for argument, dims in (("vector", self.vector), ("shapes", self.shapes)):
            if isinstance(dims, str) or not set(dims) <= set(plain):
                raise ValueError(f"{argument} is {dims!r}; allowed is a tuple of {', '.join(plain)}")
        object.__setattr__(self, "grid", plain)

    @property
    def scalar(self) -> tuple[str, ...]:
        """The dimensions that make shards, in the grid's order."""
        return tuple(dim for dim in self.grid if dim not in self.vector)

    @cached_property
    def code(self) -> str:
        """The hash of the code behind ``measure``, see :func:`~renorm.fingerprint.fingerprint`."""
        return fingerprint(self.measure)

    @cached_property
    def shards(self) -> tuple[Shard, ...]:
        """All shards, in the order in which they should run."""
        whole = {dim: np.array(self.grid[dim]) for dim in self.vector}
        common = hashlib.sha256(json.dumps([self.code, {dim: self.grid[dim] for dim in whole}]).encode())
        order = sorted(self.scalar, key=lambda dim: dim not in self.shapes)  # stable
        found = []
        for index in product(*(range(len(self.grid[dim])) for dim in order)):
            index = dict(zip(order, index, strict=True))
            scalars = {dim: self.grid[dim][index[dim]] for dim in self.scalar}
            digest = common.copy()
            digest.update(json.dumps(scalars).encode())
            position = tuple(index[dim] for dim in self.scalar)
            found.append(Shard(digest.hexdigest()[:32], position, scalars, whole))
        return tuple(found)


def seeds(name: str, count: int, *, root: int = 0) -> tuple[int, ...]:
    """Independent seeds for one purpose, folded by its name and by their index.

    A seed depends on nothing else: more of them, another grid or another shard leave it as it is. In
    ``measure``, fold it further by what is drawn, as :func:`renorm.nets.numerics.named_key` does.

    Args:
        name: the purpose.
        count: how many.
        root: the root seed, not negative.

    Returns:
        (count,) integers below 2^31.

    Example:
        >>> seeds("weights", 3)[:2] == seeds("weights", 2), seeds("weights", 1) == seeds("data", 1)
        (True, False)
    """
    streams = (np.random.SeedSequence((root, crc32(name.encode()), index)) for index in range(count))
    return tuple(int(stream.generate_state(1)[0] >> 1) for stream in streams)
