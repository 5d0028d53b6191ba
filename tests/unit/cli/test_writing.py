"""What a command proposes is never written over a file that the project is read from, or becomes one."""

import json

import pytest
from typer.testing import CliRunner

from leadml.cli.main import app

PROPOSALS = {
    "icp": ("sla", "icp", "--write"),
    "thresholds": ("sla", "suggest", "--capacity", "1 a day", "--write"),
    "rules": ("rules", "suggest", "--out"),
}
DEFINITIONS = (
    "history.yaml",
    "sla.yaml",
    "models/rules.yaml",
    "models/readiness.yaml",
    "models/last-year.yaml",
    "features/engagement.yaml",
    "features/new.yaml",
    "agreements/2025.yaml",
    "agreements/new.yaml",
)
PAGES = (
    ("sla", "report", "--html"),
    ("sla", "try", "sla.yaml", "--html"),
    ("feedback", "--from", "2026-01-01", "--html"),
    ("glossary", "--html"),
    ("compare", "--html"),
    ("card", "--out"),
    ("explain", "--out"),
    ("score", "--out"),
    ("dataset", "--out"),
)


def refused(project, command, file):
    """Run a command that is to be refused; give its error."""
    told = CliRunner().invoke(app, [*command, str(file), "--project", str(project), "--json"])
    assert told.exit_code == 2
    return json.loads(told.stderr)["error"]


@pytest.fixture
def project(tiny_project):
    """A project with a file of its own in each folder."""
    (tiny_project / "agreements").mkdir()
    for name in ("agreements/2025.yaml", "models/last-year.yaml"):
        (tiny_project / name).write_text((tiny_project / "sla.yaml").read_text("utf-8"), "utf-8")
    agreed = tiny_project / "agreements" / "2025.yaml"
    text = agreed.read_text("utf-8").replace("valid_from: 2026", "valid_from: 2025")
    agreed.write_text(text.replace('version: "2026', 'version: "2025'), "utf-8")
    return tiny_project


@pytest.mark.parametrize("command", PROPOSALS.values(), ids=PROPOSALS)
@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_proposal_never_becomes_a_definition(project, command, name):
    file = project / name
    before = file.read_bytes() if file.exists() else None
    error = refused(project, command, file)
    assert error["code"] == "over_definitions"
    assert error["fix"].startswith(f"Name another file, such as {command[-1]} ")
    assert (file.read_bytes() if file.exists() else None) == before


def test_another_way_to_a_definition_is_seen_through(project, tmp_path):
    (tmp_path / "link.yaml").symlink_to(project / "history.yaml")
    for file in (tmp_path / "link.yaml", project / "models" / ".." / "history.yaml"):
        assert refused(project, PROPOSALS["icp"], file)["code"] == "over_definitions"


@pytest.mark.parametrize("command", PAGES, ids=" ".join)
def test_a_page_is_no_definition(project, command):
    error = refused(project, command, project / "sla.yaml")
    assert error["code"] == "unknown_format"
    assert error["where"] == command[-1]


def test_a_page_that_cannot_be_written_is_told_with_its_option(project, tmp_path):
    error = refused(project, ("glossary", "--html"), tmp_path / "no-such-folder" / "glossary.html")
    assert (error["code"], error["where"]) == ("cannot_write", "--html")
