"""The past scored without hindsight, and what is new to the model that answers."""

from dataclasses import replace

import numpy as np
import pytest

from leadml.clock import DAY
from leadml.dataset import make_training_set
from leadml.learners.rules import RulesModel
from leadml.outcomes import find_outcomes
from leadml.specs.agreement_spec import RequiredFieldSpec
from leadml.splits import periods_from, rolling_periods
from leadml.standings import Standings
from leadml.trials.scored import score_what_is_new, score_without_hindsight
from leadml.trials.trying import DefinitionsTrial, PromisesTrial, try_agreement


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Learn the line of the rules alone: what is asked here is what a fit is given, not how well it learns."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("leadml.trials.scored.fit_recipe", rules_alone)
        yield


def rules_alone(train, spec):
    return RulesModel.fit(spec.rules, train.features, train.ready, train.weights)


@pytest.fixture(scope="module")
def waiting_spec(spec):
    """Let each return make its lead wait, so long that some wait when they are scored."""
    definitions = spec.agreement.definitions
    reasons = {
        name: reason.model_copy(update={"recycle_after_days": 200.0})
        for name, reason in definitions.return_reasons.items()
    }
    waiting = definitions.model_copy(update={"return_reasons": reasons})
    return replace(spec, agreement=spec.agreement.model_copy(update={"definitions": waiting}))


@pytest.fixture(scope="module")
def periods(demo_training_set, spec):
    return rolling_periods(demo_training_set, spec.readiness.test)


@pytest.fixture(scope="module")
def scored(quick, demo_history, demo_training_set, periods, waiting_spec):
    return score_without_hindsight(demo_history, demo_training_set, periods, waiting_spec)


def test_each_score_comes_of_a_model_that_knew_only_what_came_before(scored):
    for period in scored.periods:
        assert period.knows_until <= period.from_
    assert (scored.as_of >= scored.from_).all()
    assert (scored.as_of < scored.until).all()


def test_the_weeks_are_full_from_the_first(scored, demo_history):
    """Leads that were created before the test are scored too: else volumes would grow from nothing."""
    created = demo_history.created_at[scored.leads]
    assert (created < scored.from_).sum() > 20


def test_outcomes_are_those_of_the_history(scored, demo_history, definitions):
    outcomes = find_outcomes(demo_history, scored.leads, scored.as_of, definitions)
    assert scored.answer.tolist() == outcomes.answer.tolist()


def test_leads_stand_where_they_were_known_to_stand(scored, demo_history, waiting_spec):
    """Returns that make a lead wait are known to a trial; the band that another agreement gave is not."""
    lead_ids = [demo_history.lead_ids[lead] for lead in scored.leads.tolist()]
    found = Standings(waiting_spec.agreement).find(demo_history, lead_ids, scored.leads, scored.as_of)
    assert scored.standings == tuple(replace(standing, last_band=None) for standing in found)
    assert any(standing.waits_until is not None for standing in found)


def test_a_planted_future_changes_no_score(scored, demo_history, demo_training_set, periods, spec):
    """Turn every answer that came after a period began: what was said in that period stays, to the bit."""
    begins = periods[1].from_
    turned = np.where(demo_training_set.closed_at > begins, 1 - demo_training_set.ready, demo_training_set.ready)
    assert (turned != demo_training_set.ready).sum() > 50
    planted = replace(demo_training_set, ready=turned)
    cut = periods_from(planted, [split.from_ for split in periods])
    again = score_without_hindsight(demo_history, planted, cut, spec)
    before = scored.as_of < scored.periods[2].from_
    week_after = scored.as_of < begins
    assert again.margin[before].tobytes() == scored.margin[before].tobytes()
    assert again.level.shift[week_after].tobytes() == scored.level.shift[week_after].tobytes()
    assert again.margin[~before].tobytes() != scored.margin[~before].tobytes()


def test_a_lead_that_came_back_is_a_new_episode(scored, demo_history):
    later = np.flatnonzero(scored.episodes > 0)
    assert len(later)
    stages = demo_history.facts["stage_changes"]
    for row in later[:20].tolist():
        low, high = stages.first[scored.leads[row]], stages.first[scored.leads[row] + 1]
        known = stages.known_at[low:high] < scored.as_of[row]
        entered = [
            stages.texts["lifecycle_stage"].words[code] for code in stages.texts["lifecycle_stage"].codes[low:high]
        ]
        assert "sql" in np.array(entered)[known]


def test_what_is_new_was_not_learned_from(demo_history, demo_model, spec, definitions):
    new = score_what_is_new(demo_history, demo_model, spec)
    outcomes = find_outcomes(demo_history, new.leads, new.as_of, definitions)
    counted = new.as_of >= new.from_
    assert counted.sum() > 100
    assert (outcomes.closed_at[counted] >= demo_model.knows_until).all()
    assert new.until == demo_history.known_until + 1


def test_changed_promises_are_tried_on_the_same_scores(demo_project, spec):
    promises = spec.agreement.promises
    other = replace(
        spec, agreement=spec.agreement.model_copy(update={"version": "next", "promises": promises.model_copy()})
    )
    trial = try_agreement(spec, other, demo_project.read_under, lambda _: None)
    assert isinstance(trial, PromisesTrial)
    assert trial.new.became == trial.old.became
    assert (trial.old.version, trial.new.version) == (spec.agreement.version, "next")


def test_each_agreement_places_leads_where_they_stand_under_it(demo_project, spec):
    """A field that nobody has, and waits for life: definitions that no model learns, and each holds leads back."""
    definitions = spec.agreement.definitions
    reasons = {
        name: reason.model_copy(update={"recycle_after_days": 3_650.0})
        for name, reason in definitions.return_reasons.items()
    }
    nobody_has = {"sql": (RequiredFieldSpec(attribute="never_known_field"),)}
    trials = [
        try_agreement(spec, with_definitions(spec, definitions, **changed), demo_project.read_under, lambda _: None)
        for changed in ({"required_fields": nobody_has}, {"return_reasons": reasons})
    ]
    required, waits = trials
    assert required.old.hand_overs == waits.old.hand_overs > 20
    assert (required.new.hand_overs, required.new.became.known) == (0, 0)
    assert len(required.leave.lead_ids) == required.old.hand_overs
    assert 0 < waits.new.hand_overs < waits.old.hand_overs
    assert required.not_tried == waits.not_tried == ()


def with_definitions(spec, definitions, **changed):
    other = spec.agreement.model_copy(update={"definitions": definitions.model_copy(update=changed)})
    return replace(spec, agreement=other)


def test_changed_definitions_are_learned_anew_over_the_same_periods(demo_project, spec, periods):
    ready = spec.agreement.definitions.ready.model_copy(update={"within_days": 10.0})
    definitions = spec.agreement.definitions.model_copy(update={"ready": ready})
    other = replace(spec, agreement=spec.agreement.model_copy(update={"version": "next", "definitions": definitions}))
    trial = try_agreement(spec, other, demo_project.read_under, lambda _: None)
    assert isinstance(trial, DefinitionsTrial)
    starts = [split.from_ for split in periods]
    assert [period.from_ for period in trial.old.periods] == [period.from_ for period in trial.new.periods] == starts
    assert trial.new.base_rate == make_training_set(demo_project.history, other).base_rate < trial.old.base_rate
    assert trial.new.periods[-1].until - trial.old.periods[-1].until == 20 * DAY
    assert trial.to_dict()["comparable"] is False
