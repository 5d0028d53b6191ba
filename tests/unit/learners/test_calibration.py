"""The line that makes a chance honest: what it finds where the truth is known, and how little it trusts little."""

import numpy as np
import pytest
from scipy.optimize import minimize

from leadml.agreement.scale import probability
from leadml.clock import DAY
from leadml.engine.matrix import FeatureMatrix
from leadml.learners.calibration import CalibrationLine, codes_of, fit_slope_and_shifts, level_of_now
from leadml.learners.contract import Contributions

TYPES = ("existing", "new", "service")


def drawn(random, margin):
    return (random.random(len(margin)) < probability(margin)).astype(np.float64)


def leads_like(size, *, seed=1):
    random = np.random.default_rng(seed)
    return random, random.normal(-1.5, 1.3, size), np.arange(size) * 3 // size


def slope_of(said, ready, blocks, *, evidence=None):
    evidence = np.ones(len(said)) if evidence is None else evidence
    no_type = np.zeros(len(said), np.int64)
    slope, shifts = fit_slope_and_shifts(said, (ready, evidence), blocks=blocks, types=no_type, type_count=0)
    assert shifts.shape == (0,)
    return slope


@pytest.mark.parametrize("stretched", [0.6, 1.0, 1.5])
def test_with_many_outcomes_a_stretched_margin_is_found_out(stretched):
    random, margin, blocks = leads_like(100_000)
    assert slope_of(margin * stretched, drawn(random, margin), blocks) == pytest.approx(1 / stretched, rel=0.07)


def test_with_few_outcomes_the_slope_stays_near_one():
    away = []
    for size in (40, 400, 30_000):
        random, margin, blocks = leads_like(size)
        away.append(abs(slope_of(margin * 1.7, drawn(random, margin), blocks) - 1))
    assert away[0] < 0.12
    assert away[0] < away[1] < away[2]
    assert slope_of(np.zeros(0), np.zeros(0), np.zeros(0, np.int64)) == 1.0


def test_snapshots_that_say_the_same_again_are_no_further_evidence():
    random, margin, blocks = leads_like(400)
    ready = drawn(random, margin)
    once = slope_of(margin * 1.7, ready, blocks)
    repeated = [np.repeat(part, 5) for part in (margin * 1.7, ready, blocks)]
    assert slope_of(*repeated, evidence=np.full(2000, 0.2)) == pytest.approx(once, abs=1e-6)
    assert slope_of(*repeated) < once - 0.05


def test_blocks_that_contradict_each_other_leave_the_slope_near_one():
    random, margin, blocks = leads_like(30_000)
    alike = drawn(random, 1.5 * margin)
    apart = drawn(random, np.array([0.4, 1.5, 2.6])[blocks] * margin)
    assert slope_of(margin, alike, blocks) > 1.4
    assert 0.9 < slope_of(margin, apart, blocks) < 1.25


def test_a_block_has_a_level_of_its_own():
    random, margin, blocks = leads_like(30_000)
    ready = drawn(random, margin + np.array([-1.5, 0.0, 1.5])[blocks])
    assert slope_of(margin, ready, blocks) == pytest.approx(1, abs=0.07)


@pytest.mark.parametrize(("true", "held"), [(0.2, 0.5), (4.0, 2.0)])
def test_no_slope_is_beyond_its_bounds(true, held):
    random, margin, blocks = leads_like(200_000)
    assert slope_of(margin, drawn(random, true * margin), blocks) == pytest.approx(held, abs=0.08)
    assert 0.5 <= slope_of(margin, drawn(random, true * margin), blocks) <= 2


@pytest.mark.parametrize("size", [300, 6000])
def test_slope_and_shifts_are_the_likeliest_under_their_beliefs(size):
    """With one block there are no random effects: minimise the loss and the beliefs by another method."""
    random, margin, _ = leads_like(size)
    types = random.integers(0, 4, size)  # the last code: no type
    ready = drawn(random, 1.3 * margin + np.array([0.8, 0.0, -0.5, 0.0])[types])
    found = fit_slope_and_shifts(
        margin, (ready, np.ones(size)), blocks=np.zeros(size, np.int64), types=types, type_count=3
    )

    def loss(line):
        said = line[0] + line[1] * margin + np.r_[line[2:], 0.0][types]
        believed = ((line[1] - 1) ** 2 + (line[2:] ** 2).sum() / 0.01) / 2
        return (np.logaddexp(0, said) - ready * said).sum() + believed

    likeliest = minimize(loss, np.r_[0, 1, 0, 0, 0], tol=1e-12).x
    np.testing.assert_allclose(found[1], likeliest[2:], atol=1e-3)
    assert 1 < found[0] < likeliest[1]  # pulled once more, to one


def test_the_fewer_outcomes_a_lead_type_has_the_less_it_is_shifted():
    random = np.random.default_rng(4)
    counts = [30, 6000, 6000]
    types = np.repeat([0, 1, 2], counts)
    margin, blocks = random.normal(-1, 1, len(types)), random.integers(0, 3, len(types))
    ready = drawn(random, margin + np.array([0.8, 0.8, 0.0])[types])
    _, shifts = fit_slope_and_shifts(margin, (ready, np.ones(len(types))), blocks=blocks, types=types, type_count=3)
    rare, frequent, unmoved = shifts
    assert abs(rare) < 0.1
    assert frequent - unmoved == pytest.approx(0.8, abs=0.15)


def level_of(margin, ready, *, evidence=None, order=None):
    size = len(margin)
    evidence = np.ones(size) if evidence is None else evidence
    order = np.arange(size) if order is None else order
    return level_of_now(margin[order], (ready[order], evidence[order]), (np.arange(size) * DAY)[order])


def test_where_rates_are_constant_the_level_is_that_of_all_time():
    for seed in range(5):
        random, margin, _ = leads_like(8000, seed=seed)
        assert level_of(margin, drawn(random, margin)) == pytest.approx(0, abs=0.08)
        assert level_of(margin, drawn(random, margin + 0.6)) == pytest.approx(0.6, abs=0.08)


def test_where_rates_drift_the_level_is_that_of_now():
    random, margin, _ = leads_like(8000)
    drift = np.linspace(-1.2, 1.2, 8000)
    ready = drawn(random, margin + drift)
    assert 0.8 < level_of(margin, ready) < 1.5
    assert level_of(margin, ready, order=random.permutation(8000)) == pytest.approx(level_of(margin, ready))
    backwards = level_of(margin[::-1], ready[::-1])
    assert -1.5 < backwards < -0.8


def test_a_small_wander_is_taken_for_chance():
    levels = []
    for seed in range(8):
        random, margin, _ = leads_like(1500, seed=seed)
        levels.append(level_of(margin, drawn(random, margin + np.linspace(-0.2, 0.2, 1500))))
    assert np.mean(levels) == pytest.approx(0, abs=0.1)  # and not 0.2


def test_with_a_handful_of_outcomes_the_level_stays_near_nothing():
    margin, ready = np.full(40, -2.0), np.zeros(40)
    ready[[30, 38, 39]] = 1
    assert 0 < level_of(margin, np.ones(40) * (np.arange(40) % 3 == 0)) < 1.4
    assert abs(level_of(margin, ready)) < 0.3
    assert np.isfinite(level_of(margin, np.zeros(40)))


def matrix_of(*codes, words=TYPES):
    values = np.column_stack([np.arange(len(codes)), np.array(codes, dtype=np.float64)])
    return FeatureMatrix(("clicks", "lead_type"), values, {"lead_type": words})


LINE = CalibrationLine(-0.5, 1.5, {"existing": 0.3, "new": -0.2, "service": 0.0}, "lead_type")


def test_calibrated_contributions_add_up_to_the_calibrated_margin():
    matrix = matrix_of(0, 1, 2, np.nan, 1)
    random = np.random.default_rng(2)
    parts = Contributions(-1.0, random.normal(0, 1, (5, 2)))
    before = parts.values.copy()
    applied = LINE.applied(parts, matrix)
    np.testing.assert_allclose(applied.margin, LINE.on_margin(parts.margin, matrix), rtol=0, atol=1e-12)
    expected = -0.5 + 1.5 * parts.margin + [0.3, -0.2, 0.0, 0.0, -0.2]
    np.testing.assert_allclose(applied.margin, expected, rtol=0, atol=1e-12)
    assert applied.start == -0.5 + 1.5 * -1.0
    # The shift is a reason of the lead type, and of nothing else.
    np.testing.assert_allclose(applied.values[:, 0], 1.5 * before[:, 0])
    np.testing.assert_allclose(applied.values[:, 1] - 1.5 * before[:, 1], [0.3, -0.2, 0.0, 0.0, -0.2], atol=1e-12)
    assert parts.values.tobytes() == before.tobytes()


def test_a_type_that_training_never_saw_is_not_shifted():
    stranger = matrix_of(0, 1, words=("partner", "existing"))
    np.testing.assert_allclose(LINE.on_margin(np.zeros(2), stranger), [-0.5, -0.2])


def test_without_a_feature_of_lead_types_there_is_no_shift():
    matrix = FeatureMatrix(("clicks",), np.ones((2, 1)), {})
    line = CalibrationLine(0.25, 2.0)
    assert line.on_margin(np.array([1.0, -1.0]), matrix).tolist() == [2.25, -1.75]
    assert codes_of(matrix, None).tolist() == [0, 0]
    assert codes_of(matrix_of(2, np.nan, 0), "lead_type").tolist() == [2, 3, 0]


def test_a_line_written_and_read_is_the_same():
    assert CalibrationLine(**LINE.to_dict()) == LINE
    assert CalibrationLine() == CalibrationLine(level=0.0, slope=1.0, shifts={}, lead_type=None)
