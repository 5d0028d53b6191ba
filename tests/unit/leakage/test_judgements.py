"""The audit of scores and decisions: what was said of leads is neither what they do nor what happened to them."""

from dataclasses import replace

import numpy as np
import pytest

from leadml.clock import DAY
from leadml.history.tables import FactTable
from leadml.leakage.checks import after_outcome, read_later
from leadml.leakage.columns import gather
from leadml.leakage.evidence import NEVER
from leadml.leakage.findings import Grade


@pytest.fixture
def judged(evidence):
    """Give the demo's evidence a table that says one thing of each lead that is named, at an instant."""

    def make(name, leads, happened_at, words, **numbers):
        counts = np.bincount(leads, minlength=len(evidence.history.lead_ids))
        table = FactTable(
            first=np.concatenate([[0], np.cumsum(counts)]),
            happened_at=happened_at,
            known_at=happened_at,
            words={column: (word,) for column, word in words.items()},
            codes=np.zeros((len(words), len(leads)), np.int32),
            number_columns=tuple(numbers),
            values=np.array([*numbers.values()]).reshape(len(numbers), len(leads)),
        )
        facts = {**evidence.history.facts, name: table}
        return replace(evidence, history=replace(evidence.history, facts=facts))

    return make


def told(findings, table):
    return [(finding.code, finding.grade, finding.name) for finding in findings if finding.table == table]


def test_decisions_begin_with_the_outcome_as_all_that_sales_do_and_scores_must_not(evidence, judged):
    reached = np.flatnonzero(evidence.reached_at != NEVER)
    after = evidence.reached_at[reached] + DAY
    decided = after_outcome.find(judged("decisions", reached, after, {"decision": "hand_over", "explored": "no"}))
    assert told(decided, "decisions") == [
        ("begins_with_outcome", Grade.NOTE, "decisions.decision"),
        ("begins_with_outcome", Grade.NOTE, "decisions.explored"),
    ]
    scored = after_outcome.find(judged("scores", reached, after, {"name": "health"}, value=np.ones(len(reached))))
    assert told(scored, "scores") == [("only_after_outcome", Grade.WARNING, "scores.name=health")]


@pytest.mark.parametrize(
    ("delay", "spread", "found"),
    [
        (0, 1.0, [("todays_state", Grade.WARNING, "scores.happened_at")]),
        (0, 0.0, []),  # who gives all leads the same score when they come in has said no more than that they came
        (DAY, 1.0, []),
    ],
)
def test_a_score_of_today_that_is_dated_at_creation_is_found(evidence, judged, delay, spread, found):
    leads = np.arange(len(evidence.history.lead_ids))
    happened_at = evidence.history.created_at + delay
    scored = judged("scores", leads, happened_at, {"name": "crm_rules"}, value=spread * (leads % 50))
    assert [one for one in told(read_later.find(scored), "scores") if one[0] != "never_late"] == found


def test_scores_of_every_night_are_no_facts_that_a_counter_could_count(evidence, judged, demo_training_set, spec):
    leads = np.repeat(np.arange(len(evidence.history.lead_ids)), 100)
    nights = np.tile(np.arange(100) * DAY, len(evidence.history.lead_ids))
    happened_at = evidence.history.created_at[leads] + nights
    history = judged("scores", leads, happened_at, {"name": "crm_rules"}, value=leads * 1.0).history
    scored = gather(history, demo_training_set, spec)
    assert scored.facts_in_all.tolist() == evidence.facts_in_all.tolist()
    assert scored.facts_before.tolist() == evidence.facts_before.tolist()
    assert {column.table for column in scored.columns} == {column.table for column in evidence.columns} | {"scores"}
