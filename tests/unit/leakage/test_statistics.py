"""Compared by lead, within strata; nothing is learned from a lead's own answer."""

import numpy as np
import pytest

from leadml.evaluate import auc
from leadml.leakage.statistics import (
    Compared,
    Together,
    binned,
    deviations_for,
    learned_by_others,
    lowest_share,
    partial_rank_correlation,
    rank_correlation,
    ranking_within,
)

RANDOM = np.random.default_rng(5)


def compared_of(ready, strata=None, leads=None):
    size = len(ready)
    return Compared(
        np.asarray(ready, dtype=np.float64),
        np.zeros(size, np.int64) if strata is None else np.asarray(strata),
        np.arange(size) if leads is None else np.asarray(leads),
    )


def test_in_one_stratum_the_auc_is_that_of_evaluate():
    ready = RANDOM.random(300) < 0.3
    ranking = np.round(RANDOM.normal(size=300) + ready, 1)  # many ties
    assert ranking_within(compared_of(ready), ranking).auc == pytest.approx(auc(ready, ranking))


def test_what_differs_only_between_strata_tells_nothing():
    strata = np.repeat([0, 1], 200)
    ready = RANDOM.random(400) < np.where(strata == 1, 0.8, 0.1)
    assert ranking_within(compared_of(ready, strata), strata.astype(float)).auc == 0.5
    assert auc(ready, strata) > 0.8


def test_the_error_counts_leads_and_not_snapshots():
    ready, ranking = RANDOM.random(200) < 0.4, RANDOM.normal(size=200)
    once = ranking_within(compared_of(ready), ranking)
    leads = np.tile(np.arange(200), 9)
    nine_times = ranking_within(compared_of(np.tile(ready, 9), leads=leads), np.tile(ranking, 9))
    assert nine_times.auc == pytest.approx(once.auc)
    assert nine_times.error == pytest.approx(once.error, rel=0.01)


def test_the_error_is_that_of_drawing_leads_again():
    ready = RANDOM.random(400) < 0.3
    ranking = RANDOM.normal(size=400) + ready
    drawn = [RANDOM.integers(0, 400, 400) for _ in range(400)]
    spread = np.std([auc(ready[rows], ranking[rows]) for rows in drawn])
    assert ranking_within(compared_of(ready), ranking).error == pytest.approx(spread, rel=0.15)


def test_a_perfect_order_of_few_leads_is_not_certain():
    ranking = ranking_within(compared_of([1, 1, 0, 0, 0]), np.array([9.0, 8, 3, 2, 1]))
    assert (ranking.auc, ranking.error) == (1.0, 0.25)


def test_strata_without_both_kinds_of_leads_tell_nothing():
    assert ranking_within(compared_of([1, 1, 0, 0], [0, 0, 1, 1]), np.arange(4.0)).auc == 0.5


def test_a_word_that_each_lead_has_alone_cannot_rank_by_its_own_answer():
    ready = (RANDOM.random(500) < 0.5).astype(float)
    compared = compared_of(ready)
    ranking = ranking_within(compared, learned_by_others(compared, np.arange(1, 501)))
    assert ranking.auc == pytest.approx(0.5, abs=0.06)


def test_words_that_are_all_different_still_tell_by_being_there():
    ready = (np.arange(400) % 4 == 0).astype(float)
    codes = np.where(ready > 0, np.arange(1, 401), 0)  # a contract number, for ready leads alone
    compared = compared_of(ready)
    assert ranking_within(compared, learned_by_others(compared, codes)).auc == 1.0


def test_a_hump_ranks_as_well_as_a_slope():
    numbers = RANDOM.normal(size=1000)
    compared = compared_of(np.abs(numbers) < 0.5)
    assert ranking_within(compared, learned_by_others(compared, binned(numbers))).auc > 0.95
    assert ranking_within(compared, numbers).auc < 0.6


def test_columns_chosen_rank_as_if_the_others_were_not_there():
    ready = RANDOM.random(300) < 0.4
    columns = RANDOM.normal(size=(300, 4)) + ready[:, None] * [0.2, 1.0, 0.0, 0.5]
    compared, chosen = compared_of(ready), np.array([True, False, True, True])
    among_all = Together(compared, columns).ranking(chosen)
    alone = Together(compared, columns[:, chosen]).ranking(np.ones(3, dtype=bool))
    assert among_all.auc == pytest.approx(alone.auc)
    assert among_all.auc < Together(compared, columns).ranking(np.ones(4, dtype=bool)).auc


def test_noise_together_does_not_learn_the_answers_by_heart():
    ready = (RANDOM.random(200) < 0.5).astype(float)
    together = Together(compared_of(ready), RANDOM.normal(size=(200, 80)))
    assert together.ranking(np.ones(80, dtype=bool)).auc == pytest.approx(0.5, abs=0.1)


def test_all_of_a_few_is_less_certain_than_all_of_many():
    few, many = lowest_share(np.array([12.0, 120.0]), np.array([12.0, 120.0]), questions=100)
    assert few == pytest.approx(1e-5 ** (1 / 12))
    assert few < 0.4 < 0.9 < many


def test_more_questions_need_more_certainty():
    assert deviations_for(1) < deviations_for(10) < deviations_for(1000)


def test_correlation_within_strata_does_not_see_their_difference():
    strata = np.repeat([0, 1], 300)
    one, other = RANDOM.normal(size=(2, 600)) + 5 * strata
    assert abs(rank_correlation(one, other, strata)) < 0.12
    assert rank_correlation(one, other, np.zeros(600, np.int64)) > 0.5


def test_what_a_third_column_explains_is_taken_out():
    third = RANDOM.normal(size=2000)
    one, other = RANDOM.normal(size=(2, 2000)) + third
    whole = np.zeros(2000, np.int64)
    assert rank_correlation(one, other, whole) > 0.4
    assert abs(partial_rank_correlation(one, other, third, whole)) < 0.1
