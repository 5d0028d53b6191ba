"""A fact is posted, and the same request's score knows it: live over HTTP, and once more from the ledger."""

import orjson
import pytest

from leadml import clock
from leadml.clock import MINUTE, SECOND, just_after, parse_instant, to_iso
from leadml.history.inline import Arrival, histories_from_records
from leadml.service.answers import ErrorAnswer
from leadml.store.ledger import Ledger


@pytest.fixture
def ledger(project):
    ledger = Ledger(project.folder / ".leadml" / "ledger.db")
    yield ledger
    ledger.close()


@pytest.fixture
def answer_now(client):
    def post(*leads):
        response = client.post("/v1/score", json={"leads": leads})
        assert response.status_code == 200, response.text
        return response.json()["answers"]

    return post


@pytest.fixture
def score_again(project, ledger):
    """Score a lead as a batch does, from what the ledger holds: its facts, and when they became known."""
    times = project.spec.history

    def score(lead_id, as_of, *, posted=-1, last_bands=None):
        known_at, facts = ledger.facts(lead_id)[posted]
        arrival = Arrival(known_at, {lead_id: known_at}, times.time_zone, times.clock_skew_minutes)
        (inline,) = histories_from_records([facts], project.spec.agreement.definitions, arrival)
        (again,) = project.scorer().score(inline.history, [lead_id], parse_instant(as_of, where="test"), last_bands)
        return known_at, again.to_dict()

    return score


def lead_with(lead_id, **tables):
    return {"lead_id": lead_id, "created_at": "2026-03-01T09:00:00Z", "activities": [], **tables}


def price_page_at(instant, **beside):
    return {"happened_at": to_iso(instant), "activity": "page_view", "content": "pricing", **beside}


def as_of_today(node, later):
    """Move all that a lead did nearer to now: interest that is months old says little."""
    if isinstance(node, dict):
        return {
            key: to_iso(parse_instant(value, where="test") + later)
            if key.endswith("_at")
            else as_of_today(value, later)
            for key, value in node.items()
        }
    return [as_of_today(inner, later) for inner in node] if isinstance(node, list) else node


def effect_of(answer, feature):
    (line,) = (line for theme in answer["effects"] for line in theme["features"] if line["feature"] == feature)
    return line


def test_a_posted_event_changes_the_score_of_that_same_request(project, answer_now, facts_about):
    (told,) = facts_about([project.score()[0].lead_id])  # the readiest: its score is not held at 0
    lead = as_of_today(told, clock.now() - project.history.known_until - MINUTE)
    (before,) = answer_now(lead)
    event = price_page_at(clock.now() - 1)
    (after,) = answer_now({**lead, "activities": [*lead["activities"], event]})
    views = [effect_of(answer, "pricing_page_views_90d") for answer in (before, after)]
    assert views[1]["value"] == views[0]["value"] + 1
    assert views[1]["effect_exact"] > views[0]["effect_exact"]
    assert 0 < before["score"] < after["score"]
    assert after["rules"]["rule_points"] == before["rules"]["rule_points"] + 4  # pricing_interest, for each view
    assert before["as_of"] < event["happened_at"] < after["as_of"]


def test_an_event_that_no_feature_reads_changes_nothing_but_the_instant(answer_now, score_again):
    (before,) = answer_now(lead_with("live-2"))
    unread = {"happened_at": to_iso(clock.now() - 1), "attribute": "shoe_size", "value": "44"}
    (after,) = answer_now(lead_with("live-2", attribute_changes=[unread]))
    assert after["as_of"] > before["as_of"]
    _, without = score_again("live-2", after["as_of"], posted=-2)
    assert after["effects"] == without["effects"]


def test_a_live_answer_is_the_batch_answer_just_after_the_event_bit_for_bit(
    project, answer_now, score_again, facts_about, ledger
):
    posted = facts_about(project.history.lead_ids[::40])
    assert len(posted) == 20
    answer_now(posted[0])  # the last band of an answer is an input of the next one
    for lead in posted:
        last_bands = ledger.last_bands([lead["lead_id"]])
        event = price_page_at(clock.now() - SECOND)
        (live,) = answer_now({**lead, "activities": [*lead["activities"], event]})
        known_at, again = score_again(lead["lead_id"], live["as_of"], last_bands=last_bands)
        assert live["as_of"] == to_iso(just_after([known_at]))
        assert orjson.dumps(again) == orjson.dumps(live)
        assert effect_of(again, "pricing_page_views_90d")["value"] >= 1


def test_one_microsecond_earlier_the_event_was_not_known(answer_now, score_again):
    known_before = lead_with("live-3", known_at="2026-03-01T09:00:00Z")
    (live,) = answer_now({**known_before, "activities": [price_page_at(clock.now() - SECOND)]})
    just_before = parse_instant(live["as_of"], where="test") - 1
    _, earlier = score_again("live-3", to_iso(just_before))
    views = [effect_of(answer, "pricing_page_views_90d")["value"] for answer in (earlier, live)]
    assert views == [0, 1]


def test_a_fact_two_minutes_ahead_is_taken_as_now_and_named(answer_now, score_again):
    ahead = to_iso(clock.now() + 2 * MINUTE)
    (live,) = answer_now(lead_with("live-4", activities=[price_page_at(0) | {"happened_at": ahead}]))
    (skew,) = live["clock_skew"]
    assert (skew["table"], skew["happened_at"]) == ("activities", ahead)
    assert skew["taken_as"] < live["as_of"] < ahead
    assert effect_of(live, "pricing_page_views_90d")["value"] == 1
    _, again = score_again("live-4", live["as_of"])
    assert {**again, "clock_skew": [skew]} == live


def test_a_fact_ten_minutes_ahead_is_refused_and_never_becomes_known(client, ledger):
    ahead = to_iso(clock.now() + 10 * MINUTE)
    lead = lead_with("live-5", activities=[price_page_at(0) | {"happened_at": ahead}])
    response = client.post("/v1/score", json={"leads": [lead]})
    assert response.status_code == 422
    problem = ErrorAnswer.model_validate(response.json()).error
    assert (problem.code, problem.where) == ("fact_in_future", "leads[0].activities[0].happened_at")
    assert ahead in problem.what
    assert all((problem.why, problem.fix))
    assert ledger.facts("live-5") == ledger.answers("live-5") == []


AT_ONCE = "2026-03-05T09:00:00Z"


@pytest.mark.parametrize(
    ("table", "facts"),
    [
        ("activities", [{"activity": "page_view", "content": "pricing"}, {"activity": "email_click"}]),
        ("stage_changes", [{"lifecycle_stage": "mql"}, {"lifecycle_stage": "lead"}]),
        ("status_changes", [{"lead_status": "working"}, {"lead_status": "returned", "reason": "not_ready"}]),
        ("attribute_changes", [{"attribute": "title_level", "value": 2}, {"attribute": "title_level", "value": 4}]),
        ("deal_changes", [{"deal_id": "D1", "deal_stage": "closed_won"}, {"deal_id": "D1", "deal_stage": "discovery"}]),
    ],
)
def test_two_facts_of_one_instant_have_no_order(client, table, facts):
    facts = [{"happened_at": AT_ONCE, **fact} for fact in facts]
    leads = [lead_with("live-6", **{table: told}) for told in (facts, facts[::-1], facts[:1], facts[1:])]
    answers = [
        client.post("/v1/score", json={"as_of": "2026-03-06T09:00:00Z", "leads": [lead]}).json()["answers"]
        for lead in leads
    ]
    both, turned, *each_alone = answers
    assert both == turned
    assert each_alone[0] != each_alone[1]  # else the order could not have mattered
