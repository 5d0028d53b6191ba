import shutil
from pathlib import Path

import pytest

from leadml.champion import champion_folder, put_in_place, run_folder
from leadml.errors import LeadmlError


class KilledError(BaseException):
    """Stands for the end of the process: nothing in leadml catches it."""


def new_folder(project_folder: Path, version: int) -> Path:
    folder = run_folder(project_folder) / f"champion-new-{version}"
    folder.mkdir(parents=True)
    for name in ("model.json", "trees.txt", "version.json"):
        (folder / name).write_text(str(version), encoding="utf-8")
    return folder


def versions_in(folder: Path) -> set[str]:
    return {file.read_text(encoding="utf-8") for file in folder.iterdir()}


@pytest.fixture
def project_folder(tmp_path):
    put_in_place(new_folder(tmp_path, 1), tmp_path)
    return tmp_path


def kill_before(monkeypatch, call):
    """Let the process die before its n-th rename or removal of a folder."""
    calls = iter(range(100))

    def dying(work):
        def work_or_die(*arguments, **options):
            if next(calls) == call:
                raise KilledError
            return work(*arguments, **options)

        return work_or_die

    monkeypatch.setattr(Path, "rename", dying(Path.rename))
    monkeypatch.setattr(shutil, "rmtree", dying(shutil.rmtree))


def test_without_training_there_is_no_champion(tmp_path):
    with pytest.raises(LeadmlError) as caught:
        champion_folder(tmp_path)
    assert caught.value.code == "no_champion"
    assert caught.value.http_status == 503


def test_the_new_champion_takes_the_place_and_nothing_else_stays(project_folder):
    folder = put_in_place(new_folder(project_folder, 2), project_folder)
    assert folder == champion_folder(project_folder) == project_folder / ".leadml" / "champion"
    assert versions_in(folder) == {"2"}
    assert [path.name for path in run_folder(project_folder).iterdir()] == ["champion"]


@pytest.mark.parametrize(
    ("steps_done", "answers"),
    [
        pytest.param(0, "1", id="before anything"),
        pytest.param(1, "1", id="the old one still in place"),
        pytest.param(2, "1", id="the old one set aside and the new one not in place"),
        pytest.param(3, "2", id="the old one not yet removed"),
    ],
)
def test_a_killed_process_leaves_a_whole_model(project_folder, monkeypatch, steps_done, answers):
    new = new_folder(project_folder, 2)
    with monkeypatch.context() as dying:
        kill_before(dying, steps_done)
        with pytest.raises(KilledError):
            put_in_place(new, project_folder)
    assert versions_in(champion_folder(project_folder)) == {answers}

    put_in_place(new_folder(project_folder, 3), project_folder)
    assert versions_in(champion_folder(project_folder)) == {"3"}
    assert not list(run_folder(project_folder).glob("champion-before-*"))


def test_the_killed_steps_are_all_steps(project_folder, monkeypatch):
    kill_before(monkeypatch, 4)
    put_in_place(new_folder(project_folder, 2), project_folder)


def test_a_folder_without_version_is_no_champion(tmp_path):
    (run_folder(tmp_path) / "champion").mkdir(parents=True)
    with pytest.raises(LeadmlError):
        champion_folder(tmp_path)


def test_a_rename_that_fails_with_nothing_in_the_place_is_said(tmp_path):
    with pytest.raises(FileNotFoundError):
        put_in_place(tmp_path / "nowhere", tmp_path)
