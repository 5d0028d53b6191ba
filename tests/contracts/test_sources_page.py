"""Every example of docs/sources.md is read: files, databases and frames as the page shows them."""

import re
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from leadml.history.opening import Beside
from leadml.history.sources import read_history
from leadml.specs.history_spec import HistorySpec
from leadml.specs.reading import read_specification

PAGE = (Path(__file__).parents[2] / "docs" / "sources.md").read_text("utf-8")
BLOCKS = re.findall(r"^<!-- (\w+)(?:: ([\w.]+))? -->\n```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
HISTORIES = [block for block in BLOCKS if block[2] == "yaml"]
PEOPLE = pd.DataFrame({"id": [7, 8], "created": pd.to_datetime(["2026-01-05", "2026-01-06"], utc=True)})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Write the files and the database that the page shows."""
    folder = tmp_path_factory.mktemp("page")
    for kind, name, _, content in BLOCKS:
        if kind == "file":
            (folder / name).write_text(content, "utf-8")
        if kind == "sqlite":
            with sqlite3.connect(folder / name) as connection:
                connection.executescript(content)
            connection.close()
    return folder


def test_every_block_of_yaml_on_the_page_is_checked():
    assert len(HISTORIES) == PAGE.count("```yaml")
    assert {kind for kind, *_ in HISTORIES} == {"read", "specification", "frames"}


@pytest.mark.parametrize(("kind", "name", "language", "content"), HISTORIES)
def test_an_example_of_the_page_is_read(folder, definitions, kind, name, language, content):
    (folder / "history.yaml").write_text(content, "utf-8")
    spec = read_specification(HistorySpec, folder / "history.yaml", shown_as="history.yaml")
    if kind != "specification":
        frames = {name: PEOPLE} if kind == "frames" else {}
        history = read_history(spec, folder, definitions, beside=Beside(frames, folder / "quarantine"))
        assert len(history.lead_ids) > 0
        assert all(
            len(history.facts[table].happened_at) for table in ("leads", *history.facts) if table != "lead_attributes"
        )
        if spec.dirty_rows == "quarantine":
            assert {finding.key: finding.count for finding in history.findings}["quarantined"] == 2
            assert len((folder / "quarantine" / "activities.csv").read_text("utf-8").splitlines()) == 3
        else:
            assert {finding.key for finding in history.findings} <= {"row_order", "merged"}
