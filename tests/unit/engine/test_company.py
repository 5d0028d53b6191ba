"""What the other contacts of a company did: the buying group."""

import numpy as np
import pytest

from leadml.cli.tables import finding_lines
from leadml.clock import parse_instant
from leadml.engine import company
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label

LEADS = """
    lead_id,created_at,company_id
    anna,2026-01-01T00:00:00Z,C1
    ben,2026-01-01T00:00:00Z,C1
    carla,2026-02-01T00:00:00Z,C1
    dora,2026-01-01T00:00:00Z,C2
    emil,2026-01-01T00:00:00Z,
"""
VISITS = """
    lead_id,happened_at,known_at,activity
    anna,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z,page_view
    ben,2026-01-06T00:00:00Z,2026-01-06T00:00:00Z,page_view
    ben,2026-01-07T00:00:00Z,2026-01-09T00:00:00Z,page_view
    carla,2026-01-03T00:00:00Z,2026-01-03T00:00:00Z,page_view
    dora,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z,page_view
    emil,2026-01-05T00:00:00Z,2026-01-05T00:00:00Z,page_view
"""


def visits(definitions):
    feature = FeatureSpec(
        name="visits",
        label=Label(en="Visits", ja="訪問"),
        kind="count",
        table="activities",
        of="company",
        when_nothing=0.0,
    )
    return Catalogue((feature,), {"visits": "activities"}, definitions)


def visits_of_colleagues(history, definitions, lead, as_of):
    leads, instants = np.array([history.positions()[lead]]), np.array([parse_instant(as_of, where="test")])
    return compute_features(history, leads, instants, visits(definitions)).shown(0, "visits")


@pytest.fixture
def history(history_of):
    return history_of(leads=LEADS, activities=VISITS)


def test_only_the_other_contacts_count(history, definitions):
    assert visits_of_colleagues(history, definitions, "anna", "2026-01-06T12:00:00Z") == 1
    assert visits_of_colleagues(history, definitions, "ben", "2026-01-06T12:00:00Z") == 1
    assert visits_of_colleagues(history, definitions, "dora", "2026-01-06T12:00:00Z") == 0


def test_a_fact_of_a_colleague_that_came_late_is_not_known_before(history, definitions):
    assert visits_of_colleagues(history, definitions, "anna", "2026-01-08T00:00:00Z") == 1
    assert visits_of_colleagues(history, definitions, "anna", "2026-01-10T00:00:00Z") == 2


def test_a_colleague_who_is_not_yet_known_tells_nothing(history, definitions):
    assert visits_of_colleagues(history, definitions, "anna", "2026-02-01T00:00:00Z") == 2
    assert visits_of_colleagues(history, definitions, "anna", "2026-02-01T00:00:01Z") == 3


def test_a_lead_without_a_company_has_no_known_colleagues(history, definitions):
    assert visits_of_colleagues(history, definitions, "emil", "2026-03-01T00:00:00Z") is None


def test_a_company_of_too_many_leads_is_no_buying_group(history, definitions, monkeypatch):
    monkeypatch.setattr(company, "LARGEST_BUYING_GROUP", 2)
    assert visits_of_colleagues(history, definitions, "anna", "2026-03-01T00:00:00Z") is None
    assert company.companies_too_large(history) == {"C1": 3}


def test_a_company_of_too_many_leads_stands_in_the_check_once(demo_project, monkeypatch):
    assert not [finding for finding in demo_project.coverage().findings if finding.key == "company_too_large"]
    monkeypatch.setattr(company, "LARGEST_BUYING_GROUP", 1)
    told = [finding for finding in demo_project.coverage().findings if finding.key == "company_too_large"]
    assert len(told) == len({finding.values["company"] for finding in told}) > 0
    assert min(finding.count for finding in told) == 2
    said = finding_lines(told[:1], "en"), finding_lines(told[:1], "ja")
    assert all(str(told[0].values["company"]) in line for (line,) in said)


def test_before_one_too_many_is_known_the_company_is_a_buying_group(history, definitions, monkeypatch):
    monkeypatch.setattr(company, "LARGEST_BUYING_GROUP", 2)
    assert visits_of_colleagues(history, definitions, "anna", "2026-02-01T00:00:00Z") == 2
    assert visits_of_colleagues(history, definitions, "anna", "2026-02-01T00:00:01Z") is None


def test_leads_without_a_company_are_no_group_of_another(history_of, definitions, monkeypatch):
    monkeypatch.setattr(company, "LARGEST_BUYING_GROUP", 2)
    lonely = "".join(f"\n    x{number},2026-01-01T00:00:00Z," for number in range(3))
    leads = "lead_id,created_at,company_id\n    dora,2026-01-01T00:00:00Z,C2\n    emil,2026-01-01T00:00:00Z,C2" + lonely
    history = history_of(leads=f"\n    {leads}\n", activities=VISITS)
    assert visits_of_colleagues(history, definitions, "emil", "2026-03-01T00:00:00Z") == 1


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_a_lead_is_asked_about_before_and_after_its_company_is_too_large_in_any_order(
    history_of, definitions, monkeypatch, order
):
    monkeypatch.setattr(company, "LARGEST_BUYING_GROUP", 2)
    # Dora's company is the first of the list: her two visits are not those of ben's colleagues.
    with_dora_twice = f"{VISITS.rstrip()}\n    dora,2026-01-06T00:00:00Z,2026-01-06T00:00:00Z,page_view\n"
    history = history_of(leads=LEADS.replace("C2", "C0"), activities=with_dora_twice)
    instants = [f"2026-{day}T00:00:00Z" for day in ("01-08", "01-20", "02-10")]
    as_of = np.array([parse_instant(instant, where="test") for instant in instants])[order]
    leads = np.full(3, history.positions()["ben"])
    found = compute_features(history, leads, as_of, visits(definitions)).values[:, 0]
    np.testing.assert_array_equal(found, np.array([1.0, 1.0, np.nan])[order])


def test_another_order_of_the_stages_orders_the_facts_of_one_instant_anew(history_of, definitions):
    history = history_of(
        leads=LEADS,
        stage_changes="""
            lead_id,happened_at,lifecycle_stage
            anna,2026-01-05T00:00:00Z,mql
            ben,2026-01-05T00:00:00Z,lead
        """,
    )
    turned = definitions.model_copy(update={"lifecycle_stages": definitions.lifecycle_stages[::-1]})

    def latest_stages(agreed):
        table = company.by_company(history, "stage_changes", agreed).facts
        return [table.words["lifecycle_stage"][code] for code in table.texts["lifecycle_stage"].codes]

    assert latest_stages(definitions) == ["lead", "mql"]
    assert latest_stages(turned) == ["mql", "lead"]
    assert company.by_company(history, "stage_changes", turned) is company.by_company(history, "stage_changes", turned)


def test_snapshots_of_many_leads_of_one_company_are_told_apart(history, definitions):
    feature = FeatureSpec(
        name="last",
        label=Label(en="Last", ja="最終"),
        kind="days_since",
        table="activities",
        of="company",
        when_nothing="missing",
    )
    catalogue = Catalogue((feature,), {"last": "activities"}, definitions)
    as_of = np.full(5, parse_instant("2026-01-11T00:00:00Z", where="test"))
    found = compute_features(history, np.arange(5), as_of, catalogue).values[:, 0]
    np.testing.assert_array_equal(found, [4.0, 6.0, 4.0, np.nan, np.nan])
