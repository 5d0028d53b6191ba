"""Dirty rows as a user meets them: refused with their places, then set aside, then accepted, by one word in YAML."""

import json

import pytest
from typer.testing import CliRunner

from leadml.cli.main import app


@pytest.fixture
def check(tiny_project):
    """Spoil three rows of the tiny project, and check it under a policy."""
    file = tiny_project / "data" / "activities.csv"
    head, first, second, third, *others = file.read_text("utf-8").splitlines()
    spoilt = [
        first.replace("2026-01-05T10:00:00Z", "05.01.2026 10:00"),
        second.replace("L1,", ","),
        third.replace("L2,", "L9,", 1) if third.startswith("L2,") else third,
    ]
    file.write_text("\n".join([head, *spoilt, *others]) + "\n", "utf-8")

    def run(policy, *options):
        history = tiny_project / "history.yaml"
        kept = [
            line for line in history.read_text("utf-8").splitlines() if not line.startswith(("folder:", "dirty_rows:"))
        ]
        history.write_text("\n".join(["folder: data", f"dirty_rows: {policy}", *kept]) + "\n", "utf-8")
        return CliRunner().invoke(app, ["check", "--project", str(tiny_project), *options])

    return run


def test_a_refusal_names_every_fault_with_its_line(check):
    result = check("reject", "--json")
    assert result.exit_code == 2
    told = json.loads(result.stderr)
    assert [(problem["code"], problem["where"]) for problem in told["problems"]] == [
        ("blank_id", "activities.csv, column lead, line 3 (1 in all)"),
        ("time_in_other_format", "activities.csv, column at, line 2 (1 in all)"),
    ]


def test_what_is_set_aside_lies_in_the_project_with_its_reason(check, tiny_project):
    result = check("quarantine", "--json")
    assert result.exit_code == 0
    found = {finding["key"]: finding for finding in json.loads(result.stdout)["findings"]}
    assert found["quarantined"]["values"] == {"file": ".leadml/quarantine/activities.csv"}
    aside = (tiny_project / ".leadml" / "quarantine" / "activities.csv").read_text("utf-8").splitlines()
    assert len(aside) == 1 + found["quarantined"]["count"]
    assert aside[0].startswith("reason,source,place,lead,at,")
    assert any(line.startswith("blank_id: lead,activities.csv,line 3,,") for line in aside)
    assert any(line.startswith("time_in_other_format: at,activities.csv,line 2,L1,05.01.2026 10:00,") for line in aside)


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "rows are left out; they lie complete, with their reasons, in"), ("ja", "行を除外しました")],
)
def test_a_person_is_told_how_many_and_where(check, language, said):
    text = " ".join(check("quarantine", "--language", language).stdout.split())
    assert said in text
    assert ".leadml/quarantine/activities.csv" in text


def test_what_is_accepted_is_counted(check, tiny_project):
    result = check("accept", "--json")
    assert result.exit_code == 0
    found = {finding["key"]: finding["count"] for finding in json.loads(result.stdout)["findings"]}
    assert (found["blank_id"], found["time_in_other_format"], found["left_out"]) == (1, 1, 2)
    assert not (tiny_project / ".leadml" / "quarantine" / "activities.csv").exists()
