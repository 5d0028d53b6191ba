"""All of MLflow in one folder: what was trained, from what, how good, and which version is champion or challenger.

A version is a folder of plain files (`model.json`, `trees-0.txt`, `project.json` and so on) with a small file of code
that MLflow runs: nothing is pickled, so a model can be read by eye and loaded under another Python (decision 0017).
No row of a lead goes into a run.
"""

import os

# MLflow reads the first while it is imported; whoever wants to be counted sets it to false. Progress bars are for faces
# to draw: this one would stand in the middle of a command's own lines. And what stands in the folder in which somebody
# trains (`uv.lock`, `pyproject.toml`) is no part of a model.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_UV_AUTO_DETECT", "false")

from leadml.registry.champions import champion_before, champions, check_out, make_challenger, make_champion, roll_back
from leadml.registry.connection import CHALLENGER, CHAMPION
from leadml.registry.keeping import register
from leadml.registry.versions import KeptVersion, fetch, find_version, read_version, versions

__all__ = [
    "CHALLENGER",
    "CHAMPION",
    "KeptVersion",
    "champion_before",
    "champions",
    "check_out",
    "fetch",
    "find_version",
    "make_challenger",
    "make_champion",
    "read_version",
    "register",
    "roll_back",
    "versions",
]
