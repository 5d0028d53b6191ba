"""`leadml sla diff`, from files to sentences."""

import json
import re

import pytest
from typer.testing import CliRunner

from leadml.cli.main import app


@pytest.fixture
def newer(tiny_project):
    """Write an agreement beside that of tests/tiny_project: a band begins higher, and it has a version of its own."""
    text = (tiny_project / "sla.yaml").read_text("utf-8")
    changed = re.sub(r"score_at_least: (\d+)", lambda found: f"score_at_least: {int(found[1]) + 7}", text, count=1)
    file = tiny_project / "new.yaml"
    file.write_text(re.sub(r"(?m)^version: .*$", 'version: "next"', changed), "utf-8")
    return file


def run(*arguments):
    return CliRunner().invoke(app, ["sla", "diff", *map(str, arguments)])


def test_one_file_is_held_against_that_of_the_project(tiny_project, newer):
    told = run(newer, "--project", tiny_project)
    assert told.exit_code == 0
    assert "Agreement next against" in told.stdout
    assert "begins at a score of" in told.stdout
    assert "What is promised holds with the next score" in " ".join(told.stdout.split())


def test_two_files_are_told_to_a_program_in_both_languages(tiny_project, newer):
    told = json.loads(run(tiny_project / "sla.yaml", newer, "--json").stdout)
    assert [change["path"].rpartition(".")[2] for change in told["changes"]] == ["version", "threshold"]
    assert told["needs_training"] == []
    assert told["changes"][1]["sentence"]["ja"].startswith("バンド")


def test_markdown_has_a_section_for_each_half(tiny_project, newer):
    told = run(newer, "--project", tiny_project, "--markdown", "--language", "ja").stdout
    assert [line for line in told.splitlines() if line.startswith("## ")] == [
        "## 合意書そのもの", "## 約束（互いに行うこと）", "## この変更の影響",
    ]  # fmt: skip


def test_a_file_that_is_not_there_is_an_error(tiny_project):
    told = run("nowhere.yaml", "--project", tiny_project)
    assert told.exit_code == 2
    assert "nowhere.yaml does not exist" in told.stderr
