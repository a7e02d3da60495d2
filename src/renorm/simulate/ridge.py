"""Ridge regression on sampled Gaussian designs, exact at every ridge from one eigendecomposition.

The estimator minimises :math:`|y - X w|^2 / P + \\lambda |w|^2`. A draw fits the signal and the label noise
apart, so that bias and variances are measured one by one (:mod:`renorm.simulate.estimates`).

Measures what :mod:`renorm.theory.ridge_regression` and :mod:`renorm.theory.shift` predict.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from renorm.simulate.estimates import Estimate, average, squared_mean, total_variance
from renorm.simulate.sample import design, eigenvalues
from renorm.theory.spectrum import Spectrum

Array = np.ndarray


@dataclass(frozen=True)
class Draw:
    """One training set, fitted at every ridge: what a statistic of :func:`measure` may use.

    ``levels`` are the eigenvalues of the sample covariance, without the zeros beyond min(P, D).
    """

    inputs: Float[Array, "P D"]
    labels: Float[Array, " P"]
    ridge: Float[Array, " L"]
    weights: Float[Array, "L D"]
    residual: Float[Array, "L P"]
    test: Float[Array, " L"]
    levels: Float[Array, " K"]

    @property
    def df1(self) -> Float[Array, " L"]:
        """Degrees of freedom of the sample covariance, :math:`\\mathrm{Tr}\\, S (S + \\lambda)^{-1}`."""
        shifted = self.levels + self.ridge[:, None]
        return np.divide(self.levels, shifted, out=np.zeros_like(shifted), where=shifted > 0).sum(axis=-1)


@dataclass(frozen=True)
class Measurement:
    """Estimates over independent training sets, each in the shape of the ridge.

    ``test`` has no noise floor and ``train`` has the label noise, as in the theory.
    """

    test: Estimate
    train: Estimate
    bias: Estimate
    var_data: Estimate
    var_noise: Estimate
    statistics: dict[str, Estimate] = field(default_factory=dict)


def path(
    inputs: Float[Array, "P D"], labels: Float[Array, "P ..."], *, ridge: ArrayLike
) -> Float[Array, "..."]:
    """Ridge weights for every ridge, from one eigendecomposition of the smaller Gram matrix.

    Args:
        inputs: design, one sample a row.
        labels: one column of labels, or several: ``(P,)`` or ``(P, R)``.
        ridge: ``(L,)`` penalties with the 1/P loss; 0 gives the least-norm interpolator or least squares.

    Returns:
        Weights ``(L, D)``, or ``(L, D, R)``.

    Raises:
        ValueError: when a ridge is negative or NaN.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(5, 3))
        >>> w = path(x, x @ np.ones(3), ridge=[0.0, 10.0])
        >>> np.round(w[0], 12), bool(np.all(w[1] < w[0]))
        (array([1., 1., 1.]), True)
    """
    ridge = np.asarray(ridge, dtype=float)
    if not (ridge >= 0).all():
        raise ValueError(f"ridge = {ridge.min()}: allowed are numbers >= 0. Pass lambda of the 1/P loss.")
    weights, _ = _path(inputs, labels.reshape(len(inputs), -1), ridge)
    return weights if labels.ndim > 1 else weights[..., 0]


def _path(inputs, columns, ridge):
    """Weights ``(L, D, R)``, and the levels of the smaller Gram matrix."""
    samples, dimension = inputs.shape
    wide = samples < dimension
    levels, vectors = np.linalg.eigh((inputs @ inputs.T if wide else inputs.T @ inputs) / samples)
    levels = np.where(levels > levels[-1] * np.finfo(float).eps * max(samples, dimension), levels, 0.0)
    rotated = vectors.T @ (columns if wide else inputs.T @ columns) / samples
    shifted = levels[:, None] + ridge
    inverse = np.divide(1.0, shifted, out=np.zeros_like(shifted), where=shifted > 0)
    weights = vectors @ (inverse[:, :, None] * rotated[:, None, :]).reshape(len(levels), -1)
    if wide:
        weights = inputs.T @ weights
    return weights.reshape(dimension, len(ridge), columns.shape[1]).transpose(1, 0, 2), levels


def measure(
    spectrum: Spectrum,
    samples: int,
    *,
    ridge: ArrayLike,
    draws: int,
    noise: float = 0.0,
    seed: int = 0,
    test_covariance: Float[Array, "..."] | None = None,
    statistics: Mapping[str, Callable[[Draw], ArrayLike]] | None = None,
) -> Measurement:
    """Errors of ridge regression over ``draws`` independent training sets.

    Args:
        spectrum: covariance and target; a multiplicity repeats a level.
        samples: :math:`P`.
        ridge: a number or ``(L,)`` numbers, all served by the same eigendecompositions.
        draws: independent training sets, at least three.
        noise: variance of the label noise.
        seed: seed of the generator.
        test_covariance: second moment of the test inputs, ``(D,)`` or ``(D, D)``; None for the training one.
        statistics: more to measure in each :class:`Draw`, by name; for example an estimate from data alone,
            ``{"gcv": lambda draw: gcv(draw.inputs, draw.labels, ridge=draw.ridge)}``. Any shape whose last
            axis is the ridge, or has one entry.

    Raises:
        ValueError: without a target, with too few draws, or when a multiplicity is not a whole number.

    Example:
        >>> s = Spectrum(np.ones(30), target=np.ones(30) / 30**0.5)
        >>> m = measure(s, 60, ridge=0.1, noise=0.25, draws=20)
        >>> bool(abs(m.test.mean - m.bias.mean - m.var_data.mean - m.var_noise.mean) < 0.05)
        True
    """

    def sample(rng):
        return design(spectrum, samples, rng), np.sqrt(noise) * rng.standard_normal(samples)

    return ensemble(
        spectrum,
        sample,
        ridge=ridge,
        draws=draws,
        seed=seed,
        test_covariance=test_covariance,
        statistics=statistics,
    )


def shifted_test_error(
    spectrum: Spectrum, test_covariance: Float[Array, "..."]
) -> Callable[[Draw], Float[Array, " L"]]:
    """A statistic of :func:`measure`: the error of the same predictors on inputs of another second moment.

    Args:
        spectrum: covariance and target of the training samples.
        test_covariance: as in :func:`measure`.

    Example:
        >>> s = Spectrum([1.0, 0.1], target=[1.0, 1.0])
        >>> seen = {"same": shifted_test_error(s, s.eigenvalues)}
        >>> m = measure(s, 10, ridge=0.1, draws=5, statistics=seen)
        >>> bool(np.isclose(m.statistics["same"].mean, m.test.mean))
        True
    """
    target, root = np.repeat(spectrum.target, spectrum.multiplicity.astype(int)), _root(test_covariance)
    return lambda draw: np.sum(_apply(target - draw.weights, root) ** 2, axis=-1)


def ensemble(
    spectrum: Spectrum,
    sample: Callable[[np.random.Generator], tuple[Float[Array, "P D"], Float[Array, " P"]]],
    *,
    ridge: ArrayLike,
    draws: int,
    seed: int = 0,
    test_covariance: Float[Array, "..."] | None = None,
    statistics: Mapping[str, Callable[[Draw], ArrayLike]] | None = None,
) -> Measurement:
    """As :func:`measure`, for training inputs and label noise from any ``sample(rng)``."""
    if spectrum.target is None:
        raise ValueError("target = None: allowed is (M,) coefficients. Build the Spectrum with target=...")
    ridges, statistics = np.atleast_1d(np.asarray(ridge, dtype=float)), dict(statistics or {})
    target = np.repeat(spectrum.target, spectrum.multiplicity.astype(int))
    root = _root(eigenvalues(spectrum) if test_covariance is None else test_covariance)
    rng = np.random.default_rng(seed)
    rows = [_fit(sample(rng), target, root, ridges, statistics) for _ in range(draws)]
    signal, noisy, train, *others = (np.array(column) for column in zip(*rows, strict=True))
    parts = {
        "test": average(np.sum((signal - noisy) ** 2, axis=-1)),
        "train": average(train),
        "bias": squared_mean(signal),
        "var_data": total_variance(signal),
        "var_noise": average(np.sum(noisy**2, axis=-1)),
    }
    extra = {name: average(values) for name, values in zip(statistics, others, strict=True)}
    if np.ndim(ridge) == 0:
        parts, extra = ({k: _first(e) for k, e in d.items()} for d in (parts, extra))
    return Measurement(**parts, statistics=extra)


def _fit(sample, target, root, ridge, statistics):
    """Error vectors of the signal and of the noise, training error and statistics of one draw."""
    inputs, noise = sample
    clean = inputs @ target
    weights, levels = _path(inputs, np.stack([clean, noise], axis=1), ridge)
    signal, noisy = _apply(target - weights[..., 0], root), _apply(weights[..., 1], root)
    labels, total = clean + noise, weights.sum(axis=-1)
    residual = labels - total @ inputs.T
    draw = Draw(inputs, labels, ridge, total, residual, np.sum((signal - noisy) ** 2, axis=-1), levels)
    extra = [_with_ridge(f(draw), ridge) for f in statistics.values()]
    return signal, noisy, np.mean(residual**2, axis=-1), *extra


def _with_ridge(statistic, ridge):
    """A statistic as an array whose last axis is the ridge."""
    statistic = np.asarray(statistic, dtype=float)
    return np.broadcast_to(statistic, np.broadcast_shapes(statistic.shape, ridge.shape))


def _first(estimate):
    return Estimate(estimate.mean[..., 0][()], estimate.stderr[..., 0][()])


def _root(covariance):
    """A square root ``R`` with ``R.T @ R`` the covariance, kept as a vector where it is diagonal."""
    covariance = np.asarray(covariance, dtype=float)
    if covariance.ndim == 1:
        return np.sqrt(covariance)
    levels, vectors = np.linalg.eigh(covariance)
    return np.sqrt(np.maximum(levels, 0.0))[:, None] * vectors.T


def _apply(vectors, root):
    return vectors * root if root.ndim == 1 else vectors @ root.T
