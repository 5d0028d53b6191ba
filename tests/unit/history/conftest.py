"""Exports of CRMs as a test writes them, and the tiny project with a change or two."""

import gzip
import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from leadml.clock import to_iso
from leadml.errors import LeadmlError
from leadml.history.formats import FORMATS
from leadml.history.told import DataFile
from leadml.project import Project
from leadml.specs.history_spec import SourceSpec

# Tests are imported one by one, without a package: a module that they share is made known here.
_DIRTY_ROWS = spec_from_file_location("dirty_rows", Path(__file__).with_name("dirty_rows.py"))
sys.modules["dirty_rows"] = module_from_spec(_DIRTY_ROWS)
_DIRTY_ROWS.loader.exec_module(sys.modules["dirty_rows"])


class TellingExport:
    """An export in a folder, and what its reader tells of it."""

    def __init__(self, folder, system):
        self.folder, self.system = folder, system

    def write(self, name, content):
        """Write a document as JSON, a list of documents as JSON lines under .jsonl, anything else as it is."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.removesuffix(".gz").endswith(".jsonl"):
            content = "\n".join(json.dumps(line) for line in content)
        elif not isinstance(content, str | bytes):
            content = json.dumps(content)
        content = content.encode("utf-8") if isinstance(content, str) else content
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return self

    def open(self, order=sorted):
        paths = order([path for path in self.folder.rglob("*") if path.is_file()])
        return FORMATS[self.system]([DataFile(path, path.relative_to(self.folder).as_posix()) for path in paths])

    def told(self, table, **spec):
        (told,) = self.open().told(table, SourceSpec.model_validate({"file": "crm", "format": self.system, **spec}))
        return told

    def rows(self, table, *columns, **spec):
        """Give some columns of the rows of a table, in the order in which they are told."""
        told = self.told(table, **spec).rows.to_pylist()
        return [tuple(row.get(column) for column in columns) for row in told]

    def findings(self, table, **spec):
        """Give what was noticed: how often each thing."""
        return {finding.key: finding.count for finding in self.told(table, **spec).findings}


@pytest.fixture
def hubspot(tmp_path):
    return TellingExport(tmp_path / "crm", "hubspot")


@pytest.fixture
def salesforce(tmp_path):
    return TellingExport(tmp_path / "crm", "salesforce")


@pytest.fixture
def change(tiny_project):
    def change_file(name, old, new):
        file = tiny_project / name
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    return change_file


@pytest.fixture
def history(tiny_project):
    """Read the history of the tiny project as it now is."""
    return lambda: Project(tiny_project).history


@pytest.fixture
def problems(history):
    """Give code, place and value of all that is wrong with it."""

    def found():
        with pytest.raises(LeadmlError) as caught:
            history()
        every = getattr(caught.value, "problems", (caught.value,))
        return [(problem.code, problem.where, problem.values.get("value")) for problem in every]

    return found


@pytest.fixture
def facts_of():
    """List the facts of a lead: when each happened and became known, and some of its columns."""

    def facts_of_lead(history, table, lead_id, *columns):
        facts, lead = history.facts[table], history.positions()[lead_id]
        return [
            (
                to_iso(int(facts.happened_at[row]))[5:16],
                to_iso(int(facts.known_at[row]))[5:19],
                *(_word_at(facts.texts[column], row) for column in columns),
            )
            for row in range(facts.first[lead], facts.first[lead + 1])
        ]

    return facts_of_lead


def _word_at(text, row):
    return None if text.codes[row] < 0 else text.words[text.codes[row]]
