"""The renormalised ridge on a grid of ridges and samples, against a loop of scipy's brentq.

One thread, the two methods alternated, medians of CPU time; the loop is timed on a random part of the grid
and scaled up. Asserts that the library agrees with Newton's method on all modes to 1e-12, and the ratios.
The spectrum is handed over as a list, so the library does not know that it is a power law.
Run: ``python benchmarks/kappa.py``.
"""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import statistics  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402
from scipy.optimize import brentq  # noqa: E402

from renorm.theory import Spectrum, renormalize  # noqa: E402

ROUNDS, SOLVES, TOLERANCE = 5, 400, 1e-12
LEAST_RATIO = {1_000: 60.0, 10_000: 80.0}  # by number of modes
RIDGES = np.logspace(-8, 0, 200)


def brentq_loop(levels, ridges, samples):
    roots = []
    for ridge, count in zip(ridges, samples, strict=True):

        def excess(kappa, ridge=ridge, count=count):
            return kappa - ridge - kappa / count * np.sum(levels / (levels + kappa))

        roots.append(brentq(excess, ridge, ridge + levels.sum() / count, xtol=1e-300, rtol=1e-14))
    return np.array(roots)


def newton(levels, ridge, count):
    """Scalar Newton from above on all modes, the reference for the accuracy."""
    kappa = ridge + levels.sum() / count
    for _ in range(200):
        share = levels / (levels + kappa)
        kappa -= (kappa * (1 - share.sum() / count) - ridge) / (1 - (share**2).sum() / count)
    return kappa


def seconds(function, *arguments, **options):
    start = time.process_time()
    result = function(*arguments, **options)
    return time.process_time() - start, result


def compare(modes):
    rng = np.random.default_rng(0)
    levels = np.arange(1.0, modes + 1) ** -1.5
    samples = np.unique(np.round(np.geomspace(10, 4 * modes, 200)).astype(int))
    spectrum, ridges = Spectrum(levels), RIDGES[:, None]
    row, column = rng.integers(RIDGES.size, size=SOLVES), rng.integers(samples.size, size=SOLVES)
    times = {"library": [], "brentq": []}
    for _ in range(ROUNDS):
        taken, grid = seconds(renormalize.kappa, spectrum, samples, ridge=ridges)
        times["library"].append(taken)
        taken, _ = seconds(brentq_loop, levels, RIDGES[row], samples[column])
        times["brentq"].append(taken / SOLVES * grid.size)
    exact = np.array(
        [newton(levels, RIDGES[i], samples[j]) for i, j in zip(row[:60], column[:60], strict=True)]
    )
    error = np.abs(grid[row[:60], column[:60]] / exact - 1).max()
    median = {name: statistics.median(values) for name, values in times.items()}
    ratio = median["brentq"] / median["library"]
    print(
        f"{modes:6d} modes, {grid.shape[0]} x {grid.shape[1]}: library {1e3 * median['library']:.1f} ms, "
        f"brentq {median['brentq']:.2f} s, ratio {ratio:.0f}, largest error {error:.1e}"
    )
    assert error < TOLERANCE, f"error {error} with {modes} modes"
    assert ratio >= LEAST_RATIO[modes], f"only {ratio:.1f} times faster with {modes} modes"


if __name__ == "__main__":
    for modes in LEAST_RATIO:
        compare(modes)
