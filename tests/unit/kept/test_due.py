"""What waits for somebody: broken and not done yet, at risk, or open."""

import json
from dataclasses import replace

import pytest

from leadml.clock import parse_instant
from leadml.errors import LeadmlError
from leadml.kept.due import count_states, find_due
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


def test_what_can_still_be_kept_comes_first(due):
    told = [(one.lead_id, one.promise, one.state.value) for one in due.promises]
    # L5 was tried too late and L6 returned too late: broken, and nothing is left to do.
    assert told == [
        ("L2", "first_attempt", "at_risk"),
        ("L3", "first_attempt", "open"),
        ("L1", "first_attempt", "broken"),  # a second ago
        ("L4", "first_attempt", "broken"),
    ]
    assert count_states(due.promises) == {State.AT_RISK: 1, State.OPEN: 1, State.BROKEN: 2}


def test_leads_that_stand_too_long_are_told_apart_from_promises(due):
    # L9 has just come.
    assert [(one.lead_id, one.promise, one.stage, one.state.value) for one in due.stays] == [
        ("L8", "stuck", "mql", "at_risk"),
        ("L7", "stuck", "mql", "broken"),
    ]


def test_each_says_for_whom_and_which_step_is_reached(due):
    told = {
        one.lead_id: (one.owner, one.of_side, one.step and (one.step.notify, one.step.reassign))
        for one in (*due.promises, *due.stays)
    }
    assert told == {
        "L1": ("aoki", False, ("manager", False)),
        "L4": ("inside sales", False, ("manager", True)),  # 9 of 4 hours
        "L7": ("endo", False, ("manager", False)),
        "L2": ("inside sales", False, ("owner", False)),
        "L8": ("Marketing operations", True, ("owner", False)),
        "L3": ("inside sales", False, None),  # a quarter of its time
    }


def test_where_nobody_has_a_lead_the_side_answers_that_owes_it(known, agreed):
    history = known(
        """
        L1,2026-03-02T10:00:00Z
        L2,2026-02-01T00:00:00Z,mql
        L3,2026-02-01T00:00:00Z,opportunity
        L4,2026-02-01T00:00:00Z
        """,
        connect_attempts="lead_id,happened_at,channel,result,made_by\nL3,2026-02-02T00:00:00Z,phone,no_answer,person",
    )
    agreement = agreed(
        band={"first_attempt_within_hours": 4}, stagnation_days={"mql": 14, "sql": 14, "opportunity": 14}
    )
    due = find_due(history, agreement, parse_instant("2026-03-02T11:00:00Z", where="tests"))
    assert [(one.lead_id, one.owner) for one in due.promises] == [("L1", "Inside sales"), ("L4", "Inside sales")]
    assert {one.lead_id: one.owner for one in due.stays} == {
        "L2": "Marketing operations",
        "L3": "Inside sales",
        "L4": "Inside sales",
    }
    assert all(one.of_side for one in (*due.promises, *due.stays))


def test_one_owner_is_told_his_own(due):
    his = due.only(owner="aoki")
    assert ([one.lead_id for one in his.promises], his.stays) == (["L1"], ())
    assert [one.lead_id for one in due.only(owner="Marketing operations").stays] == ["L8"]
    with pytest.raises(LeadmlError, match="Did you mean 'aoki'") as caught:
        due.only(owner="aokki")
    assert caught.value.code == "unknown_word"


def test_one_state_is_told_alone(due):
    def told(state):
        found = due.only(state=state)
        return [one.lead_id for one in found.promises], [one.lead_id for one in found.stays]

    assert told(State.AT_RISK) == (["L2"], ["L8"])
    assert told(State.OPEN) == (["L3"], [])
    assert told(State.BROKEN) == (["L1", "L4"], ["L7"])


def test_it_is_summed_up_by_owner_who_can_keep_most_first(due):
    told = [(one.owner, [*one.promises.values()], [*one.stays.values()]) for one in due.by_owner()]
    assert told == [
        ("inside sales", [1, 1, 1], [0, 0, 0]),
        ("aoki", [0, 0, 1], [0, 0, 0]),
        ("Marketing operations", [0, 0, 0], [1, 0, 0]),
        ("endo", [0, 0, 0], [0, 0, 1]),
    ]


def test_who_has_leads_may_be_asked_for_also_where_nothing_waits(due):
    assert due.joined([]).only(owner="Inside sales").promises == ()
    other = replace(due, promises=due.promises[-1:], stays=(), owners=frozenset(["mori"]))
    together = replace(due, promises=due.promises[:-1]).joined([other])
    assert together.promises == due.promises
    assert together.only(owner="mori").promises == ()


def test_all_of_it_is_plain_json(due):
    told = json.loads(json.dumps(due.to_dict()))
    assert [one["lead_id"] for one in told["promises"]] == ["L2", "L3", "L1", "L4"]
    assert told["counts"] == {
        "promises": {"at_risk": 1, "open": 1, "broken": 2},
        "stays": {"at_risk": 1, "open": 0, "broken": 1},
    }
    assert told["promises"][3]["escalation"] == {"at_percent": 200, "notify": "manager", "reassign": True}
    assert told["promises"][3]["used_percent"] == pytest.approx(225.0, abs=0.1)
    assert [(one["owner"], one["owner_is_side"]) for one in told["stays"]] == [
        ("Marketing operations", True),
        ("endo", False),
    ]
