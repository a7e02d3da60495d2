"""The loaders on small files of the real formats, served from this machine."""

import io
import tarfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pooch
import pytest

from renorm.nets import downloads

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(256, size=(6, 32, 32, 3), dtype=np.uint8)
LABELS = RNG.integers(10, size=6, dtype=np.uint8)


@pytest.fixture
def archive(tmp_path):
    """CIFAR-10's layout: two training files and one for testing, two records each."""
    path = tmp_path / "cifar-10-binary.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for i, name in enumerate(("data_batch_1", "data_batch_2", "test_batch")):
            rows = slice(2 * i, 2 * i + 2)
            planes = PIXELS[rows].transpose(0, 3, 1, 2).reshape(2, -1)
            content = np.concatenate([LABELS[rows, None], planes], axis=1).tobytes()
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}.bin")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def server(tmp_path):
    """An HTTP server of ``tmp_path / 'served'``."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as running:
        Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@pytest.mark.parametrize(("split", "rows"), [("train", slice(0, 4)), ("test", slice(4, 6))])
def test_cifar10_records(archive, split, rows):
    images = downloads.read_cifar10(archive, split=split)
    np.testing.assert_array_equal(images.labels, LABELS[rows])
    np.testing.assert_array_equal(np.rint((images.inputs * 0.25 + 0.47) * 255), PIXELS[rows])


def test_an_archive_of_something_else_is_refused(tmp_path):
    path = tmp_path / "other.tar.gz"
    tarfile.open(path, "w:gz").close()
    with pytest.raises(ValueError, match="3073"):
        downloads.read_cifar10(path)


def test_cifar10_is_fetched_checked_and_cached(archive, server, tmp_path, monkeypatch):
    folder, address = server
    archive.rename(folder / archive.name)
    monkeypatch.setattr(downloads, "CIFAR10_URL", f"{address}/{archive.name}")
    cache = tmp_path / "cache"
    with pytest.raises(ValueError, match="hash"):
        downloads.cifar10(folder=cache)
    monkeypatch.setattr(downloads, "CIFAR10_SHA256", pooch.file_hash(str(folder / archive.name)))
    assert len(downloads.cifar10(folder=cache).labels) == 4
    (folder / archive.name).unlink()
    assert len(downloads.cifar10(split="test", folder=cache).labels) == 2


def test_cifar5m_keeps_the_first_checksum(server, tmp_path, monkeypatch):
    folder, address = server
    np.savez(folder / "part3.npz", X=PIXELS, Y=LABELS.astype(np.int64))
    monkeypatch.setattr(downloads, "CIFAR5M_URL", address + "/part{part}.npz")
    cache = tmp_path / "cache"
    images = downloads.cifar5m(3, folder=cache)
    np.testing.assert_array_equal(images.labels, LABELS)
    recorded = (cache / "part3.npz.sha256").read_text()
    assert recorded == pooch.file_hash(str(cache / "part3.npz"))
    np.savez(folder / "part3.npz", X=PIXELS[:2], Y=LABELS[:2])
    (cache / "part3.npz").unlink()
    with pytest.raises(ValueError, match="hash"):
        downloads.cifar5m(3, folder=cache)


def test_a_part_without_images_is_refused(tmp_path):
    np.savez(tmp_path / "part0.npz", A=PIXELS)
    with pytest.raises(ValueError, match="holds X and Y"):
        downloads.read_cifar5m(tmp_path / "part0.npz")


def test_parts_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="part=6"):
        downloads.cifar5m(6)


def test_offline_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "CIFAR10_URL", "http://127.0.0.1:9/cifar-10-binary.tar.gz")
    with pytest.raises(FileNotFoundError, match=r"by hand from http.*data\.digits"):
        downloads.cifar10(folder=tmp_path)
