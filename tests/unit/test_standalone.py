"""A model scores raw leads from the files of its folder alone, as the service does."""

import dataclasses
import re
import shutil
from pathlib import Path

import orjson
import pandas as pd
import pytest

from leadml.champion import VERSION_FILE
from leadml.clock import to_iso
from leadml.engine import kind as kinds
from leadml.engine.kind import use_kinds
from leadml.errors import LeadmlError
from leadml.history.inline import Arrival, histories_from_records
from leadml.score_tables import scores_frame
from leadml.scoring import score_sent
from leadml.specs.project_spec import meaning_of, read_project
from leadml.standalone import KINDS_FOLDER, KeptTerms, StandaloneScorer

ROOT = Path(__file__).parents[2]
PROJECTS = [ROOT, *sorted(path.parent for path in ROOT.glob("examples/*/sla.yaml")), ROOT / "tests" / "project"]
AS_OF = "2026-03-02T00:00:00Z"
FACTS = {
    "created_at": "2026-01-05T08:00:00Z",
    "lead_type": "new_prospect",
    "attributes": {"department": "production", "title_level": 4},
    "company": {"attributes": {"industry": "machinery", "employees": 400}},
    "activities": [{"happened_at": "2026-02-01T10:00:00Z", "activity": "page_view", "content": "pricing"}],
    "stage_changes": [{"happened_at": "2026-02-10T09:00:00Z", "lifecycle_stage": "mql"}],
}
OTHER_FACTS = {"created_at": "2026-02-05T08:00:00Z", "activities": []}


@pytest.fixture(scope="module")
def folder(demo_model, spec, tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    demo_model.write(folder)
    KeptTerms.of(spec).write(folder)
    (folder / VERSION_FILE).write_bytes(orjson.dumps({"version": 5}))
    return folder


@pytest.fixture(scope="module")
def standalone(folder):
    return StandaloneScorer.open(folder)


def frame(*rows):
    """Lay out (lead_id, facts, as_of); facts as text or as what becomes JSON."""
    columns = ("lead_id", "facts", "as_of")
    texts = [(lead, facts if isinstance(facts, str) else orjson.dumps(facts).decode(), at) for lead, facts, at in rows]
    return pd.DataFrame(texts, columns=columns)


def problems_of(standalone, *rows):
    with pytest.raises(LeadmlError) as caught:
        standalone.score(frame(*rows))
    return [(problem["code"], problem["where"]) for problem in caught.value.to_dict()["problems"]]


@pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.name)
def test_terms_come_back_as_they_were(project, tmp_path):
    spec = read_project(project)
    terms = KeptTerms.of(spec)
    terms.write(tmp_path)
    back = KeptTerms.read(tmp_path)
    assert back == terms
    # Two that are equal may still mean something else: 10 points and 10.0 points have two fingerprints.
    assert meaning_of(back.agreement.definitions) == meaning_of(spec.agreement.definitions)


def test_where_the_files_of_a_history_lie_is_not_kept(spec, tmp_path):
    KeptTerms.of(spec).write(tmp_path)
    assert "leads.csv" not in (tmp_path / "project.json").read_text("utf-8")


def test_raw_leads_are_scored_as_by_the_service(standalone, scorer):
    leads = [{"lead_id": "L1", **FACTS}, {"lead_id": "L2", **OTHER_FACTS}]
    instant = 1_772_409_600_000_000
    assert to_iso(instant).startswith("2026-03-02T00:00:00")
    histories = histories_from_records(leads, scorer.agreement.definitions, Arrival(instant))
    scores = score_sent(scorer, histories, {"L1": instant, "L2": instant})
    expected = scores_frame([dataclasses.replace(scores[lead], model_version=5) for lead in ("L1", "L2")])
    answered = standalone.score(frame(("L1", FACTS, AS_OF), ("L2", OTHER_FACTS, AS_OF)))
    pd.testing.assert_frame_equal(answered, expected)
    assert set(answered["model"]) == {"readiness 5"}


def test_a_lead_may_be_asked_for_at_several_instants(standalone):
    rows = [("L1", FACTS, "2026-01-06T00:00:00Z"), ("L2", OTHER_FACTS, AS_OF), ("L1", FACTS, AS_OF)]
    table = frame(*rows).set_index(pd.Index([7, 7, 9]))
    answered = standalone.score(table)
    assert answered.index.tolist() == [7, 7, 9]
    assert answered["lead_id"].tolist() == ["L1", "L2", "L1"]
    assert answered["lifecycle_stage"].isna().tolist() == [True, True, False]
    for row, expected in zip(rows, answered.itertuples(index=False), strict=True):
        (alone,) = standalone.score(frame(row)).itertuples(index=False)
        # Pandas writes what is not there as None or as NaN, by what else is in its column.
        assert [None if pd.isna(value) else value for value in alone] == [
            None if pd.isna(value) else value for value in expected
        ]


def test_no_lead_is_no_answer(standalone):
    assert len(standalone.score(frame())) == 0


def test_the_lead_of_the_facts_is_that_of_the_row(standalone):
    named = {"lead_id": "L1", **FACTS}
    assert standalone.score(frame(("L1", named, AS_OF)))["lead_id"].tolist() == ["L1"]
    assert problems_of(standalone, ("L2", named, AS_OF)) == [("other_lead", "row 0, facts")]


def test_everything_that_is_wrong_is_said_with_its_row(standalone):
    good = ("L0", FACTS, AS_OF)
    assert problems_of(
        standalone,
        good,
        ("L1", "{", AS_OF),
        ("L2", {**OTHER_FACTS, "activitys": []}, AS_OF),
        ("L3", {"created_at": "2026-02-05T08:00:00Z"}, AS_OF),
        ("L4", FACTS, "2026-03-02T00:00:00"),
        ("L5", FACTS, "2999-01-01T00:00:00Z"),
        ("L6", "[]", AS_OF),
        (7, FACTS, AS_OF),
    ) == [
        ("facts_not_json", "row 1, facts"),
        ("unknown_key", "row 2, facts.activitys"),
        ("lead_without_facts", "row 3, facts"),
        ("time_without_zone", "row 4, as_of"),
        ("as_of_in_future", "row 5, as_of"),
        ("wrong_type", "row 6, facts"),
        ("wrong_type", "row 7, lead_id"),
    ]


def test_times_that_cannot_be_read_are_said_with_row_and_place(standalone):
    wrong = {**OTHER_FACTS, "activities": [{"happened_at": "yesterday", "activity": "email_click"}]}
    assert problems_of(standalone, ("L0", FACTS, AS_OF), ("L1", wrong, AS_OF)) == [
        ("not_a_time", "row 1, facts.activities[0].happened_at")
    ]


def test_an_instant_before_the_lead_is_said_with_its_row(standalone):
    early = "2025-01-01T00:00:00Z"
    rows = [("L0", FACTS, AS_OF), ("L1", FACTS, early), ("L2", OTHER_FACTS, early)]
    assert problems_of(standalone, *rows) == [
        ("as_of_before_lead", "row 1, as_of"),
        ("as_of_before_lead", "row 2, as_of"),
    ]


def test_a_column_that_is_missing_is_named(standalone):
    with pytest.raises(LeadmlError) as caught:
        standalone.score(frame(("L1", FACTS, AS_OF)).drop(columns="as_of"))
    assert (caught.value.code, caught.value.values["key"]) == ("missing_key", "as_of")


@pytest.mark.parametrize("name", ["project.json", "version.json", "model.json"])
def test_a_folder_without_one_of_its_files_is_said(folder, tmp_path, name):
    damaged = shutil.copytree(folder, tmp_path / "damaged")
    (damaged / name).unlink()
    with pytest.raises(LeadmlError) as caught:
        StandaloneScorer.open(damaged)
    assert caught.value.code == "unreadable_model"


def test_a_project_brings_its_own_kinds_along(spec, tmp_path, monkeypatch):
    monkeypatch.setattr(kinds, "_OWN_KINDS", {})
    page = (ROOT / "docs" / "kinds.md").read_text("utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
    (tmp_path / "project" / "kinds").mkdir(parents=True)
    (tmp_path / "project" / "kinds" / "weekend_share.py").write_text(code, "utf-8")
    use_kinds(tmp_path / "project" / "kinds")
    theme = spec.themes[0]
    feature = theme.features[0].model_copy(update={"kind": "weekend_share", "name": "at_weekends"})
    themes = (theme.model_copy(update={"features": (*theme.features, feature)}), *spec.themes[1:])
    (tmp_path / "kept").mkdir()
    KeptTerms.of(dataclasses.replace(spec, themes=themes)).write(tmp_path / "kept")
    assert [path.name for path in (tmp_path / "kept" / KINDS_FOLDER).iterdir()] == ["weekend_share.py"]
    assert (tmp_path / "kept" / KINDS_FOLDER / "weekend_share.py").read_text("utf-8") == code
