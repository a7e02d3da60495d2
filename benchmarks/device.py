"""Absolute speed of a training grid on this machine's device, as JSON: for a GPU; a CPU gets a small one.

A grid of (gamma, rate) is trained whole and one run at a time. Recorded are seconds, floating-point
operations a second, their share of what one large matrix product reaches in the same process and precision,
and memory. On a GPU the whole grid must be at least 50 times faster. The library computes products in full;
the same grid with JAX's default products (TF32 on recent GPUs, no difference on a CPU) says what that costs
in time and gains in accuracy: the largest relative change, over the runs, of a run's mean loss.

Run: ``python benchmarks/device.py [width steps]``.
"""

import json
import sys
import time
from unittest.mock import patch

import jax
import jax.numpy as jnp
import numpy as np

from renorm.nets import MLP, data, grid, sweep

LEAST_RATIO = 50.0  # on a GPU
ALONE = 8  # runs that are timed one at a time


def seconds(function, repeats=3):
    """The shortest of several times, after a call that compiles, and the result."""
    result = jax.block_until_ready(function())
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        jax.block_until_ready(function())
        times.append(time.perf_counter() - began)
    return min(times), result


def ceiling(size):
    """Operations a second of a square matrix product in float32, in full precision and in the default."""
    square = jnp.ones((size, size), jnp.float32)
    rates = {}
    for precision in ("highest", "default"):
        product = jax.jit(lambda a, p=precision: jnp.matmul(a, a, precision=p))
        rates[precision] = 2 * size**3 / seconds(lambda f=product: f(square))[0]
    return rates


def default_products():
    """Inside it the library's sweep, which asks for full products, gets JAX's default ones instead.

    Compiled programs need not be cleared: the precision is part of what JAX looks them up by.
    """
    return patch.object(grid, "precision", lambda gamma: jax.default_matmul_precision("default"))


def operations(network, batch):
    """Of one step: forward, backward at twice that, and the forward of the network at the start."""
    weights = sum(np.prod(layer.shape) for layer in network.layers.values())
    return int(2 * batch * weights * (1 + 2 + 1))


def main(width, steps, batch=64, points=(15, 21)):
    def build(n):
        return MLP(inputs=64, width=n, depth=3, outputs=10)

    batches = jax.block_until_ready(data.digits(0, steps=steps, batch=batch))
    gammas, rates = np.geomspace(0.1, 100, points[0]), np.geomspace(1e-4, 1e-2, points[1])

    def train(gammas, rates, chunk):
        options = {"widths": [width], "gammas": gammas, "rates": rates, "chunk": chunk}
        return sweep(build, lambda seed: batches, **options).loss.values

    runs = len(gammas) * len(rates)
    whole, full = seconds(lambda: train(gammas, rates, runs))
    memory = jax.devices()[0].memory_stats() or {}
    with default_products():
        reduced, rounded = seconds(lambda: train(gammas, rates, runs))
    alone, _ = seconds(lambda: train(gammas[:1], rates[:ALONE], 1))
    whole, reduced, alone = whole / runs, reduced / runs, alone / ALONE
    rate, most = operations(build(width), batch) * steps / whole, ceiling(min(8192, 32 * width))
    return grid.provenance(width=width, steps=steps, batch=batch, runs=runs) | {
        "seconds a run, whole grid": whole,
        "seconds a run, one at a time": alone,
        "whole grid faster by": alone / whole,
        "seconds a run, whole grid, default products": reduced,
        "default products change the mean loss by": float(np.abs(rounded.mean(-1) / full.mean(-1) - 1).max()),
        "operations a second": rate,
        "share of the ceiling": rate / most["highest"],
        "matrix product, highest": most["highest"],
        "matrix product, default": most["default"],
        "peak bytes": memory.get("peak_bytes_in_use"),
    }


if __name__ == "__main__":
    on_gpu = jax.default_backend() == "gpu"
    arguments = [int(word) for word in sys.argv[1:]] or ([256, 1000] if on_gpu else [64, 100])
    found = main(*arguments)
    print(json.dumps(found, indent=1))
    if on_gpu:
        assert found["whole grid faster by"] >= LEAST_RATIO, f"at least {LEAST_RATIO:g} x is wanted"
