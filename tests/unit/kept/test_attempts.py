"""Attempts made against promised, worked out by hand; handed over on Monday 2 March 2026 at 10:00 UTC."""

import pytest

from leadml.kept.states import Promise

TEN = "2026-03-02T10:00:00Z"
HEAD = "lead_id,happened_at,channel,result,made_by\n"


def attempts(*lines):
    """Write attempts as `03-02T11:00`, or with channel and result behind; of a person."""
    usual, rows = ("phone", "no_answer"), []
    for line in lines:
        at, *said = line.split(",")
        rows.append(",".join(["L1", f"2026-{at}:00Z", *said, *usual[len(said) :], "person"]))
    return HEAD + "\n".join(rows)


@pytest.fixture
def states(known, agreed, judged_at, standing):
    """Say how promises about attempts stand under a cadence."""

    def found(cadence, *lines, as_of="2026-12-01T00:00:00Z", stop=None, promise="attempts_made"):
        tables = {} if stop is None else {"status_changes": f"lead_id,happened_at,lead_status\nL1,{stop},unqualified"}
        history = known(f"L1,{TEN}", connect_attempts=attempts(*lines), **tables)
        judged = judged_at(history, agreed(connect_attempts=cadence), as_of)
        return (*standing(judged, promise), int(judged.broken_by[Promise(promise)][0]))

    return found


def made(answer):
    return answer[0]


THREE = {"at_least": 3, "within_days": 2, "channels": ["phone", "email"]}


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["03-02T11:00", "03-03T11:00", "03-04T10:00"], "kept"),  # the third at the end of two days
        (["03-02T11:00", "03-03T11:00", "03-04T10:01"], "broken"),
        (["03-02T09:59", "03-03T11:00", "03-04T10:00"], "broken"),  # one came before the hand-over
        (["03-02T11:00", "03-02T11:00,email", "03-02T11:00,phone,connected"], "kept"),  # three at one instant
        (["03-02T11:00,phone,connected"], "kept"),  # reached: nobody is owed two more calls
        (["03-04T10:01,phone,connected"], "broken"),  # reached too late
    ],
)
def test_all_promised_attempts_or_until_the_lead_is_reached(states, lines, state):
    assert made(states(THREE, *lines)) == state


def test_a_channel_that_was_not_promised_does_not_count(states):
    lines = ["03-02T11:00,email", "03-02T12:00,email", "03-02T13:00"]
    assert made(states({**THREE, "channels": ["email"]}, *lines)) == "broken"
    assert made(states(THREE, *lines)) == "kept"


def test_which_results_reach_a_lead_is_agreed(states):
    assert made(states({**THREE, "until": []}, "03-02T11:00,phone,connected")) == "broken"


def test_attempts_are_at_risk_late_in_their_days(states):
    # Two days are 48 hours; 36 of them are over on the 3rd at 22:00.
    assert made(states(THREE, "03-02T11:00", as_of="2026-03-03T22:00:00Z")) == "open"
    assert made(states(THREE, "03-02T11:00", as_of="2026-03-03T22:00:01Z")) == "at_risk"
    assert made(states(THREE, "03-02T11:00", stop="2026-03-03T22:00:00Z")) == "not_owed"
    assert made(states({**THREE, "at_least": 0}, "03-02T11:00")) == "not_owed"


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["03-02T11:00", "03-02T15:00", "03-02T19:00"], ("kept", 0)),  # four hours are enough
        (["03-02T11:00", "03-02T14:59", "03-02T18:00"], ("broken", 2)),
        (["03-02T09:00", "03-02T11:00"], ("kept", 0)),  # what was before the hand-over is another matter
        (["03-02T11:00,phone,connected", "03-02T12:00"], ("kept", 0)),  # they spoke: the next call is no attempt more
        (["03-02T11:00", "03-04T09:00", "03-04T10:01"], ("kept", 0)),  # after the two days nothing is promised
        ([], ("not_owed", 0)),
    ],
)
def test_time_is_left_between_attempts(states, lines, answer):
    cadence = {**THREE, "hours_between": 4}
    assert states(cadence, *(lines or ["01-01T00:00"]), promise="spacing") == answer


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["03-02T11:00", "03-02T12:00", "03-03T00:00"], ("kept", 0)),
        (["03-02T11:00", "03-02T12:00", "03-02T23:59"], ("broken", 1)),
        (["03-02T09:00", "03-02T11:00", "03-02T12:00"], ("kept", 0)),
    ],
)
def test_not_more_attempts_a_day_than_agreed(states, lines, answer):
    assert states({**THREE, "most_a_day": 2}, *lines, promise="most_a_day") == answer


def test_days_and_quiet_hours_are_local(known, agreed, judged_at, standing):
    # In Tokyo the 2nd ends at 15:00 UTC, and 20:00 is 11:00 UTC.
    cadence = {**THREE, "most_a_day": 1, "quiet_hours": "20:00-08:00"}
    history = known(f"L1,{TEN}", connect_attempts=attempts("03-02T10:59", "03-02T15:30", "03-02T23:00"))
    judged = judged_at(history, agreed(connect_attempts=cadence, calendar={"time_zone": "Asia/Tokyo"}))
    # 19:59 is not quiet yet; 00:30 of the 3rd is; 08:00 of the 3rd is not any more, and the second of that day.
    assert judged.broken_by[Promise.QUIET_HOURS].tolist() == [1]
    assert judged.broken_by[Promise.MOST_A_DAY].tolist() == [1]
    assert standing(judged, "quiet_hours") == ["broken"]


@pytest.mark.parametrize(
    ("lines", "as_of", "state"),
    [
        (["03-02T11:00", "03-02T12:00,email", "03-02T13:00"], "2026-03-02T13:01:00Z", "kept"),
        (["03-02T11:00", "03-02T12:00"], "2026-03-02T13:01:00Z", "broken"),
        (["03-02T11:00"], "2026-03-02T13:01:00Z", "open"),
        (["03-02T11:00"], "2026-12-01T00:00:00Z", "kept"),  # as far as it went
        (["01-01T00:00"], "2026-12-01T00:00:00Z", "not_owed"),
        (["03-02T11:00,phone,connected", "03-02T12:00"], "2026-03-02T13:01:00Z", "kept"),  # reached by the first
    ],
)
def test_the_first_attempts_follow_the_sequence(states, lines, as_of, state):
    assert made(states({**THREE, "sequence": ["phone", "email"]}, *lines, as_of=as_of, promise="sequence")) == state


def test_how_attempts_are_made_is_open_until_none_can_break_it(states):
    cadence = {**THREE, "most_a_day": 1}
    assert made(states(cadence, "03-02T11:00", as_of="2026-03-04T10:00:00Z", promise="most_a_day")) == "open"
    assert made(states(cadence, "03-02T11:00", as_of="2026-03-04T10:00:00.000001Z", promise="most_a_day")) == "kept"
