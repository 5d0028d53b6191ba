"""The level of outcomes: followed by what was known, with what is not known in its spread."""

import numpy as np
import pytest

from leadml.agreement.scale import probability
from leadml.clock import DAY
from leadml.trials.level import DRIFT_A_WEEK, WEEK, Answered, Level, follow_level

LAG = 44 * DAY


def answers(ready, *, weeks=40, a_week=32, said=0.25):
    """So many leads a week, each scored once and answered 44 days later."""
    as_of = np.arange(weeks).repeat(a_week) * WEEK
    size = len(as_of)
    margin = np.full(size, np.log(said / (1 - said)))
    return Answered.of(np.arange(size), as_of, margin, np.asarray(ready, dtype=float), as_of + LAG)


def steady(share, weeks=40, a_week=32):
    return np.tile(np.arange(a_week) < share * a_week, weeks)


def test_where_a_model_is_right_the_level_stays():
    level = follow_level(answers(steady(0.25)), np.array([40 * WEEK]))
    assert abs(level.shift[0]) < 0.05


def test_where_outcomes_have_fallen_the_level_falls():
    ready = steady(0.25)
    ready[20 * 32 :] = np.tile(np.arange(32) < 3, 20)  # one in ten from week 20 on
    level = follow_level(answers(ready), np.array([40 * WEEK]))
    assert probability(np.log(1 / 3) + level.shift)[0] < 0.14


def test_an_answer_that_was_not_known_yet_changes_nothing():
    """The invariant of the house: what became known at the instant or later is not there."""
    ready = steady(0.25)
    as_of = np.array([30 * WEEK])
    before = follow_level(answers(ready), as_of)
    unknown = np.arange(40).repeat(32) * WEEK + LAG >= 30 * WEEK
    assert unknown.any()
    changed = ready.copy()
    changed[unknown] = True
    after = follow_level(answers(changed), as_of)
    assert before.shift.tobytes() == after.shift.tobytes()
    known = ready.copy()
    known[np.flatnonzero(~unknown)[-32:]] = True
    assert follow_level(answers(known), as_of).shift[0] > before.shift[0]


def test_the_older_the_answers_the_less_is_known():
    level = follow_level(answers(steady(0.25)), np.array([40 * WEEK, 60 * WEEK]))
    drawn = level.drawn(4_000, np.random.default_rng(1)).std(axis=0)
    assert drawn[1] > drawn[0]
    ahead = (level.week - level.answered)[1]
    assert drawn[1] == pytest.approx(np.sqrt(level.spread[1] ** 2 + ahead * DRIFT_A_WEEK**2), rel=0.05)


def test_without_answers_nothing_is_known_of_the_level():
    nothing = Answered.of(*(np.empty(0, dtype=kind) for kind in (np.int64, np.int64, float, float, np.int64)))
    level = follow_level(nothing, np.array([10 * WEEK]))
    assert (level.shift[0], level.spread[0]) == (0.0, 0.5)


def test_scores_of_neighbouring_weeks_share_their_error():
    weeks = np.array([10, 11, 40])
    level = Level(np.zeros(3), np.full(3, 0.2), np.full(3, 4), weeks)
    drawn = level.drawn(4_000, np.random.default_rng(1))
    near, far = np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1], np.corrcoef(drawn[:, 0], drawn[:, 2])[0, 1]
    assert near > 0.9 > far
