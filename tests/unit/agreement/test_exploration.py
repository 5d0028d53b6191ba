"""The lot of exploration: the right share, the same all week, independent of last week's."""

import math
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from leadml.agreement.exploration import lot_of
from leadml.clock import DAY, parse_instant

TOKYO = ZoneInfo("Asia/Tokyo")
MONDAY = parse_instant("2026-03-02T00:00:00+09:00", where="tests")
LEADS = 100_000


@pytest.fixture(scope="module")
def lots():
    """Draw the lots of 100,000 leads in two weeks that follow each other."""
    return [
        np.array([lot_of(f"L{number}", "1", week, TOKYO) for number in range(LEADS)])
        for week in (MONDAY, MONDAY + 7 * DAY)
    ]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_the_share_of_leads_explored_is_the_share_agreed_on(lots, share):
    for week in lots:
        assert abs((week < share).mean() - share) <= 3 * math.sqrt(share * (1 - share) / LEADS)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_two_weeks_know_nothing_of_each_other(lots, share):
    first, second = (week < share for week in lots)
    both = share**2
    assert abs((first & second).mean() - both) <= 3 * math.sqrt(both * (1 - both) / LEADS)


def test_a_lot_holds_from_monday_to_sunday_where_people_work():
    lots = [lot_of("L1", "1", instant, TOKYO) for instant in range(MONDAY, MONDAY + 7 * DAY, DAY // 4)]
    assert set(lots) == {lots[0]}
    assert lot_of("L1", "1", MONDAY + 7 * DAY - 1, TOKYO) == lots[0]
    assert lot_of("L1", "1", MONDAY - 1, TOKYO) != lots[0] != lot_of("L1", "1", MONDAY + 7 * DAY, TOKYO)
    # Where it is still Sunday, the week before is on.
    assert lot_of("L1", "1", MONDAY, ZoneInfo("UTC")) == lot_of("L1", "1", MONDAY - 1, TOKYO)


def test_another_lead_another_version_and_another_year_draw_anew():
    lots = [
        lot_of("L1", "1", MONDAY, TOKYO),
        lot_of("L2", "1", MONDAY, TOKYO),
        lot_of("L1", "2", MONDAY, TOKYO),
        lot_of("L11", "", MONDAY, TOKYO),
        lot_of("L1", "1", MONDAY + 364 * DAY, TOKYO),  # week 10 of the year after
    ]
    assert len(set(lots)) == len(lots)
