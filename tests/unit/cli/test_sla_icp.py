"""`leadml sla icp`, from a project to a proposed profile."""

import json

from typer.testing import CliRunner

from leadml.cli.main import app


def run(project, *arguments):
    return CliRunner().invoke(app, ["sla", "icp", "--project", str(project), *arguments])


def test_a_profile_is_proposed_and_written(demo_project, tmp_path):
    file = tmp_path / "icp.yaml"
    told = json.loads(run(demo_project.folder, "--outcome", "ready", "--json", "--write", str(file)).stdout)
    assert [each["criterion"]["attribute"] for each in told["criteria"]] == ["industry", "country", "employees"]
    assert file.read_text("utf-8") == told["yaml"]
    assert told["yaml"].splitlines()[2] == "ideal_customer_profile:"
    shown = run(demo_project.folder, "--outcome", "ready", "--language", "ja").stdout
    assert "合意した条件" in shown
    assert "ideal_customer_profile:" in shown


def test_it_is_never_written_over_the_agreement(demo_project):
    told = run(demo_project.folder, "--write", str(demo_project.folder / "sla.yaml"))
    assert told.exit_code == 2
    assert "sla.yaml" in told.stderr


def test_too_few_customers_are_told(tiny_project):
    told = run(tiny_project)
    assert told.exit_code == 2
    assert "--within-days" in told.stderr


def test_a_window_longer_than_the_history_is_to_be_shorter(tiny_project):
    told = run(tiny_project, "--within-days", "3000")
    assert "No lead is older than 3000 days." in told.stderr
    assert "Give a shorter window with --within-days." in told.stderr
