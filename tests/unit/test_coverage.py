"""How much of a training set each feature sees, counted by hand; and which sees nothing at all."""

import shutil

import numpy as np
import orjson
import pytest
from typer.testing import CliRunner

from leadml.cli.main import app
from leadml.clock import parse_instant
from leadml.project import Project
from leadml.scoring import Scorer
from leadml.training import train
from leadml.wording.texts import say

AS_OF = parse_instant("2025-10-01T00:00:00Z", where="tests")


@pytest.fixture(scope="module")
def coverage(demo_project):
    return demo_project.coverage()


def of(coverage, name):
    return next(covered for covered in coverage.features if covered.feature.name == name)


def test_the_three_shares_of_each_feature_add_up(coverage, demo_training_set):
    assert (coverage.snapshots, coverage.leads) == (len(demo_training_set), demo_training_set.leads)
    learned = [covered.feature.name for covered in coverage.features if covered.learned]
    assert learned == list(demo_training_set.features.names)
    for covered in coverage.features:
        assert covered.with_value + covered.nothing + covered.missing == pytest.approx(1)


def test_a_count_has_a_value_where_a_fact_is_and_else_nothing(coverage, demo_training_set):
    covered = of(coverage, "pricing_views_30d")
    counts = demo_training_set.features.values[:, demo_training_set.features.names.index("pricing_views_30d")]
    assert covered.with_value == pytest.approx(np.average(counts > 0, weights=demo_training_set.weights))
    assert (covered.missing, covered.theme) == (0, "engagement")
    assert (covered.low, covered.usual) == (0, 1)
    assert covered.high > covered.usual


def test_no_change_of_pace_is_a_value_and_not_nothing(coverage, demo_training_set):
    """As many clicks this week as last is 0 as well; only facts can tell the two apart."""
    covered = of(coverage, "clicks_pace_7d")
    values = demo_training_set.features.values[:, demo_training_set.features.names.index("clicks_pace_7d")]
    assert covered.with_value > np.average(values != 0, weights=demo_training_set.weights) + 0.02


def test_a_recency_is_missing_where_nothing_happened(coverage):
    covered = of(coverage, "days_in_mql")
    assert covered.nothing == 0
    assert 0.1 < covered.missing < 0.6


def test_a_category_has_a_usual_word_and_no_range(coverage):
    covered = of(coverage, "lead_type")
    assert (covered.usual, covered.low, covered.high) == ("new_prospect", None, None)


@pytest.fixture
def broken_project(demo_project, tmp_path):
    """Ask for an activity that never occurs, and for one that occurs only where nothing is asked."""
    folder = shutil.copytree(demo_project.folder, tmp_path / "project")
    with (folder / "features" / "engagement.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "  - {name: webinars, label: {en: Webinars, ja: ウェビナー}, kind: count, "
            "where: {activity: webinar_atended}, when_nothing: 0}\n"
            "  - {name: early, label: {en: Downloads by email, ja: メール経由}, kind: count, "
            "where: {activity: content_downloaded, channel: email}, when_nothing: 0}\n"
        )
    return folder


def told(folder, *words):
    done = CliRunner().invoke(app, [*words, "--project", str(folder), "--json"])
    assert done.exit_code == 0, done.stderr
    return orjson.loads(done.stdout)


# The demo CRM has no durations, and nobody clicks there between MQL and SQL.
OF_THE_DEMO = [
    ("features/engagement.yaml", "feature_without_value", name)
    for name in ("minutes", "longest_90d", "mean_minutes_90d", "clicks_since_mql")
]
FOUND = [
    ("features/engagement.yaml", "word_never_occurs_near", "webinars"),
    *OF_THE_DEMO,
    ("features/engagement.yaml", "feature_without_value", "early"),
]


def findings_about_features(findings):
    return [
        (found["table"], found["key"], found["values"]["feature"])
        for found in findings
        if found["table"].startswith("features/")
    ]


def test_a_feature_that_sees_nothing_is_told_once_by_check_and_by_features(broken_project):
    for command in ("check", "features"):
        assert findings_about_features(told(broken_project, command)["findings"]) == FOUND


def test_what_the_demo_asks_for_occurs_and_what_it_lacks_is_told(coverage):
    told_of = [(found.table, found.key, found.values["feature"]) for found in coverage.findings]
    assert told_of == OF_THE_DEMO
    assert {of(coverage, name).with_value for _, _, name in OF_THE_DEMO} == {0}


def test_training_says_which_features_see_nothing(broken_project):
    training = Project(broken_project).train()
    assert [finding.values["feature"] for finding in training.findings] == [name for _, _, name in FOUND]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "'webinar_attended' occurs."), ("ja", "「webinar_attended」ならあります。")],
)
def test_the_nearest_word_that_occurs_is_named_in_both_languages(broken_project, language, said):
    asked = ["features", "--project", str(broken_project), "--theme", "engagement", "--language", language]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0
    assert said in done.stdout.replace("\n", " ").replace("  ", " ") or said in done.stdout.replace("\n", "")


def test_a_history_without_snapshots_is_checked_for_words_alone(tiny_project):
    (tiny_project / "models" / "readiness.yaml").write_text(
        (tiny_project / "models" / "readiness.yaml")
        .read_text()
        .replace("minutes: 10", "days: 9000")
        .replace("since: mql, days: 0", "since: mql, days: 9000")
    )
    features = tiny_project / "features" / "engagement.yaml"
    features.write_text(features.read_text().replace("activity: page_view", "activity: page_veiw"))
    (finding,) = Project(tiny_project)._of_features()
    assert (finding.key, finding.values["near"]) == ("word_never_occurs_near", "page_view")


def test_a_feature_left_out_of_learning_is_covered_and_not_learned_from(demo_project, tmp_path):
    project = Project(shutil.copytree(demo_project.folder, tmp_path / "project"))
    assert project.spec.readiness.leave_out == ("colleagues_visits_30d",)
    training_set = project.training_set()
    assert "colleagues_visits_30d" not in training_set.features.names
    covered = of(project.coverage(), "colleagues_visits_30d")
    assert (covered.learned, covered.with_value > 0) == (False, True)
    model = train(training_set, project.spec)
    assert model.readiness.names == training_set.features.names
    (score,) = Scorer(model, project.spec).score(project.history, project.history.lead_ids[:1], AS_OF)
    assert "colleagues_visits_30d" not in [
        line.feature for theme in score.explanation.themes for line in theme.features
    ]


def test_words_that_a_feature_reads_as_numbers_are_counted_with_an_example(tiny_project):
    """Companies of four leads, one of two has a word; then both, which is hardly a number at all."""
    companies = tiny_project / "data" / "companies.csv"
    text = companies.read_text("utf-8")
    companies.write_text(text.replace(",8\n", ",a few\n"), "utf-8")
    (finding,) = Project(tiny_project).check().findings
    assert (finding.table, finding.key, finding.count) == ("features/fit.yaml", "words_for_numbers", 2)
    assert finding.values == {"feature": "employees", "attribute": "employees", "known": "5", "example": "a few"}
    companies.write_text(text.replace(",8\n", ",a few\n").replace(",120\n", ",many\n"), "utf-8")
    (finding,) = Project(tiny_project).check().findings
    assert (finding.key, finding.count, finding.values["example"]) == ("words_for_numbers_nearly_all", 5, "many")
    for language in ("en", "ja"):
        assert "values: category" in say(f"finding.{finding.key}", language, count=finding.count, **finding.values)
