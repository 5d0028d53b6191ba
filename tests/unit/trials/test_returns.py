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


def chance_at(points):
    """Half of the hand-overs at a score of 30 come back, one in ten at 70: a logistic line."""
    return 1 / (1 + np.exp(np.log(9) * (np.asarray(points) - 30) / 40))


def drawn(points, seed=1):
    random = np.random.default_rng(seed)
    points = np.asarray(points)
    return Returns(np.arange(len(points)), points, (random.random(len(points)) < chance_at(points)).astype(float))


def taken_by_sales(seed, size=200):
    """Sales took few leads of low scores and many of high ones."""
    random = np.random.default_rng(seed)
    return np.clip(np.rint(random.normal(62, 12, size)), 20, 95).astype(np.int64)


WOULD_COME = np.repeat(np.arange(25, 76), 4)  # as many of low scores as of high ones


def test_the_rate_is_that_of_the_leads_that_would_come():
    """Told for what would come: near the truth there, and not near the truth of what sales took."""
    told, true = drawn(taken_by_sales(1, 4_000)).line(seed=1).rate_of(WOULD_COME), chance_at(WOULD_COME).mean()
    assert told.value == pytest.approx(true, abs=0.02)
    assert chance_at(taken_by_sales(1, 4_000)).mean() < true - 0.1
    assert told.low < told.value < told.high


def test_nine_of_ten_intervals_hold_the_true_rate_of_those_that_would_come():
    true, pasts = chance_at(WOULD_COME).mean(), 120
    told = [drawn(taken_by_sales(seed), seed).line(seed=seed).rate_of(WOULD_COME) for seed in range(pasts)]
    inside = np.mean([rate.low <= true <= rate.high for rate in told])
    assert 0.9 - 3 * np.sqrt(0.09 / pasts) < inside < 0.9 + 3 * np.sqrt(0.09 / pasts)
    assert np.mean([rate.value for rate in told]) == pytest.approx(true, abs=0.02)


def test_where_sales_took_few_the_rate_is_less_sure():
    line = drawn(taken_by_sales(1)).line(seed=1)
    few, many = line.rate_of(np.full(50, 20)), line.rate_of(np.full(50, 62))
    assert few.high - few.low > 1.5 * (many.high - many.low)


def test_the_rate_of_those_that_were_is_the_share_that_came_back():
    points = taken_by_sales(1)
    returns = drawn(points)
    assert returns.line(seed=1).rate_of(points).value == pytest.approx(returns.returned.mean(), abs=0.01)


def test_a_line_stays_finite_where_nobody_came_back():
    points = np.arange(40, 80)
    assert Returns(np.arange(40), points, np.zeros(40)).line(seed=1).rate_of(points).high < 0.1
