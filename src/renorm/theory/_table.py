"""Degrees of freedom as a function of kappa: summed over all levels, or read from a table in log kappa."""

from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float, Int
from numpy.lib.stride_tricks import sliding_window_view

from renorm.theory._resolvent import in_blocks
from renorm.theory.spectrum import Nodes, Spectrum

STEP = 0.06  # of the table in log kappa: polynomials of degree nine then err by 1e-14
_OFFSETS = np.arange(-4, 6)  # of a cell's ten nodes from its lower end
_OTHERS = [np.delete(_OFFSETS, place) for place in range(_OFFSETS.size)]
# Powers' coefficients of Lagrange's polynomials, in integers until the last division.
_TO_POWERS = np.transpose([np.poly(o)[::-1] / np.prod(n - o) for n, o in zip(_OFFSETS, _OTHERS, strict=True)])


class Counts(NamedTuple):
    """Degrees of freedom without cancellation.

    Attributes:
        change: -df1, or rank - df1 where that is smaller in size.
        is_df: whether ``change`` is -df1.
        slope: df1 - df2, which is minus the derivative of df1 in log kappa.
    """

    change: np.ndarray
    is_df: np.ndarray
    slope: np.ndarray


class Sums:
    """Sums over nodes that stand for a spectrum; call it with real or complex kappa of shape (n,)."""

    def __init__(self, spectrum: Spectrum, nodes: Nodes):
        self._nodes, self.rank, self.trace = nodes, spectrum.rank, spectrum.trace
        self.largest = float(nodes.levels.max(initial=0.0))
        self.inverse_trace = float((nodes.counts / nodes.levels).sum())

    def __call__(self, kappa: np.ndarray) -> Counts:
        df1, rest, slope = self.moments(kappa)
        is_df = np.abs(df1) <= np.abs(rest)
        return Counts(np.where(is_df, -df1, rest), is_df, slope)

    @no_type_check  # an inner loop
    def moments(self, kappa: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """df1, rank - df1 and df1 - df2, each (n,)."""
        levels, counts, _ = self._nodes

        def sums(kappa):
            inverse = 1 / (levels + kappa)
            fitted, missed = inverse * levels, inverse * kappa
            return fitted @ counts, missed @ counts, (fitted * missed) @ counts

        return in_blocks(sums, levels.size, kappa)


class Table:
    r"""Local polynomials for log df1 and log(rank - df1) in log kappa, real kappa.

    Both logarithms are analytic for :math:`|\mathrm{Im} \log \kappa| < \pi`, whatever the levels are, so the
    error depends on :data:`STEP` only. A cell interpolates the smaller one of the two counts, from ten nodes.
    """

    def __init__(self, sums: Sums, low: float, high: float):
        self._start = np.log(low) - STEP
        cells = int(np.ceil((np.log(high) - self._start) / STEP)) + 1
        nodes = np.exp(self._start + STEP * np.arange(_OFFSETS[0], cells + _OFFSETS[-1]))
        df1, rest, slope = sums.moments(nodes)
        is_df = df1 <= rest
        inner = slice(-_OFFSETS[0], -_OFFSETS[0] + cells)
        self.kappa, self._is_df = nodes[inner], is_df[inner]
        self._counts = Counts(np.where(is_df, -df1, rest)[inner], is_df[inner], slope[inner])
        logs, rests = (sliding_window_view(np.log(column), _OFFSETS.size) for column in (df1, rest))
        self._coefficients = _TO_POWERS @ np.where(self._is_df[:, None], logs, rests).T

    def at_nodes(self, index: Int[np.ndarray, " n"]) -> Counts:
        """The exact sums at nodes of the table."""
        return Counts(*(column.take(index) for column in self._counts))

    def __call__(self, kappa: Float[np.ndarray, " n"]) -> Counts:
        position = (np.log(kappa) - self._start) / STEP
        index = np.clip(position.astype(int), 0, self.kappa.size - 1)
        position -= index
        value, derivative = self._coefficients[-1].take(index), 0.0
        for row in self._coefficients[-2::-1]:
            derivative = derivative * position + value
            value = value * position + row.take(index)
        is_df = self._is_df.take(index)
        change = np.where(is_df, -1.0, 1.0) * np.exp(value)
        return Counts(change, is_df, change * derivative / STEP)
