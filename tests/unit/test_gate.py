"""What a recipe must have shown before it is published."""

import dataclasses

import numpy as np
import pytest

from leadml.errors import LeadmlError, ProblemsError
from leadml.gate import Gate, fit_champion, judge_recipe, refuse
from leadml.learners.contract import Contributions
from leadml.specs.readiness_spec import LearnerSpec
from leadml.splits import Split, rolling_periods
from leadml.training import prepare, train

QUICK = {"most_trees": 20, "bags": 2}


class Says:
    """A model that says what it is told of each period's test, whatever it sees."""

    def __init__(self, margin):
        self.said = np.asarray(margin, dtype=np.float64)

    def contributions(self, matrix):
        return Contributions(0.0, self.said[:, None])

    def margin(self, matrix):
        return self.said


@pytest.fixture(scope="module")
def periods(demo_training_set, spec):
    return rolling_periods(demo_training_set, spec.readiness.test)


def judged(periods, recipe, rules, champion=None):
    """Judge models by how much they know: margin = knowing * (2 * ready - 1) + noise of the same size for all."""
    random = np.random.default_rng(5)
    noises = [random.normal(0, 1, len(split.test)) for split in periods]

    def models(knowing):
        return [
            Says(knowing * (2 * split.test.ready - 1) + noise) for split, noise in zip(periods, noises, strict=True)
        ]

    fitted = [{"readiness": one, "rules": other} for one, other in zip(models(recipe), models(rules), strict=True)]
    champions = [] if champion is None else list(zip(periods, models(champion), strict=True))
    return judge_recipe(periods, fitted, champions, "none" if champion is None else "compared")


def test_a_recipe_that_knows_more_than_the_rules_gets_through(periods):
    gate = judged(periods, recipe=1.0, rules=0.2)
    assert [(test.name, test.passed) for test in gate.tests] == [("better_than_rules", True)]
    assert gate.tests[0].low > 0
    assert gate.failed == ()
    refuse(gate)  # nothing is raised


@pytest.mark.parametrize("recipe", [0.2, 0.0])
def test_a_recipe_that_knows_no_more_than_the_rules_is_refused_with_numbers(recipe, periods):
    gate = judged(periods, recipe=recipe, rules=0.2)
    with pytest.raises(LeadmlError) as caught:
        refuse(gate)
    assert caught.value.code == "gate_better_than_rules"
    for language in ("en", "ja"):
        assert f"{gate.tests[0].gain:+.4f}" in caught.value.text(language)
        assert f"{gate.tests[0].low:+.4f}" in caught.value.text(language)


def test_as_good_as_the_champion_is_good_enough_and_worse_is_not(periods):
    alike = judged(periods, recipe=0.8, rules=0.0, champion=0.8)
    assert alike.failed == ()
    assert [test.gain for test in alike.tests[1:]] == [0.0, 0.0]
    better = judged(periods, recipe=0.9, rules=0.0, champion=0.8)
    assert better.failed == ()
    worse = judged(periods, recipe=0.5, rules=0.0, champion=0.8)
    assert [test.name for test in worse.failed] == [
        "log_loss_not_worse_than_champion",
        "brier_not_worse_than_champion",
    ]
    with pytest.raises(ProblemsError) as caught:
        refuse(worse)
    assert [problem.code for problem in caught.value.problems] == [
        "gate_log_loss_not_worse_than_champion",
        "gate_brier_not_worse_than_champion",
    ]


def test_a_lead_that_came_back_often_weighs_as_much_as_any_other(training_set_of):
    # Nineteen leads for whom the recipe is wrong, and one that came back twenty times, for whom it is right.
    often = training_set_of(leads=[*range(19), *[19] * 20], ready=np.ones(39))
    margin = np.r_[np.full(19, -1.0), np.full(20, 3.0)]
    gate = judge_recipe(
        [Split(often, often, 0, 0)], [{"readiness": Says(margin), "rules": Says(np.zeros(39))}], [], "none"
    )
    gains = np.log(2) - np.logaddexp(0, [1.0, -3.0])
    assert gate.tests[0].gain == pytest.approx((19 * gains[0] + gains[1]) / 20)
    assert not gate.tests[0].passed


@pytest.mark.parametrize("note", ["none", "rules_alone", "other_words", "same_recipe", "older_recipe", "compared"])
def test_only_a_model_that_learned_and_answers_the_same_question_can_be_lost(note):
    assert Gate((), note).nothing_to_lose == (note in ("none", "rules_alone", "other_words"))


def test_the_gain_is_the_mean_of_ages_and_its_limit_is_that_of_sums_over_leads(periods):
    gate = judged(periods, recipe=0.6, rules=0.2)
    tests = [split.test for split in periods]
    random = np.random.default_rng(5)
    noise = [random.normal(0, 1, len(test)) for test in tests]
    ready = np.concatenate([test.ready for test in tests])
    ages = np.concatenate([test.snapshots.ages for test in tests])
    leads = np.concatenate([test.snapshots.leads for test in tests])
    margin = [
        np.concatenate([know * (2 * t.ready - 1) + n for t, n in zip(tests, noise, strict=True)]) for know in (0.6, 0.2)
    ]
    first, second = (np.log1p(np.exp(one)) - ready * one for one in margin)
    gains = second - first
    expected = np.mean([gains[ages == age].mean() for age in np.unique(ages)])
    assert gate.tests[0].gain == pytest.approx(expected, rel=1e-9)
    # A bootstrap of leads says the same of the error.
    every = np.unique(leads)
    rows = {lead: np.flatnonzero(leads == lead) for lead in every}
    drawn = []
    for _ in range(400):
        index = np.concatenate([rows[lead] for lead in random.choice(every, len(every))])
        drawn.append(np.mean([gains[index][ages[index] == age].mean() for age in np.unique(ages)]))
    assert gate.tests[0].gain - gate.tests[0].low == pytest.approx(1.645 * np.std(drawn), rel=0.2)


def with_learner(spec, **settings):
    learner = LearnerSpec(**{**QUICK, **settings})
    return dataclasses.replace(spec, readiness=spec.readiness.model_copy(update={"learner": learner}))


@pytest.fixture(scope="module")
def quick(spec):
    return with_learner(spec)


@pytest.fixture(scope="module")
def champion(demo_training_set, quick):
    return train(demo_training_set, quick)


def test_the_same_recipe_need_not_be_compared_with_itself(champion, demo_training_set, quick):
    assert fit_champion(champion, demo_training_set, quick, None) == ([], "same_recipe")
    assert fit_champion(None, demo_training_set, quick, None) == ([], "none")


def test_the_champions_recipe_is_fitted_before_each_period_on_its_own_features(
    champion, demo_training_set, demo_history, quick
):
    themes = tuple(theme for theme in quick.themes if theme.theme != "sales_touch")
    fewer = dataclasses.replace(quick, themes=themes)
    training_set = prepare(demo_history, fewer)
    champions, note = fit_champion(champion, training_set, fewer, lambda spec: prepare(demo_history, spec))
    periods = rolling_periods(training_set, fewer.readiness.test)
    assert note == "compared"
    assert len(champions) == len(periods)
    for (split, model), ours in zip(champions, periods, strict=True):
        assert split.test.snapshots.leads.tolist() == ours.test.snapshots.leads.tolist()
        assert split.test.ready.tolist() == ours.test.ready.tolist()
        assert model.names == champion.readiness.names != ours.test.features.names
        assert split.train.closed_at.max() <= ours.from_


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"definitions": "others"}, "other_words"),
        ({"recipe": {"outcome": {"name": "customer"}}}, "other_words"),
        ({"recipe": {"rules_alone": True}}, "rules_alone"),
        ({"recipe": {"learner": {"boosting": "dart"}}}, "older_recipe"),
    ],
)
def test_a_champion_that_cannot_be_compared_is_said_to_be_so(change, note, champion, demo_training_set, quick):
    if "recipe" in change:
        change = {"recipe": {**champion.recipe, **change["recipe"]}}
    other = dataclasses.replace(champion, **change)
    assert fit_champion(other, demo_training_set, with_learner(quick, bags=3), None) == ([], note)
