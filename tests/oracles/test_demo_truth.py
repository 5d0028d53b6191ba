"""The demo CRM at its default seed: what docs/demo.md plants, a model finds."""

from types import SimpleNamespace

import pandas as pd
import pytest

from leadml.compare import READINESS
from leadml.demo.generate import generate, write
from leadml.demo.judgement import judge_model
from leadml.project import Project
from leadml.publishing import Training
from leadml.splits import split_by_time
from leadml.training import fit_recipe, train

DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def demo(request, tmp_path_factory):
    """Judge the project at the repository's root over `leadml demo`'s own CRM; nothing is registered."""
    data = tmp_path_factory.mktemp("demo")
    crm = generate()
    assert len(crm.tables["leads"]) == 5000
    write(crm, data)
    project = Project(request.config.rootpath, data=data)
    training_set = project.training_set()
    split = split_by_time(training_set, project.spec.readiness.test)
    # The comparison is for people to read; the truth is told without it.
    judged = fit_recipe(split.train, project.spec)
    before_test = {READINESS: judged, "rules": judged.rules}
    training = Training(train(training_set, project.spec), None, training_set, 0.0, before_test)
    return SimpleNamespace(tables=crm.tables, truth=judge_model(training, split.test, crm.truth))


def test_the_best_possible_model_has_an_auc_of_80_to_85_percent(demo):
    assert 0.80 <= demo.truth.best_auc <= 0.85


def test_the_rules_lie_5_to_8_points_below_the_best_possible(demo):
    assert 0.05 <= demo.truth.best_auc - demo.truth.rules_auc <= 0.08


def test_readiness_ranks_better_than_the_rules_and_not_better_than_the_truth(demo):
    assert demo.truth.rules_auc < demo.truth.readiness_auc < demo.truth.best_auc


def test_eight_of_the_ten_planted_drivers_are_found_with_their_signs(demo):
    assert demo.truth.drivers == 10
    assert demo.truth.drivers_found >= 8


def test_the_noise_features_hold_less_than_5_percent_of_all_effects(demo):
    assert 0 < demo.truth.noise_share < 0.05


def test_20_to_40_percent_of_the_sqls_are_returned(demo):
    handed_over = demo.tables["stage_changes"]["lifecycle_stage"].eq("salesqualifiedlead").sum()
    returned = demo.tables["status_changes"]["lead_status"].eq("returned").sum()
    assert 0.20 <= returned / handed_over <= 0.40


def test_4_to_6_percent_of_the_dated_facts_are_known_1_to_10_days_late(demo):
    dated = [table for table in demo.tables.values() if "known_at" in table]
    delay = pd.concat([table["known_at"] - table["happened_at"] for table in dated])
    assert 0.04 <= delay.between(DAY, 10 * DAY).mean() <= 0.06
    assert (delay == pd.Timedelta(0))[~delay.between(DAY, 10 * DAY)].all()
