"""What a trial cannot tell is told to be so; and what it says to tell moves its figures."""

from dataclasses import replace

import pytest

from leadml.agreement.transitions import required_fields
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.calendar_spec import CalendarSpec
from leadml.specs.promises_spec import BandSpec, CapacitySpec, PromisesSpec
from leadml.trials.scored import Scored
from leadml.trials.side import see
from leadml.trials.trying import try_promises
from leadml.trials.untried import find_untried

ESCALATION = {"at_percent": 100, "notify": "sales manager"}
CALENDAR = {"time_zone": "UTC"}
LATE = {"monday": ["10:00-18:00"], "tuesday": ["09:00-18:00"], "wednesday": ["09:00-18:00"]} | {
    "thursday": ["09:00-18:00"],
    "friday": ["09:00-18:00"],
}

# What one key becomes: of the highest band, of the promises, of the calendar.
TRIED = {
    "band": {
        "name": "Hot",
        "score_at_least": 55,
        "probability_at_least": 0.5,
        "stays_within_points": 5,
        "maximum_age_days": 1,
        "lifecycle_stage": "mql",
    },
    "promises": {"capacity": {"leads_a_day": 1}, "exploration_share": 0.5},
    "calendar": {
        "time_zone": "Pacific/Kiritimati",
        "business_hours": {"monday": ["09:00-18:00"]},
        "holidays": {"closed": ["2026-01-02", "2026-01-05"]},
    },
}
UNTRIED = {
    "band": {
        "automatic": True,
        "owner": "Anna",
        "accept_within_hours": 4,
        "first_attempt_within_hours": 2,
        "clock": "wall",
        "connect_attempts": {"at_least": 1},
    },
    "promises": {
        "connect_attempts": {"at_least": 9},
        "escalation": [ESCALATION],
        "stagnation_days": {"mql": 3},
        "targets": {"accepted_in_time": 0.5},
    },
    "calendar": {"business_hours": LATE, "after_hours": "next_open"},
}
CASES = [
    pytest.param(of, key, value, tried, id=f"{of}.{key}")
    for tried, cases in ((True, TRIED), (False, UNTRIED))
    for of, keys in cases.items()
    for key, value in keys.items()
]


@pytest.fixture
def agreement(agreed):
    return agreed(capacity={"leads_a_day": 2}, calendar=CALENDAR, required_fields={"customer": ["country"]})


@pytest.fixture
def past(scored_of, agreement) -> Scored:
    """Thirty leads in two weeks, whose scores rise or fall a little; half lack a country."""
    rows = [
        (lead, day, 40 + (7 * lead + shift) % 40) for lead in range(30) for day, shift in ((1 + lead % 7, 0), (11, -8))
    ]
    scored = scored_of(*rows)
    lacking = required_fields(agreement.definitions)
    standings = tuple(
        replace(standing, lead_id=f"L{lead}", missing=lacking if lead % 2 else ())
        for lead, standing in zip(scored.leads.tolist(), scored.standings, strict=True)
    )
    return replace(scored, standings=standings)


def changed(agreement, of, key, value):
    """Change one key of the agreement as its file has it."""
    plain = agreement.model_dump(mode="json", exclude_none=True)
    node = {
        "band": lambda: plain["promises"]["bands"]["default"][0],
        "promises": lambda: plain["promises"],
        "calendar": lambda: plain["calendar"],
        "definitions": lambda: plain["definitions"],
    }[of]()
    if key == "probability_at_least":
        del node["score_at_least"]
    node[key] = value
    return AgreementSpec.model_validate(plain, strict=False)


def figures(trial):
    told = {**trial.to_dict()["new"]}
    del told["version"]
    return told


@pytest.mark.parametrize(("of", "key", "value", "tried"), CASES)
def test_what_is_not_told_to_be_untried_moves_figures_and_the_rest_moves_none(past, agreement, of, key, value, tried):
    new = changed(agreement, of, key, value)
    trial = try_promises(see(past, agreement), see(past, new), seed=1)
    assert (figures(trial) != figures(try_promises(see(past, agreement), see(past, agreement), seed=1))) == tried
    assert bool(trial.not_tried) == (not tried)
    assert all(key in untried.path for untried in trial.not_tried)


def test_every_key_of_the_promises_is_asked():
    """A key that is new is to be decided on."""
    for of, spec in (("band", BandSpec), ("promises", PromisesSpec), ("calendar", CalendarSpec)):
        assert {*TRIED[of], *UNTRIED[of]} == set(spec.model_fields) - {"bands"}
    assert set(CapacitySpec.model_fields) == {"representatives", "leads_a_day", "hours_a_lead"}


def test_fields_that_a_stage_requires_are_tried(past, agreement):
    new = changed(agreement, "definitions", "required_fields", {"sql": ["country"]})
    trial = try_promises(see(past, agreement), see(past, new), seed=1)
    assert 0 < trial.new.hand_overs < trial.old.hand_overs
    assert trial.not_tried == ()


def test_of_a_return_reason_only_its_policy_and_its_wait_are_tried(agreement):
    def with_reason(**keys):
        reason = {"policy": "negative", "phase": "after_work", "recycle_after_days": 10, **keys}
        return changed(agreement, "definitions", "return_reasons", {"not_ready": reason})

    old = with_reason()
    for keys in ({"policy": "censored"}, {"recycle_after_days": 20}):
        assert find_untried(old, with_reason(**keys)) == ()
    for keys in ({"phase": "before_work"}, {"needs_all_attempts": True}):
        (untried,) = find_untried(old, with_reason(**keys))
        assert untried.path == f"definitions.return_reasons.not_ready.{next(iter(keys))}"
        assert "not ready" in untried.en
        assert untried.ja


def test_tiers_are_neither_learned_nor_read(agreement):
    def with_tiers(share):
        profile = {"criteria": [{"attribute": "country", "any_of": ["JP"]}], "tiers": {"A": share}}
        return changed(agreement, "definitions", "ideal_customer_profile", profile)

    (untried,) = find_untried(with_tiers(0.8), with_tiers(0.9))
    assert untried.path == "definitions.ideal_customer_profile.tiers.A"


def test_where_nobody_agreed_on_a_capacity_no_queue_grows_stale(agreed):
    """Days on which the office is closed and the age of a hand-over are those of the queue alone."""
    old = agreed(calendar=CALENDAR)
    for of, key in (("band", "maximum_age_days"), ("calendar", "holidays"), ("calendar", "business_hours")):
        assert find_untried(old, changed(old, of, key, TRIED[of][key]))


def test_names_and_dates_are_nothing_to_be_tried(agreement):
    other = agreement.model_copy(update={"version": "next"})
    assert find_untried(agreement, other) == ()
