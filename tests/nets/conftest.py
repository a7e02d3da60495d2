"""No silent promotion of types or ranks in any test of the networks; compilation in a hurry."""

import jax
import pytest


@pytest.fixture(autouse=True, scope="session")
def quick_compilation():
    """The small programs of the tests spend their time in XLA's optimiser, not in running."""
    jax.config.update("jax_disable_most_optimizations", True)


@pytest.fixture(autouse=True)
def strict():
    with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
        yield


@pytest.fixture
def x64():
    """Double precision for the whole test."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def lenient(strict):
    """For Adam: optax divides by a float to an integer power."""
    with jax.numpy_dtype_promotion("standard"):
        yield
