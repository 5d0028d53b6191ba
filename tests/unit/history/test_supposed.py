"""Copies of a lead with other facts: the same as a history in which those facts really are."""

import numpy as np
import pytest

from leadml.clock import parse_instant
from leadml.engine.catalogue import Catalogue
from leadml.engine.company import companies_at
from leadml.engine.compute import compute_features
from leadml.history.supposed import suppose
from leadml.snapshots import known_lead_type, known_stage

AS_OF = parse_instant("2026-03-02T09:00:00Z", where="tests")
JUST_BEFORE = "2026-03-02T08:59:59.999999Z"

TABLES = {
    "leads": """
        lead_id,created_at,company_id,lead_type,title_level,department
        L1,2026-01-05T09:00:00Z,C1,new_prospect,2,production
        L2,2026-01-09T09:00:00Z,C1,new_prospect,4,finance
        L3,2026-01-09T09:00:00Z,C2,existing_customer,1,it
        """,
    "companies": """
        company_id,created_at,employees,industry
        C1,2026-01-01T00:00:00Z,120,machinery
        C2,2026-01-01T00:00:00Z,20,farming
        """,
    "activities": """
        lead_id,happened_at,known_at,activity,content,value
        L1,2026-02-20T10:00:00Z,2026-02-20T10:00:00Z,page_view,pricing,2.5
        L1,2026-02-21T10:00:00Z,2026-02-21T10:00:00Z,page_view,trend_report,
        L1,2026-02-22T10:00:00Z,2026-03-09T10:00:00Z,page_view,pricing,9
        L1,2026-03-05T10:00:00Z,2026-03-05T10:00:00Z,email_click,,
        L2,2026-02-25T10:00:00Z,2026-02-25T10:00:00Z,email_click,,
        L3,2026-02-25T10:00:00Z,2026-02-25T10:00:00Z,email_click,,
        """,
    "stage_changes": """
        lead_id,happened_at,lifecycle_stage
        L1,2026-01-05T09:00:00Z,lead
        L1,2026-02-01T09:00:00Z,mql
        """,
    "status_changes": "lead_id,happened_at,lead_status\nL1,2026-02-01T09:00:00Z,new",
    "assignments": "lead_id,happened_at,owner\nL1,2026-02-01T09:00:00Z,mori",
    "deal_changes": "lead_id,happened_at,deal_id,deal_stage,amount\nL2,2026-02-01T09:00:00Z,D1,discovery,1000",
    "connect_attempts": "lead_id,happened_at,channel,result,made_by\nL1,2026-02-01T09:00:00Z,phone,no_answer,person",
    "attribute_changes": "lead_id,happened_at,attribute,value\nL1,2026-02-01T09:00:00Z,title_level,3",
}


def told(history, position, spec):
    """Say all that a score may know of one lead."""
    lead, instant = np.array([position]), np.array([AS_OF])
    definitions = spec.agreement.definitions
    matrix = compute_features(history, lead, instant, Catalogue.of(spec.themes, definitions))
    return {
        **matrix.shown_row(0),
        "lead type as known": known_lead_type(history, lead, instant, definitions)[0],
        "lifecycle stage": known_stage(history, lead, instant, definitions)[0],
    }


def copies(history, lead_id, supposals, spec, *, colleagues=("L2",)):
    members = np.array([history.positions()[lead] for lead in (lead_id, *colleagues)])
    return suppose(history, members, AS_OF, supposals, spec.agreement.definitions)


def with_rows(tables, **rows):
    return {**tables, **{name: tables[name].rstrip() + "\n" + row for name, row in rows.items()}}


@pytest.mark.parametrize("colleagues", [("L2",), ()])
def test_a_copy_of_which_nothing_is_supposed_is_the_lead_itself(history_of, spec, colleagues):
    history = history_of(**{name: text.replace("        ", "") for name, text in TABLES.items()})
    copied = copies(history, "L1", [{}, {}], spec, colleagues=colleagues)
    first, second = (told(copied, copy * (1 + len(colleagues)), spec) for copy in (0, 1))
    expected = told(history, history.positions()["L1"], spec)
    assert first == second
    if colleagues:
        assert first == expected
        assert first["colleagues_visits_30d"] == 1
    else:
        assert first["colleagues_visits_30d"] == 0


@pytest.mark.parametrize(
    ("supposal", "rows"),
    [
        (
            {"activities": [{"activity": "page_view", "content": "pricing", "value": 4.0}]},
            {"activities": f"L1,{JUST_BEFORE},{JUST_BEFORE},page_view,pricing,4"},
        ),
        (  # a word that no fact of the history has
            {"activities": [{"activity": "chat_opened", "content": "demo_video"}]},
            {"activities": f"L1,{JUST_BEFORE},{JUST_BEFORE},chat_opened,demo_video,"},
        ),
        (  # columns that follow from the agreement
            {
                "connect_attempts": [{"channel": "phone", "result": "connected", "made_by": "person"}],
                "status_changes": [{"lead_status": "returned"}],
            },
            {
                "connect_attempts": f"L1,{JUST_BEFORE},phone,connected,person",
                "status_changes": f"L1,{JUST_BEFORE},returned",
            },
        ),
        (
            {"attribute_changes": [{"attribute": "title_level", "value": "5"}]},
            {"attribute_changes": f"L1,{JUST_BEFORE},title_level,5"},
        ),
        (
            {"attribute_changes": [{"attribute": "lead_type", "value": "maintenance_service"}]},
            {"attribute_changes": f"L1,{JUST_BEFORE},lead_type,maintenance_service"},
        ),
        ({"stage_changes": [{"lifecycle_stage": "sql"}]}, {"stage_changes": f"L1,{JUST_BEFORE},sql"}),
    ],
)
def test_what_is_supposed_counts_as_if_it_had_happened(history_of, spec, supposal, rows):
    tables = {name: text.replace("        ", "") for name, text in TABLES.items()}
    as_it_is, as_it_would_be = history_of(**tables), history_of(**with_rows(tables, **rows))
    copied = copies(as_it_is, "L1", [{}, supposal], spec)
    before, after = told(copied, 0, spec), told(copied, 2, spec)
    assert before == told(as_it_is, 0, spec)
    assert after == told(as_it_would_be, 0, spec)
    assert after != before


def test_attributes_of_the_company_are_supposed_too(history_of, spec):
    history = history_of(**{name: text.replace("        ", "") for name, text in TABLES.items()})
    copied = copies(history, "L1", [{"company": {"employees": 5000, "industry": "farming"}}], spec)
    after = told(copied, 0, spec)
    assert (after["employees"], after["industry"]) == (5000.0, "farming")
    assert told(copied, 1, spec)["employees"] == 120.0  # the colleague is asked nothing


def test_two_equal_facts_are_two(history_of, spec):
    history = history_of(**{name: text.replace("        ", "") for name, text in TABLES.items()})
    view = {"activity": "page_view", "content": "pricing"}
    copied = copies(history, "L1", [{"activities": [view] * 3}], spec)
    assert told(copied, 0, spec)["pricing_views_30d"] == 1 + 3


def test_every_lead_of_a_crm_is_copied_as_it_is(demo_history, spec):
    definitions, instant = spec.agreement.definitions, demo_history.known_until + 1
    every = np.arange(len(demo_history.lead_ids))
    companies = companies_at(demo_history, every, np.full(len(every), instant))
    catalogue = Catalogue.of(spec.themes, definitions)
    checked_colleagues = 0
    for lead in every[::40]:
        colleagues = np.flatnonzero((companies == companies[lead]) & (every != lead) & (companies[lead] >= 0))
        checked_colleagues += len(colleagues)
        copied = suppose(demo_history, np.array([lead, *colleagues]), instant, [{}], definitions)
        own = compute_features(demo_history, np.array([lead]), np.array([instant]), catalogue).shown_row(0)
        assert compute_features(copied, np.array([0]), np.array([instant]), catalogue).shown_row(0) == own
    assert checked_colleagues > 5
