"""`leadml sla try` and `leadml sla suggest` as one types them; what they ask for is read before the history is."""

import json

import pytest
from typer.testing import CliRunner

from leadml.cli.main import app


def run(*arguments):
    return CliRunner().invoke(app, ["sla", *map(str, arguments)], env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("suggest", "--capacity", "lots"), "unread_capacity"),
        (("suggest", "--max-return-rate", "150%"), "unread_share"),
        (("suggest", "--max-return-rate", "few"), "unread_share"),
        (("suggest",), "no_capacity"),
        (("suggest", "--capacity", "40 a week"), "no_champion"),
    ],
)
def test_what_cannot_be_suggested_is_told_in_four_parts(tiny_project, arguments, code):
    told = run(*arguments, "--project", tiny_project, "--json")
    assert told.exit_code == 2
    error = json.loads(told.stderr)["error"]
    assert error["code"] == code
    assert all(error[part] for part in ("what", "why", "where", "fix"))


def test_the_agreement_itself_is_not_written_over(tiny_project):
    own = tiny_project / "sla.yaml"
    before = own.read_bytes()
    told = run("suggest", "--capacity", "1 a day", "--write", own, "--project", tiny_project)
    assert told.exit_code == 2
    assert "both teams have signed" in told.stderr
    assert own.read_bytes() == before


def test_an_agreement_that_says_the_same_is_not_tried(tiny_project, tmp_path):
    same = tmp_path / "same.yaml"
    same.write_text("# signed by both\n" + (tiny_project / "sla.yaml").read_text("utf-8"), "utf-8")
    told = run("try", same, "--project", tiny_project)
    assert told.exit_code == 0, told.stderr
    assert told.stdout.strip() == "The two agreements say the same."


def test_an_agreement_that_does_not_read_is_told_with_all_its_problems(tiny_project, tmp_path):
    new = tmp_path / "next.yaml"
    text = (tiny_project / "sla.yaml").read_text("utf-8")
    new.write_text(
        text.replace("score_at_least: 60", "score_at_least: 30").replace("valid_from:", "valid_form:"), "utf-8"
    )
    told = run("try", new, "--project", tiny_project)
    assert told.exit_code == 2
    assert "valid_form" in told.stderr
    assert "next.yaml" in told.stderr


def test_an_agreement_without_the_outcome_that_is_learned_does_not_fit(tiny_project, tmp_path):
    new = tmp_path / "next.yaml"
    text = (tiny_project / "sla.yaml").read_text("utf-8")
    new.write_text(
        text.replace("[lead, mql, sql, customer]", "[lead, sql, customer]").replace("stage: mql", "stage: lead"),
        "utf-8",
    )
    told = run("try", new, "--project", tiny_project)
    assert told.exit_code == 2
    assert "'mql' is not known here" in told.stderr
