"""Contacts of HubSpot as leads: their stages, statuses, owners and attributes from the history of properties."""

import pytest

from leadml.errors import LeadmlError

ID, AT = "lead_id", "happened_at"


def item(value, timestamp, source="CRM_UI"):
    return {"value": value, "timestamp": timestamp, "sourceType": source, "sourceId": "userId:1"}


def record(number, histories=None, *, created="2026-06-01T00:00:00Z", **more):
    return {
        "id": number,
        "createdAt": created,
        "updatedAt": "2026-11-02T10:11:12.345Z",
        "archived": False,
        "properties": {},
        "propertiesWithHistory": histories or {},
        **more,
    }


def reply(*records, completed="2026-11-23T00:00:00Z", **more):
    return {"status": "COMPLETE", "completedAt": completed, "results": list(records), **more}


# As in the real payload: MQL in July, cleared and set back by hand in August, MQL again in October, then SQL.
TWICE = [
    item("salesqualifiedlead", "2026-11-02T10:11:12.345Z"),
    item("marketingqualifiedlead", "2026-10-28T08:00:00Z", "AUTOMATION_PLATFORM"),
    item("lead", "2026-08-15T09:00:00Z"),
    item("", "2026-08-15T08:59:59Z"),
    item("marketingqualifiedlead", "2026-07-10T12:00:00Z", "AUTOMATION_PLATFORM"),
    item("lead", "2026-06-01T00:00:00Z", "FORM"),
]


def test_each_change_of_the_stage_is_a_fact_at_its_own_time_and_a_cleared_stage_is_kept_without_a_word(hubspot):
    hubspot.write("contacts.json", reply(record("512", {"lifecyclestage": TWICE})))
    assert hubspot.rows("stage_changes", ID, AT, "lifecycle_stage", "reason") == [
        ("512", "2026-06-01T00:00:00Z", "lead", "form"),
        ("512", "2026-07-10T12:00:00Z", "mql", "automation_platform"),
        ("512", "2026-08-15T08:59:59Z", None, "crm_ui"),
        ("512", "2026-08-15T09:00:00Z", "lead", "crm_ui"),
        ("512", "2026-10-28T08:00:00Z", "mql", "automation_platform"),
        ("512", "2026-11-02T10:11:12.345Z", "sql", "crm_ui"),
    ]
    assert hubspot.rows("leads", ID) == [("512",)]


def test_the_date_of_a_stage_is_never_read(hubspot):
    dated = {"hs_lifecyclestage_customer_date": "2026-10-28T08:00:00Z", "hs_v2_date_entered_lead": "2026-06-01"}
    history = {"lifecyclestage": TWICE, "hs_lifecyclestage_customer_date": [item("2026-10-28", "2026-10-28T08:00:00Z")]}
    hubspot.write("contacts.json", reply(record("512", {**history, "industry": [item("IT", AT)]}, properties=dated)))
    told = hubspot.told("leads")
    assert set(told.rows.column_names) == {ID, "created_at", "company_id", "merged_into", "merged_at"}
    assert hubspot.findings("leads")["stage_dates_left_out"] == 1
    assert hubspot.findings("attribute_changes")["changes_left_out"] == 1
    for name in ("stage_changes", "attribute_changes"):
        assert "customer" not in str(hubspot.told(name).rows.to_pylist())


def test_a_stage_of_the_portal_is_data_and_words_of_the_project_come_before_ours(hubspot):
    history = [item("marketingqualifiedlead", "2026-07-02T00:00:00Z"), item("91234567", "2026-07-01T00:00:00Z")]
    hubspot.write("contacts.json", reply(record("1", {"lifecyclestage": history})))
    assert hubspot.rows("stage_changes", "lifecycle_stage") == [("91234567",), ("mql",)]
    own = {"lifecycle_stage": {"marketingqualifiedlead": "warm"}}
    assert hubspot.rows("stage_changes", "lifecycle_stage", words=own)[1] == ("marketingqualifiedlead",)


def test_a_stage_of_today_is_refused_and_the_way_out_is_said(hubspot):
    hubspot.write("contacts.json", reply(record("1", properties={"lifecyclestage": "lead"})))
    with pytest.raises(LeadmlError) as caught:
        hubspot.told("stage_changes")
    assert caught.value.code == "only_of_today"
    assert "propertiesWithHistory=lifecyclestage" in caught.value.part("fix")
    assert hubspot.findings("leads")["stage_of_today"] == 1


def test_what_was_never_exported_is_not_told_as_if_nothing_had_happened(hubspot):
    hubspot.write("contacts.json", reply(record("1", {"lifecyclestage": TWICE})))
    for table in ("companies", "activities", "status_changes", "assignments", "deal_changes", "connect_attempts"):
        with pytest.raises(LeadmlError) as caught:
            hubspot.told(table)
        assert (caught.value.code, caught.value.values["table"]) == ("not_in_export", table)


def test_no_contact_at_all_is_nothing(hubspot):
    hubspot.write("contacts.json", reply())
    assert [len(hubspot.told(table)) for table in ("leads", "stage_changes", "assignments")] == [0, 0, 0]


def test_owners_and_attributes_have_their_histories(hubspot):
    history = {
        "hubspot_owner_id": [item("", "2026-07-03T00:00:00Z"), item("7", "2026-07-02T00:00:00Z")],
        "jobtitle": [item("CTO", "2026-08-01T00:00:00Z"), item("Engineer", "2026-06-01T00:00:00Z")],
        "email": [item("a@example.com", "2026-06-01T00:00:00Z")],
    }
    today = {"jobtitle": "CTO", "country": "DE", "email": "a@example.com", "num_notes": "4", "lifecyclestage": "lead"}
    hubspot.write("contacts.json", reply(record("1", history, properties=today)))
    assert hubspot.rows("assignments", AT, "owner") == [("2026-07-02T00:00:00Z", "7"), ("2026-07-03T00:00:00Z", None)]
    assert hubspot.rows("attribute_changes", AT, "attribute", "value") == [
        ("2026-06-01T00:00:00Z", "jobtitle", "Engineer"),
        ("2026-08-01T00:00:00Z", "jobtitle", "CTO"),
    ]
    assert hubspot.rows("leads", "country", "jobtitle", "email", "num_notes") == [("DE", None, None, None)]
    assert hubspot.findings("leads") == {"of_today_left_out": 1, "stage_of_today": 1}


def test_attributes_may_be_named_and_one_of_today_is_refused(hubspot):
    today = {"country": "DE", "city": "Berlin", "num_notes": "4"}
    hubspot.write("contacts.json", reply(record("1", properties=today)))
    assert hubspot.rows("leads", "land", "city", attributes={"land": "country"}) == [("DE", None)]
    for named, code in (("num_notes", "of_today"), ("contry", "unknown_column")):
        with pytest.raises(LeadmlError) as caught:
            hubspot.told("leads", attributes={"x": named})
        assert caught.value.code == code
    assert "country" in caught.value.part("fix")


def test_the_lead_type_is_a_property_that_the_project_names(hubspot):
    hubspot.write("contacts.json", reply(record("1", properties={"customer_kind": "new"})))
    assert hubspot.rows("leads", "lead_type", "customer_kind", options={"lead_type": "customer_kind"}) == [
        ("new", None)
    ]
    with pytest.raises(LeadmlError) as caught:
        hubspot.told("leads", options={"lead_typ": "customer_kind"})
    assert "lead_type" in caught.value.part("fix")


def test_the_reason_of_a_status_is_what_was_written_with_it(hubspot):
    history = {
        "hs_lead_status": [
            item("BAD_TIMING", "2026-09-01T00:00:00Z"),
            item("CONNECTED", "2026-08-20T00:00:00Z"),
            item("BAD_TIMING", "2026-08-15T09:00:00Z"),
        ],
        "return_reason": [
            item("too_late", "2026-09-01T01:00:00Z"),
            item("no_budget", "2026-08-15T09:00:30Z"),
            item("no_time", "2026-08-15T09:00:00Z"),
        ],
    }
    hubspot.write("contacts.json", reply(record("1", history)))
    told = hubspot.rows("status_changes", "lead_status", "reason", "known_at", options={"reason": "return_reason"})
    assert told == [
        ("bad_timing", "no_budget", "2026-08-15T09:00:30Z"),
        ("connected", None, None),
        ("bad_timing", None, None),
    ]


def test_merged_contacts_point_at_the_one_that_was_kept(hubspot):
    kept = record("512", properties={"hs_calculated_merged_vids": "77:1762416000123;78:1762416000123"})
    hubspot.write("contacts.json", reply(kept, record("77", archived=True), record("99", archived=True)))
    told = sorted(hubspot.rows("leads", ID, "merged_into", "merged_at"))
    assert told == [
        ("512", None, None),
        ("77", "512", "2025-11-06T08:00:00.123000Z"),
        ("78", "512", "2025-11-06T08:00:00.123000Z"),
    ]
    assert hubspot.findings("leads")["archived_leads"] == 1


def test_a_merge_without_a_time_was_known_when_the_record_was_last_changed(hubspot):
    hubspot.write("contacts.json", reply(record("512", properties={"hs_merged_object_ids": "77;512"})))
    assert sorted(hubspot.rows("leads", ID, "merged_at")) == [("512", None), ("77", "2026-11-02T10:11:12.345Z")]


def test_deleted_contacts_are_left_out_with_their_facts_and_counted(hubspot):
    deleted = record("1", {"lifecyclestage": TWICE}, archived=True)
    hubspot.write("contacts.json", reply(deleted, record("2", {"lifecyclestage": TWICE[-1:]})))
    assert hubspot.rows("stage_changes", ID) == [("2",)]
    assert hubspot.findings("leads")["archived_leads"] == 1


def test_a_record_that_was_read_twice_counts_as_it_was_read_last_and_keeps_all_its_history(hubspot):
    older = record("1", {"lifecyclestage": TWICE[-2:]}, properties={"country": "DE"}, updatedAt="2026-07-11T00:00:00Z")
    newer = record("1", {"lifecyclestage": TWICE[:2]}, properties={"country": "AT"})
    hubspot.write("contacts-2.json", reply(older)).write("contacts-1.json", reply(newer))
    assert hubspot.rows("leads", ID, "country") == [("1", "AT")]
    assert len(hubspot.told("stage_changes")) == 4
    assert hubspot.findings("leads")["read_again"] == 1


def test_the_company_is_the_primary_one_and_others_are_counted(hubspot):
    both = [
        {"id": "800", "type": "contact_to_company_unlabeled"},
        {"id": "900", "type": "contact_to_company"},
        {"id": "900", "type": "contact_to_company_unlabeled"},
    ]
    hubspot.write(
        "contacts.json",
        reply(
            record("1", associations={"companies": {"results": both}}),
            record("2", properties={"associatedcompanyid": "700"}),
        ),
    )
    assert hubspot.rows("leads", "company_id") == [("900",), ("700",)]
    assert hubspot.findings("leads")["further_companies"] == 1


def test_companies_have_attributes_of_today_and_those_with_history_from_their_time_on(hubspot):
    history = {"industry": [item("IT", "2026-08-01T00:00:00Z"), item("RETAIL", "2026-06-02T00:00:00Z")]}
    company = record("900", history, properties={"country": "DE", "name": "ACME", "num_associated_deals": "3"})
    hubspot.write("companies/1.json", reply(company, record("901", archived=True)))
    assert hubspot.rows("companies", "company_id", "created_at", "country", "industry") == [
        ("900", "2026-06-01T00:00:00Z", "DE", None),
        ("900", "2026-06-02T00:00:00Z", None, "RETAIL"),
        ("900", "2026-08-01T00:00:00Z", None, "IT"),
    ]
    assert hubspot.findings("companies") == {"archived_companies": 1, "names_left_out": 1, "of_today_left_out": 1}


def test_increments_of_a_counter_are_activities_and_its_total_of_today_is_not(hubspot):
    views = [item("9", "2026-08-01T00:00:00Z"), item("7", "2026-07-01T00:00:00Z"), item("5", "2026-06-01T00:00:00Z")]
    today = {"hs_analytics_num_page_views": "9", "hs_email_open": "4"}
    hubspot.write("contacts.json", reply(record("1", {"hs_analytics_num_page_views": views}, properties=today)))
    assert hubspot.rows("activities", AT, "activity", "value") == [
        ("2026-06-01T00:00:00Z", "page_view", "5"),
        ("2026-07-01T00:00:00Z", "page_view", "2"),
        ("2026-08-01T00:00:00Z", "page_view", "2"),
    ]
    assert "hs_email_open" not in hubspot.told("leads").rows.column_names
    assert hubspot.findings("leads")["of_today_left_out"] == 1


def test_a_counter_that_falls_is_no_activity_and_said(hubspot):
    opens = [item("3", "2026-08-01T00:00:00Z"), item("1", "2026-07-01T00:00:00Z"), item("2", "2026-06-01T00:00:00Z")]
    hubspot.write("contacts.json", reply(record("1", {"hs_email_open": opens})))
    assert hubspot.rows("activities", "activity", "value") == [("email_open", "2"), ("email_open", "2")]
    assert hubspot.findings("activities")["counter_fell"] == 1


def test_what_stood_at_the_beginning_of_a_cut_history_is_no_increment(hubspot):
    views = [item(str(100 + day), f"2026-08-{day:02}T00:00:00Z") for day in range(28, 0, -1)]
    views += [item(str(80 + day), f"2026-07-{day:02}T00:00:00Z") for day in range(17, 0, -1)]
    assert len(views) == 45
    hubspot.write("contacts.json", reply(record("1", {"num_conversion_events": views})))
    assert len(hubspot.told("activities")) == 44
    assert hubspot.findings("leads")["history_may_be_cut"] == 1


def test_a_portal_may_have_counters_of_its_own(hubspot):
    history = {"webinars_seen": [item("2", "2026-08-01T00:00:00Z"), item("1", "2026-07-01T00:00:00Z")]}
    hubspot.write("contacts.json", reply(record("1", history)))
    told = hubspot.rows("activities", "activity", "value", options={"counters": {"webinars_seen": "webinar"}})
    assert told == [("webinar", "1"), ("webinar", "1")]


def test_changes_of_one_instant_keep_the_order_of_the_source_whichever_file_they_stand_in(hubspot):
    same = [item("b", "2026-08-01T00:00:00Z"), item("a", "2026-08-01T00:00:00Z"), item("a", "2026-08-01T00:00:00Z")]
    hubspot.write("contacts.json", reply(record("1", {"hs_lead_status": same})))
    assert hubspot.rows("status_changes", "lead_status", "sequence") == [("a", "0"), ("a", "0"), ("b", "1")]


def test_ids_are_texts_whatever_type_they_have(hubspot):
    hubspot.write("contacts.json", reply(record(512, {"lifecyclestage": TWICE[-1:]}), record("513"), record(514.0)))
    assert sorted(hubspot.rows("leads", ID)) == [("512",), ("513",), ("514",)]
    assert hubspot.rows("stage_changes", ID) == [("512",)]
