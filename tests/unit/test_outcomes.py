"""What became of a lead. The agreement: ready is SQL within 30 days, not returned within 14 days after that."""

from datetime import datetime

import numpy as np
import pytest

from leadml.clock import parse_instant, to_iso
from leadml.outcomes import NO, NOT_KNOWN, YES, LeftOut, find_entries, find_outcomes
from leadml.snapshots import is_open, make_snapshots
from leadml.specs.agreement_spec import OutcomeSpec, ReturnReasonSpec
from leadml.specs.readiness_spec import SnapshotSpec
from leadml.vocabulary import ReturnPolicy

ANSWERS = {YES: "yes", NO: "no", NOT_KNOWN: "not known"}
LEADS = """
    lead_id,created_at
    L1,2026-01-01T00:00:00Z
"""
INTO_SQL = """
    lead_id,happened_at,lifecycle_stage
    L1,2026-02-01T00:00:00Z,mql
    L1,2026-03-20T00:00:00Z,sql
"""


def export_ends(day):
    """Somebody else does something on the last day, so that the history reaches so far."""
    return f"lead_id,happened_at,activity\nL1,{day},email_click"


@pytest.fixture
def answer(history_of, definitions):
    """Ask what became of L1 after an instant."""

    def ask(as_of, *, until="2026-12-31T00:00:00Z", **tables):
        history = history_of(leads=LEADS, activities=export_ends(until), **tables)
        instants = [parse_instant(as_of, where="tests")]
        outcomes = find_outcomes(history, np.array([0]), np.array(instants), definitions)
        return ANSWERS[int(outcomes.answer[0])]

    return ask


def returned(happened_at, reason):
    return f"lead_id,happened_at,lead_status,reason\nL1,{happened_at},returned,{reason}"


def test_the_worked_example_scored_on_1_march_sql_on_20_march_returned_on_30_march(answer):
    back = returned("2026-03-30T00:00:00Z", "not_ready")
    assert answer("2026-03-01T00:00:00Z", stage_changes=INTO_SQL, status_changes=back) == "no"
    assert answer("2026-03-01T00:00:00Z", stage_changes=INTO_SQL) == "yes"


def test_the_worked_example_is_not_known_before_14_april_also_when_it_is_already_yes(answer):
    # Window and grace have wholly passed 44 days after 1 March 00:00, which is 14 April 00:00.
    just_too_early, just_there = "2026-04-13T23:59:59.999999Z", "2026-04-14T00:00:00Z"
    assert answer("2026-03-01T00:00:00Z", until=just_too_early, stage_changes=INTO_SQL) == "not known"
    assert answer("2026-03-01T00:00:00Z", until=just_there, stage_changes=INTO_SQL) == "yes"
    assert answer("2026-03-01T00:00:00Z", until=just_too_early) == "not known"
    assert answer("2026-03-01T00:00:00Z", until=just_there) == "no"


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-02-18T00:00:00.000001Z", "yes"),
        # The window is [as_of, as_of + 30 days): its last instant is no longer inside.
        ("2026-02-18T00:00:00Z", "no"),
        # A score taken at the very entry cannot know of it.
        ("2026-03-20T00:00:00Z", "yes"),
        # Just after it, the lead was there already: there is nothing left to become.
        ("2026-03-20T00:00:00.000001Z", "not known"),
    ],
)
def test_the_entry_counts_from_as_of_on_and_before_the_window_ends(as_of, expected, answer):
    assert answer(as_of, stage_changes=INTO_SQL) == expected


@pytest.mark.parametrize(
    ("returned_at", "expected"),
    [
        ("2026-03-19T23:59:59Z", "yes"),  # an earlier return says nothing about this entry
        ("2026-03-20T00:00:00Z", "no"),
        ("2026-04-02T23:59:59.999999Z", "no"),
        ("2026-04-03T00:00:00Z", "yes"),  # the grace of 14 days is over
    ],
)
def test_a_return_counts_inside_the_grace_only(returned_at, expected, answer):
    back = returned(returned_at, "not_ready")
    assert answer("2026-03-01T00:00:00Z", stage_changes=INTO_SQL, status_changes=back) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("not_ready", "no"),
        ("unable_to_reach", "not known"),  # censored
        ("duplicate", "not known"),  # excluded
        ("somebody_wrote_this", "no"),
        ("", "no"),
    ],
)
def test_what_a_return_means_is_said_by_its_reason(reason, expected, answer):
    back = returned("2026-03-30T00:00:00Z", reason)
    assert answer("2026-03-01T00:00:00Z", stage_changes=INTO_SQL, status_changes=back) == expected


def test_a_stage_beyond_the_target_is_ready_too(answer):
    skipped = "lead_id,happened_at,lifecycle_stage\nL1,2026-03-20T00:00:00Z,customer"
    assert answer("2026-03-01T00:00:00Z", stage_changes=skipped) == "yes"


def test_the_entry_counts_when_it_happened_however_late_that_became_known(answer):
    late = "lead_id,happened_at,known_at,lifecycle_stage\nL1,2026-03-20T00:00:00Z,2026-06-01T00:00:00Z,sql"
    assert answer("2026-03-01T00:00:00Z", stage_changes=late) == "yes"
    # On 1 April nobody knew, but the lead had been there since 20 March: no score of that day is judged by it.
    assert answer("2026-04-01T00:00:00Z", stage_changes=late) == "not known"


RECYCLED = """
    lead_id,happened_at,lifecycle_stage
    L1,2026-02-01T00:00:00Z,mql
    L1,2026-02-10T00:00:00Z,sql
    L1,2026-02-15T00:00:00Z,lead
    L1,2026-05-01T00:00:00Z,mql
    L1,2026-05-20T00:00:00Z,sql
"""


def test_a_recycled_lead_is_a_new_episode_with_an_answer_of_its_own(history_of, definitions):
    history = history_of(
        leads=LEADS,
        stage_changes=RECYCLED,
        status_changes=returned("2026-02-15T00:00:00Z", "not_ready"),
        activities=export_ends("2026-12-31T00:00:00Z"),
    )
    snapshots = make_snapshots(history, [SnapshotSpec(since="mql", days=0)], definitions)
    outcomes = find_outcomes(history, snapshots.leads, snapshots.as_of, definitions)
    assert [
        (to_iso(as_of), ANSWERS[answer]) for as_of, answer in zip(snapshots.as_of, outcomes.answer, strict=True)
    ] == [
        ("2026-02-01T00:00:00.000001Z", "no"),
        ("2026-05-01T00:00:00.000001Z", "yes"),
    ]


# The contact 512 of a reply of HubSpot's batch read, laid out by hand: MQL in July, set back in August by a
# person who noted BAD_TIMING, MQL again in October, SQL in November.
HUBSPOT_LEAD = """
    lead_id,created_at
    512,2026-06-01T00:00:00Z
"""
HUBSPOT_STAGES = """
    lead_id,happened_at,lifecycle_stage
    512,2026-06-01T00:00:00Z,lead
    512,2026-07-10T12:00:00Z,mql
    512,2026-08-15T08:59:59Z,
    512,2026-08-15T09:00:00Z,lead
    512,2026-10-28T08:00:00Z,mql
    512,2026-11-02T10:11:12.345Z,sql
"""
HUBSPOT_STATUSES = """
    lead_id,happened_at,lead_status
    512,2026-08-15T09:00:00Z,returned
    512,2026-10-29T09:00:00Z,working
    512,2026-11-01T15:00:00Z,connected
"""


@pytest.mark.parametrize(
    ("read_at", "second"),
    [
        # The reply was read on 23 November: window and grace of the second episode end on 11 December.
        ("2026-11-23T00:00:00Z", "not known"),
        ("2026-12-11T08:00:00Z", "not known"),
        ("2026-12-11T08:00:00.000001Z", "yes"),
    ],
)
def test_the_contact_that_was_mql_twice_is_two_episodes(read_at, second, history_of, definitions):
    history = history_of(
        leads=HUBSPOT_LEAD,
        stage_changes=HUBSPOT_STAGES,
        status_changes=HUBSPOT_STATUSES,
        activities=f"lead_id,happened_at,activity\n512,{read_at},page_view",
    )
    snapshots = make_snapshots(history, [SnapshotSpec(since="mql", days=0)], definitions)
    outcomes = find_outcomes(history, snapshots.leads, snapshots.as_of, definitions)
    assert [to_iso(as_of)[:19] for as_of in snapshots.as_of] == ["2026-07-10T12:00:00", "2026-10-28T08:00:00"]
    assert [ANSWERS[answer] for answer in outcomes.answer] == ["no", second]
    assert outcomes.left_out() == ({} if second == "yes" else {LeftOut.WINDOW_OPEN: 1})


@pytest.mark.parametrize(
    ("known_until", "second"),
    [("2026-11-23T00:00:00Z", "not known"), ("2026-12-11T08:00:00Z", "not known"), ("2026-12-12T00:00:00Z", "yes")],
)
def test_a_history_is_known_until_it_was_exported_though_nothing_happened(known_until, second, history_of, definitions):
    history = history_of(
        known_until=datetime.fromisoformat(known_until),
        leads=HUBSPOT_LEAD,
        stage_changes=HUBSPOT_STAGES,
        status_changes=HUBSPOT_STATUSES,
    )
    snapshots = make_snapshots(history, [SnapshotSpec(since="mql", days=0)], definitions)
    outcomes = find_outcomes(history, snapshots.leads, snapshots.as_of, definitions)
    assert [ANSWERS[answer] for answer in outcomes.answer] == ["no", second]


def test_a_lead_was_worked_if_sales_validly_tried_while_the_answer_was_open(history_of, definitions):
    history = history_of(
        leads="""
            lead_id,created_at
            before,2026-01-01T00:00:00Z
            inside,2026-01-01T00:00:00Z
            robot,2026-01-01T00:00:00Z
            too_late,2026-01-01T00:00:00Z
        """,
        connect_attempts="""
            lead_id,happened_at,channel,result,made_by
            before,2026-02-28T23:59:59Z,phone,connected,person
            inside,2026-03-01T00:00:00Z,phone,no_answer,person
            robot,2026-03-02T00:00:00Z,email,connected,robot
            too_late,2026-04-14T00:00:00Z,phone,connected,person
        """,
    )
    as_of = np.full(4, parse_instant("2026-03-01T00:00:00Z", where="tests"))
    outcomes = find_outcomes(history, np.arange(4), as_of, definitions)
    assert dict(zip(history.lead_ids, outcomes.worked.tolist(), strict=True)) == {
        "before": False,
        "inside": True,
        "robot": False,
        "too_late": False,
    }


@pytest.mark.parametrize(("tried", "worked"), [("2026-04-13", True), ("2026-05-15", False)])
def test_an_entry_that_is_learned_late_does_not_lengthen_the_time_to_work_a_lead(
    tried, worked, history_of, definitions
):
    history = history_of(
        leads=LEADS,
        activities=export_ends("2026-12-31T00:00:00Z"),
        stage_changes="""
            lead_id,happened_at,known_at,lifecycle_stage
            L1,2026-03-11T00:00:00Z,2026-06-01T00:00:00Z,sql
        """,
        connect_attempts=f"""
            lead_id,happened_at,channel,result,made_by
            L1,{tried}T00:00:00Z,phone,connected,person
        """,
    )
    as_of = np.array([parse_instant("2026-03-01T00:00:00Z", where="tests")])
    found = find_outcomes(history, np.array([0]), as_of, definitions)
    assert to_iso(int(found.closed_at[0])) == "2026-06-01T00:00:00.000001Z"
    assert found.worked.tolist() == [worked]


def test_what_came_late_was_learned_late(history_of, definitions):
    history = history_of(
        leads=LEADS,
        activities=export_ends("2026-12-31T00:00:00Z"),
        stage_changes="""
            lead_id,happened_at,known_at,lifecycle_stage
            L1,2026-02-01T00:00:00Z,2026-02-01T00:00:00Z,mql
            L1,2026-03-20T00:00:00Z,2026-06-01T00:00:00Z,sql
        """,
    )
    as_of = parse_instant("2026-03-01T00:00:00Z", where="tests")
    outcomes = find_outcomes(history, np.array([0]), np.array([as_of]), definitions)
    assert ANSWERS[int(outcomes.answer[0])] == "yes"
    assert to_iso(int(outcomes.closed_at[0])) == "2026-06-01T00:00:00.000001Z"


def test_a_stage_that_nobody_agreed_on_opens_no_customer_again(history_of, definitions):
    history = history_of(
        leads=LEADS,
        activities=export_ends("2026-12-31T00:00:00Z"),
        stage_changes="""
            lead_id,happened_at,lifecycle_stage
            L1,2026-02-01T00:00:00Z,customer
            L1,2026-02-02T00:00:00Z,evangelist
        """,
        status_changes="""
            lead_id,happened_at,lead_status
            L1,2026-02-03T00:00:00Z,thinking
        """,
    )
    leads, instants = np.array([0]), np.array([parse_instant("2026-03-01T00:00:00Z", where="tests")])
    assert ANSWERS[int(find_outcomes(history, leads, instants, definitions).answer[0])] == "not known"
    assert not is_open(history, leads, instants, definitions).any()


def test_a_status_that_nobody_agreed_on_opens_no_closed_lead_again(history_of, definitions):
    history = history_of(
        leads=LEADS,
        status_changes="""
            lead_id,happened_at,lead_status
            L1,2026-02-01T00:00:00Z,unqualified
            L1,2026-02-02T00:00:00Z,thinking
        """,
    )
    leads, instants = np.array([0]), np.array([parse_instant("2026-03-01T00:00:00Z", where="tests")])
    assert not is_open(history, leads, instants, definitions).any()


def test_why_an_answer_is_not_known_is_said(history_of, definitions):
    """Each lead stands for one reason; all are scored on 1 March, and the history ends on 20 May."""
    history = history_of(
        leads="lead_id,created_at\n" + "\n".join(f"{name},2026-01-01T00:00:00Z" for name in "abcdefg"),
        stage_changes="""
            lead_id,happened_at,known_at,lifecycle_stage
            a,2026-03-20T00:00:00Z,,sql
            b,2026-03-20T00:00:00Z,,sql
            c,2026-03-20T00:00:00Z,,sql
            d,2026-03-20T00:00:00Z,,sql
            e,2026-02-20T00:00:00Z,2026-03-20T00:00:00Z,sql
        """,
        status_changes="""
            lead_id,happened_at,lead_status,reason
            b,2026-03-30T00:00:00Z,returned,unable_to_reach
            c,2026-03-30T00:00:00Z,returned,unable_to_reach
            c,2026-03-31T00:00:00Z,returned,duplicate
            d,2026-03-30T00:00:00Z,returned,unable_to_reach
            d,2026-03-31T00:00:00Z,returned,not_ready
        """,
        activities="lead_id,happened_at,activity\na,2026-05-20T00:00:00Z,page_view",
    )
    as_of = np.full(7, parse_instant("2026-03-01T00:00:00Z", where="tests"))
    as_of[5] = parse_instant("2026-05-01T00:00:00Z", where="tests")
    outcomes = find_outcomes(history, np.arange(7), as_of, definitions)
    said = [None if place < 0 else list(LeftOut)[place].value for place in outcomes.why_not]
    # An excluded lead is none at all, whatever else was said of it; an open window may still bring anything.
    assert said == [None, "censored", "excluded", "censored", "already_there", "window_open", None]
    assert [ANSWERS[answer] for answer in outcomes.answer[[0, 6]]] == ["yes", "no"]
    assert outcomes.left_out() == {
        LeftOut.ALREADY_THERE: 1,
        LeftOut.WINDOW_OPEN: 1,
        LeftOut.EXCLUDED: 1,
        LeftOut.CENSORED: 2,
    }


def test_an_outcome_of_another_name_has_its_own_stage_window_and_grace(history_of, definitions):
    history = history_of(
        leads=LEADS,
        activities=export_ends("2026-12-31T00:00:00Z"),
        stage_changes=INTO_SQL + "    L1,2026-06-01T00:00:00Z,customer\n",
        status_changes=returned("2026-06-02T00:00:00Z", "not_ready"),
    )
    leads, as_of = np.array([0]), np.array([parse_instant("2026-04-01T00:00:00Z", where="tests")])

    def answer(**outcome):
        found = find_outcomes(history, leads, as_of, definitions, OutcomeSpec(**outcome))
        return ANSWERS[int(found.answer[0])], to_iso(int(found.closed_at[0]))[:10]

    assert answer(reach="customer", within_days=180) == ("yes", "2026-09-28")
    assert answer(reach="customer", within_days=60) == ("no", "2026-05-31")
    assert answer(reach="customer", within_days=180, not_returned_within_days=7) == ("no", "2026-10-05")
    assert ANSWERS[int(find_outcomes(history, leads, as_of, definitions).answer[0])] == "not known"


def test_the_agreement_may_say_what_a_return_without_a_reason_means(history_of, definitions):
    unsaid = definitions.model_copy(update={"return_reasons": {"": ReturnReasonSpec(policy=ReturnPolicy.CENSORED)}})
    leads, as_of = np.array([0]), np.array([parse_instant("2026-03-01T00:00:00Z", where="tests")])
    for status in (
        returned("2026-03-30T00:00:00Z", ""),
        "lead_id,happened_at,lead_status\nL1,2026-03-30T00:00:00Z,returned",
    ):
        history = history_of(
            leads=LEADS,
            activities=export_ends("2026-12-31T00:00:00Z"),
            stage_changes=INTO_SQL,
            status_changes=status,
        )
        assert ANSWERS[int(find_outcomes(history, leads, as_of, definitions).answer[0])] == "no"
        assert ANSWERS[int(find_outcomes(history, leads, as_of, unsaid).answer[0])] == "not known"


def test_without_stages_nobody_ever_comes(history_of, definitions):
    history = history_of(leads=LEADS, activities=export_ends("2026-12-31T00:00:00Z"))
    leads, as_of = np.array([0]), np.array([parse_instant("2026-03-01T00:00:00Z", where="tests")])
    entries = find_entries(history, leads, as_of, definitions, "sql")
    assert (entries.already.tolist(), entries.happened_at.tolist()) == ([False], [np.iinfo(np.int64).max])
    assert ANSWERS[int(find_outcomes(history, leads, as_of, definitions).answer[0])] == "no"
