r"""S-transforms of correlations K between T samples: in closed form, and numerically for any K.

They are functions of the normalised :math:`d = \frac1T \mathrm{Tr}\, K (K+\tilde\kappa)^{-1}` and give the
renormalised ridge of regression on correlated samples, :math:`\kappa = \lambda S_K(d) / (1 - d)` at
:math:`d = \mathrm{df}_1(\kappa)/T`. Source: arXiv:2408.04607.
"""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.linalg import hankel, toeplitz

from renorm.theory._correlation import eigenvalues, invert_df1
from renorm.theory._risk import Result
from renorm.theory._validate import numbers, require


def exponential_s(df: ArrayLike, *, length: float) -> Result:
    r"""S-transform of the correlation :math:`e^{-|t-s|/\xi}`, in the limit of many samples.

    With :math:`b = \coth(1/\xi)` it is :math:`(1-d) / (\sqrt{1 + (b^2-1) d^2} - b d)`, evaluated without
    cancellation as :math:`(\sqrt{1 + (b^2-1) d^2} + b d) / (1 + d)`.

    Args:
        df: d in [0, 1].
        length: correlation length :math:`\xi > 0`.

    Raises:
        ValueError: for an argument outside its range.

    Example:
        >>> exponential_s([0.0, 0.5], length=1e-3)  # no correlation
        array([1., 1.])
    """
    df = _fraction(df)
    require(length > 0, "length", length, "a positive number", "Pass the correlation length in samples.")
    b = 1 / np.tanh(1 / length)
    return ((np.sqrt(1 + (b**2 - 1) * df**2) + b * df) / (1 + df))[()]


def nearest_neighbour_s(df: ArrayLike, *, strength: float) -> Result:
    r"""S-transform of the correlation b/2 between neighbours only, in the limit of many samples.

    It is :math:`(\sqrt{1 - b^2 d(2-d)} - (1-d)) / ((1-b^2) d)`, evaluated as
    :math:`(2-d) / (\sqrt{1 - b^2 d(2-d)} + 1 - d)` without the removable singularities at b = 1 and d = 0.

    Args:
        df: d in [0, 1]; the result is infinite at d = 1 for b = 1.
        strength: b in [0, 1].

    Raises:
        ValueError: for an argument outside its range.

    Example:
        >>> nearest_neighbour_s([0.0, 0.5], strength=1.0)  # (2 - d) / (2 (1 - d))
        array([1. , 1.5])
    """
    df = _fraction(df)
    require(0 <= strength <= 1, "strength", strength, "a number in [0, 1]", "Beyond, K is not positive.")
    with np.errstate(divide="ignore"):
        return ((2 - df) / (np.sqrt(1 - strength**2 * df * (2 - df)) + 1 - df))[()]


def numerical_s(df: ArrayLike, *, correlation: ArrayLike) -> Result:
    r"""S-transform :math:`(1-d) / (d\, \tilde\kappa(d))` of a correlation from its eigenvalues.

    For power-law correlations, which have no closed form, and for a finite number of samples.

    Args:
        df: d in (0, 1).
        correlation: ``(T,)`` eigenvalues of K, > 0, of mean 1.

    Raises:
        ValueError: for an argument outside its range.

    Example:
        >>> numerical_s([0.2, 0.9], correlation=np.ones(10)).round(12)
        array([1., 1.])
    """
    df, levels = _fraction(df), eigenvalues("correlation", correlation)
    require((df > 0) & (df < 1), "df", df, "a number in (0, 1)", "S is 1 at df = 0.")
    require(levels > 0, "correlation", levels, "positive numbers", "Drop the samples that others determine.")
    kappa_tilde = invert_df1(levels, np.asarray(df * levels.size), np.asarray((1 - df) * levels.size))
    return ((1 - df) / (df * kappa_tilde))[()]


def toeplitz_eigenvalues(lags: ArrayLike) -> Float[np.ndarray, " T"]:
    """Eigenvalues of a stationary correlation, from even and odd vectors apart: a quarter of the time.

    Args:
        lags: ``(T,)`` correlations at the lags 0, 1, ..., T - 1, the first column of K.

    Returns:
        The T eigenvalues in ascending order.

    Raises:
        ValueError: for another shape, or NaN.

    Example:
        >>> toeplitz_eigenvalues([1.0, 0.25]), toeplitz_eigenvalues([1.0, 0.0, 0.5])
        (array([0.75, 1.25]), array([0.5, 1. , 1.5]))
    """
    lags = numbers("lags", lags)
    fits = lags.ndim == 1 and lags.size > 0
    require(fits, "lags' shape", lags.shape, "(T,)", "Pass the first column of K.")
    half, odd = divmod(lags.size, 2)
    inner, back = toeplitz(lags[:half]), lags[::-1]
    mirrored = hankel(back[:half], back[half - 1 : 2 * half - 1]) if half else inner
    even = inner + mirrored
    if odd:  # the middle sample is even
        middle = np.sqrt(2) * lags[half:0:-1]
        even = np.block([[even, middle[:, None]], [middle, lags[:1]]])
    return np.sort(np.concatenate([np.linalg.eigvalsh(even), np.linalg.eigvalsh(inner - mirrored)]))


def _fraction(df):
    df = numbers("df", df)
    require((df >= 0) & (df <= 1), "df", df, "a number in [0, 1]", "Divide df1 by the number of samples.")
    return df
