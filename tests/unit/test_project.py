"""A project as a data scientist opens it in a notebook."""

import shutil

import numpy as np
import orjson
import pandas as pd
import pytest

import leadml
import leadml.project
from leadml.champion import VERSION_FILE
from leadml.clock import just_after, parse_instant, to_iso
from leadml.errors import LeadmlError, ProblemsError
from leadml.project import Project
from leadml.score_tables import scores_frame
from leadml.training import train

AS_OF = "2025-10-01T00:00:00Z"


@pytest.fixture(scope="module")
def project(demo_project, demo_model, tmp_path_factory):
    """Open a copy of the demo project with its champion in place, as training leaves it."""
    folder = shutil.copytree(demo_project.folder, tmp_path_factory.mktemp("opened") / "project")
    demo_model.write(folder / ".leadml" / "champion")
    (folder / ".leadml" / "champion" / VERSION_FILE).write_bytes(orjson.dumps({"version": 4}))
    return leadml.open(folder)


def test_the_training_set_is_a_table_with_one_row_a_snapshot(project, demo_training_set):
    frame = project.training_set().to_frame()
    pd.testing.assert_frame_equal(frame, demo_training_set.to_frame())
    assert frame.columns[:3].tolist() == ["lead_id", "as_of", "age"]
    assert frame.columns[-2:].tolist() == ["ready", "weight"]


def test_the_champion_is_the_model_in_place_with_its_version(project, demo_model):
    champion = project.champion()
    assert champion.version == 4
    assert champion.readiness == demo_model.readiness


def test_all_open_leads_are_scored_readiest_first(project):
    scores = project.score(as_of=AS_OF)
    assert len(scores) > 50
    order = [(-score.explanation.unclipped, score.lead_id) for score in scores]
    assert order == sorted(order)
    assert {score.as_of for score in scores} == {parse_instant(AS_OF, where="tests")}
    # A stage that only the CRM has a word for closes nothing.
    assert {score.lifecycle_stage for score in scores} <= {"subscriber", "lead", "mql", "evangelist"}


def test_named_leads_are_scored_in_the_order_asked_for_open_or_not(project):
    scores = project.score(as_of=AS_OF)
    asked = [scores[5].lead_id, scores[0].lead_id]
    assert project.score(asked, as_of=AS_OF) == [scores[5], scores[0]]
    gone_on = [
        score.lead_id for score in project.score(list(project.history.lead_ids)) if score.lifecycle_stage == "customer"
    ]
    assert [score.lead_id for score in project.score(gone_on[:3])] == gone_on[:3]


def test_an_instant_may_be_given_as_text_or_as_microseconds(project):
    assert project.score(as_of=parse_instant(AS_OF, where="tests")) == project.score(as_of=AS_OF)


def test_without_an_instant_leads_are_scored_just_after_the_last_known_fact(project):
    assert project.score()[0].as_of == just_after([project.history.known_until])


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        ("2020-01-01T00:00:00Z", "as_of_before_history"),
        ("9999-01-01T00:00:00Z", "as_of_in_future"),
        ("2025-10-01T00:00:00", "time_without_zone"),
        ("yesterday", "not_a_time"),
    ],
)
def test_an_instant_that_cannot_be_scored_is_refused(as_of, code, project):
    with pytest.raises(LeadmlError) as caught:
        project.score(as_of=as_of)
    assert (caught.value.code, caught.value.where) == (code, "--as-of")


def test_leads_that_are_not_there_are_refused_together(project):
    with pytest.raises(ProblemsError) as caught:
        project.score(["nobody", "no one"], as_of=AS_OF)
    assert [problem.code for problem in caught.value.problems] == ["unknown_lead", "unknown_lead"]


def test_without_a_champion_nothing_is_scored(demo_project):
    with pytest.raises(LeadmlError) as caught:
        demo_project.score(as_of=AS_OF)
    assert caught.value.code == "no_champion"


def test_data_may_lie_elsewhere(project, tmp_path):
    elsewhere = shutil.copytree(project.data, tmp_path / "elsewhere")
    other = leadml.open(project.folder, data=elsewhere)
    assert other.score(as_of=AS_OF) == project.score(as_of=AS_OF)
    with pytest.raises(ProblemsError):
        _ = leadml.open(project.folder, data=tmp_path / "nowhere").history


def test_comparing_in_a_notebook_is_comparing_the_recipe(project):
    comparison = project.compare()
    assert comparison.overall("auc").first.value > 0.5
    assert comparison == project.compare()


def test_each_step_is_told_before_it_begins(project):
    told = []
    Project(project.folder, on_progress=told.append).score(as_of=AS_OF)
    assert told[-1] == "score"
    assert "activities" in told


def test_scores_are_laid_out_one_row_a_lead(project):
    scores = project.score(as_of=AS_OF)[:20]
    frame = scores_frame(scores)
    assert frame["lead_id"].tolist() == [score.lead_id for score in scores]
    assert frame["score"].tolist() == [score.score for score in scores]
    assert set(frame["as_of"]) == {to_iso(parse_instant(AS_OF, where="tests"))}
    assert set(frame["model"]) == {"readiness 4"}
    np.testing.assert_array_equal(frame["rules_score"], [score.rules.score for score in scores])
    assert [len(orjson.loads(effects)) for effects in frame["effects"]] == [5] * 20


def test_another_outcome_of_the_agreement_may_be_asked_for(customers):
    training_set = customers.training_set(outcome="customer_within_180_days")
    assert training_set.outcome == "customer_within_180_days"
    assert customers.training_set().outcome == "ready"
    with pytest.raises(LeadmlError, match="Did you mean 'customer_within_180_days'") as caught:
        customers.training_set(outcome="customer_within_90_days")
    assert (caught.value.code, caught.value.where) == ("unknown_outcome", "--outcome")


def test_who_is_scored_is_below_the_target_that_the_champion_learned(customers):
    """Whatever readiness.yaml chooses since: the model in place answers the question that it was taught."""
    stages = {}
    for name in ("ready", "customer_within_180_days"):
        model = train(customers.training_set(outcome=name), customers._learning(name))
        model.write(customers.folder / ".leadml" / "champion")
        (customers.folder / ".leadml" / "champion" / VERSION_FILE).write_bytes(orjson.dumps({"version": 1}))
        stages[name] = {score.lifecycle_stage for score in customers.score(as_of=AS_OF)}
    assert "sql" not in stages["ready"]
    assert "sql" in stages["customer_within_180_days"]
    assert "customer" not in stages["customer_within_180_days"]


@pytest.fixture
def customers(demo_project, tmp_path):
    """Open the demo project under an agreement with a further outcome."""
    folder = shutil.copytree(demo_project.folder, tmp_path / "project")
    agreement = (folder / "sla.yaml").read_text("utf-8")
    further = "  outcomes: {customer_within_180_days: {reach: customer, within_days: 180}}\n"
    (folder / "sla.yaml").write_text(agreement.replace("  lifecycle_stages:", f"{further}  lifecycle_stages:"), "utf-8")
    return leadml.open(folder)


def test_each_clock_of_the_snapshots_has_its_maturity(project):
    created, mql = project.maturity()
    assert [(curve.since, curve.reach) for curve in (created, mql)] == [("created", "sql"), ("mql", "sql")]
    # Who comes from MQL on needs less time than from creation on.
    assert 0 < mql.days_until(0.9) < created.days_until(0.9) < 100


def test_the_agreed_window_says_nothing_of_another_stage(project):
    (curve,) = project.maturity(since="sql", to="customer")
    assert (curve.since, curve.reach, curve.within_days, curve.hint) == ("sql", "customer", None, None)
    (same,) = project.maturity(since="mql", to="sql")
    assert same.within_days == 30


@pytest.mark.parametrize(("option", "known"), [("since", "created, customer, lead"), ("to", "customer, lead, mql")])
def test_a_stage_that_nobody_agreed_on_has_no_maturity(project, option, known):
    with pytest.raises(LeadmlError) as caught:
        project.maturity(**{option: "mqll"})
    assert (caught.value.code, caught.value.where) == ("unknown_word", f"--{option}")
    assert caught.value.part("fix").startswith(f"Did you mean 'mql'? Known here: {known}")
