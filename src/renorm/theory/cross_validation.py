r"""Estimates of the test error from the training data alone, for independent and for correlated samples.

All of them estimate the error on a fresh test point *with* its noise floor: subtract the noise variance to
compare with the ``.test`` of a risk. One singular value decomposition of the design serves every ridge.

Sources: arXiv:2405.00592, section V (GCV as the squared S-transform times the training error);
arXiv:2408.04607 (CorrGCV, and why the two naive estimators fail).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from renorm.theory._correlation import definite_levels, invert_df1
from renorm.theory._risk import Result, nonnegative
from renorm.theory._validate import numbers, require

Array = np.ndarray


def gcv(X: ArrayLike, y: ArrayLike, *, ridge: ArrayLike) -> Result:
    r"""Generalised cross-validation: :math:`E_{tr} / (1 - \widehat{\mathrm{df}}_1/P)^2` of ridge regression.

    For correlated samples this is the naive estimate GCV\ :sub:`1`, too low.

    Args:
        X: design ``(P, D)``, one sample a row.
        y: labels ``(P,)``.
        ridge: penalties >= 0 of any shape, with the 1/P loss.

    Returns:
        Estimates of the test error, noise floor included, in the shape of ``ridge``.

    Raises:
        ValueError: for bad input, and at ridge 0 where the fit interpolates: use :func:`kare`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X = rng.normal(size=(400, 100))
        >>> y = X @ np.ones(100) / 10 + rng.normal(size=400)
        >>> round(float(gcv(X, y, ridge=0.25)), 1)
        1.2
    """
    fit, ridge = _fit(X, y), nonnegative("ridge", ridge)
    defined = (ridge > 0) | (fit.levels[-1] == 0)
    require(defined, "ridge", ridge, "a positive number where the fit interpolates", "Use kare, free of 0/0.")
    lost = fit.lost(ridge)
    train = np.sum(lost**2 * fit.power, axis=-1) / fit.samples
    return train / (np.sum(lost * fit.counts, axis=-1) / fit.samples) ** 2


def kare(X: ArrayLike, y: ArrayLike, *, ridge: ArrayLike) -> Result:
    r"""Kernel alignment risk estimate, from the resolvent of the Gram matrix.

    .. math:: \frac{y^\top G^2 y / P}{(\mathrm{Tr}\, G / P)^2}, \qquad G = (XX^\top/P + \lambda)^{-1}

    It equals :func:`gcv` identically and stays finite at ridge 0, where the training error and the ridge
    squared cancel. Arguments, result and source as for :func:`gcv`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(20, 50)), rng.normal(size=20)
        >>> bool(np.isclose(kare(X, y, ridge=0.1), gcv(X, y, ridge=0.1), rtol=1e-12))
        True
        >>> bool(np.isfinite(kare(X, y, ridge=0.0)))
        True
    """
    return _kare(_fit(X, y), nonnegative("ridge", ridge))


def altman_gcv(X: ArrayLike, y: ArrayLike, *, correlation: ArrayLike, ridge: ArrayLike) -> Result:
    r"""Altman's naive estimate for correlated samples, GCV\ :sub:`2` :math:`= S^2 E_{tr}`, too high.

    Arguments, result, errors, source and the letters as for :func:`corr_gcv`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(30, 60)), rng.normal(size=30)
        >>> white = altman_gcv(X, y, correlation=np.eye(30), ridge=0.1)
        >>> bool(np.isclose(white, gcv(X, y, ridge=0.1)))
        True
    """
    return estimates(X, y, correlation=correlation, ridge=ridge).altman_gcv


def corr_gcv(X: ArrayLike, y: ArrayLike, *, correlation: ArrayLike, ridge: ArrayLike) -> Result:
    r"""CorrGCV: the test error after training on correlated samples, from the data and the correlation.

    .. math:: \hat R_{out} = S \frac{\tilde{\mathrm{df}}_1}{\tilde{\mathrm{df}}_1 - \tilde{\mathrm{df}}_2}
              \hat R_{in}, \qquad S = \frac{1}{\tilde{\mathrm{df}}_1 \tilde\kappa}, \qquad
              \tilde{\mathrm{df}}_1(\tilde\kappa) = \tfrac1T \mathrm{Tr}\, \hat K (\hat K + \lambda)^{-1}

    with :math:`\hat K = XX^\top/T`, and :math:`\tilde{\mathrm{df}}_{1,2}` the degrees of freedom of the
    correlation K, divided by T. The label noise has to be correlated like the inputs. Evaluated as
    :func:`kare` times :math:`T^{-1} (\mathrm{Tr}\,(K+\tilde\kappa)^{-1})^2 /
    \mathrm{Tr}\,K(K+\tilde\kappa)^{-2}`, the same number without the 0/0 of the interpolating limit.

    Args:
        X: design ``(T, D)``, one sample a row.
        y: labels ``(T,)``.
        correlation: K, ``(T, T)``, symmetric, positive definite, of mean diagonal 1; or its eigenvalues
            ``(T,)``, which spares many calls with one K its decomposition.
        ridge: penalties >= 0 of any shape, with the 1/T loss.

    Returns:
        Estimates of the error on a fresh uncorrelated point, noise floor included, in the shape of ``ridge``.

    Raises:
        ValueError: for bad input. K that is not positive definite is refused: samples that are linear
            combinations of others leave the estimate without a meaning.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(30, 60)), rng.normal(size=30)
        >>> white = corr_gcv(X, y, correlation=np.eye(30), ridge=[0.0, 0.1])
        >>> np.allclose(white, kare(X, y, ridge=[0.0, 0.1]), rtol=1e-12)
        True
    """
    return estimates(X, y, correlation=correlation, ridge=ridge).corr_gcv


class Estimates(NamedTuple):
    """What the training data and the correlation say, each in the shape of the ridge.

    Attributes:
        df1: degrees of freedom of the fit, unnormalised: an estimate of df1 of the covariance and of K.
        kappa: estimate of the renormalised ridge of the covariance.
        kappa_tilde: estimate of the renormalised ridge of the correlation.
        gcv: the estimate of the test error that ignores the correlation, in the form :func:`kare`.
        altman_gcv: as :func:`altman_gcv`.
        corr_gcv: as :func:`corr_gcv`.
    """

    df1: Result
    kappa: Result
    kappa_tilde: Result
    gcv: Result
    altman_gcv: Result
    corr_gcv: Result


def estimates(X: ArrayLike, y: ArrayLike, *, correlation: ArrayLike, ridge: ArrayLike) -> Estimates:
    r"""The three estimates and what they are made of, from one decomposition of the design.

    With the unnormalised :math:`d = \mathrm{Tr}\, \hat K (\hat K + \lambda)^{-1}` the renormalised ridges are
    estimated by :math:`\mathrm{df}^K_1(\tilde\kappa) = d` and the duality :math:`\kappa\,\tilde\kappa\, d = T
    \lambda`. Arguments, errors and source as for :func:`corr_gcv`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> X, y = rng.normal(size=(30, 60)), rng.normal(size=30)
        >>> e = estimates(X, y, correlation=np.eye(30), ridge=0.1)
        >>> bool(np.isclose(e.kappa * e.kappa_tilde * e.df1, 30 * 0.1)), bool(np.isclose(e.gcv, e.corr_gcv))
        (True, True)
    """
    fit, ridge = _fit(X, y), nonnegative("ridge", ridge)
    levels = definite_levels(correlation, samples=fit.samples)
    kept, lost = (np.asarray(share(ridge) @ fit.counts) for share in (fit.kept, fit.lost))
    kappa_tilde = invert_df1(levels, kept, lost)
    shifted = levels + kappa_tilde[..., None]
    inverse, share = np.mean(1 / shifted, axis=-1), np.mean(levels / shifted, axis=-1)
    underfit = (ridge == 0) & (fit.levels[-1] == 0)  # least squares: kappa = 0
    kappa = np.where(underfit, 0.0, inverse * fit.samples / (share * (fit.resolvent(ridge) @ fit.counts)))
    kare = _kare(fit, ridge)
    corrected = kare * inverse**2 / np.mean(levels / shifted**2, axis=-1)
    return Estimates(kept[()], kappa[()], kappa_tilde[()], kare, kare * (inverse / share) ** 2, corrected)


class _Fit(NamedTuple):
    """Labels in the eigenbasis of the Gram matrix over P: levels, how many of each, power of the labels."""

    levels: Float[Array, " K"]
    counts: Float[Array, " K"]
    power: Float[Array, " K"]

    @property
    def samples(self) -> int:
        return int(self.counts.sum())

    def lost(self, ridge):
        """``ridge / (level + ridge)``, the share of each direction of the labels that is not fitted."""
        shifted = self.levels + ridge[..., None]
        return np.divide(ridge[..., None], shifted, out=np.ones_like(shifted), where=shifted > 0)

    def kept(self, ridge):
        """``level / (level + ridge)``, the share of each direction of the labels that is fitted."""
        shifted = self.levels + ridge[..., None]
        return np.divide(self.levels, shifted, out=np.zeros_like(shifted), where=shifted > 0)

    def resolvent(self, ridge):
        """``1 / (level + ridge)``; where infinite, its direction: one on the null space."""
        shifted = self.levels + ridge[..., None]
        inverse = np.divide(1.0, shifted, out=np.ones_like(shifted), where=shifted > 0)
        singular = (shifted == 0).any(axis=-1, keepdims=True)
        return np.where(singular, shifted == 0, inverse)


def _fit(X, y) -> _Fit:
    X, y = numbers("X", X), numbers("y", y)
    fits = X.ndim == 2 and X.size > 0
    require(fits, "X's shape", X.shape, "(samples, dimension)", "Pass one sample a row.")
    require(y.shape == X.shape[:1], "y's shape", y.shape, f"{X.shape[:1]}", "Pass one label a row of X.")
    left, singular, _ = np.linalg.svd(X, full_matrices=False)
    rank = np.count_nonzero(singular > singular[0] * np.finfo(float).eps * max(X.shape))
    left, levels = left[:, :rank], singular[:rank] ** 2 / len(y)
    rotated = left.T @ y
    counts, power = np.ones(rank), rotated**2
    if rank < len(y):
        outside = y - left @ rotated
        levels, counts = np.append(levels, 0.0), np.append(counts, len(y) - rank)
        power = np.append(power, outside @ outside)
    return _Fit(levels, counts, power)


def _kare(fit, ridge):
    resolvent = fit.resolvent(ridge)
    trace = np.sum(resolvent * fit.counts, axis=-1)
    return np.sum(resolvent**2 * fit.power, axis=-1) * fit.samples / trace**2
