"""What both teams agreed on binds the whole score: more of a feature never moves it the other way.

The outcomes of these training sets say the opposite of what was agreed, as a short or odd history may.
"""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadml.clock import DAY
from leadml.dataset import TrainingSet
from leadml.engine.matrix import FeatureMatrix
from leadml.learners.readiness import fit_readiness
from leadml.learners.recipe import Recipe
from leadml.snapshots import Snapshots
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RulesSpec
from leadml.vocabulary import MoreIs

LABEL = Label(en="Tried", ja="試験")
NAMES = ("clicks", "wait", "lead_type", "size")
DIRECTIONS = {"clicks": MoreIs.READIER, "wait": MoreIs.LESS_READY}
WORDS = {"lead_type": ("existing", "new", "service")}
FEATURES = tuple(
    FeatureSpec(
        name=name,
        label=LABEL,
        kind="attribute",
        attribute=name,
        when_nothing="missing",
        values="category" if name in WORDS else "number",
        more_is=DIRECTIONS.get(name),
    )
    for name in NAMES
)
STEPS = np.r_[-5.0, np.arange(0, 12.5, 0.5), 40.0, 1e9]


def rule(name, when, **points):
    content = {"name": name, "when": {"feature": name, **when}, "because": LABEL, **points}
    return content


# None goes against what was agreed, as `check_rules` makes sure.
RULES = st.sampled_from(
    [
        {"rules": ()},
        {"rules": (rule("clicks", {}, steps=({"at_least": 1, "points": 2}, {"at_least": 4, "points": 9})),)},
        {
            "rules": (rule("clicks", {}, points_per_unit=2, at_most_units=4), rule("wait", {"at_least": 3}, points=-5)),
            "total": {"at_least": -2, "at_most": 5},
        },
        {"rules": (rule("clicks", {"at_most": 2}, points=-3), rule("wait", {"at_most": 4}, points=4))},
        {"rules": (rule("wait", {}, points_per_unit=-1), rule("lead_type", {"is": "service"}, points=6))},
    ]
)


def contradicted(seed, size, strength):
    """Leads of whom those with fewer clicks and a longer wait became ready: the reverse of what was agreed."""
    random = np.random.default_rng(seed)
    clicks, wait = random.poisson(4, size).astype(float), random.exponential(4, size)
    lead_type, bulk = random.integers(0, 3, size).astype(float), random.normal(0, 1, size)
    odd = np.where(bulk > 0, 1, -0.5) * (lead_type == 1)  # features play together
    log_odds = strength * (0.5 * (4 - clicks) + 0.4 * (wait - 4) + odd * (clicks - 4))
    ready = (random.random(size) < 1 / (1 + np.exp(-log_odds))).astype(float)
    ready[:2] = [0, 1]
    values = np.column_stack([clicks, wait, lead_type, bulk])
    values[random.random(values.shape) < 0.1] = np.nan
    days = np.arange(size) * DAY
    return TrainingSet(
        snapshots=Snapshots(np.arange(size), days, np.zeros(size, np.int64), ("at once",)),
        features=FeatureMatrix(NAMES, values, WORDS),
        ready=ready,
        closed_at=days + DAY,
        created_at=days,
        worked=np.ones(size, dtype=bool),
        lead_ids=tuple(map(str, range(size))),
        recipe={},
    )


def raised(matrix, name, leads):
    """Margins of some leads at rising values of one feature, the others as they are; shape (n_leads, n_steps)."""
    values = np.repeat(matrix.values[leads], len(STEPS), axis=0)
    values[:, NAMES.index(name)] = np.tile(STEPS, len(leads))
    return FeatureMatrix(NAMES, values, WORDS), (len(leads), len(STEPS))


@given(st.integers(0, 10**6), st.sampled_from([60, 250, 700]), st.sampled_from([0.3, 1.0, 2.0]), RULES)
@settings(max_examples=25)
def test_more_of_a_feature_never_moves_the_margin_against_what_was_agreed(seed, size, strength, rules):
    training_set = contradicted(seed, size, strength)
    recipe = Recipe(
        FEATURES,
        RulesSpec.model_validate(rules, strict=False),
        LearnerSpec(smallest_leaf=10, most_trees=40, bags=2),
        seed=seed,
    )
    model = fit_readiness(training_set, recipe)
    leads = np.random.default_rng(seed).choice(size, 20, replace=False)
    for name, more_is in DIRECTIONS.items():
        matrix, shape = raised(training_set.features, name, leads)
        for margin in (model.margin(matrix), model.contributions(matrix).margin):
            away = more_is.sign * np.diff(margin.reshape(shape), axis=1)
            assert away.min() >= -1e-9, (name, away.min())


@pytest.mark.parametrize("name", list(DIRECTIONS))
def test_without_the_agreement_the_outcomes_would_have_moved_it_so(name):
    """Else the test above would prove less than it says."""
    training_set = contradicted(1, 700, 1.0)
    free = tuple(feature.model_copy(update={"more_is": None}) for feature in FEATURES)
    learner = LearnerSpec(smallest_leaf=10, most_trees=40, bags=2)
    model = fit_readiness(training_set, Recipe(free, RulesSpec(rules=()), learner, seed=1))
    matrix, shape = raised(training_set.features, name, np.arange(20))
    assert (DIRECTIONS[name].sign * np.diff(model.margin(matrix).reshape(shape), axis=1)).min() < -0.05


def test_every_chance_lies_in_its_interval_and_start_and_effects_are_the_score(leads, history_from, scorer, as_of):
    @given(leads)
    @settings(max_examples=40)
    def check(record):
        (score,) = scorer.score(history_from([record]), ["L1"], as_of)
        answer = score.to_dict()
        assert 0 <= answer["probability_low"] <= answer["probability"] <= answer["probability_high"] <= 1
        assert answer["probability_low"] < answer["probability_high"]
        effects = sum(theme["effect"] for theme in answer["effects"])
        assert answer["start"] + effects + answer["held_effect"] == answer["score"]
        assert answer["learned_from"]["outcomes"] > 0
        assert 0 < answer["learned_from"]["rules_share"] < 1

    check()


def test_in_the_demo_too_no_agreed_feature_moves_a_score_the_wrong_way(demo_model, demo_training_set, spec):
    matrix = demo_training_set.features.rows(np.arange(0, len(demo_training_set), 40))
    agreed = [feature for feature in spec.learned_features if feature.more_is is not None]
    assert len(agreed) >= 5
    for feature in agreed:
        column = matrix.names.index(feature.name)
        seen = demo_training_set.features.values[:, column]
        margins = []
        for value in np.unique(np.nanquantile(seen, np.linspace(0, 1, 15))):
            values = matrix.values.copy()
            values[:, column] = value
            margins.append(demo_model.margin(dataclasses.replace(matrix, values=values)))
        away = feature.more_is.sign * np.diff(margins, axis=0)
        assert away.min() >= -1e-9, feature.name
        assert away.max() > 0, feature.name
