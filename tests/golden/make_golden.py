"""Makes the frozen champion or the expected answers anew; README.md says when that is legitimate.

Run: python tests/golden/make_golden.py champion|answers
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import orjson

from leadml.demo.generate import generate, write
from leadml.history.requests import read_request
from leadml.project import Project
from leadml.service.answering import ScoringDesk
from leadml.training import train

GOLDEN = Path(__file__).parent
VERSION = 3


def make_champion():
    """Train the project's recipe on a seeded demo CRM, and write the model as plain files."""
    with tempfile.TemporaryDirectory() as folder:
        write(generate(leads=1500, months=18, seed=11), Path(folder))
        project = Project(GOLDEN / "project", data=folder)
        model = train(project.training_set(), project.spec)
    shutil.rmtree(GOLDEN / "champion", ignore_errors=True)
    model.write(GOLDEN / "champion")
    write_json(GOLDEN / "champion" / "version.json", {"name": model.name, "version": VERSION})


def make_answers():
    """Ask the frozen champion about the three leads."""
    with tempfile.TemporaryDirectory() as folder:
        project = shutil.copytree(GOLDEN / "project", Path(folder) / "project")
        shutil.copytree(GOLDEN / "champion", project / ".leadml" / "champion")
        desk = ScoringDesk.open(project)
        for request in sorted(GOLDEN.glob("lead-*.json")):
            (answer,) = desk.answer(read_request(request.read_bytes()))["answers"]
            write_json(GOLDEN / request.name.replace("lead", "answer"), answer)
        desk.close()


def write_json(file, content):
    file.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["champion", "answers"])
    {"champion": make_champion, "answers": make_answers}[parser.parse_args().what]()
