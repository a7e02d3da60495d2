"""A grid of training runs: the library's sweep against loops of single steps, in JAX and in PyTorch.

The papers' codes loop over output scales and rates, and in each run over batches with ``loss.item()`` after
each one. The peers here do the same with a jitted step and with eager PyTorch, on the same weights, batches
and rates. One thread, the methods alternated, medians of CPU time, compiled beforehand.

Asserts equal loss curves; that the sweep takes at most 1/2 of the jitted loop's time at width 64, 1/5 at
width 32, and 1/1.7 of PyTorch's where it is installed; that 315 runs of 600 steps take at most 40 s,
compilation included; and that a run is the same alone and in a chunk. Curves are equal where the relative
difference, averaged over the steps of a run, is below 1e-5 in every run: once in some 50 000 steps rounding
puts an example on the other side of a ReLU's kink, and that one loss moves by 5e-5.

Run: ``python benchmarks/training.py``.
"""

import os

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import itertools  # noqa: E402
import statistics  # noqa: E402
import time  # noqa: E402

import jax  # noqa: E402
import numpy as np  # noqa: E402

from renorm.nets import MLP, Recipe, State, data, numerics, sweep, train  # noqa: E402
from renorm.nets.sharpness import sharpness  # noqa: E402

try:
    import torch
except ImportError:
    torch = None

ROUNDS, TOLERANCE = 3, 1e-5
GAMMAS = np.geomspace(0.1, 10, 4)


def network(width):
    return MLP(inputs=64, width=width, depth=3, outputs=10)


def stable_rates(width, batches, runs):
    """Rates up to a quarter of the edge of stability, 2 / sharpness at the start, of the smallest gamma."""
    net = network(width)
    start = net.init(numerics.named_key(0, "weights"))
    first = tuple(array[0] for array in batches)
    edge = 2 / float(sharpness(net, State(start, start, GAMMAS[0]), first)[0])
    return np.geomspace(edge / 40, edge / 4, runs // len(GAMMAS))


def by_sweep(width, batches, rates, gammas=GAMMAS, **options):
    found = sweep(network, lambda seed: batches, widths=[width], gammas=gammas, rates=rates, **options)
    return found.loss.values[0, :, :, 0].reshape(-1, found.sizes["step"])


def by_jitted_step(width, batches, rates):
    net, recipe = network(width), Recipe()
    start = net.init(numerics.named_key(0, "weights"))
    layers = net.rates()

    @jax.jit
    def step(params, inputs, targets, gamma, rate):
        value, slope = jax.value_and_grad(
            lambda p: train.loss(net, recipe, State(p, start, gamma), (inputs, targets))
        )(params)
        return {name: w - rate * layers[name] * slope[name] for name, w in params.items()}, value

    def one(gamma, rate):
        params, losses = start, []
        for inputs, targets in zip(*pieces, strict=True):
            params, value = step(params, inputs, targets, gamma, rate)
            losses.append(float(value))
        return losses

    pieces = [list(array) for array in batches]
    step(start, pieces[0][0], pieces[1][0], 1.0, 1.0)
    return lambda: np.array([one(gamma, rate) for gamma, rate in itertools.product(GAMMAS, rates)])


def by_torch(width, batches, rates):
    torch.set_num_threads(1)
    net = network(width)
    drawn = net.init(numerics.named_key(0, "weights"))
    start = [torch.tensor(np.array(drawn[name])) for name in net.layers]
    scales = [net.parametrization.multiplier(layer) for layer in net.layers.values()]
    layers = list(net.rates().values())
    pieces = [torch.tensor(np.array(array)) for array in batches]

    def raw(weights, inputs):
        for weight, scale in zip(weights[:-1], scales[:-1], strict=True):
            inputs = torch.relu(scale * (inputs @ weight))
        return scales[-1] * (inputs @ weights[-1])

    def one(gamma, rate):
        weights = [weight.clone().requires_grad_() for weight in start]
        groups = [{"params": [w], "lr": rate * lr} for w, lr in zip(weights, layers, strict=True)]
        optimizer, losses = torch.optim.SGD(groups), []
        for inputs, targets in zip(*pieces, strict=True):
            with torch.no_grad():
                centre = raw(start, inputs)
            outputs = (raw(weights, inputs) - centre) / gamma
            loss = 0.5 * ((outputs - targets) ** 2).sum(-1).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return lambda: np.array([one(gamma, rate) for gamma, rate in itertools.product(GAMMAS, rates)])


def difference(losses, reference):
    """The largest over runs of the relative difference of two loss curves, averaged over steps."""
    return np.abs(losses / reference - 1).mean(axis=-1).max()


def seconds(function):
    start = time.process_time()
    result = function()
    return time.process_time() - start, result


def compare(width, runs, steps, least):
    """Race the peers named in ``least`` at equal losses."""
    batches = jax.block_until_ready(data.digits(0, steps=steps, batch=width))
    rates = stable_rates(width, batches, runs)
    methods = {"sweep": lambda: by_sweep(width, batches, rates)}
    peers = {"jitted steps": by_jitted_step, "eager PyTorch": by_torch}
    methods |= {name: peers[name](width, batches, rates) for name in least}
    reference = methods["sweep"]()
    times = {name: [] for name in methods}
    for _ in range(ROUNDS):
        for name, method in methods.items():
            taken, losses = seconds(method)
            times[name].append(taken)
            error = difference(losses, reference)
            assert error <= TOLERANCE, f"{name}: losses differ by {error:.1e}, allowed {TOLERANCE:.0e}"
    median = {name: statistics.median(values) for name, values in times.items()}
    print(f"N={width}: {runs} runs of {steps} steps in {median['sweep']:.2f} s of CPU time")
    for name, wanted in least.items():
        ratio = median[name] / median["sweep"]
        print(f"  {name}: {ratio:.1f} x (at least {wanted})")
        assert ratio >= wanted, f"{ratio:.2f} x faster than {name}, at least {wanted} wanted"


def whole_grid(limit=40.0):
    """315 runs of the gamma landscape's size, compilation and data included."""

    def grid():
        batches = data.digits(0, steps=600, batch=64)
        gammas = np.geomspace(1e-2, 1e4, 15)
        rates = np.geomspace(1e-3, 1e2, 21) * np.where(gammas < 1, gammas**2, gammas ** (2 / 3))[:, None]
        return by_sweep(64, batches, rates, gammas=gammas)

    jax.clear_caches()
    began = time.perf_counter()
    taken, losses = seconds(grid)
    wall = time.perf_counter() - began
    print(f"{len(losses)} runs of {losses.shape[1]} steps: {taken:.1f} s of CPU time, {wall:.1f} s")
    assert taken <= limit, f"{taken:.1f} s, at most {limit:g} wanted"


def chunks(width=64, runs=16, steps=100):
    """A run alone and in chunks: the same curve where rounding is not amplified."""
    batches = data.digits(0, steps=steps, batch=64)
    rates = stable_rates(width, batches, runs)
    alone = by_sweep(width, batches, rates, chunk=1)
    worst = max(difference(by_sweep(width, batches, rates, chunk=size), alone) for size in (2, 4, 5, runs))
    print(f"chunks of 2, 4, 5 and {runs} against single runs: {worst:.1e}")
    assert worst <= TOLERANCE, f"a chunk changes losses by {worst:.1e}, allowed {TOLERANCE:.0e}"


if __name__ == "__main__":
    chunks()
    if torch is None:
        print("PyTorch is not installed: that comparison is left out")
    compare(32, 256, 200, {"jitted steps": 5.0})
    compare(64, 128, 100, {"jitted steps": 2.0} | ({"eager PyTorch": 1.7} if torch else {}))
    whole_grid()
