"""A population spectrum and its target: the one input that every formula of the theory takes."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float, Inexact
from numpy.typing import ArrayLike

from renorm.theory._quadrature import integer_nodes
from renorm.theory._resolvent import in_blocks
from renorm.theory._validate import numbers, positive, require

_COMPRESS_ABOVE = 1000  # modes of a power law beyond which quadrature nodes stand for them


class Nodes(NamedTuple):
    """Weighted levels that stand for the positive part of a spectrum in its sums.

    Attributes:
        levels: positive eigenvalues.
        counts: copies of each level.
        signal: counts x level x target^2; zeros without a target.
    """

    levels: Float[np.ndarray, " nodes"]
    counts: Float[np.ndarray, " nodes"]
    signal: Float[np.ndarray, " nodes"]


@dataclass(frozen=True, eq=False, init=False)
class Spectrum:
    r"""Eigenvalues of a covariance or kernel, with the target's coefficients in its eigenbasis.

    Degrees of freedom and target functions are unnormalised sums over all copies of all levels,

    .. math:: \mathrm{df}_1(\kappa) = \sum_k \frac{\lambda_k}{\lambda_k + \kappa}, \qquad
              \mathrm{tf}_1(\kappa) = \sum_k \frac{\lambda_k w_k^2}{\lambda_k + \kappa},

    so they serve kernels too, where the dimension is infinite; arXiv:2405.00592 (sections II and V) divides
    them by the dimension. Every sum takes real or complex ``kappa`` of any shape and keeps that shape.

    Args:
        eigenvalues: (M,) levels, non-negative, in any order.
        target: (M,) coefficient w of each copy of a level, or None.
        multiplicity: (M,) copies of each level, positive; one each by default.

    Raises:
        ValueError: when a level is negative, infinite or NaN, a multiplicity is not positive, or the shapes
            do not match.

    Example:
        >>> s = Spectrum([4.0, 1.0], target=[1.0, 0.5], multiplicity=[1, 3])
        >>> s.size, s.trace, float(s.df1(1.0))
        (4.0, 7.0, 2.3)
    """

    eigenvalues: Float[np.ndarray, " levels"]
    target: Float[np.ndarray, " levels"] | None
    multiplicity: Float[np.ndarray, " levels"]

    def __init__(
        self,
        eigenvalues: ArrayLike,
        target: ArrayLike | None = None,
        *,
        multiplicity: ArrayLike | None = None,
    ):
        levels = numbers("eigenvalues", eigenvalues)
        shape_rule = ("(M,) with M >= 1", "Pass the levels as one list.")
        require(levels.ndim == 1 and levels.size > 0, "eigenvalues' shape", levels.shape, *shape_rule)
        sign_rule = ("finite numbers >= 0", "A covariance has no others: clip what rounding made negative.")
        require((levels >= 0) & np.isfinite(levels), "eigenvalues", levels, *sign_rule)
        copies = np.ones_like(levels)
        if multiplicity is not None:
            copies = positive("multiplicity", multiplicity, "Drop the levels that have no copies.")
        columns = {"eigenvalues": levels, "target": None, "multiplicity": copies}
        if target is not None:
            columns["target"] = numbers("target", target)
        for name, column in columns.items():
            if column is not None:
                column_rule = (f"{levels.shape}", "Pass one number for each eigenvalue.")
                require(column.shape == levels.shape, f"{name}'s shape", column.shape, *column_rule)
                require(np.isfinite(column), name, column, "finite numbers", "Rescale or truncate it.")
                column.flags.writeable = False
            object.__setattr__(self, name, column)

    @classmethod
    def power_law(cls, size: int, *, capacity: float, source: float | None = None) -> "Spectrum":
        r"""Levels :math:`\lambda_k = k^{-\alpha}` and target :math:`\lambda_k w_k^2 = k^{-(2 \alpha r + 1)}`.

        Beyond a thousand modes the sums run over a few hundred quadrature nodes wherever
        :math:`\mathrm{Re}\,\kappa \ge |\mathrm{Im}\,\kappa|`; they agree with the full sums to 1e-12.

        Args:
            size: number of modes.
            capacity: the exponent :math:`\alpha > 0`.
            source: the exponent :math:`r`; None leaves the target out.

        Raises:
            ValueError: when ``size`` is not a positive integer, ``capacity`` not positive, or ``source`` not
                finite.

        Example:
            >>> s = Spectrum.power_law(1_000_000, capacity=1.5, source=0.4)
            >>> s.size, round(float(s.df1(1e-6)))
            (1000000.0, 22184)
        """
        require(size >= 1 and size == int(size), "size", size, "a whole number >= 1", "Pass a mode count.")
        require(0 < capacity < np.inf, "capacity", capacity, "a positive number", "Eigenvalues must fall.")
        require(
            source is None or np.isfinite(source),
            "source",
            source,
            "a finite number or None",
            "Pass r of k^-(2 capacity r + 1).",
        )
        modes = np.arange(1.0, size + 1)
        levels = modes**-capacity
        # w = sqrt(k^-(2 capacity source + 1) / lambda), as one power so that nothing underflows on the way
        target = None if source is None else modes ** (capacity / 2 - capacity * source - 0.5)
        if size <= _COMPRESS_ABOVE:
            return cls(levels, target)
        modes, counts = integer_nodes(int(size), stretch=1 + 2 / (2 + capacity))
        signal = np.zeros_like(modes) if source is None else counts * modes ** -(2 * capacity * source + 1)
        spectrum = cls(levels, target)
        vars(spectrum)["nodes"] = Nodes(modes**-capacity, counts, signal)
        return spectrum

    @property
    def size(self) -> float:
        """Total dimension: the number of copies of all levels, zeros included."""
        return float(self.multiplicity.sum())

    @property
    def rank(self) -> float:
        """Number of copies of the positive levels: df1 at kappa = 0."""
        return float(self.multiplicity[self.eigenvalues > 0].sum())

    @property
    def trace(self) -> float:
        """Sum of the eigenvalues over all copies."""
        return float(self.multiplicity @ self.eigenvalues)

    @property
    def target_power(self) -> float:
        """Variance of the target, the sum of lambda w^2 over all copies.

        Raises:
            ValueError: without a target.
        """
        return float(self._with_target().signal.sum())

    @cached_property
    def levels(self) -> Nodes:
        """All positive levels, exactly."""
        keep = self.eigenvalues > 0
        levels, counts = self.eigenvalues[keep], self.multiplicity[keep]
        signal = np.zeros_like(levels) if self.target is None else counts * levels * self.target[keep] ** 2
        return Nodes(levels, counts, signal)

    @cached_property
    def nodes(self) -> Nodes:
        """Levels to sum over where Re kappa >= abs(Im kappa): few for a long power law, else all."""
        return self.levels

    def df1(self, kappa: ArrayLike) -> Inexact[np.ndarray, "..."] | float | complex:
        """Degrees of freedom: the sum of lambda / (lambda + kappa)."""
        nodes = self.nodes_for(kappa)
        return _resolvent_sum(nodes.levels, nodes.counts * nodes.levels, kappa, 1)

    def df2(self, kappa: ArrayLike) -> Inexact[np.ndarray, "..."] | float | complex:
        """Second degrees of freedom: the sum of (lambda / (lambda + kappa))^2."""
        nodes = self.nodes_for(kappa)
        return _resolvent_sum(nodes.levels, nodes.counts * nodes.levels**2, kappa, 2)

    def tf1(self, kappa: ArrayLike) -> Inexact[np.ndarray, "..."] | float | complex:
        """Target function: the sum of lambda w^2 / (lambda + kappa).

        Raises:
            ValueError: without a target.
        """
        nodes = self._with_target(kappa)
        return _resolvent_sum(nodes.levels, nodes.signal, kappa, 1)

    def tf1_prime(self, kappa: ArrayLike) -> Inexact[np.ndarray, "..."] | float | complex:
        """Minus the derivative of :meth:`tf1`: the sum of lambda w^2 / (lambda + kappa)^2.

        Raises:
            ValueError: without a target.
        """
        nodes = self._with_target(kappa)
        return _resolvent_sum(nodes.levels, nodes.signal, kappa, 2)

    def tf2(self, kappa: ArrayLike) -> Inexact[np.ndarray, "..."] | float | complex:
        """Second target function: the sum of lambda^2 w^2 / (lambda + kappa)^2.

        Raises:
            ValueError: without a target.
        """
        nodes = self._with_target(kappa)
        return _resolvent_sum(nodes.levels, nodes.signal * nodes.levels, kappa, 2)

    def nodes_for(self, kappa: ArrayLike) -> Nodes:
        """Nodes that serve all of ``kappa``; refuses NaN."""
        kappa = numbers("kappa", kappa, dtype=complex)
        return self.nodes if (kappa.real >= np.abs(kappa.imag)).all() else self.levels

    def _with_target(self, kappa: ArrayLike = 0.0) -> Nodes:
        require(
            self.target is not None,
            "target",
            None,
            "(M,) coefficients",
            "Build the Spectrum with target=..., or power_law with source=....",
        )
        return self.nodes_for(kappa)


@no_type_check  # an inner loop
def _resolvent_sum(levels, weights, kappa, order):
    """The sum of weights / (levels + kappa)^order at every entry of ``kappa``."""
    kappa = np.asarray(kappa) * 1.0

    def sums(kappa):
        inverse = 1 / (levels + kappa)
        return ((inverse if order == 1 else inverse * inverse) @ weights,)

    return in_blocks(sums, levels.size, kappa.ravel())[0].reshape(kappa.shape)[()]
