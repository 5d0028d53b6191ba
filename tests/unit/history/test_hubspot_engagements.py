"""Calls, e-mails, meetings, notes and tasks of HubSpot: who tried to reach whom, and what came from the lead."""

import pytest

CREATED, HAPPENED = "2026-07-01T09:05:00Z", "2026-07-01T09:00:00Z"
CONNECTED, VOICEMAIL = "f240bbac-87c9-4f6e-bf70-924b57d47db7", "b2cf5968-551e-4856-9783-52b3da59a7d0"
ATTEMPT = ("lead_id", "happened_at", "known_at", "channel", "result", "made_by")


def engagement(number, *, leads=("1",), created=CREATED, histories=None, **properties):
    return {
        "id": number,
        "createdAt": created,
        "updatedAt": created,
        "properties": {"hs_timestamp": HAPPENED, **properties},
        "propertiesWithHistory": histories or {},
        "associations": {"contacts": {"results": [{"id": lead, "type": "call_to_contact"} for lead in leads]}},
    }


@pytest.fixture
def portal(hubspot):
    """Write an export of one contact and some engagements of one kind."""

    def write(kind, *engagements):
        contacts = [{"id": "1", "createdAt": "2026-06-01T00:00:00Z", "updatedAt": CREATED, "properties": {}}]
        answer = {"status": "COMPLETE", "completedAt": "2026-08-01T00:00:00Z"}
        hubspot.write("contacts.json", {**answer, "results": contacts})
        return hubspot.write(f"{kind}/1.json", {**answer, "results": list(engagements)})

    return write


def test_an_outgoing_call_is_an_attempt_known_once_it_was_logged(portal):
    call = engagement("5", hs_call_direction="OUTBOUND", hs_call_disposition=VOICEMAIL, hubspot_owner_id="7")
    told = portal("calls", call)
    assert told.rows("connect_attempts", *ATTEMPT) == [("1", HAPPENED, CREATED, "phone", "voicemail", "person")]
    assert told.findings("connect_attempts") == {"result_of_today": 1}
    assert len(told.told("activities")) == 0


def test_an_incoming_call_is_an_activity(portal):
    told = portal("calls", engagement("5", hs_call_direction="INBOUND", hs_call_disposition=CONNECTED))
    assert len(told.told("connect_attempts")) == 0
    assert told.rows("activities", "lead_id", "happened_at", "activity", "channel") == [
        ("1", HAPPENED, "incoming_call", "phone")
    ]


def test_a_result_is_known_when_it_was_written(portal):
    history = {"hs_meeting_outcome": [{"value": "COMPLETED", "timestamp": "2026-07-02T00:00:00Z"}]}
    told = portal("meetings", engagement("5", histories=history, hs_meeting_outcome="COMPLETED", hubspot_owner_id="7"))
    assert told.rows("connect_attempts", "known_at", "channel", "result") == [
        ("2026-07-02T00:00:00Z", "meeting", "connected")
    ]
    assert told.findings("connect_attempts") == {}


@pytest.mark.parametrize(
    ("properties", "made_by"),
    [
        ({"hubspot_owner_id": "7"}, "person"),
        ({"hs_created_by_user_id": "9"}, "person"),
        ({"hubspot_owner_id": "7", "hs_sequence_id": "3"}, "automation"),
        ({"hubspot_owner_id": "7", "hs_object_source": "AUTOMATION_PLATFORM"}, "automation"),
        ({}, "automation"),
    ],
)
def test_an_email_of_a_sequence_or_a_workflow_is_made_by_automation(portal, properties, made_by):
    told = portal("emails", engagement("5", hs_email_direction="EMAIL", hs_email_status="SENT", **properties))
    assert told.rows("connect_attempts", "channel", "result", "made_by") == [("email", "sent", made_by)]


def test_an_email_from_the_lead_and_a_meeting_that_the_lead_booked_are_activities(portal, hubspot):
    portal("emails", engagement("5", hs_email_direction="INCOMING_EMAIL"))
    told = portal("meetings", engagement("6", hs_meeting_source="MEETINGS_PUBLIC"))
    assert {activity for (activity,) in told.rows("activities", "activity")} == {"incoming_email", "meeting_booked"}
    assert len(told.told("connect_attempts")) == 0


def test_notes_and_tasks_are_no_attempts_but_for_what_was_done_on_linkedin(portal):
    portal("notes", engagement("5", hs_note_body="x"))
    told = portal(
        "tasks",
        engagement("6", hs_task_type="CALL", hs_task_status="COMPLETED"),
        engagement("7", hs_task_type="LINKED_IN_MESSAGE", hs_task_status="NOT_STARTED"),
        engagement("8", hs_task_type="LINKED_IN_MESSAGE", hs_task_status="COMPLETED", hubspot_owner_id="7"),
    )
    assert told.rows("connect_attempts", "channel", "result", "made_by") == [("linkedin", "sent", "person")]
    assert told.findings("connect_attempts") == {"no_attempt": 3}


def test_what_is_planned_deleted_or_nobodys_is_counted(portal):
    told = portal(
        "meetings",
        engagement("5", hs_timestamp="2026-08-02T00:00:00Z", hs_meeting_outcome="SCHEDULED"),
        {**engagement("6"), "archived": True},
        engagement("7", leads=()),
        engagement("8", hubspot_owner_id="7"),
    )
    assert len(told.told("connect_attempts")) == 1
    assert told.findings("connect_attempts") == {
        "planned": 1,
        "archived_engagements": 1,
        "engagement_without_lead": 1,
    }


def test_an_engagement_in_two_answers_carries_the_same_event_id(portal, hubspot):
    told = portal("calls", engagement("5", hs_call_direction="OUTBOUND", leads=("1", "2")))
    assert told.rows("connect_attempts", "lead_id", "event_id") == [("1", "calls/5"), ("2", "calls/5")]


def test_a_call_without_an_outcome_says_its_status_and_a_strange_outcome_is_data(portal):
    told = portal(
        "calls",
        engagement("5", hs_call_direction="OUTBOUND", hs_call_status="NO_ANSWER"),
        engagement("6", hs_call_direction="OUTBOUND", hs_call_disposition="0000-ours"),
    )
    assert told.rows("connect_attempts", "result", "made_by") == [("NO_ANSWER", None), ("0000-ours", None)]
