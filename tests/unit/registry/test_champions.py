import filecmp
import os
import shutil
import sqlite3
import sys

import mlflow
import pytest

from leadml.champion import champion_folder
from leadml.errors import LeadmlError
from leadml.registry import CHAMPION, champion_before, champions, check_out, make_champion, roll_back, versions

NAME = "readiness"
MODULE = sys.modules["leadml.registry.champions"]  # whose name in the package is that of a function


class KilledError(BaseException):
    """Stands for the end of the process: nothing in leadml catches it."""


def named(folder):
    return {"project_folder": folder, "name": NAME}


def carried(folder):
    return {version.version: version.aliases for version in versions(**named(folder)) if version.aliases}


def alias_moved_by_hand(folder, version):
    with sqlite3.connect(folder / ".leadml" / "mlflow.db") as connection:
        connection.execute("UPDATE registered_model_aliases SET version = ? WHERE alias = ?", (version, CHAMPION))


def back(folder, to=None):
    version = champion_before(to, **named(folder))
    roll_back(version, **named(folder))
    return version


def kill_at(monkeypatch, owner, name):
    def die(*_given, **_named):
        raise KilledError

    monkeypatch.setattr(owner, name, die)


def test_a_challenger_waits_and_the_champion_answers(project, in_place):
    assert in_place(project)[1] == "trees of 3"
    assert carried(project) == {3: ("champion",), 4: ("challenger",)}
    assert champions(**named(project)) == (1, 2, 3)


def test_a_challenger_that_is_promoted_is_no_challenger_any_more(project, in_place):
    make_champion(4, **named(project))
    assert in_place(project)[1] == "trees of 4"
    assert carried(project) == {4: ("champion",)}
    assert champions(**named(project)) == (1, 2, 3, 4)


def test_a_rollback_brings_every_byte_back(project, tmp_path, in_place):
    before = shutil.copytree(champion_folder(project), tmp_path / "before")
    make_champion(4, **named(project))
    assert back(project) == 3
    same, different, unread = filecmp.cmpfiles(
        before, champion_folder(project), [path.name for path in before.iterdir()], shallow=False
    )
    assert (different, unread) == ([], [])
    assert sorted(same) == sorted(path.name for path in champion_folder(project).iterdir())
    assert in_place(project)[0]["version"] == 3


def test_rollbacks_go_back_step_by_step_whatever_was_promoted_between(project, in_place):
    assert [back(project), back(project)] == [2, 1]
    make_champion(3, **named(project))
    make_champion(2, **named(project))
    assert champions(**named(project)) == (1, 3, 2)
    assert [back(project), back(project)] == [3, 1]
    assert in_place(project)[1] == "trees of 1"
    with pytest.raises(LeadmlError) as caught:
        back(project)
    assert caught.value.code == "no_champion_before"


def test_a_rollback_may_name_a_champion_of_before_and_no_other(project, in_place):
    assert back(project, to=1) == 1
    assert in_place(project)[1] == "trees of 1"
    with pytest.raises(LeadmlError) as caught:
        back(project, to=4)
    assert caught.value.code == "never_champion"
    assert "leadml promote 4" in caught.value.part("fix")


def test_nothing_to_go_back_to_is_said(project_folder):
    with pytest.raises(LeadmlError) as caught:
        champion_before(None, **named(project_folder))
    assert caught.value.code == "no_champion"


@pytest.mark.parametrize(
    ("owner", "name", "answers", "trail"),
    [
        (mlflow.MlflowClient, "set_registered_model_alias", 3, (1, 2, 3)),
        (mlflow.MlflowClient, "set_registered_model_tag", 3, (1, 2, 3, 4)),
        (MODULE, "put_in_place", 3, (1, 2, 3, 4)),
    ],
)
def test_a_promotion_that_is_killed_leaves_a_true_trail(project, monkeypatch, in_place, owner, name, answers, trail):
    with monkeypatch.context() as dying:
        kill_at(dying, owner, name)
        with pytest.raises(KilledError):
            make_champion(4, **named(project))
    assert in_place(project)[0]["version"] == answers
    assert champions(**named(project)) == trail
    make_champion(4, **named(project))
    assert champions(**named(project)) == (1, 2, 3, 4)
    assert back(project) == 3


@pytest.mark.parametrize(
    ("owner", "name", "trail"),
    [
        (mlflow.MlflowClient, "set_registered_model_tag", (1, 2, 3)),
        (mlflow.MlflowClient, "set_registered_model_alias", (1, 2, 3)),
        (MODULE, "put_in_place", (1, 2)),
    ],
)
def test_a_rollback_that_is_killed_leaves_a_true_trail(project, monkeypatch, in_place, owner, name, trail):
    with monkeypatch.context() as dying:
        kill_at(dying, owner, name)
        with pytest.raises(KilledError):
            back(project)
    assert in_place(project)[0]["version"] == 3
    assert champions(**named(project)) == trail


def test_where_another_version_answers_than_the_champion_a_rollback_must_say_whereto(project, in_place):
    alias_moved_by_hand(project, 2)
    with pytest.raises(LeadmlError) as caught:
        back(project)
    assert caught.value.code == "other_version_in_place"
    assert "leadml rollback --to 2" in caught.value.part("fix")
    assert back(project, to=2) == 2
    assert in_place(project)[1] == "trees of 2"


def test_a_champion_chosen_in_mlflows_pages_is_checked_out_and_followed(project, in_place):
    alias_moved_by_hand(project, 1)
    check_out(**named(project))
    assert in_place(project)[1] == "trees of 1"
    assert champions(**named(project)) == (1, 2, 3, 1)
    assert back(project) == 3


@pytest.fixture
def two_kept_here(keep, project_folder):
    for number in (1, 2):
        keep(project_folder, trees=f"trees of {number}")
    return project_folder


def test_a_moved_project_finds_the_champions_of_before(two_kept_here, in_place):
    moved = two_kept_here.rename(two_kept_here.with_name("moved"))
    assert back(moved) == 1
    assert in_place(moved)[1] == "trees of 1"
    assert not two_kept_here.exists()


def test_a_copied_project_reads_its_own_files(two_kept_here, in_place):
    copied = shutil.copytree(two_kept_here, two_kept_here.with_name("copied"))
    shutil.rmtree(two_kept_here / ".leadml" / "mlartifacts")
    assert back(copied) == 1
    assert in_place(copied)[1] == "trees of 1"


def test_nothing_to_check_out_is_said(project_folder):
    with pytest.raises(LeadmlError) as caught:
        check_out(**named(project_folder))
    assert caught.value.code == "registry_failed"


def test_copies_of_killed_processes_are_removed_when_they_are_old(keep, project_folder):
    old, young = (project_folder / ".leadml" / f"champion-new-{age}" for age in ("old", "young"))
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    keep(project_folder)
    assert not old.exists()
    assert young.exists()


def test_a_first_version_may_wait_as_challenger(keep, project_folder):
    assert keep(project_folder, challenger=True) == 1
    assert champions(**named(project_folder)) == ()
    with pytest.raises(LeadmlError):
        champion_folder(project_folder)
    make_champion(1, **named(project_folder))
    assert champions(**named(project_folder)) == (1,)
