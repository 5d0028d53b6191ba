"""The real event log, under its protocol: is what was learned true, and does it vanish with the answers?

The protocol (see examples/bpi2012): approved within 30 days; snapshots at 10 minutes, 1, 7 and 14 days while the case
is open; trained on what was closed before 24 December; figures as the mean of the four ages.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from leadml.compare import compare_recipe
from leadml.project import Project
from leadml.reports.comparison import verdict_lines

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "bpi2012"
PROTOCOL_SNAPSHOTS, PROTOCOL_RULES_AUC, PROTOCOL_RULES_BRIER = 8081, 0.694, 0.1903

pytestmark = pytest.mark.skipif(
    not (DATA / "events.csv.gz").is_file(),
    reason="no ../shared/data/bpi2012/events.csv.gz beside the repository; examples/bpi2012 says where to get it",
)


@pytest.fixture(scope="module")
def bpi2012():
    return Project(ROOT / "examples" / "bpi2012", data=DATA)


@pytest.fixture(scope="module")
def training_set(bpi2012):
    return bpi2012.training_set()


@pytest.fixture(scope="module")
def comparison(bpi2012, training_set):
    return compare_recipe(training_set, bpi2012.spec)


def test_the_snapshots_are_those_of_the_protocol(comparison):
    (period,) = comparison.periods
    assert period.trained_on == PROTOCOL_SNAPSHOTS
    assert comparison.test_from >= "2011-12-24"


def test_the_rules_do_as_well_as_others_measured_them(comparison):
    """Somebody else's code gave these figures for the same points: snapshots, features and outcomes agree."""
    assert comparison.overall("auc").second.value == pytest.approx(PROTOCOL_RULES_AUC, abs=0.001)
    assert comparison.overall("brier").second.value == pytest.approx(PROTOCOL_RULES_BRIER, abs=0.001)


def test_readiness_ranks_better_than_the_rules_and_tells_how_sure_that_is(comparison):
    verdict = comparison.overall("auc")
    assert verdict.first.value >= 0.71
    assert 0 < verdict.gain.low < verdict.gain.value < verdict.gain.high
    sentence = verdict_lines(comparison, "en")[0]
    for figure in (verdict.gain.value, verdict.gain.low, verdict.gain.high):
        assert f"{figure:+.3f}" in sentence


@pytest.mark.parametrize("seed", [0, 1])
def test_shuffled_answers_leave_nothing_to_learn(bpi2012, training_set, seed):
    """Each snapshot gets the answer of another one of the same age: what still ranks would be a leak."""
    random, ready = np.random.default_rng(seed), training_set.ready.copy()
    for age in range(len(training_set.snapshots.age_names)):
        rows = np.flatnonzero(training_set.snapshots.ages == age)
        ready[rows] = ready[random.permutation(rows)]
    shuffled = compare_recipe(replace(training_set, ready=ready), bpi2012.spec)
    assert shuffled.overall("auc").first.value == pytest.approx(0.5, abs=0.03)
