"""Which distributions help: the best and worst test inputs, and the risk's gradient in the training spectrum.

Both start from :mod:`renorm.theory.shift`. Source of the question: arXiv:2106.02261, which optimises
measures by gradient descent; the closed forms here are derived from its out-of-distribution error.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from renorm.theory import ridge_regression, shift
from renorm.theory._risk import missed
from renorm.theory._validate import numbers, require
from renorm.theory.spectrum import Spectrum

Array = np.ndarray


@dataclass(frozen=True)
class Extremes:
    """Least and greatest error over test distributions of one trace, and the unit vectors that reach it.

    The extreme second moment is the trace times the direction's outer product with itself.
    """

    best: float
    best_direction: Float[Array, " levels"]
    worst: float
    worst_direction: Float[Array, " levels"]


def extremes(
    spectrum: Spectrum,
    samples: float,
    *,
    ridge: float,
    noise: float = 0.0,
    trace: float | None = None,
    axes: bool = False,
) -> Extremes:
    """Best and worst test distribution for a fixed training distribution.

    The error is linear in the second moment of the test inputs, so the extremes put all variance into one
    direction: the eigenvector of the :func:`renorm.theory.shift.error_matrix` with the least and the greatest
    eigenvalue or, with ``axes``, the best and the worst eigenvector of the training covariance (the corners
    of the simplex of diagonal second moments).

    Args:
        spectrum: training covariance and target, one copy a level.
        samples: P > 0.
        ridge: lambda >= 0.
        noise: variance of the label noise.
        trace: of the test covariance; None for that of the training covariance.
        axes: whether the test covariance is diagonal.

    Raises:
        ValueError: as the error matrix; when the trace is not positive, or the error is infinite.

    Example:
        >>> s = Spectrum([1.0, 0.1], target=[1.0, 1.0])
        >>> x = extremes(s, 4, ridge=0.1, axes=True)
        >>> x.best_direction, x.worst_direction
        (array([1., 0.]), array([0., 1.]))
    """
    trace = numbers("trace", spectrum.trace if trace is None else trace)
    require(trace > 0, "trace", trace, "a positive number", "Pass the total variance of the test inputs.")
    matrix = shift.error_matrix(spectrum, samples, ridge=ridge, noise=noise)
    finite = np.isfinite(matrix).all()
    require(finite, "ridge", ridge, "one with a finite error", "Leave the interpolation peak.")
    if axes:
        order = np.argsort(np.diag(matrix))
        values, vectors = np.diag(matrix)[order], np.eye(len(order))[:, order]
    else:
        values, vectors = np.linalg.eigh(matrix)
    return Extremes(float(trace * values[0]), vectors[:, 0], float(trace * values[-1]), vectors[:, -1])


def gradient(
    spectrum: Spectrum,
    samples: float,
    *,
    ridge: float,
    noise: float = 0.0,
    test_covariance: ArrayLike | None = None,
) -> Float[Array, " levels"]:
    r"""Derivative of the test error in each eigenvalue of the training covariance.

    The target w, the number of samples and the ridge stay fixed. By the implicit function theorem
    :math:`\partial\kappa/\partial\lambda_k = \kappa^2 / (P (1-\gamma)(\lambda_k+\kappa)^2)`; the rest is the
    chain rule through :math:`\kappa`, :math:`\gamma` and :math:`E_g`.

    Args:
        spectrum: training covariance and target.
        samples: P > 0.
        ridge: lambda > 0.
        noise: variance of the label noise.
        test_covariance: as in :func:`renorm.theory.shift.risk`, held fixed; None lets the test covariance
            follow the training one.

    Returns:
        One derivative a level; for a level with copies, all of them move.

    Raises:
        ValueError: as :func:`renorm.theory.shift.risk`, and at ridge 0.

    Example:
        >>> s = Spectrum([1.0, 0.1], target=[1.0, 1.0])
        >>> gradient(s, 4, ridge=0.1, test_covariance=[1.0, 0.1]).round(3)  # more variance in training helps
        array([-0.038, -0.2  ])
    """
    require(np.asarray(ridge) > 0, "ridge", ridge, "a positive number", "Take the limit from small ridges.")
    base = ridge_regression.risk(spectrum, samples, ridge=ridge, noise=noise)
    levels, copies, kappa, outside = (
        spectrum.eigenvalues,
        spectrum.multiplicity,
        base.kappa,
        base.test + noise,
    )
    shifted, unlearned = levels + kappa, missed(spectrum, kappa)
    error, error_slope = (
        unlearned * spectrum.target,
        spectrum.target * levels / shifted**2,
    )  # b and db / dkappa
    kappa_slope = copies * unlearned**2 / (samples * (1 - base.gamma))

    def total(at_fixed_kappa, in_kappa):
        return copies * at_fixed_kappa + (copies @ in_kappa) * kappa_slope

    bias = total(error**2 * (kappa - levels) / shifted, 2 * levels * error * error_slope)
    gamma = total(2 * levels * kappa / shifted**3, -2 * levels**2 / shifted**3) / samples
    in_distribution = (bias + outside * gamma) / (1 - base.gamma)
    if test_covariance is None:
        return in_distribution
    covariance = shift.second_moment(spectrum, test_covariance)
    is_diagonal = covariance.ndim == 1
    diagonal, pull = (
        (covariance, covariance * error) if is_diagonal else (np.diag(covariance), covariance @ error)
    )
    signal = total(-2 * pull * error / shifted, 2 * pull * error_slope)
    weight = total(diagonal * (kappa - levels) / shifted**3, -2 * diagonal * levels / shifted**3) / samples
    at_test = shift.variance_weight(spectrum, samples, covariance, kappa)
    return signal + outside * weight + at_test * in_distribution
