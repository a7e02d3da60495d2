r"""The law of a product of Gaussian matrices, from a polynomial.

For :math:`X = F_1 \cdots F_L` with :math:`F_l` of size :math:`N_{l-1} \times N_l` and fan-in variance,
the S-transform of :math:`X^\top X` is :math:`\prod_l 1/(1 - r_l \mathrm{df})` with :math:`r_l = N_L/N_l`,
:math:`l < L`. With :math:`t = -\mathrm{df}` at ridge -x it reads :math:`x t = (1 + t) \prod_l (1 + r_l
t)`; its root with Im t > 0 gives the density :math:`\mathrm{Im}\, t/(\pi x)`. Source: arXiv:2405.00592,
section IV.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Complex, Float

from renorm.theory._spacing import HARD, SOFT, between

_NODES = 1000
_HAIR = 1e-9  # above the real axis, where rounding splits the pair into two real roots
_COINCIDENT = -5.0  # of log abs(1 + r t): below it the limit of small x is the better start


@dataclass(frozen=True, eq=False)
class DeepWishart:
    """The continuous part of the law.

    Attributes:
        ratios: (L + 1,) the r of all layers and a 1, descending.
    """

    ratios: Float[np.ndarray, " factors"]

    @cached_property
    def edges(self) -> Float[np.ndarray, "1 2"]:
        """Where dx/dt = 0 on the real axis of t: next to the largest pole, and above 0."""
        powers = np.arange(self.ratios.size + 1)
        turns = np.polynomial.Polynomial((powers - 1) * self._polynomial.coef).roots().real
        lower = 0.0 if self.diverges[0, 0] else self._position(turns[turns < 0].max())
        return np.array([[lower, self._position(turns.max())]])

    @property
    def diverges(self) -> Bool[np.ndarray, "1 2"]:
        """The lower edge is at zero where the two largest ratios agree."""
        return np.array([[self.ratios[0] == self.ratios[1], False]])

    def points(self, interval: int) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Nodes of the support and the density there."""
        # m equal ratios make the law diverge like x^(1/m - 1).
        equal = np.sum(self.ratios == self.ratios[0])
        depth = (HARD * equal / 2 if equal > 1 else SOFT, SOFT)
        x, _ = between(*self.edges[interval], _NODES, depth=depth)
        return x, self.density_at(x, interval)

    def density_at(self, x: Float[np.ndarray, " n"], interval: int) -> Float[np.ndarray, " n"]:
        """The density at points of the support: roots of all polynomials at once, then Newton's method."""
        monic = self._polynomial / self._polynomial.coef[-1]
        companion = np.zeros((x.size, self.ratios.size, self.ratios.size))
        companion[:, 1:, :-1] = np.eye(self.ratios.size - 1)
        companion[:, :, -1] = -monic.coef[:-1]
        companion[:, 1, -1] += x / self._polynomial.coef[-1]
        roots = np.linalg.eigvals(companion)
        # The pair that turns real at the edges has the largest real part.
        t = np.take_along_axis(roots, roots.real.argmax(axis=1)[:, None], axis=1)[:, 0]
        return self._polish(x, t.real + 1j * np.maximum(np.abs(t.imag), _HAIR)).imag / (np.pi * x)

    def _polish(self, x: Float[np.ndarray, " n"], t: Complex[np.ndarray, " n"]) -> Complex[np.ndarray, " n"]:
        """Newton's method for the logarithm of the equation in s = log(1 + r t), r the largest ratio.

        It resolves t next to -1/r, where the law diverges and the roots of the polynomial nearly coincide.
        """
        largest, others = self.ratios[0], self.ratios[self.ratios < self.ratios[0]]
        equal = self.ratios.size - others.size
        limit = (np.log(x / (largest * (1 - others / largest).prod())) + 1j * np.pi) / equal
        s = np.log(1 + largest * t)
        s = np.where(s.real < _COINCIDENT, limit, s)
        for _ in range(5):
            t = np.expm1(s) / largest
            value = (
                equal * s + np.log(1 + others * t[:, None]).sum(axis=1) - np.log(-t) - np.log(x) - 1j * np.pi
            )
            slope = equal + (np.exp(s) / largest) * ((others / (1 + others * t[:, None])).sum(axis=1) - 1 / t)
            s = s - value / slope
        return np.expm1(s) / largest

    @property
    def _polynomial(self) -> np.polynomial.Polynomial:
        return np.polynomial.Polynomial.fromroots(-1 / self.ratios) * self.ratios.prod()

    def _position(self, t: float) -> float:
        return float((1 + self.ratios * t).prod() / t)
