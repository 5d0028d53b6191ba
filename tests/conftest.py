"""What tests of several folders share: definitions, a model trained under them, and a project one can read by eye."""

import shutil
import textwrap
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from leadml.clock import parse_instant
from leadml.demo.generate import generate, write
from leadml.history.sources import read_history
from leadml.history.tables import COMPANY_COLUMNS, FACT_TABLES, LEAD_COLUMNS
from leadml.project import Project
from leadml.scoring import Scorer
from leadml.specs.history_spec import HistorySpec
from leadml.specs.project_spec import read_project
from leadml.training import train

TESTS = Path(__file__).parent

# The same examples in every run. --hypothesis-profile=few is for runs that are expected to fail.
settings.register_profile("house", max_examples=100, derandomize=True, deadline=None, database=None)
settings.register_profile(
    "few", parent=settings.get_profile("house"), max_examples=25, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("house")


@pytest.fixture(scope="session")
def spec():
    """Read tests/project: every kind of feature over the demo CRM."""
    return read_project(TESTS / "project")


@pytest.fixture(scope="session")
def definitions(spec):
    return spec.agreement.definitions


@pytest.fixture(scope="session")
def demo_project(tmp_path_factory):
    """Open a copy of tests/project over a small demo CRM; nothing is trained yet."""
    folder = shutil.copytree(TESTS / "project", tmp_path_factory.mktemp("demo") / "project")
    write(generate(leads=1000, months=12, seed=7), folder / "demo")
    return Project(folder)


@pytest.fixture(scope="session")
def demo_history(demo_project):
    return demo_project.history


@pytest.fixture(scope="session")
def demo_training_set(demo_project):
    return demo_project.training_set()


@pytest.fixture(scope="session")
def demo_model(demo_project, demo_training_set):
    """Train on the small demo CRM; not registered."""
    return train(demo_training_set, demo_project.spec)


@pytest.fixture(scope="session")
def scorer(spec, demo_model):
    """Give the one path of a score, with a model trained on the small demo CRM."""
    return Scorer(demo_model, spec)


@pytest.fixture
def tiny_project(tmp_path):
    """Copy tests/tiny_project, six leads in seven CSV files, to where a test may break it."""
    return shutil.copytree(TESTS / "tiny_project", tmp_path / "tiny")


@pytest.fixture(scope="session")
def history_of(definitions, tmp_path_factory):
    """Read tables written as CSV lines under our own column names, through the same door as any file."""

    def read(*, time_zone=None, known_until=None, **tables):
        folder, sources = tmp_path_factory.mktemp("history"), {}
        for name, lines in tables.items():
            text = textwrap.dedent(lines).strip() + "\n"
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
            columns = text.splitlines()[0].split(",")
            ours = {"leads": (*LEAD_COLUMNS, "event_id"), "companies": (*COMPANY_COLUMNS, "event_id")}.get(
                name, columns
            )
            sources[name] = (
                {
                    "file": f"{name}.csv",
                    "columns": {column: column for column in columns if column in ours},
                    "attributes": {column: column for column in columns if column not in ours},
                },
            )
        assert set(sources) <= {"leads", "companies", *FACT_TABLES}
        with pytest.MonkeyPatch.context() as patched:  # whatever today is, the facts of a test are past
            patched.setattr("leadml.history.sources.now", lambda: parse_instant("2028-01-01T00:00:00Z", where="tests"))
            return read_history(
                HistorySpec.model_validate({"time_zone": time_zone, "known_until": known_until, "tables": sources}),
                folder,
                definitions,
            )

    return read
