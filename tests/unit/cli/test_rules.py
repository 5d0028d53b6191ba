"""What `leadml rules` writes, refuses and says."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from leadml.cli.main import app

WIDE = {"COLUMNS": "200", "TERM": "dumb", "NO_COLOR": "1"}
SCORE = Path(__file__).parents[2] / "data" / "hubspot_score.json"
ONE_RULE = """
rules:
  - name: ours
    when: {feature: pricing_page_views_30d}
    points_per_unit: 3
    because: {en: Looked at prices, ja: 料金ページを閲覧}
"""


def run(*words, project):
    return CliRunner().invoke(app, ["rules", *words, "--project", str(project)], env=WIDE)


def said(*words, project, exit_code=0):
    shown = run(*words, project=project)
    assert shown.exit_code == exit_code, shown.stderr
    return shown.stdout or shown.stderr


def texts_of(project):
    return {path: path.read_bytes() for path in project.rglob("*.yaml")}


@pytest.fixture
def names(tmp_path):
    path = tmp_path / "names.yaml"
    path.write_text('segments: {42: {attribute: partner, is: "yes", en: Is a partner, ja: パートナー}}\n', "utf-8")
    return path


def test_rules_of_a_person_are_not_replaced_unasked(tiny_project):
    before = texts_of(tiny_project)
    shown = said("import", str(SCORE), project=tiny_project, exit_code=2)
    assert "models/rules.yaml holds other rules than those to be imported." in shown
    assert "--replace" in shown
    assert texts_of(tiny_project) == before


def test_an_import_says_what_it_wrote_and_what_it_could_not(tiny_project):
    shown = said("import", str(SCORE), "--replace", project=tiny_project)
    assert "3 of its rules imported, as 3 of ours; disabled and left out: 0; not imported: 2." in shown
    assert "New feature in features/engagement.yaml: form_submissions_30d" in shown
    assert "Written: features/fit.yaml, features/engagement.yaml, models/rules.yaml" in shown
    assert "Not imported (2):" in shown
    assert "r4: The rule asks for members of segment 42, and nobody says who they are." in shown
    assert "segments: {42: {attribute: NAME, is: WORD, en: ..., ja: ...}}" in shown
    assert "o2: The output of type 'THRESHOLD' is no part of rules.yaml." in shown


def test_a_second_import_changes_nothing_and_needs_no_leave(tiny_project, names):
    said("import", str(SCORE), "--names", str(names), "--replace", project=tiny_project)
    before = texts_of(tiny_project)
    shown = said("import", str(SCORE), "--names", str(names), project=tiny_project)
    assert "Nothing has changed" in shown
    assert texts_of(tiny_project) == before


def test_a_dry_run_shows_the_files_and_writes_none(tiny_project):
    before = texts_of(tiny_project)
    shown = said("import", str(SCORE), "--dry-run", project=tiny_project)
    assert "This would be models/rules.yaml:" in shown
    assert "This would be added to features/fit.yaml:" in shown
    assert "name: employees\n" not in shown  # it is there already
    assert "when: {feature: industry, any_of: [COMPUTER_SOFTWARE, INTERNET]}" in shown
    assert texts_of(tiny_project) == before


def test_an_import_in_json_counts_and_lists_everything(tiny_project, names):
    told = orjson.loads(said("import", str(SCORE), "--names", str(names), "--replace", "--json", project=tiny_project))
    assert (told["imported"], told["disabled"], told["written"]) == (["r1", "r2", "r3", "r4"], [], True)
    assert [(each["id"], each["code"]) for each in told["not_imported"]] == [("o2", "scoring_output")]
    assert told["rules"][-1] == "is_a_partner"
    assert told["files"][-1] == "models/rules.yaml"


def test_a_file_that_is_not_there_is_told_in_four_parts(tiny_project):
    shown = said("import", "nowhere.json", project=tiny_project, exit_code=2)
    assert "The file nowhere.json does not exist." in shown


def test_rules_are_listed_with_what_they_give(tiny_project):
    path = tiny_project / "models" / "rules.yaml"
    asks = "    when: {feature: employees, at_most: 1}\n    disqualifies: true\n"
    out = f"  - name: rival\n{asks}    because: {{en: A rival, ja: 競合}}\n"
    path.write_text(ONE_RULE.strip() + "\n" + out, "utf-8")
    told = CliRunner().invoke(app, ["rules", "--project", str(tiny_project)], env=WIDE).stdout
    (ours,) = [line for line in told.splitlines() if "ours" in line]
    assert "no limit" in ours
    assert "Looked at prices" in ours
    assert "rules out" in told
    in_json = CliRunner().invoke(app, ["rules", "--json", "--project", str(tiny_project)], env=WIDE).stdout
    assert [rule["name"] for rule in orjson.loads(in_json)["rules"]] == ["ours", "rival"]


def test_options_before_a_command_of_the_group_are_refused(tiny_project):
    told = CliRunner().invoke(app, ["rules", "--json", "check", "--project", str(tiny_project)], env=WIDE)
    assert told.exit_code == 2
    assert "write --json behind check" in told.stderr


def test_a_check_tells_what_rules_can_give_and_how_often_they_are_met(tiny_project):
    shown = said("check", project=tiny_project)
    assert "2 rules in 0 groups. Rule points lie between 0 and 25." in shown
    assert "over 5 leads at their last snapshot" in shown
    (company_size,) = [line for line in shown.splitlines() if "company_size" in line]
    assert "40 %" in company_size  # two of the five leads are of the company with 120 employees


def test_a_check_names_rules_that_see_nothing(tiny_project):
    said("import", str(SCORE), "--replace", project=tiny_project)
    shown = said("check", project=tiny_project)
    assert "Rule industry_computer_software_or_internet is met by no lead." in shown
    assert "Rule employees_and_country reads country, which no lead has a value of." in shown


def test_a_check_in_json_says_where_points_have_no_limit(tiny_project):
    (tiny_project / "models" / "rules.yaml").write_text(ONE_RULE, "utf-8")
    told = orjson.loads(said("check", "--json", project=tiny_project))
    assert (told["rules"], told["groups"], told["lowest"], told["highest"]) == (1, 0, 0, None)
    assert (told["leads"], told["not_seen"]) == (5, None)
    (rule,) = told["met"]
    assert (rule["rule"], rule["without_value"]) == ("ours", [])


def test_rules_can_be_checked_before_there_is_a_history(tiny_project):
    for path in (tiny_project / "data").iterdir():
        path.unlink()
    shown = said("check", project=tiny_project)
    assert "2 rules in 0 groups." in shown
    assert "No history was looked at: The data file leads.csv does not exist." in shown


def test_a_project_without_rules_says_so(tiny_project):
    (tiny_project / "models" / "rules.yaml").unlink()
    assert "There are no rules" in said("check", project=tiny_project)


def test_rules_that_contradict_each_other_are_refused_by_a_check(tiny_project):
    twice = ONE_RULE + ONE_RULE.replace("\nrules:\n", "").replace("ours", "theirs").replace(": 3", ": -3")
    (tiny_project / "models" / "rules.yaml").write_text(twice, "utf-8")
    shown = said("check", project=tiny_project, exit_code=2)
    assert "the rules ours and theirs ask the same, and one gives what the other takes" in shown
