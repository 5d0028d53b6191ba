"""What a real history holds now and then: hardly any outcome, columns that say nothing, no rules, ends of the scale."""

import dataclasses

import numpy as np
import pytest

from leadml.agreement.scale import probability
from leadml.engine.matrix import FeatureMatrix
from leadml.errors import LeadmlError
from leadml.learners.awards import Awards
from leadml.learners.contract import Contributions
from leadml.learners.readiness import ReadinessModel, fit_readiness, recalibrated
from leadml.learners.recipe import Recipe
from leadml.learners.rules import RulesModel
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RulesSpec

LABEL = Label(en="Tried", ja="試験")
NAMES = ("visits", "lead_type", "always", "never", "silent")
WORDS = {"lead_type": ("existing", "new", "service"), "silent": ()}
A_POINT_A_VISIT = {
    "name": "visits",
    "when": {"feature": "visits"},
    "points_per_unit": 1,
    "at_most_units": 10,
    "because": LABEL,
}
RULES = RulesSpec.model_validate({"rules": (A_POINT_A_VISIT,)}, strict=False)


def feature(name):
    kind = {"kind": "attribute", "attribute": name, "when_nothing": "missing"}
    return FeatureSpec(name=name, label=LABEL, values="category" if name in WORDS else "number", **kind)


def recipe(*, rules=RULES):
    return Recipe(tuple(map(feature, NAMES)), rules, LearnerSpec(smallest_leaf=10, bags=5), seed=7)


@pytest.fixture(scope="module")
def leads_of(training_set_of):
    """Make leads of whom about `outcomes` became ready; those of one type never."""

    def make(size, outcomes):
        random = np.random.default_rng(6)
        visits, lead_type = random.poisson(3, size).astype(float), random.integers(0, 3, size).astype(float)
        chance = np.exp(0.3 * visits) * (lead_type != 2)
        ready = np.zeros(size)
        ready[random.choice(size, outcomes, replace=False, p=chance / chance.sum())] = 1
        return training_set_of(
            leads=range(size),
            ready=ready,
            words=WORDS,
            visits=visits,
            lead_type=lead_type,
            always=np.full(size, 7.0),
            never=np.full(size, np.nan),
            silent=np.full(size, np.nan),
        )

    return make


@pytest.fixture(scope="module")
def leads(leads_of):
    return leads_of(600, 150)


@pytest.fixture(scope="module")
def model(leads):
    return fit_readiness(leads, recipe())


def asked(*rows):
    return FeatureMatrix(NAMES, np.array(rows, dtype=np.float64), WORDS)


def answered(model, matrix):
    """Give the margin, after making sure that all that is said of it agrees."""
    margin, parts, (low, high) = model.margin(matrix), model.contributions(matrix), model.interval(matrix)
    assert np.isfinite(parts.values).all()
    np.testing.assert_allclose(parts.margin, margin, rtol=0, atol=1e-9)
    assert ((low < margin) & (margin < high)).all()
    assert np.isfinite([low, high]).all()
    return margin


@pytest.mark.parametrize("outcomes", [1, 2, 5, 9])
def test_with_fewer_than_ten_outcomes_the_rules_carry_most(leads_of, outcomes):
    leads = leads_of(300, outcomes)
    model = fit_readiness(leads, recipe())
    margin = answered(model, leads.features)
    assert model.outcomes == outcomes
    assert model.rules_share > 0.5
    assert np.corrcoef(margin, leads.features.values[:, 0])[0, 1] > 0.6
    assert probability(margin).mean() == pytest.approx(outcomes / 300, rel=0.6)
    low, high = model.interval(leads.features)
    assert np.mean(high - low) > 1.5


def test_where_nearly_all_became_ready_it_works_as_well(leads_of):
    leads = leads_of(300, 3)
    turned = dataclasses.replace(leads, ready=1 - leads.ready)
    assert probability(answered(fit_readiness(turned, recipe()), leads.features)).mean() > 0.9


def test_columns_that_never_differ_say_nothing(model, leads):
    values = model.contributions(leads.features).values
    assert np.abs(values[:, 2:] - values[0, 2:]).max() == 0
    assert np.abs(values[:, 2:]).max() < 1e-2
    # Live they may differ all the same: it is as little known what that means.
    margin = answered(model, asked([3, 0, 7, np.nan, np.nan], [3, 0, 99, 5, np.nan], [3, 0, np.nan, -5, np.nan]))
    assert np.ptp(margin) < 1e-2


def test_a_lead_type_without_any_ready_lead_is_held_low_and_not_for_certain(model):
    margin = answered(model, asked([3, 2, 7, np.nan, np.nan], [3, 0, 7, np.nan, np.nan]))
    assert 0.0005 < probability(margin)[0] < 0.12 < probability(margin)[1]
    assert -0.5 < model.calibration.shifts["service"] < 0


def test_a_lead_of_which_nothing_is_known_is_answered(model, leads):
    nothing = np.full((1, 5), np.nan)
    margin = answered(model, FeatureMatrix(NAMES, nothing, WORDS))
    assert 0.005 < probability(margin)[0] < 0.95
    everywhere = dataclasses.replace(
        leads,
        features=FeatureMatrix(NAMES, np.where(np.arange(600)[:, None] < 50, nothing, leads.features.values), WORDS),
    )
    answered(fit_readiness(everywhere, recipe()), everywhere.features)


def test_what_is_endless_is_held_at_the_end(model, leads):
    most = leads.features.values[:, 0].max()
    margin = answered(model, asked([most, 0, 7, np.nan, np.nan], [np.inf, 0, 7, np.nan, np.nan]))
    answered(model, asked([0, 0, np.inf, -np.inf, np.nan]))
    # The rule has a cap at ten visits; coefficients and trees know no more than what they saw.
    assert margin[1] - margin[0] == pytest.approx(
        model.calibration.slope * model.rules.slope * (10 - min(most, 10)), abs=1e-9
    )


def test_endless_values_in_training_move_no_other_lead_far(leads, model):
    values = leads.features.values.copy()
    values[[3, 77], 0] = np.inf
    values[5, 2] = -np.inf
    odd = dataclasses.replace(leads, features=FeatureMatrix(NAMES, values, WORDS))
    assert np.abs(fit_readiness(odd, recipe()).margin(leads.features) - model.margin(leads.features)).max() < 0.8


@pytest.fixture(scope="module")
def without_rules(leads):
    return fit_readiness(leads, recipe(rules=RulesSpec(rules=())))


def test_without_rules_the_score_starts_from_the_usual_rate(without_rules, leads, model):
    assert without_rules.rules == RulesModel(RulesSpec(rules=()), without_rules.rules.intercept, 0.0, ())
    assert probability(np.array([without_rules.rules.intercept]))[0] == pytest.approx(0.25, abs=1e-3)
    parts = without_rules.rules.contributions(leads.features)
    assert isinstance(parts, Contributions)
    assert not parts.values.any()
    margin = answered(without_rules, leads.features)
    assert np.corrcoef(margin, model.margin(leads.features))[0, 1] > 0.9  # what no rule says is learned
    assert without_rules.rules_share is None
    assert without_rules.rules_alone().rules_share is None


def test_a_model_without_rules_is_written_and_read(without_rules, leads):
    read = ReadinessModel.from_dict(without_rules.to_dict(), without_rules.trees)
    assert read == without_rules
    assert read.margin(leads.features).tobytes() == without_rules.margin(leads.features).tobytes()


def test_no_rules_award_nothing(leads):
    assert Awards(RulesSpec(rules=())).of(leads.features).points.shape == (600, 0)
    assert Awards(RulesSpec(rules=())).of(leads.features.rows(np.arange(0))).points.shape == (0, 0)


def test_a_word_that_only_later_leads_have_is_as_good_as_none(leads):
    known = leads.rows(leads.features.values[:, 1] != 2)  # the words still name all three
    model = fit_readiness(known, recipe())
    assert model.words["lead_type"] == ("existing", "new")
    unseen, missing = answered(model, asked([3, 2, 7, np.nan, np.nan], [3, np.nan, 7, np.nan, np.nan]))
    assert unseen == missing


def test_nobody_recent_sets_no_level(model, leads):
    with pytest.raises(LeadmlError) as caught:
        recalibrated(model, leads.rows(np.arange(0)))
    assert (caught.value.code, caught.value.where) == ("too_few_outcomes", "recent")


def test_a_bag_without_any_recent_lead_has_the_level_of_all_time(leads):
    ready = leads.ready.copy()
    ready[-2:] = [1, 0]
    learner = LearnerSpec(smallest_leaf=10, most_trees=0, bags=40, level_days=1)
    model = fit_readiness(dataclasses.replace(leads, ready=ready), dataclasses.replace(recipe(), learner=learner))
    answered(model, leads.features)
    levels = [line.level for line in model.bag_lines]
    assert np.isfinite(levels).all()
    assert 0.0 not in levels


def test_a_lead_type_that_is_read_as_a_number_shifts_nothing(leads):
    numbers = (feature("visits"), feature("lead_type").model_copy(update={"values": "number"}))
    matrix = FeatureMatrix(NAMES[:2], leads.features.values[:, :2], {})
    without_words = dataclasses.replace(recipe(), features=numbers)
    model = fit_readiness(dataclasses.replace(leads, features=matrix), without_words)
    assert model.calibration.lead_type is None
