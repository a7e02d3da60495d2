"""Times read off recorded curves, against curves whose times are known."""

import numpy as np
import pytest

from renorm.nets import landmarks

TIMES = np.linspace(0, 10, 201)


def test_first_time_of_an_exponential_rise_and_fall():
    curves = np.array([1 - np.exp(-TIMES), np.exp(-TIMES)])
    # linear between points h = 0.05 apart: off by at most h^2 / 8
    np.testing.assert_allclose(landmarks.first_time(TIMES, curves, 0.5), np.log(2), atol=0.05**2 / 8)


def test_a_level_that_is_never_reached_has_no_time():
    assert landmarks.first_time(TIMES, np.tanh(TIMES), 2.0) == np.inf


def test_runs_have_their_own_levels():
    np.testing.assert_allclose(landmarks.first_time(TIMES, [TIMES, TIMES], [1.0, 2.5]), [1.0, 2.5])


def test_settling_time_of_a_decay():
    settled = landmarks.settling_time(TIMES, 1 + np.exp(-TIMES), 0.1)
    assert settled == pytest.approx(np.log(10), abs=0.05)
    assert landmarks.settling_time(TIMES, np.ones_like(TIMES), 0.1) == 0


def test_reading_interpolates_every_entry():
    curve = np.stack([TIMES, 2 * TIMES], axis=-1)
    np.testing.assert_allclose(landmarks.reading(TIMES, curve, 3.33), [3.33, 6.66])
    np.testing.assert_allclose(landmarks.reading(TIMES, [TIMES, 2 * TIMES], [1.0, 2.0]), [1.0, 4.0])


def test_reading_outside_of_the_record_is_refused():
    with pytest.raises(ValueError, match="outside the times recorded"):
        landmarks.reading(TIMES, TIMES, 11.0)
