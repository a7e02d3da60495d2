r"""Covariate shift: the test error of ridge regression when the test inputs have another covariance.

Training fixes :math:`\kappa`, :math:`\gamma` and the in-distribution error :math:`E_g`; the test inputs enter
through their second moment :math:`\Sigma'` alone, linearly,

.. math:: E_{ood} = \mathrm{Tr}\, \Sigma' A, \qquad
          A = b b^\top + \frac{E_g + \sigma^2}{P} \Sigma (\Sigma+\kappa)^{-2}, \qquad
          b = \kappa (\Sigma + \kappa)^{-1} w .

Everything lives in the eigenbasis of the training covariance. Source: arXiv:2106.02261, in the form of
arXiv:2405.00592. :mod:`renorm.theory.sensitivity` has the extremes over test and the gradient over training
distributions.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from renorm.theory import ridge_regression
from renorm.theory._risk import Result, missed, require_single_copies, require_symmetric, spread
from renorm.theory._validate import numbers, require
from renorm.theory.spectrum import Spectrum

Array = np.ndarray


@dataclass(frozen=True)
class Risk:
    """Out-of-distribution error in the broadcast shape of samples, ridge and noise.

    Attributes:
        kappa: renormalised ridge of the training problem.
        gamma: df2(kappa) / P.
        gamma_test: Tr Sigma Sigma' (Sigma + kappa)^-2 / P, the weight of the variances at test.
        in_distribution: test error without a shift.
        test: test error under the shift, without the noise floor; the sum of the next two.
        bias: squared bias on the test inputs.
        var: variance on the test inputs, over training inputs and label noise.
    """

    kappa: Result
    gamma: Result
    gamma_test: Result
    in_distribution: Result
    test: Result
    bias: Result
    var: Result


@dataclass(frozen=True)
class Overlap:
    """What a shift adds to the in-distribution error.

    Attributes:
        in_distribution: test error without a shift.
        noise_part: change of the variance due to label noise.
        signal_part: change of the noise-free error; negative where the shift helps.
        test: test error under the shift, the sum of the three.
    """

    in_distribution: Result
    noise_part: Result
    signal_part: Result
    test: Result


def risk(
    spectrum: Spectrum,
    samples: ArrayLike,
    *,
    test_covariance: ArrayLike,
    ridge: ArrayLike,
    noise: ArrayLike = 0.0,
) -> Risk:
    """Test error on inputs of covariance ``test_covariance`` after training on ``spectrum``.

    Args:
        spectrum: training covariance and target; the target is the same function at test.
        samples: P > 0.
        test_covariance: second moment of the test inputs in the eigenbasis of the training covariance,
            ``(M,)`` for a diagonal one (of each copy of a level), or ``(M, M)`` where each level has one
            copy. It is not
            centred: :func:`shifted_mean` adds a mean.
        ridge: lambda >= 0; 0 as in :func:`renorm.theory.ridge_regression.risk`.
        noise: variance of the label noise.

    Raises:
        ValueError: without a target, for a covariance of another shape or with negative eigenvalues, or for
            an argument outside its range.

    Example:
        >>> s = Spectrum([1.0, 0.5, 0.1], target=[1.0, 1.0, 1.0])
        >>> r = risk(s, 5, test_covariance=[0.1, 0.5, 1.0], ridge=0.1, noise=0.1)
        >>> bool(r.test > r.in_distribution)  # more weight on the direction that is hard to learn
        True
    """
    covariance = second_moment(spectrum, test_covariance)
    base = ridge_regression.risk(spectrum, samples, ridge=ridge, noise=noise)
    bias = _quadratic(spectrum, residual_weights(spectrum, base.kappa), covariance)
    weight = variance_weight(spectrum, samples, covariance, base.kappa)
    outside = np.where(weight > 0, base.test + numbers("noise", noise), 0.0)  # no weight on an infinite error
    var = weight * outside
    return Risk(base.kappa, base.gamma, weight, base.test, (bias + var)[()], bias, var[()])


def overlap(
    spectrum: Spectrum,
    samples: ArrayLike,
    *,
    test_covariance: ArrayLike,
    ridge: ArrayLike,
    noise: ArrayLike = 0.0,
) -> Overlap:
    r"""The same error as :func:`risk`, as a change of the in-distribution error, noise and signal apart.

    With the overlap :math:`O = \Sigma^{-1/2} \Sigma' \Sigma^{-1/2}` and :math:`e = \kappa
    (\Sigma+\kappa)^{-1} \Sigma^{1/2} w`,

    .. math:: E_{ood} = E_g + \frac{\gamma' - \gamma}{1 - \gamma} \sigma^2
              + e^\top \Big(O - \frac{1 - \gamma'}{1 - \gamma} \Big) e ,

    so that a shift away from the error's direction helps. Arguments as for :func:`risk`. Source:
    arXiv:2106.02261.

    Raises:
        ValueError: as :func:`risk`; for a level at zero; at the interpolation peak, where gamma = 1.

    Example:
        >>> s = Spectrum([1.0, 0.1], target=[1.0, 1.0])
        >>> o = overlap(s, 4, test_covariance=[1.0, 0.0], ridge=0.1)
        >>> bool(o.signal_part < 0), bool(np.isclose(o.test, o.in_distribution + o.signal_part))
        (True, True)
    """
    covariance, levels = second_moment(spectrum, test_covariance), spectrum.eigenvalues
    require(levels > 0, "eigenvalues", levels, "positive numbers", "Drop the levels at zero, or use risk.")
    base = ridge_regression.risk(spectrum, samples, ridge=ridge, noise=noise)
    require(
        base.gamma < 1, "gamma", base.gamma, "a number < 1", "Add a ridge, or leave the interpolation peak."
    )
    scaled = covariance / (np.sqrt(np.outer(levels, levels)) if covariance.ndim == 2 else levels)
    error = residual_weights(spectrum, base.kappa) * np.sqrt(levels)
    weight = variance_weight(spectrum, samples, covariance, base.kappa)
    norm = error**2 @ spectrum.multiplicity
    signal_part = _quadratic(spectrum, error, scaled) - (1 - weight) / (1 - base.gamma) * norm
    noise_part = (weight - base.gamma) / (1 - base.gamma) * numbers("noise", noise)
    return Overlap(base.test, noise_part, signal_part, base.test + noise_part + signal_part)


def error_matrix(
    spectrum: Spectrum, samples: float, *, ridge: float, noise: float = 0.0
) -> Float[Array, "levels levels"]:
    r"""Mean outer product :math:`A = E\,(w - \hat w)(w - \hat w)^\top` of the weights' error.

    The mean is over training sets. The test error on any second moment is ``np.sum(A * second_moment)``; the
    error along direction k is ``A[k, k]`` times the variance of the test inputs along it. For one number of
    samples, ridge and noise.

    Raises:
        ValueError: without a target, with a multiplicity above 1, or for an argument outside its range.

    Example:
        >>> s = Spectrum([1.0, 0.1], target=[1.0, 1.0])
        >>> A = error_matrix(s, 4, ridge=0.1)
        >>> bool(np.isclose(np.diag(A) @ s.eigenvalues, ridge_regression.risk(s, 4, ridge=0.1).test))
        True
    """
    require_single_copies(spectrum, "an error matrix")
    base = ridge_regression.risk(spectrum, samples, ridge=ridge, noise=noise)
    error = residual_weights(spectrum, base.kappa)
    return np.outer(error, error) + np.diag((base.test + noise) / samples * spread(spectrum, base.kappa))


def shifted_mean(test_covariance: ArrayLike, mean: ArrayLike) -> Float[Array, "levels levels"]:
    """Second moment of test inputs with a mean, for :func:`risk`: covariance plus the mean's outer product.

    Args:
        test_covariance: ``(M,)`` or ``(M, M)``.
        mean: ``(M,)`` in the same basis.

    Raises:
        ValueError: for shapes that do not match.

    Example:
        >>> shifted_mean([1.0, 1.0], [0.0, 2.0])
        array([[1., 0.],
               [0., 5.]])
    """
    covariance, mean = numbers("test_covariance", test_covariance), numbers("mean", mean)
    full = np.diag(covariance) if covariance.ndim == 1 else covariance
    require(
        full.shape == 2 * mean.shape,
        "mean's shape",
        mean.shape,
        "(M,) as in the covariance",
        "Use one basis.",
    )
    return full + np.outer(mean, mean)


def residual_weights(spectrum: Spectrum, kappa: ArrayLike) -> Float[Array, "... levels"]:
    """What is missing from the mean predictor, kappa (Sigma + kappa)^-1 w, the levels last."""
    return missed(spectrum, kappa) * spectrum.target


def variance_weight(
    spectrum: Spectrum, samples: ArrayLike, covariance: Float[Array, "..."], kappa: ArrayLike
) -> Result:
    """gamma' = Tr Sigma Sigma' (Sigma + kappa)^-2 / P, for a checked ``covariance``."""
    diagonal = covariance if covariance.ndim == 1 else np.diag(covariance)
    return spread(spectrum, kappa) @ (spectrum.multiplicity * diagonal) / samples


def second_moment(spectrum: Spectrum, test_covariance: ArrayLike) -> Float[Array, "..."]:
    """``test_covariance`` as a checked array, ``(M,)`` or ``(M, M)``."""
    covariance = numbers("test_covariance", test_covariance)
    size = len(spectrum.eigenvalues)
    fits, allowed = covariance.shape in ((size,), (size, size)), f"({size},) or ({size}, {size})"
    require(fits, "test_covariance's shape", covariance.shape, allowed, "Pass it in the training eigenbasis.")
    levels = covariance
    if covariance.ndim == 2:
        require_single_copies(spectrum, "a full test covariance")
        require_symmetric("test_covariance", covariance)
        levels = np.linalg.eigvalsh(covariance)
    floor = -1e-10 * np.abs(levels).max()
    require(levels >= floor, "test_covariance's eigenvalue", levels, "a number >= 0", "Pass a second moment.")
    return covariance


def _quadratic(spectrum, vectors, covariance):
    if covariance.ndim == 1:
        return vectors**2 @ (spectrum.multiplicity * covariance)
    return np.einsum("...k,...k->...", vectors @ covariance, vectors)
