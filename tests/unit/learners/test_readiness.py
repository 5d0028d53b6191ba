"""The learned model: the same seed gives the same model, and a written one reads back to the last bit."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import lightgbm
import numpy as np
import orjson
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from leadml.engine.matrix import FeatureMatrix
from leadml.learners.readiness import ReadinessModel, Recipe, Shares, fit_readiness
from leadml.learners.trees import Grove
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RulesSpec
from leadml.vocabulary import MoreIs

LABEL = Label(en="Tried", ja="試験")
WORDS = ("event", "referral", "web_form")
A_POINT_A_CLICK = {"name": "clicks", "when": {"feature": "clicks"}, "points_per_unit": 1, "because": LABEL}
RULES = RulesSpec.model_validate({"rules": (A_POINT_A_CLICK,)}, strict=False)


def recipe(*, seed=7, more_is=None, **learner):
    features = (
        FeatureSpec(name="clicks", label=LABEL, kind="count", when_nothing=0.0, more_is=more_is),
        FeatureSpec(name="source", label=LABEL, kind="attribute", attribute="source", when_nothing="missing"),
    )
    return Recipe(features, RULES, LearnerSpec(**{"smallest_leaf": 10, "most_trees": 80, "bags": 2, **learner}), seed)


@pytest.fixture(scope="module")
def training_set(training_set_of):
    """Six hundred leads, of whom those that were referred become ready far more often; clicks say a little."""
    random = np.random.default_rng(3)
    clicks, source = random.poisson(3, 600), random.integers(0, 3, 600)
    chance = 1 / (1 + np.exp(2.2 - 0.15 * clicks - 2.5 * (source == 1)))
    return training_set_of(
        leads=range(600), ready=random.random(600) < chance, words={"source": WORDS}, clicks=clicks, source=source
    )


@pytest.fixture(scope="module")
def model(training_set):
    return fit_readiness(training_set, recipe())


def margins(model, training_set):
    return model.contributions(training_set.features).margin


def test_the_trees_find_what_no_rule_says(model, training_set):
    assert len(model.trees) == 2
    source = training_set.features.values[:, 1]
    margin = margins(model, training_set)
    assert margin[source == 1].mean() > margin[source != 1].mean() + 1


def test_the_same_seed_gives_the_same_model_and_another_seed_another(model, training_set):
    again, other = fit_readiness(training_set, recipe()), fit_readiness(training_set, recipe(seed=8))
    assert again == model
    assert margins(again, training_set).tobytes() == margins(model, training_set).tobytes()
    assert margins(other, training_set).tobytes() != margins(model, training_set).tobytes()


def test_a_model_written_and_read_is_the_same_to_the_last_bit(model, training_set):
    read = ReadinessModel.from_dict(orjson.loads(orjson.dumps(model.to_dict())), model.trees)
    assert read == model
    known = training_set.features
    assert read.margin(known).tobytes() == model.margin(known).tobytes()
    assert np.array(read.interval(known)).tobytes() == np.array(model.interval(known)).tobytes()
    assert (read.outcomes, read.rules_share, read.shares) == (model.outcomes, model.rules_share, model.shares)
    written, first = read.contributions(training_set.features), model.contributions(training_set.features)
    assert written.start == first.start
    assert written.values.tobytes() == first.values.tobytes()


def test_a_word_that_training_never_saw_is_scored_as_a_missing_one(model):
    live = FeatureMatrix(("clicks", "source"), np.array([[3.0, 0.0]]), {"source": ("brand_new", "referral")})
    missing = FeatureMatrix(("clicks", "source"), np.array([[3.0, np.nan]]), {"source": WORDS})
    assert model.contributions(live).margin.tolist() == model.contributions(missing).margin.tolist()


def test_words_keep_their_meaning_whatever_code_they_have_live(model):
    live = FeatureMatrix(("clicks", "source"), np.array([[3.0, 0.0]]), {"source": ("referral",)})
    trained = FeatureMatrix(("clicks", "source"), np.array([[3.0, 1.0]]), {"source": WORDS})
    assert model.contributions(live).margin.tolist() == model.contributions(trained).margin.tolist()


def test_without_trees_the_straight_way_is_the_only_one(training_set):
    straight = fit_readiness(training_set, recipe(most_trees=0))
    assert straight.trees == ()
    assert straight.shares == Shares(1.0, 0.0)
    margin, source = margins(straight, training_set), training_set.features.values[:, 1]
    assert margin[source == 1].mean() > margin[source != 1].mean() + 1
    np.testing.assert_allclose(straight.margin(training_set.features), margin, rtol=0, atol=1e-9)
    low, high = straight.interval(training_set.features)
    assert ((low < margin) & (margin < high)).all()


def test_where_the_outcome_follows_the_rules_next_to_nothing_is_learned(training_set_of, training_set, model):
    random = np.random.default_rng(5)
    clicks = random.poisson(3, 600)
    by_rule_alone = random.random(600) < 1 / (1 + np.exp(3 - clicks))
    noise = training_set_of(
        leads=range(600), ready=by_rule_alone, words={"source": WORDS}, clicks=clicks, source=random.integers(0, 3, 600)
    )
    found = fit_readiness(noise, recipe())
    assert found.rules_share > 0.85
    assert np.corrcoef(margins(found, noise), found.rules.margin(noise.features))[0, 1] > 0.98
    assert model.rules_share < 0.5  # where a word tells more than any rule


def test_what_is_agreed_to_be_readier_never_lowers_a_score(training_set):
    ready = (training_set.features.values[:, 0] < 3).astype(np.float64)  # in this history fewer clicks became ready
    against = dataclasses.replace(training_set, ready=ready)
    every = FeatureMatrix(("clicks", "source"), np.array([[float(n), 0.0] for n in range(12)]), {"source": WORDS})
    free = fit_readiness(against, recipe()).contributions(every).margin
    bound = fit_readiness(against, recipe(more_is=MoreIs.READIER)).contributions(every).margin
    assert (np.diff(bound) >= -1e-12).all()
    assert (np.diff(free) < -0.5).any()


def test_no_leads_give_no_contributions(model):
    nobody = FeatureMatrix(("clicks", "source"), np.empty((0, 2)), {"source": WORDS})
    assert model.contributions(nobody).margin.shape == (0,)


def test_contributions_add_up_to_the_margin(model, training_set):
    np.testing.assert_allclose(margins(model, training_set), model.margin(training_set.features), rtol=0, atol=1e-9)


@pytest.fixture(params=[1, 2, 3])
def cores(request, monkeypatch):
    monkeypatch.setattr("leadml.learners.readiness.os.cpu_count", lambda: request.param)
    return request.param


def test_any_number_of_cores_learns_the_same_model(cores, model, training_set):
    again = fit_readiness(training_set, recipe())
    assert again.trees == model.trees
    assert orjson.dumps(again.to_dict()) == orjson.dumps(model.to_dict())


LEARN = """
import hashlib, sys
import numpy as np, orjson
sys.path[:0] = sys.argv[1:]
from test_readiness import learn_anew
model = learn_anew()
print(hashlib.sha256(orjson.dumps([model.to_dict(), model.trees])).hexdigest())
"""


def learn_anew():
    """Learn in another process, on more leads than one thread's block of a matrix product holds."""
    from leadml.clock import DAY
    from leadml.dataset import TrainingSet
    from leadml.snapshots import Snapshots

    random, size = np.random.default_rng(11), 3000
    clicks, source = random.poisson(3, size).astype(float), random.integers(0, 3, size)
    ready = random.random(size) < 1 / (1 + np.exp(2.2 - 0.15 * clicks - 2.5 * (source == 1)))
    days = np.arange(size) * DAY
    leads = TrainingSet(
        snapshots=Snapshots(np.arange(size), days, np.zeros(size, np.int64), ("at once",)),
        features=FeatureMatrix(("clicks", "source"), np.column_stack([clicks, source]), {"source": WORDS}),
        ready=ready.astype(np.float64),
        closed_at=days + DAY,
        created_at=days,
        worked=np.ones(size, dtype=bool),
        lead_ids=tuple(map(str, range(size))),
        recipe={},
    )
    return fit_readiness(leads, recipe())


def test_whatever_threads_the_machine_is_set_to_the_model_is_the_same():
    told = set()
    for threads in ("1", "3"):
        setting = {f"{library}_NUM_THREADS": threads for library in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
        command = [sys.executable, "-c", LEARN, str(Path(__file__).parent)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | setting)
        told.add(done.stdout)
    assert len(told) == 1
    assert len(told.pop().strip()) == 64


def test_sums_of_products_are_made_by_one_thread(training_set, monkeypatch):
    """On some 30,000 snapshots of 60 features two threads would add up in another order than one."""
    threads = []
    grow = Grove.grow

    def watched(self, weights, **how):
        threads.extend(each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas")
        return grow(self, weights, **how)

    monkeypatch.setattr(Grove, "grow", watched)
    with threadpool_limits(2, user_api="blas"):
        fit_readiness(training_set, recipe())
    assert set(threads) == {1}


def test_the_margin_lies_within_its_interval_and_a_third_of_a_log_odds_always_stays(model, training_set):
    low, high = model.interval(training_set.features)
    margin = model.margin(training_set.features)
    np.testing.assert_allclose((low + high) / 2, margin, rtol=0, atol=1e-12)
    assert ((high - low) / 2 > 1.645 / 3).all()


def parts_of_the_width(model, matrix):
    """The variance of each half interval, without the third of a log-odds, worked out by hand."""
    rules, laid = model.rules.margin(matrix), model.design.lay_out(matrix)
    bags = [
        calibration.level
        + calibration.slope
        * (
            rules
            + model.shares.linear * (line[0] + laid.times(line[1:]))
            + model.shares.trees * lightgbm.Booster(model_str=trees).predict(matrix.values, raw_score=True)
        )
        for calibration, line, trees in zip(model.bag_lines, model.lines, model.trees, strict=True)
    ]
    doubts = [model.calibration.slope * (doubt[0] + laid.times(doubt[1:])) for doubt in model.doubts]
    return np.var(bags, axis=0, ddof=1) * 0.8 / 0.2, np.mean(np.square(doubts), axis=0)


def test_the_interval_is_that_of_its_formula(training_set):
    model, matrix = fit_readiness(training_set, recipe(bags=5)), training_set.features
    low, high = model.interval(matrix)
    between, doubted = parts_of_the_width(model, matrix)
    assert min(between.max(), doubted.max()) > 0.02
    np.testing.assert_allclose((high - low) / 2, 1.645 * np.sqrt(between + doubted + 1 / 9), rtol=1e-9)


def test_the_more_leads_the_surer(training_set_of):
    widths = []
    for size in (150, 600, 2400):
        random = np.random.default_rng(3)
        clicks, source = random.poisson(3, size), random.integers(0, 3, size)
        ready = random.random(size) < 1 / (1 + np.exp(2.2 - 0.15 * clicks - 2.5 * (source == 1)))
        leads = training_set_of(leads=range(size), ready=ready, words={"source": WORDS}, clicks=clicks, source=source)
        low, high = fit_readiness(leads, recipe(bags=5)).interval(leads.features)
        widths.append(np.mean(high - low))
    assert widths[0] > widths[1] + 0.1 > widths[2] + 0.15


def test_with_few_outcomes_the_rules_carry_the_score_and_with_many_what_was_learned(training_set_of):
    shares = {}
    for size in (60, 3000):
        of_size = []
        for seed in range(3):
            random = np.random.default_rng(seed)
            clicks, source = random.poisson(3, size), random.integers(0, 3, size)
            ready = random.random(size) < 1 / (1 + np.exp(3.2 - 0.3 * clicks - 1.5 * (source == 1)))
            columns = {"words": {"source": WORDS}, "clicks": clicks, "source": source}
            leads = training_set_of(leads=range(size), ready=ready, **columns)
            of_size.append(fit_readiness(leads, recipe(smallest_leaf=40)).rules_share)
        shares[size] = np.mean(of_size)
    assert shares[60] > 0.9
    assert shares[3000] < 0.5


def test_outcomes_are_ready_leads_and_not_their_snapshots(training_set_of, training_set):
    ready, values = training_set.ready, training_set.features.values
    twice = training_set_of(
        leads=np.repeat(np.arange(600), 2),
        ages=[0, 1] * 600,
        ready=np.repeat(ready, 2),
        words={"source": WORDS},
        clicks=np.repeat(values[:, 0], 2),
        source=np.repeat(values[:, 1], 2),
    )
    assert fit_readiness(twice, recipe()).outcomes == int(ready.sum())


def test_no_lead_is_torn_between_what_a_bag_learns_and_what_it_leaves_out(training_set, training_set_of, monkeypatch):
    ready, values = training_set.ready, training_set.features.values
    twice = training_set_of(
        leads=np.repeat(np.arange(600), 2),
        ages=[0, 1] * 600,
        ready=np.repeat(ready, 2),
        words={"source": WORDS},
        clicks=np.repeat(values[:, 0], 2),
        source=np.repeat(values[:, 1], 2),
    )
    weights_of = []
    learn = Grove.grow
    monkeypatch.setattr(
        Grove, "grow", lambda self, weights, **how: weights_of.append(weights) or learn(self, weights, **how)
    )
    fit_readiness(twice, recipe(bags=5))
    kept = [(weights > 0).reshape(600, 2) for weights in weights_of if len(weights) == 1200]
    assert len(kept) == 5
    assert all((of_bag[:, 0] == of_bag[:, 1]).all() and of_bag[:, 0].sum() == 480 for of_bag in kept)
    assert (np.sum([~of_bag[:, 0] for of_bag in kept], axis=0) == 1).all()  # each lead is left out once


def test_where_rates_drift_the_latest_leads_are_told_the_rate_of_now(training_set_of):
    random, size = np.random.default_rng(12), 3000
    clicks, source = random.poisson(3, size), random.integers(0, 3, size)
    ready = random.random(size) < 1 / (1 + np.exp(1.5 + np.linspace(-1.2, 1.2, size) - 0.3 * (clicks - 3)))
    leads = training_set_of(leads=range(size), ready=ready, words={"source": WORDS}, clicks=clicks, source=source)
    model = fit_readiness(leads, recipe())
    latest = np.arange(size) >= size - 400
    chance = 1 / (1 + np.exp(-model.margin(leads.features)))
    assert ready.mean() > 1.8 * ready[latest].mean()
    assert chance[latest].mean() == pytest.approx(ready[latest].mean(), rel=0.35)
    assert model.calibration.level < -0.5


def test_a_lead_type_of_its_own_level_is_shifted_and_no_other_reason_is(training_set_of):
    """Types that the features cannot tell apart enough: what is left is a shift, and it stands beside the type."""
    random, size = np.random.default_rng(13), 2500
    clicks, kind = random.poisson(3, size), random.integers(0, 3, size)
    ready = random.random(size) < 1 / (1 + np.exp(2.5 - 0.3 * clicks - 2.0 * (kind == 1)))
    words = {"lead_type": ("existing", "new", "service")}
    leads = training_set_of(leads=range(size), ready=ready, words=words, clicks=clicks, lead_type=kind)
    tells = {"name": "lead_type", "label": LABEL, "kind": "attribute", "attribute": "lead_type", "values": "category"}
    features = (recipe().features[0], FeatureSpec.model_validate({**tells, "when_nothing": "missing"}))
    model = fit_readiness(leads, dataclasses.replace(recipe(), features=features))
    shifts = model.calibration.shifts
    assert shifts["new"] > shifts["existing"]
    plain = dataclasses.replace(model, calibration=dataclasses.replace(model.calibration, shifts={}))
    moved = model.contributions(leads.features).values - plain.contributions(leads.features).values
    np.testing.assert_allclose(moved[:, 0], 0, atol=0)
    by_type = [shifts[word] for word in words["lead_type"]]
    np.testing.assert_allclose(moved[:, 1], np.array(by_type)[kind], atol=1e-12)
