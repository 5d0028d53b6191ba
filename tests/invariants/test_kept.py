"""What is said of promises rests on what was known, and a promise that was kept is never called broken later."""

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from leadml.clock import DAY, HOUR, parse_instant, to_iso
from leadml.history.inline import Arrival, histories_from_records
from leadml.kept.due import find_due
from leadml.kept.judging import TIMED
from leadml.kept.report import make_report
from leadml.kept.states import Promise, State
from leadml.specs.agreement_spec import AgreementSpec

START = parse_instant("2026-03-02T10:00:00Z", where="tests")
# Few instants, a microsecond to either side: deadlines, stops and ties are met often.
INSTANTS = st.builds(
    lambda hours, side: START + hours * HOUR + side,
    st.sampled_from([-30, 0, 1, 3, 4, 9, 20, 24, 48, 50, 72, 100]),
    st.sampled_from([0, 0, 0, -1, 1]),
)
AS_OF = st.builds(
    lambda hours, side: START + hours * HOUR + side,
    st.sampled_from([1, 4, 8, 24, 49, 72, 200]),
    st.sampled_from([0, 1]),
)
DELAYS = st.sampled_from([0, 0, 0, 1, 5 * HOUR, 3 * DAY, 40 * DAY])
TABLES = {
    "stage_changes": {"lifecycle_stage": ["sql", "sql", "sql", "mql", "lead", "opportunity", "customer"]},
    "status_changes": {
        "lead_status": ["returned", "unqualified", "working"],
        "reason": ["not_ready", "unable_to_reach", ""],
    },
    "connect_attempts": {
        "channel": ["phone", "email"],
        "result": ["no_answer", "connected"],
        "made_by": ["person", "person", "robot"],
    },
    "assignments": {"owner": ["aoki", "endo"]},
    "decisions": {"decision": ["hand_over"], "band": ["A", "B", "C"]},
}


def facts(columns, most=5):
    return st.lists(
        st.builds(
            lambda happened_at, delay, words: {"happened_at": happened_at, "known_at": happened_at + delay, **words},
            INSTANTS,
            DELAYS,
            st.fixed_dictionaries({column: st.sampled_from(words) for column, words in columns.items()}),
        ),
        max_size=most,
    )


def accepted(lists):
    """Let some owners accept, some hours after they were assigned."""
    return [
        {**fact, "accepted_at": fact["happened_at"] + number * 3 * HOUR} if number % 3 else fact
        for number, fact in enumerate(lists)
    ]


HANDED_OVER = {"happened_at": START, "known_at": START, "lifecycle_stage": "sql"}
RECORDS = st.lists(
    st.fixed_dictionaries({name: facts(columns) for name, columns in TABLES.items()}).map(
        lambda record: {
            **record,
            "stage_changes": [HANDED_OVER, *record["stage_changes"]],
            "assignments": accepted(record["assignments"]),
        }
    ),
    min_size=1,
    max_size=3,
)


@pytest.fixture(scope="module")
def agreement(spec):
    told = spec.agreement.model_dump(exclude_none=True)
    band = {"accept_within_hours": 9, "first_attempt_within_hours": 4, "maximum_age_days": 3, "lifecycle_stage": "sql"}
    cadence = {"at_least": 2, "within_days": 2, "hours_between": 2, "most_a_day": 2, "sequence": ["phone", "email"]}
    told["promises"] = {
        "bands": {
            "default": [
                {"name": "A", "score_at_least": 60, **band, "first_attempt_within_hours": 1},
                {"name": "B", "score_at_least": 40, **band},
                {"name": "C", "first_attempt_within_hours": 24, "clock": "wall"},
            ]
        },
        "connect_attempts": {**cadence, "quiet_hours": "20:00-08:00"},
        "stagnation_days": {"sql": 2},
    }
    told["calendar"] = {"time_zone": "Asia/Tokyo", "holidays": "JP"}
    return AgreementSpec.model_validate(told, strict=False)


@pytest.fixture(scope="module")
def history_from(definitions):
    def build(records):
        told = [
            {
                "lead_id": f"L{number}",
                "created_at": to_iso(START - 40 * DAY),
                **{name: sent(one) for name, one in record.items()},
            }
            for number, record in enumerate(records)
        ]
        (inline,) = histories_from_records(told, definitions, Arrival(START + 1000 * DAY))
        return inline.history

    return build


def sent(records):
    return [
        {name: to_iso(value) if isinstance(value, int) else value for name, value in fact.items() if value != ""}
        for fact in records
    ]


def known_by(record, as_of):
    """Leave out what was not known, also that somebody accepted."""
    kept = {}
    for table, lists in record.items():
        known = [fact for fact in lists if fact["happened_at"] < as_of and fact["known_at"] < as_of]
        kept[table] = [
            {name: value for name, value in fact.items() if name != "accepted_at" or value < as_of} for fact in known
        ]
    return kept


@given(records=RECORDS, as_of=AS_OF)
def test_adding_what_was_not_known_changes_nothing(history_from, agreement, records, as_of):
    without = [known_by(record, as_of) for record in records]
    event(f"adds something: {without != records}")
    whole, part = history_from(records), history_from(without)
    assert make_report(whole, agreement, as_of).to_dict() == make_report(part, agreement, as_of).to_dict()
    assert find_due(whole, agreement, as_of).to_dict() == find_due(part, agreement, as_of).to_dict()


def states_of(history, agreement, as_of, promises):
    """Name how each promise of each hand-over stands, by lead and instant."""
    judged = make_report(history, agreement, as_of).judged
    return {
        (int(lead), int(at), promise): tuple(State)[judged.states[promise][row]]
        for row, (lead, at) in enumerate(zip(judged.hand_overs.leads, judged.hand_overs.happened_at, strict=True))
        for promise in promises
    }


@given(records=RECORDS, first=AS_OF, second=AS_OF)
def test_later_a_kept_promise_is_never_broken(history_from, agreement, records, first, second):
    history = history_from(records)
    early, late = sorted((first, second))
    before = states_of(history, agreement, early, TIMED)
    after = states_of(history, agreement, late, TIMED)
    kept = [key for key, state in before.items() if state is State.KEPT]
    event(f"something was kept: {bool(kept)}")
    # What becomes known late may show that the clock had stopped; it never makes a kept promise a broken one.
    assert {after[key] for key in kept} <= {State.KEPT, State.NOT_OWED}


@given(records=RECORDS, first=AS_OF, second=AS_OF)
def test_what_is_decided_stays_decided_where_nothing_is_learned_late(history_from, agreement, records, first, second):
    at_once = [
        {table: [{**fact, "known_at": fact["happened_at"]} for fact in lists] for table, lists in record.items()}
        for record in records
    ]
    history = history_from(at_once)
    early, late = sorted((first, second))
    before = states_of(history, agreement, early, tuple(Promise))
    after = states_of(history, agreement, late, tuple(Promise))
    decided = {key: state for key, state in before.items() if state in (State.KEPT, State.BROKEN)}
    event(f"something was decided: {bool(decided)}")
    assert {key: after[key] for key in decided} == decided
