"""A probability law on the real line, as the ensembles of :mod:`renorm.theory.density` return it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from renorm.theory._validate import numbers, require

_ON_ATOM = 1e-9  # in units of the largest eigenvalue: closer to an atom than this is on it, but for rounding


@dataclass(frozen=True, eq=False)
class Density:
    """A probability law on the real line: a density on intervals, and atoms.

    Attributes:
        x: (n,) points; without a given grid, the law's own, dense at the edges.
        density: (n,) density of the continuous part, exactly 0 outside the support.
        edges: (intervals, 2) ends of the support of the continuous part, ascending.
        atoms: (atoms, 2) position and mass of each atom.
    """

    x: Float[np.ndarray, " n"]
    density: Float[np.ndarray, " n"]
    edges: Float[np.ndarray, "intervals 2"]
    atoms: Float[np.ndarray, "atoms 2"]

    @property
    def atom(self) -> float:
        """Mass of all atoms; for a Wishart law of the one at zero."""
        return float(self.atoms[:, 1].sum())

    @property
    def mass(self) -> Float[np.ndarray, " intervals"]:
        """Mass of each interval by Simpson's rule on ``x``: exact to 1e-6 on the law's own points."""
        from scipy.integrate import simpson

        return np.array([simpson(values, x=points) for points, values in self._pieces()])

    def cdf(self, x: ArrayLike) -> Float[np.ndarray, "..."] | float:
        """Distribution function, atoms included: the share of eigenvalues at or below x.

        It integrates over the law's points ``x`` and is linear between them: take a law without a given grid,
        where that is good to 1e-5.

        Raises:
            ValueError: when x is NaN.

        Example:
            >>> from renorm.theory import density
            >>> density.semicircle(1.0).cdf([-2.0, 0.0, 2.0]).round(6)
            array([0. , 0.5, 1. ])
        """
        from scipy.integrate import cumulative_simpson

        x = numbers("x", x)
        total = (self.atoms[:, 1] * (self.atoms[:, 0] <= x[..., None])).sum(axis=-1)
        for points, values in self._pieces():
            total = total + np.interp(x, points, cumulative_simpson(values, x=points, initial=0.0))
        return total

    def distance(self, eigenvalues: ArrayLike) -> float:
        """Distance of Kolmogorov and Smirnov between the law and a list of eigenvalues.

        Args:
            eigenvalues: (n,) in any order, those on an atom included.

        Raises:
            ValueError: when ``eigenvalues`` is empty, not one list, or NaN.

        Example:
            >>> from renorm.theory import Spectrum, density
            >>> law = density.wishart(Spectrum([1.0], multiplicity=[2]), 1)  # half of the mass at zero
            >>> round(law.distance([0.0, 0.0]), 6)
            0.5
        """
        values = np.sort(numbers("eigenvalues", eigenvalues))
        require(values.ndim == 1 and values.size > 0, "eigenvalues' shape", values.shape, "(n,) with n >= 1",
                "Pass one list.")  # fmt: skip
        for place in self.atoms[:, 0]:
            values[np.abs(values - place) <= _ON_ATOM * np.abs(values).max()] = place
        points = np.union1d(values, self.atoms[:, 0])
        jump = (self.atoms[:, 1] * (self.atoms[:, 0] == points[:, None])).sum(axis=-1)
        below = self.cdf(points)
        after = np.abs(np.searchsorted(values, points, "right") / values.size - below)
        before = np.abs(np.searchsorted(values, points, "left") / values.size - (below - jump))
        return float(max(after.max(), before.max()))

    def _pieces(self):
        """The points and values of each interval."""
        for low, high in self.edges:
            points, first = np.unique(self.x[(self.x >= low) & (self.x <= high)], return_index=True)
            yield points, self.density[np.searchsorted(self.x, low) + first]
