r"""The renormalised ridge: :math:`\kappa \prod_n (1 - \mathrm{df}_1(\kappa)/n) = \lambda`.

The product runs over the samples and the widths n. This is the one equation of Part I. Source:
arXiv:2405.00592, the deterministic equivalents of the sample covariance and of linear random features (there
with degrees of freedom divided by the dimension).
"""

import numpy as np
from jaxtyping import Inexact
from numpy.typing import ArrayLike

from renorm.theory._continuation import continue_from_positive
from renorm.theory._newton import Factors, descend, start_above, start_from_nodes
from renorm.theory._table import STEP, Sums, Table
from renorm.theory._validate import numbers, positive, require
from renorm.theory.spectrum import Spectrum

_STEPS_A_SOLVE = 4  # exact sums that a solve takes, over those that a node of the table takes


def kappa(
    spectrum: Spectrum, samples: ArrayLike, *, ridge: ArrayLike, widths: ArrayLike | tuple = ()
) -> Inexact[np.ndarray, "..."] | float | complex:
    r"""Solve for the renormalised ridge on the physical branch, :math:`\mathrm{df}_1(\kappa) < \min(P, N_l)`.

    A sample covariance with ridge :math:`\lambda` acts on average like the population's with ridge
    :math:`\kappa`.

    Args:
        spectrum: the population.
        samples: P > 0, a number or an array; infinity is allowed.
        ridge: :math:`\lambda` beside a loss with 1/P, a number or an array. Zero is the ridgeless limit: 0
            where min(P, N_l) reaches the rank, else the root of df1 = min(P, N_l). A complex ridge gets the
            branch continued from the positive axis; on the negative axis the sign of the imaginary zero
            chooses the side.
        widths: N_l > 0 of Gaussian layers with entries of variance 1/N_l, a number or a tuple, each entry a
            number or an array; infinity is allowed.

    Returns:
        kappa in the common shape of ``samples``, ``ridge`` and the widths.

    Raises:
        ValueError: when samples or a width is not positive, a real ridge is negative, anything is NaN, or the
            shapes do not broadcast.

    Example:
        >>> white = Spectrum([1.0], multiplicity=[100])
        >>> float(kappa(white, 50, ridge=0.0))  # D / P - 1
        1.0
        >>> kappa(white, [[50], [200]], ridge=[0.1, 1.0]).shape
        (2, 2)
    """
    counts, ridge, shape = _broadcast(samples, ridge, widths)
    if np.iscomplexobj(ridge):
        positive_root, moving = _solve(spectrum, counts, np.abs(ridge)), ridge != 0
        solution, sums = positive_root.astype(complex), Sums(spectrum, spectrum.levels)
        factors = Factors.build(counts[:, moving], sums.rank)
        solution[moving] = continue_from_positive(sums, factors, ridge[moving], positive_root[moving])
    else:
        solution = _solve(spectrum, counts, ridge)
    return solution.reshape(shape)[()]


def slope(
    spectrum: Spectrum, samples: ArrayLike, *, ridge: ArrayLike, widths: ArrayLike | tuple = ()
) -> Inexact[np.ndarray, "..."] | float | complex:
    r"""The derivative of :func:`kappa` in the ridge; without widths it is :math:`1/(1 - \mathrm{df}_2/P)`.

    Args:
        spectrum: as in :func:`kappa`.
        samples: as in :func:`kappa`.
        ridge: as in :func:`kappa`.
        widths: as in :func:`kappa`.

    Returns:
        The derivative, infinite in the ridgeless limit at the interpolation peak.

    Raises:
        ValueError: as :func:`kappa`.

    Example:
        >>> s = Spectrum([3.0, 1.0], multiplicity=[20, 40])
        >>> gamma = s.df2(kappa(s, 30, ridge=0.1)) / 30
        >>> bool(abs(slope(s, 30, ridge=0.1) * (1 - gamma) - 1) < 1e-12)
        True
    """
    root = kappa(spectrum, samples, ridge=ridge, widths=widths)
    counts, _, shape = _broadcast(samples, ridge, widths)
    sums = Sums(spectrum, spectrum.nodes_for(root))
    # At kappa = 0 the derivative is the product of the floors 1 - rank / n, read a hair above zero.
    flat = np.atleast_1d(np.where(root == 0, np.finfo(float).tiny, root)).ravel()
    _, derivative = Factors.build(counts, sums.rank).product(flat, sums(flat))
    with np.errstate(divide="ignore"):
        return (flat / derivative).reshape(shape)[()]


def _broadcast(samples, ridge, widths) -> tuple[np.ndarray, np.ndarray, tuple[int, ...]]:
    """Samples and widths as rows (factors, solves), smallest first, and the ridge (solves,), all checked."""
    widths = widths if isinstance(widths, tuple | list) else (widths,)
    is_complex = np.iscomplexobj(ridge)
    ridge = numbers("ridge", ridge, dtype=complex if is_complex else float)
    require(np.isfinite(ridge), "ridge", ridge, "a finite number", "Drop the infinite entries.")
    if not is_complex:
        require(
            ridge >= 0,
            "ridge",
            ridge,
            "a number >= 0, or a complex number",
            "Pass complex(ridge, 0.0) for the branch above the negative axis.",
        )
    rows = [positive("samples", samples, "Pass the number of samples, or inf.")]
    rows += [positive("widths", width, "Pass the number of features, or inf.") for width in widths]
    try:
        ridge, *rows = np.broadcast_arrays(ridge, *rows)
    except ValueError as error:
        shapes = ", ".join(str(row.shape) for row in (*rows, ridge))
        raise ValueError(
            f"shapes of samples, widths and ridge = {shapes}: allowed are shapes that "
            "broadcast. Add axes, for example samples[:, None]."
        ) from error
    return np.sort([row.ravel() for row in rows], axis=0), ridge.ravel(), ridge.shape


def _solve(spectrum: Spectrum, counts: np.ndarray, ridge: np.ndarray) -> np.ndarray:
    """Real roots for counts (factors, solves) and ridge (solves,)."""
    exact = Sums(spectrum, spectrum.nodes)
    if exact.rank == 0:
        return ridge
    factors = Factors.build(counts, exact.rank)
    solution = np.zeros(ridge.size)
    todo = (ridge > 0) | (factors.floor[0] < 0)
    if not todo.any():
        return solution
    # At ridge 0 the smallest count alone decides; the others would only make a double root of a simple one.
    ridge = ridge[todo]
    factors = factors.select(todo).first_only(ridge == 0)
    start = start_above(factors, ridge, exact)
    # rank - df1 <= kappa tr(1/Sigma), so a count below the rank keeps kappa off zero.
    short = np.maximum(-factors.floor[0], 0.0)
    least = np.divide(
        short, factors.inverse[0] * exact.inverse_trace, out=np.zeros_like(short), where=short > 0
    )
    low = np.maximum(ridge, least).min()
    nodes = np.log(start.max() / low) / STEP
    if nodes < _STEPS_A_SOLVE * ridge.size:
        table = Table(exact, low, start.max())
        solution[todo], _ = descend(table, factors, ridge, start_from_nodes(table, factors, ridge))
    else:
        solution[todo], _ = descend(exact, factors, ridge, start)
    return solution
