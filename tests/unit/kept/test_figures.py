"""How long things took, those included of which one only knows that it took longer."""

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.clock import HOUR
from leadml.kept.figures import Delay, percentiles
from leadml.outcomes import NEVER

# Few times, so that ties are met, also of who was done with who is watched no longer.
WATCHED = st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0, 2.0, 7.0]), st.booleans()), min_size=1, max_size=12)


def by_redistribution(watched, share):
    """Find a percentile another way (Efron 1967): who is watched no longer gives its part to all who are after it."""
    line = sorted(watched, key=lambda each: (each[0], not each[1]))
    parts = [1 / len(line)] * len(line)
    done_by_then = 0.0
    for place, (hours, done) in enumerate(line):
        later = len(line) - place - 1
        if done:
            done_by_then += parts[place]
            if done_by_then >= share - 1e-9:
                return hours
        elif later:
            for after in range(place + 1, len(line)):
                parts[after] += parts[place] / later
    return None


@given(watched=WATCHED)
def test_percentiles_are_those_of_another_way_to_count(watched):
    hours, done = np.array([each[0] for each in watched]), np.array([each[1] for each in watched])
    shares = (0.25, 0.5, 0.9)
    found = percentiles(hours, done, shares)
    event(f"not reached: {None in found}")
    assert found == [by_redistribution(watched, share) for share in shares]


def test_who_was_never_called_was_not_called_fast():
    begins, never = np.zeros(10, np.int64), np.full(10, NEVER)
    ends, until = never.copy(), np.full(10, 100 * HOUR)
    ends[0] = HOUR
    delay = Delay.between(begins, ends, until, BusinessCalendar(None))
    assert (delay.leads, delay.done, delay.wall_p50, delay.wall_p90) == (10, 1, None, None)


@pytest.mark.parametrize("begins", [[], [NEVER, NEVER]])
def test_of_what_never_began_nothing_is_told(begins):
    begins = np.array(begins, dtype=np.int64)
    delay = Delay.between(begins, begins, begins, BusinessCalendar(None))
    assert (delay.leads, delay.done, delay.business_p50, delay.wall_p90) == (0, 0, None, None)
