"""Why eigendecompositions and ridge solves stay in float64 on the CPU: accuracy and time, as JSON.

Accuracy: the excess risk of ridge regression from one eigendecomposition of a sampled Gram matrix, by the
library in float64 and by JAX in float32 on its default device with full products. The reference is least
squares on the design itself, which never forms the Gram matrix. The covariance's largest eigenvalue is 1.

Asserted, from an estimate made before the first run: with a rounding of eps a solution is exact for a Gram
matrix that is off by c eps, c of 1 to 30 here. That moves predictions by c eps times the target's norm, 1,
and the excess risk R by at most 2 q + q^2 of itself, q = c eps / sqrt(R); by q^2 where the two errors are not
aligned. sqrt(R) is 1 to 3 times kappa, the renormalised ridge, and kappa is no less than the ridge.

- From a ridge of 1e-3 on, float32 keeps 1 %: 2 q <= 0.007 with c = 30.
- At capacity 3 it has lost 1 % at every ridge up to its eps, 1.2e-7: kappa is 2e-7 there, q^2 above 0.01 with
  c = 1. In between it is measured only, as at lower capacities, whose many small eigenvalues act as a ridge
  (kappa >= 2e-4 at capacity 1.5).
- float64 keeps 1e-5: 2 q <= 5e-7 with c = 30 at the least kappa, 1e-8; the reference has rounding of its own.

Time: medians for ``eigh`` of a Gram matrix, compiled beforehand, one thread on the CPU. Nothing is asserted.
Run: ``python benchmarks/spectra.py``.
"""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import json  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
from scipy.linalg import lstsq, qr  # noqa: E402

from renorm.nets.grid import provenance  # noqa: E402
from renorm.simulate import ridge  # noqa: E402
from renorm.simulate.sample import design  # noqa: E402
from renorm.theory import Spectrum  # noqa: E402

ROUNDS, LOSS, TOLERANCE = 5, 1e-2, 1e-5
KEPT, LOST = 1e-3, float(np.finfo(np.float32).eps)
RIDGES = np.geomspace(1e-12, 1, 25)
CAPACITIES, STEEP = (1.5, 2.0, 3.0), 3.0


def by_least_squares(inputs, labels):
    """Weights in the span of the samples: the triangular factor of the design, the ridge as further rows."""
    samples = len(inputs)
    basis, triangle = qr(inputs.T, mode="economic")
    right = np.append(labels, np.zeros(samples))
    systems = [np.vstack([triangle.T, np.sqrt(samples * one) * np.eye(samples)]) for one in RIDGES]
    return np.array([basis @ lstsq(system, right, lapack_driver="gelsy")[0] for system in systems])


@jax.jit
def in_single(inputs, labels, ridges):
    """The library's formula; eigenvalues that rounding has made negative count as zero."""
    levels, vectors = jnp.linalg.eigh(inputs @ inputs.T / len(inputs))
    inverse = 1 / (jnp.maximum(levels, 0) + ridges[:, None])
    return (inverse * (vectors.T @ labels / len(inputs))) @ vectors.T @ inputs


def accuracy(capacity, samples=512, modes=2048):
    """Relative errors of the excess risk at each ridge; asserts what the head of this file says."""
    spectrum = Spectrum.power_law(modes, capacity=capacity, source=1.0)
    inputs = design(spectrum, samples, np.random.default_rng(0))
    labels = inputs @ spectrum.target
    single = [jnp.asarray(array, jnp.float32) for array in (inputs, labels, RIDGES)]
    with jax.default_matmul_precision("highest"):
        found = [np.asarray(in_single(*single), float), ridge.path(inputs, labels, ridge=RIDGES)]
    found = np.array([*found, by_least_squares(inputs, labels)])
    risk = (found - spectrum.target) ** 2 @ spectrum.eigenvalues
    error32, error64 = np.abs(risk[:2] / risk[2] - 1)
    kept = error32 < LOSS
    assert error64.max() < TOLERANCE, f"float64 is off by {error64.max():.1e} at capacity {capacity}"
    assert kept[RIDGES >= KEPT].all(), f"float32 loses 1 % above {KEPT:g} at capacity {capacity}"
    if capacity == STEEP:
        assert not kept[RIDGES <= LOST].any(), f"float32 keeps 1 % below {LOST:.1e}: the estimate is wrong"
    decades = zip(RIDGES[::2], error32[::2], strict=True)
    return {
        "largest ridge where float32 loses 1 %": float(RIDGES[~kept].max()) if not kept.all() else None,
        "largest error of float64": float(error64.max()),
        "error of float32": {f"{at:.0e}": float(f"{off:.1e}") for at, off in decades},
    }


def seconds(function, matrix):
    """The median of several times, after a call that compiles."""
    jax.block_until_ready(function(matrix))
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        jax.block_until_ready(function(matrix))
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def times(size):
    """Seconds of one ``eigh`` of a Gram matrix of this size."""
    inputs = design(Spectrum.power_law(4 * size, capacity=1.5), size, np.random.default_rng(0))
    gram = inputs @ inputs.T / size
    found = {"CPU float64": seconds(np.linalg.eigh, gram)}
    for kind in ("float32", "float64"):
        with jax.enable_x64(kind == "float64"):
            found[f"device {kind}"] = seconds(jax.jit(jnp.linalg.eigh), jnp.asarray(gram, kind))
    ratios = {f"{name} over CPU": found[name] / found["CPU float64"] for name in list(found)[1:]}
    return found | ratios


if __name__ == "__main__":
    risks = {f"capacity {capacity:g}": accuracy(capacity) for capacity in CAPACITIES}
    speed = {f"size {size}": times(size) for size in (256, 512, 1024)}
    print(json.dumps(provenance() | {"excess risk": risks, "seconds of eigh": speed}, indent=1))
