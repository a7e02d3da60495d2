r"""The renormalised ridge off the positive axis: the physical root followed at constant modulus.

The map from ridge to kappa is analytic outside the negative axis, where the sample spectrum lies, so the
branch is fixed by its values at positive ridges.
"""

import numpy as np
from jaxtyping import Complex, Float

from renorm.theory._newton import Factors
from renorm.theory._table import Sums

_FIRST_STEP, _SMALLEST_STEP = 1 / 16, 1e-9
_SAFE = 0.1  # of a Newton step relative to kappa: beyond it the predictor may have left the branch
_ACCURATE = 1e-13


def continue_from_positive(
    sums: Sums, factors: Factors, ridge: Complex[np.ndarray, " solves"], kappa: Float[np.ndarray, " solves"]
) -> Complex[np.ndarray, " solves"]:
    """Follow the root from abs(ridge) to ridge.

    Args:
        sums: exact degrees of freedom over all levels.
        factors: the factors of the equation.
        ridge: where to go, none zero.
        kappa: roots at abs(ridge).

    Returns:
        The roots at ``ridge``.

    Raises:
        ArithmeticError: when a path cannot be followed in double precision.
    """
    modulus, angle = np.abs(ridge), np.angle(ridge)
    kappa, travelled = kappa.astype(complex), np.zeros(ridge.size)
    stride = np.full(ridge.size, _FIRST_STEP)
    while (active := np.flatnonzero(travelled < 1)).size:
        goal = np.minimum(travelled[active] + stride[active], 1.0)
        here, there = (modulus[active] * np.exp(1j * angle[active] * t) for t in (travelled[active], goal))
        there = np.where(goal == 1, ridge[active], there)
        root, good = _step(sums, factors.select(active), here, there, kappa[active])
        kappa[active] = np.where(good, root, kappa[active])
        travelled[active] = np.where(good, goal, travelled[active])
        stride[active] *= np.where(good, 2.0, 0.5)
        if stride.min() < _SMALLEST_STEP:
            stuck = ridge[stride.argmin()]
            raise ArithmeticError(
                f"ridge = {stuck}: the branch cannot be followed so close to an edge "
                "of the sample spectrum. Move the ridge off the negative axis."
            )
    return kappa


def _step(sums, factors, here, there, kappa):
    """Predict along the tangent, correct by Newton; good where the corrections were small and shrinking."""
    _, derivative = factors.product(kappa, sums(kappa))
    root = kappa * np.exp((there - here) / derivative)
    good, before = np.ones(kappa.size, dtype=bool), np.full(kappa.size, np.inf)
    for _ in range(8):
        value, derivative = factors.product(root, sums(root))
        correction = (value - there) / derivative
        size = np.abs(correction)
        good &= (size < _SAFE) & ((size < before) | (size < _ACCURATE))
        root, before = root * np.where(good, 1 - correction, 1.0), size
        if (size[good] < _ACCURATE).all():
            break
    return root, good & (size < _ACCURATE)
