r"""Free sums and products of two discrete laws, by subordination.

Let :math:`g(k) = \mathrm{tr}\,(k - A)^{-1}` and :math:`d(k) = \mathrm{tr}\,A (A - k)^{-1}`. Both operations
have one form. With :math:`h_A = 1/g - k` and :math:`\circ = +` for the sum, :math:`h_A = (d - 1)/(d k)` and
:math:`\circ = \times` for the product, points :math:`k_1, k_2` of the upper half plane belong to x when

.. math:: k_2 = x \circ h_A(k_1), \qquad k_1 = x \circ h_B(k_2),

and then :math:`k_1 \circ h_A(k_1) = k_2 \circ h_B(k_2)` gives the law of the result. The map :math:`k_1
\mapsto x \circ h_B(x \circ h_A(k_1))` sends the half plane into itself, so (Denjoy and Wolff) it has at
most one fixed point there, and iteration finds it. There is one exactly where x lies in the bulk; at an
edge a conjugate pair of solutions meets on the real axis, where the map's derivative is 1. Source:
arXiv:2405.00592, sections on R and S transforms; the map is due to Belinschi and Bercovici.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Bool, Complex, Float

from renorm.theory._resolvent import resolvent, resolvent_square

_ITERATIONS = (10, 60, 360)  # of the map, before each attempt of Newton's method
_NEWTON_STEPS = 15
_TINY = 1e-30  # imaginary increment of a complex-step derivative
_DEGENERATE = 1e-8  # of the map's derivative from 1: two coins make the map the identity at one x
_ABOVE = 1e-11  # Im k / abs(k) of a point that counts as inside the half plane


class Atoms(NamedTuple):
    """A discrete law: distinct ascending levels (M,) and their masses (M,), which add up to 1."""

    levels: Float[np.ndarray, " levels"]
    masses: Float[np.ndarray, " levels"]


class Operation(ABC):
    """What differs between sum and product."""

    @abstractmethod
    def transfer(self, law: Atoms, k: np.ndarray) -> np.ndarray:
        """h(k)."""

    @abstractmethod
    def transfer_slope(self, law: Atoms, k: np.ndarray, h: np.ndarray) -> np.ndarray:
        """The derivative of h at k, where its value is h."""

    @abstractmethod
    def join(self, x: np.ndarray, h: np.ndarray) -> np.ndarray:
        """x and h joined."""

    @abstractmethod
    def join_slope(self, x: np.ndarray) -> np.ndarray | float:
        """The derivative of :meth:`join` in h."""

    @abstractmethod
    def density(self, x: np.ndarray, k: np.ndarray, h: np.ndarray) -> np.ndarray:
        """The density at x, where k is the fixed point and h = h(k)."""


@no_type_check  # an inner loop
class Sum(Operation):
    """The free sum."""

    def transfer(self, law, k):
        return -1 / resolvent(*law, k) - k

    def transfer_slope(self, law, k, h):
        return resolvent_square(*law, k) * (k + h) ** 2 - 1

    def join(self, x, h):
        return x + h

    def join_slope(self, x):
        return 1.0

    def density(self, x, k, h):
        return -(1 / (k + h)).imag / np.pi


@no_type_check  # an inner loop
class Product(Operation):
    """The free product."""

    def transfer(self, law, k):
        return resolvent(*law, k) / resolvent(law.levels, law.masses * law.levels, k)

    def transfer_slope(self, law, k, h):
        weighted = law.levels, law.masses * law.levels
        return (resolvent_square(*law, k) - h * resolvent_square(*weighted, k)) / resolvent(*weighted, k)

    def join(self, x, h):
        return x * h

    def join_slope(self, x):
        return x

    def density(self, x, k, h):
        return (1 / (1 - k * h)).imag / (np.pi * x)


@dataclass(frozen=True, eq=False)
class Subordination:
    """Two laws and their operation."""

    first: Atoms
    second: Atoms
    operation: Operation

    def density(self, x: Float[np.ndarray, " n"], k: Complex[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """The density at x, whose fixed point is k."""
        return self.operation.density(x, k, self.operation.transfer(self.first, k))

    def fixed_points(
        self, x: Float[np.ndarray, " n"], seeds: Complex[np.ndarray, " n"] | None = None, *, attempts: int = 3
    ) -> tuple[Complex[np.ndarray, " n"], Bool[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
        """Fixed points k in the upper half plane, where there is one, and where there is surely none.

        A real fixed point at which the map's derivative is below 1 shows that there is none above the axis.
        Close to an edge neither may be found.
        """
        k = np.abs(x) * (1 + 1j) + 1j if seeds is None else seeds
        inside, outside = np.zeros((2, x.size), dtype=bool)
        todo = np.arange(x.size)
        with np.errstate(all="ignore"):  # a wandering iterate may meet a pole; it is then not accepted
            for count in _ITERATIONS[:attempts]:
                walk = np.where(np.isfinite(k[todo]) & (k[todo].imag > 0), k[todo], np.abs(x[todo]) + 1j)
                for _ in range(count if seeds is None or count > _ITERATIONS[0] else 0):
                    walk = self._step(x[todo], walk)[1]
                root, inside[todo], outside[todo] = self._newton(x[todo], walk)
                settled = inside[todo] | outside[todo]
                k[todo] = np.where(settled, root, walk)
                todo = todo[~settled]
                if todo.size == 0:
                    break
        return k, inside, outside

    def fold(self, x: float, k: float) -> tuple[float, float]:
        """The edge next to x, with real fixed point next to k: where map = k and its derivative = 1.

        The derivatives are complex steps, exact to rounding.
        """
        state = np.array([x, k])
        with np.errstate(all="ignore"):
            for _ in range(_NEWTON_STEPS):
                varied = state[:, None] + 1j * _TINY * np.eye(2)
                value, slope = self._map(*varied)
                jacobian = np.array([value.imag, slope.imag]) / _TINY - [[0, 1], [0, 0]]
                residual = np.array([value[0].real - state[1], slope[0].real - 1])
                if not np.isfinite(jacobian).all() or np.linalg.det(jacobian) == 0:
                    break
                step = np.linalg.solve(jacobian, residual)
                state = state - step
                if (np.abs(step) <= 1e-15 * np.abs(state)).all():
                    break
        return float(state[0]), float(state[1])

    @no_type_check  # an inner loop
    def _step(self, x, k):
        """The second law's point, and the map's value."""
        second = self.operation.join(x, self.operation.transfer(self.first, k))
        return second, self.operation.join(x, self.operation.transfer(self.second, second))

    @no_type_check  # an inner loop
    def _map(self, x, k):
        """The map's value and derivative in k."""
        first_h = self.operation.transfer(self.first, k)
        second = self.operation.join(x, first_h)
        second_h = self.operation.transfer(self.second, second)
        slope = self.operation.transfer_slope(self.first, k, first_h)
        slope = slope * self.operation.transfer_slope(self.second, second, second_h)
        return self.operation.join(x, second_h), slope * self.operation.join_slope(x) ** 2

    @no_type_check  # an inner loop
    def _newton(self, x, k):
        """Roots, where they lie above the axis, and where they prove that none does."""
        for _ in range(_NEWTON_STEPS):
            value, slope = self._map(x, k)
            step = (value - k) / (slope - 1)
            k = k - step
            if not (np.abs(step) > 1e-13 * np.abs(k)).any():
                break
        second = self._step(x, k)[0]
        size = np.abs(step)
        above = (np.minimum(k.imag, second.imag) > _ABOVE * np.abs(k)) & (size < 1e-3 * np.abs(k.imag))
        above &= np.abs(slope - 1) > _DEGENERATE
        real = (np.abs(k.imag) <= _ABOVE * np.abs(k)) & (size < 1e-9 * np.abs(k))
        return k, above, real & (np.abs(slope) < 1)
