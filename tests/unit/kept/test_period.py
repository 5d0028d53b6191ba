import numpy as np
import pytest

from leadml.clock import to_iso
from leadml.errors import LeadmlError
from leadml.kept.period import ALWAYS, Period


def test_days_belong_to_a_period_as_a_whole_in_local_time():
    # The clocks of Berlin change on 29 March: that day has 23 hours.
    period = Period.read("2026-03-29", "2026-03-29", time_zone="Europe/Berlin")
    assert (to_iso(period.begin), to_iso(period.end)) == (
        "2026-03-28T23:00:00.000000Z",
        "2026-03-29T22:00:00.000000Z",
    )


def test_an_instant_is_taken_as_it_is_and_the_end_lies_outside():
    period = Period.read("2026-03-01T09:00:00Z", "2026-03-01T10:00:00+00:00", time_zone="Asia/Tokyo")
    ends = [period.begin - 1, period.begin, period.end - 1, period.end]
    assert period.holds(np.array(ends)).tolist() == [False, True, True, False]
    assert period.to_dict() == {"from": "2026-03-01T09:00:00.000000Z", "to": "2026-03-01T10:00:00.000000Z"}


def test_all_time_has_no_ends():
    assert ALWAYS.to_dict() == {"from": None, "to": None}
    assert not ALWAYS.begins
    assert not ALWAYS.ends


@pytest.mark.parametrize(
    ("begin", "end", "code"),
    [
        ("2026-03-02", "2026-03-01", "no_time_between"),
        ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "no_time_between"),
        ("2026-02-30", None, "not_a_time"),
        (None, "soon", "not_a_time"),
    ],
)
def test_what_is_no_period_is_refused(begin, end, code):
    with pytest.raises(LeadmlError) as caught:
        Period.read(begin, end, time_zone="UTC")
    assert caught.value.code == code
