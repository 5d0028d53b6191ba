"""One lead, step by step."""

import pytest

from leadml.errors import LeadmlError
from leadml.kept.timeline import timelines_of

TABLES = {
    "assignments": """
        lead_id,happened_at,owner,accepted_at
        L1,2026-03-02T10:05:00Z,aoki,2026-03-02T11:00:00Z
        L2,2026-03-02T10:00:00Z,endo,2026-03-02T10:00:00Z
    """,
    "connect_attempts": """
        lead_id,happened_at,channel,result,made_by
        L1,2026-03-02T12:00:00Z,email,no_answer,automation
        L1,2026-03-02T15:00:00Z,phone,no_answer,person
        L1,2026-03-20T15:00:00Z,phone,no_answer,person
    """,
    "status_changes": "lead_id,happened_at,lead_status,reason\nL1,2026-03-05T10:00:00Z,returned,not_ready",
}
HAND_OVERS = """
    L1,2026-03-02T10:00:00Z,sql
    L1,2026-03-05T10:00:00Z,lead
    L1,2026-03-20T10:00:00Z,sql
    L2,2026-03-02T10:00:00Z,mql
"""


@pytest.fixture(scope="module")
def told(known, agreed, reported_at):
    history = known(HAND_OVERS, **TABLES)
    agreement = agreed(band={"accept_within_hours": 9, "first_attempt_within_hours": 4})
    report = reported_at(history, agreement, "2026-03-20T12:00:00Z")
    return lambda lead: timelines_of(history, report, lead)


def test_each_hand_over_is_told_up_to_the_next(told):
    first, second = told("L1")
    assert [(event.kind, *event.words.values()) for event in first.events] == [
        ("handed_over", None, "A"),
        ("assigned", "aoki"),
        ("accepted",),
        ("attempt_not_valid", "email", "no_answer", "automation"),
        ("due", "first_attempt", "broken"),
        ("attempt", "phone", "no_answer", "person"),
        ("due", "accepted", "kept"),
        ("returned", "not_ready"),
    ]
    assert {promise.value: state.value for promise, state in first.promises.items()} == {
        "accepted": "kept",
        "first_attempt": "broken",
        "return_reason": "kept",
    }
    # As known at noon of the 20th: the call at 15:00 has not happened.
    assert [event.kind for event in second.events] == ["handed_over", "due", "due"]
    assert second.promises["first_attempt"].value == "open"


def test_who_was_not_handed_over_has_nothing_to_tell(told):
    assert told("L2") == ()


def test_a_lead_that_nobody_knows_is_refused(told):
    with pytest.raises(LeadmlError) as caught:
        told("L3")
    assert (caught.value.code, caught.value.where) == ("unknown_lead", "--lead")
