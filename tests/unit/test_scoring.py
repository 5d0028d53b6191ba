"""The single path of a score."""

import dataclasses
import shutil

import numpy as np
import pytest

from leadml.cli.tables import finding_lines
from leadml.clock import DAY, HOUR, to_iso
from leadml.errors import LeadmlError, ProblemsError
from leadml.project import Project
from leadml.scoring import Scorer
from leadml.service.answers import Answer
from leadml.snapshots import known_stage
from leadml.specs.rules_spec import RulesSpec
from leadml.training import train


@pytest.fixture(scope="module")
def instant(demo_history):
    return demo_history.known_until + 1


@pytest.fixture(scope="module")
def lead_id(demo_history):
    return demo_history.lead_ids[0]


def with_agreement(spec, **changed):
    return dataclasses.replace(spec, agreement=spec.agreement.model_copy(update=changed))


def test_a_model_refuses_to_score_under_other_definitions(demo_model, spec):
    ready = spec.agreement.definitions.ready.model_copy(update={"within_days": 31.0})
    other = spec.agreement.definitions.model_copy(update={"ready": ready})
    with pytest.raises(LeadmlError) as caught:
        Scorer(demo_model, with_agreement(spec, definitions=other))
    assert caught.value.code == "other_definitions"
    assert caught.value.where == "sla.yaml, definitions"


def test_promises_may_change_without_a_new_training(demo_model, demo_history, spec, scorer, instant, lead_id):
    promises = spec.agreement.promises
    (only, *_) = promises.bands["default"]
    one_band = only.model_copy(update={"name": "ALL", "score_at_least": 0, "first_attempt_within_hours": 1.0})
    changed = with_agreement(spec, promises=promises.model_copy(update={"bands": {"default": (one_band,)}}))
    (before,) = scorer.score(demo_history, [lead_id], instant)
    (after,) = Scorer(demo_model, changed).score(demo_history, [lead_id], instant)
    assert after.explanation == before.explanation
    assert (after.placement.band, after.rules.band) == ("ALL", "ALL")
    assert after.placement.respond_by == instant + HOUR


def test_rules_beside_the_score_are_those_of_today_and_the_score_keeps_those_of_its_training(
    demo_model, demo_history, spec, scorer, instant
):
    today = spec.rules.model_copy(update={"rules": spec.rules.rules[2:3]})  # only the fit with the profile is left
    changed = Scorer(demo_model, dataclasses.replace(spec, rules=today))
    leads = demo_history.lead_ids[:40]
    before, after = scorer.score(demo_history, leads, instant), changed.score(demo_history, leads, instant)
    assert [score.explanation for score in after] == [score.explanation for score in before]
    assert {score.rules.rule_points for score in after} == {0, 15}
    assert {rule.rule for score in after for rule in score.rules.awarded} == {"good_fit"}


def test_a_score_before_the_model_knew_its_last_answer_is_hindsight(demo_history, demo_model, scorer, lead_id):
    last = demo_model.knows_until
    (earlier,) = scorer.score(demo_history, [lead_id], last - 1)
    (later,) = scorer.score(demo_history, [lead_id], last)
    assert (earlier.hindsight, later.hindsight) == (True, False)
    assert later.to_dict()["model"]["knows_until"] == to_iso(last)


def test_a_lead_of_which_nothing_was_known_is_refused(demo_history, scorer, lead_id):
    known_at = int(demo_history.facts["leads"].known_at[0])
    with pytest.raises(LeadmlError) as caught:
        scorer.score(demo_history, [lead_id], known_at)
    assert caught.value.code == "as_of_before_lead"
    assert to_iso(known_at) in caught.value.part("fix")
    assert scorer.score(demo_history, [lead_id], known_at + 1)[0].lead_id == lead_id


def test_all_leads_that_cannot_be_scored_are_told_together(demo_history, scorer, lead_id):
    known_at = int(demo_history.facts["leads"].known_at[0])
    with pytest.raises(ProblemsError) as caught:
        scorer.score(demo_history, ["nobody", lead_id, "nobody else"], known_at)
    assert [(problem.code, problem.where) for problem in caught.value.problems] == [
        ("unknown_lead", "lead nobody"),
        ("as_of_before_lead", f"lead {lead_id}"),
        ("unknown_lead", "lead nobody else"),
    ]


def test_answers_come_in_the_order_asked_for_and_twice_if_asked_twice(demo_history, scorer, instant):
    asked = [demo_history.lead_ids[place] for place in (7, 3, 7, 0)]
    assert [score.lead_id for score in scorer.score(demo_history, asked, instant)] == asked


def test_nobody_asked_for_is_nobody_answered(demo_history, scorer, instant):
    assert scorer.score(demo_history, [], instant) == []


def test_score_chance_and_unclipped_score_say_the_same(demo_history, scorer, instant):
    for score in scorer.score(demo_history, demo_history.lead_ids[:200], instant):
        # 50 stands for even odds, and ten points more double them.
        odds = 2 ** ((score.explanation.unclipped - 50) / 10)
        assert score.probability == pytest.approx(odds / (1 + odds), abs=1e-12)
        assert score.score == min(max(round(score.explanation.unclipped), 0), 100)


def test_a_lead_type_with_bands_of_its_own_is_placed_in_them(demo_history, scorer, instant):
    by_type = {}
    for score in scorer.score(demo_history, demo_history.lead_ids, instant):
        by_type.setdefault(score.lead_type, set()).add((score.placement.band, score.score))
    # maintenance_service: A from 30 on, else C; the others: A from 40, B from 17.
    assert {band == ("A" if value >= 30 else "C") for band, value in by_type["maintenance_service"]} == {True}
    others = by_type["new_prospect"] | by_type["existing_customer"]
    assert {band == ("A" if value >= 40 else "B" if value >= 17 else "C") for band, value in others} == {True}
    assert {"A", "B", "C"} == {band for band, _ in others}


def test_the_recommended_stage_is_never_behind_the_stage_the_lead_is_in(demo_history, scorer, instant, definitions):
    order = definitions.lifecycle_stages
    scores = scorer.score(demo_history, demo_history.lead_ids, instant)
    every = np.arange(len(demo_history.lead_ids))
    stages = known_stage(demo_history, every, np.full(len(every), instant), definitions)
    assert [score.lifecycle_stage for score in scores] == stages.tolist()
    agreed = [score for score in scores if score.lifecycle_stage in order]
    assert {score.lifecycle_stage for score in agreed} >= {"lead", "mql", "sql", "customer"}
    for score in agreed:
        recommended = score.placement.recommended_lifecycle_stage
        assert order.index(recommended) >= order.index(score.lifecycle_stage)


def test_what_is_not_known_is_named(history_of, scorer):
    history = history_of(leads="lead_id,created_at\nL1,2026-01-01T00:00:00Z", activities=SEEN)
    (score,) = scorer.score(history, ["L1"], history.known_until + 1)
    assert sorted(score.not_known) == [
        "assignments",
        "companies",
        "connect_attempts",
        "deal_changes",
        "stage_changes",
        "status_changes",
    ]
    values = {line.feature: line.value for theme in score.explanation.themes for line in theme.features}
    assert (values["pricing_views_30d"], values["attempts_7d"]) == (1.0, None)


SEEN = "lead_id,happened_at,activity,content\nL1,2026-02-01T00:00:00Z,page_view,pricing"


def test_the_same_question_has_the_same_answer(demo_history, scorer, instant):
    leads = demo_history.lead_ids[:50]
    first = scorer.score(demo_history, leads, instant)
    assert scorer.score(demo_history, leads, instant) == first
    later = scorer.score(demo_history, leads, instant + 30 * DAY)
    assert [score.to_dict() for score in later] != [score.to_dict() for score in first]


@pytest.fixture(scope="module")
def project_without_rules(demo_project, tmp_path_factory):
    folder = shutil.copytree(demo_project.folder, tmp_path_factory.mktemp("no rules") / "project")
    (folder / "models" / "rules.yaml").unlink()
    return Project(folder)


def test_without_rules_a_score_is_learned_alone_and_says_so(project_without_rules, instant):
    project = project_without_rules
    scorer = Scorer(train(project.training_set(), project.spec), project.spec)
    leads = project.history.lead_ids[:30]
    answers = [score.to_dict() for score in scorer.score(project.history, leads, instant)]
    for answer in answers:
        assert (answer["rules"]["rule_points"], answer["rules"]["awarded"]) == (0.0, [])
        assert answer["learned_from"]["rules_share"] is None
        assert answer["learned_from"]["sentence"]["en"].endswith("there are no rules")
        assert answer["probability_low"] < answer["probability"] < answer["probability_high"]
        Answer.model_validate(answer)
    assert len({answer["rules"]["score"] for answer in answers}) == 1  # the usual rate, for everybody
    assert len({answer["score"] for answer in answers}) > 5


def test_a_check_says_that_there_are_no_rules(project_without_rules, demo_project):
    def told(project):
        return [finding for finding in project.check().findings if finding.key == "no_rules"]

    (finding,) = told(project_without_rules)
    assert finding.table == "models/rules.yaml"
    assert finding_lines([finding], "en") == [
        "models/rules.yaml: There are no rules: the score starts from the usual rate."
    ]
    assert told(demo_project) == []


def test_rules_that_were_taken_away_since_the_training_stay_in_the_score(
    demo_model, demo_history, spec, scorer, instant
):
    without = Scorer(demo_model, dataclasses.replace(spec, rules=RulesSpec(rules=())))
    leads = demo_history.lead_ids[:20]
    before, after = scorer.score(demo_history, leads, instant), without.score(demo_history, leads, instant)
    assert [score.explanation for score in after] == [score.explanation for score in before]
    assert {score.rules.rule_points for score in after} == {0}
    assert {score.origin.rules_share for score in after} == {demo_model.readiness.rules_share}
