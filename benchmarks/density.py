"""Spectral densities on a given grid, against freealg at a distance 1e-6 from the real axis.

One thread, the two alternated, medians of CPU time. Asserts errors below 1e-10 against the closed form
(Marchenko and Pastur) and the roots of the exact cubic (two atoms), and that the library is 30 times faster.
freealg is no dependency of the project: install it into an environment of its own, beside this library.
Run: ``python benchmarks/density.py``.
"""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import statistics  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402

import numpy as np  # noqa: E402

from renorm.theory import Spectrum, density  # noqa: E402

try:
    from freealg.distributions import DeformedMarchenkoPastur
except ImportError:
    sys.exit("this benchmark compares with freealg: run `pip install freealg` in an environment of its own")

ROUNDS, LEAST_RATIO, TOLERANCE = 5, 30.0, 1e-10
RATIO = 0.5  # dimension over samples
GRID = np.linspace(0.01, 10, 1000)


def closed_form(x):
    low, high = (1 - RATIO**0.5) ** 2, (1 + RATIO**0.5) ** 2
    return np.sqrt(np.maximum((high - x) * (x - low), 0)) / (2 * np.pi * RATIO * x)


def cubic(x):
    """Levels 1 and 4, one half each: k (1 - ratio tr Sigma / (Sigma - k)) = x as a cubic in k."""
    product, moment = np.poly([1.0, 4.0]), np.array([-2.5, 4.0])
    values = []
    for point in x:
        polynomial = np.polysub(np.append(np.polysub(product, RATIO * moment), 0), point * product)
        k = max(np.roots(polynomial), key=lambda root: root.imag)
        values.append((1 / k.conjugate()).imag / (np.pi * RATIO) if k.imag > 1e-7 else 0.0)
    return np.array(values)


def seconds(function):
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def compare(name, levels, exact):
    weights = np.full(len(levels), 1 / len(levels))
    spectrum = Spectrum(levels, multiplicity=1000 * weights)
    contenders = {
        "library": lambda: density.wishart(spectrum, 1000 / RATIO, GRID).density,
        "freealg": lambda: DeformedMarchenkoPastur(levels, weights, c=RATIO).density(GRID, eta=1e-6),
    }
    times, results = {key: [] for key in contenders}, {}
    for _ in range(ROUNDS):
        for key, function in contenders.items():
            taken, results[key] = seconds(function)
            times[key].append(taken)
    error = {key: np.abs(result - exact(GRID)).max() for key, result in results.items()}
    median = {key: statistics.median(values) for key, values in times.items()}
    ratio = median["freealg"] / median["library"]
    print(
        f"{name}: library {1e3 * median['library']:.2f} ms, error {error['library']:.0e}; "
        f"freealg {1e3 * median['freealg']:.0f} ms, error {error['freealg']:.0e}; ratio {ratio:.0f}"
    )
    assert error["library"] < TOLERANCE, f"{name}: error {error['library']}"
    assert ratio >= LEAST_RATIO, f"{name}: only {ratio:.1f} times faster"


if __name__ == "__main__":
    compare("Marchenko-Pastur", [1.0], closed_form)
    compare("two atoms", [1.0, 4.0], cubic)
