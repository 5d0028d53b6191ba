"""Where a history and the agreement contradict each other: found, counted and told, and nothing is stopped."""

import pytest

from leadml.specs.agreement_spec import RequiredFieldSpec
from leadml.stage_checks import check_stages
from leadml.wording.texts import say

LEADS = """
    lead_id,created_at,department
    L1,2026-03-01T09:00:00Z,it
    L2,2026-03-01T09:00:00Z,
    L3,2026-03-01T09:00:00Z,
    L4,2026-03-01T09:00:00Z,it
    L5,2026-03-01T09:00:00Z,it
"""


@pytest.fixture
def found(spec, history_of):
    """Check a history under the agreement of tests/project with changed definitions; gives key, count and values."""

    def check(*, leads=LEADS, definitions=None, **tables):
        agreement = spec.agreement
        agreement = agreement.model_copy(
            update={"definitions": agreement.definitions.model_copy(update=definitions or {})}
        )
        findings = check_stages(history_of(leads=leads, **tables), agreement)
        for finding in findings:
            for language in ("en", "ja"):
                assert finding.values["examples"] in say(
                    f"finding.{finding.key}", language, count=finding.count, **finding.values
                )
        return [(finding.table, finding.key, finding.count, dict(finding.values)) for finding in findings]

    return check


STAGES = """
    lead_id,happened_at,lifecycle_stage
    L1,2026-03-02T09:00:00Z,lead
    L1,2026-03-03T09:00:00Z,sql
    L1,2026-03-04T09:00:00Z,a word of the CRM
    L1,2026-03-05T09:00:00Z,mql
    L1,2026-03-06T09:00:00Z,mql
    L2,2026-03-02T09:00:00Z,sql
    L2,2026-03-03T09:00:00Z,lead
    L3,2026-03-03T09:00:00Z,mql
    L3,2026-03-02T09:00:00Z,sql
    L4,2026-03-02T09:00:00Z,mql
    L5,2026-03-02T09:00:00Z,customer
    L5,2026-03-02T09:00:00Z,lead
"""


def test_transitions_that_the_agreement_refuses_are_counted_by_pair(found):
    definitions = {"allowed_transitions": {"sql": ("opportunity", "lead"), "lead": ("mql",), "subscriber": ()}}
    assert found(definitions=definitions, stage_changes=STAGES) == [
        # Of one instant, the declared order: L5 was a lead before it was a customer.
        ("stage_changes", "refused_transition", 1, {"before": "lead", "after": "customer", "examples": "L5"}),
        ("stage_changes", "refused_transition", 1, {"before": "lead", "after": "sql", "examples": "L1"}),
        ("stage_changes", "refused_transition", 2, {"before": "sql", "after": "mql", "examples": "L1, L3"}),
    ]


def test_without_an_agreement_on_stages_nothing_is_refused(found):
    assert found(stage_changes=STAGES) == []
    assert found() == []
    assert found(definitions={"allowed_transitions": {"lead": ()}}) == []


def test_many_leads_are_told_by_the_first_three(found):
    ids = [f"L{number}" for number in range(1, 6)]
    rows = [f"{lead},2026-03-0{day}T09:00:00Z,{stage}" for lead in ids for day, stage in ((2, "lead"), (3, "sql"))]
    stages = "\n".join(["lead_id,happened_at,lifecycle_stage", *rows])
    ((_, _, count, values),) = found(definitions={"allowed_transitions": {"lead": ("mql",)}}, stage_changes=stages)
    assert (count, values["examples"]) == (5, "L1, L2, L3")


def test_entries_into_a_stage_whose_fields_were_not_known_are_counted(found):
    fields = {"sql": (RequiredFieldSpec(attribute="department"), RequiredFieldSpec(attribute="country", of="company"))}
    changes = """
        lead_id,happened_at,known_at,attribute,value
        L1,2026-03-01T10:00:00Z,,department,
        L2,2026-03-02T09:00:00Z,,department,it
        L3,2026-03-02T08:00:00Z,2026-03-02T10:00:00Z,department,it
    """
    told = found(definitions={"required_fields": fields}, stage_changes=STAGES, attribute_changes=changes)
    # L2's department was written together with its stage, that of L3 an hour later, that of L1 cleared before.
    assert told == [
        (
            "stage_changes",
            "entered_too_early",
            2,
            {"stage": "sql", "field": "department", "entries": "3", "examples": "L1, L3"},
        ),
        (
            "stage_changes",
            "entered_too_early",
            3,
            {"stage": "sql", "field": "company.country", "entries": "3", "examples": "L1, L2, L3"},
        ),
    ]


def test_bands_that_no_list_has_and_overrides_without_a_band_are_counted(found):
    decisions = """
        lead_id,happened_at,decision,band
        L1,2026-03-02T09:00:00Z,override,A
        L1,2026-03-03T09:00:00Z,override,gold
        L2,2026-03-02T09:00:00Z,keep,gold
        L3,2026-03-02T09:00:00Z,override,
        L4,2026-03-02T09:00:00Z,keep,
    """
    assert found(decisions=decisions) == [
        ("decisions", "unknown_band", 2, {"band": "gold", "examples": "L1, L2"}),
        ("decisions", "override_without_band", 1, {"examples": "L3"}),
    ]
    without_bands = "lead_id,happened_at,decision\nL1,2026-03-02T09:00:00Z,override\n"
    assert found(decisions=without_bands) == [("decisions", "override_without_band", 1, {"examples": "L1"})]
