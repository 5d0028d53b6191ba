"""The figures of a report over a handful of leads, each of them counted by hand."""

import json

import pytest

from leadml.kept.period import Period
from leadml.kept.report import Took
from leadml.kept.states import Promise
from leadml.reports.kept import sla_report, source_lines
from leadml.stage_checks import check_stages

# Five hand-overs in Tokyo, where an office day is 00:00 to 09:00 UTC. 2 March 2026 is a Monday.
HAND_OVERS = """
    L1,2026-02-27T00:00:00Z,mql
    L1,2026-03-02T00:00:00Z,sql
    L2,2026-03-02T01:00:00Z,sql
    L3,2026-03-08T14:59:59Z,sql
    L4,2026-03-08T15:00:00Z,sql
    L5,2026-03-17T00:00:00Z,sql
"""
LEADS = """
    lead_id,created_at,lead_type,department
    L1,2025-12-01T00:00:00Z,new_prospect,it
    L2,2025-12-01T00:00:00Z,new_prospect,it
    L3,2025-12-01T00:00:00Z,new_prospect,
    L4,2025-12-01T00:00:00Z,existing_customer,
    L5,2025-12-01T00:00:00Z,existing_customer,
"""
TABLES = {
    "leads": LEADS,
    "assignments": """
        lead_id,happened_at,owner,accepted_at
        L1,2026-02-27T00:30:00Z,aoki,2026-02-27T01:00:00Z
        L1,2026-03-02T02:00:00Z,aoki,2026-03-02T03:00:00Z
        L2,2026-03-02T01:30:00Z,aoki,
        L3,2026-03-09T00:00:00Z,endo,2026-03-09T01:00:00Z
    """,
    "connect_attempts": """
        lead_id,happened_at,channel,result,made_by
        L1,2026-03-03T01:00:00Z,phone,no_answer,person
        L2,2026-03-02T03:30:00Z,phone,no_answer,person
        L3,2026-03-08T23:00:00Z,phone,no_answer,person
    """,
    "status_changes": """
        lead_id,happened_at,lead_status,reason
        L1,2026-03-12T00:00:00Z,returned,not_ready
        L4,2026-03-30T00:00:00Z,returned,
    """,
}
TARGETS = {
    "accepted_in_time": 0.5,
    "first_attempt_in_time": 0.9,
    "returned_with_reason": 0.6,
    "hand_overs_a_week": 1.5,
    "returned_at_most": 0.4,
    "became_ready": 0.6,
}


@pytest.fixture(scope="module")
def report(known, agreed, reported_at):
    agreement = agreed(
        band={"accept_within_hours": 9, "first_attempt_within_hours": 9},
        calendar={"time_zone": "Asia/Tokyo"},
        definitions={"required_fields": {"sql": ["department", {"attribute": "country", "of": "company"}]}},
        targets=TARGETS,
    )
    return reported_at(known(HAND_OVERS, **TABLES), agreement, "2026-04-01T00:00:00Z")


def test_shares_are_of_what_was_decided(report):
    told = {promise.value: tally for promise, tally in report.whole.promises.items() if tally.is_owed}
    # L1: 9 business hours end on Monday 18:00; accepted, tried on Tuesday. L2: never accepted, tried in time. L3: all
    # in time. L4, L5: neither; L4's return came too late.
    assert (told["accepted"].kept, told["accepted"].broken) == (2, 3)
    assert (told["first_attempt"].kept, told["first_attempt"].broken) == (2, 3)
    assert (told["return_reason"].kept, told["return_reason"].broken) == (1, 1)
    share = told["accepted"].share
    assert (share.part, share.of, share.value) == (2, 5, 0.4)
    assert share.low == pytest.approx(0.1176, abs=1e-4)  # Wilson's interval of 2 in 5, from tables
    assert share.high == pytest.approx(0.7693, abs=1e-4)


def test_delays_before_the_hand_over_and_after_it_are_told_apart(report):
    delays = report.whole.delays
    before = delays[Took.BEFORE_HAND_OVER]
    # From MQL on Friday 09:00 to SQL on Monday 09:00: one office day, three by day and night.
    assert (before.leads, before.business_p50, before.wall_p50) == (1, 9.0, 72.0)
    assigned = delays[Took.TO_ASSIGNMENT]
    # L1 2 h; L2 half an hour; L3 from Sunday 23:59:59 to Monday 09:00, none of it in the office. Of the five L4 and L5
    # never came to anybody: with the third half of all are there, 9 in 10 never.
    assert (assigned.leads, assigned.done) == (5, 3)
    assert (assigned.business_p50, assigned.business_p90) == (2.0, None)
    assert assigned.wall_p50 == pytest.approx(9 + 1 / 3600)
    people = delays[Took.ASSIGNMENT_TO_ATTEMPT]
    # L1: Monday 11:00 to Tuesday 10:00 is 8 h; L2: 2 h. L3 was tried before it was assigned.
    assert (people.leads, people.done) == (2, 2)
    assert (people.business_p50, people.business_p90, people.wall_p90) == (2.0, 8.0, 23.0)
    tried = delays[Took.TO_ATTEMPT]
    # L3 before the office opened, L2 after 2.5 h; L1 from Monday 09:00 to Tuesday 10:00.
    assert (tried.leads, tried.done, tried.business_p50, tried.business_p90) == (5, 3, 10.0, None)


def test_groups_are_by_owner_band_type_and_local_week(report):
    counts = {view: [(group.name, group.hand_overs) for group in groups] for view, groups in report.groups.items()}
    assert counts == {
        "owner": [("aoki", 2), ("endo", 1), (None, 2)],
        "band": [("A", 5)],
        "lead_type": [("existing_customer", 2), ("new_prospect", 3)],
        # L3 comes in the last second of Sunday, L4 a second later on Monday, as Tokyo has them.
        "week": [("2026-W10", 3), ("2026-W11", 1), ("2026-W12", 1)],
    }
    aoki = report.groups["owner"][0]
    assert (aoki.returned.part, aoki.returned.of) == (1, 2)
    assert aoki.delays[Took.TO_ATTEMPT].leads == 2


def test_marketing_is_told_volume_and_quality(report):
    side = report.marketing
    weeks = [(week.name, week.hand_overs, week.whole) for week in side.weeks]
    # The time begins with the first hand-over, on Monday at 09:00: that week is not whole, nor is the last.
    assert weeks == [
        ("2026-W10", 3, False),
        ("2026-W11", 1, True),
        ("2026-W12", 1, True),
        ("2026-W13", 0, True),
        ("2026-W14", 0, False),
    ]
    assert side.a_week == pytest.approx(2 / 3)
    assert (side.returned.part, side.returned.of) == (2, 5)
    # 14 days are over for all; L1 came back on day 10, L4 on day 21.
    assert (side.stayed.part, side.stayed.of) == (4, 5)
    # Nothing is known of companies at all, so their country is known of none.
    assert (side.incomplete.part, side.incomplete.of) == (5, 5)
    assert dict(side.lacking) == {"department": 3, "company.country": 5}


def test_targets_are_met_or_missed(report):
    met = {target.name: target.met for target in report.targets}
    assert met == {
        "accepted_in_time": False,
        "first_attempt_in_time": False,
        "returned_with_reason": False,
        "hand_overs_a_week": False,
        "returned_at_most": True,  # 2 in 5, and 40 % were agreed
        "became_ready": True,
    }


def test_a_period_chooses_hand_overs_and_not_what_followed(known, agreed, reported_at):
    agreement = agreed(band={"first_attempt_within_hours": 9}, calendar={"time_zone": "Asia/Tokyo"}, targets=TARGETS)
    period = Period.read("2026-03-09", "2026-03-15", time_zone="Asia/Tokyo")
    report = reported_at(known(HAND_OVERS, **TABLES), agreement, "2026-04-01T00:00:00Z", period)
    assert report.whole.hand_overs == 1
    assert [(week.name, week.whole) for week in report.marketing.weeks] == [("2026-W11", True)]
    assert report.marketing.a_week == 1
    assert report.marketing.returned.part == 1  # it came back after the period


def test_what_is_not_over_yet_is_not_counted_as_having_stayed(known, agreed, reported_at):
    history, agreement = known(HAND_OVERS, **TABLES), agreed()
    # L1's 14 days end on 16 March at 00:00 UTC.
    for as_of, of in (("2026-03-16T00:00:00Z", 0), ("2026-03-16T00:00:00.000001Z", 1)):
        assert reported_at(history, agreement, as_of).marketing.stayed.of == of, as_of


def test_a_time_without_hand_overs_is_told_as_such(known, agreed, reported_at):
    period = Period.read("2027-01-01", None, time_zone="UTC")
    report = reported_at(known(HAND_OVERS, **TABLES), agreed(targets=TARGETS), "2026-04-01T00:00:00Z", period)
    assert report.whole.hand_overs == 0
    assert {target.met for target in report.targets} == {None}
    assert report.groups == {"owner": (), "band": (), "lead_type": (), "week": ()}


def test_a_report_is_plain_json(report):
    told = json.loads(json.dumps(report.to_dict()))
    assert told["agreement_version"] == "test 1"
    assert told["bands_known_from"] == {"stage": 5}
    assert told["clocks_stopped_by"] == {"returned": 2}
    assert told["by"]["owner"][0]["promises"]["accepted"]["kept"] == 1


def test_what_is_open_is_neither_kept_nor_broken(known, agreed, reported_at):
    agreement = agreed(band={"first_attempt_within_hours": 9}, calendar={"time_zone": "Asia/Tokyo"})
    # At 13:00 in Tokyo on Monday L2 has been tried, and L1 has five of its nine hours left.
    (tally,) = (
        tally
        for tally in reported_at(known(HAND_OVERS, **TABLES), agreement, "2026-03-02T04:00:00Z").whole.promises.values()
        if tally.is_owed
    )
    assert (tally.kept, tally.open, tally.share.part, tally.share.of) == (1, 1, 1, 1)


def lines(*words):
    return "\n".join(words)


def test_what_is_too_young_to_come_back_is_in_no_share_of_returns(known, agreed, reported_at):
    old = [f"L{number},2026-03-02T09:00:00Z" for number in range(4)]
    young = [f"M{number},2026-06-01T09:00:00Z" for number in range(4)]
    history = known(
        lines(*old, *young),
        status_changes=lines(
            "lead_id,happened_at,lead_status,reason",
            "L0,2026-03-12T09:00:00Z,returned,not_ready",
            "L1,2026-03-12T09:00:00Z,returned,not_ready",
            "M0,2026-06-01T10:00:00Z,returned,not_ready",
        ),
    )
    report = reported_at(history, agreed(targets={"returned_at_most": 0.4}), "2026-06-02T09:00:00Z")
    # Two of four came back; that three of yesterday's did not yet says nothing, as the one that did says too much.
    assert (report.whole.returned.part, report.whole.returned.of, report.whole.young) == (2, 4, 4)
    side = report.marketing
    assert (side.returned.part, side.returned.of, side.young, side.young_returned) == (2, 4, 4, 1)
    assert [target.met for target in report.targets] == [False]
    weeks = {group.name: (group.returned.of, group.young) for group in report.groups["week"]}
    assert weeks == {"2026-W10": (4, 0), "2026-W23": (0, 4)}
    said = [part for part in sla_report(report, "week", "en") if isinstance(part, str)]
    assert any("4 hand-overs are too young" in line and "1 of them did already" in line for line in said)


def test_without_a_grace_those_count_whose_clocks_stopped(known, agreed, reported_at, spec):
    ready = {**spec.agreement.definitions.ready.model_dump(exclude_none=True), "not_returned_within_days": 0}
    history = known(
        "L0,2026-03-02T09:00:00Z\nL1,2026-03-02T09:00:00Z\nL2,2026-03-02T09:00:00Z\nL1,2026-03-03T09:00:00Z,mql",
        status_changes="lead_id,happened_at,lead_status,reason\nL0,2026-03-12T09:00:00Z,returned,not_ready",
    )
    report = reported_at(history, agreed(definitions={"ready": ready}))
    assert (report.whole.returned.part, report.whole.returned.of, report.whole.young) == (1, 2, 1)


def test_a_target_of_acceptances_is_not_judged_where_none_is_told(known, agreed, reported_at):
    leads = [f"L{number},2026-03-02T09:00:00Z" for number in range(10)]
    returned = [f"L{number},2026-03-02T10:00:00Z,returned,not_ready" for number in range(2)]
    history = known(lines(*leads), status_changes=lines("lead_id,happened_at,lead_status,reason", *returned))
    agreement = agreed(band={"accept_within_hours": 4}, targets={"accepted_in_time": 0.8})
    report = reported_at(history, agreement)
    tally = report.whole.promises[Promise.ACCEPTED]
    assert (tally.unknown, tally.share.value, report.targets[0].met) == (10, None, None)
    assert report.to_dict()["acceptances_known_from"] is None
    assert any("never says that a lead was accepted" in line for line in source_lines(report, "en"))


def test_since_when_acceptances_are_told_is_said(known, agreed, reported_at):
    leads = "L0,2026-03-02T09:00:00Z\nL1,2026-03-02T12:00:00Z"
    history = known(
        leads, assignments="lead_id,happened_at,owner,accepted_at\nL0,2026-03-02T09:00:00Z,aoki,2026-03-02T10:00:00Z"
    )
    report = reported_at(history, agreed(band={"accept_within_hours": 4}))
    tally = report.whole.promises[Promise.ACCEPTED]
    assert (tally.unknown, tally.broken) == (1, 1)
    assert report.to_dict()["acceptances_known_from"] == "2026-03-02T10:00:00.000000Z"
    assert any("2026-03-02 10:00. Of hand-overs before it (1)" in line for line in source_lines(report, "en"))


REQUIRED = {"required_fields": {"sql": ["country", {"attribute": "country", "of": "company"}]}}


def found_by_check(history, agreement):
    findings = [each for each in check_stages(history, agreement) if each.key == "entered_too_early"]
    return {each.values["field"]: each.count for each in findings}


def test_a_field_of_the_lead_and_one_of_its_company_are_two(known, agreed, reported_at):
    history = known(
        "L0,2026-03-02T09:00:00Z\nL1,2026-03-02T09:00:00Z",
        leads="lead_id,created_at,company_id,country\nL0,2025-12-01T00:00:00Z,C0,\nL1,2025-12-01T00:00:00Z,C1,",
        companies="company_id,created_at,country\nC0,2025-11-01T00:00:00Z,JP\nC1,2025-11-01T00:00:00Z,",
    )
    agreement = agreed(definitions=REQUIRED)
    side = reported_at(history, agreement).marketing
    assert dict(side.lacking) == {"country": 2, "company.country": 1} == found_by_check(history, agreement)
    assert side.incomplete.part == 2


@pytest.mark.parametrize(("cause_known_at", "lacks"), [("2026-03-02T09:05:00Z", 0), ("2026-03-02T09:00:00Z", 1)])
def test_a_field_is_asked_for_at_the_instant_at_which_check_asks(known, agreed, reported_at, cause_known_at, lacks):
    """A field that the CRM writes with the stage counts if it was known when all of that instant was."""
    history = known(
        "L0,2026-03-02T09:00:00Z",
        activities=f"lead_id,happened_at,known_at,activity\nL0,2026-03-02T09:00:00Z,{cause_known_at},call",
        attribute_changes="lead_id,happened_at,known_at,attribute,value\n"
        "L0,2026-03-02T09:00:00Z,2026-03-02T09:01:00Z,department,it",
    )
    agreement = agreed(definitions={"required_fields": {"sql": ["department"]}})
    assert reported_at(history, agreement).marketing.incomplete.part == lacks
    assert sum(found_by_check(history, agreement).values()) == lacks


def owners_of(report, promise):
    return {
        group.name: (group.promises[promise].kept, group.promises[promise].broken) for group in report.groups["owner"]
    }


def test_a_broken_promise_is_booked_on_who_broke_it(known, agreed, reported_at):
    history = known(
        "L0,2026-03-02T09:00:00Z\nL1,2026-03-02T09:00:00Z\nL2,2026-03-02T09:00:00Z",
        connect_attempts="lead_id,happened_at,channel,result,made_by\nL0,2026-03-20T10:00:00Z,phone,connected,person\n"
        "L1,2026-03-02T10:00:00Z,phone,connected,person",
        assignments="""
            lead_id,happened_at,owner
            L0,2026-03-02T09:00:00Z,aoki
            L0,2026-03-10T09:00:00Z,baker
            L1,2026-03-02T09:00:00Z,baker
            L1,2026-03-02T11:00:00Z,aoki
            L2,2026-03-02T13:00:01Z,baker
        """,
    )
    one = {"at_least": 1, "within_days": 5}
    report = reported_at(history, agreed(band={"first_attempt_within_hours": 4}, connect_attempts=one))
    # L0: aoki let the 4 hours pass. L1: baker called in time. L2: they had passed before anybody had the lead.
    assert owners_of(report, Promise.FIRST_ATTEMPT) == {"aoki": (0, 1), "baker": (1, 0), None: (0, 1)}
    # Within five days aoki still did not call L0, nor baker L2; that aoki got L1 then makes it none of aoki's calls.
    assert owners_of(report, Promise.ATTEMPTS_MADE) == {"aoki": (0, 1), "baker": (1, 1), None: (0, 0)}
    # Who has the leads is another question.
    assert report.judged.owners.tolist() == ["baker", "aoki", "baker"]
    hours = {group.name: group.delays[Took.TO_ATTEMPT].wall_p50 for group in report.groups["owner"]}
    assert hours == {"aoki": 18 * 24 + 1, "baker": 1, None: None}


def test_what_was_done_otherwise_is_booked_on_who_did_it_first(known, agreed, reported_at):
    history = known(
        "L0,2026-03-02T09:00:00Z",
        connect_attempts="""
            lead_id,happened_at,channel,result,made_by
            L0,2026-03-02T10:00:00Z,email,no_answer,person
            L0,2026-03-02T10:30:00Z,phone,no_answer,person
            L0,2026-03-03T10:00:00Z,phone,no_answer,person
            L0,2026-03-03T10:30:00Z,phone,no_answer,person
        """,
        assignments="""
            lead_id,happened_at,owner
            L0,2026-03-02T09:00:00Z,aoki
            L0,2026-03-02T10:15:00Z,baker
            L0,2026-03-03T10:15:00Z,endo
        """,
    )
    cadence = {"at_least": 5, "within_days": 5, "sequence": ["phone", "email"], "hours_between": 1, "most_a_day": 2}
    report = reported_at(history, agreed(connect_attempts=cadence))
    broken = {
        promise: {name for name, (_, count) in owners_of(report, promise).items() if count} for promise in Promise
    }
    assert (broken[Promise.SEQUENCE], broken[Promise.SPACING]) == ({"aoki"}, {"baker"})
    assert broken[Promise.ATTEMPTS_MADE] == {"endo"}
    # Two a day were agreed, and two were made: until the last day on which one was owed, when endo had the lead.
    assert owners_of(report, Promise.MOST_A_DAY)["endo"] == (1, 0)


def test_where_no_attempt_is_ever_told_nobody_knows_how_long_it_took(known, agreed, reported_at):
    delays = reported_at(known("L0,2026-03-02T09:00:00Z"), agreed()).whole.delays
    assert [delays[took].leads for took in (Took.TO_ASSIGNMENT, Took.TO_ATTEMPT)] == [0, 0]


def test_leads_that_are_never_tried_are_told_as_waiting(known, agreed, reported_at):
    history = known(
        lines(*(f"L{number},2026-03-02T09:00:00Z" for number in range(10))),
        connect_attempts="lead_id,happened_at,channel,result,made_by\nL0,2026-03-02T10:00:00Z,phone,connected,person",
    )
    report = reported_at(history, agreed(band={"first_attempt_within_hours": 4}))
    delay = report.whole.delays[Took.TO_ATTEMPT]
    assert (delay.leads, delay.done, delay.wall_p50) == (10, 1, None)
    tables = [part for part in sla_report(report, "owner", "en") if not isinstance(part, str)]
    assert any("not reached" in row.cells for table in tables for row in table.rows)
