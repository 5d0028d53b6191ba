"""The page of the ten terms is what the code says they are."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leadml.cli.main import app
from leadml.vocabulary import TERMS

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"


def test_the_page_is_what_the_command_writes():
    written = CliRunner().invoke(app, ["glossary", "--markdown"])
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
    told = CliRunner().invoke(app, ["glossary", "--json"])
    assert [term["name"] for term in json.loads(told.stdout)] == [term.name for term in TERMS]
