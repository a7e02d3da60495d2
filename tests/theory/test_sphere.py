"""Dot-product kernels on the sphere: completeness, known kernels, independent quadrature."""

import numpy as np
import pytest

from renorm.simulate.kernel_ridge import on_sphere
from renorm.theory import sphere


@pytest.mark.parametrize("dimension", [3, 6, 12])
def test_levels_rebuild_the_kernel(dimension):
    eta = sphere.eigenvalues(np.exp, dimension=dimension, degrees=20)
    counts = sphere.multiplicities(dimension, 20)
    cosine = np.linspace(-1, 1, 9)
    rebuilt = sum(
        e * n * sphere.zonal(cosine, k, dimension=dimension)
        for k, (e, n) in enumerate(zip(eta, counts, strict=True))
    )
    np.testing.assert_allclose(rebuilt, np.exp(cosine), rtol=1e-10)


def test_multiplicities_count_polynomials():
    """Harmonics of degree k and k - 2, k - 4, ... make up all homogeneous polynomials of degree k."""
    counts = sphere.multiplicities(5, 6)
    assert counts[5] + counts[3] + counts[1] == 9 * 8 * 7 * 6 / 24
    assert sphere.multiplicities(3, 4).tolist() == [1, 3, 5, 7]


@pytest.mark.parametrize("dimension", [3, 8])
def test_quadratic_kernel_by_hand(dimension):
    """t^2 = 1/d on degree 0, and (1 - 1/d) Z_2."""
    eta = sphere.eigenvalues(np.square, dimension=dimension, degrees=4)
    expected = [1 / dimension, 0, (1 - 1 / dimension) / sphere.multiplicities(dimension, 3)[2], 0]
    np.testing.assert_allclose(eta, expected, atol=1e-14)


def test_zonal_harmonics_reproduce_over_random_points():
    rng = np.random.default_rng(0)
    points, (a, b) = on_sphere(200_000, 5, rng), on_sphere(2, 5, rng)
    product = sphere.zonal(points @ a, 2, dimension=5) * sphere.zonal(points @ b, 2, dimension=5)
    expected = sphere.zonal(a @ b, 2, dimension=5) / sphere.multiplicities(5, 3)[2]
    assert abs(product.mean() - expected) < 4 * product.std() / np.sqrt(200_000)


def test_circles_are_refused():
    for call in (
        lambda: sphere.multiplicities(2, 3),
        lambda: sphere.eigenvalues(np.exp, dimension=2, degrees=3),
    ):
        with pytest.raises(ValueError, match="dimension = 2"):
            call()
