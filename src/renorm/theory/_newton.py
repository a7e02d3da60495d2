r"""Newton's method from above for :math:`h(\kappa) = \kappa \prod_n (1 - \mathrm{df}_1(\kappa)/n) = \lambda`.

On the physical branch h is convex and increasing. One factor makes a line minus concave functions,
:math:`h = \kappa - \frac1n \sum_k \kappa \lambda_k / (\lambda_k + \kappa)`; every further factor composes
such a map with the one before, whose value is again the ridge of a positive spectrum (the free product
with a Wishart law). So Newton's iterates fall monotonically onto the root from any start above it, and no
safeguard is needed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from renorm.theory._table import Counts, Sums, Table

_MOST_STEPS = 2100  # halving leads from the largest to the smallest double in that many


@dataclass(frozen=True)
class Factors:
    r"""The factors :math:`1 - \mathrm{df}_1/n`, without cancellation near :math:`n \approx` rank.

    Attributes:
        inverse: (factors, solves) values of 1/n.
        floor: (factors, solves) values of 1 - rank/n, the factor at kappa = 0.
    """

    inverse: np.ndarray
    floor: np.ndarray

    @classmethod
    def build(cls, counts: np.ndarray, rank: float) -> "Factors":
        """Of ``counts`` (factors, solves), infinity allowed."""
        finite = np.where(np.isinf(counts), 1.0, counts)
        return cls(1 / counts, np.where(np.isinf(counts), 1.0, (finite - rank) / finite))

    def select(self, columns: np.ndarray) -> "Factors":
        """The solves in ``columns``."""
        return Factors(self.inverse[:, columns], self.floor[:, columns])

    def first_only(self, where: np.ndarray) -> "Factors":
        """Only the first factor (the smallest n) in the solves ``where``; there the others equal 1."""
        dropped = where & (np.arange(len(self.inverse)) > 0)[:, None]
        return Factors(np.where(dropped, 0.0, self.inverse), np.where(dropped, 1.0, self.floor))

    def each(self, counts: Counts) -> Iterator[np.ndarray]:
        """The factors one by one, each (solves,)."""
        for inverse, floor in zip(self.inverse, self.floor, strict=True):
            yield np.where(counts.is_df, 1.0, floor) + counts.change * inverse

    def value(self, kappa: np.ndarray, counts: Counts) -> np.ndarray:
        """h(kappa) with zero in place of a negative factor, so that it increases from branch to branch."""
        for factor in self.each(counts):
            kappa = kappa * np.maximum(factor, 0.0)
        return kappa

    def product(self, kappa: np.ndarray, counts: Counts) -> tuple[np.ndarray, np.ndarray]:
        """h(kappa) and its derivative in log kappa, each (solves,)."""
        value = derivative = kappa
        for inverse, factor in zip(self.inverse, self.each(counts), strict=True):
            derivative = derivative * factor + value * counts.slope * inverse
            value = value * factor
        return value, derivative


def start_above(factors: Factors, ridge: np.ndarray, sums: Sums) -> np.ndarray:
    r"""A number above the root, (solves,).

    From :math:`\mathrm{df}_1 \le \mathrm{tr}\Sigma/\kappa`; where every n reaches the rank also from
    :math:`1 - \mathrm{df}_1/n \ge \kappa/(\kappa + \lambda_{\max})` and from its floor.
    """
    bound = ridge + sums.trace * factors.inverse.sum(axis=0)
    degree = len(factors.inverse)
    reached = (factors.floor >= 0).all(axis=0)
    peak = (ridge * (sums.largest + bound) ** degree) ** (1 / (degree + 1))
    least = factors.floor.prod(axis=0)
    flat = np.divide(ridge, least, out=np.full_like(bound, np.inf), where=reached & (least > 0))
    return np.where(reached, np.minimum(np.minimum(bound, peak), flat), bound)


def descend(
    sums: Callable[[np.ndarray], Counts], factors: Factors, ridge: np.ndarray, kappa: np.ndarray
) -> tuple[np.ndarray, int]:
    """Roots of h = ridge from starts above them.

    Args:
        sums: exact or tabulated degrees of freedom.
        factors: the factors of h.
        ridge: (solves,) values >= 0.
        kappa: (solves,) starts, none below its root.

    Returns:
        The roots and the number of steps.
    """
    before = np.ones_like(kappa)
    for steps in range(1, _MOST_STEPS):
        value, derivative = factors.product(kappa, sums(kappa))
        step = np.maximum((value - ridge) / derivative, 0.0)
        kappa = kappa * (1 - step)
        # Quadratic convergence makes the next step (step / before)^2 * step at most.
        if ((step * (step / before) ** 2 < 1e-16) | (step < 4e-15)).all():
            return kappa, steps
        before = np.maximum(step, 1e-300)
    raise ArithmeticError(
        "kappa did not converge: the eigenvalues or the ridge are too far from 1, rescale them"
    )


def start_from_nodes(table: Table, factors: Factors, ridge: np.ndarray) -> np.ndarray:
    """A number just above each root, (solves,): a step of Newton's method from the first node above it."""
    low, high = np.zeros(ridge.size, dtype=int), np.full(ridge.size, table.kappa.size - 1)
    for _ in range(int(table.kappa.size).bit_length()):
        middle = (low + high) // 2
        above = factors.value(table.kappa.take(middle), table.at_nodes(middle)) > ridge
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    kappa = table.kappa.take(high)
    value, derivative = factors.product(kappa, table.at_nodes(high))
    return kappa * (1 - np.maximum((value - ridge) / derivative, 0.0))
