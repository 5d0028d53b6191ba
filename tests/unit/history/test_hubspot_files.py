"""Files of HubSpot exports: answers, lines, folders, pages; what is broken is said, what is missing is counted."""

import pytest

from leadml.errors import LeadmlError
from leadml.history.hubspot.records import object_of
from leadml.history.hubspot.words import COUNTERS, why_left_out
from leadml.history.told import DataFile


def record(number, **properties):
    history = {"lifecyclestage": [{"value": "lead", "timestamp": "2026-06-01T00:00:00Z", "sourceType": "FORM"}]}
    return {
        "id": number,
        "createdAt": "2026-06-01T00:00:00Z",
        "updatedAt": "2026-06-02T00:00:00Z",
        "properties": properties,
        "propertiesWithHistory": history,
    }


def reply(*records, **more):
    return {"status": "COMPLETE", "completedAt": "2026-11-23T00:00:00Z", "results": list(records), **more}


@pytest.fixture
def broken(hubspot):
    """Give code and place of what is wrong with an export."""

    def problems():
        with pytest.raises(LeadmlError) as caught:
            hubspot.open()
        every = getattr(caught.value, "problems", (caught.value,))
        return [(problem.code, problem.where) for problem in every]

    return problems


def test_answers_lie_in_folders_lines_lists_and_compressed_files(hubspot):
    hubspot.write("contacts/1.json", reply(record("1")))
    hubspot.write("contacts/2.json.gz", reply(record("2")))
    hubspot.write("contacts/3.jsonl", [reply(record("3")), reply(record("4"))])
    hubspot.write("contacts/4.json", [reply(record("5")), record("6")])
    hubspot.write("contacts/5.jsonl.gz", [record("7")])
    assert sorted(hubspot.rows("leads", "lead_id")) == [(number,) for number in "1234567"]
    told = hubspot.told("stage_changes")
    places = {told.rows["lead_id"][row].as_py(): told.place_of(row) for row in range(len(told))}
    assert places["2"] == ("contacts/2.json.gz", "results[0], lifecyclestage[0]")
    assert places["4"] == ("contacts/3.jsonl", "line 2, results[0], lifecyclestage[0]")
    assert places["5"] == ("contacts/4.json", "[0], results[0], lifecyclestage[0]")
    assert places["6"] == ("contacts/4.json", "[1], lifecyclestage[0]")


def test_lines_of_json_are_known_under_any_ending(hubspot):
    hubspot.write("contacts.json", '{"results": []}\n{"results": []}\n')
    assert hubspot.rows("leads", "lead_id") == []


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        ("{", "not_an_export", "contacts.json, line 1"),
        ('"text"', "not_an_export", "contacts.json"),
        ('{"category": "RATE_LIMITS", "message": "too many"}', "not_an_export", "contacts.json"),
        (b'{"results": ["\xff"]}', "not_utf8", "contacts.json, line 1"),
        ('{"results": ["x"]}', "not_an_export", "contacts.json, results[0]"),
        ('{"results": [{"id": "1", "properties": []}]}', "not_an_export", "contacts.json, results[0]"),
        (
            '{"results": [{"id": "1", "propertiesWithHistory": {"x": "y"}}]}',
            "not_an_export",
            "contacts.json, results[0], x",
        ),
        (
            '{"results": [{"id": "1", "associations": {"companies": []}}]}',
            "not_an_export",
            "contacts.json, results[0], associations",
        ),
    ],
)
def test_what_is_no_answer_is_said_with_its_place(hubspot, broken, content, code, where):
    hubspot.write("contacts.json", content)
    assert broken() == [(code, where)]


def test_all_files_that_cannot_be_read_are_reported_together(hubspot, broken):
    hubspot.write("a.json", "{").write("notes.txt", "hello").write("contacts.json.gz.json", reply(record("1")))
    hubspot.write("x.json", reply({"id": "1", "properties": {"strange": "1"}}))
    assert [code for code, _ in broken()] == ["not_an_export", "file_of_no_export", "unknown_object"]


def test_a_file_that_is_no_gzip_is_said(hubspot, broken):
    hubspot.write("contacts.json", reply(record("1")))
    (hubspot.folder / "deals.json.gz").write_bytes(b"no gzip")
    (hubspot.folder / "calls.jsonl.gz").write_bytes(b"no gzip")
    assert [code for code, _ in broken()] == ["not_an_export", "not_an_export"]


def test_refused_ids_and_missing_pages_are_counted(hubspot):
    error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some CONTACT objects"}
    hubspot.write("contacts/1.json", reply(record("1"), numErrors=2, errors=[error, error]))
    deal = {"id": "9", "properties": {"dealstage": "closedwon"}}
    hubspot.write("deals.json", {"results": [deal], "paging": {"next": {"after": "10", "link": "?after=10"}}})
    cut = {"contacts": {"results": [], "paging": {"next": {"after": "3"}}}}
    hubspot.write("deals-2.json", {"results": [{**deal, "associations": cut}], "paging": {"next": {"after": "11"}}})
    assert hubspot.findings("leads") == {"refused_by_crm": 2, "pages_missing": 2, "associations_cut": 1}
    hubspot.write("deals-3.json", {"results": [deal]})
    assert "pages_missing" not in hubspot.findings("leads")


def test_the_export_knows_until_its_first_contact_was_read(hubspot):
    hubspot.write("contacts/1.json", {**reply(record("1")), "completedAt": "2026-11-24T00:00:00Z"})
    hubspot.write("contacts/2.json", {**reply(record("1"), record("2")), "completedAt": "2026-11-25T00:00:00Z"})
    assert hubspot.told("leads").known_until == "2026-11-25T00:00:00.000000Z"
    hubspot.write("contacts/3.json", {**reply(record("3")), "completedAt": "2026-11-23T12:00:00Z"})
    assert hubspot.told("leads").known_until == "2026-11-23T12:00:00.000000Z"


def test_an_export_without_its_own_time_knows_until_the_last_update(hubspot):
    hubspot.write("contacts.json", {"results": [record("1")]})
    assert hubspot.told("leads").known_until == "2026-06-02T00:00:00.000000Z"


def test_a_page_export_tells_who_the_leads_are_but_no_stage(hubspot):
    hubspot.write(
        "hubspot-crm-exports-all-contacts.csv",
        "Record ID,Create Date,Lifecycle Stage,Became a Customer Date,Job Title,Country/Region,Number of Pageviews,"
        "Email,Associated Company IDs\n"
        "1,2026-06-01 09:00,Customer,2026-07-01 09:00,CTO,Germany,12,a@example.com,900;901\n"
        "2,2026-06-02 09:00,Lead,,,Austria,3,,\n",
    )
    columns = ("lead_id", "created_at", "jobtitle", "country", "company_id", "email")
    assert hubspot.rows("leads", *columns) == [
        ("1", "2026-06-01 09:00", "CTO", "Germany", "900", None),
        ("2", "2026-06-02 09:00", None, "Austria", None, None),
    ]
    findings = hubspot.findings("leads")
    assert (findings["stage_dates_left_out"], findings["stage_of_today"]) == (1, 2)
    with pytest.raises(LeadmlError) as caught:
        hubspot.told("stage_changes")
    assert caught.value.code == "only_of_today"
    assert "propertiesWithHistory" in caught.value.part("fix")
    told = hubspot.told("leads")
    assert told.place_of(1) == ("hubspot-crm-exports-all-contacts.csv", "line 3")


def test_a_page_export_needs_its_record_id(hubspot, broken):
    hubspot.write("contacts.csv", "Email,Create Date\na@example.com,2026-06-01\n")
    assert broken() == [("unknown_column", "contacts.csv")]


@pytest.mark.parametrize(
    ("name", "properties", "kind"),
    [
        ("contacts/2026-11-23.json", [], "contacts"),
        ("export/all-companies.csv", ["lifecyclestage"], "companies"),
        ("contacts_and_deals/deal-1.json", [], "deals"),
        ("contacts_and_deals.json", ["hs_call_direction"], "calls"),
        ("reply.json", ["lifecyclestage", "hs_lead_status"], "contacts"),
        ("reply.json", ["domain", "lifecyclestage"], "companies"),
        ("reply.json", ["strange"], None),
    ],
)
def test_what_a_file_holds_is_told_by_its_name_or_else_by_its_properties(tmp_path, name, properties, kind):
    assert object_of(DataFile(tmp_path / name, name), properties) == kind


def test_no_counter_passes_for_an_attribute():
    assert [name for name in COUNTERS if why_left_out(name) != "of_today_left_out"] == []


@pytest.mark.parametrize(
    "name", ["industry", "numberofemployees", "number_of_employees", "jobtitle", "country", "plants"]
)
def test_what_describes_a_lead_or_a_company_is_an_attribute(name):
    assert why_left_out(name) is None


def test_the_history_of_a_property_may_be_a_list_that_is_empty(hubspot):
    hubspot.write("contacts.json", reply({**record("1"), "propertiesWithHistory": {"lifecyclestage": []}}))
    with pytest.raises(LeadmlError):
        hubspot.told("stage_changes")


@pytest.mark.parametrize(
    ("table", "options", "key"),
    [("leads", {"lead_type": ["a"]}, "lead_type"), ("activities", {"counters": "views"}, "counters")],
)
def test_an_option_of_another_type_is_refused(hubspot, table, options, key):
    hubspot.write("contacts.json", reply(record("1")))
    with pytest.raises(LeadmlError) as caught:
        hubspot.told(
            table, options={name: tuple(told) if isinstance(told, list) else told for name, told in options.items()}
        )
    assert (caught.value.code, caught.value.values["key"]) == ("wrong_type", key)
