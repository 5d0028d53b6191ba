"""An answer that is known stays as it is, and no order of rows is in it."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadml.clock import DAY, parse_instant, to_iso
from leadml.history.inline import Arrival, histories_from_records
from leadml.outcomes import NOT_KNOWN, find_outcomes

AS_OF = parse_instant("2026-03-01T00:00:00Z", where="tests")
END = AS_OF + 400 * DAY  # the history reaches far beyond window and grace
WORDS = {
    "stage_changes": {"lifecycle_stage": ["lead", "mql", "sql", "customer", "elsewhere"]},
    "status_changes": {
        "lead_status": ["working", "returned", "unqualified"],
        "reason": ["not_ready", "unable_to_reach", "duplicate"],
    },
    "connect_attempts": {"channel": ["phone"], "result": ["connected"], "made_by": ["person", "robot"]},
}
DAYS = st.builds(
    lambda days, side: days * DAY + side,
    st.sampled_from([-20, -1, 0, 10, 14, 29, 30, 40, 44]),
    st.sampled_from([-1, 0, 1]),
)
LATE = st.sampled_from([0, 0, 0, DAY, 50 * DAY])


def facts(table, instants):
    words = st.fixed_dictionaries({column: st.sampled_from(values) for column, values in WORDS[table].items()})
    return st.builds(
        lambda happened_at, late, words: {
            "happened_at": to_iso(happened_at),
            "known_at": to_iso(happened_at + late),
            **words,
        },
        instants,
        LATE,
        words,
    )


TABLES = st.fixed_dictionaries(
    {table: st.lists(facts(table, DAYS.map(lambda days: AS_OF + days)), max_size=5) for table in WORDS}
)


@pytest.fixture(scope="module")
def outcome_of(definitions):
    """Say what became of a lead: the answer, when it closed, whether sales tried, and why not."""

    def find(tables):
        end = {"happened_at": to_iso(END), "activity": "page_view"}
        record = {"lead_id": "L1", "created_at": to_iso(AS_OF - 100 * DAY), "activities": [end], **tables}
        (inline,) = histories_from_records([record], definitions, Arrival(END + 1000 * DAY))
        found = find_outcomes(inline.history, np.array([0]), np.array([AS_OF]), definitions)
        return tuple(int(values[0]) for values in (found.answer, found.closed_at, found.worked, found.why_not))

    return find


@given(tables=TABLES, data=st.data())
def test_a_fact_after_the_answer_closed_changes_nothing(tables, data, outcome_of):
    before = outcome_of(tables)
    table = data.draw(st.sampled_from(sorted(WORDS)))
    closed_at = before[1]
    later = st.one_of(st.just(closed_at), st.integers(closed_at, END)).filter(lambda instant: instant <= END)
    fact = data.draw(facts(table, later))
    assert outcome_of({**tables, table: [*tables[table], fact]}) == before


@given(tables=TABLES, data=st.data())
def test_the_order_of_rows_changes_nothing(tables, data, outcome_of):
    shuffled = {table: data.draw(st.permutations(rows)) for table, rows in tables.items()}
    assert outcome_of(shuffled) == outcome_of(tables)


@given(tables=TABLES)
def test_an_answer_that_was_clear_early_still_waits_until_all_has_passed(tables, outcome_of):
    answer, closed_at, _, _ = outcome_of(tables)
    assume(answer != NOT_KNOWN)
    assert closed_at >= AS_OF + 44 * DAY
