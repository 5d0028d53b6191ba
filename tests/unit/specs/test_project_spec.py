import re

import pytest

from leadml.errors import LeadmlError, ProblemsError
from leadml.specs.project_spec import fingerprint, meaning_of, read_project


def change(file, old, new):
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def problems_of(folder):
    with pytest.raises(LeadmlError) as caught:
        read_project(folder)
    return list(getattr(caught.value, "problems", (caught.value,)))


def test_the_four_definitions_of_a_project_are_read(tiny_project):
    spec = read_project(tiny_project)
    assert list(spec.history.tables.leads[0].attributes) == ["seniority"]
    assert [rule.name for rule in spec.rules.rules] == ["pricing_interest", "company_size"]
    assert [snapshot.age for snapshot in spec.readiness.snapshots] == ["created + 10 minutes", "mql + 0 days"]
    assert spec.agreement.version == "2026.1"


def test_themes_stand_in_the_order_of_the_glossary_not_of_the_alphabet(tiny_project):
    spec = read_project(tiny_project)
    assert [theme.theme for theme in spec.themes] == ["fit", "engagement"]
    assert [feature.name for feature in spec.features] == ["employees", "pricing_page_views_30d"]


@pytest.mark.parametrize("name", ["nowhere", "history.yaml"])
def test_a_folder_without_definitions_is_no_project(tiny_project, name):
    (problem,) = problems_of(tiny_project / name)
    assert (problem.code, problem.where) == ("no_project", name)
    assert problem.part("fix") == "Name the project's folder with --project."


def test_an_empty_folder_is_no_project(tmp_path):
    (problem,) = problems_of(tmp_path)
    assert problem.code == "no_project"


def test_every_missing_file_is_named_at_once(tiny_project):
    for name in ("history.yaml", "models/rules.yaml", "models/readiness.yaml", "features/fit.yaml"):
        (tiny_project / name).unlink()
    (tiny_project / "features" / "engagement.yaml").unlink()
    assert [(problem.code, problem.values["file"]) for problem in problems_of(tiny_project)] == [
        ("missing_file", "history.yaml"),
        ("missing_file", "features/*.yaml"),
        ("missing_file", "models/readiness.yaml"),
    ]


def test_a_team_may_have_written_no_rules_yet(tiny_project):
    (tiny_project / "models" / "rules.yaml").write_text("rules: []\n", "utf-8")
    of_empty_list = read_project(tiny_project)
    (tiny_project / "models" / "rules.yaml").unlink()
    assert read_project(tiny_project) == of_empty_list
    assert of_empty_list.rules.rules == ()


def test_rules_under_another_ending_are_not_taken_for_none(tiny_project):
    (tiny_project / "models" / "rules.yaml").rename(tiny_project / "models" / "rules.yml")
    (problem,) = problems_of(tiny_project)
    assert (problem.code, problem.where) == ("yaml_ending", "models/rules.yml")
    assert "rules.yaml" in problem.part("fix")


def test_problems_of_several_files_are_reported_together(tiny_project):
    change(tiny_project / "history.yaml", "folder: data", "folder: 7\ntimezone: UTC")
    change(tiny_project / "features" / "fit.yaml", "theme: fit", "theme: fitness")
    (tiny_project / "models" / "rules.yaml").write_bytes(b"\xff\xfe")
    (tiny_project / "sla.yaml").write_text("- a list\n", "utf-8")
    with pytest.raises(ProblemsError) as caught:
        read_project(tiny_project)
    assert [(problem.code, problem.where) for problem in caught.value.problems] == [
        ("wrong_type", "history.yaml, line 1, folder"),
        ("unknown_key", "history.yaml, line 2, timezone"),
        ("wrong_type", "features/fit.yaml, line 1, theme"),
        ("not_utf8", "models/rules.yaml, line 1"),
        ("wrong_type", "sla.yaml"),
    ]


def test_a_rule_over_an_unknown_feature_names_the_nearest(tiny_project):
    change(tiny_project / "models" / "rules.yaml", "feature: employees", "feature: employes")
    (problem,) = problems_of(tiny_project)
    assert (problem.code, problem.where) == ("unknown_feature", "models/rules.yaml, rules[1] company_size")
    assert problem.part("fix") == "Did you mean 'employees'? Known features: employees, pricing_page_views_30d."


def test_a_snapshot_since_an_unknown_stage_names_the_stages(tiny_project):
    change(tiny_project / "models" / "readiness.yaml", "since: mql", "since: MQL")
    (problem,) = problems_of(tiny_project)
    assert (problem.code, problem.where) == ("unknown_word", "models/readiness.yaml, snapshots[1].since")
    assert problem.part("fix").endswith("Known here: created, customer, lead, mql, sql.")


def test_an_outcome_that_the_agreement_does_not_define_names_the_nearest(tiny_project):
    change(tiny_project / "models" / "readiness.yaml", "snapshots:", "outcome: raedy\nsnapshots:")
    (problem,) = problems_of(tiny_project)
    assert (problem.code, problem.where) == ("unknown_outcome", "models/readiness.yaml, outcome")
    assert problem.part("fix").startswith("Did you mean 'ready'? Known outcomes: ready;")


def test_a_feature_defined_in_two_themes_is_an_error(tiny_project):
    change(tiny_project / "features" / "fit.yaml", "name: employees", "name: pricing_page_views_30d")
    change(tiny_project / "models" / "rules.yaml", "feature: employees", "feature: pricing_page_views_30d")
    (problem,) = problems_of(tiny_project)
    assert (problem.code, problem.values["name"]) == ("named_twice", "pricing_page_views_30d")


@pytest.mark.parametrize("name", ["worked", "age", "employees"])
def test_an_outcome_named_as_a_column_of_the_rows_is_an_error(name, tiny_project):
    outcome = f"definitions:\n  outcomes:\n    {name}: {{reach: customer, within_days: 180}}\n"
    change(tiny_project / "sla.yaml", "definitions:\n", outcome)
    (problem,) = problems_of(tiny_project)
    assert (problem.code, problem.where) == ("outcome_name_taken", f"sla.yaml, definitions, {name}")
    assert problem.part("what", "ja").startswith(f"成果「{name}」")


def test_a_feature_may_be_named_as_a_column_of_the_rows(tiny_project):
    change(tiny_project / "features" / "fit.yaml", "name: employees", "name: age")
    change(tiny_project / "models" / "rules.yaml", "feature: employees", "feature: age")
    assert "age" in [feature.name for feature in read_project(tiny_project).features]


def test_two_files_of_one_theme_are_an_error(tiny_project):
    (tiny_project / "features" / "fit2.yaml").write_text(
        (tiny_project / "features" / "fit.yaml").read_text("utf-8").replace("name: employees", "name: staff"), "utf-8"
    )
    (problem,) = problems_of(tiny_project)
    assert (problem.code, problem.values["name"]) == ("named_twice", "fit")
    assert "features/fit2.yaml" in problem.where


def test_a_fingerprint_sees_content_not_the_order_of_writing():
    assert fingerprint({"a": 1, "b": [1, 2]}) == fingerprint({"b": [1, 2], "a": 1})
    assert fingerprint({"a": 1, "b": [1, 2]}) != fingerprint({"a": 1, "b": [2, 1]})


def test_a_comment_does_not_change_what_the_teams_agreed(tiny_project):
    before = read_project(tiny_project).agreement.definitions.model_dump(mode="json")
    change(tiny_project / "sla.yaml", "definitions:", "definitions: # what we mean")
    after = read_project(tiny_project).agreement.definitions.model_dump(mode="json")
    assert fingerprint(after) == fingerprint(before)


def test_two_agreements_that_differ_in_labels_mean_the_same(tiny_project):
    before = meaning_of(read_project(tiny_project).agreement.definitions)
    sla = tiny_project / "sla.yaml"
    text = sla.read_text(encoding="utf-8")
    label = re.search(r"ja: (\S+?)[,}]", text).group(1)
    sla.write_text(text.replace(label, "別の名前"), encoding="utf-8")
    assert meaning_of(read_project(tiny_project).agreement.definitions) == before


def test_an_agreement_that_means_something_else_is_another_one(tiny_project):
    before = meaning_of(read_project(tiny_project).agreement.definitions)
    sla = tiny_project / "sla.yaml"
    text = sla.read_text(encoding="utf-8")
    changed = re.sub(r"within_days: \d+", "within_days: 45", text, count=1)
    assert changed != text
    sla.write_text(changed, encoding="utf-8")
    assert meaning_of(read_project(tiny_project).agreement.definitions) != before


def leaving_out(tiny_project, *names):
    with (tiny_project / "models" / "readiness.yaml").open("a", encoding="utf-8") as file:
        file.write(f"leave_out: [{', '.join(names)}]\n")
    return read_project(tiny_project)


def test_a_feature_that_is_left_out_is_there_and_not_learned_from(tiny_project):
    rules = tiny_project / "models" / "rules.yaml"
    rules.write_text(rules.read_text("utf-8").partition("  - name: company_size")[0], "utf-8")
    spec = leaving_out(tiny_project, "employees")
    assert [feature.name for feature in spec.features] == ["employees", "pricing_page_views_30d"]
    assert [feature.name for feature in spec.learned_features] == ["pricing_page_views_30d"]
    assert [theme.theme for theme in spec.learned_themes] == ["engagement"]  # a theme without features is none


@pytest.mark.parametrize(
    ("name", "code", "fix"),
    [
        ("employes", "unknown_word", "Did you mean 'employees'?"),
        ("pricing_page_views_30d", "left_out_in_rule", "Take 'pricing_page_views_30d' out of leave_out"),
    ],
)
def test_what_is_left_out_must_be_there_and_no_rule_may_need_it(tiny_project, name, code, fix):
    with pytest.raises(LeadmlError) as caught:
        leaving_out(tiny_project, name)
    assert (caught.value.code, caught.value.where) == (code, "models/readiness.yaml, leave_out[0]")
    assert fix in caught.value.part("fix")


def test_not_everything_can_be_left_out(tiny_project):
    (tiny_project / "models" / "rules.yaml").unlink()
    names = [feature.name for feature in read_project(tiny_project).features]
    with pytest.raises(LeadmlError) as caught:
        leaving_out(tiny_project, *names)
    assert (caught.value.code, caught.value.where) == ("all_left_out", "models/readiness.yaml, leave_out")


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "near"),
    [
        ("history.yaml", "folder: data", "folder: data\ntime_zone: Europe/Berln", "line 2, time_zone", "Europe/Berlin"),
        ("history.yaml", "folder: data", "folder: data\ndirty_rows: quarantin", "line 2, dirty_rows", "quarantine"),
        ("features/fit.yaml", "theme: fit", "theme: fitt", "line 1, theme", "fit"),
        (
            "features/fit.yaml",
            "    of: company\n",
            "    of: company\n    values: categry\n",
            "line 9, features[0].values",
            "category",
        ),
    ],
)
def test_of_a_few_words_the_nearest_is_named(tiny_project, file, old, new, where, near):
    text = (tiny_project / file).read_text("utf-8")
    (tiny_project / file).write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(LeadmlError) as caught:
        read_project(tiny_project)
    every = getattr(caught.value, "problems", (caught.value,))
    (problem,) = [problem for problem in every if problem.code == "wrong_type"]
    assert problem.where == f"{file}, {where}"
    assert problem.part("fix").startswith(f"Did you mean '{near}'? ")
    assert problem.part("fix", "ja").startswith(f"「{near}」")


def agree(folder, name, version, begins, ends=""):
    """Write a further agreement beside sla.yaml, which holds from 2026-01-01 on."""
    text = (folder / "sla.yaml").read_text("utf-8").replace("2026.1", version)
    text = text.replace("valid_from: 2026-01-01", f"valid_from: {begins}" + (f"\nvalid_to: {ends}" if ends else ""))
    (folder / "agreements").mkdir(exist_ok=True)
    (folder / "agreements" / name).write_text(text, "utf-8")


def test_agreements_of_other_times_are_read_beside_that_of_today(tiny_project):
    assert read_project(tiny_project).other_agreements == ()
    agree(tiny_project, "2024.yaml", "2024.1", "2024-01-01")
    agree(tiny_project, "2025.yaml", "2025.1", "2025-01-01", "2025-12-31")
    agree(tiny_project, "2027.yaml", "2027.1", "2027-01-01")
    spec = read_project(tiny_project)
    assert spec.agreement.version == "2026.1"
    assert [other.version for other in spec.other_agreements] == ["2024.1", "2025.1", "2027.1"]


def test_agreements_that_overlap_are_refused(tiny_project):
    agree(tiny_project, "2025.yaml", "2025.1", "2025-01-01", "2026-01-01")
    (problem,) = problems_of(tiny_project)
    assert (problem.code, problem.where) == ("overlapping_agreements", "sla.yaml, valid_from")
    assert problem.part("what") == (
        "Agreement 2026.1 begins on 2026-01-01, and 2025.1 (agreements/2025.yaml) holds at least to 2026-01-01."
    )


def test_every_overlap_is_told_whichever_agreements_begin_between(tiny_project):
    agree(tiny_project, "long.yaml", "2023.1", "2023-01-01", "2026-01-01")
    agree(tiny_project, "spring.yaml", "2024.1", "2024-01-01", "2024-03-01")
    agree(tiny_project, "summer.yaml", "2024.2", "2024-06-01", "2024-07-01")
    told = [(problem.values["version"], problem.values["other"]) for problem in problems_of(tiny_project)]
    assert told == [("2023.1", "2024.1"), ("2023.1", "2024.2"), ("2023.1", "2026.1")]


def test_agreements_that_begin_on_one_day_overlap(tiny_project):
    agree(tiny_project, "new.yaml", "2026.2", "2026-01-01")
    (problem,) = problems_of(tiny_project)
    assert (problem.code, problem.where) == ("overlapping_agreements", "agreements/new.yaml, valid_from")


def test_problems_of_further_agreements_are_told_with_all_others(tiny_project):
    agree(tiny_project, "2025.yaml", "2026.1", "2025-01-01")
    agree(tiny_project, "2024.yaml", "2024.1", "2024-01-01", "2023-01-01")
    (tiny_project / "agreements" / "2023.yml").write_text("", "utf-8")
    assert sorted((problem.code, problem.where) for problem in problems_of(tiny_project)) == [
        ("ends_before_it_begins", "agreements/2024.yaml, line 3, valid_to"),
        ("named_twice", "agreements/2025.yaml, version"),
        ("yaml_ending", "agreements/2023.yml"),
    ]


def test_a_day_that_does_not_exist_is_told_in_every_file_at_once(tiny_project):
    names = ("history.yaml", "features/fit.yaml", "models/readiness.yaml", "sla.yaml")
    for name in names:
        file = tiny_project / name
        file.write_text(file.read_text("utf-8") + "until: 2026-02-30\nroam: x\n", "utf-8")
    told = [(problem.code, problem.where.partition(",")[0]) for problem in problems_of(tiny_project)]
    assert sorted(told) == sorted(("unknown_key", name) for name in names for _ in ("until", "roam"))
