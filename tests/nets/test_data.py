"""The generators: reproducible, of the right law, and cut into batches as promised."""

from pathlib import Path

import numpy as np
import pytest

from renorm.nets import data

GENERATORS = {
    "digits": data.digits,
    "patches": data.patches,
    "gegenbauer": lambda seed, **kw: data.gegenbauer(seed, dimension=5, degree=2, **kw),
    "power_law": lambda seed, **kw: data.power_law(
        seed, dimension=9, capacity=1.5, source=0.5, noise=0.1, **kw
    ),
    "python_bytes": data.python_bytes,
}


@pytest.mark.parametrize("make", GENERATORS.values(), ids=GENERATORS)
def test_a_longer_stream_begins_with_the_shorter_and_seeds_differ(make):
    long, short, other = (make(s, steps=n, batch=4) for s, n in ((0, 3), (0, 2), (1, 2)))
    for name in ("inputs", "targets"):
        np.testing.assert_array_equal(getattr(long, name)[:2], getattr(short, name))
    assert np.any(short.inputs != other.inputs)
    assert long.inputs.shape[:2] == (3, 4)


def test_digits_are_standardised():
    inputs = np.asarray(data.digits(0, steps=30).inputs)
    assert abs(inputs.mean()) < 0.03
    assert abs(inputs.std() - 1) < 0.03


def test_undeformed_digits_are_the_scans_and_splits_are_disjoint():
    from sklearn.datasets import load_digits

    scans = {
        image.astype(int).tobytes(): digit for image, digit in zip(*load_digits(return_X_y=True), strict=True)
    }
    found = {}
    for split in ("train", "test"):
        batch = data.digits(0, steps=4, split=split, strength=0.0, targets="label")
        pixels = np.rint((np.asarray(batch.inputs) * 0.321 + 0.289) * 16).astype(int).reshape(-1, 64)
        labels = np.asarray(batch.targets).ravel()
        assert [scans[p.tobytes()] for p in pixels] == labels.tolist()
        found[split] = {p.tobytes() for p in pixels}
    assert not found["train"] & found["test"]


def test_classes_are_labelled_in_the_order_given():
    stream = data.digits(0, steps=2, classes=(8, 3), targets="label", strength=0.0)
    plain = data.digits(0, steps=2, classes=(3, 8), targets="label", strength=0.0)
    np.testing.assert_array_equal(stream.inputs, plain.inputs)
    np.testing.assert_array_equal(stream.targets, 1 - plain.targets)


def test_digits_come_at_any_resolution_and_as_images():
    assert data.digits(0, steps=1, batch=2, size=28, flat=False).inputs.shape == (1, 2, 28, 28, 1)


def test_encodings():
    labels = np.array([[0, 1], [1, 1]])
    assert data.encode(labels, 3, "onehot").shape == (2, 2, 3)
    np.testing.assert_array_equal(data.encode(labels, 3, "onehot").argmax(-1), labels)
    with pytest.raises(ValueError, match="'sign' with 3 classes"):
        data.encode(labels, 3, "sign")


def test_patches_have_the_spectrum_of_photographs():
    """Neighbouring pixels are nearly equal: most variance lies in the mean of the patch."""
    inputs = np.asarray(data.patches(0, steps=20).inputs).reshape(-1, 64)
    spectrum = np.linalg.eigvalsh(np.cov(inputs.T))[::-1]
    assert spectrum[0] > 0.7 * spectrum.sum()
    assert abs(inputs.std() - 1) < 0.1


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_gegenbauer_targets_have_unit_variance_and_are_orthogonal(degree):
    one = data.gegenbauer(0, steps=1, batch=20_000, dimension=6, degree=degree)
    two = data.gegenbauer(0, steps=1, batch=20_000, dimension=6, degree=degree + 1)
    y, z = np.asarray(one.targets).ravel(), np.asarray(two.targets).ravel()
    np.testing.assert_array_equal(one.inputs, two.inputs)
    np.testing.assert_allclose(np.sum(np.asarray(one.inputs) ** 2, -1), 6, rtol=1e-5)
    for product, mean in ((y**2, 1), (y * z, 0), (y, 0)):
        assert abs(product.mean() - mean) < 5 * product.std() / np.sqrt(len(y))


def test_gegenbauer_needs_three_dimensions():
    with pytest.raises(ValueError, match="dimension=2"):
        data.gegenbauer(0, steps=1, batch=2, dimension=2, degree=1)


def test_power_law_variances_and_teacher():
    """E x_k^2 = k^-1.5; E x_k y = lambda_k w_k, whose square over lambda_k is k^-(2 alpha r + 1)."""
    stream = data.power_law(0, steps=1, batch=40_000, dimension=4, capacity=1.5, source=0.4, noise=0.2)
    x, y = np.asarray(stream.inputs[0], float), np.asarray(stream.targets[0], float)
    k = np.arange(1.0, 5)
    for sample, mean in ((x**2, k**-1.5), (x * y, np.sqrt(k**-2.2 * k**-1.5))):
        assert np.all(np.abs(sample.mean(0) - mean) < 5 * sample.std(0) / np.sqrt(len(x)))
    residual = y[:, 0] - x @ (k ** -(1.1 - 0.75))
    assert abs(np.mean(residual**2) - 0.2) < 5 * 0.2 * np.sqrt(2 / len(x))


def test_bytes_predict_the_next_byte_of_python_source():
    stream = data.python_bytes(0, steps=2, batch=8, context=200)
    np.testing.assert_array_equal(stream.inputs[..., 1:], stream.targets[..., :-1])
    text = bytes(np.asarray(stream.inputs, np.uint8).ravel())
    assert b"def " in text
    assert b"self" in text


def test_bytes_of_a_package_are_those_of_its_files():
    import xarray

    stream = data.python_bytes(0, steps=1, batch=1, context=60, package="xarray")
    window = bytes(np.asarray(stream.inputs, np.uint8).ravel())
    files = Path(xarray.__file__).parent.rglob("*.py")
    assert any(window in path.read_bytes() for path in files)
    with pytest.raises(ValueError, match="package='no_such_package' is no installed package"):
        data.python_bytes(0, steps=1, package="no_such_package")


def test_an_epoch_shows_every_example_once():
    shown = data.epochs(np.arange(10.0)[:, None], np.arange(10), batch=5, number=3)
    assert shown.inputs.shape == (6, 5, 1)
    order = np.asarray(shown.targets).reshape(3, 10)
    np.testing.assert_array_equal(np.sort(order, axis=1), np.tile(np.arange(10), (3, 1)))
    assert np.any(order[0] != order[1])
    np.testing.assert_array_equal(shown.inputs[..., 0], shown.targets)


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(ValueError, match="batch=11"):
        data.epochs(np.ones((10, 1)), np.ones(10), batch=11)
