"""What waits for somebody: broken and not done yet, at risk, or open."""

import json

import pytest

from leadml.clock import parse_instant
from leadml.errors import LeadmlError
from leadml.kept.due import find_due
from leadml.kept.states import State

ESCALATION = [
    {"at_percent": 50, "notify": "owner"},
    {"at_percent": 100, "notify": "manager"},
    {"at_percent": 200, "notify": "manager", "reassign": True},
]


@pytest.fixture
def due(known, agreed):
    """Ask on 2 March at 14:00:01; four hours to the first attempt are promised."""
    history = known(
        """
        L1,2026-03-02T10:00:00Z
        L2,2026-03-02T10:30:00Z
        L3,2026-03-02T13:00:00Z
        L4,2026-03-02T05:00:00Z
        L5,2026-03-02T05:00:00Z
        L6,2026-03-02T05:00:00Z
        L7,2026-02-10T05:00:00Z,mql
        L8,2026-02-19T05:00:00Z,mql
        L9,2026-03-01T05:00:00Z,mql
        """,
        connect_attempts="lead_id,happened_at,channel,result,made_by\nL5,2026-03-02T11:00:00Z,phone,no_answer,person",
        status_changes="lead_id,happened_at,lead_status\nL6,2026-03-02T12:00:00Z,returned",
        assignments="lead_id,happened_at,owner\nL1,2026-03-02T10:01:00Z,aoki\nL7,2026-02-11T00:00:00Z,endo",
    )
    agreement = agreed(
        band={"first_attempt_within_hours": 4, "owner": "inside sales"},
        escalation=ESCALATION,
        stagnation_days={"mql": 14},
    )
    return find_due(history, agreement, parse_instant("2026-03-02T14:00:01Z", where="tests"))


def test_the_most_urgent_comes_first(due):
    told = [(one.lead_id, one.promise, one.state.value) for one in due.promises]
    # L5 was tried too late and L6 returned too late: broken, and nothing is left to do. L9 has just come.
    assert told == [
        ("L1", "first_attempt", "broken"),  # a second ago
        ("L4", "first_attempt", "broken"),
        ("L7", "stuck", "broken"),
        ("L2", "first_attempt", "at_risk"),
        ("L8", "stuck", "at_risk"),
        ("L3", "first_attempt", "open"),
    ]
    assert [due.count(state) for state in (State.BROKEN, State.AT_RISK, State.OPEN)] == [3, 2, 1]


def test_each_says_for_whom_and_which_step_is_reached(due):
    told = {one.lead_id: (one.owner, one.step and (one.step.notify, one.step.reassign)) for one in due.promises}
    assert told == {
        "L1": ("aoki", ("manager", False)),
        "L4": ("inside sales", ("manager", True)),  # 9 of 4 hours
        "L7": ("endo", ("manager", False)),
        "L2": ("inside sales", ("owner", False)),
        "L8": (None, ("owner", False)),
        "L3": ("inside sales", None),  # a quarter of its time
    }


def test_one_owner_is_told_his_own(due):
    assert [one.lead_id for one in due.of_owner("aoki").promises] == ["L1"]
    with pytest.raises(LeadmlError, match="Did you mean 'aoki'") as caught:
        due.of_owner("aokki")
    assert caught.value.code == "unknown_word"


def test_a_long_list_says_how_much_was_left_off(due):
    told = json.loads(json.dumps(due.to_dict(most=2)))
    assert [one["lead_id"] for one in told["due"]] == ["L1", "L4"]
    assert (told["left_off"], told["broken"], told["at_risk"], told["open"]) == (4, 3, 2, 1)
    assert told["due"][1]["escalation"] == {"at_percent": 200, "notify": "manager", "reassign": True}
    assert told["due"][1]["used_percent"] == pytest.approx(225.0, abs=0.1)
