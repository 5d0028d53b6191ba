"""Who is scored when, in training."""

from leadml.clock import to_iso
from leadml.snapshots import make_snapshots
from leadml.specs.readiness_spec import SnapshotSpec

LATER = """
    lead_id,happened_at,activity
    L1,2026-05-01T00:00:00Z,email_opened
"""


def scored(history, definitions, *days):
    snapshots = make_snapshots(history, [SnapshotSpec(since="mql", days=day) for day in days], definitions)
    return [
        (to_iso(as_of)[:10], snapshots.age_names[age])
        for as_of, age in zip(snapshots.as_of.tolist(), snapshots.ages.tolist(), strict=True)
    ]


def test_a_lead_that_comes_back_is_scored_by_its_new_clock_alone(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            L1,2026-02-01T00:00:00Z
        """,
        stage_changes="""
            lead_id,happened_at,lifecycle_stage
            L1,2026-03-01T00:00:00Z,mql
            L1,2026-03-04T00:00:00Z,lead
            L1,2026-03-11T00:00:00Z,mql
        """,
        activities=LATER,
    )
    # 2026-03-15 is two weeks after the first entry, of a lead that has been an MQL for four days.
    assert scored(history, definitions, 0.0, 14.0) == [
        ("2026-03-01", "mql + 0 days"),
        ("2026-03-11", "mql + 0 days"),
        ("2026-03-25", "mql + 14 days"),
    ]


def test_a_step_back_that_became_known_later_does_not_reach_into_the_past(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            L1,2026-02-01T00:00:00Z
        """,
        stage_changes="""
            lead_id,happened_at,known_at,lifecycle_stage
            L1,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,mql
            L1,2026-03-04T00:00:00Z,2026-03-10T00:00:00Z,lead
        """,
        activities=LATER,
    )
    assert scored(history, definitions, 7.0, 14.0) == [("2026-03-08", "mql + 7 days")]
