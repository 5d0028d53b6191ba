"""Each promise of a hand-over, worked out by hand. Without a calendar the clock runs day and night."""

import numpy as np
import pytest

from leadml.history.tables import NOT_THERE
from leadml.kept.done import Stop
from leadml.kept.judging import judge, known_hand_overs
from leadml.kept.states import Promise

TEN = "2026-03-02T10:00:00Z"  # a Monday
ACCEPT = {"accept_within_hours": 9}
ATTEMPT = {"first_attempt_within_hours": 4}
HEAD = "lead_id,happened_at,channel,result,made_by\n"


# Attempts are known, and none follows a hand-over.
NO_ATTEMPT = HEAD + "L1,2026-01-01T00:00:00Z,phone,no_answer,person"


def attempts(*lines):
    """Write attempts of a person by phone, as `L1,03-02T11:00`, or others: `L1,03-02T11:00,email,connected,robot`."""
    usual, rows = ("phone", "no_answer", "person"), []
    for line in lines:
        lead, at, *said = line.split(",")
        rows.append(",".join([lead, f"2026-{at}:00Z", *said, *usual[len(said) :]]))
    return HEAD + "\n".join(rows)


def handed(*leads, at=TEN):
    return "\n".join(f"{lead},{at}" for lead in leads)


def told_since_january(*leads):
    """Hand leads over after the first acceptance that the history tells: of L0, which sales takes on as an MQL."""
    return f"{handed(*leads)}\nL0,2026-01-05T00:00:00Z,mql"


ASSIGNED = "lead_id,happened_at,owner,accepted_at\nL0,2026-01-05T00:00:00Z,endo,2026-01-05T00:00:00Z\n"


def test_accepted_up_to_the_deadline_itself_and_not_a_second_later(known, agreed, judged_at, standing):
    history = known(
        told_since_january("L1", "L2", "L3"),
        assignments=ASSIGNED
        + """L1,2026-03-02T10:05:00Z,aoki,2026-03-02T19:00:00Z
            L2,2026-03-02T10:05:00Z,aoki,2026-03-02T19:00:01Z
            L3,2026-03-02T10:05:00Z,aoki,
        """,
    )
    judged = judged_at(history, agreed(band=ACCEPT))
    # 10:00 and 9 hours are 19:00; L3 was assigned, and that is no acceptance.
    assert standing(judged, "accepted") == ["kept", "broken", "broken"]


def test_a_return_in_time_is_a_decision_too(known, agreed, judged_at, standing):
    history = known(
        told_since_january("L1", "L2"),
        status_changes="""
            lead_id,happened_at,lead_status,reason
            L1,2026-03-02T18:00:00Z,returned,duplicate
            L2,2026-03-02T19:00:01Z,returned,duplicate
        """,
        assignments=ASSIGNED,
    )
    assert standing(judged_at(history, agreed(band=ACCEPT)), "accepted") == ["kept", "broken"]


def test_where_nobody_ever_accepts_it_is_not_known_and_not_broken(known, agreed, judged_at, standing):
    history = known(
        handed("L1", "L2", "L3"),
        status_changes="""
            lead_id,happened_at,lead_status,reason
            L1,2026-03-02T18:00:00Z,returned,duplicate
            L2,2026-03-02T18:00:00Z,unqualified,
        """,
        assignments="lead_id,happened_at,owner\nL3,2026-03-02T10:05:00Z,aoki",
    )
    judged = judged_at(history, agreed(band=ACCEPT))
    # L1 came back in time: of the others one would never learn so, and a share of such leads alone is always 100 %.
    assert standing(judged, "accepted") == ["unknown", "not_owed", "unknown"]
    assert judged.owners.tolist() == [None, None, "aoki"]


def test_acceptances_are_known_of_hand_overs_from_the_first_one_told(known, agreed, judged_at, standing):
    history = known(
        "L1,2026-03-02T10:00:00Z\nL2,2026-03-02T10:59:59Z\nL3,2026-03-02T11:00:00Z\nL4,2026-03-02T12:00:00Z",
        assignments="""
            lead_id,happened_at,owner,accepted_at
            L1,2026-03-02T10:05:00Z,aoki,2026-03-02T11:00:00Z
            L2,2026-03-02T10:05:00Z,aoki,
            L3,2026-03-02T11:05:00Z,aoki,
            L4,2026-03-02T12:05:00Z,aoki,2026-03-02T13:00:00Z
        """,
    )
    # The CRM may have begun to write acceptances down with the first one: nothing before it can be broken, and of what
    # cannot be broken nothing is counted as kept.
    assert standing(judged_at(history, agreed(band=ACCEPT)), "accepted") == ["unknown", "unknown", "broken", "kept"]


def test_an_acceptance_is_not_known_before_it_happens(known, agreed, judged_at, standing):
    lines = ASSIGNED + "L1,2026-03-02T10:05:00Z,aoki,2026-03-02T15:00:00Z\n"
    history = known(
        told_since_january("L1", "L2"), assignments=lines + "L2,2026-03-02T10:05:00Z,aoki,2026-03-02T10:30:00Z"
    )
    agreement = agreed(band=ACCEPT)
    assert standing(judged_at(history, agreement, "2026-03-02T15:00:00Z"), "accepted") == ["open", "kept"]
    assert standing(judged_at(history, agreement, "2026-03-02T15:00:01Z"), "accepted") == ["kept", "kept"]


@pytest.mark.parametrize(
    ("as_of", "state"),
    [
        ("2026-03-02T10:00:00.000001Z", "open"),
        ("2026-03-02T13:00:00Z", "open"),  # 3 of 4 hours are three quarters, and not more
        ("2026-03-02T13:00:01Z", "at_risk"),
        ("2026-03-02T14:00:00Z", "at_risk"),  # what happens at 14:00 is not known yet
        ("2026-03-02T14:00:00.000001Z", "broken"),
    ],
)
def test_a_promise_is_open_then_at_risk_then_broken(known, agreed, judged_at, standing, as_of, state):
    judged = judged_at(known(handed("L1"), connect_attempts=NO_ATTEMPT), agreed(band=ATTEMPT), as_of)
    assert standing(judged, "first_attempt") == [state]


def test_at_risk_is_counted_in_the_hours_of_the_promise(known, agreed, judged_at, standing):
    calendar = {"time_zone": "Asia/Tokyo"}
    # Friday 17:00 in Tokyo: of 4 business hours one passes on Friday, the others on Monday from 09:00 to 12:00.
    history = known("L1,2026-03-06T08:00:00Z", connect_attempts=NO_ATTEMPT)
    agreement = agreed(band=ATTEMPT, calendar=calendar)
    # On Sunday 50 of 67 hours by day and night have passed, and still only one that counts.
    for as_of, state in (
        ("2026-03-08T10:00:00Z", "open"),
        ("2026-03-09T02:00:00Z", "open"),  # Monday 11:00, 3 of 4 hours
        ("2026-03-09T02:01:00Z", "at_risk"),
        ("2026-03-09T03:00:01Z", "broken"),
    ):
        assert standing(judged_at(history, agreement, as_of), "first_attempt") == [state], as_of
    assert judged_at(history, agreement).timed[Promise.FIRST_ATTEMPT].due.tolist() == [1_773_025_200_000_000]


def test_what_is_learned_late_counts_once_it_is_known(known, agreed, judged_at, standing):
    history = known(
        "L1,2026-03-02T10:00:00Z",
        connect_attempts="""
            lead_id,happened_at,known_at,channel,result
            L1,2026-03-02T11:00:00Z,2026-03-05T09:00:00Z,phone,no_answer
            L1,2026-03-09T11:00:00Z,2026-03-09T11:00:00Z,phone,no_answer
        """,
    )
    agreement = agreed(band=ATTEMPT)
    for as_of, state in (("2026-03-05T09:00:00Z", "broken"), ("2026-03-05T09:00:00.000001Z", "kept")):
        judged = judged_at(history, agreement, as_of)
        assert standing(judged, "first_attempt") == [state]
        assert len(judged.done.attempts) == (state == "kept")


def test_where_the_clock_begins_when_the_office_opens_risk_does_too(known, agreed, judged_at, standing):
    calendar = {"time_zone": "UTC", "after_hours": "next_open"}
    # Saturday noon: the clock begins on Monday at 09:00 and then runs through the night: 24 hours end on Tuesday.
    history = known("L1,2026-03-07T12:00:00Z", connect_attempts=NO_ATTEMPT)
    agreement = agreed(band={"first_attempt_within_hours": 24}, calendar=calendar)
    for as_of, state in (
        ("2026-03-09T08:59:00Z", "open"),
        ("2026-03-10T03:00:00Z", "open"),  # 18 of 24 hours
        ("2026-03-10T03:00:01Z", "at_risk"),
        ("2026-03-10T09:00:01Z", "broken"),
    ):
        assert standing(judged_at(history, agreement, as_of), "first_attempt") == [state], as_of


def test_the_first_attempt_is_a_valid_one_of_a_person(known, agreed, judged_at, standing):
    history = known(
        handed("L1", "L2", "L3", "L4", "L5"),
        connect_attempts=attempts(
            "L1,03-02T14:00",
            "L2,03-02T11:00,email,no_answer,automation",
            "L3,03-02T11:00,phone,wrong_number",
            "L4,03-02T11:00,fax",
            "L5,03-02T09:59",
        ),
    )
    # L1 at the deadline itself; a machine, a result and a channel that do not count; and one before the hand-over.
    judged = judged_at(history, agreed(band=ATTEMPT))
    assert standing(judged, "first_attempt") == ["kept", "broken", "broken", "broken", "broken"]


def test_what_belongs_to_the_next_hand_over_does_not_count_for_this_one(known, agreed, judged_at, standing):
    again = """
        L1,2026-03-02T10:00:00Z,sql
        L1,2026-03-02T12:00:00Z,lead
        L1,2026-03-02T13:00:00Z,sql
        L2,2026-03-02T10:00:00Z,sql
        L2,2026-03-03T12:00:00Z,lead
        L2,2026-03-03T13:00:00Z,sql
    """
    history = known(again, connect_attempts=attempts("L1,03-02T13:30", "L2,03-03T13:00"))
    judged = judged_at(history, agreed(band=ATTEMPT))
    # L1 went back before its first deadline: nothing is owed; L2 after it: broken. The attempts belong to the second
    # hand-overs, also the one at its very instant.
    assert standing(judged, "first_attempt") == ["not_owed", "kept", "broken", "kept"]
    assert judged.done.stopped_by.tolist() == [Stop.WENT_BACK, None, Stop.WENT_BACK, None]


def test_a_clock_stops_when_the_lead_is_handed_over_again(known, agreed, judged_at, standing):
    history = known(
        "L1,2026-03-02T10:00:00Z,sql\nL1,2026-03-02T11:00:00Z,opportunity\nL1,2026-03-02T12:00:00Z,sql",
        connect_attempts=attempts("L1,03-02T12:00"),
    )
    judged = judged_at(history, agreed(band=ATTEMPT))
    assert standing(judged, "first_attempt") == ["not_owed", "kept"]
    assert judged.done.stopped_by.tolist() == [Stop.HANDED_AGAIN, None]


@pytest.mark.parametrize(
    ("stop", "states"),
    [
        ("status_changes,lead_status,returned", ("not_owed", "broken")),
        ("status_changes,lead_status,unqualified", ("not_owed", "broken")),
        ("stage_changes,lifecycle_stage,customer", ("not_owed", "broken")),
        ("stage_changes,lifecycle_stage,lead", ("not_owed", "broken")),
        ("stage_changes,lifecycle_stage,opportunity", ("broken", "broken")),  # a deal begins: the call is owed still
        ("status_changes,lead_status,working", ("broken", "broken")),
    ],
)
def test_a_clock_stops_when_a_lead_is_returned_closed_or_won(known, agreed, judged_at, standing, stop, states):
    table, column, word = stop.split(",")
    # Four hours are promised: L1 stops at the deadline, 14:00, and L2 a second later.
    lines = f"L1,2026-03-02T14:00:00Z,{word}\nL2,2026-03-02T14:00:01Z,{word}"
    if table == "stage_changes":
        history = known(f"{handed('L1', 'L2')}\n{lines}", connect_attempts=NO_ATTEMPT)
    else:
        history = known(
            handed("L1", "L2"),
            connect_attempts=NO_ATTEMPT,
            status_changes=f"lead_id,happened_at,{column}\n{lines}",
        )
    assert tuple(standing(judged_at(history, agreed(band=ATTEMPT)), "first_attempt")) == states


def test_where_attempts_are_not_known_nothing_is_broken(known, agreed, judged_at, standing):
    history = known(
        handed("L1", "L2"), status_changes="lead_id,happened_at,lead_status\nL2,2026-03-02T11:00:00Z,unqualified"
    )
    cadence = {"at_least": 2, "within_days": 1, "most_a_day": 1}
    judged = judged_at(history, agreed(band={**ATTEMPT, "maximum_age_days": 3}, connect_attempts=cadence))
    for promise in ("first_attempt", "attempts_made", "not_stale"):
        assert standing(judged, promise) == ["unknown", "not_owed"]
    assert standing(judged, "most_a_day") == ["not_owed", "not_owed"]


def test_an_attempt_after_the_stop_no_longer_counts(known, agreed, judged_at, standing):
    history = known(
        handed("L1", "L2"),
        status_changes="lead_id,happened_at,lead_status\nL1,2026-03-02T11:00:00Z,returned\nL2,2026-03-02T11:00:00Z,returned",
        connect_attempts=attempts("L1,03-02T11:00", "L2,03-02T11:01"),
    )
    # At one instant all facts count together: the call by which L1 was given up was made.
    assert standing(judged_at(history, agreed(band=ATTEMPT)), "first_attempt") == ["kept", "not_owed"]


def test_a_lead_is_stale_without_an_attempt(known, agreed, judged_at, standing):
    history = known(handed("L1", "L2"), connect_attempts=attempts("L1,03-09T10:00", "L2,03-09T10:01"))
    judged = judged_at(history, agreed(band={"maximum_age_days": 7}))
    assert standing(judged, "not_stale") == ["kept", "broken"]


def test_what_a_band_does_not_promise_is_not_owed(known, agreed, judged_at, standing):
    judged = judged_at(known(handed("L1")), agreed())
    assert {state for promise in Promise for state in standing(judged, promise)} == {"not_owed"}


REASONS = {
    "not_ready": {"policy": "negative", "phase": "after_work"},
    "unable_to_reach": {"policy": "censored", "phase": "after_work", "needs_all_attempts": True},
    "duplicate": {"policy": "excluded", "phase": "before_work"},
    "moved": {"policy": "negative"},
}


def returns(*lines):
    return "lead_id,happened_at,lead_status,reason\n" + "\n".join(
        f"{line.split(',')[0]},2026-03-05T10:00:00Z,returned,{line.split(',')[1]}" for line in lines
    )


def test_a_return_says_an_agreed_reason(known, agreed, judged_at, standing):
    history = known(handed("L1", "L2", "L3", "L4"), status_changes=returns("L1,not_ready", "L2,no_time_for_it", "L3,"))
    agreement = agreed(definitions={"return_reasons": REASONS})
    assert standing(judged_at(history, agreement), "return_reason") == ["kept", "broken", "broken", "not_owed"]
    nothing_agreed = agreed(definitions={"return_reasons": {}})
    assert set(standing(judged_at(history, nothing_agreed), "return_reason")) == {"not_owed"}


def test_some_reasons_may_be_said_only_after_work(known, agreed, judged_at, standing):
    history = known(
        handed("L1", "L2", "L3", "L4", "L5"),
        status_changes=returns("L1,not_ready", "L2,not_ready", "L3,duplicate", "L4,duplicate", "L5,moved"),
        connect_attempts=attempts("L2,03-05T10:00", "L4,03-03T10:00"),
    )
    # A duplicate may be found before the first attempt, and after it as well; of `moved` nothing was agreed.
    judged = judged_at(history, agreed(definitions={"return_reasons": REASONS}))
    assert standing(judged, "return_phase") == ["broken", "kept", "kept", "kept", "not_owed"]


def test_unable_to_reach_is_valid_only_after_all_promised_attempts(known, agreed, judged_at, standing):
    lines = [f"{lead},03-0{day}T1{hour}:00" for lead in ("L1", "L2") for day in (3, 4) for hour in (1, 2)]
    history = known(
        handed("L1", "L2", "L3"),
        status_changes=returns("L1,unable_to_reach", "L2,unable_to_reach", "L3,unable_to_reach"),
        connect_attempts=attempts(
            *lines, "L1,03-05T10:00", "L2,03-05T09:00,email,no_answer,automation", "L2,03-05T10:01", "L3,03-03T11:00"
        ),
    )
    # L1 has its fifth attempt at the instant of the return. L2 has four: one is a machine's, one came later.
    agreement = agreed(definitions={"return_reasons": REASONS}, connect_attempts={"at_least": 5, "within_days": 10})
    judged = judged_at(history, agreement)
    assert standing(judged, "return_attempts") == ["kept", "broken", "broken"]
    assert standing(judged, "attempts_made") == ["kept", "not_owed", "not_owed"]


def test_a_band_owns_what_nobody_was_assigned(known, agreed, judged_at):
    history = known(
        handed("L1", "L2", "L3"),
        assignments="""
            lead_id,happened_at,owner
            L1,2026-03-02T10:05:00Z,aoki
            L1,2026-03-03T10:05:00Z,endo
            L1,2026-03-06T10:05:00Z,marketing
            L2,2026-03-01T10:05:00Z,chiba
        """,
        status_changes="lead_id,happened_at,lead_status\nL1,2026-03-05T10:00:00Z,returned",
    )
    # L1 was given on, and returned before marketing had it again; L2 had its owner before the hand-over.
    assert judged_at(history, agreed(band={"owner": "inside sales"})).owners.tolist() == [
        "endo",
        "chiba",
        "inside sales",
    ]


def test_nothing_known_of_stages_is_no_hand_over(history_of, agreed, judged_at):
    history = history_of(leads="lead_id,created_at\nL1,2026-01-01T00:00:00Z")
    assert len(judged_at(history, agreed(band=ATTEMPT))) == 0


def test_hand_overs_may_be_judged_in_any_parts(known, agreed):
    history = known(handed("L1", "L2", "L3"), connect_attempts=attempts("L1,03-02T11:00", "L3,03-02T15:00"))
    agreement, as_of = agreed(band=ATTEMPT), history.known_until + 1
    at, hand_overs = known_hand_overs(history, agreement, as_of)
    whole = judge(at, agreement, hand_overs, as_of).states[Promise.FIRST_ATTEMPT]
    parts = [judge(at, agreement, hand_overs.rows(np.array([row])), as_of) for row in range(3)]
    assert [int(part.states[Promise.FIRST_ATTEMPT][0]) for part in parts] == whole.tolist()
    assert NOT_THERE not in whole
