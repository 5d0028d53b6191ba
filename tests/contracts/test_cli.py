"""Every command explains itself, in the same way."""

import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from leadml.cli.main import app


def commands_of(group, *before):
    """Name all commands, those of groups with the group's name before theirs."""
    for name, command in sorted(group.commands.items()):
        yield " ".join((*before, name)), command
        yield from commands_of(command, *before, name) if hasattr(command, "commands") else ()


FOUND = dict(commands_of(typer.main.get_command(app)))
COMMANDS = sorted(FOUND)
WIDE = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}


def run(*arguments):
    return CliRunner().invoke(app, list(arguments), env=WIDE)


def options_of(command):
    return {name for option in FOUND[command].params for name in option.opts}


def test_the_commands_are_those_of_a_first_run():
    assert {"demo", "check", "train", "compare", "score", "serve", "glossary"} <= set(COMMANDS)
    assert {"models", "models diff", "promote", "rollback"} <= set(COMMANDS)


def test_help_names_every_command_and_where_to_begin():
    shown = run("--help")
    assert shown.exit_code == 0
    assert [command for command in COMMANDS if " " not in command and f" {command} " not in shown.stdout] == []
    assert "Begin with: leadml demo" in shown.stdout


def test_no_command_is_a_question_for_help():
    shown = run()
    assert "Usage: leadml" in shown.stdout + shown.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_explains_itself_with_an_example(command):
    shown = run(*command.split(), "--help")
    assert shown.exit_code == 0
    lines = [line.strip(" │") for line in shown.stdout.splitlines()]
    assert [line for line in lines if line.startswith(f"Example: leadml {command}")], shown.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_takes_a_project_and_speaks_json(command):
    assert {"--project", "--json"} <= options_of(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_is_for(command):
    options = FOUND[command].params
    assert [option.name for option in options if not option.help and option.name != "port"] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_a_command_names_options_that_it_has(command):
    shown = run(*command.split(), "--help").stdout
    (example,) = [line.strip(" │") for line in shown.splitlines() if line.strip(" │").startswith("Example:")]
    named = {word for word in example.split() if word.startswith("--")}
    assert named <= options_of(command)


@pytest.mark.parametrize(
    "arguments",
    [
        ("forecast",),
        ("check", "--langauge", "ja"),
        ("check", "--language", "de"),
        ("score", "--top", "0"),
        ("serve", "--port", "x"),
    ],
)
def test_a_command_that_does_not_exist_as_written_is_a_usage_error(arguments):
    shown = run(*arguments)
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert "Usage: leadml" in shown.stderr


def test_the_language_may_come_from_the_environment(tmp_path):
    shown = CliRunner().invoke(app, ["check", "--project", str(tmp_path)], env=WIDE | {"LEADML_LANGUAGE": "ja"})
    assert shown.exit_code == 2
    assert any(ord(letter) > 0x3000 for letter in shown.stderr)


def test_help_is_shown_by_the_installed_command_too():
    command = [sys.executable, "-m", "leadml.cli.main", "check", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | WIDE)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "Example: leadml check" in shown.stdout


def test_a_check_says_what_is_in_the_history(tiny_project):
    shown = run("check", "--project", str(tiny_project))
    assert shown.exit_code == 0
    assert "6 leads, known until 2026-06-01" in shown.stdout
    assert "Not known (no source in history.yaml): attribute_changes, assignments" in shown.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("--accept-leak", "leads.note"),
        ("--accept-leak", "leads.note", "--because", " "),
        ("--accept-leak", "leads.note", "--because", "known before", "--because", "and more"),
        ("--because", "known before"),
    ],
)
def test_a_leak_accepted_without_its_reason_is_refused_before_anything_is_read(words, tmp_path):
    told = run("train", "--project", str(tmp_path / "nowhere"), *words)
    assert told.exit_code == 2
    assert "Where: --because" in told.stderr
    assert "problems were found" not in told.stderr
    assert told.stdout == ""


def test_a_rival_that_does_not_exist_is_refused_before_anything_is_read(tiny_project):
    told = run(
        "compare", "--project", str(tiny_project), "--data", str(tiny_project / "nowhere"), "--with", "logistics"
    )
    assert told.exit_code == 2
    assert "Where: --with" in told.stderr
    assert (
        "Did you mean 'logistic'? Known here: challenger, champion, crm_score, lightgbm, logistic, readiness, rules."
        in told.stderr
    )
    assert told.stdout == ""
