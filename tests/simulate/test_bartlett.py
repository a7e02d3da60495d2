"""Compressed tall designs: the same laws as the designs they stand for."""

import numpy as np
import pytest

from renorm.simulate import bartlett, ridge
from renorm.theory import Spectrum

SPECTRUM = Spectrum([2.0, 1.0, 0.25], target=[0.5, 0.3, 0.2], multiplicity=[3, 10, 7])


def test_measurements_agree_with_those_of_the_full_design():
    settings = dict(ridge=[1e-3, 0.1], draws=400)
    statistics = {"df1": lambda draw: draw.df1}
    full = ridge.measure(SPECTRUM, 60, noise=0.3, seed=1, statistics=statistics, **settings)
    short = ridge.ensemble(
        SPECTRUM, bartlett.tall(SPECTRUM, 60, noise=0.3), statistics=statistics, **settings
    )
    pairs = [(getattr(m, name) for m in (full, short)) for name in ("test", "train", "var_data", "var_noise")]
    pairs += [(full.statistics["df1"], short.statistics["df1"])]
    for one, other in pairs:
        assert (np.abs(one.mean - other.mean) < 4 * np.hypot(one.stderr, other.stderr)).all()
        assert (other.stderr < 0.1 * other.mean).all()


def test_the_label_noise_keeps_its_norm():
    rng = np.random.default_rng(0)
    draw = bartlett.tall(SPECTRUM, 500, noise=0.3)
    squares = [np.mean(draw(rng)[1] ** 2) for _ in range(200)]
    assert np.mean(squares) == pytest.approx(0.3, abs=4 * np.std(squares) / 200**0.5)


def test_few_samples_are_refused():
    with pytest.raises(ValueError, match=r"samples = 20: allowed are more than D = 20"):
        bartlett.tall(SPECTRUM, 20)
