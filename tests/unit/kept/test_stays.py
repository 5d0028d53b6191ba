"""How long leads stay in a stage, in days; ten are agreed for SQL."""

import numpy as np

from leadml.kept.states import State
from leadml.kept.stays import find_stays


def test_a_lead_that_stays_longer_than_agreed_is_stuck(known, agreed, judged_at):
    history = known(
        """
        L1,2026-03-02T10:00:00Z,sql
        L1,2026-03-12T10:00:00Z,opportunity
        L2,2026-03-02T10:00:00Z,sql
        L2,2026-03-12T10:00:01Z,opportunity
        L3,2026-03-02T10:00:00Z,sql
        L4,2026-03-02T10:00:00Z,mql
        L4,2026-03-02T10:00:00Z,sql
        L4,2026-03-02T10:00:00Z,opportunity
        L5,2026-03-02T10:00:00Z,sql
        L5,2026-03-10T10:00:00Z,sql
        L5,2026-03-12T10:00:00Z,elsewhere
        """,
        status_changes="lead_id,happened_at,lead_status\nL3,2026-03-05T10:00:00Z,returned",
    )
    agreement = agreed(stagnation_days={"sql": 10, "customer": 5})
    judged = judged_at(history, agreement)
    sql, customer = find_stays(history, agreement, judged.calendar, judged.as_of)
    assert (sql.stage, customer.stage, len(customer.leads)) == ("sql", "customer", 0)
    states = [tuple(State)[code].value for code in sql.timed.states]
    # L1 in time; L2 a second late; L3 was returned; L4 passed at once; L5 said the same again, and a word nobody knows.
    assert list(zip(sql.leads.tolist(), states, strict=True)) == [
        (0, "kept"),
        (1, "broken"),
        (2, "not_owed"),
        (3, "kept"),
        (4, "broken"),
    ]
    assert np.flatnonzero(sql.stopped).tolist() == [2]


def test_without_agreed_days_nobody_is_stuck(known, agreed, judged_at):
    history = known("L1,2026-03-02T10:00:00Z")
    judged = judged_at(history, agreed())
    assert find_stays(history, agreed(), judged.calendar, judged.as_of) == ()
