r"""Spectral densities along a real curve: no smoothing, exact edges.

The laws of a structured Wishart matrix and of a deformed Wigner matrix are given by a map
:math:`x(k) = k + \mathrm{const} - \sum_i c_i / (\lambda_i - k)`. With k = a + ib,

.. math:: \mathrm{Im}\, x = b \Big(1 - \sum_i \frac{c_i}{(\lambda_i - a)^2 + b^2}\Big),

so over every a at most one b > 0 makes x real, because the sum falls with b. The bulk is where
:math:`q(a) = \sum_i c_i / (\lambda_i - a)^2 > 1`; its ends are the edges.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Complex, Float

from renorm.theory._resolvent import in_blocks, resolvent_square
from renorm.theory._spacing import HARD, SOFT, between, interpolate

_FEWEST, _SHARED = 200, 1000  # nodes of the curve over each interval, and those shared by number of levels


@dataclass(frozen=True, eq=False)
class Curve:
    """A law given by weighted levels.

    Attributes:
        levels: (M,) distinct, ascending.
        weights: (M,) positive c.
        position: x as a function of k, accurate near k = 0.
        density: the density as a function of k on the curve.
        hard: whether the lowest edge is at x = 0 with k = 0, where the density diverges.
    """

    levels: Float[np.ndarray, " levels"]
    weights: Float[np.ndarray, " levels"]
    position: Callable[[np.ndarray], np.ndarray]
    density: Callable[[np.ndarray], np.ndarray]
    hard: bool = False

    @cached_property
    def ends(self) -> Float[np.ndarray, "intervals 2"]:
        """Where the bulk begins and ends on the axis of a."""
        reach = np.sqrt(self.weights)
        right, left = self.levels + reach, self.levels - reach  # q >= 1 between a level and these
        gap = np.flatnonzero(right[:-1] < left[1:])
        last = self.levels.size - 1
        starts = np.concatenate([right[gap], right[last:], left[gap + 1], left[:1]])
        found, turned = self._climb(starts, np.repeat([1.0, -1.0], gap.size + 1))
        upper, lower = found[: gap.size + 1], found[gap.size + 1 :]
        if self.hard:
            lower[-1] = 0.0
        open_gap = ~turned[: gap.size] & ~turned[gap.size + 1 : -1] & (upper[:-1] <= lower[:-1])
        upper, lower = upper[np.append(open_gap, True)], lower[np.append(open_gap, True)]
        return np.stack([np.roll(lower, 1), upper], axis=1)

    @cached_property
    def edges(self) -> Float[np.ndarray, "intervals 2"]:
        """Edges of the support."""
        edges = self.position(self.ends.ravel().astype(complex)).real.reshape(-1, 2)
        if self.hard:
            edges[0, 0] = 0.0
        return edges

    @property
    def diverges(self) -> Bool[np.ndarray, "intervals 2"]:
        """Whether the density diverges at an edge."""
        flags = np.zeros(self.ends.shape, dtype=bool)
        flags[0, 0] = self.hard
        return flags

    def points(self, interval: int) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Positions over an interval, geometrically dense at its edges, and the density there."""
        k = self._nodes(interval)
        return self.position(k).real, self.density(k)

    def density_at(self, x: Float[np.ndarray, " n"], interval: int) -> Float[np.ndarray, " n"]:
        """The density at positions inside an interval: seeds from the curve, then Newton's method for k."""
        k = self._nodes(interval)
        k = interpolate(x, self.position(k).real, k, self.edges[interval], self.ends[interval])
        for _ in range(8):
            step = (self.position(k) - x) / (1 - resolvent_square(self.levels, self.weights, k))
            k = k - step
            if (np.abs(step) < 1e-9 * k.imag).all():
                break
        return self.density(k)

    def _nodes(self, interval: int) -> Complex[np.ndarray, " nodes"]:
        """Points k of the curve over one interval."""
        low, high = self.ends[interval]
        inside = np.mean((self.levels > low) & (self.levels < high))
        depth = (HARD if self.hard and interval == 0 else SOFT, SOFT)
        a, _ = between(low, high, _FEWEST + int(_SHARED * inside), depth=depth)
        return a + 1j * np.sqrt(self._height_squared(a, np.where(a < (low + high) / 2, low, high)))

    def _climb(
        self, start: Float[np.ndarray, " n"], side: Float[np.ndarray, " n"]
    ) -> tuple[Float[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Walk away from a level until q = 1, by Newton's method on q^(-1/2).

        That function is concave between two levels (a power mean of the distances), so the iterates never
        pass the root; where its slope turns there is none.
        """
        a, turned = start.copy(), np.zeros(start.size, dtype=bool)
        for _ in range(200):
            q, cubes = in_blocks(self._inverse_powers, self.levels.size, a)
            slope = side * -cubes * q**-1.5
            turned |= slope <= 0
            step = np.where(turned, 0.0, (1 - q**-0.5) / np.where(turned, 1.0, slope))
            a += side * np.maximum(step, 0.0)
            if (step <= 1e-16 * np.abs(a)).all():
                break
        return a, turned

    @no_type_check  # an inner loop
    def _inverse_powers(self, a):
        """q and the sum of c / (level - a)^3."""
        inverse = 1 / (self.levels - a)
        square = inverse * inverse
        return square @ self.weights, (square * inverse) @ self.weights

    @no_type_check  # an inner loop
    def _height_squared(
        self, a: Float[np.ndarray, " n"], end: Float[np.ndarray, " n"]
    ) -> Float[np.ndarray, " n"]:
        """b^2 with sum of c / ((level - a)^2 + b^2) = 1, by Newton on the sum's inverse, concave in b^2.

        What the sum exceeds 1 by is taken against its value at an ``end`` of the bulk, so it does not cancel.
        """

        def sums(a, end, height):
            distance, shift = self.levels - end, a - end
            inverse = 1 / ((self.levels - a) ** 2 + height)
            excess = (shift * (2 * distance - shift) - height) * inverse / (distance * distance)
            return excess @ self.weights, (inverse * inverse) @ self.weights

        height = np.zeros_like(a)
        for _ in range(100):
            excess, square = in_blocks(sums, self.levels.size, a, end, height)
            step = excess * (1 + excess) / square
            height = height + np.maximum(step, 0.0)
            if (step <= 1e-15 * height).all():
                break
        return height
