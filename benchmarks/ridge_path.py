"""200 ridge penalties: one eigendecomposition against a Cholesky solve of the smaller side for each penalty.

One thread, the two methods alternated, medians of CPU time. Asserts that the library agrees with an SVD to
1e-11 and that it takes at most an eighth of the time of the loop. Run: ``python benchmarks/ridge_path.py``.
"""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import statistics  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
from scipy.linalg import cho_factor, cho_solve  # noqa: E402

from renorm.simulate import ridge  # noqa: E402

ROUNDS, LEAST_RATIO, TOLERANCE = 5, 8.0, 1e-11
PENALTIES = np.geomspace(1e-4, 1e2, 200)


def cholesky_loop(inputs, labels):
    samples, dimension = inputs.shape
    wide = samples < dimension
    gram = (inputs @ inputs.T if wide else inputs.T @ inputs) / samples
    right = (labels if wide else inputs.T @ labels) / samples
    identity = np.eye(len(gram))
    solutions = [
        cho_solve(cho_factor(gram + penalty * identity, overwrite_a=True, check_finite=False), right)
        for penalty in PENALTIES
    ]
    return np.array(solutions) @ inputs if wide else np.array(solutions)


def one_svd(inputs, labels):
    left, singular, right = np.linalg.svd(inputs, full_matrices=False)
    shrink = singular / (singular**2 + len(inputs) * PENALTIES[:, None])
    return (shrink * (left.T @ labels)) @ right


def seconds(function, *arguments):
    start = time.process_time()
    result = function(*arguments)
    return time.process_time() - start, result


def compare(samples, dimension, seed=0):
    rng = np.random.default_rng(seed)
    inputs, labels = rng.normal(size=(samples, dimension)), rng.normal(size=samples)
    exact = one_svd(inputs, labels)
    times = {"library": [], "cholesky": []}
    for _ in range(ROUNDS):
        taken, weights = seconds(lambda: ridge.path(inputs, labels, ridge=PENALTIES))
        times["library"].append(taken)
        times["cholesky"].append(seconds(cholesky_loop, inputs, labels)[0])
    error = np.max(np.linalg.norm(weights - exact, axis=1) / np.linalg.norm(exact, axis=1))
    median = {name: statistics.median(values) for name, values in times.items()}
    ratio = median["cholesky"] / median["library"]
    print(f"P={samples} D={dimension}: {median['library']:.4f} s, {ratio:.1f} x faster, error {error:.1e}")
    assert error <= TOLERANCE, f"error {error:.1e} against the SVD, allowed {TOLERANCE:.0e}"
    assert ratio >= LEAST_RATIO, f"{ratio:.1f} x faster than the loop, at least {LEAST_RATIO} wanted"


if __name__ == "__main__":
    compare(300, 600)
    compare(600, 300)
