r"""Ridge regression on Gaussian features: test and training error, bias, variances and what follows.

The estimator minimises :math:`|y - Xw|^2/P + \lambda |w|^2`. With :math:`\kappa` the renormalised ridge,
:math:`\gamma = \mathrm{df}_2(\kappa)/P` and :math:`\mathrm{tf}_1' = \sum \lambda_k
w_k^2/(\lambda_k+\kappa)^2`,

.. math:: E_g = \frac{\kappa^2\, \mathrm{tf}_1' + \gamma \sigma^2}{1-\gamma}, \qquad
          E_{tr} = \left(\frac{\lambda}{\kappa}\right)^2 (E_g + \sigma^2) .

Sources: arXiv:2405.00592, section V; arXiv:2006.13198 for kernels, where the ridge and kappa are P times
ours. Estimates of the same errors from data alone are in :mod:`renorm.theory.cross_validation`.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar

from renorm.theory import renormalize
from renorm.theory._risk import Result, broadcast, missed, nonnegative, spread
from renorm.theory._validate import numbers, positive, require
from renorm.theory.spectrum import Spectrum


@dataclass(frozen=True)
class Risk:
    """Errors of ridge regression in the broadcast shape of samples, ridge and noise.

    Attributes:
        kappa: renormalised ridge.
        gamma: df2(kappa) / P; the variances diverge where it reaches 1.
        test: error on fresh points without the noise floor; the sum of the next three.
        train: error on the training set, label noise included.
        bias: squared bias, the error of the predictor averaged over training sets.
        var_data: variance over the training inputs without label noise.
        var_noise: variance due to the label noise.
    """

    kappa: Result
    gamma: Result
    test: Result
    train: Result
    bias: Result
    var_data: Result
    var_noise: Result


def risk(spectrum: Spectrum, samples: ArrayLike, *, ridge: ArrayLike, noise: ArrayLike = 0.0) -> Risk:
    """Test and training error, bias and variances.

    At ridge 0 the ridgeless limit is taken: least squares for more samples than the rank, the interpolator of
    least norm for fewer. Where they are equal, at the interpolation peak, the limit of ``test`` and
    ``var_noise`` is infinite with noise and 0 without.

    Args:
        spectrum: population covariance (or kernel eigenvalues) with a target.
        samples: P > 0.
        ridge: lambda >= 0 of the loss with the 1/P.
        noise: variance of the label noise, >= 0.

    Raises:
        ValueError: without a target, or for an argument outside its range.

    Example:
        >>> white = Spectrum([1.0], target=[0.1], multiplicity=[100])  # |w|^2 = 1
        >>> r = risk(white, [50, 200], ridge=0.0, noise=0.1)
        >>> np.round(r.test, 12)  # 1 - P/D + noise / (D/P - 1), and noise / (P/D - 1)
        array([0.6, 0.1])
    """
    samples, ridge, noise = broadcast(
        samples=numbers("samples", samples), ridge=numbers("ridge", ridge), noise=nonnegative("noise", noise)
    )
    kappa = renormalize.kappa(spectrum, samples, ridge=ridge)
    amplification = renormalize.slope(spectrum, samples, ridge=ridge)  # 1 / (1 - gamma)
    gamma = spectrum.df2(kappa) / samples
    bias = kappa**2 * spectrum.tf1_prime(kappa)
    peak = np.isinf(amplification)
    gain = np.where(peak, 0.0, amplification) * gamma
    var_data, var_noise = bias * gain, np.where(peak & (noise > 0), np.inf, noise * gain)
    test = bias + var_data + var_noise
    floor = np.maximum(0.0, 1 - spectrum.rank / samples)
    shrinkage = np.divide(ridge, kappa, out=np.array(floor), where=ridge > 0)
    train = shrinkage**2 * (np.where(peak, 0.0, test) + noise)
    return Risk(*(x[()] for x in (kappa, gamma, test, train, bias, var_data, var_noise)))


def mode_errors(
    spectrum: Spectrum, samples: ArrayLike, *, ridge: ArrayLike
) -> Float[np.ndarray, "... levels"]:
    r"""Test error caused by the target's power in each level; their sum is the test error without noise.

    .. math:: E_k = \lambda_k w_k^2\, \frac{1}{1-\gamma} \frac{\kappa^2}{(\lambda_k+\kappa)^2}

    summed over the copies of a level. Large eigenvalues are learned first: spectral bias. A target in level
    k also errs along the other levels, so this is not the error *along* level k: :func:`errors_along_modes`.
    Source: arXiv:2006.13198.

    Args:
        spectrum: with a target.
        samples: as in :func:`risk`.
        ridge: as in :func:`risk`.

    Returns:
        The errors, the levels last and in the order of the spectrum.

    Raises:
        ValueError: as in :func:`risk`.

    Example:
        >>> s = Spectrum([1.0, 0.1], target=[1.0, 1.0], multiplicity=[10, 100])
        >>> e = mode_errors(s, [20, 60], ridge=1e-3)
        >>> e.shape, bool(np.allclose(e.sum(-1), risk(s, [20, 60], ridge=1e-3).test))
        ((2, 2), True)
    """
    kappa = np.asarray(renormalize.kappa(spectrum, samples, ridge=ridge))
    amplification = np.asarray(renormalize.slope(spectrum, samples, ridge=ridge))
    finite = np.where(
        kappa > 0, amplification, 1.0
    )  # at kappa = 0 nothing is missed, and 0 times infinity is 0
    return level_power(spectrum) * missed(spectrum, kappa) ** 2 * finite[..., None]


def errors_along_modes(
    spectrum: Spectrum, samples: ArrayLike, *, ridge: ArrayLike, noise: ArrayLike = 0.0
) -> Float[np.ndarray, "... levels"]:
    r"""Test error along each level, as a projection of the predictor measures it; the sum is the test error.

    .. math:: \lambda_k \left[ \frac{\kappa^2 w_k^2}{(\lambda_k+\kappa)^2}
              + \frac{E_g + \sigma^2}{P} \frac{\lambda_k}{(\lambda_k+\kappa)^2} \right]

    summed over the copies of a level: squared bias, and the variance that the whole error sheds on the level.
    Arguments and result as for :func:`mode_errors`.

    Example:
        >>> s = Spectrum([1.0, 0.1], target=[1.0, 0.0], multiplicity=[10, 100])
        >>> bool(errors_along_modes(s, 20, ridge=1e-3)[1] > mode_errors(s, 20, ridge=1e-3)[1] == 0)
        True
    """
    at = risk(spectrum, samples, ridge=ridge, noise=noise)
    share = np.asarray((at.test + noise) / samples)[..., None]
    variance = spectrum.multiplicity * spectrum.eigenvalues * spread(spectrum, at.kappa) * share
    return level_power(spectrum) * missed(spectrum, at.kappa) ** 2 + variance


def level_power(spectrum: Spectrum) -> Float[np.ndarray, " levels"]:
    """Variance of the target in each level, summed over its copies.

    Raises:
        ValueError: without a target.
    """
    require(
        spectrum.target is not None,
        "target",
        None,
        "(M,) coefficients",
        "Build the Spectrum with target=....",
    )
    return spectrum.multiplicity * spectrum.eigenvalues * spectrum.target**2


def cumulative_power(spectrum: Spectrum) -> Float[np.ndarray, " levels"]:
    """Share of the target's variance in the largest levels, one by one: the alignment of task and model.

    Of two targets of equal variance on one kernel, the one whose cumulative power is nowhere smaller has the
    smaller test error without noise. Source: arXiv:2006.13198.

    Returns:
        C of the first, the first two, ... levels in decreasing order of the eigenvalues; the last entry is 1.

    Raises:
        ValueError: without a target, or with one of zero variance.

    Example:
        >>> cumulative_power(Spectrum([1.0, 2.0], target=[1.0, 1.0])).round(3)
        array([0.667, 1.   ])
    """
    power = level_power(spectrum)[np.argsort(-spectrum.eigenvalues, kind="stable")]
    require(
        power.sum() > 0, "target's variance", power.sum(), "a positive number", "Give a learnable target."
    )
    return np.cumsum(power) / power.sum()


def optimal_ridge(spectrum: Spectrum, samples: ArrayLike, *, noise: ArrayLike = 0.0) -> Result:
    r"""The ridge >= 0 of least test error, for each number of samples and noise.

    The best of 0 and the local minima, where the derivative vanishes:
    :math:`\kappa P \sum \frac{\lambda^2 w^2}{(\lambda+\kappa)^3} = (E_g+\sigma^2) \sum
    \frac{\lambda^2}{(\lambda+\kappa)^3}`. Derived here from :func:`risk`.

    Raises:
        ValueError: without a target, or for an argument outside its range.

    Example:
        >>> white = Spectrum([1.0], target=[0.1], multiplicity=[100])
        >>> round(float(optimal_ridge(white, 50, noise=0.3)), 10)  # (D/P) noise / |w|^2
        0.6
    """
    power = spectrum.target_power
    require(
        power > 0, "target's variance", power, "a positive number", "With nothing to learn, no ridge is best."
    )
    samples, noise = broadcast(
        samples=positive("samples", samples, "Pass the number of samples."), noise=nonnegative("noise", noise)
    )
    best = [_optimal_ridge(spectrum, p, v) for p, v in zip(samples.flat, noise.flat, strict=True)]
    return np.reshape(best, samples.shape)[()]


def _optimal_ridge(spectrum, samples, noise):
    levels, counts, signal = spectrum.nodes
    # Beyond this kappa the cost of the ridge, to leading order, exceeds its gain.
    swamped = (signal.sum() + noise) * (counts @ levels**2) / (samples * (signal @ levels))
    largest = 100 * max(levels.max(), spectrum.trace / samples, swamped)
    grid = np.log(largest * np.geomspace(1e-18, 1.0, 217))

    def excess(log_ridge):
        """Has the sign of the test error's derivative."""
        at = risk(spectrum, samples, ridge=np.exp(log_ridge), noise=noise)
        cubes = levels**2 / (levels + np.asarray(at.kappa)[..., None]) ** 3
        return at.kappa * samples * (cubes @ (signal / levels)) - (at.test + noise) * (cubes @ counts)

    signs = excess(grid)
    minima = np.flatnonzero((signs[:-1] < 0) & (signs[1:] >= 0))
    candidates = [0.0, *(np.exp(brentq(excess, grid[i], grid[i + 1], xtol=1e-13)) for i in minima)]
    return candidates[np.argmin(risk(spectrum, samples, ridge=candidates, noise=noise).test)]


def peaks(
    spectrum: Spectrum, *, ridge: float, noise: float = 0.0, samples: tuple[float, float]
) -> Float[np.ndarray, " peaks"]:
    """Where the test error peaks in the number of samples, a real number: double and multiple descent.

    Args:
        spectrum: with a target.
        ridge: one ridge > 0.
        noise: one noise variance.
        samples: least and largest number of samples to search; a grid of 2000 points, refined.

    Raises:
        ValueError: without a target, or for an argument outside its range.

    Example:
        >>> white = Spectrum([1.0], target=[0.1], multiplicity=[100])
        >>> peaks(white, ridge=1e-6, noise=0.1, samples=(10, 1000)).round(1)
        array([100.])
    """
    require(np.asarray(ridge) > 0, "ridge", ridge, "a positive number", "At ridge 0 the peak is at the rank.")
    require(0 < samples[0] < samples[1], "samples", samples, "a pair 0 < least < largest", "Pass the range.")
    grid = np.linspace(*np.log(samples), 2000)

    def negative(log_samples):
        return -risk(spectrum, np.exp(log_samples), ridge=ridge, noise=noise).test

    curve = -negative(grid)
    tops = np.flatnonzero((curve[1:-1] > curve[:-2]) & (curve[1:-1] >= curve[2:])) + 1
    found = [minimize_scalar(negative, bounds=(grid[i - 1], grid[i + 1]), method="bounded").x for i in tops]
    return np.exp(np.array(found))
