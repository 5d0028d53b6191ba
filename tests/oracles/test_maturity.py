"""The maturity curve by the definition of Kaplan and Meier, in exact fractions, one day after the other."""

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadml.maturity import maturity_curve

STARTS = st.lists(
    st.tuples(st.one_of(st.just(np.inf), st.integers(0, 12)), st.integers(0, 12)), min_size=1, max_size=30
)


def plain_curve(starts):
    """Share of all starts that have come by each day on which one comes."""
    ends = [followed for _, followed in starts]
    horizon = max(end for end in ends if 10 * sum(other >= end for other in ends) >= len(ends))
    not_yet, curve = Fraction(1), []
    for day in range(horizon + 1):
        watched = [(entry, followed) for entry, followed in starts if entry >= day and min(followed, horizon) >= day]
        come = sum(entry == day for entry, _ in watched)
        if come:
            not_yet *= 1 - Fraction(come, len(watched))
            curve.append((day, 1 - not_yet))
    return curve, horizon


@given(starts=STARTS)
def test_the_curve_is_that_of_the_definition(starts):
    entries, followed = np.array(starts, dtype=np.float64).T
    days, shares, followed_days = maturity_curve(entries, followed)
    expected, horizon = plain_curve(starts)
    assert days.tolist() == [day for day, _ in expected]
    np.testing.assert_allclose(shares, [float(share) for _, share in expected], rtol=1e-9)
    assert followed_days == horizon


@given(starts=STARTS)
def test_without_open_ends_it_is_the_plain_share(starts):
    entries = np.array([entry for entry, _ in starts], dtype=np.float64)
    days, shares, _ = maturity_curve(entries, np.full(len(starts), 12.0))
    for day, share in zip(days, shares, strict=True):
        np.testing.assert_allclose(share, np.mean(entries <= day))
