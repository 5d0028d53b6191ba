import asyncio
import logging

import httpx
import pytest

from leadml.service import endpoint
from leadml.service.answers import ErrorAnswer
from leadml.service.endpoint import LARGEST_BODY, create_application

LEAD = {"lead_id": "L1", "created_at": "2026-03-01T09:00:00Z", "activities": []}


class Desk:
    closed = False

    def answer(self, request):
        if request.leads[0].lead_id == "boom":
            raise RuntimeError(request.leads[0].attributes["name"])
        return {"answers": [lead.lead_id for lead in request.leads]}

    def close(self):
        self.closed = True


@pytest.fixture(autouse=True)
def _collector_as_it_is(monkeypatch):
    monkeypatch.setattr(endpoint, "_settle_memory", lambda: None)


def post(desk, **options):
    """Send one request to the application, from its start to its end."""

    async def asked():
        application = create_application(lambda: desk)
        transport = httpx.ASGITransport(application)
        async with (
            application.router.lifespan_context(application),
            httpx.AsyncClient(transport=transport, base_url="http://service") as client,
        ):
            response = await client.post("/v1/score", **options)
            assert not desk.closed
            return response

    return asyncio.run(asked())


def test_the_desk_is_opened_at_the_start_and_closed_at_the_end():
    desk = Desk()
    assert post(desk, json={"leads": [LEAD]}).json() == {"answers": ["L1"]}
    assert desk.closed


def test_a_fault_says_nothing_of_the_lead_in_the_answer_or_the_log(caplog):
    with caplog.at_level(logging.ERROR):
        response = post(Desk(), json={"leads": [{**LEAD, "lead_id": "boom", "attributes": {"name": "Anna"}}]})
    assert response.status_code == 500
    assert ErrorAnswer.model_validate(response.json()).error.code == "fault"
    assert "RuntimeError" in caplog.text
    assert "Anna" not in response.text + caplog.text


def test_a_body_of_undeclared_length_is_not_read_to_its_end():
    parts = []

    async def endless():
        while True:
            parts.append(b" " * 65536)
            yield parts[-1]

    response = post(Desk(), content=endless(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert response.headers["Connection"] == "close"
    assert sum(map(len, parts)) <= LARGEST_BODY + 65536


async def ask_slowly(application, body):
    """Send a body in two parts, the second one never."""
    answered = []
    parts = iter([{"type": "http.request", "body": body, "more_body": True}])

    async def receive():
        part = next(parts, None)
        if part is None:
            await asyncio.sleep(60)
        return part

    async def send(message):
        answered.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/score",
        "headers": [(b"content-type", b"application/json")],
        "query_string": b"",
    }
    await application(scope, receive, send)
    return answered


def test_a_body_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(endpoint, "BODY_SECONDS", 0.05)
    application = create_application(Desk)
    application.state.thread = application.state.desk = None
    start, *_ = asyncio.run(ask_slowly(application, b'{"leads": ['))
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]


def test_the_largest_body_is_read():
    body = b'{"leads": [{"lead_id": "L1", "created_at": "2026-03-01T09:00:00Z", "activities": []}]}'
    padded = body + b" " * (LARGEST_BODY - len(body))
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert post(Desk(), content=padded, headers=headers).status_code == 200
    assert post(Desk(), content=padded + b" ", headers=headers).status_code == 413
