"""What is wrong with a request, in all four parts, as a real server says it."""

import asyncio
import shutil
import sqlite3

import httpx
import pytest

from leadml.service import endpoint
from leadml.service.answering import ScoringDesk
from leadml.service.endpoint import create_application
from leadml.store.ledger import LEDGER_FILE

LEAD = {"lead_id": "L1", "created_at": "2026-03-01T09:00:00Z", "activities": []}
AS_OF = "2026-03-10T00:00:00Z"

NO_FACT_WITHOUT_TIME = "A fact without its time cannot be placed before or after a score."
WRITE_ISO = "Write ISO 8601, as in 2026-03-02T09:00:00Z or 2026-03-02."
NOT_YET = "Nothing that has not happened yet can be a fact; the time or its zone is wrong."
CORRECT = "Correct the time, or the time_zone in history.yaml; up to clock_skew_minutes ahead is allowed."
ONE_MEANING = "It is a key of the lead or of a fact, and one name has one meaning."
ANOTHER_NAME = "Send it as the key it is, or give the attribute another name."
NO_CONTROLS = "a text without control characters"


def with_(**changed):
    return {"as_of": AS_OF, "leads": [{**LEAD, **changed}]}


def without_tables(**more):
    return {"as_of": AS_OF, "leads": [{"lead_id": "L1", "created_at": LEAD["created_at"], **more}]}


@pytest.mark.parametrize(
    ("asked", "code", "what", "why", "where", "fix"),
    [
        pytest.param(
            without_tables(lead_type="new_prospect"),
            "lead_without_facts",
            "Nothing is known about lead 'L1'.",
            "A score says something about a lead only from facts, and neither attributes nor any table came with it.",
            "leads[0]",
            "Send its attributes and its facts; send an empty list for a table in which nothing happened.",
        ),
        pytest.param(
            with_(activities=[{"happened_at": "2999-01-01T00:00:00Z", "activity": "page_view"}]),
            "fact_in_future",
            "'2999-01-01T00:00:00Z' lies in the future.",
            NOT_YET,
            "leads[0].activities[0].happened_at",
            CORRECT,
        ),
        pytest.param(
            with_(created_at="2999-01-01T00:00:00Z"),
            "fact_in_future",
            "'2999-01-01T00:00:00Z' lies in the future.",
            NOT_YET,
            "leads[0].created_at",
            CORRECT,
        ),
        pytest.param(
            with_(stage_changes=[{"happened_at": "soon", "lifecycle_stage": "mql"}]),
            "not_a_time",
            "'soon' is not a time.",
            NO_FACT_WITHOUT_TIME,
            "leads[0].stage_changes[0].happened_at",
            WRITE_ISO,
        ),
        pytest.param(
            {**with_(), "as_of": "yesterday"},
            "not_a_time",
            "'yesterday' is not a time.",
            NO_FACT_WITHOUT_TIME,
            "as_of",
            WRITE_ISO,
        ),
        pytest.param(
            with_(stage_changes=[{"happened_at": "2026-03-02T09:00:00", "lifecycle_stage": "mql"}]),
            "time_without_zone",
            "'2026-03-02T09:00:00' has no time zone.",
            "Without its offset from UTC a time can mean any of 24 hours, and a score could see the future.",
            "leads[0].stage_changes[0].happened_at",
            "Write the offset, as in 2026-03-02T09:00:00Z or +01:00, or give time_zone in history.yaml.",
        ),
        pytest.param(
            with_(activities=[], activitys=[]),
            "unknown_key",
            "Unknown key 'activitys'.",
            "A key that leadml does not read would be ignored, and the file would not do what it says.",
            "leads[0].activitys",
            "Did you mean 'activities'? Known keys here: activities, assignments, attribute_changes, attributes, "
            "company, company_id, connect_attempts, created_at, deal_changes, decisions, known_at, lead_id, "
            "lead_type, scores, stage_changes, status_changes.",
        ),
        pytest.param(
            with_(activities=[{"happened_at": AS_OF, "activity": "page_view", "value": "12"}]),
            "wrong_type",
            "'value' is '12', which does not fit.",
            "It should be a valid number.",
            "leads[0].activities[0].value",
            "Write a valid number.",
        ),
        pytest.param(
            with_(attributes={"employees": [1]}),
            "wrong_type",
            "'employees' is [1], which does not fit.",
            "It should be a text, a number, true, false or null.",
            "leads[0].attributes.employees",
            "Write a text, a number, true, false or null.",
        ),
        pytest.param(
            with_(lead_id="L\u00071"),
            "wrong_type",
            r"'lead_id' is 'L\x071', which does not fit.",
            f"It should be {NO_CONTROLS}.",
            "leads[0].lead_id",
            f"Write {NO_CONTROLS}.",
        ),
        pytest.param(
            with_(lead_id="L1\n"),  # a pattern that ends in $ may let one line break through
            "wrong_type",
            r"'lead_id' is 'L1\n', which does not fit.",
            f"It should be {NO_CONTROLS}.",
            "leads[0].lead_id",
            f"Write {NO_CONTROLS}.",
        ),
        pytest.param(
            {**with_(), "as_of": "2026-03-01T09:00:00Z"},
            "as_of_before_lead",
            "Lead 'L1' was not yet known at 2026-03-01T09:00:00.000000Z.",
            "A score is made only from what was known before its instant, and the first fact about this lead "
            "became known at 2026-03-01T09:00:00.000000Z.",
            "lead L1",
            "Take an as_of after 2026-03-01T09:00:00.000000Z, or leave this lead out.",
        ),
        *(
            pytest.param(
                with_(attributes={name: "x"}),
                "reserved_attribute",
                f"'{name}' cannot be the name of an attribute.",
                ONE_MEANING,
                f"leads[0].attributes.{name}",
                ANOTHER_NAME,
            )
            for name in ("lead_type", "company_id", "event_id", "sequence")
        ),
        pytest.param(
            with_(company={"attributes": {"lead_type": "x"}}),
            "reserved_attribute",
            "'lead_type' cannot be the name of an attribute.",
            ONE_MEANING,
            "leads[0].company.attributes.lead_type",
            ANOTHER_NAME,
        ),
    ],
)
def test_a_wrong_request_is_told_in_four_parts(client, asked, code, what, why, where, fix):
    response = client.post("/v1/score", json=asked)
    told = {"code": code, "what": what, "why": why, "where": where, "fix": fix}
    assert response.json() == {"error": told, "problems": [told]}
    assert response.status_code == 422


async def ask(application, request):
    transport = httpx.ASGITransport(application)
    async with (
        application.router.lifespan_context(application),
        httpx.AsyncClient(transport=transport, base_url="http://service") as client,
    ):
        return await client.post("/v1/score", json=request)


@pytest.fixture
def own_project(project, tmp_path, monkeypatch):
    """Copy the project to where a test may break it, to be served within this process."""
    monkeypatch.setattr(endpoint, "_settle_memory", lambda: None)
    return shutil.copytree(project.folder, tmp_path / "own", ignore=shutil.ignore_patterns("demo", "ml*", "ledger*"))


@pytest.mark.parametrize("request_", [with_(), {"leads": [LEAD]}], ids=["about the past", "about now"])
def test_what_cannot_be_stored_is_not_answered_but_told_in_four_parts(own_project, request_):
    def open_desk():
        desk = ScoringDesk.open(own_project)
        with sqlite3.connect(own_project / ".leadml" / LEDGER_FILE) as somebody:
            somebody.execute("DROP TABLE answers")
        somebody.close()
        return desk

    response = asyncio.run(ask(create_application(open_desk), request_))
    told = {
        "code": "ledger_failed",
        "what": "The ledger of answers cannot be used: no such table: answers",
        "why": "An answer is stored before it is given, so none is given.",
        "where": "ledger.db",
        "fix": "Check that the file is leadml's own, can be written and has room; if it is damaged, "
        "move it away and leadml makes a new one.",
    }
    assert response.json() == {"error": told, "problems": [told]}
    assert response.status_code == 503


def value_of(client, feature, number):
    response = client.post("/v1/score", json=with_(company={"attributes": {feature: number}}))
    assert response.status_code == 200, response.text
    (answer,) = response.json()["answers"]
    (found,) = (line for theme in answer["effects"] for line in theme["features"] if line["feature"] == feature)
    return found["value"]


@pytest.mark.parametrize("number", [2**64, -(2**70), 10**300])
def test_an_integer_beyond_64_bits_is_a_number(client, number):
    assert value_of(client, "subsidiaries", number) == float(number)


@pytest.mark.parametrize("number", [10**400, "1e999", "-inf"])
def test_what_is_too_large_for_a_number_is_not_known(client, number):
    assert value_of(client, "subsidiaries", number) is None
