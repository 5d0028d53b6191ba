"""Facts of leads between two instants."""

import numpy as np
import pytest

from leadml.history.spans import NO_FACT, latest_in, only, rows_from
from leadml.history.tables import FactTable

# Lead 0 has facts at 10, 20, 20 and 30; lead 1 has none; lead 2 has one at 20.
FIRST = np.array([0, 4, 4, 5])
TIMES = np.array([10, 20, 20, 30, 20])


@pytest.fixture
def table():
    known_at = np.array([10, 90, 20, 30, 25])
    return FactTable(FIRST, TIMES, known_at, {}, np.empty((0, 5), np.int32), (), np.empty((0, 5)))


@pytest.mark.parametrize(
    ("lead", "instant", "row"),
    [(0, 0, 0), (0, 10, 0), (0, 11, 1), (0, 20, 1), (0, 21, 3), (0, 31, 4), (1, 0, 4), (2, 20, 4), (2, 21, 5)],
)
def test_the_first_fact_from_an_instant_on(table, lead, instant, row):
    assert rows_from(table, np.array([lead]), np.array([instant])).tolist() == [row]


def test_questions_come_in_any_order(table):
    leads, instants = np.array([2, 0, 1, 0]), np.array([0, 31, 5, 20])
    assert rows_from(table, leads, instants).tolist() == [4, 4, 4, 1]


def test_the_latest_of_each_range_is_not_the_last(table):
    low, high = np.array([0, 1, 4, 2]), np.array([4, 2, 4, 4])
    assert latest_in(table.known_at, low, high).tolist() == [90, 90, NO_FACT, 30]


def test_some_facts_of_a_table_stay_with_their_leads(table):
    some = only(table, np.array([False, True, False, True, True]))
    assert some.first.tolist() == [0, 2, 2, 3]
    assert (some.happened_at.tolist(), some.known_at.tolist()) == ([20, 30, 20], [90, 30, 25])
    assert only(table, np.zeros(5, dtype=bool)).first.tolist() == [0, 0, 0, 0]


def test_no_question_has_no_answer(table):
    nobody = np.array([], dtype=np.int64)
    assert rows_from(table, nobody, nobody).tolist() == []
