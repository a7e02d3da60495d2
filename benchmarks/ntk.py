"""The tangent kernel of an MLP, width 512, 512 examples: layer by layer against weight array by weight array.

The peer forms the Jacobian of each weight array and its Gram matrix. One thread, the two alternated, medians
of CPU time, compiled beforehand. Asserts that they agree to 1e-5 of the largest entry, that the library takes
at most 1/25 of the time, and that XLA plans at most 32 MiB of temporary memory for it.

Run: ``python benchmarks/ntk.py``.
"""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import statistics  # noqa: E402
import time  # noqa: E402

import jax  # noqa: E402
import numpy as np  # noqa: E402

from renorm.nets import MLP, kernels, numerics  # noqa: E402

ROUNDS, TOLERANCE, LEAST_RATIO, MOST_MEBIBYTES = 3, 1e-5, 25.0, 32.0


@jax.jit
def leafwise(params, inputs):
    rates, total = NETWORK.rates(), 0.0
    for name in params:
        slope = jax.grad(lambda weight, x, name=name: NETWORK.apply({**params, name: weight}, x[None])[0, 0])
        jacobian = jax.vmap(slope, (None, 0))(params[name], inputs).reshape(len(inputs), -1)
        total = total + rates[name] * jacobian @ jacobian.T
    return total


@jax.jit
def layered(params, inputs):
    return kernels.ntk(NETWORK, params, inputs)[0, 0]


def seconds(function, *arguments):
    start = time.process_time()
    result = jax.block_until_ready(function(*arguments))
    return time.process_time() - start, np.array(result)


if __name__ == "__main__":
    NETWORK = MLP(inputs=64, width=512, depth=3)
    params = NETWORK.init(numerics.named_key(0, "weights"))
    inputs = jax.random.normal(numerics.named_key(0, "inputs"), (512, 64))
    plan = layered.lower(params, inputs).compile().memory_analysis()
    mebibytes = plan.temp_size_in_bytes / 2**20
    times = {layered: [], leafwise: []}
    results = {method: seconds(method, params, inputs)[1] for method in times}
    for _ in range(ROUNDS):
        for method in times:
            times[method].append(seconds(method, params, inputs)[0])
    error = np.abs(results[layered] - results[leafwise]).max() / results[leafwise].max()
    ours, peer = (statistics.median(times[method]) for method in (layered, leafwise))
    print(f"{ours:.4f} s, {peer / ours:.0f} x faster, {mebibytes:.1f} MiB, error {error:.1e}")
    assert error <= TOLERANCE, f"error {error:.1e}, allowed {TOLERANCE:.0e}"
    assert peer / ours >= LEAST_RATIO, f"{peer / ours:.1f} x faster, at least {LEAST_RATIO} wanted"
    assert mebibytes <= MOST_MEBIBYTES, f"{mebibytes:.1f} MiB of temporaries, at most {MOST_MEBIBYTES}"
