"""Data without a download: endless deformed digits, photographs, spheres, power laws and Python source.

Every generator draws all batches of a run at once, with NumPy and before training: random numbers drawn
inside a compiled training loop cost as much as the network. A longer stream begins with the shorter one. It
returns :class:`Batches`; training takes batch ``t % number`` at step t, so a stream of fresh batches is
online learning, a single batch is full-batch descent, and anything between is epochs.
"""

import sysconfig
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int, Num
from numpy.typing import ArrayLike

from renorm.nets._deform import deform
from renorm.nets.numerics import crc


class Batches(NamedTuple):
    """Batches in the order of training.

    Attributes:
        inputs: (number, batch, ...).
        targets: (number, batch, outputs) for the squared loss, integers (number, batch, ...) for
            cross-entropy.
    """

    inputs: Array
    targets: Array


def fixed(inputs: ArrayLike, targets: ArrayLike) -> Batches:
    """One batch that is used at every step: full-batch descent.

    Args:
        inputs: (P, ...).
        targets: (P, outputs) or integers (P,).

    Example:
        >>> fixed(np.ones((7, 3)), np.ones((7, 1))).inputs.shape
        (1, 7, 3)
    """
    return Batches(jnp.asarray(inputs)[None], jnp.asarray(targets)[None])


def epochs(inputs: ArrayLike, targets: ArrayLike, *, batch: int, number: int = 1, seed: int = 0) -> Batches:
    """Minibatches of a finite data set, reshuffled every epoch; an incomplete last batch is dropped.

    Args:
        inputs: (P, ...).
        targets: (P, ...).
        batch: examples a batch, at most P.
        number: of epochs.
        seed: of the shuffles.

    Raises:
        ValueError: a batch larger than the data set.
    """
    size = len(np.asarray(targets))
    if batch > size:
        raise ValueError(f"batch={batch} exceeds the {size} examples; use data.fixed for full batches")
    rng = _rng(seed, "epochs")
    order = np.concatenate([rng.permutation(size)[: size // batch * batch] for _ in range(number)])
    return _batches(*(np.asarray(x)[order.reshape(-1, batch)] for x in (inputs, targets)))


def encode(labels: Int[np.ndarray, "*shape"], classes: int, targets: str) -> Num[np.ndarray, "..."]:
    """Class labels as one-hot vectors, as integers, or as one number -1 or +1 for two classes.

    Raises:
        ValueError: ``"sign"`` for other than two classes, or an unknown encoding.

    Example:
        >>> encode(np.array([0, 1]), 2, "sign").tolist()
        [[-1.0], [1.0]]
    """
    if targets == "label":
        return labels
    if targets == "onehot":
        return np.eye(classes)[labels]
    if targets == "sign" and classes == 2:
        return 2.0 * labels[..., None] - 1
    raise ValueError(
        f"targets={targets!r} with {classes} classes; choose 'onehot', 'label', or 'sign' for two classes"
    )


def _rng(seed, name, index=0):
    """The generator of one purpose, named as keys are; the same numbers on every device."""
    return np.random.default_rng([seed, crc(name), index])


def _batches(inputs, targets, flat=None):
    """Arrays on the device, in float32 and int32; images as vectors or with a channel axis."""
    if flat is not None:
        inputs = inputs.reshape(*inputs.shape[:2], -1) if flat else inputs[..., None]

    def device(array):
        return jnp.asarray(array, jnp.float32 if np.issubdtype(array.dtype, np.floating) else jnp.int32)

    return Batches(device(inputs), device(targets))


def digits(
    seed: int,
    *,
    steps: int,
    batch: int = 64,
    split: Literal["train", "test"] = "train",
    classes: tuple[int, ...] = tuple(range(10)),
    targets: str = "onehot",
    size: int = 8,
    strength: float = 1.0,
    flat: bool = True,
) -> Batches:
    """An endless stream of randomly deformed scikit-learn digits, the stand-in for MNIST-1M.

    Every fifth of the 1797 scanned digits belongs to the test split, the rest to training. Pixels have about
    zero mean and unit variance over the stream.

    Args:
        seed: of the stream; the splits and names keep their streams apart.
        steps: number of batches.
        batch: examples a batch.
        split: which scans are deformed.
        classes: which digits; labels count within this tuple.
        targets: see :func:`encode`.
        size: pixels a side; digits are resampled at any resolution.
        strength: of the deformations; 0 draws the scans themselves.
        flat: vectors (size * size,) for an MLP, else images (size, size, 1).

    Example:
        >>> stream = digits(0, steps=3, batch=4)
        >>> stream.inputs.shape, stream.targets.shape
        ((3, 4, 64), (3, 4, 10))
    """
    from sklearn.datasets import load_digits

    source = load_digits()
    kept = np.isin(source.target, classes) & ((np.arange(len(source.target)) % 5 == 0) == (split == "test"))
    images = (source.images[kept] / 16).astype(np.float32)
    labels = np.array([classes.index(digit) for digit in source.target[kept]])
    picked = _rng(seed, f"digits/{split}").integers(len(labels), size=(steps, batch))
    drawn = [
        deform(_rng(seed, f"digits/{split}/deform", t), images[row], size, strength)
        for t, row in enumerate(picked)
    ]
    return _batches((np.stack(drawn) - 0.289) / 0.321, encode(labels[picked], len(classes), targets), flat)


def patches(
    seed: int, *, steps: int, batch: int = 64, size: int = 8, targets: str = "sign", flat: bool = True
) -> Batches:
    """Grey patches of scikit-learn's two photographs, a temple and a flower: natural image statistics.

    Args:
        seed: of the crops.
        steps: number of batches.
        batch: patches a batch.
        size: pixels a side.
        targets: which photograph the patch is from, see :func:`encode`.
        flat: vectors, else images (size, size, 1).

    Example:
        >>> patches(0, steps=2, batch=4).inputs.shape
        (2, 4, 64)
    """
    from sklearn.datasets import load_sample_images

    photographs = np.stack([image.mean(-1) for image in load_sample_images().images]) / 255
    photographs = (photographs - photographs.mean()) / photographs.std()
    windows = np.lib.stride_tricks.sliding_window_view(photographs, (size, size), axis=(1, 2))
    index = [
        _rng(seed, f"patches/{axis}").integers(extent, size=(steps, batch))
        for axis, extent in enumerate(windows.shape[:3])
    ]
    return _batches(windows[tuple(index)], encode(index[0], 2, targets), flat)


def gegenbauer(seed: int, *, steps: int, batch: int, dimension: int, degree: int) -> Batches:
    r"""Points on the sphere of radius :math:`\sqrt D`, target :math:`Q_k(\beta\cdot x/D)` of unit variance.

    :math:`Q_k` is the Gegenbauer polynomial of degree k of the sphere in D dimensions, one level of every
    rotation-invariant kernel; :math:`\beta` is drawn from ``seed`` alone, so other ``steps`` keep the task.

    Args:
        seed: of the points and of the direction.
        steps: number of batches.
        batch: points a batch.
        dimension: D, at least 3.
        degree: k.

    Raises:
        ValueError: a dimension below 3.

    Example:
        >>> gegenbauer(0, steps=1, batch=5, dimension=10, degree=2).targets.shape
        (1, 5, 1)

    Source: the targets of arXiv 2212.12147.
    """
    if dimension < 3:
        raise ValueError(f"dimension={dimension} must be at least 3 for Gegenbauer polynomials")
    from scipy.special import eval_gegenbauer
    from scipy.special import gegenbauer as polynomial

    order = dimension / 2 - 1
    direction = _rng(seed, "gegenbauer/direction").standard_normal(dimension)
    points = _rng(seed, "gegenbauer").standard_normal((steps, batch, dimension))
    points *= np.sqrt(dimension) / np.linalg.norm(points, axis=-1, keepdims=True)
    values = eval_gegenbauer(
        degree, order, points @ direction / np.linalg.norm(direction) / np.sqrt(dimension)
    )
    # E Q^2 = (order / (degree + order)) Q(1), the addition theorem.
    values /= np.sqrt(order / (degree + order) * polynomial(degree, order)(1.0))
    return _batches(points, values[..., None])


def power_law(
    seed: int, *, steps: int, batch: int, dimension: int, capacity: float, source: float, noise: float = 0.0
) -> Batches:
    r"""Gaussian inputs with a power-law spectrum, and a linear teacher whose power decays as one.

    Variances are :math:`\lambda_k=k^{-\alpha}`, the teacher's :math:`\lambda_kw_k^2=k^{-(2\alpha r+1)}`.

    Args:
        seed: of the inputs and the label noise; the teacher has no randomness.
        steps: number of batches.
        batch: examples a batch.
        dimension: D.
        capacity: alpha.
        source: r.
        noise: variance of the label noise.

    Example:
        >>> power_law(0, steps=2, batch=3, dimension=50, capacity=1.5, source=0.4).targets.shape
        (2, 3, 1)
    """
    index = np.arange(1.0, dimension + 1)
    white = _rng(seed, "power_law").standard_normal((steps, batch, dimension))
    errors = np.sqrt(noise) * _rng(seed, "power_law/noise").standard_normal((steps, batch, 1))
    labels = white @ index[:, None] ** (-(capacity * source + 0.5)) + errors
    return _batches(white * index ** (-capacity / 2), labels)


def python_bytes(
    seed: int,
    *,
    steps: int,
    batch: int = 16,
    context: int = 64,
    split: Literal["train", "test"] = "train",
    package: str | None = None,
) -> Batches:
    """Windows of Python source as bytes; the target of each byte is the next.

    The last tenth of the text is the test split.

    Args:
        seed: of the windows.
        steps: number of batches.
        batch: windows a batch.
        context: bytes a window.
        split: part of the text.
        package: an installed package whose source is read; the same text wherever its version is the same. By
            default the standard library of the running Python, which differs between minor versions.

    Raises:
        ValueError: a package that is not installed.

    Example:
        >>> python_bytes(0, steps=1, batch=2, context=8).inputs.shape
        (1, 2, 8)
    """
    text = np.frombuffer(b"".join(path.read_bytes() for path in _sources(package)), np.uint8)
    cut = len(text) * 9 // 10
    text = text[:cut] if split == "train" else text[cut:]
    begin = _rng(seed, f"python_bytes/{split}").integers(len(text) - context, size=(steps, batch, 1))
    windows = text[begin + np.arange(context + 1)].astype(np.int32)
    return _batches(windows[..., :-1], windows[..., 1:])


def _sources(package):
    """The files of a package, or those at the top of the standard library, in the order of their names."""
    if package is None:
        return sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"package={package!r} is no installed package; name one, such as 'xarray'")
    return sorted(Path(spec.submodule_search_locations[0]).rglob("*.py"))
