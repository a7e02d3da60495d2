"""The continuous part of a free sum or product: its support scanned, bisected, and the edges solved for."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Complex, Float

from renorm.theory._spacing import HARD, SOFT, between, interpolate
from renorm.theory._subordination import Subordination

_SCAN = 500  # points of a scan over a range
_NODES = (1000, 2000, 4000)  # of each interval, more until the mass is complete
_HALVINGS, _ROUNDS = 8, 3  # of a scan's cell before an edge is solved for, and attempts at that
_LOST, _NONE = 1e-4, 1e-12  # mass that may be missing, and that counts as zero
_NEAR = 1e-5  # of the distance to the nearer edge: a step aside from a point that cannot be solved at
_SAME = 1e-7  # of the span: an edge that close to a critical point is one
_COARSE = 6.0  # e-folds towards an edge where a rough idea is enough
_RESOLVED = 1e-13  # of x: distances to an edge that rounding does not blur
_DIVERGING = 26.0  # e-folds towards an edge other than zero where the density diverges


class End(NamedTuple):
    """An edge x of the support, the fixed point k there, and whether the density diverges."""

    x: float
    k: float
    diverges: bool

    def depth(self, length: float) -> float:
        """How many e-folds of the interval's length the nodes go towards it, as far as x resolves them."""
        if self.x == 0:
            return HARD if self.diverges else SOFT
        return min(_DIVERGING if self.diverges else SOFT, np.log(length / (_RESOLVED * abs(self.x))))


class Piece(NamedTuple):
    """One interval of the support: nodes inside it, their fixed points and densities, its mass."""

    low: End
    high: End
    x: Float[np.ndarray, " n"]
    k: Complex[np.ndarray, " n"]
    density: Float[np.ndarray, " n"]
    mass: float

    def seeds(self, x: Float[np.ndarray, " m"]) -> Complex[np.ndarray, " m"]:
        """Interpolated fixed points."""
        edges, ends = np.array([self.low[:2], self.high[:2]]).T
        return interpolate(x, self.x, self.k, edges, ends)


@dataclass(frozen=True, eq=False)
class Convolution:
    """The continuous part of a free sum or product.

    Attributes:
        pair: the two laws and the operation.
        span: an interval that contains the support.
        critical: (m, 2) positions x and fixed points k where the density diverges, if the bulk reaches them.
        mass: what the intervals must add up to.
    """

    pair: Subordination
    span: tuple[float, float]
    critical: Float[np.ndarray, "m 2"]
    mass: float

    @cached_property
    def edges(self) -> Float[np.ndarray, "intervals 2"]:
        """Edges of the support, ascending."""
        return np.array([[piece.low.x, piece.high.x] for piece in self._pieces]).reshape(-1, 2)

    @cached_property
    def diverges(self) -> Bool[np.ndarray, "intervals 2"]:
        """Whether the density diverges at an edge."""
        flags = [[piece.low.diverges, piece.high.diverges] for piece in self._pieces]
        return np.array(flags, dtype=bool).reshape(-1, 2)

    def points(self, interval: int) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Nodes of an interval, geometrically dense at its edges, and the density there."""
        return self._pieces[interval].x, self._pieces[interval].density

    def density_at(self, x: Float[np.ndarray, " n"], interval: int) -> Float[np.ndarray, " n"]:
        """The density at points inside an interval."""
        piece = self._pieces[interval]
        k, good, _ = self.pair.fixed_points(x, piece.seeds(x))
        density = self.pair.density(x, k)
        if not good.all():
            # Next to an edge, or where the map degenerates: by continuity.
            shift = _NEAR * np.minimum(x[~good] - piece.low.x, piece.high.x - x[~good])
            sides = [self.density_at(x[~good] + sign * shift, interval) for sign in (-1, 1)]
            density[~good] = np.mean(sides, axis=0)
        return density

    @cached_property
    def _pieces(self) -> list[Piece]:
        if self.mass < _NONE:
            return []
        scan = self._first_scan()
        for count in _NODES:
            ends = self._search(scan)
            if len(ends) > self.pair.first.levels.size * self.pair.second.levels.size:
                break
            pieces = [self._piece(*pair, count) for pair in ends]
            if abs(self.mass - sum(piece.mass for piece in pieces)) < _LOST:
                return pieces
            # What was missed shows between the points, or as a node that turned out to lie in a gap.
            nodes = [
                between(piece.low.x, piece.high.x, count, depth=(_COARSE, _COARSE))[0] for piece in pieces
            ]
            scan = np.union1d(scan, np.concatenate([scan[1:] - np.diff(scan) / 2, *nodes]))
        raise ArithmeticError(
            "the support is too finely divided for double precision. Merge levels that are nearly equal, "
            "or leave out a matrix that is tiny beside the other."
        )

    def _first_scan(self) -> Float[np.ndarray, " n"]:
        """Points over the span, and around what each level of one law makes of the other law's span."""
        low, high = self.span
        scan = [np.linspace(low, high, _SCAN)]
        if low == 0:
            scan.append(high * np.geomspace(1e-9, 1, _SCAN))
        laws = self.pair.first, self.pair.second
        for one, other in (laws, laws[::-1]):
            reach = 0.05 * np.ptp(other.levels)
            window = np.linspace(
                other.levels[0] - reach, other.levels[-1] + reach, max(9, _SCAN // one.levels.size)
            )
            scan.append(self.pair.operation.join(one.levels[:, None], window).ravel())
        scan = np.unique(np.concatenate(scan))
        return scan[(scan >= low) & (scan <= high)]

    def _search(self, scan: Float[np.ndarray, " n"]) -> list[tuple[End, End]]:
        """Ends of the intervals that show at the points of a scan."""
        k, inside, _ = self.pair.fixed_points(scan)
        change = np.flatnonzero(inside[1:] != inside[:-1])
        first = inside[change]
        inner, outer = (
            np.where(first, scan[change], scan[change + 1]),
            np.where(first, scan[change + 1], scan[change]),
        )
        seeds, cells = np.where(first, k[change], k[change + 1]), np.abs(inner - outer)
        for _ in range(_ROUNDS):
            for _ in range(_HALVINGS):
                middle = (inner + outer) / 2
                root, good, gap = self.pair.fixed_points(middle, seeds, attempts=2)
                inner, outer = np.where(good, middle, inner), np.where(gap, middle, outer)
                seeds = np.where(good, root, seeds)
            folds = [self.pair.fold(x, k.real) for x, k in zip(inner, seeds, strict=True)]
            if all(abs(x - near) < cell for (x, _), near, cell in zip(folds, inner, cells, strict=True)):
                break
        ends = [self._end(*fold) for fold in folds]
        pairs = zip(ends[::2], ends[1::2], strict=True)
        return [
            (low, high) for low, high in pairs if high.x - low.x > _RESOLVED * max(abs(low.x), abs(high.x))
        ]

    def _end(self, x: float, k: float) -> End:
        for place, point in self.critical:
            if abs(x - place) <= _SAME * (self.span[1] - self.span[0]):
                return End(float(place), float(point), True)
        return End(x, k, False)

    def _piece(self, low: End, high: End, count: int) -> Piece:
        """Solve on a few nodes from anywhere, then on all from these."""
        coarse, _ = between(low.x, high.x, 40, depth=(_COARSE, _COARSE))
        k, good, _ = self.pair.fixed_points(coarse)
        sketch = Piece(low, high, coarse[good], k[good], np.zeros(good.sum()), 0.0)
        x, weights = between(
            low.x, high.x, count, depth=(low.depth(high.x - low.x), high.depth(high.x - low.x))
        )
        k, good, _ = self.pair.fixed_points(x, sketch.seeds(x))
        density = np.where(good, self.pair.density(x, k), 0.0)
        return Piece(low, high, x, k, density, float(weights @ density) if good.all() else np.nan)
