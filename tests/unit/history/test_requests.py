import orjson
import pytest

from leadml.errors import LeadmlError
from leadml.history.requests import MOST_LEADS, read_request

LEAD = {"lead_id": "L1", "created_at": "2026-03-01T09:00:00Z", "activities": []}
AT = {"happened_at": "2026-03-02T09:00:00Z"}
KEPT = {**AT, "decision": "keep"}


def read(**changed):
    return read_request(orjson.dumps({"leads": [{**LEAD, **changed}]}))


def problems_of(body):
    with pytest.raises(LeadmlError) as caught:
        read_request(body if isinstance(body, bytes) else orjson.dumps(body))
    return [(problem["code"], problem["where"]) for problem in caught.value.to_dict()["problems"]]


def test_a_table_left_out_is_unknown_and_an_empty_list_is_nothing():
    lead = read().leads[0].model_dump(exclude_none=True)
    assert lead["activities"] == []
    assert "stage_changes" not in lead


@pytest.mark.parametrize(
    ("lead", "code", "where"),
    [
        ({**LEAD, "activitys": []}, "unknown_key", "leads[0].activitys"),
        ({**LEAD, "str": 1}, "unknown_key", "leads[0].str"),
        ({**LEAD, "lead_id": 5}, "wrong_type", "leads[0].lead_id"),
        ({**LEAD, "lead_id": ""}, "wrong_type", "leads[0].lead_id"),
        ({**LEAD, "attributes": {"employees": [1]}}, "wrong_type", "leads[0].attributes.employees"),
        ({**LEAD, "activities": [{"activity": "call"}]}, "missing_key", "leads[0].activities[0].happened_at"),
        ({"lead_id": "L1", "created_at": "2026-03-01T09:00:00Z"}, "lead_without_facts", "leads[0]"),
        ({**LEAD, "scores": [{**AT, "name": "icp"}]}, "missing_key", "leads[0].scores[0].value"),
        ({**LEAD, "scores": [{**AT, "name": "icp", "value": "4"}]}, "wrong_type", "leads[0].scores[0].value"),
        ({**LEAD, "decisions": [{**KEPT, "explored": "true"}]}, "wrong_type", "leads[0].decisions[0].explored"),
        ({**LEAD, "decisions": [{**KEPT, "explored": True}]}, "wrong_type", "leads[0].decisions[0].explored"),
        ({**LEAD, "decisions": [{**KEPT, "probability": 0}]}, "wrong_type", "leads[0].decisions[0].probability"),
        ({**LEAD, "decisions": [{**KEPT, "probability": 1.01}]}, "wrong_type", "leads[0].decisions[0].probability"),
    ],
)
def test_a_problem_is_said_once_with_its_place(lead, code, where):
    assert problems_of({"leads": [lead]}) == [(code, where)]


@pytest.mark.parametrize("probability", [1, 1.0, 1e-9, None])
def test_any_chance_of_a_decision_is_taken(probability):
    (decision,) = read(decisions=[{**KEPT, "explored": "yes", "probability": probability}]).leads[0].decisions
    assert (decision.probability, decision.explored) == (probability, "yes")


def test_of_a_probability_that_is_none_it_is_said_what_one_is():
    with pytest.raises(LeadmlError) as caught:
        read(decisions=[{**KEPT, "probability": -0.5}])
    assert caught.value.part("why") == "It should be a number above 0 and at most 1."


def test_a_word_near_a_known_key_is_proposed():
    with pytest.raises(LeadmlError) as caught:
        read(activitys=[])
    assert "'activities'" in caught.value.part("fix")


def test_all_problems_of_a_request_are_said_together():
    leads = [{**LEAD, "colour": "red"}, {**LEAD, "lead_id": None}]
    assert problems_of({"leads": leads}) == [("unknown_key", "leads[0].colour"), ("wrong_type", "leads[1].lead_id")]


def test_two_leads_of_one_id_are_refused():
    assert problems_of({"leads": [LEAD, LEAD]}) == [("lead_named_twice", "leads[1]")]


def test_from_one_lead_to_a_thousand():
    leads = [{**LEAD, "lead_id": f"L{number}"} for number in range(MOST_LEADS + 1)]
    assert len(read_request(orjson.dumps({"leads": leads[:-1]})).leads) == MOST_LEADS
    assert problems_of({"leads": leads}) == [("wrong_type", "leads")]
    assert problems_of({"leads": []}) == [("wrong_type", "leads")]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_that_is_none_is_refused(number):
    body = orjson.dumps({"leads": [{**LEAD, "attributes": {"employees": 0}}]}).replace(b":0", f":{number}".encode())
    assert problems_of(body) == [("wrong_type", "leads[0].attributes.employees")]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"\xef\xbb\xbf{}", b'{"leads": "\\ud800"}', b"[" * 100_000])
def test_what_is_not_json_is_said_to_be_none(body):
    assert problems_of(body) == [("not_json", "request")]


def test_a_hundred_problems_are_enough():
    assert len(problems_of({"leads": [{**LEAD, "colour": "red"}] * 500})) == 100
