"""A kind that a project brings: one file beside its history.yaml, and nothing else has to change."""

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

import leadml
from leadml.cli.main import app
from leadml.clock import DAY, parse_instant
from leadml.engine import kind as kinds
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.engine.kind import all_kinds, use_kinds
from leadml.engine.reference import kind_references
from leadml.errors import LeadmlError, ProblemsError
from leadml.scoring import Scorer
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label
from leadml.training import train

PAGE = (Path(__file__).parents[3] / "docs" / "kinds.md").read_text("utf-8")
# What the page shows is what is tried here.
WEEKEND_SHARE, FEATURE = (re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)[1] for language in ("python", "yaml"))


@pytest.fixture(autouse=True)
def _no_own_kinds_before_and_after(monkeypatch):
    monkeypatch.setattr(kinds, "_OWN_KINDS", {})
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.startswith("leadml_kind_"):
            del sys.modules[name]


@pytest.fixture
def project_folder(demo_project, tmp_path):
    """Copy a project over the demo CRM, and bring a kind of its own and a feature that asks for it."""
    folder = shutil.copytree(demo_project.folder, tmp_path / "project")
    (folder / "kinds").mkdir()
    (folder / "kinds" / "weekend_share.py").write_text(WEEKEND_SHARE, encoding="utf-8")
    with (folder / "features" / "engagement.yaml").open("a", encoding="utf-8") as file:
        file.write(FEATURE.removeprefix("features:\n"))
    return folder


def weekend_share(facts, lead, as_of):
    """Compute the same by hand."""
    rows = slice(facts.first[lead], facts.first[lead + 1])
    at, known_at = facts.happened_at[rows], facts.known_at[rows]
    counted = at[(at < as_of) & (known_at < as_of) & (at >= as_of - 90 * DAY)]
    if not len(counted):
        return np.nan
    weekday = (counted // DAY).astype("datetime64[D]").astype(object)
    return np.mean([day.weekday() >= 5 for day in weekday])


def test_a_kind_of_its_own_trains_scores_and_explains_like_any_other(project_folder):
    project = leadml.open(project_folder)
    training_set = project.training_set()
    column = training_set.features.values[:, training_set.features.names.index("weekend_share_90d")]
    activities, snapshots = project.history.facts["activities"], training_set.snapshots
    by_hand = [
        weekend_share(activities, lead, as_of) for lead, as_of in zip(snapshots.leads, snapshots.as_of, strict=True)
    ]
    np.testing.assert_allclose(column, by_hand)
    assert 0.2 < np.nanmean(column) < 0.35

    scorer = Scorer(train(training_set, project.spec), project.spec)
    (score,) = scorer.score(project.history, project.history.lead_ids[:1], project.history.known_until)
    reasons = {line.feature: line.reason["en"] for theme in score.explanation.themes for line in theme.features}
    assert reasons["weekend_share_90d"].startswith("Share of activities on weekends: ")
    assert " %" in reasons["weekend_share_90d"]


def test_a_command_finds_the_kind_as_a_notebook_does(project_folder):
    done = CliRunner().invoke(app, ["features", "--project", str(project_folder), "--json"])
    assert done.exit_code == 0, done.stderr
    (told,) = [told for told in orjson.loads(done.stdout)["features"] if told["feature"] == "weekend_share_90d"]
    assert told["kind"] == "weekend_share"
    assert told["with_value"] > 0.5


def test_without_its_file_a_kind_is_not_known(project_folder):
    (project_folder / "kinds" / "weekend_share.py").unlink()
    with pytest.raises(LeadmlError) as caught:
        leadml.open(project_folder)
    assert (caught.value.code, caught.value.values["word"]) == ("unknown_word", "weekend_share")


def test_the_same_project_may_be_opened_twice_and_its_kind_is_read_once(project_folder):
    leadml.open(project_folder)
    first = all_kinds()["weekend_share"]
    leadml.open(project_folder)
    assert all_kinds()["weekend_share"] is first


def test_a_project_without_such_a_folder_has_none(tmp_path):
    assert use_kinds(tmp_path / "kinds") == ()
    assert "weekend_share" not in all_kinds()


def test_the_reference_tells_a_kind_of_its_own_as_any_other(project_folder):
    use_kinds(project_folder / "kinds")
    (told,) = [kind for kind in kind_references() if kind.kind == "weekend_share"]
    assert told.says == "Which part of what happened fell on a weekend. Divide, for 1 January 1970 was a Thursday."
    assert (told.formula, told.nothing) == (
        "facts on Saturdays and Sundays (UTC) / all facts",
        "No fact: what `when_nothing` says.",
    )


@pytest.mark.parametrize(
    ("name", "code", "text", "problem"),
    [
        ("weekends", "unreadable_kind", "def compute(:\n", "SyntaxError: "),
        ("weekends", "unreadable_kind", "import leadmll\n", "ModuleNotFoundError: No module named 'leadmll'"),
        ("weekends", "unreadable_kind", "KIND = 1 / 0\n", "ZeroDivisionError: "),
        ("weekends", "unreadable_kind", "kind = 7\n", "no KIND"),
        ("weekends", "unreadable_kind", "KIND = 'weekends'\n", "no KIND"),
        ("count", "named_twice", WEEKEND_SHARE, "'count'"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_broken_kind_is_told_in_four_parts(project_folder, name, code, text, problem, language):
    (project_folder / "kinds" / f"{name}.py").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(app, ["check", "--project", str(project_folder), "--json", "--language", language])
    assert (done.exit_code, done.stdout) == (2, "")
    told = orjson.loads(done.stderr)["error"]
    assert (told["code"], told["where"]) == (code, f"kinds/{name}.py")
    assert problem.strip("'") in told["what"] or language == "ja"
    assert told["why"]
    assert told["fix"].isascii() == (language == "en")


def test_all_broken_kinds_of_a_project_are_told_together(project_folder):
    for name, text in (("one", "KIND = None\n"), ("two", "raise RuntimeError('no')\n"), ("_shared", "nonsense(\n")):
        (project_folder / "kinds" / f"{name}.py").write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsError) as caught:
        leadml.open(project_folder)
    assert [problem.where for problem in caught.value.problems] == ["kinds/one.py", "kinds/two.py"]


def test_two_projects_with_different_kinds_of_one_name_are_told_apart(project_folder, tmp_path):
    leadml.open(project_folder)
    other = shutil.copytree(project_folder, tmp_path / "other")
    leadml.open(other)  # the same code is the same kind
    (other / "kinds" / "weekend_share.py").write_text(f"{WEEKEND_SHARE}# changed", encoding="utf-8")
    with pytest.raises(LeadmlError) as caught:
        leadml.open(other)
    assert (caught.value.code, caught.value.where) == ("named_twice", "kinds/weekend_share.py")


BREAKS = """
from leadml.engine.kind import FactKind, kernel

@kernel
def compute(times, values, as_of, window, half_life):
    if times.size == 1:
        raise ValueError("one")
    return 7.0

KIND = FactKind(compute)
"""
RATIO = """
from leadml.engine.kind import FactKind, kernel

@kernel
def compute(times, values, as_of, window, half_life):
    return 1.0 / (times.size - 1)

KIND = FactKind(compute)
"""
PROFILE_BREAKS = """
from leadml.engine.kind import ProfileKind

def compute(profile):
    raise ValueError("one")

KIND = ProfileKind(compute, lambda definitions: ())
"""


@pytest.fixture
def computed(tmp_path, history_of, definitions):
    """Compute a feature of a kind of its own: anna was seen twice, ben three times, emil once."""

    def compute(text, *leads, times=1):
        (tmp_path / "kinds").mkdir()
        (tmp_path / "kinds" / "mine.py").write_text(text, encoding="utf-8")
        use_kinds(tmp_path / "kinds")
        seen = [
            f"{lead},2026-01-0{day}T00:00:00Z,page_view"
            for lead, days in (("anna", 2), ("ben", 3), ("emil", 1))
            for day in range(1, days + 1)
        ]
        history = history_of(
            leads="lead_id,created_at\nanna,2026-01-01T00:00:00Z\nben,2026-01-01T00:00:00Z\nemil,2026-01-01T00:00:00Z",
            activities="\n".join(["lead_id,happened_at,activity", *seen]),
        )
        feature = FeatureSpec(name="tried", label=Label(en="Tried", ja="試験"), kind="mine", when_nothing=0.0)
        catalogue = Catalogue((feature,), {"tried": "activities"}, definitions)
        positions = np.repeat([history.positions()[lead] for lead in leads], times)
        as_of = np.full(len(positions), parse_instant("2026-02-01T00:00:00Z", where="test"))
        return compute_features(history, positions, as_of, catalogue).values[:, 0].tolist()

    return compute


@pytest.mark.parametrize("text", [BREAKS, PROFILE_BREAKS])
@pytest.mark.parametrize("times", [1, 20_000])
def test_a_kind_that_raises_is_told_and_no_value_is_made_up(computed, text, times):
    with pytest.raises(LeadmlError) as caught:
        computed(text, "anna", "emil", "ben", times=times)
    assert (caught.value.code, caught.value.values) == ("kind_failed", {"kind": "mine", "feature": "tried"})
    assert caught.value.where == "kinds/mine.py, feature tried"
    assert "where there is no value it returns NaN" in caught.value.part("fix")
    assert not caught.value.part("fix", "ja").isascii()


def test_where_it_does_not_raise_a_kind_that_may_gives_its_values(computed):
    assert computed(BREAKS, "anna", "ben") == [7.0, 7.0]


def test_what_is_divided_by_zero_is_missing(computed):
    np.testing.assert_array_equal(computed(RATIO, "anna", "emil", "ben"), [1.0, np.nan, 0.5])


def test_the_code_of_an_own_kind_is_part_of_the_recipe(project_folder):
    project = leadml.open(project_folder)
    before = project.training_set().recipe["own_kinds"]
    assert list(before) == ["weekend_share"]
    file = project_folder / "kinds" / "weekend_share.py"
    file.write_text(file.read_text("utf-8") + "\n# changed\n", encoding="utf-8")
    assert project.training_set().recipe["own_kinds"] != before
