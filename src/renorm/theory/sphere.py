r"""Rotation-invariant kernels on the sphere: their Mercer eigenvalues, level by level.

On inputs x uniform on the unit sphere in d dimensions the kernel :math:`k(x \cdot x')` has the spherical
harmonics as eigenfunctions, and one eigenvalue for all harmonics of a degree. Source: arXiv:2006.13198 (the
kernels of its examples); Funk and Hecke's formula.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.special import eval_gegenbauer, gammaln, roots_gegenbauer

from renorm.theory._risk import Result
from renorm.theory._validate import require

Array = np.ndarray


def multiplicities(dimension: int, degrees: int) -> Float[Array, " degrees"]:
    """How many spherical harmonics there are of degree 0, 1, ..., ``degrees`` - 1.

    Raises:
        ValueError: for a dimension below 3.

    Example:
        >>> multiplicities(3, 4)
        array([1., 3., 5., 7.])
    """
    require(dimension >= 3, "dimension", dimension, "a whole number >= 3", "On a circle use Fourier series.")
    k = np.arange(degrees)
    log_count = gammaln(k + dimension - 2) - gammaln(k + 1) - gammaln(dimension - 1)
    return np.round((2 * k + dimension - 2) * np.exp(log_count))


def zonal(cosine: ArrayLike, degree: int, *, dimension: int) -> Result:
    """The zonal harmonic of a degree, 1 at cosine 1: Gegenbauer's polynomial, normalised.

    Times the multiplicity it is the projection onto the degree: its products with itself, averaged over the
    sphere, are ``zonal / multiplicity``.

    Example:
        >>> zonal([1.0, 0.0], 2, dimension=3)  # Legendre's (3 t^2 - 1) / 2
        array([ 1. , -0.5])
    """
    index = dimension / 2 - 1
    return eval_gegenbauer(degree, index, np.asarray(cosine)) / eval_gegenbauer(degree, index, 1.0)


def eigenvalues(
    kernel: Callable[[Float[Array, " n"]], Float[Array, " n"]],
    *,
    dimension: int,
    degrees: int,
    nodes: int = 200,
) -> Float[Array, " degrees"]:
    r"""Eigenvalue of each degree: the mean of the kernel times the zonal harmonic, over two inputs.

    With :func:`multiplicities` they are what a :class:`renorm.theory.spectrum.Spectrum` takes. Rounding
    leaves an absolute error of 1e-16 times the kernel: stop before the degrees whose eigenvalues are that
    small.

    Args:
        kernel: of the cosine, elementwise; smooth inside (-1, 1).
        dimension: d >= 3 of the space around the sphere.
        degrees: how many degrees, from 0.
        nodes: of the Gauss-Gegenbauer quadrature.

    Raises:
        ValueError: for a dimension below 3.

    Example:
        >>> eigenvalues(lambda t: 1 + t, dimension=5, degrees=2).round(12)  # a linear kernel: 1/d on degree 1
        array([1. , 0.2])
    """
    require(dimension >= 3, "dimension", dimension, "a whole number >= 3", "On a circle use Fourier series.")
    cosine, weights = roots_gegenbauer(nodes, dimension / 2 - 1)
    values = kernel(cosine) * weights / weights.sum()
    return np.array([zonal(cosine, k, dimension=dimension) @ values for k in range(degrees)])
