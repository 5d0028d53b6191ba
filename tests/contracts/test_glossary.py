"""The page of the ten terms is what the code says they are."""

import html
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leadml.cli.main import app
from leadml.vocabulary import TERMS

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"


def test_the_page_is_what_the_command_writes():
    written = CliRunner().invoke(app, ["glossary", "--terms", "--markdown"])
    assert written.exit_code == 0
    assert PAGE.read_text("utf-8") == written.stdout


@pytest.mark.parametrize("term", TERMS, ids=[term.name for term in TERMS])
def test_a_term_stands_in_the_page_in_both_languages(term):
    (row,) = [line for line in PAGE.read_text("utf-8").splitlines() if f"| {term.english} |" in line]
    assert f"| {term.japanese} |" in row
    assert term.lives_in in row


def test_there_are_ten_terms():
    assert len(TERMS) == 10


def test_a_program_reads_the_same_terms():
    told = CliRunner().invoke(app, ["glossary", "--terms", "--json"])
    assert [term["name"] for term in json.loads(told.stdout)] == [term.name for term in TERMS]


def test_outside_a_project_the_general_terms_are_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(app, ["glossary", "--markdown"]).stdout == PAGE.read_text("utf-8")


def test_a_project_that_is_none_is_refused(tmp_path):
    told = CliRunner().invoke(app, ["glossary", "--project", str(tmp_path), "--json"])
    assert told.exit_code == 2
    assert json.loads(told.stderr)["error"]["code"] == "no_project"


def test_in_a_project_the_terms_are_told_as_agreed(tiny_project, tmp_path):
    arguments = ["glossary", "--project", str(tiny_project)]
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    assert [term["name"] for term in told["terms"]] == [term.name for term in TERMS]
    page = tmp_path / "page.html"
    assert CliRunner().invoke(app, [*arguments, "--language", "both", "--html", str(page)]).exit_code == 0
    sentences = [sentence for term in told["terms"] for sentence in (*term["agreed"]["en"], *term["agreed"]["ja"])]
    written = html.unescape(page.read_text("utf-8"))
    assert [sentence for sentence in sentences if sentence not in written] == []
    markdown = CliRunner().invoke(app, [*arguments, "--language", "ja", "--markdown"]).stdout
    assert markdown.startswith("# 私たちが合意した10の用語")
    plain = CliRunner().invoke(app, [*arguments, "--language", "ja"]).stdout
    assert "10. コンタクトの試行" in plain


def test_all_of_the_general_page_is_japanese_and_nothing_of_it_is_cut():
    told = CliRunner().invoke(app, ["glossary", "--terms", "--language", "ja"]).stdout
    assert "…" not in told
    assert " in `sla.yaml`" not in told
    assert told.count("`sla.yaml`") == 10


def test_a_project_that_lacks_its_agreement_is_told_so(tmp_path):
    (tmp_path / "history.yaml").write_text("tables: {}\n", "utf-8")
    told = CliRunner().invoke(app, ["glossary", "--project", str(tmp_path), "--json"])
    error = json.loads(told.stderr)["error"]
    assert (error["code"], error["where"]) == ("missing_file", "sla.yaml")
