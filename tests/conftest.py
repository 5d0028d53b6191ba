"""What tests of several folders share: the definitions to test with, and a whole project that one can read by eye."""

import shutil
from pathlib import Path

import pytest

from leadml.specs.project_spec import read_project

TESTS = Path(__file__).parent


@pytest.fixture(scope="session")
def spec():
    """Read tests/project: every kind of feature over the demo CRM."""
    return read_project(TESTS / "project")


@pytest.fixture(scope="session")
def definitions(spec):
    return spec.agreement.definitions


@pytest.fixture
def tiny_project(tmp_path):
    """Copy tests/tiny_project, six leads in seven CSV files, to where a test may break it."""
    return shutil.copytree(TESTS / "tiny_project", tmp_path / "tiny")
