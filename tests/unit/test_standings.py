"""Where a lead stands: its last band, what people chose, how long it waits, what nobody knows of it."""

import numpy as np
import pytest

from leadml.agreement.placement import Standing
from leadml.clock import DAY, parse_instant, to_iso
from leadml.history.inline import Arrival, histories_from_records
from leadml.specs.agreement_spec import RequiredFieldSpec, ReturnReasonSpec
from leadml.standings import LastBand, Standings
from leadml.vocabulary import ReturnPolicy

DEPARTMENT = RequiredFieldSpec(attribute="department")
COUNTRY = RequiredFieldSpec(attribute="country", of="company")
NOW = parse_instant("2026-06-01T00:00:00Z", where="tests")


def at(day):
    return to_iso(parse_instant(f"2026-03-{day:02}T09:00:00Z", where="tests"))


@pytest.fixture(scope="module")
def agreement(spec):
    """Agree on what placing can ask for, over the agreement of tests/project."""
    definitions = spec.agreement.definitions
    reasons = {
        "not_ready": ReturnReasonSpec(policy=ReturnPolicy.NEGATIVE, recycle_after_days=30),
        "unable_to_reach": ReturnReasonSpec(policy=ReturnPolicy.CENSORED, recycle_after_days=10.5),
        "duplicate": ReturnReasonSpec(policy=ReturnPolicy.EXCLUDED),
    }
    more = {"return_reasons": reasons, "required_fields": {"sql": (DEPARTMENT, COUNTRY), "mql": (DEPARTMENT,)}}
    promises = spec.agreement.promises.model_copy(update={"exploration_share": 0.1})
    return spec.agreement.model_copy(update={"definitions": definitions.model_copy(update=more), "promises": promises})


@pytest.fixture(scope="module")
def stands(agreement):
    """Say where a lead with some facts stands on a day of March 2026, at noon."""

    def find(day=31, *, under=agreement, last_bands=None, **facts):
        lead = {"lead_id": "L1", "created_at": at(1), **facts}
        (inline,) = histories_from_records([lead], under.definitions, Arrival(NOW))
        as_of = np.array([parse_instant(f"2026-03-{day:02}T12:00:00Z", where="tests")])
        (found,) = Standings(under).find(inline.history, ["L1"], np.array([0]), as_of, last_bands)
        return found

    return find


def decision(day, word, band=None, **more):
    return {"happened_at": at(day), "decision": word, **({} if band is None else {"band": band}), **more}


def returned(day, reason="not_ready"):
    return {"happened_at": at(day), "lead_status": "returned", **({} if reason is None else {"reason": reason})}


def stage(day, word):
    return {"happened_at": at(day), "lifecycle_stage": word}


def test_of_a_lead_without_facts_nothing_is_known(stands):
    found = stands()
    assert found == Standing(found.as_of, None, None, missing=(DEPARTMENT, COUNTRY), lead_id="L1")


@pytest.mark.parametrize(
    ("decisions", "band"),
    [
        ([], None),
        ([decision(2, "hand_over", "A"), decision(3, "keep", "C")], "C"),
        ([decision(3, "keep", "C"), decision(2, "hand_over", "A")], "C"),
        ([decision(2, "hand_over", "A"), decision(3, "release")], "A"),  # of any decision that names one
        ([decision(2, "hand_over", "A"), decision(3, "keep", "gold")], "A"),  # no list has it: it says nothing
        ([decision(2, "a word of the CRM", "B")], "B"),
        ([decision(2, "hand_over", "A"), decision(3, "keep", "C", known_at="2026-04-01T09:00:00Z")], "A"),
    ],
)
def test_the_last_band_is_that_of_the_last_decision_known_that_names_one(stands, decisions, band):
    assert stands(decisions=decisions).last_band == band


@pytest.mark.parametrize(
    ("answered", "band"),
    [(at(4), "B"), (at(3), "A"), (at(2), "A")],  # of one instant, the decision's
)
def test_a_decision_from_the_last_answer_on_says_more_than_it(stands, answered, band):
    last = {"L1": LastBand("B", parse_instant(answered, where="tests"))}
    assert stands(decisions=[decision(3, "hand_over", "A")], last_bands=last).last_band == band
    assert stands(decisions=[decision(3, "release")], last_bands=last).last_band == "B"
    assert stands(last_bands=last).last_band == "B"
    assert stands(last_bands={"L2": LastBand("B", 0)}).last_band is None


@pytest.mark.parametrize(
    ("decisions", "override"),
    [
        ([decision(2, "override", "A")], "A"),
        ([decision(2, "override", "gold")], "gold"),  # placing says that nobody has it
        ([decision(2, "override")], None),
        ([decision(2, "override", "A"), decision(3, "override", "C")], "C"),
        ([decision(2, "override", "A"), decision(3, "release")], None),
        ([decision(2, "override", "A"), decision(3, "hand_over", "A")], None),
        ([decision(2, "override", "A"), decision(3, "whatever")], None),
        ([decision(2, "override", "A"), decision(3, "release", known_at="2026-04-01T09:00:00Z")], "A"),
        ([decision(2, "override", "A", known_at="2026-04-01T09:00:00Z")], None),
    ],
)
def test_an_override_holds_until_the_next_decision(stands, decisions, override):
    assert stands(decisions=decisions).override == override


def waits(found):
    return None if found.waits_until is None else to_iso(found.waits_until)[:16]


HANDED_OVER = [stage(2, "sql")]


@pytest.mark.parametrize(
    ("facts", "until"),
    [
        ({"status_changes": [returned(5)]}, "2026-04-04T09:00"),
        ({"status_changes": [returned(5)], "stage_changes": HANDED_OVER}, "2026-04-04T09:00"),
        ({"status_changes": [returned(25, "unable_to_reach")]}, "2026-04-04T21:00"),
        ({"status_changes": [returned(5), returned(25, "unable_to_reach")]}, "2026-04-04T21:00"),
        ({"status_changes": [returned(20, "unable_to_reach")]}, None),  # over since the 30th at 21:00
        ({"status_changes": [returned(5, "duplicate")]}, None),
        ({"status_changes": [returned(5, "a word of the CRM")]}, None),
        ({"status_changes": [returned(5, None)]}, None),
        ({"status_changes": [returned(5), returned(6, "duplicate")]}, None),  # the last return says for how long
        # Another hand-over ends the wait; the same stage said again, or another one, does not.
        ({"status_changes": [returned(5)], "stage_changes": [*HANDED_OVER, stage(6, "lead"), stage(9, "sql")]}, None),
        ({"status_changes": [returned(5)], "stage_changes": [*HANDED_OVER, stage(9, "sql")]}, "2026-04-04T09:00"),
        ({"status_changes": [returned(5)], "stage_changes": [*HANDED_OVER, stage(9, "lead")]}, "2026-04-04T09:00"),
        ({"status_changes": [returned(5)], "decisions": [decision(6, "hand_over", "A")]}, None),
        ({"status_changes": [returned(5)], "decisions": [decision(6, "override", "A")]}, None),
        ({"status_changes": [returned(5)], "decisions": [decision(5, "hand_over", "A")]}, "2026-04-04T09:00"),
        ({"status_changes": [returned(5)], "decisions": [decision(6, "keep", "B")]}, "2026-04-04T09:00"),
        # A decision to recycle waits from its own instant, for as long as the return's reason says.
        ({"status_changes": [returned(5)], "decisions": [decision(8, "recycle")]}, "2026-04-07T09:00"),
        ({"status_changes": [returned(5, None)], "decisions": [decision(8, "recycle")]}, None),
        ({"decisions": [decision(8, "recycle")]}, None),
        (
            {
                "status_changes": [returned(5)],
                "stage_changes": [*HANDED_OVER, stage(6, "lead"), stage(9, "sql")],
                "decisions": [decision(20, "recycle")],
            },
            "2026-04-19T09:00",
        ),
        ({"status_changes": [returned(5)], "decisions": [decision(8, "recycle"), decision(9, "hand_over")]}, None),
    ],
)
def test_a_returned_lead_waits_as_long_as_its_reason_says(stands, facts, until):
    found = stands(**facts)
    assert waits(found) == until
    assert (found.returned_as is not None) == (until is not None)


def test_a_wait_is_over_at_its_end_and_not_before(agreement):
    lead = {"lead_id": "L1", "created_at": at(1), "status_changes": [returned(5)]}
    (inline,) = histories_from_records([lead], agreement.definitions, Arrival(NOW))
    end = parse_instant(at(5), where="tests") + 30 * DAY
    instants = np.array([end - 1, end])
    found = Standings(agreement).find(inline.history, ["L1", "L1"], np.zeros(2, np.int64), instants)
    assert [one.waits_until for one in found] == [end, None]


@pytest.mark.parametrize("known_late", ["status_changes", "decisions", "stage_changes"])
def test_what_was_not_known_yet_makes_nobody_wait_and_ends_no_wait(stands, known_late):
    facts = {
        "status_changes": [returned(5)],
        "decisions": [decision(8, "hand_over", "A")],
        "stage_changes": [stage(2, "sql"), stage(6, "lead"), stage(9, "sql")],
    }
    if known_late != "status_changes":
        facts = {name: told for name, told in facts.items() if name in ("status_changes", known_late)}
    before = stands(**{name: told for name, told in facts.items() if name != known_late})
    late = [{**fact, "known_at": "2026-04-01T09:00:00Z"} for fact in facts[known_late]]
    assert replaced(stands(**{**facts, known_late: late})) == replaced(before)
    assert waits(before) == (None if known_late == "status_changes" else "2026-04-04T09:00")


def replaced(found):
    return found.last_band, found.override, found.waits_until, found.returned_as, found.lifecycle_stage


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({}, (DEPARTMENT, COUNTRY)),
        ({"attributes": {"department": "production"}}, (COUNTRY,)),
        ({"attributes": {"department": "production", "country": "JP"}}, (COUNTRY,)),  # of the person, not the company
        ({"attributes": {"department": "it"}, "company": {"attributes": {"country": "JP"}}}, ()),
        ({"attributes": {"department": ""}, "company": {"attributes": {"country": "JP"}}}, (DEPARTMENT,)),
    ],
)
def test_a_field_that_some_stage_requires_is_missing_where_nobody_knows_it(stands, facts, missing):
    assert stands(**facts).missing == missing


def test_a_field_is_missing_until_it_is_known_and_again_when_it_is_cleared(stands):
    def change(day, value, known_at=None):
        told = {"happened_at": at(day), "attribute": "department", "value": value}
        return told if known_at is None else {**told, "known_at": at(known_at)}

    company = {"attributes": {"country": "JP"}}
    assert stands(5, company=company, attribute_changes=[change(6, "it")]).missing == (DEPARTMENT,)
    assert stands(6, company=company, attribute_changes=[change(6, "it")]).missing == ()
    assert stands(8, company=company, attribute_changes=[change(6, "it", known_at=9)]).missing == (DEPARTMENT,)
    assert stands(9, company=company, attribute_changes=[change(6, "it"), change(8, "")]).missing == (DEPARTMENT,)


def test_a_closed_lead_is_told(stands):
    assert stands(status_changes=[{"happened_at": at(2), "lead_status": "unqualified"}]).closed
    assert not stands(status_changes=[{"happened_at": at(2), "lead_status": "new"}]).closed


def test_only_what_the_agreement_needs_is_asked(spec, stands):
    found = stands(under=spec.agreement, status_changes=[returned(5)], decisions=[decision(6, "hand_over", "A")])
    assert (found.missing, found.waits_until, found.last_band) == ((), None, "A")
