"""Where a run gets its random numbers and its arithmetic."""

from contextlib import contextmanager
from zlib import crc32

import jax
from jaxtyping import Array, Int, Key

SMALLEST_SINGLE_GAMMA = 1e-2


def crc(name: str) -> int:
    """A hash of a name that is the same in every process, unlike ``hash``."""
    return crc32(name.encode())


def named_key(seed: int | Int[Array, ""], name: str, run: int | Int[Array, ""] = 0) -> Key[Array, ""]:
    """The key of one purpose in one run: ``fold_in(fold_in(root, hash of the name), run)``.

    The same seed, name and run give the same numbers whatever else is drawn, in any batch and on any shard.

    Args:
        seed: the root.
        name: what the numbers are for, such as ``"digits"``; its CRC-32 is the stable hash.
        run: which repetition.

    Returns:
        A typed key.

    Example:
        >>> bool((named_key(0, "weights") == named_key(0, "weights")).all())
        True
        >>> bool((named_key(0, "weights") == named_key(0, "weights", 1)).all())
        False
    """
    return jax.random.fold_in(jax.random.fold_in(jax.random.key(seed), crc(name)), run)


def needs_double(gamma: float) -> bool:
    """Whether an output scale must run in float64: below 1e-2 float32 outputs cancel too much.

    The centred output :math:`(\\tilde f - \\tilde f_0)/\\gamma` of order one is the difference of two
    float32 numbers divided by gamma, so its rounding error is about 1e-7 / gamma (the rule of the code of
    arXiv 2410.04642).

    Example:
        >>> needs_double(1e-3), needs_double(1.0)
        (True, False)
    """
    return gamma < SMALLEST_SINGLE_GAMMA


@contextmanager
def precision(gamma: float = 1.0):
    """The arithmetic of a run at output scale ``gamma``: full products, and float64 where it is needed.

    Recent GPUs multiply float32 matrices in TF32 unless told otherwise. Arrays made inside in float64 are
    only safe inside: look at the parameters of a small-gamma run under the same context.

    Example:
        >>> with precision(gamma=1e-3):
        ...     jax.numpy.ones(2).dtype
        dtype('float64')
    """
    double = needs_double(gamma) or jax.config.jax_enable_x64
    with jax.enable_x64(double), jax.default_matmul_precision("highest"):
        yield


def choose(*, double: bool) -> str:
    """Set the arithmetic of a whole program, and say what it runs on and in.

    Matrix products are computed in full precision, float32 ones on a GPU too.

    Args:
        double: whether arrays are float64 by default.

    Returns:
        One line: device, default float type, precision of matrix products.

    Example:
        >>> choose(double=False)
        'cpu, float32, matrix products in highest precision'
    """
    jax.config.update("jax_enable_x64", double)
    jax.config.update("jax_default_matmul_precision", "highest")
    kind = jax.numpy.zeros(()).dtype
    return f"{jax.devices()[0].device_kind}, {kind}, matrix products in highest precision"
