"""An import points down, and each framework has one home: the contracts in pyproject.toml."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "pyproject.toml"
SETTINGS = tomllib.loads(CONFIG.read_text("utf-8"))["tool"]["importlinter"]
CONTRACTS = [contract["name"] for contract in SETTINGS["contracts"]]


def lint_imports(folder):
    """Check the package in this folder; lint-imports looks there before it looks at what is installed."""
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", "--config", CONFIG]
    wide = os.environ | {"COLUMNS": "200"}  # a name that is wrapped would not be found
    return subprocess.run(command, cwd=folder, env=wide, capture_output=True, text=True, check=False)


@pytest.fixture
def copy_of_src(tmp_path):
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "src"


def test_every_contract_is_kept():
    checked = lint_imports(ROOT / "src")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_contract_can_be_broken(copy_of_src):
    imports = ["leadml.cli", "ruamel.yaml", "lightgbm", "mlflow", "bentoml", "optuna", "sqlalchemy"]
    planted = "".join(f"import {module}\n" for module in imports)
    (copy_of_src / "leadml" / "engine" / "planted.py").write_text(planted, "utf-8")
    checked = lint_imports(copy_of_src)
    assert [name for name in CONTRACTS if f"{name} BROKEN" not in checked.stdout] == []


def test_a_module_without_a_layer_is_refused(copy_of_src):
    (copy_of_src / "leadml" / "planted.py").write_text('"""Nobody said where this belongs."""\n', "utf-8")
    checked = lint_imports(copy_of_src)
    assert checked.returncode != 0
    assert "not listed as layers" in checked.stdout
