"""The audit as its user meets it: `leadml check` shows a leak, `leadml train` stops at it, or is told why not.

And on the real sets: an error on every column that shared/data marks as a leak, none on the sets without them.
"""

import csv
import importlib.util
import shutil
import sys
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from leadml.cli.main import app
from leadml.project import Project

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
NAME = "leads.outcome_note"

real_sets = pytest.mark.skipif(
    not (DATA / "bpi2012" / "events.csv.gz").is_file(),
    reason="no ../shared/data/bpi2012/events.csv.gz beside the repository; examples/bpi2012 says where to get it",
)


@pytest.fixture(scope="module")
def benchmark():
    """Borrow how benchmarks/audit.py reads the real sets."""
    described = importlib.util.spec_from_file_location("audit_benchmark", ROOT / "benchmarks" / "audit.py")
    module = importlib.util.module_from_spec(described)
    sys.modules[described.name] = module  # dataclasses look their module up
    sys.path.insert(0, str(ROOT / "benchmarks"))  # a benchmark finds what it shares with others beside it
    described.loader.exec_module(module)
    sys.path.remove(str(ROOT / "benchmarks"))
    yield module
    del sys.modules[described.name]


@pytest.fixture(scope="module")
def leaky(demo_run, tmp_path_factory):
    """Give the demo project one attribute that is filled in only for leads that were handed over."""
    folder = shutil.copytree(demo_run.folder, tmp_path_factory.mktemp("leaky") / "project")
    with (folder / ".leadml" / "demo" / "stage_changes.csv").open(encoding="utf-8", newline="") as file:
        handed = {row["lead_id"] for row in csv.DictReader(file) if row["lifecycle_stage"] == "salesqualifiedlead"}
    leads = folder / ".leadml" / "demo" / "leads.csv"
    head, *rows = leads.read_text("utf-8").splitlines()
    noted = [f"{row},{'sold' if row.split(',')[0] in handed else ''}" for row in rows]
    leads.write_text("\n".join([f"{head},outcome_note", *noted, ""]), "utf-8")
    spec = folder / "history.yaml"
    spec.write_text(
        spec.read_text("utf-8").replace("source: source}", "source: source, outcome_note: outcome_note}"), "utf-8"
    )
    return folder


@pytest.fixture(scope="module")
def ask(leaky):
    def run(*words, expect):
        done = CliRunner().invoke(app, [*words, "--project", str(leaky)])
        assert done.exit_code == expect, done.stdout + done.stderr
        return done

    return run


def test_check_shows_the_leak_and_says_so_in_its_exit_code(ask):
    shown = ask("check", expect=1).stdout
    assert "Errors: 1" in shown
    assert NAME in shown
    assert "│error" in shown.replace(" ", "")


def test_check_tells_the_leak_to_programs_too(ask):
    audit = orjson.loads(ask("check", "--json", expect=1).stdout)["audit"]
    (error,) = [finding for finding in audit["findings"] if finding["grade"] == "error"]
    assert (error["name"], error["code"], error["column"]) == (NAME, "only_when_ready", "outcome_note")
    assert error["values"]["leads"] == error["values"]["ready"] > 20
    assert set(error["what"]) == {"en", "ja"}
    assert [finding["grade"] for finding in audit["findings"]] == sorted(
        (finding["grade"] for finding in audit["findings"]), key=["error", "warning", "note"].index
    )


def test_check_speaks_japanese(ask):
    shown = ask("check", "--language", "ja", expect=1).stdout
    assert "リーク監査" in shown
    assert "エラー1件" in shown
    assert "Evidence" not in shown


def test_training_stops_at_the_leak_and_says_how_to_go_on(ask, leaky):
    before = Project(leaky).champion().version
    error = ask("train", expect=2).stderr
    assert f"Where: {NAME}" in error
    assert f"--accept-leak '{NAME}' --because" in error
    assert Project(leaky).champion().version == before


def test_an_accepted_leak_stands_in_the_recipe_with_its_reason(ask, leaky):
    because = "our clerks write it before the hand-over"
    done = ask("train", "--accept-leak", NAME, "--because", because, "--json", expect=0)
    (told,) = orjson.loads(done.stdout)["accepted_leaks"]
    (kept,) = Project(leaky).champion().recipe["accepted_leaks"]
    assert told == kept
    assert (kept["name"], kept["because"], kept["grade"]) == (NAME, because, "error")
    assert kept["values"]["leads"] > 20


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--accept-leak", "leads.outcom_note", "--because", "a slip"], f"Did you mean '{NAME}'?"),
        (["--accept-leak", NAME], "1 leaks are accepted, with 0 reasons."),
        (["--accept-leak", NAME, "--because", " "], "1 leaks are accepted, with 0 reasons."),
    ],
)
def test_an_acceptance_names_what_was_found_and_says_why(ask, words, said):
    assert said in ask("train", *words, expect=2).stderr


def test_a_history_of_which_nothing_can_be_learned_is_checked_all_the_same(tiny_project):
    stages = tiny_project / "data" / "stages.csv"
    head, *_ = stages.read_text("utf-8").splitlines()
    readiness = tiny_project / "models" / "readiness.yaml"
    lines = [line for line in readiness.read_text("utf-8").splitlines() if "since: created" not in line]
    readiness.write_text("\n".join([*lines, ""]), "utf-8")
    stages.write_text("\n".join([head, "L1,2026-05-01T00:00:00Z,customer", ""]), "utf-8")
    done = CliRunner().invoke(app, ["check", "--project", str(tiny_project)])
    assert done.exit_code == 0, done.stderr
    assert "No leakage audit, for there is no training set" in done.stdout


@real_sets
@pytest.mark.parametrize("macro", [True, False])
def test_the_length_of_the_call_is_a_leak_and_nothing_else_of_the_campaign(benchmark, macro):
    without = () if macro else benchmark.MACRO_OF_BANK
    assert benchmark.audit_bank(DATA, without=without).errors == {"duration"}
    assert benchmark.audit_bank(DATA, without=(*without, "duration")).errors == set()


@real_sets
def test_every_column_of_the_deals_is_a_leak_and_none_of_the_leads(benchmark):
    leaky, of_deals = benchmark.audit_olist(DATA, with_deals=True)
    assert leaky.errors == of_deals
    assert benchmark.audit_olist(DATA, with_deals=False)[0].errors == set()


@real_sets
def test_the_event_log_has_no_error_and_a_fair_note_on_the_amount(benchmark):
    report = benchmark.audit_bpi2012(DATA).report
    assert report.errors == ()
    notes = [finding for finding in report.findings if finding.name == "leads.amount_requested"]
    assert [finding.code for finding in notes] == ["without_history"]


@real_sets
def test_what_is_counted_over_the_finished_case_is_a_leak(benchmark):
    finished, counted = benchmark.audit_finished_cases(DATA)
    assert finished.errors == counted
