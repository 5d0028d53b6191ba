"""A trial and suggested thresholds as people read them."""

from dataclasses import replace

import numpy as np
import pytest

from leadml.agreement.placement import Standing
from leadml.clock import DAY, HOUR
from leadml.reports.page import Picture
from leadml.reports.text_table import TextTable
from leadml.reports.trial import day, suggestion_report, trial_page, trial_report
from leadml.specs.agreement_spec import OutcomeSpec
from leadml.specs.calendar_spec import CalendarSpec
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
            yield from (column.head for column in part.columns)
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
def test_what_was_not_tried_is_told_with_its_change(past, agreement, language):
    first, *rest = agreement.promises.bands["default"]
    bands = {"default": (first.model_copy(update={"accept_within_hours": 1.0}), *rest)}
    promises = agreement.promises.model_copy(update={"bands": {**agreement.promises.bands, **bands}})
    new = agreement.model_copy(update={"promises": promises})
    trial = try_promises(see(past, agreement), see(past, new), seed=1)
    *_, line = trial_report(trial, new, 3, language)
    assert line.startswith({"en": "Changed as well, but not tried", "ja": "ほかの変更点"}[language])
    assert getattr(trial.not_tried[0], language) in line
    assert line in trial_page(trial, new, 3, language).markdown()
    assert trial.to_dict()["not_tried"][0]["path"] == "promises.bands.default.A.accept_within_hours"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_another_outcome_is_called_by_the_stage_that_it_reaches(past, agreement, language):
    outcome = OutcomeSpec(reach="opportunity", within_days=90)
    definitions = agreement.definitions.model_copy(update={"outcomes": {"opportunity_soon": outcome}})
    agreement = agreement.model_copy(update={"definitions": definitions})
    past = replace(past, outcome="opportunity_soon")
    new = with_threshold(agreement, 60)
    trial = try_promises(see(past, agreement), see(past, new), seed=1)
    alone = [try_alone(see(past, each), base_rate=0.2, seed=1) for each in (agreement, new)]
    suggestion = suggest_thresholds(past, agreement, Wanted(0.5, None), returns(), seed=1)
    for parts in (
        trial_report(trial, new, 3, language),
        trial_report(DefinitionsTrial(alone[0], alone[1], ()), new, 3, language),
        suggestion_report(suggestion, language),
    ):
        told = " ".join(head for part in parts for head in texts([part]))
        assert "opportunity" in told
        assert "SQL" not in told
    html = trial_page(trial, new, 3, language).html()
    assert "opportunity" in html
    assert "SQL" not in html
    assert trial.to_dict()["stage"] == suggestion.to_dict()["stage"] == "opportunity"


def test_days_are_those_of_the_agreement(past, agreement):
    """20 hours after midnight of Greenwich the next day has begun in Tokyo."""
    (period,) = past.periods
    later = replace(period, from_=period.from_ + 20 * HOUR, until=period.until + 20 * HOUR)
    past = replace(past, periods=(later,))
    agreement = agreement.model_copy(update={"calendar": CalendarSpec(time_zone="Asia/Tokyo")})
    trial = try_promises(see(past, agreement), see(past, agreement), seed=1)
    suggestion = suggest_thresholds(past, agreement, Wanted(0.5, None), returns(), seed=1)
    for parts in (trial_report(trial, agreement, 3, "en"), suggestion_report(suggestion, "en")):
        told = " ".join(texts(parts))
        assert "2026-01-02 to 2026-02-11" in told
    assert day(later.from_, agreement.model_copy(update={"calendar": None})) == "2026-01-01"


def test_that_more_come_than_sales_can_take_is_said_where_returns_decide(past, agreement):
    suggestion = suggest_thresholds(past, agreement, Wanted(None, 0.9), returns(), seed=1)
    told = " ".join(texts(suggestion_report(suggestion, "en")))
    assert f"More come than sales can take: {suggestion.come_a_week.value:.1f} leads in a usual week" in told
    assert f"sales can take {suggestion.capacity_a_week:.1f}" in told
    promises = agreement.promises.model_copy(update={"capacity": None})
    without = agreement.model_copy(update={"promises": promises})
    told = " ".join(
        texts(suggestion_report(suggest_thresholds(past, without, Wanted(None, 0.9), returns(), seed=1), "en"))
    )
    assert "More come" not in told
    assert "No capacity is agreed" in told


def returns():
    return Returns(np.arange(60), np.arange(60), (np.arange(60) % 4 == 0).astype(float))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_suggestion_says_what_it_was_computed_on(past, agreement, language):
    suggestion = suggest_thresholds(past, agreement, Wanted(0.5, None), returns(), seed=1)
    told = " ".join(texts(suggestion_report(suggestion, language)))
    for expected in (str(suggestion.threshold), "2026-01-01", "2026-02-10", "120", "60"):
        assert expected in told


def test_two_agreements_of_one_version_are_told_apart(past, agreement):
    seen = see(past, agreement), see(past, with_threshold(agreement, 60))
    version = agreement.version
    trial = try_promises(*seen, seed=1).naming_new(f"{version} (new)")
    assert (trial.old.version, trial.new.version) == (version, f"{version} (new)")
    alone = DefinitionsTrial(*(try_alone(each, base_rate=0.1, seed=1) for each in seen), ()).naming_new("new")
    assert (alone.old.side.version, alone.new.side.version) == (version, "new")


def test_each_picture_has_a_sentence_that_says_what_it_shows(trial, agreement):
    blocks = trial_page(trial, agreement, 3, "en").sections[1].blocks
    assert len(blocks) == 4
    for said, picture in zip(blocks[::2], blocks[1::2], strict=True):
        assert isinstance(picture, Picture)
        assert said == picture.alt
