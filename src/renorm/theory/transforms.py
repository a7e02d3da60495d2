r"""R- and S-transforms: what adds, and what multiplies, when free matrices do.

Conventions of arXiv:2405.00592 (sections III and IV), the state divided by the dimension here:
:math:`\mathrm{df}(\lambda) = \mathrm{tr}\,A (A + \lambda)^{-1}` in [0, 1], the resolvent
:math:`g(z) = \mathrm{tr}\,(z - A)^{-1}`, and

.. math:: S_A(\mathrm{df}) = \frac{1 - \mathrm{df}}{\mathrm{df}\, \lambda_A(\mathrm{df})}, \qquad
          R_A(g) = z_A(g) - \frac1g

with the inverse functions :math:`\lambda_A` and :math:`z_A`. S is a function of df, not of -df as in much
of the literature. Free products multiply S, free sums add R, and a ridge renormalises as :math:`\kappa =
\lambda S`.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Complex, Float, Inexact
from numpy.typing import ArrayLike

from renorm.theory import renormalize
from renorm.theory._resolvent import in_blocks, resolvent
from renorm.theory._validate import numbers, positive, require
from renorm.theory.spectrum import Spectrum

Result = Inexact[np.ndarray, "..."] | float | complex


def wishart_s(df: ArrayLike, ratio: ArrayLike) -> Result:
    r"""S of a white Wishart matrix: :math:`1 / (1 - q\,\mathrm{df})`.

    Args:
        df: degrees of freedom divided by the dimension, real or complex.
        ratio: q, dimension over samples, positive.

    Raises:
        ValueError: when ``ratio`` is not positive, or ``df`` is NaN.

    Example:
        >>> float(wishart_s(0.5, 1.0))
        2.0
    """
    return 1 / (1 - _ratio(ratio) * _state("df", df))


def wishart_r(g: ArrayLike, ratio: ArrayLike) -> Result:
    r"""R of a white Wishart matrix: :math:`1 / (1 - q g)`.

    Args:
        g: resolvent, real or complex.
        ratio: q, dimension over samples, positive.

    Raises:
        ValueError: when ``ratio`` is not positive, or ``g`` is NaN.

    Example:
        >>> float(wishart_r(0.25, 2.0))
        2.0
    """
    return 1 / (1 - _ratio(ratio) * _state("g", g))


def wigner_r(g: ArrayLike, variance: ArrayLike) -> Result:
    r"""R of a Wigner matrix whose semicircle has variance :math:`\sigma^2`: :math:`\sigma^2 g`.

    Args:
        g: resolvent, real or complex.
        variance: positive.

    Raises:
        ValueError: when ``variance`` is not positive, or ``g`` is NaN.

    Example:
        >>> float(wigner_r(0.5, 4.0))
        2.0
    """
    return positive("variance", variance, "Pass the variance of the semicircle.") * _state("g", g)


def projection_s(df: ArrayLike, ratio: ArrayLike) -> Result:
    r"""S of a projector of rank N in dimension D: :math:`(1 - \mathrm{df}) / (N/D - \mathrm{df})`.

    Args:
        df: degrees of freedom divided by D, real or complex.
        ratio: N / D in (0, 1].

    Raises:
        ValueError: when ``ratio`` is outside (0, 1], or ``df`` is NaN.

    Example:
        >>> round(float(projection_s(0.2, 0.6)), 12)
        2.0
    """
    ratio, df = _ratio(ratio), _state("df", df)
    require(ratio <= 1, "ratio", ratio, "a number in (0, 1]", "Pass rank / dimension.")
    return (1 - df) / (ratio - df)


def deep_wishart_s(df: ArrayLike, ratios: ArrayLike) -> Result:
    r"""S of :math:`X^\top X` for :math:`X = F_1 \cdots F_L`: :math:`\prod_l 1 / (1 - r_l\,\mathrm{df})`.

    F_l is Gaussian, of size :math:`N_{l-1} \times N_l` and fan-in variance :math:`1/N_{l-1}`.

    Args:
        df: degrees of freedom divided by N_L, real or complex.
        ratios: (L,) values :math:`r_l = N_L / N_l`, l = 0, ..., L - 1, positive.

    Raises:
        ValueError: when a ratio is not positive, or ``df`` is NaN.

    Example:
        >>> float(deep_wishart_s(0.5, [1.0, 1.0]))
        4.0
    """
    ratios = np.atleast_1d(_ratio(ratios))
    return np.prod([wishart_s(df, ratio) for ratio in ratios], axis=0)[()]


def swap(s: Callable[[np.ndarray], np.ndarray], df: ArrayLike, ratio: ArrayLike) -> Result:
    r"""S of :math:`M^\top M` from S of :math:`M M^\top`, with M of size m x n.

    Their positive eigenvalues agree, so :math:`n\,\mathrm{df}_{M^\top M} = m\,\mathrm{df}_{M M^\top}` and
    :math:`S_{M^\top M}(d) = \frac{1 - d}{m/n - d}\, S_{M M^\top}(\tfrac nm d)`.

    Args:
        s: the S-transform of :math:`M M^\top`.
        df: degrees of freedom d of :math:`M^\top M`, divided by n.
        ratio: m / n, positive.

    Raises:
        ValueError: when ``ratio`` is not positive, or ``df`` is NaN.

    Example:
        >>> gram = swap(lambda df: wishart_s(df, 0.5), 0.3, 0.5)  # of X X^T / P from X^T X / P, D / P = 1/2
        >>> bool(abs(gram - 1 / (0.5 - 0.3)) < 1e-12)
        True
    """
    ratio, df = _ratio(ratio), _state("df", df)
    return (1 - df) / (ratio - df) * s(df / ratio)


def s_transform(spectrum: Spectrum, df: ArrayLike) -> Float[np.ndarray, "..."] | float:
    """S of a given spectrum.

    Args:
        spectrum: of A, of dimension D.
        df: degrees of freedom divided by D, in [0, rank / D); 0 gives D / trace.

    Raises:
        ValueError: when ``df`` is outside its range, or the spectrum is zero.

    Example:
        >>> s = Spectrum([1.0, 4.0])
        >>> float(s_transform(s, 0.0)), round(float(s_transform(s, 0.5)), 12)
        (0.4, 0.5)
    """
    df = numbers("df", df)
    top = spectrum.rank / spectrum.size
    require((df >= 0) & (df < top), "df", df, f"a number in [0, {top:g}), rank / dimension", "Divide by D.")
    inner = np.where(df > 0, df, top / 2)
    ridge = renormalize.kappa(spectrum, inner * spectrum.size, ridge=0.0)
    return np.where(df > 0, (1 - inner) / (inner * ridge), spectrum.size / spectrum.trace)[()]


def stieltjes(spectrum: Spectrum, z: ArrayLike) -> Complex[np.ndarray, "..."] | complex:
    """The resolvent's trace g(z) = tr (z - A)^-1, divided by the dimension.

    Args:
        spectrum: of A.
        z: complex numbers, none an eigenvalue.

    Raises:
        ValueError: when z is NaN or an eigenvalue.

    Example:
        >>> stieltjes(Spectrum([1.0]), 2.0 + 1.0j) * (1.0 + 1.0j)
        np.complex128(1+0j)
    """
    z = numbers("z", z, dtype=complex)
    require(
        ~np.isin(z, spectrum.eigenvalues),
        "z",
        z,
        "a number that is no eigenvalue",
        "Move it off the spectrum.",
    )
    return (-resolvent(spectrum.eigenvalues, spectrum.multiplicity, z.ravel()) / spectrum.size).reshape(
        z.shape
    )[()]


def r_transform(spectrum: Spectrum, g: ArrayLike) -> Float[np.ndarray, "..."] | float:
    """R of a given spectrum, on the real axis.

    Args:
        spectrum: of A.
        g: real resolvent: positive for z above the spectrum, negative for z below it, 0 for infinite z.

    Returns:
        z(g) - 1/g; the mean eigenvalue at g = 0.

    Raises:
        ValueError: when g is NaN or infinite.

    Example:
        >>> s = Spectrum([1.0, 3.0])
        >>> g = stieltjes(s, 5.0).real
        >>> round(float(r_transform(s, g) + 1 / g), 12)
        5.0
    """
    g = numbers("g", g)
    require(np.isfinite(g), "g", g, "a finite number", "Drop the infinite entries.")
    flat = g.ravel()
    # With x = (distance of a level from the end of the spectrum next to z) - q, both signs of g read alike:
    # R is that end -+ q, where the mean of 1 / (1 + abs(g) x) is 1. Newton on its inverse, concave in q.
    levels, fractions = spectrum.eigenvalues, spectrum.multiplicity / spectrum.size
    top, bottom = levels.max(), levels.min()
    end = np.where(flat >= 0, top, bottom)
    weight = np.where(flat >= 0, fractions[levels == top].sum(), fractions[levels == bottom].sum())

    def sums(q, size, end):
        x = np.abs(levels - end) - q
        inverse = 1 / (1 + size * x)
        return (x * inverse) @ fractions, inverse @ fractions, (inverse * inverse) @ fractions

    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        q = np.fmin(np.abs(end - levels @ fractions), (1 - weight) / np.abs(flat))
    for _ in range(200):
        excess, mean, square = in_blocks(sums, levels.size, q, np.abs(flat), end)
        step = np.minimum(excess * mean / square, 0.0)
        q = q + step
        if (-step <= 1e-15 * q).all():
            break
    return (end - np.where(flat >= 0, q, -q)).reshape(g.shape)[()]


def _ratio(ratio: ArrayLike) -> np.ndarray:
    return positive("ratio", ratio, "Pass a ratio of dimensions.")


def _state(name: str, value: ArrayLike) -> np.ndarray:
    return numbers(name, value, dtype=complex if np.iscomplexobj(value) else float)
