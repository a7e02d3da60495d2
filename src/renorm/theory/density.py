"""Limiting spectral densities of random matrices: exact edges and atoms, no smoothing.

Sources: arXiv:2405.00592, sections II to IV (Wigner, Wishart, free sums and products, deep Wishart).
"""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from renorm.theory._curve import Curve
from renorm.theory._deep import DeepWishart
from renorm.theory._law import Density
from renorm.theory._resolvent import resolvent
from renorm.theory._subordination import Atoms, Product, Subordination, Sum
from renorm.theory._support import Convolution
from renorm.theory._validate import numbers, positive, require
from renorm.theory.spectrum import Spectrum

__all__ = ["Density", "deep_wishart", "deformed_wigner", "free_product", "free_sum", "semicircle", "wishart"]

_EQUAL = 1e-12  # masses that differ by less are meant to be equal
_MARGIN = 0.05  # of the levels' range: how far beyond it the support is looked for


def wishart(spectrum: Spectrum, samples: ArrayLike, x: ArrayLike | None = None) -> Density:
    r"""Law of a sample covariance :math:`\frac1P \Sigma^{1/2} Z^\top Z \Sigma^{1/2}`.

    With ``spectrum`` one level it is the law of Marchenko and Pastur. The density at x is
    :math:`\frac{P}{\pi D} \mathrm{Im} (1/\kappa)` for the renormalised ridge kappa at ridge -x.

    Args:
        spectrum: of the population covariance Sigma, of dimension D.
        samples: P > 0, finite.
        x: (n,) where to evaluate, or None for the law's own points.

    Raises:
        ValueError: when ``samples`` is not positive and finite, ``x`` is not a finite 1-D array, or the
            spectrum is zero.

    Example:
        >>> d = wishart(Spectrum([1.0], multiplicity=[100]), 50)  # rank 50 of 100
        >>> d.atom, d.edges.round(6).tolist()
        (0.5, [[0.171573, 5.828427]])
    """
    samples = _single("samples", samples)
    require(spectrum.rank > 0, "spectrum's rank", 0, "a positive number", "Pass a positive eigenvalue.")
    levels, counts = _distinct(spectrum.levels.levels, spectrum.levels.counts)
    floor = (samples - spectrum.rank) / samples

    def position(k):
        # k (1 - df1(-k) / P), in the form that does not cancel at small k
        if floor < -1:
            return k * (1 - resolvent(levels, counts * levels, k) / samples)
        return k * (floor - k * resolvent(levels, counts, k) / samples)

    scale = samples / (np.pi * spectrum.size)
    curve = Curve(
        levels, counts * levels**2 / samples, position, lambda k: scale * k.imag / np.abs(k) ** 2, floor == 0
    )
    return _evaluate(curve, x, _atom_at_zero(1 - min(samples, spectrum.rank) / spectrum.size))


def deformed_wigner(spectrum: Spectrum, variance: ArrayLike, x: ArrayLike | None = None) -> Density:
    r"""Law of A + W, with W a Wigner matrix: the free sum with a semicircle.

    Args:
        spectrum: of A.
        variance: of the semicircle, positive; its radius alone is :math:`2\sigma`.
        x: (n,) where to evaluate, or None for the law's own points.

    Raises:
        ValueError: when ``variance`` is not positive and finite, or ``x`` is not a finite 1-D array.

    Example:
        >>> deformed_wigner(Spectrum([0.0, 10.0]), 1.0).edges.shape  # two intervals
        (2, 2)
    """
    variance = _single("variance", variance)
    levels, counts = _distinct(spectrum.eigenvalues, spectrum.multiplicity)
    weights = variance * counts / spectrum.size
    curve = Curve(
        levels, weights, lambda k: k - resolvent(levels, weights, k), lambda k: k.imag / (np.pi * variance)
    )
    return _evaluate(curve, x, np.empty((0, 2)))


def semicircle(variance: ArrayLike, x: ArrayLike | None = None) -> Density:
    r"""Wigner's law :math:`\sqrt{4\sigma^2 - x^2} / (2 \pi \sigma^2)`.

    Args:
        variance: :math:`\sigma^2`, positive.
        x: (n,) where to evaluate, or None for the law's own points.

    Raises:
        ValueError: as :func:`deformed_wigner`.

    Example:
        >>> semicircle(1.0, [0.0, 3.0]).density.round(6)
        array([0.31831, 0.     ])
    """
    return deformed_wigner(Spectrum([0.0]), variance, x)


def deep_wishart(ratios: ArrayLike, x: ArrayLike | None = None) -> Density:
    r"""Law of :math:`X^\top X` for a product of Gaussian matrices, :math:`X = F_1 \cdots F_L`.

    Args:
        ratios: (L,) values N_L / N_l, l = 0, ..., L - 1, positive; F_l has size N_(l-1) x N_l and fan-in
            variance.
        x: (n,) where to evaluate, or None for the law's own points.

    Raises:
        ValueError: when a ratio is not positive and finite, or ``x`` is not a finite 1-D array.

    Example:
        >>> d = deep_wishart([30.0, 6.0])  # sizes 200, 1000, 6000
        >>> round(d.atom, 6), d.edges.round(1).tolist()
        (0.966667, [[8.5, 67.2]])
    """
    ratios = np.atleast_1d(positive("ratios", ratios, "Pass the last width over each of the others."))
    require(np.isfinite(ratios), "ratios", ratios, "finite numbers", "Drop the layers of width zero.")
    law = DeepWishart(np.sort(np.append(ratios, 1.0))[::-1])
    return _evaluate(law, x, _atom_at_zero(1 - 1 / law.ratios[0]))


def free_sum(a: Spectrum, b: Spectrum, x: ArrayLike | None = None) -> Density:
    """Law of A + U B U^T for a uniformly random rotation U.

    Args:
        a: spectrum of A; only the fractions of its levels matter, not its dimension.
        b: spectrum of B.
        x: (n,) where to evaluate, or None for the law's own points.

    Raises:
        ValueError: when ``x`` is not a finite 1-D array.
        ArithmeticError: when intervals of the support are too narrow to be found.

    Example:
        >>> coin = Spectrum([0.0, 1.0])
        >>> d = free_sum(coin, coin, [1.0])  # the arcsine law on [0, 2]
        >>> d.edges.round(6).tolist(), np.round(d.density * np.pi, 6)
        ([[0.0, 2.0]], array([1.]))
    """
    unit = _unit(max(a.eigenvalues.max(), b.eigenvalues.max()))
    pair = Subordination(_fractions(a, unit), _fractions(b, unit), Sum())
    span = np.array([law.levels[[0, -1]] for law in (pair.first, pair.second)]).sum(axis=0)
    margin = _MARGIN * np.ptp(span)
    return _free(pair, (span[0] - margin, span[1] + margin), unit, x)


def free_product(a: Spectrum, b: Spectrum, x: ArrayLike | None = None) -> Density:
    """Law of A^(1/2) U B U^T A^(1/2) for a uniformly random rotation U.

    Args:
        a: spectrum of A; only the fractions of its levels matter, not its dimension.
        b: spectrum of B.
        x: (n,) where to evaluate, or None for the law's own points.

    Raises:
        ValueError: when ``x`` is not a finite 1-D array.
        ArithmeticError: when intervals of the support are too narrow to be found.

    Example:
        >>> half = Spectrum([0.0, 1.0])  # a projection onto half of the dimensions
        >>> d = free_product(half, half, [0.5])
        >>> d.atom, d.edges.round(6).tolist(), np.round(d.density * np.pi, 6)
        (0.5, [[0.0, 1.0]], array([1.]))
    """
    units = _unit(a.eigenvalues.max()), _unit(b.eigenvalues.max())
    pair = Subordination(_fractions(a, units[0]), _fractions(b, units[1]), Product())
    high = pair.first.levels[-1] * pair.second.levels[-1]
    return _free(pair, (0.0, (1 + _MARGIN) * high), units[0] * units[1], x)


def _meetings(pair: Subordination) -> tuple[Float[np.ndarray, "atoms 2"], Float[np.ndarray, "m 2"]]:
    """Atoms, where two levels have more than all of the mass together, and critical points, with just all.

    At zero, a product has the larger one of its factors' null spaces; it is critical when they are equal.
    """
    first, second = pair.first, pair.second
    place = pair.operation.join(first.levels[:, None], second.levels)
    k = np.broadcast_to(first.levels[:, None], place.shape)
    excess = np.add.outer(first.masses, second.masses) - 1
    atoms, critical = excess > _EQUAL, np.abs(excess) <= _EQUAL
    if isinstance(pair.operation, Product):
        nulls = first.masses[first.levels == 0].sum(), second.masses[second.levels == 0].sum()
        excess, critical = np.where(place == 0, max(nulls), excess), critical & (place != 0)
        atoms &= place != 0
        # One cell of the table stands for all that meet at zero.
        zero = np.flatnonzero(place.ravel() == 0)[:1]
        atoms.flat[zero], critical.flat[zero] = True, abs(nulls[0] - nulls[1]) <= _EQUAL
        k = np.where(place == 0, 0.0, k)
    order = np.argsort(place[atoms])
    return np.stack([place[atoms], excess[atoms]], axis=1)[order], np.stack([place, k], axis=-1)[critical]


def _free(pair: Subordination, span: tuple[float, float], unit: float, x: ArrayLike | None) -> Density:
    """In the units of the caller; the search for the support wants levels of order 1."""
    atoms, critical = _meetings(pair)
    law = Convolution(pair, span, critical, 1 - atoms[:, 1].sum())
    scaled = _evaluate(law, None if x is None else numbers("x", x) / unit, atoms)
    return Density(scaled.x * unit, scaled.density / unit, scaled.edges * unit, scaled.atoms * [unit, 1.0])


def _fractions(spectrum: Spectrum, unit: float) -> Atoms:
    """The spectrum as a probability law, in units of ``unit``."""
    levels, counts = _distinct(spectrum.eigenvalues, spectrum.multiplicity)
    return Atoms(levels / unit, counts / counts.sum())


def _unit(largest: float) -> float:
    """A power of two next to the largest level, so that dividing by it is exact."""
    return float(2.0 ** np.ceil(np.log2(largest))) if largest > 0 else 1.0


def _evaluate(
    law: Curve | DeepWishart | Convolution, x: ArrayLike | None, atoms: Float[np.ndarray, "atoms 2"]
) -> Density:
    """On a given grid, or on the law's own points with zeros at the edges where it does not diverge."""
    if x is not None:
        x = numbers("x", x)
        require(x.ndim == 1, "x's shape", x.shape, "(n,)", "Flatten the grid.")
        require(np.isfinite(x), "x", x, "finite numbers", "Drop the infinite points.")
        density = np.zeros_like(x)
        for interval, (low, high) in enumerate(law.edges):
            inside = (x > low) & (x < high)
            if inside.any():
                density[inside] = law.density_at(x[inside], interval)
        return Density(x, density, law.edges, atoms)
    xs, densities = [np.empty(0)], [np.empty(0)]
    for interval, (ends, diverges) in enumerate(zip(law.edges, law.diverges, strict=True)):
        points, values = law.points(interval)
        first, last = ends[:1][~diverges[:1]], ends[1:][~diverges[1:]]
        xs += [first, points, last]
        densities += [np.zeros_like(first), values, np.zeros_like(last)]
    return Density(np.concatenate(xs), np.concatenate(densities), law.edges, atoms)


def _single(name: str, value: ArrayLike) -> float:
    value = positive(name, value, "A law needs it.")
    require(value.ndim == 0 and np.isfinite(value), name, value, "one finite number", "Loop over them.")
    return float(value)


def _distinct(levels, counts):
    """Ascending distinct levels with their copies added up."""
    distinct, place = np.unique(levels, return_inverse=True)
    return distinct, np.bincount(place, weights=counts)


def _atom_at_zero(mass: float) -> Float[np.ndarray, "atoms 2"]:
    return np.array([[0.0, mass]]) if mass > 0 else np.empty((0, 2))
