"""The files read as if a person wrote them, keep what a person wrote, and do not change when written again."""

import shutil
from pathlib import Path

import pytest

from leadml.crm_rules.hubspot import Configuration, Rule, read_score
from leadml.crm_rules.importing import import_score
from leadml.crm_rules.names import NamesSpec
from leadml.crm_rules.writing import planned, write
from leadml.errors import LeadmlError
from leadml.specs.project_spec import read_project
from leadml.specs.reading import read_specification
from leadml.specs.rules_spec import RulesSpec
from leadml.specs.yaml_text import rules_text

TESTS = Path(__file__).parents[2]
SCORES = ("hubspot_score.json", "hubspot_richer_score.json")


@pytest.fixture
def project(tmp_path):
    folder = shutil.copytree(TESTS / "tiny_project", tmp_path / "project")
    (folder / "models" / "rules.yaml").unlink()
    return folder


def imported_into(folder, name="hubspot_score.json"):
    score = read_score(TESTS / "data" / name, shown_as=name)
    return import_score(score, read_project(folder), NamesSpec(), file=name)


def files_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.yaml")}


@pytest.mark.parametrize("name", SCORES)
def test_importing_twice_gives_no_difference(name, project):
    write(planned(imported_into(project, name), project), project)
    once = files_of(project)
    again = planned(imported_into(project, name), project)
    assert again == []
    write(again, project)
    assert files_of(project) == once


def test_the_rules_read_as_a_person_writes_them(project):
    write(planned(imported_into(project), project), project)
    assert (project / "models" / "rules.yaml").read_text("utf-8") == (
        "# The rules of the CRM's lead score 'Rule-based SQL score'; written by leadml rules import.\n"
        "rules:\n"
        "  - name: industry_computer_software_or_internet\n"
        "    group: company_fit\n"
        "    when: {feature: industry, any_of: [COMPUTER_SOFTWARE, INTERNET]}\n"
        "    points: 20\n"
        '    because: {en: "Industry: Computer software or Internet", ja: 業種：Computer softwareまたはInternet}\n'
        "  - name: employees_and_country\n"
        "    group: company_fit\n"
        "    when: {all: [{feature: employees, between: [200, 1000]}, {feature: country, is: Germany}]}\n"
        "    points: 30\n"
        '    because: {en: "Employees of the company: 200 to 1,000, and Country: Germany", '
        'ja: "従業員数：200～1,000、かつ国：Germany"}\n'
        "  - name: form_submissions_30d\n"
        "    group: engagement\n"
        "    when: {feature: form_submissions_30d}\n"
        "    steps: [{at_least: 1, points: 10}, {at_least: 3, points: 20}]\n"
        "    decay: {since: days_since_form_submission, percent: 50, every_days: 30}\n"
        "    because: {en: Submitted a form in the last 30 days, ja: 直近30日間にフォームを送信}\n"
        "groups:\n"
        "  - {name: company_fit, label: {en: Company fit, ja: 適合度（Company fit）}, category: fit, "
        "at_least: 0, at_most: 50}\n"
        "  - {name: engagement, label: {en: Engagement, ja: 行動（Engagement）}, category: engagement, "
        "at_least: 0, at_most: 50}\n"
        "categories: {fit: {at_most: 50}, engagement: {at_most: 50}}\n"
        "total: {at_least: 0, at_most: 100}\n"
        "grade:\n"
        "  fit: {A: 35, B: 15, C: 0}\n"
        '  engagement: {"1": 35, "2": 15, "3": 0}\n'
    )


def test_features_are_added_behind_those_that_are_there_and_all_else_stays(project):
    path = project / "features" / "engagement.yaml"
    before = path.read_bytes().replace(b"features:", b"features:  # in this order").rstrip() + b"\n# the end\n"
    path.write_bytes(before)
    write(planned(imported_into(project), project), project)
    after = path.read_bytes()
    assert after.startswith(before)
    assert b"  - name: form_submissions_30d\n" in after
    assert b"table: activities" not in after[len(before) :]  # the file says it
    assert [feature.name for feature in read_project(project).features] == [
        "employees", "industry", "country", "pricing_page_views_30d", "form_submissions_30d",
        "days_since_form_submission",
    ]  # fmt: skip


def test_lines_of_windows_stay_so(project):
    path = project / "features" / "engagement.yaml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    write(planned(imported_into(project), project), project)
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n")
    assert planned(imported_into(project), project) == []


def test_a_theme_without_a_file_gets_one(project):
    (project / "features" / "engagement.yaml").unlink()
    names = [file.name for file in planned(imported_into(project), project)]
    assert names == ["features/fit.yaml", "features/engagement.yaml", "models/rules.yaml"]
    write(planned(imported_into(project), project), project)
    read_project(project)
    assert planned(imported_into(project), project) == []


def test_a_rule_for_every_lead_reads_the_same_feature_when_its_theme_is_new(project):
    (project / "features" / "fit.yaml").unlink()
    score = read_score(TESTS / "data" / "hubspot_score.json", shown_as="score.json")
    (first, *others) = score.group_configs
    constant = Configuration(calculation={"type": "CONSTANT", "value": 1})
    rules = (Rule(id="r0", configuration=constant), *first.rule_configurations)
    group = first.model_copy(update={"rule_configurations": rules})
    for _ in range(2):
        changed = score.model_copy(update={"group_configs": (group, *others)})
        files = planned(import_score(changed, read_project(project), NamesSpec(), file="score.json"), project)
        write(files, project)
    assert files == []


def test_a_file_of_features_that_does_not_end_with_its_list_is_left_alone(project):
    path = project / "features" / "fit.yaml"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([lines[0], *lines[2:], lines[1], ""]), "utf-8")
    before = files_of(project)
    with pytest.raises(LeadmlError) as caught:
        planned(imported_into(project), project)
    assert (caught.value.code, caught.value.where) == ("cannot_add_features", "features/fit.yaml")
    assert files_of(project) == before


@pytest.mark.parametrize(
    "text", ["yes", "Null", "1e3", "2026-01-01", "a: b", "- a", "#a", "'", '"', "", " a", "{x}", "a\n"]
)
def test_any_word_is_read_as_it_was_written(text, tmp_path):
    when, because = {"feature": "country", "is": text}, {"en": text, "ja": "国"}
    rule = {"name": "odd", "when": when, "points": 0.125, "because": because}
    rules = RulesSpec.model_validate({"rules": (rule,)})
    path = tmp_path / "rules.yaml"
    path.write_text(rules_text(rules, head="Odd words."), "utf-8")
    assert read_specification(RulesSpec, path, shown_as="rules.yaml") == rules


def test_long_reasons_take_several_lines(tmp_path):
    because = {"en": "word " * 30 + "end", "ja": "語" * 90}
    rule = {"name": "long", "when": {"feature": "a", "at_least": 1.0}, "points": 5.0, "because": because}
    text = rules_text(RulesSpec.model_validate({"rules": (rule,)}), head="Long.")
    assert "    because:\n      en: word" in text
