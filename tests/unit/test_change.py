"""Why did a score change: each part made again here, from two stored answers, and all of it adding up."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import orjson
import pytest

from leadml import clock
from leadml.agreement.placement import Standing, place
from leadml.champion import VERSION_FILE, run_folder
from leadml.change import PARTS, Standpoint, find_change
from leadml.clock import DAY, parse_instant
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.errors import LeadmlError
from leadml.history.inline import Arrival, histories_from_records
from leadml.history.requests import read_request
from leadml.learners.calibration import CalibrationLine
from leadml.recall import Recall
from leadml.scoring import Scorer
from leadml.service.answering import ScoringDesk
from leadml.specs.project_spec import meaning_of
from leadml.store.ledger import LEDGER_FILE, Ledger

THEN = parse_instant("2026-03-02T09:00:00Z", where="tests")
LATER = THEN + 20 * DAY
LEAD = {
    "lead_id": "L1",
    "created_at": "2026-02-01T08:00:00Z",
    "lead_type": "new_prospect",
    "attributes": {"title_level": 3, "department": "production"},
    "company": {"attributes": {"industry": "machinery", "employees": 400}},
    "activities": [{"happened_at": "2026-02-27T10:00:00Z", "activity": "page_view", "content": "pricing"}],
    "stage_changes": [{"happened_at": "2026-02-27T10:00:00Z", "lifecycle_stage": "mql"}],
    "status_changes": [],
    "connect_attempts": [],
}
VISITS = [
    {"happened_at": f"2026-03-{day}T10:00:00Z", "activity": "page_view", "content": "pricing"} for day in (10, 18, 20)
]


def with_bands(spec, *limits, version="2026.2"):
    """Change the promises alone: the lowest scores of A and B for every lead type."""
    agreement = spec.agreement
    bands = {
        name: tuple(
            band.model_copy(update={"score_at_least": limit})
            for band, limit in zip(bands, (*limits, 0) if len(bands) == 3 else (limits[0], 0), strict=True)
        )
        for name, bands in agreement.promises.bands.items()
    }
    promises = agreement.promises.model_copy(update={"bands": bands})
    return replace(spec, agreement=agreement.model_copy(update={"promises": promises, "version": version}))


@pytest.fixture(scope="module")
def models(demo_model):
    """Two versions of a model: the second has another level and slope."""
    line = demo_model.readiness.calibration
    other = CalibrationLine(line.level + 0.8, line.slope * 0.7, line.shifts)
    first = replace(demo_model, version=1)
    return first, replace(demo_model, version=2, readiness=replace(demo_model.readiness, calibration=other))


@pytest.fixture
def asked(tmp_path, models, spec, monkeypatch):
    """Ask the service's desk about a lead at two instants; gives what recalls both answers."""
    folder = run_folder(tmp_path)

    def put_in_place(model):
        model.write(folder / "champion")
        said = {"name": model.name, "version": model.version}
        (folder / "champion" / VERSION_FILE).write_bytes(orjson.dumps(said))

    def ask(leads, *, versions=(1, 1), specs=None):
        given = []
        for lead, version, then_spec, now in zip(leads, versions, specs or (spec, spec), (THEN, LATER), strict=True):
            ledger = Ledger(folder / LEDGER_FILE)
            desk = ScoringDesk(Scorer(models[version - 1], then_spec), ledger, times=spec.history)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(clock, "now", lambda now=now: now)
                given += desk.answer(read_request(orjson.dumps({"leads": [lead]})))["answers"]
            desk.close()
        put_in_place(models[versions[1] - 1])
        monkeypatch.setattr("leadml.registry.read_version", lambda *, version, **_: models[version - 1])
        return SimpleNamespace(given=given, recall=Recall(tmp_path, (specs or (spec, spec))[1], None, None))

    return ask


def changed(answers, since="2026-03-02T10:00:00Z"):
    return find_change("L1", *answers.recall.standpoints("L1", since))


def score_of(lead, known_at, as_of, model, spec):
    """Score a lead's stored facts, independently of what is tested: history, engine, model, scale."""
    arrival = Arrival(known_at, {"L1": known_at}, None, 5)
    (inline,) = histories_from_records([lead], spec.agreement.definitions, arrival)
    leads, instant = np.array([0]), np.array([as_of])
    catalogue = Catalogue.of(model.themes, spec.agreement.definitions)
    margin = float(model.margin(compute_features(inline.history, leads, instant, catalogue))[0])
    scale = spec.agreement.definitions.lead_score
    odds_at_50 = scale.probability_at_50 / (1 - scale.probability_at_50)
    return 50 + scale.points_to_double_odds * (margin - np.log(odds_at_50)) / np.log(2)


def adds_up(change):
    assert [part.name for part in change.parts] == list(PARTS)
    assert sum(part.difference.points for part in change.parts) == change.points
    whole = change.second.explanation.unclipped - change.first.explanation.unclipped
    assert sum(part.difference.exact for part in change.parts) == pytest.approx(whole, abs=1e-9)
    for part in change.parts:
        way = part.difference
        assert way.start + sum(one.change for one in way.changes) + way.held == way.points
        start = way.exact - sum(one.change_exact for one in way.changes)
        assert abs(start) < 1e-9 or part.name == "model"


@pytest.mark.parametrize("versions", [(1, 1), (1, 2)])
def test_every_part_is_made_again_from_the_two_stored_answers(asked, models, spec, versions):
    more = {**LEAD, "activities": [*LEAD["activities"], *VISITS]}
    then = with_bands(spec, 60, 55, version="2026.1")
    answers = asked([LEAD, more], versions=versions, specs=(then, spec))
    change = changed(answers)
    adds_up(change)
    old, _new = (models[version - 1] for version in versions)
    waited = score_of(LEAD, THEN, LATER + 1, old, spec)
    learned = score_of(more, LATER, LATER + 1, old, spec)
    exact = {part.name: part.difference.exact for part in change.parts}
    assert exact["time"] == pytest.approx(waited - answers.given[0]["score_unclipped"], abs=1e-6)
    assert exact["data"] == pytest.approx(learned - waited, abs=1e-6)
    assert exact["model"] == pytest.approx(answers.given[1]["score_unclipped"] - learned, abs=1e-6)
    assert exact["promises"] == 0
    assert change.remade == (True, True)
    assert change.from_ledger
    assert [change.first.score, change.second.score] == [answer["score"] for answer in answers.given]
    under_then = place(change.second.score, Standing(LATER + 1, "new_prospect", "mql"), then.agreement)
    promises = change.part("promises")
    assert (promises.before, promises.after.band) == (under_then, answers.given[1]["band"])
    assert change.part("time").before.band == answers.given[0]["band"]
    assert abs(exact["time"]) > 0.1
    assert exact["data"] > 1
    assert (abs(exact["model"]) > 1) is (versions == (1, 2))


def test_the_same_facts_are_time_alone(asked):
    change = changed(asked([LEAD, LEAD]))
    adds_up(change)
    assert change.points == change.part("time").difference.points
    assert [change.part(name).difference.exact for name in ("data", "model", "promises")] == [0, 0, 0]
    moved = [one.feature for one in change.part("time").difference.changes if one.before.value != one.after.value]
    assert "days_in_mql" in moved


def test_what_was_learned_late_is_data(asked):
    late = {"happened_at": "2026-02-20T10:00:00Z", "activity": "page_view", "content": "pricing"}
    change = changed(asked([LEAD, {**LEAD, "activities": [*LEAD["activities"], late]}]))
    adds_up(change)
    views = next(one for one in change.part("data").difference.changes if one.feature == "contents_seen")
    assert (views.before.value, views.after.value) == (1, 1)
    assert change.part("data").difference.exact != 0


def test_promises_move_the_band_and_no_score(asked, spec):
    strict, mild = with_bands(spec, 99, 98, version="2026.1"), with_bands(spec, 2, 1)
    change = changed(asked([LEAD, LEAD], specs=(strict, mild)))
    adds_up(change)
    assert change.part("promises").difference.exact == 0
    assert (change.part("promises").before.band, change.part("promises").after.band) == (
        "C",
        change.second.placement.band,
    )
    assert change.second.placement.band != "C"
    assert change.part("time").after.band == "C"  # under the promises of then


def test_the_last_band_is_an_input_that_is_kept_with_the_answer(asked, spec):
    mild, strict = with_bands(spec, 2, 1, version="2026.1"), with_bands(spec, 99, 98)
    bands = {
        name: tuple(band.model_copy(update={"stays_within_points": 100}) for band in each)
        for name, each in strict.agreement.promises.bands.items()
    }
    promises = strict.agreement.promises.model_copy(update={"bands": bands})
    staying = replace(strict, agreement=strict.agreement.model_copy(update={"promises": promises}))
    answers = asked([LEAD, LEAD], specs=(mild, staying))
    first, second = answers.given
    assert (first["band"], first["last_band"]) == ("A", None)
    assert (second["band"], second["last_band"], second["band_of_score"]) == ("A", "A", "C")
    change = changed(answers)
    adds_up(change)
    assert change.remade == (True, True)
    for given, made in zip(answers.given, (change.first, change.second), strict=True):
        again = {**made.to_dict(), "rules": given["rules"]}  # those beside the score are not asked again
        assert orjson.dumps(again) == orjson.dumps(given)
    # The band before is a fact that was learned since: at first nobody had placed the lead.
    assert [part.after.band for part in change.parts] == ["A", "A", "A", "A"]
    assert (change.part("promises").before.band_of_score, change.part("promises").after.band_of_score) == ("A", "C")


def test_other_definitions_belong_to_the_model(models, spec):
    """Each model is asked under the definitions that it was trained with; the scale's change is the model's part."""
    definitions = spec.agreement.definitions
    doubled = definitions.lead_score.model_copy(update={"points_to_double_odds": 20.0})
    other = definitions.model_copy(update={"lead_score": doubled})
    agreement = spec.agreement.model_copy(update={"definitions": other, "version": "2027.1"})
    second = replace(models[0], version=2, definitions=meaning_of(other))
    (inline,) = histories_from_records([LEAD], definitions, Arrival(THEN, {"L1": THEN}, None, 5))
    change = find_change(
        "L1",
        Standpoint(inline.history, Scorer(models[0], spec), THEN + 1),
        Standpoint(inline.history, Scorer(second, replace(spec, agreement=agreement)), THEN + 1),
    )
    adds_up(change)
    began = change.first.explanation.unclipped
    assert change.part("model").difference.exact == pytest.approx(50 + 2 * (began - 50) - began, abs=1e-9)
    assert change.part("time").difference.exact == change.part("data").difference.exact == 0


def test_an_answer_that_cannot_be_made_again_is_told_and_not_hidden(asked):
    answers = asked([LEAD, LEAD])
    first, second = answers.recall.standpoints("L1", "2026-03-02T10:00:00Z")
    given = {**first.given, "score_unclipped": first.given["score_unclipped"] + 3, "score": first.given["score"] + 3}
    change = find_change("L1", replace(first, given=given), second)
    assert change.remade == (False, True)
    assert change.to_dict()["first"]["given"]["score"] == given["score"]
    adds_up(change)


def test_the_answers_meant_are_the_last_before_each_instant(asked):
    answers = asked([LEAD, {**LEAD, "activities": VISITS}])
    first, second = answers.recall.standpoints("L1", "2026-01-01T00:00:00Z")  # before all: the first after it
    assert (first.given, second.given) == tuple(answers.given)
    with pytest.raises(LeadmlError) as told:
        answers.recall.standpoints("L1", "2026-03-25T00:00:00Z")
    assert told.value.code == "one_answer"
    with pytest.raises(LeadmlError) as told:
        answers.recall.standpoints("L1", "2026-03-25T00:00:00Z", "2026-03-03T00:00:00Z")
    assert told.value.code == "since_after_until"


def test_answers_about_the_past_are_no_standpoints(asked, models, spec, tmp_path):
    answers = asked([LEAD, LEAD])
    ledger = Ledger(run_folder(tmp_path) / LEDGER_FILE)
    desk = ScoringDesk(Scorer(models[0], spec), ledger, times=spec.history)
    desk.answer(read_request(orjson.dumps({"as_of": "2026-03-10T00:00:00Z", "leads": [LEAD]})))
    assert len(ledger.answers("L1")) == 3
    assert [kept.answer for kept in ledger.kept("L1")] == answers.given
    desk.close()


@pytest.mark.parametrize("days", [3, 20, 60])
def test_without_answers_both_are_made_now_from_the_history(demo_history, scorer, days):
    end = demo_history.known_until + 1
    begin = end - days * DAY
    there = np.flatnonzero(demo_history.facts["leads"].known_at < begin - 30 * DAY)
    clipped = moved = 0
    for lead in there[:: len(there) // 12]:
        lead_id = demo_history.lead_ids[int(lead)]
        first = Standpoint(demo_history.known_before(begin), scorer, begin)
        change = find_change(lead_id, first, Standpoint(demo_history, scorer, end))
        adds_up(change)
        (then,), (now,) = scorer.score(demo_history, [lead_id], begin), scorer.score(demo_history, [lead_id], end)
        assert (change.first, change.second) == (then, now)
        assert change.part("model").difference.exact == 0
        assert not change.from_ledger
        clipped += then.explanation.held_at is not None
        moved += change.part("data").difference.exact != 0
        data = [one for one in change.part("data").difference.changes if one.before.value != one.after.value]
        own = {
            name
            for name, table in demo_history.facts.items()
            if (table.happened_at[table.leads == lead] >= begin).any()
            or (table.known_at[table.leads == lead] >= begin).any()
        }
        if not own - {"leads"}:
            assert all("colleague" in one.feature for one in data)
    assert clipped > 0
    assert moved > 0


def test_a_history_as_it_was_known_is_blind_to_what_came_later(demo_history, scorer, spec):
    instant = demo_history.known_until - 40 * DAY
    cut = demo_history.known_before(instant)
    catalogue = Catalogue.of(spec.themes, spec.agreement.definitions)
    leads = np.flatnonzero(demo_history.facts["leads"].known_at < instant)
    as_of = np.full(len(leads), instant)
    whole, blind = (compute_features(one, leads, as_of, catalogue) for one in (demo_history, cut))
    for name in whole.names:
        place_of = whole.names.index(name)
        told = [[matrix.shown(row, name) for row in range(0, len(leads), 5)] for matrix in (whole, blind)]
        assert told[0] == told[1], (name, place_of)
    later = compute_features(cut, leads, as_of + 40 * DAY, catalogue)
    counted = [spec_.name for spec_ in spec.features if spec_.kind == "count" and spec_.window_days is None]
    for name in counted:
        assert np.array_equal(
            later.values[:, later.names.index(name)], blind.values[:, blind.names.index(name)], equal_nan=True
        )
