"""A trial and suggested thresholds as people read them."""

import numpy as np
import pytest

from leadml.agreement.placement import Standing
from leadml.clock import DAY
from leadml.reports.text_table import TextTable
from leadml.reports.trial import suggestion_report, trial_page, trial_report
from leadml.specs.promises_spec import CapacitySpec
from leadml.trials.level import WEEK, Level
from leadml.trials.returns import Returns
from leadml.trials.scored import Scored, TriedPeriod
from leadml.trials.side import see
from leadml.trials.suggesting import Wanted, suggest_thresholds
from leadml.trials.thresholds import with_threshold
from leadml.trials.trying import DefinitionsTrial, try_alone, try_promises

SIZE, BEGIN = 120, 20_454 * DAY


@pytest.fixture(scope="module")
def past():
    leads = np.arange(SIZE)
    as_of = BEGIN + leads * DAY // 3
    points = (leads * 37) % 100
    return Scored(
        lead_ids=tuple(f"L{lead}" for lead in leads),
        leads=leads,
        as_of=as_of,
        margin=(points - 50) / 14.4,
        points=points,
        outcome="ready",
        answer=(points > 60).astype(np.int64),
        worked=np.ones(SIZE, dtype=bool),
        episodes=np.zeros(SIZE, dtype=np.int64),
        level=Level(np.zeros(SIZE), np.full(SIZE, 0.2), as_of // WEEK - 6, as_of // WEEK),
        standings=tuple(
            Standing(instant, ("new_prospect", "maintenance_service", None)[lead % 3], "lead")
            for lead, instant in enumerate(as_of.tolist())
        ),
        periods=(TriedPeriod(BEGIN, BEGIN + 40 * DAY, BEGIN - DAY, 500),),
    )


@pytest.fixture(scope="module")
def agreement(spec):
    promises = spec.agreement.promises.model_copy(update={"capacity": CapacitySpec(leads_a_day=1)})
    return spec.agreement.model_copy(update={"promises": promises})


@pytest.fixture(scope="module")
def trial(past, agreement):
    new = with_threshold(agreement, 60).model_copy(update={"version": "next"})
    return try_promises(see(past, agreement), see(past, new), seed=1)


def texts(parts):
    for part in parts:
        if isinstance(part, TextTable):
            yield part.title
            yield from (cell for row in part.rows for cell in row.cells)
        else:
            yield part


def test_a_trial_of_promises_tells_both_sides(trial, agreement):
    parts = list(trial_report(trial, agreement, 3, "en"))
    told = " ".join(texts(parts))
    assert f"{trial.new.hand_overs_a_week:.1f} leads a week instead of {trial.old.hand_overs_a_week:.1f}" in parts[0]
    assert f"{len(trial.leave.lead_ids)} leads would not be handed over any more" in told
    assert f"and {len(trial.leave.lead_ids) - 3} more" in told
    assert "No lead would be handed over that was not before." in told
    assert "2025-12-31" in told  # what the model had learned by
    assert "really treated" in told
    (totals,) = [part for part in parts if isinstance(part, TextTable) and part.title.startswith("What would")]
    assert totals.rows[0].cells[1:] == (str(trial.old.hand_overs), str(trial.new.hand_overs))


def test_other_definitions_are_never_in_one_table(past, agreement):
    one = try_alone(see(past, agreement), base_rate=0.2, seed=1)
    other = try_alone(see(past, agreement.model_copy(update={"version": "next"})), base_rate=0.3, seed=1)
    parts = list(trial_report(DefinitionsTrial(one, other, ()), agreement, 3, "en"))
    assert "cannot be set side by side" in parts[0]
    for table in (part for part in parts if isinstance(part, TextTable)):
        told = [column.head for column in table.columns] + [cell for row in table.rows for cell in row.cells]
        assert not (any("next" in text for text in told) and any(agreement.version in text for text in told))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_page_holds_tables_and_pictures(trial, agreement, language):
    page = trial_page(trial, agreement, 3, language)
    html = page.html()
    assert html.count("<svg") == 2
    assert "next" in page.title
    assert page.markdown().count("|") > 50


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_suggestion_says_what_it_was_computed_on(past, agreement, language):
    returns = Returns(np.arange(60), np.arange(60), (np.arange(60) % 4 == 0).astype(float))
    suggestion = suggest_thresholds(past, agreement, Wanted(0.5, None), returns, seed=1)
    told = " ".join(texts(suggestion_report(suggestion, language)))
    for expected in (str(suggestion.threshold), "2026-01-01", "2026-02-10", "120", "60"):
        assert expected in told
