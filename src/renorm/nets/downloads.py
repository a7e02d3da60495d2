"""CIFAR-10 and CIFAR-5M for readers who are online: fetched once, checksummed, cached."""

import tarfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
CIFAR10_SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
CIFAR5M_URL = "https://storage.googleapis.com/gresearch/cifar5m/part{part}.npz"
CIFAR5M_PARTS = 6


class Images(NamedTuple):
    """Images as float32 with about zero mean and unit variance, and their labels.

    Attributes:
        inputs: (number, 32, 32, 3).
        labels: (number,), 0 ... 9.
    """

    inputs: Float[np.ndarray, "n 32 32 3"]
    labels: Int[np.ndarray, " n"]


def _images(pixels, labels):
    return Images((pixels.astype(np.float32) / 255 - 0.47) / 0.25, labels.astype(np.int32))


def read_cifar10(archive: Path, *, split: str = "train") -> Images:
    """Read CIFAR-10's binary archive: records of one label byte and 3072 pixel bytes, channel by channel.

    Args:
        archive: ``cifar-10-binary.tar.gz``.
        split: ``"train"`` (files ``data_batch_*.bin``) or ``"test"`` (``test_batch.bin``).

    Raises:
        ValueError: no file of that split in the archive, or a file that is not whole records.
    """
    stem = {"train": "data_batch", "test": "test_batch"}[split]
    with tarfile.open(archive) as tar:
        members = sorted(
            (m for m in tar.getmembers() if Path(m.name).name.startswith(stem)), key=lambda m: m.name
        )
        content = b"".join(tar.extractfile(member).read() for member in members)
    if not content or len(content) % 3073:
        raise ValueError(
            f"archive={str(archive)!r} holds no whole {stem} records of 3073 bytes; fetch it again"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, 3073)
    return _images(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0])


def read_cifar5m(file: Path) -> Images:
    """Read one part of CIFAR-5M: an ``npz`` with uint8 images ``X`` and integer labels ``Y``.

    Raises:
        ValueError: a file without these arrays.
    """
    with np.load(file, allow_pickle=False) as part:
        if not {"X", "Y"} <= set(part.files):
            raise ValueError(f"file={str(file)!r} holds {part.files}; a part of CIFAR-5M holds X and Y")
        return _images(part["X"], part["Y"])


def cifar10(*, split: str = "train", folder: Path | None = None) -> Images:
    """CIFAR-10 (Krizhevsky 2009), 170 MB on the first call; its SHA-256 is checked on every call.

    Args:
        split: ``"train"`` or ``"test"``.
        folder: the cache; by default the user's.

    Raises:
        FileNotFoundError: not in the cache and not to be had, with what to do.
    """
    return read_cifar10(_fetch(CIFAR10_URL, CIFAR10_SHA256, folder), split=split)


def cifar5m(part: int = 0, *, folder: Path | None = None) -> Images:
    """One of the six parts of CIFAR-5M (Nakkiran et al. 2021), about a million images and 3 GB each.

    Its authors publish no checksum: the first download's is written beside the file and checked on every
    later call.

    Args:
        part: 0 ... 5.
        folder: the cache; by default the user's.

    Raises:
        ValueError: no such part, or a file that changed since it was fetched.
        FileNotFoundError: not in the cache and not to be had, with what to do.
    """
    if part not in range(CIFAR5M_PARTS):
        raise ValueError(f"part={part} does not exist; CIFAR-5M has parts 0 to {CIFAR5M_PARTS - 1}")
    import pooch

    folder = Path(folder or pooch.os_cache("renorm"))
    url = CIFAR5M_URL.format(part=part)
    record = folder / f"{Path(url).name}.sha256"
    file = _fetch(url, record.read_text().strip() if record.exists() else None, folder)
    if not record.exists():
        record.write_text(pooch.file_hash(str(file)))
    return read_cifar5m(file)


def _fetch(url, sha256, folder):
    """The cached file, downloaded if it is missing or damaged."""
    import pooch

    folder = Path(folder or pooch.os_cache("renorm"))
    name = url.rsplit("/", 1)[1]
    try:
        return Path(pooch.retrieve(url, known_hash=sha256, fname=name, path=folder))
    except OSError as error:
        raise FileNotFoundError(
            f"{name} is not in {folder} and could not be downloaded ({error}). Put the file there by hand "
            f"from {url}, or use renorm.nets.data.digits, which needs no download"
        ) from error
