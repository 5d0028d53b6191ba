"""A real flat table that has an order and no times: judged in rolling windows, never by a random split."""

from pathlib import Path

import numpy as np
import pytest

from leadml.clock import MINUTE, SECOND, parse_instant
from leadml.evaluate import auc
from leadml.history.tables import Finding
from leadml.project import Project
from leadml.reports.comparison import verdict_lines
from leadml.training import fit_recipe
from leadml.wording.texts import say

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "bank_marketing"
TRAINED_ON, TESTED_ON, EVERY = 20_000, 1_000, 2_000  # the protocol rolls by 1,000; every second window is enough here

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(),
    reason="no ../shared/data/bank_marketing beside the repository; examples/bank_marketing says where to get it",
)


@pytest.fixture(scope="module")
def bank():
    return Project(ROOT / "examples" / "bank_marketing", data=DATA)


@pytest.fixture(scope="module")
def calls(bank):
    """Give the training set in the order of the file."""
    training_set = bank.training_set()
    return training_set.rows(np.argsort(training_set.created_at, kind="stable"))


def test_rows_are_a_minute_apart_and_what_came_of_them_half_a_minute_later(bank):
    history, start = bank.history, parse_instant("2000-01-01T00:00:00Z", where="test")
    positions = history.positions()
    assert [int(history.created_at[positions[number]]) for number in ("1", "2", "41188")] == [
        start,
        start + MINUTE,
        start + 41_187 * MINUTE,
    ]
    answers = history.facts["stage_changes"]
    assert len(answers.happened_at) == 4640
    assert set(answers.happened_at - history.created_at[answers.leads]) == {30 * SECOND}


def test_999_days_are_no_number_of_days(bank):
    attributes = bank.history.facts["lead_attributes"]
    days = attributes.texts["attribute"].lookup({"days_since_last_campaign": 1.0}, other=0.0) == 1.0
    assert days.sum() == 1515  # so many had been called in an earlier campaign
    assert "999" not in {attributes.texts["value"].words[code] for code in attributes.texts["value"].codes[days]}


def test_the_length_of_the_call_is_not_looked_at(bank):
    assert not any("duration" in source.attributes.values() for source in bank.spec.history.tables.leads)


def test_no_answer_overlaps_the_next_row(calls):
    assert (calls.closed_at[:-1] < calls.created_at[1:]).all()
    assert len(calls) == 41_187  # the window of the last row is still open


def test_whoever_reads_a_figure_is_told_that_there_are_no_times(bank, calls):
    assert Finding("leads", "row_order", 41_188) in bank.check().findings
    assert calls.recipe["clock"] == "row_order"
    comparison = bank.compare()
    assert comparison.clock == "row_order"
    for language in ("en", "ja"):
        assert say("verdict.row_order", language) in verdict_lines(comparison, language)


def test_the_positives_drift_as_the_data_is_known_for(calls):
    first = round(0.7 * len(calls))
    assert calls.ready[:first].mean() == pytest.approx(0.056, abs=0.001)
    assert calls.ready[first:].mean() == pytest.approx(0.246, abs=0.001)


def test_in_rolling_windows_it_ranks_a_little_better_than_chance_and_no_split_flatters_it(bank, calls):
    """Seen with the full sum of the protocol .627, best rival .617; today's learner is rules and trees alone.

    A random split of the same rows would give .81: the next window is another time.
    """
    found = []
    for start in range(TRAINED_ON, len(calls) - TESTED_ON, EVERY):
        model = fit_recipe(calls.rows(np.arange(start - TRAINED_ON, start)), bank.spec)
        window = calls.rows(np.arange(start, start + TESTED_ON))
        found.append(auc(window.ready, model.margin(window.features)))
    assert 0.53 < np.mean(found) < 0.66
