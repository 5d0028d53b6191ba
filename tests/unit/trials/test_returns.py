"""How often hand-overs come back, by the score that they had then."""

from datetime import UTC, datetime

import numpy as np
import pytest

from leadml.trials.returns import Returns, returns_seen

HISTORY = {
    "leads": """
        lead_id,created_at,known_at
        L0,2025-12-01T00:00:00Z,2025-12-01T00:00:00Z
        L1,2025-12-01T00:00:00Z,2025-12-01T00:00:00Z
        L2,2025-12-01T00:00:00Z,2025-12-01T00:00:00Z
        L3,2025-12-01T00:00:00Z,2025-12-01T00:00:00Z
    """,
    "stage_changes": """
        lead_id,happened_at,known_at,lifecycle_stage
        L0,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z,sql
        L1,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z,sql
        L2,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z,sql
        L3,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,sql
    """,
    "status_changes": """
        lead_id,happened_at,known_at,lead_status,reason
        L0,2026-01-10T00:00:00Z,2026-01-10T00:00:00Z,returned,not_ready
        L1,2026-02-20T00:00:00Z,2026-02-20T00:00:00Z,returned,not_ready
    """,
}


def test_a_return_counts_inside_the_grace_and_by_the_last_score_before(history_of, definitions, scored_of):
    """L0 comes back within 14 days, L1 after them; L2 had no score before; the grace of L3 has not passed."""
    history = history_of(known_until=datetime(2026, 3, 5, tzinfo=UTC), **HISTORY)
    scored = scored_of((0, 1, 40), (0, 3, 55), (0, 20, 90), (1, 2, 70), (2, 10, 60), (3, 5, 60))
    seen = returns_seen(history, scored, definitions)
    assert seen.leads.tolist() == [0, 1]
    assert seen.points.tolist() == [55, 70]
    assert seen.returned.tolist() == [1, 0]


def drawn(size=400, seed=1):
    """Half of the hand-overs at a score of 30 come back, one in ten at 70."""
    random = np.random.default_rng(seed)
    points = random.integers(30, 71, size)
    chance = 0.5 - 0.4 * (points - 30) / 40
    return Returns(np.arange(size), points, (random.random(size) < chance).astype(float))


def test_the_rate_falls_with_the_threshold_and_lies_in_its_interval():
    rates = drawn().rates(seed=1)
    told = [rate.value for rate in rates[:71]]
    assert told == sorted(told, reverse=True)
    assert rates[30].low < 0.3 < rates[30].high
    assert rates[60].low < 0.15 < rates[60].high
    assert all(rate.low <= rate.value <= rate.high for rate in rates[:71])
    assert rates[71] is None


def test_the_rate_of_all_is_the_share_that_came_back():
    returns = drawn()
    assert returns.rates(seed=1)[0].value == pytest.approx(returns.returned.mean(), abs=0.01)


def test_a_line_stays_finite_where_nobody_came_back():
    rates = Returns(np.arange(40), np.arange(40, 80), np.zeros(40)).rates(seed=1)
    assert rates[0].high < 0.1
