"""Deals of HubSpot: their history belongs to every contact attached to them."""

import pytest

from leadml.errors import LeadmlError

COLUMNS = ("lead_id", "happened_at", "deal_id", "deal_stage", "amount")
JULY, AUGUST, SEPTEMBER = "2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z", "2026-09-01T00:00:00Z"


def item(value, timestamp):
    return {"value": value, "timestamp": timestamp, "sourceType": "CRM_UI"}


def contact(number, created="2026-06-01T00:00:00Z"):
    return {"id": number, "createdAt": created, "updatedAt": created, "properties": {}}


def deal(number, stages, amounts=(), leads=("1",), **more):
    histories = {"dealstage": list(stages), "amount": list(amounts)}
    attached = {"contacts": {"results": [{"id": lead, "type": "deal_to_contact"} for lead in leads]}}
    return {
        "id": number,
        "createdAt": JULY,
        "updatedAt": SEPTEMBER,
        "properties": {},
        "propertiesWithHistory": histories,
        "associations": attached,
        **more,
    }


@pytest.fixture
def portal(hubspot):
    """Write an export of two contacts and some deals."""

    def write(*deals):
        hubspot.write("contacts.json", {"results": [contact("1"), contact("2")]})
        return hubspot.write("deals.json", {"status": "COMPLETE", "results": list(deals)})

    return write


def test_each_change_of_stage_or_amount_says_both_as_they_then_were(portal):
    stages = [item("closedwon", SEPTEMBER), item("appointmentscheduled", JULY)]
    told = portal(deal("70", stages, [item("5000", AUGUST), item("100", JULY)]))
    assert told.rows("deal_changes", *COLUMNS) == [
        ("1", JULY, "70", "appointment_scheduled", "100"),
        ("1", AUGUST, "70", "appointment_scheduled", "5000"),
        ("1", SEPTEMBER, "70", "closed_won", "5000"),
    ]


def test_a_deal_belongs_to_every_contact_attached_to_it(portal):
    told = portal(deal("70", [item("closedlost", AUGUST)], leads=("1", "2", "2")))
    assert told.rows("deal_changes", "lead_id", "deal_stage") == [("1", "closed_lost"), ("2", "closed_lost")]


def test_nobody_knew_of_a_deal_before_being_created(portal, hubspot):
    told = portal(deal("70", [item("closedwon", JULY)], leads=("1", "3")))
    hubspot.write("contacts-late.json", {"results": [contact("3", created=AUGUST)]})
    assert told.rows("deal_changes", "lead_id", "happened_at", "known_at") == [("1", JULY, JULY), ("3", JULY, AUGUST)]


def test_an_amount_before_any_stage_waits_for_the_stage(portal):
    told = portal(deal("70", [item("4711", AUGUST)], [item("100", JULY)]))
    assert told.rows("deal_changes", *COLUMNS) == [("1", AUGUST, "70", "4711", "100")]


def test_a_cleared_stage_is_kept_without_a_word(portal):
    told = portal(deal("70", [item("", AUGUST), item("contractsent", JULY)]))
    assert told.rows("deal_changes", "deal_stage") == [("contract_sent",), (None,)]


def test_times_that_cannot_be_read_are_left_to_the_pipeline(portal):
    told = portal(deal("70", [item("closedwon", "soon"), item("contractsent", JULY)], [item("x", "later")]))
    assert sorted(told.rows("deal_changes", "happened_at", "deal_stage")) == [
        (JULY, "contract_sent"),
        ("later", "contract_sent"),
        ("soon", "closed_won"),
    ]


def test_deals_that_say_nothing_are_counted(portal):
    told = portal(
        deal("70", [item("closedwon", AUGUST)], leads=()),
        deal("71", [], properties={"dealstage": "closedwon", "amount": "9"}),
        deal("72", [item("closedwon", AUGUST)], archived=True),
        deal("73", [item("closedwon", AUGUST)]),
    )
    assert told.rows("deal_changes", "deal_id", "amount") == [("73", None)]
    assert told.findings("deal_changes") == {
        "archived_deals": 1,
        "deal_without_lead": 1,
        "deal_without_history": 1,
        "amount_of_today": 1,
    }


def test_a_deal_of_today_alone_has_no_date(portal):
    told = portal(deal("71", [], properties={"dealstage": "closedwon"}))
    with pytest.raises(LeadmlError) as caught:
        told.told("deal_changes")
    assert caught.value.code == "only_of_today"


def test_a_deal_in_two_answers_is_told_twice_in_the_same_words(portal, hubspot):
    one = deal("70", [item("closedwon", AUGUST), item("contractsent", JULY)], [item("1", JULY)])
    told = portal(one)
    hubspot.write("deals-again.json", {"status": "COMPLETE", "results": [one]})
    assert len(set(told.rows("deal_changes", *COLUMNS, "known_at", "sequence"))) == 2
