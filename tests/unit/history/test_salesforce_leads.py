"""Leads of Salesforce: who they are, what their field history says, and what becomes of them after a conversion."""

import pytest

from leadml.errors import LeadmlError

L1, L2, L3 = "00Q5f000001AbCdEAK", "00Q5f000001AbCeEAK", "00Q5f000001AbCfEAK"
CONTACT, USER, QUEUE = "0035f000001AbCdAAK", "0055f000001AbCdAAK", "00G5f000001AbCdEAK"
CREATED = "2026-06-01T00:00:00.000+0000"
AUGUST, SEPTEMBER = "2026-08-01T00:00:00.000+0000", "2026-09-01T00:00:00.000+0000"
AT = "happened_at"

LEADS = "Id,IsDeleted,MasterRecordId,CreatedDate,LastModifiedDate,Status,OwnerId,Industry,Email,ConvertedDate"
HISTORY = "LeadId,Field,OldValue,NewValue,CreatedDate"


def table(header, *rows):
    return "\n".join([header, *rows]) + "\n"


@pytest.fixture
def crm(salesforce):
    """Write leads and their history."""

    def write(*history, leads=(f"{L1},false,,{CREATED},{CREATED},Working - Contacted,{USER},IT,a@example.com,",)):
        salesforce.write("Lead.csv", table(LEADS, *leads))
        return salesforce.write("LeadHistory.csv", table(HISTORY, *history))

    return write


def test_a_status_has_its_first_value_from_the_creation_on(crm):
    told = crm(f"{L1},Status,Open - Not Contacted,Working - Contacted,2026-10-28T08:00:00.000+0000")
    assert told.rows("status_changes", "lead_id", AT, "lead_status") == [
        (L1, CREATED, "open_not_contacted"),
        (L1, "2026-10-28T08:00:00.000+0000", "working_contacted"),
    ]


def test_ids_of_fifteen_and_of_eighteen_signs_are_the_same_record(crm):
    told = crm(f"{L1[:15]},Status,Open - Not Contacted,Working - Contacted,2026-10-28T08:00:00.000+0000")
    assert {lead for (lead,) in told.rows("status_changes", "lead_id")} == {L1}


def test_a_reply_of_a_query_says_the_same_as_a_file(crm, salesforce):
    crm()
    record = {
        "attributes": {"type": "LeadHistory"},
        "LeadId": L1,
        "Field": "Status",
        "OldValue": "Open - Not Contacted",
        "NewValue": "Working - Contacted",
        "CreatedDate": "2026-10-28T08:00:00.000+0000",
    }
    salesforce.write("reply.json", {"totalSize": 1, "done": True, "records": [record]})
    told = salesforce.told("status_changes")
    assert told.rows["lead_status"].to_pylist() == ["open_not_contacted", "working_contacted"]
    assert told.place_of(1) == ("reply.json", "records[0], NewValue of Status")
    assert told.place_of(0) == ("Lead.csv", "line 2, first value of Status")


def test_capitals_of_the_data_loader_are_the_same_fields(salesforce):
    salesforce.write("lead-extract.csv", table(LEADS.upper(), f"{L1},false,,{CREATED},{CREATED},Open,{USER},IT,,"))
    assert salesforce.rows("leads", "lead_id", "created_at", "Industry") == [(L1, CREATED, "IT")]


def test_a_lead_that_never_changed_since_history_began_has_its_status_of_today(crm):
    created = "2026-07-01T00:00:00.000+0000"
    told = crm(
        f"{L1},Status,Open,Working,2026-06-15T00:00:00.000+0000",
        f"{L3},created,,,{CREATED}",
        leads=(
            f"{L1},false,,2026-05-01T00:00:00.000+0000,{CREATED},Working,{USER},IT,,",
            f"{L2},false,,2026-05-01T00:00:00.000+0000,{CREATED},Lost,{USER},IT,,",
            f"{L3},false,,{created},{created},Open,{USER},IT,,",
        ),
    )
    assert told.rows("status_changes", "lead_id", "lead_status") == [(L1, "Open"), (L3, "Open"), (L1, "Working")]
    assert told.findings("status_changes") == {"first_value_unknown": 1}


def test_before_history_was_switched_on_nothing_is_known(crm):
    told = crm(f"{L1},Status,Open,Working,2026-10-28T08:00:00.000+0000")
    options = {"tracked_since": "2026-09-01T00:00:00Z"}
    assert told.rows("status_changes", AT, "lead_status", options=options)[0] == ("2026-09-01T00:00:00Z", "Open")
    assert told.findings("status_changes", options=options) == {"before_tracking": 1}


def test_a_status_stands_for_a_stage_and_a_conversion_for_sql(crm):
    told = crm(
        f"{L1},Status,Open - Not Contacted,Working - Contacted,2026-10-28T08:00:00.000+0000",
        f"{L1},Status,Working - Contacted,Nurturing,2026-10-29T08:00:00.000+0000",
        f"{L1},leadConverted,,,2026-11-02T10:11:12.000+0000",
    )
    options = {"stage_of_status": {"Open - Not Contacted": "lead", "Working - Contacted": "mql"}}
    assert told.rows("stage_changes", AT, "lifecycle_stage", "reason", options=options) == [
        (CREATED, "lead", "status"),
        ("2026-10-28T08:00:00.000+0000", "mql", "status"),
        ("2026-11-02T10:11:12.000+0000", "sql", "conversion"),
    ]
    assert told.rows("stage_changes", "lifecycle_stage", options={"converted": "opportunity"}) == [("opportunity",)]
    assert told.rows("stage_changes", "lifecycle_stage", options={"converted": "none"}) == []


def test_a_conversion_without_history_has_only_its_day_and_that_is_said(crm):
    told = crm(leads=(f"{L1},false,,{CREATED},{CREATED},Closed - Converted,{USER},IT,,2026-11-02",))
    assert told.rows("stage_changes", AT, "lifecycle_stage") == [("2026-11-02", "sql")]
    assert told.findings("stage_changes") == {"converted_on_a_day": 1}


def test_owners_are_told_by_id_once_with_the_first_one(crm):
    time = "2026-06-02T00:00:00.000+0000"
    told = crm(
        f"{L1},Owner,{QUEUE[:15]},{USER[:15]},{time}",
        f"{L1},Owner,Inbound queue,Ada Lovelace,{time}",
        f"{L1},ownerAccepted,,,{time}",
    )
    assert told.rows("assignments", AT, "owner") == [(CREATED, QUEUE), (time, USER)]
    assert told.findings("assignments") == {"lookups_told_by_name": 1}


def test_attributes_are_those_of_the_creation_and_their_changes_are_facts(crm):
    told = crm(
        f"{L1},Industry,Retail,Banking,2026-07-01T00:00:00.000+0000",
        f"{L1},Industry,Banking,IT,2026-08-01T00:00:00.000+0000",
        f"{L1},Email,old@example.com,a@example.com,2026-08-01T00:00:00.000+0000",
        f"{L1},Rating,,,2026-08-01T00:00:00.000+0000",
        f"{L1},ownerAssignment,,,2026-08-01T00:00:00.000+0000",
    )
    assert told.rows("leads", "Industry") == [("Retail",)]
    assert told.rows("attribute_changes", AT, "attribute", "value") == [
        ("2026-07-01T00:00:00.000+0000", "Industry", "Banking"),
        ("2026-08-01T00:00:00.000+0000", "Industry", "IT"),
    ]
    assert told.findings("attribute_changes") == {
        "changes_left_out": 1,
        "changes_without_values": 1,
        "deeds_left_out": 1,
    }


def test_outcomes_and_names_are_no_attributes(crm):
    told = crm()
    assert set(told.told("leads").rows.column_names) - {"Industry"} == {
        "lead_id",
        "created_at",
        "merged_into",
        "merged_at",
    }
    assert told.findings("leads") == {"names_left_out": 1}
    told.write("Lead.csv", f"Id,CreatedDate,LastActivityDate,Email\n{L1},{CREATED},2026-10-28,a@example.com\n")
    assert told.findings("leads") == {"names_left_out": 1, "of_today_left_out": 1}
    told.write("Lead.csv", f"Id,CreatedDate,Status\n{L1},{CREATED},Open\n")
    with pytest.raises(LeadmlError) as caught:
        told.told("leads", attributes={"status": "Status"})
    assert caught.value.code == "of_today"


def test_lead_type_and_company_are_fields_that_the_project_names(salesforce):
    salesforce.write("Lead.csv", f"Id,CreatedDate,Kind__c,Account__c\n{L1},{CREATED},new,{CONTACT}\n")
    options = {"lead_type": "Kind__c", "company_id": "Account__c"}
    assert salesforce.rows("leads", "lead_type", "company_id", "Kind__c", options=options) == [("new", CONTACT, None)]
    with pytest.raises(LeadmlError) as caught:
        salesforce.told("leads", options={"lead_type": "Kind_c"})
    assert "Kind__c" in caught.value.part("fix")


def test_the_account_of_a_conversion_is_no_company_of_a_lead(salesforce):
    salesforce.write("Lead.csv", f"Id,CreatedDate,ConvertedAccountId\n{L1},{CREATED},0015f00002JUX1JAAX\n")
    salesforce.write("Account.csv", f"Id,CreatedDate,Industry,Name\n0015f00002JUX1J,{CREATED},IT,ACME\n")
    assert salesforce.rows("leads", "company_id") == [(None,)]
    assert salesforce.findings("leads")["accounts_of_conversions"] == 1
    assert salesforce.rows("companies", "company_id", "Industry", "Name") == [("0015f00002JUX1JAAX", "IT", None)]


def test_deleted_leads_are_left_out_with_their_facts_and_merged_ones_are_kept(crm):
    told = crm(
        f"{L1},Status,Open,Working,2026-10-28T08:00:00.000+0000",
        f"{L2},Status,Open,Working,2026-10-28T08:00:00.000+0000",
        leads=(
            f"{L1},true,,{CREATED},{CREATED},Open,{USER},IT,,",
            f"{L2},true,{L3[:15]},{CREATED},2026-11-01T00:00:00.000+0000,Open,{USER},IT,,",
            f"{L3},false,,{CREATED},{CREATED},Open,{USER},IT,,",
        ),
    )
    assert told.rows("leads", "lead_id", "merged_into", "merged_at") == [
        (L2, L3, "2026-11-01T00:00:00.000+0000"),
        (L3, None, None),
    ]
    assert {lead for (lead,) in told.rows("status_changes", "lead_id")} == {L2, L3} - {L3}
    assert told.findings("leads")["archived_leads"] == 1
    assert told.findings("status_changes")["history_rows_deleted"] == 1


@pytest.mark.parametrize(
    ("header", "written", "merged_at"),
    [
        ("LastModifiedDate,SystemModstamp", f"{AUGUST},{SEPTEMBER}", AUGUST),
        ("LastModifiedDate,SystemModstamp", f",{SEPTEMBER}", SEPTEMBER),
        ("SystemModstamp", SEPTEMBER, SEPTEMBER),
        ("Name", "x", None),
    ],
)
def test_a_merge_is_known_when_the_lead_was_written_last(salesforce, header, written, merged_at):
    salesforce.write(
        "Lead.csv",
        table(
            f"Id,IsDeleted,MasterRecordId,CreatedDate,{header}",
            f"{L1},false,,{CREATED}{',' * (header.count(',') + 1)}",
            f"{L2},true,{L1},{CREATED},{written}",
        ),
    )
    assert salesforce.rows("leads", "merged_into", "merged_at") == [(None, None), (L1, merged_at)]


def test_the_reason_of_a_status_is_a_tracked_field(crm):
    time = "2026-10-28T08:00:00.000+0000"
    told = crm(f"{L1},Status,Working,Nurturing,{time}", f"{L1},Return_Reason__c,,no_budget,{time}")
    options = {"reason": "Return_Reason__c"}
    assert told.rows("status_changes", "lead_status", "reason", options=options)[1] == ("Nurturing", "no_budget")
    with pytest.raises(LeadmlError) as caught:
        told.told("status_changes", options={"reason": "Other__c"})
    assert caught.value.code == "only_of_today"


def test_changes_of_one_instant_follow_each_other_from_value_to_value(crm):
    time = "2026-10-28T08:00:00.000+0000"
    told = crm(f"{L1},Status,B,A,{time}", f"{L1},Status,C,B,{time}", f"{L1},Status,C,B,{time}")
    rows = told.rows("status_changes", "lead_status", "sequence")
    assert rows == [("C", "-1"), ("B", "0"), ("B", "0"), ("A", "1")]


def test_a_table_without_its_object_or_its_history_is_refused(crm, salesforce):
    salesforce.write("Lead.csv", table(LEADS, f"{L1},false,,{CREATED},{CREATED},Open,{USER},IT,,"))
    for name in ("status_changes", "assignments", "attribute_changes", "companies", "activities", "deal_changes"):
        with pytest.raises(LeadmlError) as caught:
            salesforce.told(name)
        assert caught.value.code == "not_in_export"
    told = crm(f"{L1},Industry,Retail,IT,2026-07-01T00:00:00.000+0000")
    with pytest.raises(LeadmlError) as caught:
        told.told("status_changes")
    assert caught.value.code == "only_of_today"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("Lead.csv", "Id,Status\n1,Open\n", "unknown_column"),
        ("strange.csv", "A,B\n1,2\n", "unknown_object"),
        ("Lead.pdf", "x", "file_of_no_export"),
        ("Lead.json", "{}", "not_an_export"),
        ("Lead.json", '{"done": true, "records": ["x"]}', "not_an_export"),
        ("Lead.json", "[1]", "not_an_export"),
    ],
)
def test_what_is_no_export_is_said(salesforce, name, content, code):
    salesforce.write(name, content)
    with pytest.raises(LeadmlError) as caught:
        salesforce.open()
    assert caught.value.code == code


def test_an_answer_that_is_not_the_last_is_counted(salesforce):
    record = {"attributes": {"type": "Lead"}, "Id": L1, "CreatedDate": CREATED, "Owner": {"Name": "Ada"}}
    salesforce.write("1.json", {"done": False, "nextRecordsUrl": "/x", "records": [record]})
    assert salesforce.findings("leads")["pages_missing"] == 1
    salesforce.write("1.json", [{"done": False, "records": [record]}, {"done": True, "records": []}])
    assert "pages_missing" not in salesforce.findings("leads")
