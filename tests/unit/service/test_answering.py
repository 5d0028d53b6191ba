from types import SimpleNamespace

import orjson
import pytest

from leadml import clock
from leadml.errors import LeadmlError
from leadml.history.requests import read_request
from leadml.service import answering
from leadml.service.answering import ScoringDesk
from leadml.standings import LastBand
from leadml.store.ledger import Ledger

NOW = clock.parse_instant("2026-03-02T09:00:00Z", where="test")


class Scorer:
    agreement = SimpleNamespace(definitions=None, model_dump_json=lambda **_: "{}")

    def score(self, history, lead_ids, as_of, last_bands):
        return [
            SimpleNamespace(
                to_dict=lambda said={"lead_id": lead_id, "as_of": at, "band": "A", "last": last and list(last)}: said
            )
            for lead_id, at, last in zip(lead_ids, as_of.tolist(), map((last_bands or {}).get, lead_ids), strict=True)
        ]


def history_of(*ids):
    return SimpleNamespace(history=SimpleNamespace(lead_ids=tuple(sorted(ids))), clock_skew={})


@pytest.fixture
def arrivals(monkeypatch):
    """Stand in for the facts: what matters here is when they arrive, and that ids of one kind go together."""
    seen = []

    def read(leads, _definitions, arrival):
        seen.append(arrival)
        kinds = {kind: [lead["lead_id"] for lead in leads if lead["lead_id"][0] == kind] for kind in "AB"}
        return [history_of(*ids) for ids in kinds.values() if ids]

    monkeypatch.setattr(answering, "histories_from_records", read)
    return seen


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(tmp_path / "ledger.db")
    yield ledger
    ledger.close()


@pytest.fixture
def desk(ledger):
    return ScoringDesk(Scorer(), ledger, times=SimpleNamespace(time_zone="Europe/Berlin", clock_skew_minutes=3))


def request(*ids, **beside):
    leads = [{"lead_id": lead_id, "created_at": "2026-03-01T09:00:00Z", "activities": []} for lead_id in ids]
    return read_request(orjson.dumps({"leads": leads, **beside}))


def test_answers_come_in_the_order_of_the_request(desk, arrivals):
    answers = desk.answer(request("B2", "A1", "B1"))["answers"]
    assert [answer["lead_id"] for answer in answers] == ["B2", "A1", "B1"]


def test_a_live_score_is_taken_just_after_its_facts_were_written(desk, ledger, arrivals, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)
    (answer,) = desk.answer(request("A1"))["answers"]
    ((known_at, facts),) = ledger.facts("A1")
    assert (known_at, facts["lead_id"]) == (NOW, "A1")
    assert answer["as_of"] == NOW + 1
    assert ledger.answers("A1") == [answer]


def test_the_last_live_answer_tells_the_last_band(desk, ledger, arrivals, monkeypatch):
    times = iter([NOW, NOW, NOW + clock.DAY, NOW + clock.DAY, NOW + 2 * clock.DAY, NOW + 2 * clock.DAY])
    monkeypatch.setattr(clock, "now", lambda: next(times))
    first, _ = desk.answer(request("A1", "A2"))["answers"]
    (past,) = desk.answer(request("B1", as_of="2026-03-01T12:00:00Z"))["answers"]  # a question is no state
    again, other = desk.answer(request("A1", "B1"))["answers"]
    assert (first["last"], past["last"], other["last"]) == (None, None, None)
    assert again["last"] == ["A", NOW + 1]
    assert ledger.last_bands(["A1", "A2", "B9"]) == {
        "A1": LastBand("A", NOW + 2 * clock.DAY + 1),
        "A2": LastBand("A", NOW + 1),
    }


def test_what_is_known_stays_known_when_the_clock_goes_back(desk, arrivals, monkeypatch):
    times = iter([NOW, NOW, NOW - 60 * clock.SECOND, NOW])
    monkeypatch.setattr(clock, "now", lambda: next(times))
    desk.answer(request("A1"))
    (answer,) = desk.answer(request("A1"))["answers"]
    assert answer["as_of"] == NOW + 1
    assert arrivals[-1].known_at == {"A1": NOW}


def test_facts_that_cannot_be_read_do_not_become_known(desk, ledger, monkeypatch):
    def refuse(_leads, _definitions, _arrival):
        raise LeadmlError("not_a_time", where="leads[0].created_at", value="soon")

    monkeypatch.setattr(answering, "histories_from_records", refuse)
    with pytest.raises(LeadmlError):
        desk.answer(request("A1"))
    assert ledger.facts("A1") == []


def test_an_answer_about_the_past_is_written_down_without_its_facts(desk, ledger, arrivals):
    (answer,) = desk.answer(request("A1", as_of="2026-03-01T12:00:00"))["answers"]
    assert clock.to_iso(answer["as_of"]) == "2026-03-01T11:00:00.000000Z"  # Berlin, as history.yaml says
    assert arrivals[-1].known_at is None
    assert ledger.answers("A1") == [answer]
    assert ledger.facts("A1") == []


@pytest.mark.parametrize("beside", [{}, {"as_of": "2026-03-01T12:00:00Z"}])
def test_times_are_read_as_history_yaml_says(desk, arrivals, beside):
    desk.answer(request("A1", **beside))
    assert (arrivals[-1].time_zone, arrivals[-1].clock_skew_minutes) == ("Europe/Berlin", 3)


def test_what_cannot_be_written_down_is_not_answered(desk, ledger, arrivals, monkeypatch):
    def refuse(*_facts, **_when):
        raise OSError("disk full")

    monkeypatch.setattr(ledger, "write_answers", refuse)
    with pytest.raises(OSError, match="disk full"):
        desk.answer(request("A1"))


def test_a_question_about_the_future_is_refused(desk, arrivals):
    with pytest.raises(LeadmlError) as caught:
        desk.answer(request("A1", as_of="2999-01-01T00:00:00Z"))
    assert caught.value.code == "as_of_in_future"


def test_the_compiled_code_is_loaded_before_the_first_lead_comes(monkeypatch, tmp_path, definitions):
    scored = []
    scorer = SimpleNamespace(
        agreement=SimpleNamespace(definitions=definitions, model_dump_json=lambda **_: "{}"),
        score=lambda history, lead_ids, _as_of: scored.append((history.unknown, lead_ids)),
    )
    opened = SimpleNamespace(scorer=lambda: scorer, spec=SimpleNamespace(history=None))
    monkeypatch.setattr(answering, "Project", lambda _folder: opened)
    ScoringDesk.open(tmp_path).close()
    assert scored == [(("companies",), ["nobody"])]
