"""Whatever is wrong, a reader is told what, why, where and how to mend it: through every face, never by a traceback."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

import leadml
from leadml.champion import VERSION_FILE, run_folder
from leadml.cli.main import app
from leadml.cli.serve import _check_free
from leadml.errors import LeadmlError
from leadml.training import train

TINY_PROJECT = Path(__file__).parents[1] / "tiny_project"
EXIT_WITH_PROBLEMS = 2
NO_FACT_WITHOUT_TIME = "A fact without its time cannot be placed before or after a score."
WRITE_ISO = "Write ISO 8601, as in 2026-03-02T09:00:00Z or 2026-03-02."
ANY_OF_24_HOURS = "Without its offset from UTC a time can mean any of 24 hours, and a score could see the future."
WRITE_OFFSET = "Write the offset, as in 2026-03-02T09:00:00Z or +01:00, or give time_zone in history.yaml."
IGNORED_KEY = "A key that leadml does not read would be ignored, and the file would not do what it says."
OTHER_ENCODING = "Names and words would be read wrongly in any other encoding."
NO_FACTS = "history.yaml says that facts are there, and none were found."
CHECK_FILTER = "Check the file and the filter under rows; remove the source if there are no such facts."


def change(name, old, new):
    def apply(folder: Path):
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), "utf-8")

    return apply


def write(name, content):
    def apply(folder: Path):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    return apply


def remove(name):
    return lambda folder: (folder / name).unlink()


def leave(folder: Path):
    """Break nothing: what is asked is the fault."""


@dataclass(frozen=True)
class Case:
    """Something wrong with a project or a command, and the four parts that say so."""

    id: str
    spoil: Callable[[Path], object]
    what: str
    why: str
    where: str
    fix: str
    ask: tuple[str, ...] = field(default=("check",))

    @property
    def text(self):
        return f"{self.what}\n  Why:   {self.why}\n  Where: {self.where}\n  Fix:   {self.fix}"

    @property
    def parts(self):
        return {"what": self.what, "why": self.why, "where": self.where, "fix": self.fix}


def cases(*every):
    return [pytest.param(case, id=case.id) for case in every]


IN_A_PROJECT = cases(
    Case(
        "missing definition file",
        remove("models/readiness.yaml"),
        "The file models/readiness.yaml does not exist.",
        "leadml reads it, and nothing stands in for it.",
        "models/readiness.yaml",
        "Check the name and the folder, or name another project with --project.",
    ),
    Case(
        "missing data file",
        remove("data/activities.csv"),
        "The data file activities.csv does not exist.",
        "history.yaml names it as a source of facts.",
        "history.yaml, file: activities.csv",
        "Check the name in history.yaml, or say with --data where the files lie (looked in 'data'); "
        "the demo CRM is made by leadml demo.",
    ),
    Case(
        "unknown column",
        change("history.yaml", "seniority: seniority", "seniority: senority"),
        "leads.csv has no column 'senority'.",
        "history.yaml reads it.",
        "history.yaml, tables.leads[0], file leads.csv",
        "Did you mean 'seniority'? Its columns are: company, created, id, seniority, type.",
    ),
    Case(
        "unknown YAML key",
        change("sla.yaml", "version:", "verson: x\nversion:"),
        "Unknown key 'verson'.",
        IGNORED_KEY,
        "sla.yaml, line 1, verson",
        "Did you mean 'version'? Known keys here: calendar, definitions, owners, promises, review_by, valid_from, "
        "valid_to, version.",
    ),
    Case(
        "unknown YAML key deep in a list",
        change("features/engagement.yaml", "window_days: 30", "window_day: 30"),
        "Unknown key 'window_day'.",
        IGNORED_KEY,
        "features/engagement.yaml, line 9, features[0].window_day",
        "Did you mean 'window_days'? Known keys here: actionable, attribute, every_days, half_life_days, kind, "
        "label, more_is, name, of, of_which, percent, since_stage, table, to, unit, value, values, when_nothing, "
        "where, window_days, ....",
    ),
    Case(
        "wrong type in YAML",
        change("models/rules.yaml", "points: 15", "points: fifteen"),
        "'points' is 'fifteen', which does not fit.",
        "It should be a number.",
        "models/rules.yaml, line 4, rules[0].points",
        "Write a number.",
    ),
    Case(
        "rule against what was agreed",
        change("models/rules.yaml", "points: 15", "points: -15"),
        "Rule 'pricing_interest' goes against more_is: readier of feature 'pricing_page_views_30d'.",
        "Both teams agreed on the direction, and no part of a score may move against it.",
        "models/rules.yaml, rules[0] pricing_interest",
        "Turn the sign of the points, ask for at_most instead of at_least or the other way round, "
        "or take more_is off the feature.",
    ),
    Case(
        "wrong type in data",
        change("data/deals.csv", "12000.5", '"1,5"'),
        "'1,5' is not a number.",
        "The column is read as numbers.",
        "deals.csv, column amount, line 2 (1 in all)",
        "Write digits with a point for decimals, or map another column in history.yaml.",
    ),
    Case(
        "data that is not UTF-8",
        write("data/companies.csv", b"id,created,industry,employees\nC1,\xfc,,\n"),
        "companies.csv is not UTF-8.",
        OTHER_ENCODING,
        "companies.csv, line 2",
        "Save the file as UTF-8.",
    ),
    Case(
        "YAML that is not UTF-8",
        write("models/readiness.yaml", "name: readiness\n# für später\n".encode("latin-1")),
        "models/readiness.yaml is not UTF-8.",
        OTHER_ENCODING,
        "models/readiness.yaml, line 2",
        "Save the file as UTF-8.",
    ),
    Case(
        "empty table",
        write("data/leads.csv", "id,created,type,company,seniority\n"),
        "The table leads has no rows.",
        NO_FACTS,
        "history.yaml, tables.leads[0], file leads.csv",
        CHECK_FILTER,
    ),
    Case(
        "empty file",
        write("data/leads.csv", ""),
        "The table leads.csv has no rows.",
        NO_FACTS,
        "leads.csv",
        CHECK_FILTER,
    ),
    Case(
        "time without zone",
        change("data/activities.csv", "2026-01-06T10:00:00Z", "2026-01-06T10:00:00"),
        "'2026-01-06T10:00:00' has no time zone.",
        ANY_OF_24_HOURS,
        "activities.csv, column at, line 3 (1 in all)",
        WRITE_OFFSET,
    ),
    Case(
        "no time at all",
        change("data/activities.csv", "2026-01-06T10:00:00Z", "last week"),
        "'last week' is not a time.",
        NO_FACT_WITHOUT_TIME,
        "activities.csv, column at, line 3 (1 in all)",
        WRITE_ISO,
    ),
    Case(
        "fact in the future",
        change("data/activities.csv", "2026-01-06T10:00:00Z", "9999-12-31T23:59:59Z"),
        "'9999-12-31T23:59:59Z' lies in the future.",
        "Nothing that has not happened yet can be a fact; the time or its zone is wrong.",
        "activities.csv, column at, line 3 (1 in all)",
        "Correct the time, or the time_zone in history.yaml; up to clock_skew_minutes ahead is allowed.",
    ),
    Case(
        "fact of nobody",
        change("data/stages.csv", "L2,", ","),
        "1 rows have no lead.",
        "A fact without its lead belongs to nobody.",
        "stages.csv, column lead, line 4 (1 in all)",
        "Fill the column, or leave these rows out with rows in history.yaml.",
    ),
    Case(
        "no project",
        lambda folder: [remove(name)(folder) for name in ("history.yaml", "sla.yaml")],
        "This folder is no leadml project.",
        "A project holds history.yaml, features/, models/ and sla.yaml; the first and the last are missing.",
        "tiny",
        "Name the project's folder with --project.",
    ),
)

AFTER_TRAINING = cases(
    Case(
        "as_of before the first fact",
        leave,
        "At 2026-01-05T09:00:00.000000Z no fact of this history was known.",
        "Only what was known before an instant counts for it; "
        "the first fact became known at 2026-01-05T09:00:00.000000Z.",
        "--as-of",
        "Take an as_of after 2026-01-05T09:00:00.000000Z.",
        ask=("score", "--as-of", "2026-01-05T09:00:00Z"),
    ),
    Case(
        "as_of before the lead",
        leave,
        "Lead 'L6' was not yet known at 2026-05-01T00:00:00.000000Z.",
        "A score is made only from what was known before its instant, and the first fact about this lead became known "
        "at 2026-06-01T09:00:00.000000Z.",
        "lead L6",
        "Take an as_of after 2026-06-01T09:00:00.000000Z, or leave this lead out.",
        ask=("score", "--lead", "L6", "--as-of", "2026-05-01T00:00:00Z"),
    ),
    Case(
        "as_of without zone",
        leave,
        "'2026-05-01T00:00:00' has no time zone.",
        ANY_OF_24_HOURS,
        "--as-of",
        WRITE_OFFSET,
        ask=("score", "--as-of", "2026-05-01T00:00:00"),
    ),
    Case(
        "as_of that is no time",
        leave,
        "'yesterday' is not a time.",
        NO_FACT_WITHOUT_TIME,
        "--as-of",
        WRITE_ISO,
        ask=("score", "--as-of", "yesterday"),
    ),
    Case(
        "as_of in the future",
        leave,
        "as_of 9999-01-01T00:00:00.000000Z lies in the future.",
        "What will be known by then is not known yet.",
        "--as-of",
        "Take an instant in the past, or leave as_of out.",
        ask=("score", "--as-of", "9999-01-01T00:00:00Z"),
    ),
    Case(
        "lead without facts",
        leave,
        "Lead 'L7' is not in the history.",
        "What is told of a lead comes from the facts about it, and there are none.",
        "lead L7",
        "Check the id.",
        ask=("score", "--lead", "L7"),
    ),
    Case(
        "nobody is open",
        change("data/statuses.csv", "new", "unqualified"),
        "No lead is open at 2026-01-05T09:00:00.000001Z.",
        "Only leads that are open and below the target stage are scored.",
        "--as-of",
        "Take another as_of, or name leads with --lead.",
        ask=("score", "--as-of", "2026-01-05T09:00:00.000001Z"),
    ),
    Case(
        "damaged model",
        write(f".leadml/champion/{VERSION_FILE}", "{"),
        "The model cannot be read: unexpected end of data: line 1 column 2 (char 1).",
        "Its files are damaged or come from another version of leadml.",
        "champion/version.json",
        "Train again with leadml train.",
        ask=("score",),
    ),
    Case(
        "other definitions",
        change("sla.yaml", "within_days: 30", "within_days: 60"),
        "The model was trained under other definitions than sla.yaml has now.",
        "Its score would answer another question: the meaning of ready, of a stage or of a persona has changed.",
        "sla.yaml, definitions",
        "Train again with leadml train, or take the change in sla.yaml back.",
        ask=("score",),
    ),
    Case(
        "unknown format",
        leave,
        "'scores.xlsx' ends in none of .parquet, .csv, .json.",
        "The ending says in which format it is written.",
        "--out",
        "Choose one of these endings.",
        ask=("score", "--out", "scores.xlsx"),
    ),
)


@pytest.fixture(scope="session")
def champion(tmp_path_factory):
    """Train on the tiny project; six leads are enough for a model that answers."""
    folder = tmp_path_factory.mktemp("trained") / "champion"
    folder.mkdir()
    project = leadml.open(TINY_PROJECT)
    train(project.training_set(), project.spec).write(folder)
    (folder / VERSION_FILE).write_text('{"version": 1}', "utf-8")
    return folder


@pytest.fixture
def trained_project(tiny_project, champion):
    shutil.copytree(champion, run_folder(tiny_project) / "champion")
    return tiny_project


def test_the_unbroken_project_has_no_problem(trained_project):
    for command in ("check", "score"):
        outcome = CliRunner().invoke(app, [command, "--project", str(trained_project)])
        assert outcome.exit_code == 0, outcome.stderr


@pytest.mark.parametrize("case", IN_A_PROJECT)
def test_a_problem_of_a_project_is_told_in_four_parts(tiny_project, case, asked):
    case.spoil(tiny_project)
    assert asked(tiny_project, *case.ask).strip() == case.text


@pytest.mark.parametrize("case", IN_A_PROJECT)
def test_a_program_reads_the_same_four_parts_as_json(tiny_project, case, asked):
    case.spoil(tiny_project)
    told = json.loads(asked(tiny_project, *case.ask, "--json"))
    assert {name: told["error"][name] for name in case.parts} == case.parts
    assert told["problems"] == [told["error"]]


@pytest.mark.parametrize("case", IN_A_PROJECT)
def test_a_notebook_raises_the_same_four_parts(tiny_project, case):
    case.spoil(tiny_project)
    with pytest.raises(LeadmlError) as caught:
        leadml.open(tiny_project).check()
    assert str(caught.value) == case.text


@pytest.mark.parametrize("case", AFTER_TRAINING)
def test_a_problem_of_a_score_is_told_in_four_parts(trained_project, case, asked):
    case.spoil(trained_project)
    assert asked(trained_project, *case.ask).strip() == case.text
    told = json.loads(asked(trained_project, *case.ask, "--json"))
    assert {name: told["error"][name] for name in case.parts} == case.parts


def test_the_demo_takes_the_place_of_no_other_history(tiny_project, asked):
    before = {path: path.read_bytes() for path in tiny_project.rglob("*") if path.is_file()}
    assert asked(tiny_project, "demo", "--leads", "200", "--months", "6").strip().endswith(
        "This project's history lies in 'data', not in .leadml/demo.\n"
        "  Why:   The demo writes made-up files there and would take the place of real ones.\n"
        "  Where: history.yaml, folder\n"
        "  Fix:   Run leadml demo in a copy of the project at the root of leadml's repository; "
        "for your own history run leadml train."
    )  # fmt: skip
    assert {path: path.read_bytes() for path in tiny_project.rglob("*") if path.is_file()} == before


def test_a_ledger_that_is_none_is_told_before_anything_is_served(trained_project, asked):
    write(".leadml/ledger.db", "this is no ledger\n" * 100)(trained_project)
    assert asked(trained_project, "serve").strip() == (
        "The ledger of answers cannot be used: file is not a database\n"
        "  Why:   An answer is stored before it is given, so none is given.\n"
        "  Where: ledger.db\n"
        "  Fix:   Check that the file is leadml's own, can be written and has room; if it is damaged, "
        "move it away and leadml makes a new one."
    )
    assert (trained_project / ".leadml" / "ledger.db").read_text("utf-8").startswith("this is no ledger")


@pytest.mark.parametrize(("command", "code"), [("score", "no_champion"), ("serve", "no_champion")])
def test_what_needs_a_model_says_that_there_is_none(tiny_project, command, code, asked):
    told = json.loads(asked(tiny_project, command, "--json"))
    assert told["error"]["code"] == code
    assert told["error"]["fix"] == "Run leadml train first."


@pytest.mark.parametrize("command", ["train", "compare"])
def test_what_needs_more_history_says_so(tiny_project, command, asked):
    told = json.loads(asked(tiny_project, command, "--json"))
    assert told["error"]["code"] == "too_few_outcomes"


@pytest.mark.parametrize("command", ["check", "train", "compare", "score", "serve", "demo"])
def test_every_command_says_that_a_folder_is_no_project(tmp_path, command, asked):
    assert json.loads(asked(tmp_path, command, "--json"))["error"]["code"] == "no_project"


@pytest.mark.parametrize("case", [*IN_A_PROJECT, *AFTER_TRAINING])
def test_the_four_parts_are_told_in_japanese_too(trained_project, case, asked):
    case.spoil(trained_project)
    english = json.loads(asked(trained_project, *case.ask, "--json"))["error"]
    japanese = json.loads(asked(trained_project, *case.ask, "--json", "--language", "ja"))["error"]
    assert (japanese["code"], japanese["where"]) == (english["code"], english["where"])
    for part in ("what", "why", "fix"):
        assert any(ord(letter) > 0x3000 for letter in japanese[part]), japanese[part]


def test_problems_of_several_files_are_told_in_one_run(tiny_project, asked):
    change("history.yaml", "folder: data", "folder: data\ntimezone: UTC")(tiny_project)
    change("models/rules.yaml", "points: 15", "points: fifteen")(tiny_project)
    write("features/fit.yaml", b"\xff\xfe")(tiny_project)
    remove("models/readiness.yaml")(tiny_project)
    write("sla.yaml", "version: [\n")(tiny_project)
    told = json.loads(asked(tiny_project, "check", "--json"))
    assert told["error"]["what"] == "5 problems were found."
    assert [(problem["code"], problem["where"]) for problem in told["problems"]] == [
        ("unknown_key", "history.yaml, line 2, timezone"),
        ("not_utf8", "features/fit.yaml, line 1"),
        ("wrong_type", "models/rules.yaml, line 4, rules[0].points"),
        ("missing_file", "models/readiness.yaml"),
        ("not_yaml", "sla.yaml, line 2"),
    ]
    text = asked(tiny_project, "check")
    assert all(f"  Where: {problem['where']}\n  Fix:   {problem['fix']}" in text for problem in told["problems"])


def test_problems_of_several_tables_are_told_in_one_run(tiny_project, asked):
    change("data/leads.csv", "2026-01-05T09:00:00Z", "soon")(tiny_project)
    change("data/deals.csv", "12000.5", "NaN")(tiny_project)
    change("history.yaml", "lifecycle_stage: stage", "lifecycle_stage: stages")(tiny_project)
    told = json.loads(asked(tiny_project, "check", "--json"))
    assert [(problem["code"], problem["where"]) for problem in told["problems"]] == [
        ("not_a_time", "leads.csv, column created, line 2 (1 in all)"),
        ("unknown_column", "history.yaml, tables.stage_changes[0], file stages.csv"),
        ("not_a_number", "deals.csv, column amount, line 2 (1 in all)"),
    ]


def test_a_problem_ends_a_process_with_a_code_and_nothing_on_standard_output(tiny_project):
    change("data/activities.csv", "2026-01-06T10:00:00Z", "2026-01-06T10:00:00")(tiny_project)
    command = [sys.executable, "-m", "leadml.cli.main", "check", "--json", "--project", tiny_project]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"TERM": "dumb"})
    assert (done.returncode, done.stdout) == (EXIT_WITH_PROBLEMS, "")
    assert json.loads(done.stderr)["error"]["code"] == "time_without_zone"


def test_an_address_that_is_taken_is_told_in_four_parts():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(LeadmlError) as caught:
        _check_free("127.0.0.1", taken.getsockname()[1])
    assert caught.value.code == "no_such_address"
    assert "cannot be served: Address already in use." in caught.value.part("what")
    assert caught.value.part("fix") == "Choose another --port or --host, or stop the other program."
