"""What every risk shares: checks of its parameters, and weights mode by mode."""

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from renorm.theory._validate import numbers, require
from renorm.theory.spectrum import Spectrum

Result = Float[np.ndarray, "..."] | float


def nonnegative(name: str, value: ArrayLike) -> Float[np.ndarray, "..."]:
    """``value`` as an array of finite numbers >= 0.

    Raises:
        ValueError: when an entry is negative, infinite or NaN.
    """
    array = numbers(name, value)
    finite = (array >= 0) & np.isfinite(array)
    require(finite, name, array, "a finite number >= 0", "Drop or repair the others.")
    return array


def broadcast(**arguments: ArrayLike) -> list[Float[np.ndarray, "..."]]:
    """The arguments in one shape, in their order.

    Raises:
        ValueError: naming the arguments, when they do not broadcast or contain NaN.
    """
    arrays = [numbers(name, value) for name, value in arguments.items()]
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError as error:
        names, shapes = ", ".join(arguments), ", ".join(str(array.shape) for array in arrays)
        raise ValueError(
            f"shapes of {names} = {shapes}: allowed are shapes that broadcast. "
            "Add axes, for example samples[:, None]."
        ) from error


def require_symmetric(name: str, matrix: Float[np.ndarray, "M M"]) -> None:
    """Refuse a matrix that differs from its transpose by more than rounding."""
    asymmetry = np.abs(matrix - matrix.T).max()
    fits = asymmetry <= 1e-10 * np.abs(matrix).max()
    require(fits, f"{name}'s asymmetry", asymmetry, "0, a symmetric matrix", "Pass (A + A.T) / 2.")


def missed(spectrum: Spectrum, kappa: ArrayLike) -> Float[np.ndarray, "... levels"]:
    """kappa / (lambda + kappa), the share of each mode that is not learned; 1 for a level at zero."""
    kappa = np.asarray(kappa)[..., None]
    shifted = spectrum.eigenvalues + kappa
    return np.divide(kappa, shifted, out=np.ones_like(shifted), where=spectrum.eigenvalues > 0)


def spread(spectrum: Spectrum, kappa: ArrayLike) -> Float[np.ndarray, "... levels"]:
    """lambda / (lambda + kappa)^2, how much variance falls on each mode; 0 for a level at zero."""
    shifted = spectrum.eigenvalues + np.asarray(kappa)[..., None]
    positive = spectrum.eigenvalues > 0
    return np.divide(spectrum.eigenvalues, shifted**2, out=np.zeros_like(shifted), where=positive)


def require_single_copies(spectrum: Spectrum, what: str) -> None:
    """Refuse a multiplicity where ``what`` tells the copies of a level apart."""
    copies = spectrum.multiplicity
    require(copies == 1, "multiplicity", copies, f"1 for {what}", "Repeat the level, one entry a copy.")
