import time

import numpy as np
import pandas as pd
import pytest

from leadml.history.fingerprint import fingerprint_of
from leadml.history.sources import read_history
from leadml.history.tables import FactTable, History

LEADS = """
    lead_id,created_at,country
    L1,2026-01-01T00:00:00Z,JP
    L2,2026-01-02T00:00:00Z,DE
"""
ACTIVITIES = """
    lead_id,happened_at,known_at,activity,value
    L1,2026-01-03T00:00:00Z,2026-01-03T00:00:00Z,email_click,1
    L1,2026-01-04T00:00:00Z,2026-01-04T00:00:00Z,page_view,
    L2,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z,page_view,2.5
"""


@pytest.fixture
def fingerprint(history_of):
    return lambda **tables: fingerprint_of(history_of(**{"leads": LEADS, "activities": ACTIVITIES, **tables}))


def test_neither_the_order_of_rows_nor_their_place_counts(demo_project, tmp_path):
    for number, path in enumerate(sorted(demo_project.data.glob("*.csv"))):
        rows = pd.read_csv(path, dtype="str", keep_default_na=False)
        rows.sample(frac=1, random_state=number).to_csv(tmp_path / path.name, index=False)
    spec = demo_project.spec
    shuffled = read_history(spec.history, tmp_path, spec.agreement.definitions)
    assert fingerprint_of(shuffled) == fingerprint_of(demo_project.history)


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("activities", "L2,2026-01-05T00:00:00Z,2026-01-05", "L2,2026-01-04T23:59:59Z,2026-01-05"),
        ("activities", "L2,2026-01-05T00:00:00Z,2026-01-05", "L2,2026-01-05T00:00:00Z,2026-01-06"),
        ("activities", "email_click", "email_open"),
        ("activities", "2.5", "2.25"),
        ("activities", "page_view,\n", "page_view,0\n"),
        ("activities", "L1,2026-01-04", "L2,2026-01-04"),
        ("activities", "    L2,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z,page_view,2.5\n", ""),
        ("leads", "L2,2026-01-02", "L2,2026-01-02T01:00:00Z#"),
        ("leads", "DE", "FR"),
    ],
)
def test_every_change_of_a_fact_counts(fingerprint, table, old, new):
    before = {"leads": LEADS, "activities": ACTIVITIES}
    text = before[table].replace(old, new).replace("#T00:00:00Z", "")
    assert text != before[table]
    assert fingerprint(**{table: text}) != fingerprint()


def test_the_name_of_a_lead_counts(fingerprint):
    assert fingerprint(leads=LEADS.replace("L2", "L3"), activities=ACTIVITIES.replace("L2", "L3")) != fingerprint()


def test_a_table_that_is_empty_is_not_one_that_is_unknown():
    never = np.empty(0, np.int64)
    empty = FactTable(np.array([0, 0]), never, never, {}, np.empty((0, 0), np.int32), (), np.empty((0, 0)))
    nothing = History(("L1",), {"activities": empty}, (), 0)
    unknown = History(("L1",), {}, ("activities",), 0)
    assert fingerprint_of(nothing) != fingerprint_of(unknown)


def test_a_row_that_says_the_same_again_does_not_count(fingerprint):
    again = ACTIVITIES.rstrip() + "\n    L1,2026-01-03T00:00:00Z,2026-01-03T00:00:00Z,email_click,1\n"
    assert fingerprint(activities=again) == fingerprint()


def table_of(words, codes):
    times = np.zeros(2, np.int64)
    columns = {"activity": words}
    return FactTable(np.array([0, 2]), times, times, columns, np.array([codes], np.int32), (), np.empty((0, 2)))


def test_words_that_no_row_has_do_not_count():
    few = History(("L1",), {"activities": table_of(("b", "d"), [1, 0])}, (), 0)
    many = History(("L1",), {"activities": table_of(("a", "b", "c", "d"), [3, 1])}, (), 0)
    assert fingerprint_of(few) == fingerprint_of(many)
    other = History(("L1",), {"activities": table_of(("a", "b", "c", "d"), [3, 0])}, (), 0)
    assert fingerprint_of(few) != fingerprint_of(other)


def test_a_million_facts_take_less_than_half_a_second():
    random, facts = np.random.default_rng(1), 1_000_000
    first = np.linspace(0, facts, 50_001).astype(np.int64)
    times = random.integers(0, 1 << 50, facts)
    words = {"activity": tuple("abcdefgh"), "content": tuple(sorted(f"c{word}" for word in range(5000)))}
    codes = np.vstack([random.integers(-1, 8, facts), random.integers(-1, 4000, facts)]).astype(np.int32)
    table = FactTable(first, times, times, words, codes, ("value",), random.random((1, facts)))
    history = History(tuple(f"L{lead:06}" for lead in range(50_000)), {"activities": table}, (), 0)
    started = time.process_time()
    fingerprint_of(history)
    assert time.process_time() - started < 0.5
