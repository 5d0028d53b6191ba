"""What `leadml models`, `promote` and `rollback` say of versions; whatever is behind them is tried elsewhere."""

import orjson
import pytest
from typer.testing import CliRunner

import leadml.cli.models
from leadml.champion import run_folder
from leadml.cli.main import app
from leadml.clock import parse_instant
from leadml.differences import Difference
from leadml.project import Project
from leadml.registry import KeptVersion

WIDE = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
METRICS = {"auc": 0.806, "auc_rules": 0.776, "auc_gain_low": -0.011, "auc_gain_high": 0.068, "brier": 0.075}
TAGS = {"gate": "passed", "rules_alone": "false", "accepted_leaks": "[]"}


def version(number, *aliases, **told):
    given = {
        "parameters": {"knows_until": "2026-06-30T23:44:24Z", "snapshots": "6779", "outcomes": "391"},
        "metrics": METRICS,
        "tags": TAGS,
    }
    at = parse_instant(f"2026-11-0{number}T10:00:00Z", where="tests")
    return KeptVersion(number, f"run{number}", tuple(aliases), at, **{**given, **told})


@pytest.fixture
def project(tiny_project, monkeypatch):
    leak = orjson.dumps([{"name": "leads.note", "because": "it is written before"}]).decode()
    kept = [
        version(3, "challenger", tags={**TAGS, "gate": "better_than_rules"}),
        version(2, "champion", tags={**TAGS, "accepted_leaks": leak}),
        version(1, tags={**TAGS, "rules_alone": "true"}, metrics={}, parameters={}),
    ]
    monkeypatch.setattr(Project, "versions", lambda self: kept)
    place = run_folder(tiny_project) / "champion"
    place.mkdir(parents=True)
    (place / "version.json").write_text('{"version": 2}', encoding="utf-8")
    return tiny_project


def said(*words, project, exit_code=0):
    shown = CliRunner().invoke(app, [*words, "--project", str(project)], env=WIDE)
    assert shown.exit_code == exit_code, shown.stderr
    return shown.stdout or shown.stderr


def test_versions_are_listed_with_what_they_are_worth(project):
    text = said("models", project=project)
    (newest,) = [line for line in text.splitlines() if "challenger" in line]
    assert "2026-11-03 10:00" in newest
    assert "2026-06-30" in newest
    assert "6,779" in newest
    assert "+0.030 [-0.011, +0.068]" in newest
    assert "not passed" in newest
    assert "rules alone" in text
    assert "Version 2: leak leads.note accepted, because: it is written before" in text
    assert "not the champion" not in text


def test_where_another_version_answers_it_is_said(project):
    (run_folder(project) / "champion" / "version.json").write_text('{"version": 1}', encoding="utf-8")
    text = said("models", project=project)
    assert "In this folder version 1 answers, not the champion (2)" in text
    assert "leadml promote champion" in text


def test_versions_in_json_hold_everything(project):
    told = orjson.loads(said("models", "--json", project=project))
    assert (told["name"], told["answers_here"]) == ("readiness", 2)
    newest, champion, oldest = told["versions"]
    assert newest["aliases"] == ["challenger"]
    assert newest["metrics"]["auc"] == 0.806
    assert newest["parameters"]["snapshots"] == "6779"
    assert champion["accepted_leaks"] == [{"name": "leads.note", "because": "it is written before"}]
    assert oldest["rules_alone"]


def test_without_a_training_it_is_said_how_to_begin(tiny_project, monkeypatch):
    monkeypatch.setattr(Project, "versions", lambda self: [])
    assert "leadml train" in said("models", project=tiny_project)


def differ(monkeypatch, *found):
    monkeypatch.setattr(Project, "differences", lambda self, first, second: (version(1), version(2, "champion"), found))


def test_differences_are_said_part_by_part_in_words(tiny_project, monkeypatch):
    differ(
        monkeypatch,
        Difference("features", "visits_7d", None, '{"kind":"count"}'),
        Difference("features", "visits_90d", '{"kind":"count"}', None),
        Difference("settings", "learner.bags", "5", "10"),
    )
    lines = said("models", "diff", "1", "champion", project=tiny_project).splitlines()
    assert lines[:5] == [
        "Features",
        '  visits_7d was added: {"kind":"count"}',
        '  visits_90d was taken away: {"kind":"count"}',
        "Settings",
        "  learner.bags: 5 -> 10",
    ]
    assert any("Brier score" in line and line.count("0.075") == 2 for line in lines)


def test_the_same_is_an_answer(tiny_project, monkeypatch):
    differ(monkeypatch)
    assert "Versions 1 and 2 were made of the same" in said("models", "diff", "1", "2", project=tiny_project)
    told = orjson.loads(said("models", "diff", "1", "2", "--json", project=tiny_project))
    assert (told["same"], told["differences"]) == (True, [])


def test_differences_in_json_say_what_kind_they_are(tiny_project, monkeypatch):
    differ(monkeypatch, Difference("rules", "pricing", None, "{}"))
    told = orjson.loads(said("models", "diff", "1", "2", "--json", project=tiny_project))
    assert told["differences"] == [
        {"part": "rules", "name": "pricing", "first": None, "second": "{}", "change": "added"}
    ]


def test_options_before_a_command_of_the_group_are_not_lost_without_a_word(project):
    shown = CliRunner().invoke(app, ["models", "--project", str(project), "diff", "1", "2"], env=WIDE)
    assert shown.exit_code == 2
    assert "diff" in shown.stderr


def test_a_value_as_long_as_a_page_is_cut():
    assert leadml.cli.models._short("x" * 100) == "x" * 60 + "..."


@pytest.mark.parametrize(("words", "code"), [(("promote",), "no challenger"), (("rollback",), "No model has been")])
def test_what_cannot_be_done_is_said_and_mlflow_is_asked(tiny_project, words, code, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    text = said(*words, project=tiny_project, exit_code=2)
    assert code in text
    assert "Fix:" in text
