"""Random matrices with Gaussian entries or random eigenvectors: the twins of the ensembles of the theory.

Every function takes the generator last and draws one matrix. Those named after a law of
:mod:`renorm.theory.density` return its ascending eigenvalues, zeros included.
"""

from itertools import pairwise

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigvalsh_tridiagonal

from renorm.theory.spectrum import Spectrum

Array = np.ndarray


def rotation(size: int, rng: np.random.Generator) -> Float[Array, "size size"]:
    """A random orthogonal matrix, uniform in Haar's measure.

    Example:
        >>> q = rotation(3, np.random.default_rng(0))
        >>> np.allclose(q @ q.T, np.eye(3))
        True
    """
    q, r = np.linalg.qr(rng.normal(size=(size, size)))
    return q * np.sign(np.diag(r))


def wigner(size: int, rng: np.random.Generator) -> Float[Array, "size size"]:
    """A symmetric Gaussian matrix whose off-diagonal entries have variance 1/size.

    Example:
        >>> w = wigner(500, np.random.default_rng(0))
        >>> bool(abs(np.linalg.eigvalsh(w).max() - 2) < 0.1)
        True
    """
    g = rng.normal(size=(size, size))
    return (g + g.T) / np.sqrt(2 * size)


def design(spectrum: Spectrum, samples: int, rng: np.random.Generator) -> Float[Array, "samples D"]:
    """Independent Gaussian rows with the covariance diag(spectrum).

    Example:
        >>> design(Spectrum([2.0, 1.0]), 5, np.random.default_rng(0)).shape
        (5, 2)
    """
    values = eigenvalues(spectrum)
    return rng.normal(size=(samples, values.size)) * np.sqrt(values)


def covariance(spectrum: Spectrum, samples: int, rng: np.random.Generator) -> Float[Array, "D D"]:
    """The sample covariance of a :func:`design`, about zero."""
    x = design(spectrum, samples, rng)
    return x.T @ x / samples


def wishart(spectrum: Spectrum, samples: int, rng: np.random.Generator) -> Float[Array, " D"]:
    """Eigenvalues of a :func:`covariance`.

    Example:
        >>> e = wishart(Spectrum([1.0], multiplicity=[4]), 3, np.random.default_rng(0))
        >>> e.shape, float(e[0])
        ((4,), 0.0)
    """
    x = design(spectrum, samples, rng)
    return gram_eigenvalues(x) / samples


def white_wishart(size: int, samples: int, rng: np.random.Generator) -> Float[Array, " size"]:
    """Eigenvalues of a white sample covariance, in a time that is not cubic in the size.

    Householder's reflections turn a white Gaussian matrix into a bidiagonal one with independent chi entries
    (Dumitriu and Edelman, 2002), whose squared singular values have the same joint law.

    Args:
        size: the dimension D.
        samples: P.
        rng: the generator.
    """
    rows, columns = min(size, samples), max(size, samples)
    diagonal = rng.chisquare(columns - np.arange(rows))
    below = rng.chisquare(np.arange(rows - 1, 0, -1)) if rows > 1 else np.empty(0)
    values = eigvalsh_tridiagonal(diagonal + np.concatenate([[0.0], below]), np.sqrt(diagonal[:-1] * below))
    return np.concatenate([np.zeros(size - rows), np.maximum(values, 0.0)]) / samples


def free_sum(a: Spectrum, b: Spectrum, rng: np.random.Generator) -> Float[Array, " D"]:
    """Eigenvalues of A + Q B Q^T, with Q a random :func:`rotation`; both spectra of one dimension."""
    first, second = eigenvalues(a), eigenvalues(b)
    q = rotation(first.size, rng)
    return np.linalg.eigvalsh(np.diag(first) + (q * second) @ q.T)


def free_product(a: Spectrum, b: Spectrum, rng: np.random.Generator) -> Float[Array, " D"]:
    """Eigenvalues of A^(1/2) Q B Q^T A^(1/2), with Q a random :func:`rotation`; both of one dimension."""
    first, second = eigenvalues(a), eigenvalues(b)
    q = rotation(first.size, rng)
    return gram_eigenvalues((np.sqrt(first)[:, None] * q * np.sqrt(second)).T)


def layers(sizes: tuple[int, ...], rng: np.random.Generator) -> Float[Array, "first last"]:
    """The product F_1 ... F_L of Gaussian matrices of fan-in variance, F_l of shape (sizes[l-1], sizes[l]).

    Example:
        >>> layers((20, 100, 60), np.random.default_rng(0)).shape
        (20, 60)
    """
    product = np.eye(sizes[0])
    for rows, columns in pairwise(sizes):
        product = product @ rng.normal(scale=rows**-0.5, size=(rows, columns))
    return product


def eigenvalues(spectrum: Spectrum) -> Float[Array, " D"]:
    """The list of all eigenvalues, each repeated by its multiplicity, which must be whole.

    Raises:
        ValueError: when a multiplicity is not a whole number.

    Example:
        >>> eigenvalues(Spectrum([2.0, 1.0], multiplicity=[1, 2]))
        array([2., 1., 1.])
    """
    copies = spectrum.multiplicity.astype(int)
    if (copies != spectrum.multiplicity).any():
        raise ValueError(
            f"multiplicity is {spectrum.multiplicity}; a sampled matrix needs whole numbers: round them"
        )
    return np.repeat(spectrum.eigenvalues, copies)


def gram_eigenvalues(x: Float[Array, "rows columns"]) -> Float[Array, " columns"]:
    """Ascending eigenvalues of x^T x, from the smaller of the two products; the others are exactly zero."""
    rows, columns = x.shape
    small = x @ x.T if rows < columns else x.T @ x
    values = np.maximum(np.linalg.eigvalsh(small), 0.0)
    return np.concatenate([np.zeros(columns - values.size), values])
