"""What became of the leads that were handed over, rule by rule."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from leadml.after_hand_over import Became, DealState
from leadml.cli.main import app
from leadml.evaluate.shares import gap_between, share_of
from leadml.feedback import GOOD, Advice, give_feedback
from leadml.reports.feedback import (
    advice_lines,
    feedback_as_json,
    feedback_parts,
    judged_table,
    left_out,
    view_name,
    view_parts,
)
from leadml.reports.feedback_page import feedback_page
from leadml.wording.texts import LANGUAGES

ALWAYS = (-(2**62), 2**62)
LEADS = """
    lead_id,created_at,lead_type,source,department,title_level
    L1,2026-01-01T00:00:00Z,new_prospect,fair,production,4
    L2,2026-01-01T00:00:00Z,new_prospect,web,engineering,1
    L3,2026-01-01T00:00:00Z,existing_customer,web,sales,1
"""
LATER = "2027-06-01T00:00:00Z"


@pytest.fixture
def followed(history_of, definitions):
    """Follow the hand-overs of three leads, by lead."""

    def follow(begin=ALWAYS[0], end=ALWAYS[1], **tables):
        tables = {"leads": LEADS, **tables}
        history = history_of(known_until=datetime.fromisoformat(LATER), **tables)
        found = give_feedback(history, definitions, (begin, end)).followed
        return [one for one in found if one.lead_id == "L1"]

    return follow


HANDED_OVER = """
    lead_id,happened_at,lifecycle_stage
    L1,2026-02-01T00:00:00Z,sql
"""


def deals(*rows):
    return "\n".join(["lead_id,happened_at,deal_id,deal_stage,amount", *rows])


def statuses(*rows):
    return "\n".join(["lead_id,happened_at,lead_status,reason", *rows])


@pytest.mark.parametrize(
    ("rows", "became", "amount"),
    [
        (["L2,2026-02-05T00:00:00Z,D1,discovery,500"], Became.OPEN, 0),  # of another lead
        (["L1,2026-02-05T00:00:00Z,D1,discovery,500"], Became.IN_DEAL, 0),
        # The last amount that was said counts; the last stage says none.
        (
            ["L1,2026-02-05T00:00:00Z,D1,discovery,500", "L1,2026-02-06T00:00:00Z,D1,quote_presented,700",
             "L1,2026-02-07T00:00:00Z,D1,closed_won,"],
            Became.WON,
            700,
        ),
        (["L1,2026-02-05T00:00:00Z,D1,discovery,500", "L1,2026-02-06T00:00:00Z,D1,closed_lost,500"], Became.LOST, 0),
        # One deal is lost, and another is still open: the better one counts.
        (["L1,2026-02-05T00:00:00Z,D1,closed_lost,500", "L1,2026-02-06T00:00:00Z,D2,discovery,80"], Became.IN_DEAL, 0),
        (["L1,2026-02-05T00:00:00Z,D1,closed_won,500", "L1,2026-02-06T00:00:00Z,D2,closed_won,80"], Became.WON, 580),
        # A deal that was won before the hand-over is none of its merits.
        (["L1,2026-01-20T00:00:00Z,D0,closed_won,900"], Became.OPEN, 0),
    ],
)  # fmt: skip
def test_deals_after_the_hand_over_say_what_became_of_it(followed, rows, became, amount):
    (one,) = followed(stage_changes=HANDED_OVER, deal_changes=deals(*rows))
    assert (one.became, one.amount) == (became, amount)


def test_stages_are_told_in_the_order_of_the_agreement_and_the_latest_too(followed):
    rows = ["L1,2026-02-05T00:00:00Z,D1,quote_presented,1", "L1,2026-02-06T00:00:00Z,D1,discovery,1"]
    (one,) = followed(stage_changes=HANDED_OVER, deal_changes=deals(*rows))
    assert (one.deal_stages, one.latest_deal_stage) == (("discovery", "quote_presented"), "discovery")


def test_a_customer_without_deals_was_won_too(followed):
    (one,) = followed(stage_changes=HANDED_OVER + "    L1,2026-03-01T00:00:00Z,customer\n")
    assert (one.became, one.amount) == (Became.WON, 0)


@pytest.mark.parametrize(
    ("rows", "became", "reason"),
    [
        (["L1,2026-02-05T00:00:00Z,returned,not_ready"], Became.RETURNED, "not_ready"),
        (["L1,2026-02-05T00:00:00Z,returned,"], Became.RETURNED, ""),
        (["L1,2026-01-20T00:00:00Z,returned,not_ready"], Became.OPEN, None),
        (["L1,2026-02-05T00:00:00Z,unqualified,"], Became.CLOSED, None),
        (["L1,2026-02-05T00:00:00Z,unqualified,", "L1,2026-02-06T00:00:00Z,working,"], Became.OPEN, None),
    ],
)
def test_statuses_say_who_was_given_back_and_why(followed, rows, became, reason):
    (one,) = followed(stage_changes=HANDED_OVER, status_changes=statuses(*rows))
    assert (one.became, one.reason) == (became, reason)


def test_what_happens_after_the_next_hand_over_belongs_to_that_one(followed):
    stages = HANDED_OVER + "    L1,2026-02-20T00:00:00Z,lead\n    L1,2026-04-01T00:00:00Z,sql\n"
    returned = statuses("L1,2026-02-20T00:00:00Z,returned,not_ready")
    first, second = followed(
        stage_changes=stages, status_changes=returned, deal_changes=deals("L1,2026-05-01T00:00:00Z,D1,closed_won,50")
    )
    assert (first.became, first.recycled, first.amount) == (Became.RETURNED, True, 0)
    assert (second.became, second.recycled, second.amount) == (Became.WON, False, 50)


def test_only_hand_overs_of_the_time_asked_for_are_followed(followed):
    february = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp() * 1_000_000)
    assert len(followed(february, february + 1, stage_changes=HANDED_OVER)) == 1
    assert followed(february + 1, february + 2, stage_changes=HANDED_OVER) == []
    assert followed(february - 2, february, stage_changes=HANDED_OVER) == []


def test_groups_are_those_known_at_the_hand_over(followed):
    activities = """
        lead_id,happened_at,known_at,activity,content
        L1,2026-01-10T00:00:00Z,2026-01-10T00:00:00Z,download,trend_report
        L1,2026-01-11T00:00:00Z,2026-01-11T00:00:00Z,download,trend_report
        L1,2026-01-12T00:00:00Z,2026-03-01T00:00:00Z,download,case_study
        L1,2026-02-12T00:00:00Z,2026-02-12T00:00:00Z,download,demo_video
        L1,2026-01-13T00:00:00Z,2026-01-13T00:00:00Z,page_view,pricing
    """
    changes = """
        lead_id,happened_at,attribute,value
        L1,2026-03-01T00:00:00Z,department,sales
    """
    decided = """
        lead_id,happened_at,decision,band
        L1,2026-01-15T00:00:00Z,placed,B
        L1,2026-01-25T00:00:00Z,placed,A
        L1,2026-02-15T00:00:00Z,placed,C
    """
    (one,) = followed(stage_changes=HANDED_OVER, activities=activities, attribute_changes=changes, decisions=decided)
    assert dict(one.groups) == {
        "source": ("fair",),
        "persona": ("production_owner",),
        "content": ("pricing", "trend_report"),
        "band": ("A",),
        "lead_type": ("new_prospect",),
    }


def test_what_was_touched_after_the_hand_over_is_none_of_its_content(followed):
    handed_over = """
        lead_id,happened_at,known_at,lifecycle_stage
        L1,2026-02-01T00:00:00Z,2026-02-10T00:00:00Z,sql
    """
    activities = """
        lead_id,happened_at,activity,content
        L1,2026-01-13T00:00:00Z,page_view,pricing
        L1,2026-02-05T00:00:00Z,download,demo_video
    """
    (one,) = followed(stage_changes=handed_over, activities=activities)
    assert one.groups["content"] == ("pricing",)


@pytest.fixture(scope="module")
def many(history_of, definitions):
    """Give feedback of 240 hand-overs; those from fairs are won three times in four, the others once in four."""
    leads, stages, won = ["lead_id,created_at,source,coin"], ["lead_id,happened_at,lifecycle_stage"], []
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(240):
        at = begin + timedelta(days=number)
        fair = number % 3 == 0
        leads.append(f"L{number:03},{at.isoformat()},{'fair' if fair else 'web'},{number // 12 % 2}")
        stages.append(f"L{number:03},{(at + timedelta(days=1)).isoformat()},sql")
        if (number // 3) % 4 < (3 if fair else 1):
            won.append(f"L{number:03},{(at + timedelta(days=2)).isoformat()},D{number},closed_won,100")
    leads.append("L999,2026-09-20T00:00:00Z,rare,0")
    stages.append("L999,2026-09-21T00:00:00Z,sql")
    history = history_of(
        known_until=begin + timedelta(days=270),
        leads="\n".join(leads),
        stage_changes="\n".join(stages),
        deal_changes=deals(*won),
    )
    return give_feedback(history, definitions, ALWAYS, ("source", "attribute:coin", "band"))


def test_what_is_better_beyond_chance_is_to_be_sent_more_of(many):
    web, fair, rare = many.views["source"]
    assert (fair.name, fair.hand_overs, fair.became[Became.WON], fair.amount) == ("fair", 80, 60, 6000)
    assert (fair.good.came, fair.good.of) == (60, 80)
    assert fair.gap.value == pytest.approx(60 / 80 - 40 / 160)
    assert (fair.advice, web.advice, rare.advice) == (Advice.MORE, Advice.LESS, Advice.TOO_FEW)


def test_a_young_hand_over_is_counted_and_not_judged(many):
    *_, rare = many.views["source"]
    assert (rare.hand_overs, rare.too_young, rare.good.of) == (1, 1, 0)
    assert many.too_young == 1


def test_what_is_no_better_is_not_proven(many):
    assert {group.advice for group in many.views["attribute:coin"]} == {Advice.NOT_PROVEN}


def test_a_view_of_which_nothing_is_known_has_no_groups(many):
    assert many.views["band"] == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_it_is_told(many, definitions, language):
    lines = advice_lines(many, definitions, language)
    assert len(lines) == 2
    assert "fair" in lines[0]
    page = feedback_page(many, definitions, language)
    assert len(page.sections) == 5  # advice, three views, how it is counted; none was returned
    assert all(line in page.html() for line in lines)
    told = [part for part in feedback_parts(many, definitions, language) if not isinstance(part, str)]
    assert [row.cells[0] for row in told[0].rows] == ["web", "fair", "rare"]


def test_hand_overs_of_no_group_are_counted_below_the_table(many, definitions):
    first, *others = many.followed
    view = next(iter(first.groups))
    assert list(left_out(many, view, "en")) == []
    without = replace(many, followed=(replace(first, groups={**first.groups, view: ()}), *others))
    (line,) = left_out(without, view, "en")
    assert line == f"Hand-overs of which no {view_name(view, 'en')} was known: 1."
    assert line in feedback_page(without, definitions, "en").markdown()
    assert line in list(feedback_parts(without, definitions, "en"))


def test_a_gap_a_little_below_nought_is_nought(many, definitions):
    view, groups = next((view, groups) for view, groups in many.views.items() if groups)
    gap = replace(groups[0].gap, value=-0.001, low=-0.12, high=0.1)
    told = judged_table(replace(many, views={view: (replace(groups[0], gap=gap),)}), view, definitions, "en")
    assert "+0 [-12, +10]" in told.rows[0].cells


def test_where_nothing_is_proven_it_is_said(many, definitions):
    only = replace(many, views={"attribute:coin": many.views["attribute:coin"]})
    assert advice_lines(only, definitions, "en") == (
        "Nothing is proven: no group does better or worse than the others beyond chance.",
    )


BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def alike(history_of):
    """Make hand-overs that differ in nothing but their age: those of the old source came long before those of the new.

    Every second one has a deal ten days later. Three in four of these deals are lost, one in four is won, 40 to 139
    days after the hand-over. Half of the others are returned after twenty days. Of what happens some is known late.
    """
    tables = {
        "leads": ["lead_id,created_at,source"],
        "stage_changes": ["lead_id,happened_at,lifecycle_stage"],
        "deal_changes": ["lead_id,happened_at,known_at,deal_id,deal_stage,amount"],
        "status_changes": ["lead_id,happened_at,lead_status,reason"],
    }
    ends = BEGIN + timedelta(days=400)
    ages = [("old", 150 + number % 240) for number in range(240)] + [("new", 25 + number % 60) for number in range(240)]
    for number, (source, age) in enumerate(ages):
        lead, at = f"L{number:03}", ends - timedelta(days=age)

        def told(table, days, words, *, known=None, lead=lead, at=at):
            moments = [at + timedelta(days=days), *([] if known is None else [at + timedelta(days=known)])]
            moments = [moment.isoformat() for moment in moments]
            if all(moment < ends.isoformat() for moment in moments):
                tables[table].append(",".join([lead, *moments, words]))

        tables["leads"].append(f"{lead},{(at - timedelta(days=9)).isoformat()},{source}")
        told("stage_changes", 0, "sql")
        if number % 2:
            told("deal_changes", 10, "D,discovery,100", known=10 + number % 3 * 12)  # one in three: known on day 34
            told(
                "deal_changes",
                40 + number % 100,
                f"D,{'closed_won' if number % 8 == 1 else 'closed_lost'},100",
                known=140,
            )
        elif number % 4:
            told("status_changes", 20, "returned,not_ready")
    return history_of(known_until=ends, **{name: "\n".join(lines) for name, lines in tables.items()})


def test_groups_that_differ_only_in_age_are_not_told_apart(alike, definitions):
    feedback = give_feedback(alike, definitions, ALWAYS, ("source",))
    groups = {group.name: group for group in feedback.views["source"]}
    assert {name: group.too_young for name, group in groups.items()} == {"new": 20, "old": 0}
    assert {group.advice for group in groups.values()} == {Advice.NOT_PROVEN}
    assert groups["old"].good.value == pytest.approx(1 / 3)
    assert groups["old"].returned.value == pytest.approx(1 / 4)
    assert groups["new"].good.value == pytest.approx(1 / 3, abs=0.01)
    # As they stand today the new source would be called better: its deals are still open.
    today = {
        source: share_of(
            sum(one.became in GOOD for one in feedback.followed if source in one.groups["source"]),
            groups[source].hand_overs,
        )
        for source in groups
    }
    gap = gap_between(today["new"], today["old"])
    assert gap.value > 0.15
    assert gap.chance < 0.001


def test_what_is_judged_once_is_never_judged_otherwise(alike, definitions):
    whole = {one.lead_id: one for one in give_feedback(alike, definitions, ALWAYS, ("source",)).followed}
    changed = 0
    for days in (100, 200, 300):
        until = int((BEGIN + timedelta(days=days)).timestamp() * 1_000_000)
        for one in give_feedback(alike.known_before(until), definitions, ALWAYS, ("source",)).followed:
            if one.became_at_age is not None:
                assert one.became_at_age is whole[one.lead_id].became_at_age
                changed += one.became is not whole[one.lead_id].became
    assert changed > 50


def test_a_hand_over_is_judged_as_it_stood_and_was_known_at_the_age_asked_for(history_of, definitions):
    history = history_of(
        known_until=datetime(2026, 3, 1, tzinfo=UTC),
        leads=LEADS,
        stage_changes=HANDED_OVER,  # on 1 February
        deal_changes="""
            lead_id,happened_at,known_at,deal_id,deal_stage
            L1,2026-02-03T00:00:00Z,2026-02-05T00:00:00Z,D1,discovery
            L1,2026-02-11T00:00:00Z,2026-02-11T00:00:00Z,D1,closed_lost
        """,
    )

    def at_age(days):
        (one,) = give_feedback(history, definitions, ALWAYS, after_days=days).followed
        assert one.became is Became.LOST
        return one.became_at_age

    # On the 5th it is known that there is a deal, from the next instant on.
    assert [at_age(days) for days in (4, 4.5, 10, 10.5, 28, 28.5)] == [
        Became.OPEN, Became.IN_DEAL, Became.IN_DEAL, Became.LOST, Became.LOST, None,
    ]  # fmt: skip
    assert give_feedback(history, definitions, ALWAYS).after_days == definitions.ready.within_days


def test_deals_and_reasons_are_summed_by_group(history_of, definitions):
    history = history_of(
        known_until=datetime(2026, 6, 1, tzinfo=UTC),
        leads=LEADS,
        stage_changes="lead_id,happened_at,lifecycle_stage\n"
        + "\n".join(f"L{number},2026-02-0{number}T00:00:00Z,sql" for number in (1, 2, 3)),
        deal_changes=deals(
            "L1,2026-02-05T00:00:00Z,D1,discovery,500",
            "L1,2026-02-06T00:00:00Z,D1,closed_lost,500",
            "L1,2026-02-06T00:00:00Z,D2,quote_presented,80",
            "L2,2026-02-07T00:00:00Z,D3,on_hold,80",
            "L3,2026-02-07T00:00:00Z,D4,closed_won,70",
        ),
        status_changes=statuses(
            "L1,2026-03-01T00:00:00Z,returned,not_ready",
            "L2,2026-03-01T00:00:00Z,returned,not_ready",
            "L3,2026-03-01T00:00:00Z,returned,",
        ),
    )
    definitions = definitions.model_copy(update={"deal_stages": {**definitions.deal_stages, "on_hold": 0.1}})
    feedback = give_feedback(history, definitions, ALWAYS, ("source",))
    web, fair = feedback.views["source"]
    assert {state.value: count for state, count in web.deals.items()} == {"won": 1, "open": 0, "on_hold": 1, "lost": 0}
    assert fair.deals == {DealState.WON: 0, DealState.OPEN: 1, DealState.ON_HOLD: 0, DealState.LOST: 1}
    assert {stage: count for stage, count in fair.deal_stages.items() if count} == {
        "quote_presented": 1,
        "closed_lost": 1,
    }
    assert (web.reasons, fair.reasons) == ({"": 1, "not_ready": 1}, {"not_ready": 1})
    assert feedback.reasons == {"not_ready": 2, "": 1}
    told = feedback_as_json(feedback)["views"]["source"][0]
    assert (told["deals"]["on_hold"], told["deal_stages"]["closed_won"], told["reasons"]) == (1, 1, web.reasons)
    _, compact = view_parts(feedback, "source", definitions, "en")
    assert compact.rows[0].cells == ("web", "1", "0", "1", "0", "70", "without a reason 1, not ready 1")
    page = feedback_page(feedback, definitions, "en")
    (section,) = [section for section in page.sections if section.heading == "By source"]
    tables = [block for block in section.blocks if hasattr(block, "rows")]
    assert [column.head for column in tables[2].columns] == ["Source", "not ready", "without a reason"]
    assert [row.cells for row in tables[2].rows] == [("web", "1", "1"), ("fair", "1", "0")]
    by_stage = dict(zip([column.head for column in tables[1].columns], tables[1].rows[1].cells, strict=True))
    assert (by_stage["quote presented"], by_stage["closed lost"], by_stage["on hold"]) == ("1", "1", "0")
    assert page.html().count("<svg") == 4


def run(project, *arguments):
    return CliRunner().invoke(app, ["feedback", "--project", str(project), *arguments])


def test_the_command_tells_every_hand_over(tiny_project, tmp_path):
    told = json.loads(run(tiny_project, "--from", "2020-01-01", "--to", "2030-12-31", "--json").stdout)
    assert told["hand_overs"]
    assert told["judged_after_days"] == 30
    early = json.loads(run(tiny_project, "--from", "2020-01-01", "--after-days", "7", "--json").stdout)
    assert early["judged_after_days"] == 7
    assert run(tiny_project, "--from", "2020-01-01", "--after-days", "0").exit_code == 2
    assert set(told["views"]) == {"source", "persona", "content", "band", "lead_type"}
    page = tmp_path / "page.html"
    shown = run(tiny_project, "--from", "2020-01-01T00:00:00Z", "--by", "lead_type", "--html", str(page))
    assert shown.exit_code == 0
    assert page.exists()
    assert "No lead was handed over" in run(tiny_project, "--from", "2020-01-01", "--to", "2020-01-02").stdout


@pytest.mark.parametrize("view", ["sorce", "attribute:sorce"])
def test_a_view_that_does_not_exist_is_refused(tiny_project, view):
    told = run(tiny_project, "--from", "2020-01-01", "--by", view)
    assert told.exit_code == 2
    assert "--by" in told.stderr
