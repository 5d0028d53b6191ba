"""A lead has the same answer alone as among many, bit for bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="session")
def answers_of_all(demo_history, scorer):
    instant = demo_history.known_until + 1
    return {score.lead_id: score.to_dict() for score in scorer.score(demo_history, demo_history.lead_ids, instant)}


def test_a_lead_scored_alone_has_the_answer_it_has_among_all(demo_history, scorer, answers_of_all):
    instant = demo_history.known_until + 1
    for lead_id in demo_history.lead_ids[::23]:
        (score,) = scorer.score(demo_history, [lead_id], instant)
        assert score.to_dict() == answers_of_all[lead_id]


def test_in_any_company_and_any_order_the_answer_is_the_same(demo_history, scorer, answers_of_all):
    @given(st.lists(st.sampled_from(demo_history.lead_ids), min_size=2, max_size=40, unique=True))
    @settings(max_examples=20)
    def check(lead_ids):
        scores = scorer.score(demo_history, lead_ids, demo_history.known_until + 1)
        assert [score.to_dict() for score in scores] == [answers_of_all[lead_id] for lead_id in lead_ids]

    check()


def test_two_instants_in_one_call_are_two_calls(demo_history, scorer):
    leads = list(demo_history.lead_ids[:5])
    earlier, later = demo_history.known_until - 10**13, demo_history.known_until + 1
    together = scorer.score(demo_history, [*leads, *leads], np.array([earlier] * 5 + [later] * 5))
    apart = scorer.score(demo_history, leads, earlier) + scorer.score(demo_history, leads, later)
    assert together == apart


def test_a_lead_alone_in_its_history_has_the_answer_it_has_beside_others(leads, history_from, scorer, as_of):
    @given(st.lists(leads, min_size=2, max_size=4))
    @settings(max_examples=20)
    def check(records):
        # They may well work for one company, and say different things about it.
        records = [{**record, "lead_id": f"L{number}"} for number, record in enumerate(records)]
        ids = [record["lead_id"] for record in records]
        together = scorer.score(history_from(records), ids, as_of)
        alone = [scorer.score(history_from([record]), [record["lead_id"]], as_of)[0] for record in records]
        assert [score.to_dict() for score in together] == [score.to_dict() for score in alone]

    check()
