"""What a lead does after its conversion, as contact and in its deal, and what our own people do to reach it."""

import pytest

from leadml.errors import LeadmlError

L1, L2 = "00Q5f000001AbCdEAK", "00Q5f000001AbCeEAK"
CONTACT, OTHER, DEAL = "0035f000001AbCdAAK", "0035f000001AbCeAAK", "0065f000001AbCdAAK"
CREATED, CONVERTED = "2026-06-01T00:00:00.000Z", "2026-07-01T12:00:00.000Z"
JULY, AUGUST, SEPTEMBER = "2026-07-15T00:00:00.000Z", "2026-08-01T00:00:00.000Z", "2026-09-01T00:00:00.000Z"
TASK = "Id,WhoId,Status,TaskSubtype,CallType,CallDisposition,ActivityDate,CompletedDateTime,CreatedDate,IsDeleted"
ATTEMPT = ("lead_id", "happened_at", "known_at", "channel", "result", "made_by")


@pytest.fixture
def crm(salesforce):
    """Write two leads; the first was converted to a contact with a deal."""
    salesforce.write(
        "Lead.csv",
        "Id,CreatedDate,Status,ConvertedDate,ConvertedContactId,ConvertedOpportunityId\n"
        f"{L1},{CREATED},Closed - Converted,2026-07-01,{CONTACT},{DEAL}\n"
        f"{L2},{CREATED},Open - Not Contacted,,,\n",
    )
    return salesforce.write(
        "LeadHistory.csv", f"LeadId,Field,OldValue,NewValue,CreatedDate\n{L1},leadConverted,,,{CONVERTED}\n"
    )


def with_deal(crm, *, history=(), field_history=(), roles=(), today="Closed Won,true"):
    crm.write("Opportunity.csv", f"Id,CreatedDate,StageName,IsWon,Amount\n{DEAL},{CONVERTED},{today},900\n")
    if history:
        crm.write("OpportunityHistory.csv", "\n".join(["OpportunityId,StageName,Amount,CreatedDate", *history]))
    if field_history:
        header = "OpportunityId,Field,OldValue,NewValue,CreatedDate"
        crm.write("OpportunityFieldHistory.csv", "\n".join([header, *field_history]))
    if roles:
        crm.write("OpportunityContactRole.csv", "\n".join(["OpportunityId,ContactId,CreatedDate", *roles]))
    return crm


DEAL_COLUMNS = ("lead_id", "happened_at", "deal_id", "deal_stage", "amount")


def test_a_deal_belongs_to_the_lead_that_was_converted_into_it(crm):
    told = with_deal(
        crm,
        history=(
            f"{DEAL},Prospecting,100,{CONVERTED}",
            f"{DEAL},Prospecting,100,{JULY}",
            f"{DEAL},Prospecting,900,{AUGUST}",
            f"{DEAL[:15]},Closed Won,900,{SEPTEMBER}",
        ),
    )
    assert told.rows("deal_changes", *DEAL_COLUMNS) == [
        (L1, CONVERTED, DEAL, "prospecting", "100"),
        (L1, AUGUST, DEAL, "prospecting", "900"),
        (L1, SEPTEMBER, DEAL, "closed_won", "900"),
    ]
    assert told.findings("deal_changes") == {"says_the_same": 1}


def test_tracked_fields_say_the_same_with_the_first_values_from_the_creation_on(crm):
    told = with_deal(
        crm,
        field_history=(
            f"{DEAL},created,,,{CONVERTED}",
            f"{DEAL},Amount,100,900,{AUGUST}",
            f"{DEAL},StageName,Prospecting,Closed Won,{SEPTEMBER}",
        ),
    )
    assert told.rows("deal_changes", *DEAL_COLUMNS) == [
        (L1, CONVERTED, DEAL, "prospecting", "100"),
        (L1, AUGUST, DEAL, "prospecting", "900"),
        (L1, SEPTEMBER, DEAL, "closed_won", "900"),
    ]


def test_a_deal_of_today_alone_has_no_date(crm):
    told = with_deal(crm, field_history=(f"{OTHER},StageName,A,B,{SEPTEMBER}",))
    assert told.rows("deal_changes", "lead_id") == []
    assert told.findings("deal_changes") == {"deal_without_history": 1, "deal_without_lead": 1}


def test_a_won_deal_makes_a_customer_and_a_stage_of_the_deal_may_be_one_of_the_lead(crm):
    told = with_deal(
        crm,
        history=(f"{DEAL},Proposal/Price Quote,1,{AUGUST}", f"{DEAL},Gewonnen,1,{SEPTEMBER}"),
        today="Gewonnen,true",
    )
    columns = ("happened_at", "lifecycle_stage", "reason")
    assert told.rows("stage_changes", *columns) == [(CONVERTED, "sql", "conversion"), (SEPTEMBER, "customer", "deal")]
    options = {"stage_of_deal_stage": {"Proposal/Price Quote": "opportunity"}, "won": "none"}
    assert told.rows("stage_changes", *columns, options=options)[1:] == [(AUGUST, "opportunity", "deal")]


def test_a_contact_in_a_deal_brings_it_to_its_lead_once_both_were_known(crm):
    crm.write(
        "Lead.csv",
        f"Id,CreatedDate,Status,ConvertedDate,ConvertedContactId\n{L1},{CREATED},Closed,2026-07-01,{CONTACT}\n",
    )
    told = with_deal(
        crm,
        history=(f"{DEAL},Prospecting,1,{CREATED}", f"{DEAL},Closed Lost,1,{SEPTEMBER}"),
        roles=(f"{DEAL},{CONTACT},{AUGUST}", f"{DEAL},{OTHER},{AUGUST}"),
    )
    assert told.rows("deal_changes", "lead_id", "known_at") == [(L1, AUGUST), (L1, SEPTEMBER)]


def test_a_lead_stays_the_same_when_it_becomes_a_contact(crm):
    crm.write(
        "Task.csv",
        f"{TASK}\n"
        f"t1,{L1},Completed,Call,Outbound,Left Voicemail,,2026-06-02T09:00:00.000Z,2026-06-02T09:05:00.000Z,\n"
        f"t2,{CONTACT},Completed,Call,Outbound,,2026-06-03,2026-06-03T09:00:00.000Z,2026-06-03T09:00:00.000Z,\n"
        f"t3,{CONTACT},Completed,Email,,,,{JULY},{JULY},\n",
    )
    assert crm.rows("connect_attempts", *ATTEMPT) == [
        (L1, "2026-06-02T09:00:00.000Z", "2026-06-02T09:05:00.000Z", "phone", "voicemail", "person"),
        # The contact was there before the lead: that they are one is known since the conversion.
        (L1, "2026-06-03T09:00:00.000Z", CONVERTED, "phone", "completed", "person"),
        (L1, JULY, JULY, "email", "sent", "person"),
    ]
    assert crm.findings("leads")["converted"] == 1


def test_a_contact_merged_into_another_is_still_the_lead(crm):
    crm.write("Contact.csv", f"Id,CreatedDate,MasterRecordId,IsDeleted\n{CONTACT},{CREATED},{OTHER},true\n")
    crm.write("Task.csv", f"{TASK}\nt1,{OTHER},Completed,Call,Outbound,,,{JULY},{JULY},\n")
    assert crm.rows("connect_attempts", "lead_id") == [(L1,)]


def test_contacts_merged_in_a_circle_are_refused(crm):
    rows = f"{CONTACT},{CREATED},{OTHER},true\n{OTHER},{CREATED},{CONTACT},true\n"
    crm.write("Contact.csv", f"Id,CreatedDate,MasterRecordId,IsDeleted\n{rows}")
    crm.write("Task.csv", f"{TASK}\nt1,{OTHER},Completed,Call,Outbound,,,{JULY},{JULY},\n")
    with pytest.raises(LeadmlError) as caught:
        crm.told("connect_attempts")
    assert caught.value.code == "merged_in_a_circle"


def test_tasks_that_are_no_attempts_are_counted_and_incoming_calls_are_activities(crm):
    rows = (
        f"t1,{L2},Completed,Task,,,,{JULY},{JULY},",
        f"t2,{L2},Not Started,Call,Outbound,,,,{JULY},",
        f"t3,{L2},Completed,Call,Outbound,,,{JULY},{JULY},true",
        f"t4,{OTHER},Completed,Call,Outbound,,,{JULY},{JULY},",
        f"t5,{L2},Completed,Call,Inbound,,,{JULY},{JULY},",
        f"t6,{L2},Completed,ListEmail,,,,{JULY},{JULY},",
        f"t7,{L2},Completed,Call,Outbound,,2026-12-24,,{JULY},",
        f"t8,{L2},Completed,Call,Outbound,,2026-07-14,,{JULY},",
    )
    crm.write("Task.csv", "\n".join([TASK, *rows]))
    assert crm.rows("connect_attempts", *ATTEMPT[1:]) == [
        (JULY, JULY, "email", "sent", "automation"),
        ("2026-07-14", "2026-07-14", "phone", "completed", "person"),
    ]
    assert crm.rows("activities", "lead_id", "activity", "channel") == [(L2, "incoming_call", "phone")]
    assert crm.findings("connect_attempts") == {
        "archived_engagements": 1,
        "engagement_without_lead": 1,
        "no_attempt": 1,
        "planned": 2,
        "result_of_today": 1,
    }


WITH_TIMES = TASK.replace("IsDeleted", "LastModifiedDate,SystemModstamp")


@pytest.mark.parametrize(
    ("header", "modified", "known_at"),
    [
        (WITH_TIMES, f"{AUGUST},{SEPTEMBER}", AUGUST),
        (WITH_TIMES, f",{SEPTEMBER}", SEPTEMBER),
        # Neither says it: known when the last record of the export was written.
        (WITH_TIMES, "soon,", "2026-07-15T00:00:00.000000Z"),
        (TASK, "", "2026-07-15T00:00:00.000000Z"),
    ],
)
def test_a_task_without_time_of_completion_is_known_when_it_was_written_last(crm, header, modified, known_at):
    crm.write("Task.csv", f"{header}\nt1,{L2},Completed,Call,Outbound,Busy,2026-07-05,,{JULY},{modified}\n")
    assert crm.rows("connect_attempts", *ATTEMPT[1:]) == [("2026-07-05", known_at, "phone", "busy", "person")]
    assert crm.findings("connect_attempts") == {"result_of_today": 1}


def test_a_time_that_ends_like_a_day_is_no_day(crm):
    """The last microsecond of a day of UTC-12 is a time when it is written as one: it lies after this export."""
    crm.write(
        "Event.csv",
        f"Id,WhoId,Type,StartDateTime,CreatedDate\ne1,{L2},Call,2026-07-16T11:59:59.999999Z,{JULY}\n"
        f"e2,{L2},Call,2026-07-15,{JULY}\n",
    )
    assert crm.rows("connect_attempts", "happened_at") == [("2026-07-15",)]
    assert crm.findings("connect_attempts") == {"planned": 1}


def test_meetings_are_attempts_once_they_have_begun(crm):
    rows = (f"e1,{L2},Meeting,2026-07-10T09:00:00.000Z,{CREATED}", f"e2,{L2},Call,{SEPTEMBER},{JULY}")
    crm.write("Event.csv", "\n".join(["Id,WhoId,Type,StartDateTime,CreatedDate", *rows]))
    assert crm.rows("connect_attempts", *ATTEMPT[1:]) == [
        ("2026-07-10T09:00:00.000Z", "2026-07-10T09:00:00.000Z", "meeting", "scheduled", "person")
    ]
    assert crm.findings("connect_attempts") == {"planned": 1}
