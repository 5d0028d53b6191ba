"""Exports with 10 % dirty records, and the same export in any order of its files: nothing is lost in silence."""

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadml.clock import parse_instant
from leadml.errors import ProblemsError
from leadml.history.sources import read_history
from leadml.specs.history_spec import HistorySpec

LEADS = 40
DIRTY = 4  # of each kind, a tenth of the leads
TIME, LATER = "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"


@pytest.fixture(autouse=True)
def later(monkeypatch):
    monkeypatch.setattr("leadml.history.sources.now", lambda: parse_instant("2026-11-23T00:00:00Z", where="tests"))


def contact(number, *items, **more):
    history = [{"value": value, "timestamp": time, "sourceType": "CRM_UI"} for value, time in items]
    return {
        "id": number,
        "createdAt": TIME,
        "updatedAt": LATER,
        "properties": {"country": "DE"},
        "propertiesWithHistory": {"lifecyclestage": history},
        **more,
    }


def clean_contacts():
    return [contact(str(n), ("marketingqualifiedlead", LATER), ("lead", TIME)) for n in range(LEADS)]


def dirty_contacts():
    """Give clean contacts with a tenth of each kind of dirt."""
    contacts = clean_contacts()
    for one in range(DIRTY):
        contacts.append(contact(str(100 + one), ("lead", "01/06/2026 09:00")))  # a time in another format
        contacts.append(contact(str(200 + one), ("lead", "soon")))  # no time
        contacts.append(contact(str(300 + one), ("lead", "2027-01-01T00:00:00Z")))  # not yet
        contacts.append(contact(str(400 + one), ("lead", "2026-05-31T00:00:00Z")))  # before creation
        contacts.append(contact(str(500 + one), ("91234", TIME)))  # a word of the portal
        contacts.append(contact(600 + one, ("lead", TIME)))  # an id that is a number
        contacts.append(contact(f"{one}.0", ("lead", TIME)))  # an id that was a number once
        contacts.append(contact(str(one), ("lead", TIME)))  # read again
        contacts.append(contact(None, ("lead", TIME)))  # nobody
    return contacts


LEAD_FIELDS = "Id,CreatedDate,Status,Industry"
HISTORY_FIELDS = "LeadId,Field,OldValue,NewValue,CreatedDate"


def sales_id(number):
    return f"00Q{number:012}"


def dirty_org():
    """Give leads and their history, in CSV lines, with a tenth of each kind of dirt."""
    leads = [f"{sales_id(n)},{TIME},Working,IT" for n in range(LEADS)]
    history = [f"{sales_id(n)},Status,Open,Working,{LATER}" for n in range(LEADS)]
    for one in range(DIRTY):
        leads.append(f"{sales_id(100 + one)},soon,Open,IT")
        leads.append(f",{TIME},Open,IT")
        history.append(f"{sales_id(one)},Status,Working,Lost,02.07.2026 09:00")
        history.append(f"{sales_id(one)},Status,Working,Lost,2027-01-01T00:00:00Z")
        history.append(f"{sales_id(one)},Status,Open,Working,{LATER}")  # said again
        history.append(f"{sales_id(900 + one)},Status,Open,Working,{LATER}")  # of nobody
        history.append(f"{sales_id(one)}EAA,Status,New,Open,2026-05-01T00:00:00Z")  # before creation
    return leads, history


def write_org(salesforce, leads, history):
    salesforce.write("Lead.csv", "\n".join([LEAD_FIELDS, *leads]) + "\n")
    salesforce.write("LeadHistory.csv", "\n".join([HISTORY_FIELDS, *history]) + "\n")


@pytest.fixture
def read(definitions, tmp_path):
    """Read the exports of a test as a project would."""

    def history(system, tables, **spec):
        source = ({"file": "crm/*", "format": system},)
        names = {"tables": dict.fromkeys(tables, source), **spec}
        return read_history(HistorySpec.model_validate(names), tmp_path, definitions)

    return history


def counted(history):
    found = {}
    for finding in history.findings:
        found[finding.table, finding.key] = found.get((finding.table, finding.key), 0) + finding.count
    return found


def problems_of(read, system, tables):
    with pytest.raises(ProblemsError) as caught:
        read(system, tables)
    return {(problem.code, problem.values["count"]) for problem in caught.value.problems}


HUBSPOT_TABLES = ("leads", "stage_changes")
# Of one property two answers may hold different parts of the history.
VIEWS = [("1", TIME), ("4", LATER), ("6", "2026-08-01T00:00:00Z"), ("7", "2026-08-02T00:00:00Z")]


def test_dirty_contacts_are_refused_together_with_how_many_there_are(hubspot, read):
    hubspot.write("contacts.json", {"status": "COMPLETE", "results": dirty_contacts()})
    problems = problems_of(read, "hubspot", HUBSPOT_TABLES)
    assert problems >= {
        ("time_in_other_format", DIRTY),
        ("not_a_time", DIRTY),
        ("fact_in_future", DIRTY),
        ("blank_id", DIRTY),
        ("id_in_two_types", DIRTY),
    }


@pytest.mark.parametrize("policy", ["quarantine", "accept"])
def test_dirty_contacts_are_counted_under_the_other_policies(hubspot, read, policy):
    hubspot.write("contacts.json", {"status": "COMPLETE", "results": dirty_contacts()})
    found = counted(read("hubspot", HUBSPOT_TABLES, dirty_rows=policy))
    for key in ("time_in_other_format", "not_a_time", "fact_in_future", "blank_id", "id_in_two_types"):
        assert found["stage_changes", key] == DIRTY
    assert found["leads", "read_again"] == DIRTY
    assert found["leads", "blank_id"] == DIRTY


def test_clean_facts_among_dirty_ones_are_all_there(hubspot, read):
    hubspot.write("contacts.json", {"status": "COMPLETE", "results": dirty_contacts()})
    history = read("hubspot", HUBSPOT_TABLES, dirty_rows="quarantine")
    stages = history.facts["stage_changes"]
    clean = [history.positions()[str(number)] for number in range(LEADS)]
    assert [int(stages.first[lead + 1] - stages.first[lead]) for lead in clean] == [2] * LEADS
    assert "91234" in stages.words["lifecycle_stage"]
    assert {str(number) for number in (500, 600, 603)} <= set(history.lead_ids)


SALESFORCE_TABLES = ("leads", "status_changes")


def test_dirty_rows_of_salesforce_are_refused_together(salesforce, read):
    write_org(salesforce, *dirty_org())
    problems = problems_of(read, "salesforce", SALESFORCE_TABLES)
    assert problems >= {
        ("not_a_time", DIRTY),
        ("blank_id", DIRTY),
        ("time_in_other_format", DIRTY),
        ("fact_in_future", DIRTY),
    }


@pytest.mark.parametrize("policy", ["quarantine", "accept"])
def test_dirty_rows_of_salesforce_are_counted_under_the_other_policies(salesforce, read, policy):
    write_org(salesforce, *dirty_org())
    history = read("salesforce", SALESFORCE_TABLES, dirty_rows=policy)
    found = counted(history)
    assert found["leads", "not_a_time"] == found["leads", "blank_id"] == DIRTY
    assert found["status_changes", "time_in_other_format"] == found["status_changes", "fact_in_future"] == DIRTY
    assert found["status_changes", "counted_once"] == DIRTY
    assert found["status_changes", "unknown_lead" if policy == "accept" else "stranger"] >= DIRTY
    statuses = history.facts["status_changes"]
    assert int((statuses.happened_at < parse_instant(TIME, where="x")).sum()) == DIRTY  # kept; `leadml check` says so


def same(one, other):
    """Tell whether two histories hold the same facts in the same order."""
    if one.lead_ids != other.lead_ids or one.facts.keys() != other.facts.keys():
        return False
    if (one.known_until, sorted(map(str, one.findings))) != (other.known_until, sorted(map(str, other.findings))):
        return False
    return all(
        table.words == others.words
        and all(
            np.array_equal(getattr(table, name), getattr(others, name), equal_nan=name == "values")
            for name in ("first", "happened_at", "known_at", "codes", "values")
        )
        for table, others in ((one.facts[name], other.facts[name]) for name in one.facts)
    )


ITEMS = [("lead", TIME), ("marketingqualifiedlead", LATER), ("", LATER), ("salesqualifiedlead", "2026-08-01T00:00:00Z")]


def records_of(draws):
    """Give answers whose records overlap: the same contacts read twice, at different times."""
    for number, chosen, country, updated in draws:
        properties = {"country": country, "hs_merged_object_ids": "3" if number == 1 else ""}
        record = contact(
            str(number),
            *[ITEMS[place] for place in chosen],
            properties=properties,
            updatedAt=f"2026-10-0{updated}T00:00:00Z",
        )
        views = [{"value": VIEWS[place][0], "timestamp": VIEWS[place][1]} for place in chosen]
        record["propertiesWithHistory"]["hs_analytics_num_page_views"] = views
        yield record


drawn = st.lists(
    st.tuples(
        st.integers(0, 3), st.lists(st.integers(0, 3), max_size=4), st.sampled_from(["DE", "AT"]), st.integers(1, 3)
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=60)
@given(draws=drawn, seed=st.integers(0, 99))
def test_the_order_of_files_and_records_changes_nothing(draws, seed, definitions, tmp_path_factory):
    records = list(records_of(draws))
    records.append(contact("9", ("lead", TIME)))
    records[-1]["propertiesWithHistory"]["hs_analytics_num_page_views"] = [{"value": "1", "timestamp": TIME}]
    shuffled = random.Random(seed).sample(records, len(records))
    histories = []
    for order in (records, shuffled):
        folder = tmp_path_factory.mktemp("export")
        for page, record in enumerate(order):
            answer = {"status": "COMPLETE", "completedAt": LATER, "results": [record]}
            (folder / f"contacts-{page}.json").write_text(json.dumps(answer), "utf-8")
        source = ({"file": ".", "format": "hubspot"},)
        spec = HistorySpec.model_validate({"tables": dict.fromkeys((*HUBSPOT_TABLES, "activities"), source)})
        histories.append(read_history(spec, folder, definitions))
    assert same(*histories)


@settings(max_examples=30)
@given(seed=st.integers(0, 99))
def test_the_order_of_rows_and_files_of_salesforce_changes_nothing(seed, definitions, tmp_path_factory):
    leads, history = dirty_org()
    chance = random.Random(seed)
    histories = []
    for names in (("Lead-1.csv", "LeadHistory-1.csv"), ("Z-Lead.csv", "A-LeadHistory.csv")):
        folder = tmp_path_factory.mktemp("export")
        for name, header, rows in zip(names, (LEAD_FIELDS, HISTORY_FIELDS), (leads, history), strict=True):
            (folder / name).write_text("\n".join([header, *rows]) + "\n", "utf-8")
        source = ({"file": "*.csv", "format": "salesforce"},)
        tables = dict.fromkeys((*SALESFORCE_TABLES, "attribute_changes"), source)
        spec = HistorySpec.model_validate({"tables": tables, "dirty_rows": "accept"})
        histories.append(read_history(spec, folder, definitions))
        chance.shuffle(leads)
        chance.shuffle(history)
    assert same(*histories)
