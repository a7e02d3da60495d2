"""Many Gaussian samples in few dimensions, exactly, in a time that does not grow with the samples.

A rotation of the samples turns a tall design into a triangular matrix with independent normal and chi entries
(Bartlett, 1933). Sums over the samples do not see the rotation.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from renorm.simulate import sample
from renorm.theory.spectrum import Spectrum

Array = np.ndarray


def tall(
    spectrum: Spectrum, samples: int, *, noise: float = 0.0
) -> Callable[[np.random.Generator], tuple[Float[Array, "rows D"], Float[Array, " rows"]]]:
    """A sampler for :func:`renorm.simulate.ridge.ensemble` that draws D + 1 rows for more samples than that.

    The label noise becomes D normal numbers and the norm of the rest. Weights, degrees of freedom, test and
    training error have the joint law of :func:`renorm.simulate.ridge.measure`; a statistic that counts the
    rows of a draw does not.

    Args:
        spectrum: covariance and target.
        samples: :math:`P`.
        noise: variance of the label noise.

    Raises:
        ValueError: unless there are more samples than dimensions.

    Example:
        >>> inputs, labels = tall(Spectrum([2.0, 1.0]), 10_000)(np.random.default_rng(0))
        >>> inputs.shape, (inputs.T @ inputs / 3).round(1)
        ((3, 2), array([[ 2., -0.],
               [-0.,  1.]]))
    """
    scale = np.sqrt(sample.eigenvalues(spectrum))
    dimension = scale.size
    if samples <= dimension:
        raise ValueError(f"samples = {samples}: allowed are more than D = {dimension}. Use ridge.measure.")
    unit = np.sqrt((dimension + 1) / samples)  # the rows stand for more samples than they are

    def draw(rng):
        triangle = np.triu(rng.standard_normal((dimension + 1, dimension)), 1)
        np.fill_diagonal(triangle, np.sqrt(rng.chisquare(samples - np.arange(dimension))))
        rotated = np.append(rng.standard_normal(dimension), np.sqrt(rng.chisquare(samples - dimension)))
        return unit * triangle * scale, unit * np.sqrt(noise) * rotated

    return draw
