"""Whom to hand over now: the best first, as many as sales can take."""

from types import SimpleNamespace

import numpy as np
import pytest

from leadml.clock import parse_instant
from leadml.hand_over_queue import make_queue
from leadml.hand_overs import HandOvers
from leadml.outcomes import NEVER
from leadml.specs.calendar_spec import CalendarSpec

WEDNESDAY = "2026-03-04T12:00:00+09:00"


def at(text):
    return parse_instant(text, where="tests")


def scored(lead_id, unclipped, *, recommended="sql", stage="mql", explored=False):
    placement = SimpleNamespace(band="A", recommended_lifecycle_stage=recommended, explored=explored, owner=None)
    return SimpleNamespace(
        lead_id=lead_id,
        score=round(unclipped),
        lifecycle_stage=stage,
        placement=placement,
        explanation=SimpleNamespace(unclipped=unclipped),
    )


def handed_over(*happened, known=None):
    happened_at = np.array([at(text) for text in happened], dtype=np.int64)
    known_at = happened_at if known is None else np.array([at(text) for text in known], dtype=np.int64)
    never = np.full(len(happened), NEVER)
    return HandOvers(np.arange(len(happened)), happened_at, known_at, never, never)


@pytest.fixture
def agreed(spec):
    """Agree on what sales can take, Monday to Friday in Tokyo."""

    def agree(leads_a_day):
        promises = spec.agreement.promises
        capacity = None if leads_a_day is None else {"leads_a_day": leads_a_day}
        values = promises.model_dump(mode="json", exclude_none=True) | {"capacity": capacity}
        changed = type(promises).model_validate(values, strict=False)
        office = CalendarSpec(time_zone="Asia/Tokyo", holidays="JP")
        return spec.agreement.model_copy(update={"promises": changed, "calendar": office})

    return agree


@pytest.fixture
def line_up(agreed):
    def make(leads_a_day, *, as_of=WEDNESDAY, hand_overs=(), scores=12, known=None):
        many = [scored(f"L{number:02}", 60 - number) for number in range(scores)]
        return make_queue(many, handed_over(*hand_overs, known=known), agreed(leads_a_day), at(as_of))

    return make


THIS_WEEK = [f"2026-03-0{day}T1{hour}:00:00+09:00" for day, hours in ((2, 4), (3, 3)) for hour in range(hours)]


def test_on_wednesday_two_more_go_after_seven_of_nine(line_up):
    queue = line_up(3, hand_overs=["2026-02-27T10:00:00+09:00", *THIS_WEEK])
    assert queue.handed_over_this_week == 7
    assert queue.room == 2
    assert [score.lead_id for score in queue.goes_now] == ["L00", "L01"]
    assert len(queue.waiting) == 12


def test_the_week_begins_on_the_local_monday(line_up):
    sunday_in_utc = ["2026-03-01T15:30:00Z"]
    assert line_up(3, hand_overs=sunday_in_utc).handed_over_this_week == 1
    assert line_up(3, hand_overs=["2026-03-01T14:30:00Z"]).handed_over_this_week == 0


def test_what_is_not_known_yet_has_not_happened(line_up):
    queue = line_up(3, hand_overs=THIS_WEEK[:2], known=[THIS_WEEK[0], "2026-03-05T00:00:00Z"])
    assert queue.handed_over_this_week == 1


def test_nobody_goes_while_the_office_is_closed(line_up):
    assert line_up(3, as_of="2026-03-07T12:00:00+09:00").room == 0
    assert line_up(3, as_of="2026-03-20T12:00:00+09:00").room == 0  # the spring equinox, a Friday


def test_a_week_that_took_more_than_agreed_owes_nothing(line_up):
    assert line_up(1, hand_overs=THIS_WEEK).room == 0


def test_parts_of_a_lead_add_up(line_up):
    """Half a lead a day is two or three a week, five in two weeks: each Friday takes what the week has left."""
    fridays = [f"2026-{month:02}-{day:02}T12:00:00+09:00" for month, day in ((4, 3), (4, 10), (4, 17), (4, 24))]
    rooms = [line_up(0.5, as_of=friday).room for friday in fridays]
    assert set(rooms) == {2, 3}
    assert sum(rooms) == 10


@pytest.mark.parametrize("leads_a_day", [0.5, 1.7, 3])
def test_day_by_day_no_lead_more_or_less_goes_than_agreed(line_up, leads_a_day):
    """Four weeks in which whoever may go does go, at noon; there are no holidays in them."""
    noons = [f"2026-06-{day:02}T12:00:00+09:00" for day in range(1, 29)]
    went = []
    for noon in noons:
        went += [noon] * line_up(leads_a_day, as_of=noon, hand_overs=went).room
    assert abs(len(went) - 20 * leads_a_day) < 1
    assert not any(noon[8:10] in ("06", "07", "13", "14", "20", "21", "27", "28") for noon in went)


def test_without_a_capacity_all_go(line_up):
    queue = line_up(None)
    assert queue.room is None
    assert queue.goes_now == queue.waiting


def test_the_best_first_but_lots_before_them(agreed):
    scores = [scored("L1", 40.0), scored("L2", 70.0), scored("L3", 5.0, explored=True), scored("L4", 70.0)]
    queue = make_queue(scores, handed_over(), agreed(1), at(WEDNESDAY))
    assert [score.lead_id for score in queue.waiting] == ["L3", "L2", "L4", "L1"]
    assert [line["goes_now"] for line in queue.to_dict()["waiting"]] == [True, True, True, False]


def test_who_is_held_or_with_sales_already_does_not_wait(agreed):
    scores = [
        scored("L1", 90.0, recommended="mql"),
        scored("L2", 90.0, stage="sql", recommended="sql"),
        scored("L3", 90.0, stage="sql", recommended="customer"),
        scored("L4", 90.0, recommended="opportunity"),
        scored("L5", 90.0, stage=None),
    ]
    queue = make_queue(scores, handed_over(), agreed(9), at(WEDNESDAY))
    assert [score.lead_id for score in queue.waiting] == ["L4", "L5"]
