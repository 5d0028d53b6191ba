"""A version comes to answer: trained, promoted through the gate, rolled back to; nothing of a lead is kept."""

import dataclasses
import re
import shutil
import sqlite3

import mlflow
import numpy as np
import orjson
import pandas as pd
import pytest

import leadml.releases
from leadml.champion import champion_folder, run_folder
from leadml.demo.generate import generate, write
from leadml.errors import LeadmlError
from leadml.leakage.findings import AuditReport
from leadml.project import Project
from leadml.registry import champions, read_version

QUICK = "test: {share_of_leads: 0.3, periods: 1}\nlearner: {most_trees: 20, bags: 2}\n"
NAME = "readiness"


@pytest.fixture(scope="module", autouse=True)
def _no_other_registry():
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield


@pytest.fixture(scope="module")
def marked(demo_project, tmp_path_factory):
    """Make a CRM whose leads carry marks: in their ids, and in a name and an address that no feature reads."""
    folder = shutil.copytree(demo_project.folder, tmp_path_factory.mktemp("marked") / "project")
    write(generate(leads=3000, months=12, seed=7), folder / "demo")
    for path in (folder / "demo").glob("*.csv"):
        rows = pd.read_csv(path, dtype="str", keep_default_na=False)
        column = "id" if path.stem == "leads" else "lead_id"
        if column in rows and path.stem != "companies":
            rows[column] = "MARKED-" + rows[column]
        if path.stem == "leads":
            rows["name"] = "Marika Markovic " + rows["id"]
            rows["email"] = rows["id"] + "@marked.example"
        rows.to_csv(path, index=False)
    read = "attributes: {title_level: title_level,"
    changed(folder, "history.yaml", read, f"{read} name: name, email: email,")
    recipe = folder / "models" / "readiness.yaml"
    recipe.write_text(re.sub("(?m)^test:.*\n", "", recipe.read_text("utf-8")) + QUICK, "utf-8")
    return folder


def changed(folder, name, old, new):
    path = folder / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture(scope="module")
def kept(marked):
    """Train a champion, and a challenger that may grow more trees."""
    first = Project(marked).train()
    assert not first.rules_alone
    changed(marked, "models/readiness.yaml", "most_trees: 20", "most_trees: 30")
    second = Project(marked).train(challenger=True)
    assert (first.model.version, second.model.version) == (1, 2)
    return marked


@pytest.fixture
def folder(kept, tmp_path):
    return shutil.copytree(kept, tmp_path / "project")


def answers_of(folder):
    return orjson.dumps([score.to_dict() for score in Project(folder).score()[:50]])


def files_of(folder):
    place = champion_folder(folder)
    return {path.relative_to(place): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_a_challenger_waits_while_the_champion_answers(folder):
    assert Project(folder).champion().version == 1
    assert [(kept.version, kept.aliases) for kept in Project(folder).versions()] == [
        (2, ("challenger",)),
        (1, ("champion",)),
    ]


def test_a_promotion_asks_the_gate_and_a_rollback_brings_the_same_bytes_back(folder):
    answers, files = answers_of(folder), files_of(folder)
    promotion = Project(folder).promote()
    assert promotion.model.version == Project(folder).champion().version == 2
    assert [test.name for test in promotion.gate.tests] == [
        "better_than_rules",
        "log_loss_not_worse_than_champion",
        "brier_not_worse_than_champion",
    ]
    assert promotion.publishing.leads > 50
    assert files_of(folder) != files
    assert answers_of(folder) != answers
    assert Project(folder).rollback().version == 1
    assert answers_of(folder) == answers
    assert files_of(folder) == files
    assert champions(project_folder=folder, name=NAME) == (1,)


def test_the_version_that_is_promoted_is_published_as_it_was_trained(folder):
    Project(folder).promote(2)
    kept = read_version(project_folder=folder, name=NAME, version=2)
    assert Project(folder).champion() == kept


def test_a_version_that_is_not_better_than_the_rules_is_refused_and_the_champion_stays(folder, monkeypatch):
    files = files_of(folder)
    prepare = leadml.releases.prepare

    def noise(history, spec):
        training_set = prepare(history, spec)
        shuffled = np.random.default_rng(1).permutation(training_set.ready)
        return dataclasses.replace(training_set, ready=shuffled)

    monkeypatch.setattr(leadml.releases, "prepare", noise)
    with pytest.raises(LeadmlError) as caught:
        Project(folder).promote()
    problems = getattr(caught.value, "problems", (caught.value,))
    assert "gate_better_than_rules" in {problem.code for problem in problems}
    assert files_of(folder) == files
    assert champions(project_folder=folder, name=NAME) == (1,)


def test_a_challenger_is_trained_although_the_gate_says_no_and_is_no_rules_alone(folder, monkeypatch):
    project = Project(folder)
    training_set = project.training_set()
    shuffled = np.random.default_rng(1).permutation(training_set.ready)
    project.__dict__["_prepared"] = dataclasses.replace(training_set, ready=shuffled)
    monkeypatch.setattr(Project, "_audited", lambda self, training_set: AuditReport((), 0, 0, 0, 0))
    training = project.train(challenger=True)
    assert training.gate.failed
    assert (training.challenger, training.rules_alone, training.publishing) == (True, False, None)
    assert project.versions()[0].tags["gate"] != "passed"
    assert project.champion().version == 1


def test_a_version_that_does_not_exist_is_refused_before_anything_is_read(folder):
    shutil.rmtree(folder / "demo")
    with pytest.raises(LeadmlError) as caught:
        Project(folder).promote(7)
    assert caught.value.code == "unknown_version"


def test_the_champion_need_not_be_promoted_again(folder):
    promotion = Project(folder).promote("champion")
    assert (promotion.model.version, promotion.gate) == (1, None)


@pytest.mark.parametrize("act", ["promote", "rollback"])
def test_a_version_of_other_definitions_is_refused(folder, act):
    if act == "rollback":
        Project(folder).promote()
    changed(folder, "sla.yaml", "within_days: 30", "within_days: 31")
    files = files_of(folder)
    with pytest.raises(LeadmlError) as caught:
        getattr(Project(folder), act)()
    assert caught.value.code == "version_other_definitions"
    assert files_of(folder) == files


def test_a_version_that_learned_another_outcome_is_refused(folder, monkeypatch):
    monkeypatch.setattr(leadml.releases, "learned_outcome", lambda model: "customer_within_180_days")
    with pytest.raises(LeadmlError) as caught:
        Project(folder).promote()
    assert caught.value.code == "version_other_outcome"
    assert "'ready'" in caught.value.part("what")


def test_a_version_that_learned_by_unknown_settings_is_refused(folder, monkeypatch):
    monkeypatch.setattr(leadml.releases, "spec_of", lambda model, spec: None)
    with pytest.raises(LeadmlError) as caught:
        Project(folder).promote()
    assert caught.value.code == "version_older_recipe"


def test_what_differs_between_two_versions_is_said(folder):
    first, second, found = Project(folder).differences("champion", 2)
    assert (first.version, second.version) == (1, 2)
    assert [(each.part, each.name, each.first, each.second) for each in found] == [
        ("settings", "learner.most_trees", "20", "30")
    ]
    assert Project(folder).differences(1, 1)[2] == ()


def test_the_run_holds_the_recipe_and_a_search_finds_it(folder):
    version = Project(folder).versions()[0]
    recipe = read_version(project_folder=folder, name=NAME, version=2).recipe
    told = version.parameters
    for name in ("data", "definitions", "rules", "knows_until", "python"):
        assert told[name] == recipe[name]
    assert told["most_trees"] == "30"
    assert told["commit"] == (recipe["commit"] or "-")
    for theme, file in recipe["feature_files"].items():
        assert told[f"feature_file.{theme}"] == file
    assert told["package.lightgbm"] == recipe["packages"]["lightgbm"]
    client = mlflow.MlflowClient(f"sqlite:///{run_folder(folder)}/mlflow.db")
    (experiment,) = [each for each in client.search_experiments() if each.name == NAME]
    found = client.search_runs([experiment.experiment_id], f"params.data = '{recipe['data']}' and params.seed = '7'")
    assert {run.info.run_name for run in found} == {"readiness 1", "readiness 2"}
    (written, _) = sorted(run_folder(folder).rglob("recipe.json"))
    assert orjson.loads(written.read_bytes())["data"] == recipe["data"]


def test_no_row_of_a_lead_is_in_any_run(kept):
    marks = (b"MARKED", b"Marika", b"Markovic", b"marked.example", b"L000001")
    said = (kept / "demo" / "leads.csv").read_bytes()
    assert [mark for mark in marks if mark not in said] == []
    assert not any(file.suffix == ".csv" for file in run_folder(kept).rglob("*"))
    with sqlite3.connect(run_folder(kept) / "mlflow.db") as connection:
        written = "\n".join(connection.iterdump()).encode()
    files = {path: path.read_bytes() for path in run_folder(kept).rglob("*") if path.is_file()}
    assert len(files) > 20
    assert [(mark, path) for path, content in files.items() for mark in marks if mark in content] == []
    assert [mark for mark in marks if mark in written] == []
