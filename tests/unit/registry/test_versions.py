import sqlite3

import pytest

from leadml.clock import now
from leadml.errors import LeadmlError
from leadml.learners.trained_model import TrainedModel
from leadml.publishing import Notes
from leadml.registry import fetch, find_version, read_version, register, versions

NAME = "readiness"


def named(folder):
    return {"project_folder": folder, "name": NAME}


def test_versions_are_listed_newest_first_with_what_was_noted(project):
    every = versions(**named(project))
    assert [version.version for version in every] == [4, 3, 2, 1]
    assert [version.aliases for version in every] == [("challenger",), ("champion",), (), ()]
    assert [version.metrics["auc"] for version in every] == [0.71, 0.73, 0.72, 0.71]
    assert every[0].tags["gate"] == "passed"
    assert every[0].parameters == {"seed": "7", "rate": "0.05"}
    assert every[3].registered_at <= every[0].registered_at <= now()


def test_without_a_training_there_are_none(project_folder):
    assert versions(**named(project_folder)) == []


def test_a_version_of_a_killed_process_is_none(project):
    with sqlite3.connect(project / ".leadml" / "mlflow.db") as connection:
        connection.execute("UPDATE runs SET status = 'RUNNING' WHERE name = 'readiness 4'")
    assert [version.version for version in versions(**named(project))] == [3, 2, 1]


def test_models_of_other_names_are_others(project, keep):
    assert keep(project, name="upsell") == 1
    assert [version.version for version in versions(project_folder=project, name="upsell")] == [1]
    assert len(versions(**named(project))) == 4


@pytest.mark.parametrize(("which", "version"), [("1", 1), ("champion", 3), ("challenger", 4), (None, 4)])
def test_a_version_is_found_by_number_and_by_alias(project, which, version):
    assert find_version(which, **named(project)).version == version


@pytest.mark.parametrize(("which", "code"), [("9", "unknown_version"), ("last", "unknown_version")])
def test_a_version_that_is_not_there_is_said(project, which, code):
    with pytest.raises(LeadmlError) as caught:
        find_version(which, **named(project))
    assert caught.value.code == code
    assert "1, 2, 3, 4" in caught.value.part("fix")


@pytest.mark.parametrize(("which", "code"), [(None, "no_challenger"), ("champion", "no_champion")])
def test_an_alias_that_nobody_carries_is_said(project_folder, which, code):
    with pytest.raises(LeadmlError) as caught:
        find_version(which, **named(project_folder))
    assert caught.value.code == code


def test_the_files_of_any_version_are_fetched(project, files, tmp_path):
    into = fetch(version=1, into=tmp_path / "old" / "one", **named(project))
    assert into == tmp_path / "old" / "one"
    assert {path.name for path in into.iterdir()} == {*files, "version.json"}
    assert (into / "trees-0.txt").read_text("utf-8") == "trees of 1"


def test_a_version_that_does_not_exist_cannot_be_fetched(project, tmp_path):
    with pytest.raises(LeadmlError) as caught:
        fetch(version=9, into=tmp_path / "nine", **named(project))
    assert caught.value.code == "registry_failed"


def test_the_model_of_a_version_is_read(demo_model, project_folder, tmp_path):
    demo_model.write(tmp_path / "model")
    register(tmp_path / "model", notes=Notes({}, {}), **named(project_folder))
    assert read_version(version=1, **named(project_folder)) == TrainedModel.read(tmp_path / "model", version=1)
