"""Partial whitening: inputs whose spectrum is anything between their own and flat."""

import numpy as np
from jaxtyping import Float


def whitening(
    inputs: Float[np.ndarray, "p d"], *, exponent: float, cutoff: float = 1e-2
) -> Float[np.ndarray, "d d"]:
    r"""The matrix that turns the eigenvalues :math:`\lambda` of the inputs' covariance into powers of them.

    With :math:`X=USV^\top`, ``inputs @ whitening(...)`` is :math:`cUS^\gamma V^\top`, whose covariance
    :math:`X^\top X/P` has the eigenvalues :math:`c'\lambda^\gamma`, of mean 1. Directions in which the
    inputs hardly extend are dropped, the same ones at each exponent. New inputs take the same matrix.

    Args:
        inputs: (P, D), not centred.
        exponent: gamma; 0 whitens, 1 leaves the shape alone.
        cutoff: singular values below this share of the largest are dropped.

    Returns:
        (D, D), symmetric, of rank R = the number of directions kept.

    Raises:
        ValueError: a cutoff outside 0 ... 1.

    Example:
        >>> x = np.array([[2.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
        >>> white = x @ whitening(x, exponent=0.0)
        >>> (white.T @ white / 3).round(6).tolist()
        [[1.0, 0.0], [0.0, 1.0]]

    Source: arXiv 2111.00034, section 5.
    """
    if not 0 <= cutoff < 1:
        raise ValueError(f"cutoff={cutoff} is a share of the largest singular value; choose one in 0 ... 1")
    _, values, directions = np.linalg.svd(np.asarray(inputs, float), full_matrices=False)
    kept = values > cutoff * values[0]
    values, directions = values[kept], directions[kept]
    level = np.sqrt(len(inputs) / np.mean(values ** (2 * exponent)))
    return (directions.T * level * values ** (exponent - 1)) @ directions
