"""Rules against readiness on identical leads, at identical instants, without hindsight."""

import dataclasses

import numpy as np
import pytest

from leadml.clock import parse_instant
from leadml.compare import compare, compare_recipe
from leadml.evaluate import MEAN_OF_AGES
from leadml.learners.contract import Contributions
from leadml.splits import split_by_time
from leadml.training import fit_recipe


@pytest.fixture(scope="module")
def split(demo_training_set, spec):
    return split_by_time(demo_training_set, spec.readiness.test)


@pytest.fixture(scope="module")
def comparison(demo_training_set, spec):
    return compare_recipe(demo_training_set, spec)


class Says:
    """A model that says what it is told, whatever it sees."""

    def __init__(self, margin):
        self.margin = margin

    def contributions(self, matrix):
        return Contributions(0.0, np.array(self.margin)[:, None])


def test_one_who_knows_the_answers_ranks_perfectly_and_one_who_knows_nothing_does_not(split):
    knows, guesses = Says(6 * split.test.ready - 3), Says(np.zeros(len(split.test)))
    verdict = compare(split, knows, guesses, draws=50).overall("auc")
    assert verdict.age == MEAN_OF_AGES
    assert (verdict.first.value, verdict.second.value, verdict.gain.value) == (1, 0.5, 0.5)
    assert verdict.proven


def test_a_model_is_as_good_as_itself(split):
    same = Says(np.linspace(-2, 2, len(split.test)))
    assert {verdict.gain.value for verdict in compare(split, same, same, draws=20).verdicts} == {0}


def test_where_there_is_one_age_the_verdict_is_of_that_age(split):
    one = dataclasses.replace(split, test=split.test.rows(split.test.snapshots.ages == 1))
    comparison = compare(one, Says(one.test.ready), Says(np.zeros(len(one.test))), draws=20)
    assert comparison.overall("lift").age == "mql + 0 days"
    assert {verdict.age for verdict in comparison.verdicts} == {"mql + 0 days"}


def test_the_judged_recipe_learned_from_no_lead_and_no_answer_of_the_test(comparison, split, demo_training_set, spec):
    assert comparison.snapshots == len(split.test)
    assert comparison.trained_on == len(split.train)
    assert comparison.trained_on + comparison.in_the_gap + comparison.snapshots == len(demo_training_set)
    assert comparison.in_the_gap > 0
    # What happened to the leads of the test and of the gap changes nothing in what was learned.
    unseen = ~np.isin(np.arange(len(demo_training_set)), train_rows(demo_training_set, split))
    ready = np.where(unseen, 1 - demo_training_set.ready, demo_training_set.ready)
    other = split_by_time(dataclasses.replace(demo_training_set, ready=ready), spec.readiness.test)
    assert fit_recipe(other.train, spec) == fit_recipe(split.train, spec)


def train_rows(training_set, split):
    learned = set(zip(split.train.snapshots.leads.tolist(), split.train.snapshots.as_of.tolist(), strict=True))
    every = zip(training_set.snapshots.leads.tolist(), training_set.snapshots.as_of.tolist(), strict=True)
    return [row for row, snapshot in enumerate(every) if snapshot in learned]


def test_a_comparison_says_what_it_was_made_on(comparison, split):
    test = split.test
    assert comparison.leads == len(set(test.snapshots.leads.tolist()))
    assert comparison.ready == test.ready.sum()
    assert parse_instant(comparison.test_from, where="tests") == test.snapshots.as_of.min()
    assert parse_instant(comparison.test_to, where="tests") == test.snapshots.as_of.max()
    assert comparison.not_worked_share == pytest.approx(1 - test.worked.mean())
    assert {verdict.metric for verdict in comparison.verdicts} == {"auc", "lift", "brier"}


def test_the_same_comparison_made_twice_gives_the_same_figures(comparison, demo_training_set, spec):
    assert compare_recipe(demo_training_set, spec) == comparison
