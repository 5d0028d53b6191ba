"""The twin of blindness: a fact just before as_of changes every feature that reads it."""

import copy

import pytest
from hypothesis import given, settings

from leadml.clock import DAY, parse_instant, to_iso
from leadml.engine.kind import all_kinds
from leadml.history.tables import FACT_TABLES

# For each feature, facts of which at least one must change it: what a lead does, says or is told just before as_of.
A_VIEW = ("activities", {"activity": "page_view", "content": "pricing", "value": 1000.5})
A_CLICK = ("activities", {"activity": "email_click", "content": "never_seen_before"})
AN_ATTEMPT = ("connect_attempts", {"channel": "phone", "result": "no_answer", "made_by": "person"})
A_DECISION = ("activities", {"activity": "download", "content": "implementation_plan"})
FACTS_READ_BY = {
    "icp_match": [("company", {"country": "JP"}), ("company", {"country": "FR"})],
    "employees": [("company", {"employees": 777})],
    "industry": [("company", {"industry": "never_heard_of"})],
    "lead_type": [("attribute_changes", {"attribute": "lead_type", "value": "never_heard_of"})],
    "persona": [
        ("attribute_changes", {"attribute": "department", "value": "engineering"}),
        ("attribute_changes", {"attribute": "department", "value": "legal"}),
    ],
    "title_level": [("attribute_changes", {"attribute": "title_level", "value": "5"})],
    "furthest_content": [A_DECISION],
    "furthest_stage": [("stage_changes", {"lifecycle_stage": "opportunity"})],
    "days_in_mql": [("stage_changes", {"lifecycle_stage": "mql"})],
    "days_lead_to_mql": [("stage_changes", {"lifecycle_stage": "mql"})],
    "days_in_stage": [("stage_changes", {"lifecycle_stage": "opportunity"})],
    "decision_share": [A_DECISION, A_VIEW],
    "pricing_views_30d": [A_VIEW],
    "clicks_or_chats": [A_CLICK],
    "minutes": [A_VIEW],
    "longest_90d": [A_VIEW],
    "contents_seen": [A_CLICK],
    "active_days_90d": [A_CLICK],
    "warmth": [A_VIEW],
    "clicks_left": [A_CLICK],
    "clicks_pace_7d": [A_CLICK],
    "mean_minutes_90d": [A_VIEW],
    "days_since_first_visit": [A_VIEW],
    "clicks_since_mql": [A_CLICK],
    "attempts_7d": [AN_ATTEMPT],
    "owner": [("assignments", {"owner": "never_heard_of"})],
    "lead_status": [("status_changes", {"lead_status": "never_heard_of"})],
    "deal_amount": [("deal_changes", {"deal_id": "D9", "deal_stage": "discovery", "amount": 5000})],
    "last_deal_amount": [("deal_changes", {"deal_id": "D9", "deal_stage": "discovery", "amount": 5000})],
    "times_returned": [("status_changes", {"lead_status": "returned"})],
    "attempts_since_hand_over": [AN_ATTEMPT],
    "crm_score": [("scores", {"name": "crm_rules", "value": 99})],
    "scores_90d": [("scores", {"name": "intent", "value": 99})],
    "hand_overs": [("decisions", {"decision": "hand_over"})],
    "last_band": [("decisions", {"decision": "keep", "band": "never_heard_of"})],
    "last_chance": [("decisions", {"decision": "keep", "explored": "yes", "probability": 0.75})],
}
# What must have happened before, and nothing else of that table: a lead that has already gone furthest cannot go
# further, nobody comes a second time for the first time, and what counts since a stage needs an entry into it.
BEFORE = {
    "furthest_content": ("activities", None),
    "furthest_stage": ("stage_changes", None),
    "days_since_first_visit": ("activities", None),
    "days_lead_to_mql": ("stage_changes", "lead"),
    "clicks_since_mql": ("stage_changes", "mql"),
    "attempts_since_hand_over": ("stage_changes", "sql"),
}
# A request says nothing of colleagues: tests/unit/engine/test_company.py tries them.
OF_COLLEAGUES = {"colleagues_visits_30d"}


def quiet_before(lead, instant, feature):
    """Drop what happened in the last day, so that the new fact is not the second of its instant or day."""
    quiet = copy.deepcopy(lead)
    for facts in quiet.values():
        if isinstance(facts, list):
            facts[:] = [fact for fact in facts if parse_instant(fact["happened_at"], where="tests") < instant - DAY]
    if feature in BEFORE:
        table, stage = BEFORE[feature]
        entry = {"happened_at": to_iso(instant - 2 * DAY), "lifecycle_stage": stage}
        quiet[table] = [] if stage is None else [entry]
    return quiet


def with_fact(lead, table, fact, instant):
    if table != "company":
        return [{**lead, table: [*lead[table], {"happened_at": to_iso(instant), **fact}]}]
    told_again = {
        **{name: [] for name, facts in lead.items() if isinstance(facts, list)},
        "lead_id": lead["lead_id"],
        "created_at": to_iso(instant),
        "company": {"created_at": to_iso(instant), "attributes": fact},
    }
    return [lead, told_again]


def test_every_feature_and_every_kind_is_tried(catalogue):
    assert {feature.name for feature in catalogue.features} == FACTS_READ_BY.keys() | OF_COLLEAGUES
    assert {feature.kind for feature in catalogue.features} == set(all_kinds())


@pytest.mark.parametrize("feature", FACTS_READ_BY)
def test_a_fact_just_before_as_of_changes_what_reads_it(feature, leads, known_of, as_of):
    @given(leads)
    @settings(max_examples=max(settings().max_examples // 10, 5))
    def check(lead):
        lead = quiet_before(lead, as_of, feature)
        before = known_of([lead])[feature]
        afterwards = [
            known_of(with_fact(lead, table, fact, as_of - 1))[feature] for table, fact in FACTS_READ_BY[feature]
        ]
        assert any(after != before for after in afterwards), f"{feature} stays {before} whatever happens"

    check()


@pytest.mark.parametrize("feature", FACTS_READ_BY)
def test_the_same_fact_at_as_of_changes_nothing(feature, known_of, as_of):
    lead = {
        "lead_id": "L1",
        "created_at": to_iso(as_of - 100 * DAY),
        "company_id": "C1",
        "company": {"created_at": to_iso(as_of - 100 * DAY), "attributes": {"employees": 10}},
        **{table: [] for table in FACT_TABLES},
    }
    for table, fact in FACTS_READ_BY[feature]:
        assert known_of(with_fact(lead, table, fact, as_of)) == known_of([lead])
