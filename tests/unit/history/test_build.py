from itertools import permutations

import numpy as np
import pytest

from leadml.clock import parse_instant, to_iso

LEADS = """
    lead_id,created_at
    L1,2026-03-01T09:00:00Z
    L2,2026-03-02T09:00:00Z
"""


def rows_of(history, table, *columns):
    """Write a table down row by row: lead, day and time, and words or numbers."""
    facts = history.facts[table]
    return [
        " ".join(
            [
                history.lead_ids[lead],
                to_iso(int(facts.happened_at[row]))[8:16],
                *(shown(facts, column, row) for column in columns),
            ]
        )
        for row, lead in enumerate(facts.leads)
    ]


def shown(facts, column, row):
    if column in facts.numbers:
        return f"{facts.numbers[column][row]:g}"
    text = facts.texts[column]
    return text.words[text.codes[row]] if text.codes[row] >= 0 else "-"


def findings_of(history):
    return [(finding.table, finding.key, finding.count) for finding in history.findings]


def test_facts_lie_by_lead_and_then_by_time(history_of):
    history = history_of(
        leads=LEADS,
        activities="""
            lead_id,happened_at,activity
            L2,2026-03-04T09:00:00Z,webinar
            L1,2026-03-05T09:00:00Z,email_click
            L2,2026-03-03T09:00:00Z,page_view
        """,
    )
    assert rows_of(history, "activities", "activity") == [
        "L1 05T09:00 email_click",
        "L2 03T09:00 page_view",
        "L2 04T09:00 webinar",
    ]
    assert history.facts["activities"].first.tolist() == [0, 1, 3]


def test_no_order_of_rows_changes_anything(history_of):
    head, *rows = """
        lead_id,happened_at,lifecycle_stage,event_id,sequence
        L1,2026-03-03T09:00:00Z,sql,,
        L1,2026-03-03T09:00:00Z,mql,,2
        L1,2026-03-03T09:00:00Z,mql,,1
        L1,2026-03-03T09:00:00Z,mql,E1,1
    """.strip().splitlines()
    orders = {
        tuple(rows_of(history_of(leads=LEADS, stage_changes="\n".join([head.strip(), *(row.strip() for row in order)])),
                      "stage_changes", "lifecycle_stage"))
        for order in permutations(rows)
    }  # fmt: skip
    assert len(orders) == 1


def test_facts_of_one_instant_stand_in_the_declared_order_of_their_stage(history_of):
    history = history_of(
        leads=LEADS,
        stage_changes="""
            lead_id,happened_at,lifecycle_stage
            L1,2026-03-03T09:00:00Z,sql
            L1,2026-03-03T09:00:00Z,a word of the CRM
            L1,2026-03-03T09:00:00Z,lead
            L1,2026-03-03T09:00:00Z,mql
        """,
    )
    assert rows_of(history, "stage_changes", "lifecycle_stage") == [
        "L1 03T09:00 a word of the CRM",
        "L1 03T09:00 lead",
        "L1 03T09:00 mql",
        "L1 03T09:00 sql",
    ]


def test_where_no_order_is_declared_the_sequence_of_the_source_decides_then_the_value(history_of):
    history = history_of(
        leads=LEADS,
        assignments="""
            lead_id,happened_at,owner,sequence
            L1,2026-03-03T09:00:00Z,abe,10
            L1,2026-03-03T09:00:00Z,mori,9
            L1,2026-03-03T09:00:00Z,kato,9
        """,
    )
    assert rows_of(history, "assignments", "owner") == ["L1 03T09:00 kato", "L1 03T09:00 mori", "L1 03T09:00 abe"]


def test_an_event_that_is_told_twice_counts_once_and_is_reported(history_of):
    history = history_of(
        leads=LEADS,
        activities="""
            lead_id,happened_at,activity,event_id
            L1,2026-03-03T09:00:00Z,page_view,E1
            L1,2026-03-03T09:00:05Z,page_view,E1
            L1,2026-03-03T09:00:00Z,page_view,E2
            L2,2026-03-03T09:00:00Z,page_view,E1
        """,
    )
    assert rows_of(history, "activities") == ["L1 03T09:00", "L1 03T09:00", "L2 03T09:00"]
    assert findings_of(history) == [("activities", "counted_once", 1)]


def test_of_an_event_that_is_told_twice_the_telling_known_first_counts(history_of):
    history = history_of(
        leads=LEADS,
        activities="""
            lead_id,happened_at,known_at,activity,event_id
            L1,2026-03-03T09:00:00Z,2026-03-09T09:00:00Z,corrected,E1
            L1,2026-03-04T09:00:00Z,2026-03-04T09:00:00Z,first,E1
        """,
    )
    assert rows_of(history, "activities", "activity") == ["L1 04T09:00 first"]


def test_rows_equal_in_every_column_count_once_and_a_difference_anywhere_counts(history_of):
    history = history_of(
        leads=LEADS,
        activities="""
            lead_id,happened_at,known_at,activity,content,value
            L1,2026-03-03T09:00:00Z,,page_view,pricing,1
            L1,2026-03-03T09:00:00Z,,page_view,pricing,1
            L1,2026-03-03T09:00:00Z,,page_view,pricing,2
            L1,2026-03-03T09:00:00Z,,page_view,,1
            L1,2026-03-03T09:00:00Z,,page_view,,1
            L1,2026-03-03T09:00:00Z,2026-03-04T09:00:00Z,page_view,pricing,1
            L1,2026-03-03T09:00:00.000001Z,,page_view,pricing,1
        """,
    )
    assert len(rows_of(history, "activities")) == 5
    assert findings_of(history) == [("activities", "counted_once", 2)]


def test_rows_without_an_event_id_are_not_one_event(history_of):
    history = history_of(
        leads=LEADS,
        activities="""
            lead_id,happened_at,activity,event_id
            L1,2026-03-03T09:00:00Z,page_view,
            L1,2026-03-04T09:00:00Z,page_view,
            L1,2026-03-04T09:00:00Z,page_view,
        """,
    )
    assert rows_of(history, "activities") == ["L1 03T09:00", "L1 04T09:00"]


def test_a_lead_is_created_once_the_earliest_row_counts(history_of):
    history = history_of(
        leads="""
            lead_id,created_at,industry
            L1,2026-03-05T09:00:00Z,later
            L1,2026-03-01T09:00:00Z,first
            L2,2026-03-02T09:00:00Z,
        """
    )
    assert rows_of(history, "leads") == ["L1 01T09:00", "L2 02T09:00"]
    assert rows_of(history, "lead_attributes", "attribute", "value") == ["L1 01T09:00 industry first"]
    assert findings_of(history) == [("leads", "lead_twice", 1)]


@pytest.mark.parametrize("turned", [False, True])
def test_rows_of_a_lead_that_contradict_are_told_apart_from_twins_in_any_order(history_of, turned):
    rows = [
        "L1,2026-03-01T09:00:00Z,2026-03-01T09:00:00Z,web,50",
        "L1,2026-03-01T09:00:00Z,2026-03-01T09:00:00Z,fair,50",
        "L1,2026-03-01T09:00:00Z,2026-03-01T09:00:00Z,fair,50",
        "L1,2026-03-01T09:00:00Z,2026-03-05T09:00:00Z,told later,60",
        "L2,2026-03-02T09:00:00Z,2026-03-02T09:00:00Z,web,10",
        "L2,2026-03-02T09:00:00Z,2026-03-02T09:00:00Z,web,10",
        "L2,2026-03-02T09:00:00Z,2026-03-02T09:00:00Z,web,20",
    ]
    history = history_of(
        leads="\n".join(["lead_id,created_at,known_at,origin,size", *(reversed(rows) if turned else rows)])
    )
    assert rows_of(history, "lead_attributes", "attribute", "value") == [
        "L1 01T09:00 origin fair",
        "L1 01T09:00 size 50",
        "L2 02T09:00 origin web",
        "L2 02T09:00 size 10",
    ]
    assert findings_of(history) == [("leads", "lead_contradicts", 2), ("leads", "lead_twice", 3)]
    assert history.findings[0].values == {"example": "L1", "columns": "origin, size"}


def test_attributes_at_creation_and_their_changes_are_one_table(history_of):
    history = history_of(
        leads="""
            lead_id,created_at,lead_type,industry
            L1,2026-03-01T09:00:00Z,new_prospect,trade
        """,
        attribute_changes="""
            lead_id,happened_at,attribute,value
            L1,2026-03-03T09:00:00Z,industry,machinery
        """,
    )
    assert rows_of(history, "lead_attributes", "attribute", "value") == [
        "L1 01T09:00 industry trade",
        "L1 01T09:00 lead_type new_prospect",
        "L1 03T09:00 industry machinery",
    ]
    assert "attribute_changes" not in history.facts
    assert "attribute_changes" not in history.unknown


def test_every_lead_of_a_company_has_its_attributes_as_they_became_known(history_of):
    history = history_of(
        leads="""
            lead_id,created_at,company_id
            L1,2026-03-01T09:00:00Z,C1
            L2,2026-03-02T09:00:00Z,C1
            L3,2026-03-02T09:00:00Z,
            L4,2026-03-02T09:00:00Z,C9
        """,
        companies="""
            company_id,created_at,employees
            C1,2026-02-01T09:00:00Z,40
            C1,2026-03-05T09:00:00Z,60
            C2,2026-02-01T09:00:00Z,7
        """,
    )
    assert rows_of(history, "company_attributes", "value") == [
        "L1 01T09:00 40",
        "L1 05T09:00 60",
        "L2 01T09:00 40",
        "L2 05T09:00 60",
    ]


@pytest.mark.parametrize("company_id", ["", "company_id"])
def test_leads_without_a_company_have_no_company_attributes(history_of, company_id):
    leads = "lead_id,created_at,company_id\nL1,2026-03-01T09:00:00Z,\n" if company_id else LEADS
    history = history_of(leads=leads, companies="company_id,created_at,employees\nC1,2026-02-01T09:00:00Z,40\n")
    assert rows_of(history, "company_attributes") == []
    assert "companies" not in history.unknown


def test_content_belongs_to_its_journey_stage_unless_the_source_says_otherwise(history_of):
    history = history_of(
        leads=LEADS,
        activities="""
            lead_id,happened_at,activity,content,journey_stage
            L1,2026-03-03T09:00:00Z,download,trend_report,
            L1,2026-03-04T09:00:00Z,download,demo_video,
            L1,2026-03-05T09:00:00Z,download,demo_video,awareness
            L1,2026-03-06T09:00:00Z,download,brochure,
            L1,2026-03-07T09:00:00Z,download,,
        """,
    )
    assert rows_of(history, "activities", "content", "journey_stage") == [
        "L1 03T09:00 trend_report awareness",
        "L1 04T09:00 demo_video decision",
        "L1 05T09:00 demo_video awareness",
        "L1 06T09:00 brochure -",
        "L1 07T09:00 - -",
    ]


def test_a_status_means_what_the_agreement_says(history_of):
    history = history_of(
        leads=LEADS,
        status_changes="""
            lead_id,happened_at,lead_status
            L1,2026-03-03T09:00:00Z,working
            L1,2026-03-04T09:00:00Z,returned
            L1,2026-03-05T09:00:00Z,unqualified
            L1,2026-03-06T09:00:00Z,asleep
        """,
    )
    assert rows_of(history, "status_changes", "meaning") == [
        "L1 03T09:00 open",
        "L1 04T09:00 returned",
        "L1 05T09:00 closed",
        "L1 06T09:00 -",
    ]


def test_an_attempt_counts_only_as_the_agreement_says(history_of):
    history = history_of(
        leads=LEADS,
        connect_attempts="""
            lead_id,happened_at,channel,result,made_by
            L1,2026-03-03T09:00:00Z,phone,connected,person
            L1,2026-03-04T09:00:00Z,phone,no_answer,
            L1,2026-03-05T09:00:00Z,fax,connected,person
            L1,2026-03-06T09:00:00Z,phone,hung_up,person
            L1,2026-03-07T09:00:00Z,phone,connected,robot
        """,
    )
    assert [row[-3:].strip() for row in rows_of(history, "connect_attempts", "valid")] == [
        "yes",
        "yes",
        "no",
        "no",
        "no",
    ]


def test_who_made_an_attempt_need_not_be_said(history_of):
    history = history_of(
        leads=LEADS,
        connect_attempts="""
            lead_id,happened_at,channel,result
            L1,2026-03-03T09:00:00Z,phone,connected
        """,
    )
    assert rows_of(history, "connect_attempts", "valid") == ["L1 03T09:00 yes"]


def test_something_is_known_until_the_last_fact_became_known(history_of):
    history = history_of(
        leads=LEADS,
        activities="""
            lead_id,happened_at,known_at,activity
            L1,2026-03-03T09:00:00Z,2026-03-09T09:00:00Z,page_view
            L1,2026-03-05T09:00:00Z,,page_view
        """,
    )
    assert history.known_until == parse_instant("2026-03-09T09:00:00Z", where="test")


def test_facts_of_strangers_say_nothing_about_anybody(history_of):
    history = history_of(
        leads=LEADS,
        activities="""
            lead_id,happened_at,activity
            L0,2026-03-03T09:00:00Z,page_view
            L11,2026-03-03T09:00:00Z,page_view
            L2,2026-03-03T09:00:00Z,page_view
            l1,2026-03-31T00:00:00Z,page_view
            zz,2026-03-03T09:00:00Z,page_view
        """,
    )
    assert rows_of(history, "activities") == ["L2 03T09:00"]
    assert findings_of(history) == [("activities", "unknown_lead", 4)]
    assert to_iso(history.known_until)[:10] == "2026-03-03"


def test_a_table_of_strangers_alone_is_empty_not_unknown(history_of):
    history = history_of(leads=LEADS, assignments="lead_id,happened_at,owner\nL9,2026-03-03T09:00:00Z,mori\n")
    assert rows_of(history, "assignments") == []
    assert "assignments" not in history.unknown
    assert np.array_equal(history.facts["assignments"].first, [0, 0, 0])
