"""Who is scored when, in training."""

import numpy as np
import pytest

from leadml.clock import parse_instant, to_iso
from leadml.outcomes import LeftOut
from leadml.snapshots import instants_just_after, is_open, known_stage, make_snapshots
from leadml.specs.agreement_spec import OutcomeSpec
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


def test_a_snapshot_at_a_fact_is_taken_just_after_all_facts_of_that_instant_are_known(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            L1,2026-02-01T00:00:00Z
        """,
        stage_changes="""
            lead_id,happened_at,known_at,lifecycle_stage
            L1,2026-03-01T00:00:00Z,2026-03-01T00:00:05Z,mql
        """,
        status_changes="""
            lead_id,happened_at,known_at,lead_status
            L1,2026-03-01T00:00:00Z,2026-03-01T00:00:09Z,working
        """,
        activities=LATER,
    )
    snapshots = make_snapshots(history, [SnapshotSpec(since="mql", days=0)], definitions)
    assert [to_iso(as_of) for as_of in snapshots.as_of.tolist()] == ["2026-03-01T00:00:09.000001Z"]
    assert known_stage(history, snapshots.leads, snapshots.as_of, definitions).tolist() == ["mql"]


COMPANY_TOLD_LATE = """
    company_id,created_at,known_at,industry
    C1,2026-02-01T00:00:00Z,2026-04-01T00:00:00Z,machinery
"""
CHANGED_LATE = """
    lead_id,happened_at,known_at,attribute,value
    L1,2026-02-01T00:00:00Z,2026-04-01T00:00:00Z,department,finance
    L1,2026-02-03T00:00:00Z,2026-04-01T00:00:00Z,department,production
"""


SCORED_LATE = """
    lead_id,happened_at,known_at,name,value
    L1,2026-02-01T00:00:00Z,2026-04-01T00:00:00Z,crm_rules,40
"""
DECIDED_LATE = """
    lead_id,happened_at,known_at,decision
    L1,2026-02-01T00:00:00Z,2026-04-01T00:00:00Z,hand_over
"""


@pytest.mark.parametrize(
    "told",
    [
        {"companies": COMPANY_TOLD_LATE},
        {"attribute_changes": CHANGED_LATE},
        {"scores": SCORED_LATE},
        {"decisions": DECIDED_LATE},
    ],
)
def test_what_causes_no_score_and_is_told_late_moves_no_snapshot(told, history_of, definitions):
    leads = "lead_id,created_at,company_id\nL1,2026-02-01T00:00:00Z,C1\n"
    for tables in ({}, told):
        history = history_of(leads=leads, activities=LATER, **tables)
        snapshots = make_snapshots(history, [SnapshotSpec(since="created", days=0)], definitions)
        assert [to_iso(as_of) for as_of in snapshots.as_of] == ["2026-02-01T00:00:00.000001Z"]


def test_a_score_that_an_attribute_alone_causes_is_taken_just_after_it(history_of):
    leads = "lead_id,created_at,company_id\nL1,2026-02-01T00:00:00Z,C1\n"
    history = history_of(leads=leads, activities=LATER, attribute_changes=CHANGED_LATE)
    changed_at = parse_instant("2026-02-03T00:00:00Z", where="tests")
    (as_of,) = instants_just_after(history, np.array([0]), np.array([changed_at]))
    assert to_iso(as_of) == "2026-04-01T00:00:00.000001Z"


def test_saying_the_same_stage_again_is_no_new_entry(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            L1,2026-02-01T00:00:00Z
            L2,2026-02-01T00:00:00Z
        """,
        stage_changes="""
            lead_id,happened_at,lifecycle_stage
            L1,2026-03-01T00:00:00Z,mql
            L1,2026-03-05T00:00:00Z,mql
            L2,2026-03-07T00:00:00Z,mql
        """,
        activities=LATER,
    )
    assert [day for day, _ in scored(history, definitions, 0.0)] == ["2026-03-01", "2026-03-07"]


SAID = "L1,2026-03-05T00:00:00Z,2026-03-05T00:00:00Z,mql\n"
TIMES_AND_STAGE = "lead_id,happened_at,known_at,lifecycle_stage\n"


@pytest.mark.parametrize("learned", ["mql", "lead", "evangelist"])
@pytest.mark.parametrize("happened", ["2026-03-04", "2026-03-06"])
def test_what_is_learned_late_moves_no_earlier_snapshot(happened, learned, history_of, definitions):
    """Whatever is learned on 1 April of early March: a snapshot before that day stays where it is."""
    leads = "lead_id,created_at\nL1,2026-02-01T00:00:00Z\n"
    late = f"L1,{happened}T00:00:00Z,2026-04-01T00:00:00Z,{learned}\n"
    again = "L1,2026-03-10T00:00:00Z,2026-03-10T00:00:00Z,mql\n"
    for known in (SAID, SAID + again):
        for rows in (known, known + late):
            history = history_of(leads=leads, stage_changes=TIMES_AND_STAGE + rows, activities=LATER)
            before = [day for day, _ in scored(history, definitions, 0.0, 7.0) if day < "2026-04-01"]
            assert before == ["2026-03-05", "2026-03-12"]


def test_an_entry_that_was_known_when_the_next_was_said_hides_it(history_of, definitions):
    first = "L1,2026-03-01T00:00:00Z,2026-03-05T00:00:00Z,mql\n"  # learned together with the second
    history = history_of(
        leads="lead_id,created_at\nL1,2026-02-01T00:00:00Z\n",
        stage_changes=TIMES_AND_STAGE + first + SAID,
        activities=LATER,
    )
    snapshots = make_snapshots(history, [SnapshotSpec(since="mql", days=0)], definitions)
    assert ([to_iso(as_of)[:10] for as_of in snapshots.as_of], snapshots.left_out) == (["2026-03-05"], {})


def test_a_clock_stops_at_the_first_new_start_that_was_known(history_of, definitions):
    """Back in MQL on 10 April, as one knew at once; that it had been back on 20 March too was learned in late April."""
    rows = """
        L1,2026-03-01T00:00:00Z,2026-03-01T00:00:00Z,mql
        L1,2026-03-10T00:00:00Z,2026-03-10T00:00:00Z,lead
        L1,2026-03-20T00:00:00Z,2026-04-28T00:00:00Z,mql
        L1,2026-04-01T00:00:00Z,2026-04-01T00:00:00Z,lead
        L1,2026-04-10T00:00:00Z,2026-04-10T00:00:00Z,mql
    """
    history = history_of(
        leads="lead_id,created_at\nL1,2026-02-01T00:00:00Z\n",
        stage_changes=TIMES_AND_STAGE + rows.replace(" ", ""),
        activities=LATER,
    )
    # 15 April is 45 days after the first entry, of a lead that has been an MQL for five days.
    assert [day for day, _ in scored(history, definitions, 0.0, 45.0)] == ["2026-03-01", "2026-04-10"]


@pytest.mark.parametrize("between", ["", "evangelist"])
def test_a_stage_that_says_nothing_makes_no_new_entry(between, history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            L1,2026-02-01T00:00:00Z
        """,
        stage_changes=f"""
            lead_id,happened_at,lifecycle_stage
            L1,2026-03-01T00:00:00Z,mql
            L1,2026-03-05T00:00:00Z,{between}
            L1,2026-03-05T00:00:01Z,mql
        """,
        activities=LATER,
    )
    assert [day for day, _ in scored(history, definitions, 0.0)] == ["2026-03-01"]


def test_a_blank_stage_and_then_a_lower_one_is_a_step_back(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            L1,2026-02-01T00:00:00Z
        """,
        stage_changes="""
            lead_id,happened_at,lifecycle_stage
            L1,2026-03-01T00:00:00Z,mql
            L1,2026-03-04T00:00:00Z,
            L1,2026-03-04T00:00:01Z,lead
            L1,2026-03-20T00:00:00Z,mql
        """,
        activities=LATER,
    )
    snapshots = make_snapshots(history, [SnapshotSpec(since="mql", days=day) for day in (0, 7, 21)], definitions)
    assert [to_iso(as_of)[:10] for as_of in snapshots.as_of.tolist()] == [
        "2026-03-01",
        "2026-03-20",
        "2026-03-27",
        "2026-04-10",
    ]
    # A week after the first entry the lead had been set back; three weeks after it, the second clock ran.
    assert snapshots.left_out == {LeftOut.NEW_EPISODE: 2}


def test_what_is_placed_and_not_kept_is_counted_by_reason(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            customer,2026-02-01T00:00:00Z
            latest,2026-04-28T00:00:00Z
            open,2026-02-01T00:00:00Z
        """,
        stage_changes="""
            lead_id,happened_at,lifecycle_stage
            customer,2026-02-02T00:00:00Z,customer
        """,
        activities=LATER.replace("L1", "open"),
    )
    snapshots = make_snapshots(history, [SnapshotSpec(since="created", days=7.0)], definitions)
    assert [history.lead_ids[lead] for lead in snapshots.leads] == ["open"]
    assert snapshots.left_out == {LeftOut.NOT_OPEN: 1, LeftOut.NOT_YET: 1}


def test_snapshots_since_creation_need_no_stages_at_all(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at,known_at
            L1,2026-02-01T00:00:00Z,2026-02-03T00:00:00Z
        """,
        activities=LATER,
    )
    specs = [SnapshotSpec(since="created", minutes=10), SnapshotSpec(since="mql", days=0)]
    snapshots = make_snapshots(history, specs, definitions)
    assert [to_iso(as_of) for as_of in snapshots.as_of.tolist()] == ["2026-02-03T00:10:00.000001Z"]


def test_no_snapshot_lies_after_the_last_known_fact(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            L1,2026-02-01T00:00:00Z
        """,
        stage_changes="""
            lead_id,happened_at,lifecycle_stage
            L1,2026-03-01T00:00:00Z,mql
        """,
    )
    assert scored(history, definitions, 0.0, 7.0) == [("2026-03-01", "mql + 0 days")]


STANDINGS = """
    lead_id,happened_at,known_at,lifecycle_stage
    below,2026-03-01T00:00:00Z,,mql
    at_target,2026-03-01T00:00:00Z,,sql
    beyond,2026-03-01T00:00:00Z,,customer
    back_again,2026-03-01T00:00:00Z,,sql
    back_again,2026-03-02T00:00:00Z,,lead
    known_later,2026-03-01T00:00:00Z,2026-03-20T00:00:00Z,sql
    own_word,2026-03-01T00:00:00Z,,partner
"""
STATUSES = """
    lead_id,happened_at,lead_status
    closed,2026-03-01T00:00:00Z,unqualified
    reopened,2026-03-01T00:00:00Z,unqualified
    reopened,2026-03-02T00:00:00Z,working
    returned,2026-03-01T00:00:00Z,returned
"""


def test_who_is_open_and_below_the_target_stage(history_of, definitions):
    names = ["below", "at_target", "beyond", "back_again", "known_later", "own_word", "closed", "reopened", "returned"]
    leads = "\n".join(["lead_id,created_at", *(f"{name},2026-02-01T00:00:00Z" for name in [*names, "silent"])])
    history = history_of(
        leads=f"{leads}\nnot_there_yet,2026-04-01T00:00:00Z", stage_changes=STANDINGS, status_changes=STATUSES
    )
    every = np.arange(len(history.lead_ids))
    as_of = np.full(len(every), parse_instant("2026-03-10T00:00:00Z", where="tests"))
    now_open = is_open(history, every, as_of, definitions)
    assert {name for name, is_it in zip(history.lead_ids, now_open, strict=True) if is_it} == {
        "below",
        "back_again",
        "known_later",
        "own_word",
        "reopened",
        "returned",
        "silent",
    }


def test_below_the_target_means_that_of_the_outcome(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            below,2026-02-01T00:00:00Z
            at_target,2026-02-01T00:00:00Z
            beyond,2026-02-01T00:00:00Z
        """,
        stage_changes=STANDINGS,
    )
    every = np.arange(3)
    as_of = np.full(3, parse_instant("2026-03-10T00:00:00Z", where="tests"))
    for reach, expected in (("mql", []), ("sql", ["below"]), ("customer", ["at_target", "below"])):
        outcome = OutcomeSpec(reach=reach, within_days=30)
        open_now = is_open(history, every, as_of, definitions, outcome)
        assert [name for name, is_it in zip(history.lead_ids, open_now, strict=True) if is_it] == expected
