r"""Ridge regression on T correlated samples: designs :math:`X = K^{1/2} Z \Sigma^{1/2}`.

The covariance :math:`\Sigma` and the correlation K between the samples stand on one footing. With
unnormalised degrees of freedom their renormalised ridges :math:`\kappa` and :math:`\tilde\kappa` solve

.. math:: \mathrm{df}^\Sigma_1(\kappa) = \mathrm{df}^K_1(\tilde\kappa) = d, \qquad
          \kappa\, \tilde\kappa\, d = T \lambda \quad \text{(duality)} .

Eliminating :math:`\tilde\kappa` leaves one equation, monotone in :math:`\kappa`, without spurious roots.
Source: arXiv:2408.04607. Closed forms of the S-transform of K are in :mod:`renorm.theory.stationary`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from renorm.theory import renormalize
from renorm.theory._correlation import eigensystem, eigenvalues
from renorm.theory._risk import Result, broadcast, nonnegative
from renorm.theory._validate import numbers, require
from renorm.theory.cross_validation import altman_gcv, corr_gcv
from renorm.theory.spectrum import Spectrum

__all__ = [
    "Risk",
    "altman_gcv",
    "corr_gcv",
    "correlated_test_factor",
    "naive_estimates",
    "residual_covariance",
    "risk",
]


@dataclass(frozen=True)
class Risk:
    """Errors after training on correlated samples, in the broadcast shape of ridge and noise.

    Attributes:
        kappa: renormalised ridge of the covariance.
        kappa_tilde: renormalised ridge of the correlation.
        gamma: (df2 / df1 of the covariance) times (df2 / df1 of the correlation).
        test: error on a fresh uncorrelated point without the noise floor; the sum of the last three.
        train: error on the training set, label noise included.
        bias: squared bias.
        var_data: variance over the training inputs without label noise.
        var_noise: variance due to the label noise.
    """

    kappa: Result
    kappa_tilde: Result
    gamma: Result
    test: Result
    train: Result
    bias: Result
    var_data: Result
    var_noise: Result


def risk(
    spectrum: Spectrum,
    *,
    correlation: ArrayLike,
    ridge: ArrayLike,
    noise: ArrayLike = 0.0,
    noise_correlation: ArrayLike | None = None,
) -> Risk:
    r"""Test and training error, bias and variances.

    At ridge 0 the ridgeless limit is taken; at the interpolation peak (covariance and correlation of one
    rank) the limit of ``test`` and ``var_noise`` is infinite with noise and 0 without.

    Args:
        spectrum: covariance of one sample, with a target.
        correlation: ``(T,)`` eigenvalues of K, >= 0, of mean 1.
        ridge: lambda >= 0 of the loss with the 1/T.
        noise: variance of the label noise.
        noise_correlation: ``(T,)`` eigenvalues of the noise's correlation K', which commutes with K, in the
            order of those of K and of mean 1; ones for white noise; None for K' = K.

    Raises:
        ValueError: without a target, or for an argument outside its range.

    Example:
        >>> s = Spectrum([1.0], target=[0.1], multiplicity=[100])
        >>> r = risk(s, correlation=np.ones(50), ridge=0.0, noise=0.1)  # K = 1: plain ridge regression
        >>> round(float(r.test), 12)
        0.6
    """
    rows = levels = eigenvalues("correlation", correlation)
    if noise_correlation is not None:
        rows = eigenvalues("noise_correlation", noise_correlation)
    require(
        rows.shape == levels.shape, "noise_correlation's shape", rows.shape, f"{levels.shape}", "Match K."
    )
    ridge, noise = broadcast(ridge=nonnegative("ridge", ridge), noise=nonnegative("noise", noise))
    kappa, kappa_tilde = _renormalized_ridges(spectrum, levels, ridge)

    df1, _, unresolved = _degrees(spectrum, kappa)
    kept, lost, density = _shares(levels, kappa_tilde[..., None])
    # 1 - df2 / df1 of the covariance and of the correlation, and 1 - gamma, all without cancellation
    miss, miss_tilde = unresolved / df1, np.sum(kept * lost, axis=-1) / np.sum(kept, axis=-1)
    gamma, slack = (1 - miss) * (1 - miss_tilde), miss + miss_tilde - miss * miss_tilde
    peak = slack == 0
    finite_slack = np.where(peak, 1.0, slack)

    bias = kappa**2 * spectrum.tf1_prime(kappa)
    var_data = bias * gamma / finite_slack
    noise_gain = (1 - miss) * (density @ rows) / np.sum(kept, axis=-1) / finite_slack
    var_noise = np.where(peak & (noise > 0), np.inf, noise * noise_gain)
    refit = (1 - miss) * miss_tilde / finite_slack
    noise_train = np.mean(rows * lost * (lost + kept * refit[..., None]), axis=-1)
    train = (bias + var_data) * kappa_tilde * np.mean(kept * lost, axis=-1) + noise * noise_train
    test = bias + var_data + var_noise
    return Risk(*(x[()] for x in (kappa, kappa_tilde, gamma, test, train, bias, var_data, var_noise)))


def naive_estimates(risk: Risk, correlation: ArrayLike) -> tuple[Result, Result]:
    r"""What the two naive estimators of the test error converge to, in the shape of ``risk``.

    GCV\ :sub:`1` :math:`= E_{tr} / (1-d)^2` and Altman's GCV\ :sub:`2` :math:`= E_{tr} / (d \tilde\kappa)^2`,
    with the normalised :math:`d = \frac1T \mathrm{Tr}\, K (K+\tilde\kappa)^{-1}`.

    Args:
        risk: of :func:`risk` at a ridge > 0; at ridge 0 an interpolator gives 0/0.
        correlation: ``(T,)`` the eigenvalues of K that it was made with.

    Raises:
        ValueError: for a correlation that is not one, or where the fit interpolates.

    Example:
        >>> r = risk(Spectrum([1.0], target=[1.0], multiplicity=[20]), correlation=np.ones(50), ridge=0.1)
        >>> np.round(np.array(naive_estimates(r, np.ones(50))) / r.test, 12)  # both right without correlation
        array([1., 1.])
    """
    levels, kappa_tilde = eigenvalues("correlation", correlation), np.asarray(risk.kappa_tilde)
    remedy = "Add a ridge: the training error vanishes."
    require(kappa_tilde > 0, "kappa_tilde", kappa_tilde, "a positive number", remedy)
    kept, lost, _ = _shares(levels, kappa_tilde[..., None])
    return risk.train / lost.mean(axis=-1) ** 2, risk.train / (kept.mean(axis=-1) * kappa_tilde) ** 2


def residual_covariance(
    correlation: ArrayLike, *, kappa_tilde: float, test: float, noise: float = 0.0
) -> Float[np.ndarray, "T T"]:
    r"""Mean outer product of the training residuals, :math:`R_{out} \tilde\kappa^2 K (K+\tilde\kappa)^{-2}`.

    For noise correlated like the inputs. Its mean diagonal is the training error. Derived here from the
    strong equivalence of the Gram matrix, and checked by simulation.

    Args:
        correlation: K, ``(T, T)``, positive definite.
        kappa_tilde: of :func:`risk` with the eigenvalues of K.
        test: of the same; the noise floor is added here.
        noise: variance of the label noise.

    Raises:
        ValueError: for a correlation that is not one.

    Example:
        >>> r = risk(Spectrum([1.0], target=[1.0]), correlation=[0.5, 1.5], ridge=0.1)
        >>> C = residual_covariance([[1.0, 0.5], [0.5, 1.0]], kappa_tilde=r.kappa_tilde, test=r.test)
        >>> bool(np.isclose(np.trace(C) / 2, r.train))
        True
    """
    levels, vectors = eigensystem(correlation)
    shrunk = levels * (kappa_tilde / (levels + kappa_tilde)) ** 2
    return (test + noise) * (vectors * shrunk) @ vectors.T


def correlated_test_factor(
    correlation: ArrayLike, cross_correlation: ArrayLike, *, kappa_tilde: float
) -> Result:
    r"""What multiplies the error, noise floor included, on a test point correlated with the training samples.

    .. math:: \frac{R^k_{out}}{R_{out}} = 1 - \rho + \tilde\kappa^2\, a^\top K (K+\tilde\kappa)^{-2} a, \qquad
              a = K^{-1} k, \quad \rho = k^\top K^{-1} k

    between :math:`1-\rho` and 1, for noise correlated like the inputs at training and at test. Evaluated as
    :math:`1 - k^\top (K + 2 \tilde\kappa)(K+\tilde\kappa)^{-2} k`.

    Args:
        correlation: K, ``(T, T)``, positive definite.
        cross_correlation: k of one test point or more, ``(..., T)``, with each training sample.
        kappa_tilde: of :func:`risk` with the eigenvalues of K.

    Returns:
        One factor a test point.

    Raises:
        ValueError: for shapes that do not match, or when no joint distribution has these correlations.

    Example:
        >>> K = [[1.0, 0.5], [0.5, 1.0]]
        >>> factor = correlated_test_factor(K, [0.5, 1.0], kappa_tilde=0.0)
        >>> round(float(factor), 12)  # a training point once more, interpolated
        0.0
    """
    levels, vectors = eigensystem(correlation)
    cross = numbers("cross_correlation", cross_correlation)
    fits, allowed = cross.shape[-1:] == levels.shape, f"(..., {len(levels)})"
    require(fits, "cross_correlation's shape", cross.shape, allowed, "Pass one entry a training sample.")
    power = (cross @ vectors) ** 2
    explained, remedy = power @ (1 / levels), "The test point needs a joint correlation with the samples."
    require(explained <= 1 + 1e-8, "cross_correlation's k' K^-1 k", explained, "at most 1", remedy)
    factor = 1 - power @ ((levels + 2 * kappa_tilde) / (levels + kappa_tilde) ** 2)
    return np.maximum(factor, 0.0)[()]


def _shares(levels, kappa_tilde):
    """K / (K + kappa~), kappa~ / (K + kappa~) and K / (K + kappa~)^2; a level at zero is lost."""
    shifted, positive = levels + kappa_tilde, levels > 0
    kept = np.divide(levels, shifted, out=np.zeros_like(shifted), where=positive)
    lost = np.divide(kappa_tilde, shifted, out=np.ones_like(shifted), where=positive)
    return kept, lost, np.divide(kept, shifted, out=np.zeros_like(shifted), where=positive)


def _renormalized_ridges(spectrum, levels, ridge):
    """kappa and kappa~ in the shape of ``ridge``."""
    require(spectrum.rank > 0, "spectrum's rank", 0, "a positive number", "Give the inputs some variance.")
    rows, kappa, kappa_tilde = Spectrum(levels), np.empty(ridge.shape), np.empty(ridge.shape)
    for value in np.unique(ridge):
        if value == 0:
            pair = (
                renormalize.kappa(spectrum, rows.rank, ridge=0.0),
                renormalize.kappa(rows, spectrum.rank, ridge=0.0),
            )
        else:
            pair = _solve(spectrum, rows, value)
        kappa[ridge == value], kappa_tilde[ridge == value] = pair
    return kappa, kappa_tilde


def _degrees(spectrum, kappa):
    """df1, rank - df1 and df1 - df2, each without cancellation and in the shape of kappa."""
    levels, counts, _ = spectrum.nodes
    kappa = np.asarray(kappa)[..., None]
    fitted, missed = levels / (levels + kappa), kappa / (levels + kappa)
    return fitted @ counts, missed @ counts, (fitted * missed) @ counts


def _solve(spectrum: Spectrum, rows: Spectrum, ridge: float) -> tuple[float, float]:
    excess, few = rows.rank - spectrum.rank, 0.5 * min(rows.rank, spectrum.rank)

    def dual(kappa, df1):
        return rows.size * ridge / (kappa * df1)

    def mismatch(log_kappa):
        """df1 of K minus df1 of Sigma, from whichever of df1 and rank - df1 is small."""
        kappa = np.exp(log_kappa)
        df1, rest, _ = _degrees(spectrum, kappa)
        df1_rows, rest_rows, _ = _degrees(rows, dual(kappa, df1))
        return df1_rows - df1 if df1 < few else excess + rest - rest_rows

    low = np.log(ridge) - 1e-3  # kappa = lambda S, and S >= 1
    high = low + 2.0
    while mismatch(high) <= 0:
        high += 2.0
    kappa = np.exp(brentq(mismatch, low, high, xtol=1e-14))
    return kappa, dual(kappa, _degrees(spectrum, kappa)[0])
