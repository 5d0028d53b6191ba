"""A capacity as people say it."""

import pytest

from leadml.errors import LeadmlError
from leadml.specs.calendar_spec import CalendarSpec
from leadml.trials.capacity import leads_a_day, working_days_a_week

OFFICE = CalendarSpec(time_zone="Asia/Tokyo")


@pytest.mark.parametrize(
    ("said", "a_day"),
    [
        ("12 reps x 8 leads a day", 96),
        ("12 x 8", 96),
        ("12x8", 96),
        ("3 people × 2.5 leads per day", 7.5),
        ("3 * 2,5", 7.5),
        ("2 representatives times 10 leads a week", 4),
        ("40 a week", 8),
        ("40 leads per week", 8),
        ("96 a day", 96),
        ("96/day", 96),
        ("5人×2件/日", 10),
        ("５人×２件／日", 10),
        ("1,000 a week", 200),
        ("１,０００ a week", 200),
        ("１，０００件／週", 200),
        ("1,200 leads a day", 1_200),
        ("12,000.5 a day", 12_000.5),
        ("1,000,000 a day", 1_000_000),
        ("2 x 1,250", 2_500),
        ("1000 a week", 200),
        ("1,5 a day", 1.5),
        ("1,25 a day", 1.25),
        ("0,125 a day", 0.125),
        ("0.125 a day", 0.125),
        ("1.000 a week", None),  # one, or a thousand
        ("12.500 a day", None),
        ("1.234,5 a day", None),
        ("1,2,3 a day", None),
        ("週", None),
        ("96", None),
        ("-3 a day", None),
        ("12 reps", None),
        ("many x few", None),
        ("", None),
    ],
)
def test_a_capacity_is_read_as_leads_a_working_day(said, a_day):
    if a_day is not None:
        assert leads_a_day(said, OFFICE) == pytest.approx(a_day)
        return
    with pytest.raises(LeadmlError, match=r"Fix: .*12 reps x 8 leads a day") as raised:
        leads_a_day(said, OFFICE)
    assert raised.value.code == "unread_capacity"


@pytest.mark.parametrize("said", ["0 a day", "0 reps x 3 leads a day", "3 x 0 a week"])
def test_nobody_is_no_capacity(said):
    with pytest.raises(LeadmlError, match=f"With {said} sales takes no lead at all") as raised:
        leads_a_day(said, OFFICE)
    assert raised.value.code == "empty_capacity"


def test_a_week_has_the_working_days_that_were_agreed():
    shop = CalendarSpec.model_validate({"time_zone": "UTC", "business_hours": {"saturday": ("10:00-14:00",)}})
    assert working_days_a_week(None) == 7
    assert leads_a_day("12 a week", shop) == 12 / working_days_a_week(shop)
