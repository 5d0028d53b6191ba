"""From a training to the champion: what gets through the gate, what does not, and what is told."""

import dataclasses
import re
import shutil

import numpy as np
import pytest

from leadml.agreement.scale import probability
from leadml.compare import compare
from leadml.demo.generate import generate, write
from leadml.errors import LeadmlError
from leadml.leakage.findings import AuditReport
from leadml.learners.readiness import recalibrated
from leadml.project import Project
from leadml.specs.readiness_spec import LearnerSpec
from leadml.splits import rolling_periods
from leadml.training import fit_recipe


@pytest.fixture(scope="module")
def larger(demo_project, tmp_path_factory):
    """Make a CRM in which there is enough to learn that it can be proven."""
    folder = shutil.copytree(demo_project.folder, tmp_path_factory.mktemp("larger") / "project")
    write(generate(leads=3000, months=12, seed=7), folder / "demo")
    return folder


@pytest.fixture
def project(larger, tmp_path):
    """Copy that project, with a learner that takes little time."""
    folder = shutil.copytree(larger, tmp_path / "project")
    recipe = folder / "models" / "readiness.yaml"
    quick = "test: {share_of_leads: 0.3, periods: 1}\nlearner: {most_trees: 20, bags: 2}\n"
    recipe.write_text(re.sub("(?m)^test:.*\n", "", recipe.read_text(encoding="utf-8")) + quick, encoding="utf-8")
    return Project(folder)


def noise_instead_of_outcomes(project, monkeypatch, seed=1):
    """Give each snapshot the answer of another one: nothing is left to learn. The audit would notice, so it is off."""
    monkeypatch.setattr(Project, "_audited", lambda self, training_set: AuditReport((), 0, 0, 0, 0))
    training_set = project.training_set()
    shuffled = np.random.default_rng(seed).permutation(training_set.ready)
    project.__dict__["_prepared"] = dataclasses.replace(training_set, ready=shuffled)


def test_the_first_recipe_that_earns_nothing_is_published_as_the_rules_alone(project, monkeypatch):
    noise_instead_of_outcomes(project, monkeypatch)
    training = project.train()
    assert training.rules_alone
    assert [test.name for test in training.gate.failed] == ["better_than_rules"]
    assert training.gate.champion == "none"
    score = project.score()[0]
    assert score.origin.rules_share == 1.0
    assert score.probability == pytest.approx(score.rules.probability)
    answer = score.to_dict()
    assert "alone" in answer["learned_from"]["sentence"]["en"]
    assert answer["probability_low"] <= answer["probability"] <= answer["probability_high"]


def test_a_champion_stays_when_the_next_recipe_does_not_earn_its_place(project, monkeypatch):
    first = project.train()
    assert not first.rules_alone
    before = project.champion()
    again = Project(project.folder)
    noise_instead_of_outcomes(again, monkeypatch)
    with pytest.raises(LeadmlError) as caught:
        again.train()
    assert caught.value.code == "gate_better_than_rules"
    assert again.champion() == before


def test_who_follows_the_rules_alone_has_nothing_to_lose(project, monkeypatch):
    noise_instead_of_outcomes(project, monkeypatch)
    assert project.train().rules_alone
    again = Project(project.folder)
    noise_instead_of_outcomes(again, monkeypatch, seed=2)
    assert again.train().model.version == 2
    learned = Project(project.folder).train()
    assert not learned.rules_alone
    assert learned.model.version == 3


def test_a_new_champion_says_what_it_does_to_the_bands(project):
    assert project.train().publishing is None
    recipe = project.folder / "models" / "readiness.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("most_trees: 20", "most_trees: 30"), encoding="utf-8")
    training = Project(project.folder).train()
    assert training.gate.champion == "compared"
    assert [test.name for test in training.gate.tests] == [
        "better_than_rules",
        "log_loss_not_worse_than_champion",
        "brier_not_worse_than_champion",
    ]
    open_leads = Project(project.folder).score()
    assert training.publishing.leads == len(open_leads)
    assert training.proposal is None
    placed = {}
    for score in open_leads:
        placed[score.placement.band] = placed.get(score.placement.band, 0) + 1
    told = {}
    for keeping in training.publishing.volumes:
        for band in keeping.bands:
            told[band.band] = told.get(band.band, 0) + band.leads_as_it_stands
    assert {band: leads for band, leads in told.items() if leads} == placed


def test_the_recipe_says_when_and_how_it_was_judged_and_the_model_knows_more(project):
    training = project.train()
    judged = training.model.recipe["judged"]
    assert judged["periods"] == len(training.comparison.periods) >= 1
    assert judged["gate"][0]["name"] == "better_than_rules"
    assert training.model.knows_until == training.training_set.closed_at.max()
    assert training.comparison.test_to == judged["to"]


def test_a_model_is_not_judged_on_what_it_knows(project):
    training = project.train()
    periods = rolling_periods(training.training_set, project.spec.readiness.test)
    with pytest.raises(LeadmlError) as caught:
        compare(periods, [{"champion": training.model}] * len(periods), project.spec)
    assert caught.value.code == "hindsight"


def test_the_level_can_be_set_by_the_last_days_alone(project):
    training_set, spec = project.training_set(), project.spec
    of_all = fit_recipe(training_set, spec)
    recent = LearnerSpec(most_trees=20, bags=2, level_days=60)
    spec = dataclasses.replace(spec, readiness=spec.readiness.model_copy(update={"learner": recent}))
    of_recent = fit_recipe(training_set, spec)
    assert of_recent.calibration.slope == of_all.calibration.slope
    assert of_recent.calibration.level != of_all.calibration.level


def test_a_model_is_set_to_the_rate_of_leads_that_came_after_its_training(project):
    training_set = project.training_set()
    model = fit_recipe(training_set, project.spec)
    rarer = training_set.rows((training_set.ready == 0) | (np.arange(len(training_set)) % 3 == 0))
    moved = recalibrated(model, rarer)
    before, after = (probability(each.margin(rarer.features)) for each in (model, moved))
    happened = np.average(rarer.ready, weights=rarer.weights)
    assert np.average(before, weights=rarer.weights) > 1.5 * happened
    assert np.average(after, weights=rarer.weights) == pytest.approx(happened, rel=0.05)
    margins = model.margin(rarer.features), moved.margin(rarer.features)
    assert np.ptp(margins[1] - margins[0]) == pytest.approx(0, abs=1e-9)
    low, high = moved.interval(rarer.features)
    assert (low <= margins[1]).all()
    assert (margins[1] <= high).all()
