"""What was said against what happened."""

import numpy as np
import pytest

from leadml.evaluate import reliability


@pytest.fixture
def random():
    return np.random.default_rng(5)


def test_true_chances_lie_on_the_line_and_false_ones_do_not(random):
    said = random.uniform(0.02, 0.6, 6000)
    ready = (random.random(6000) < said).astype(float)
    points = reliability(ready, said, np.arange(6000))
    inside = [point.happened.low <= point.said <= point.happened.high for point in points]
    assert (len(points), sum(inside) >= 8) == (10, True)
    too_high = reliability(ready, np.minimum(1.8 * said, 1), np.arange(6000))
    assert not any(point.happened.low <= point.said <= point.happened.high for point in too_high[1:])


def test_groups_are_of_about_the_same_size_and_rise():
    said = np.linspace(0, 1, 1000)
    points = reliability(np.zeros(1000), said, np.arange(1000))
    assert all(99 <= point.snapshots <= 101 for point in points)
    assert sum(point.snapshots for point in points) == 1000
    assert [point.said for point in points] == sorted(point.said for point in points)


def test_equal_chances_stay_together():
    said = np.array([0.1] * 70 + [0.9] * 30)
    ready = np.array([1.0] * 7 + [0.0] * 63 + [1.0] * 15 + [0.0] * 15)
    points = reliability(ready, said, np.arange(100))
    assert [(point.said, point.happened.value, point.snapshots) for point in points] == [
        (pytest.approx(0.1), pytest.approx(0.1), 70),
        (pytest.approx(0.9), pytest.approx(0.5), 30),
    ]


def test_weights_count_and_snapshots_of_a_lead_are_drawn_together(random):
    said, ready = np.full(40, 0.3), np.repeat([1.0, 0.0], 20)
    (point,) = reliability(ready, said, np.arange(40), weights=np.repeat([3.0, 1.0], 20))
    assert point.happened.value == pytest.approx(0.75)
    (alone,) = reliability(ready, said, np.arange(40))
    (together,) = reliability(ready, said, np.repeat(np.arange(4), 10))
    assert together.happened.high - together.happened.low > 2 * (alone.happened.high - alone.happened.low)
