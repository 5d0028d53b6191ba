"""How much to learn: next to nothing of noise, more of what later leads prove, and all by lead and by time."""

import dataclasses

import numpy as np
import pytest

from leadml.learners import choice
from leadml.learners.choice import (
    USUAL_PRIOR_VARIANCE,
    USUAL_ROUNDS,
    best_line,
    choose_strength,
    faded,
)
from leadml.learners.recipe import Recipe
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RulesSpec

LABEL = Label(en="Tried", ja="試験")
NAMES = ("visits", "calls", "size", "age")


def recipe(**learner):
    features = tuple(
        FeatureSpec(name=name, label=LABEL, kind="attribute", attribute=name, when_nothing="missing") for name in NAMES
    )
    return Recipe(features, RulesSpec(rules=()), LearnerSpec(**{"smallest_leaf": 20, "most_trees": 120, **learner}), 7)


@pytest.fixture(scope="module")
def leads_of(training_set_of):
    """Make leads with four numbers, and the log-odds that a test says of them."""

    def make(log_odds_of, *, size=1200, seed=3):
        random = np.random.default_rng(seed)
        columns = dict(zip(NAMES, random.normal(0, 1, (4, size)), strict=True))
        chance = 1 / (1 + np.exp(1.2 - log_odds_of(columns)))
        return training_set_of(leads=range(size), ready=random.random(size) < chance, **columns)

    return make


def noise(columns):
    return 0 * columns["visits"]


def strong(columns):
    straight = 1.2 * columns["visits"] - 1.2 * columns["calls"]
    return straight + 2.5 * np.where(columns["size"] > 0, np.sign(columns["age"]), 0)


@pytest.fixture(scope="module")
def of_strong(leads_of):
    leads = leads_of(strong)
    return leads, choose_strength(leads, recipe(), workers=2)


def test_of_noise_next_to_nothing_is_learned_and_of_a_strong_signal_more(leads_of, of_strong):
    of_noise, (_, found) = choose_strength(leads_of(noise), recipe(), workers=2), of_strong
    assert of_noise.prior_variance <= USUAL_PRIOR_VARIANCE <= found.prior_variance
    assert of_noise.rounds < USUAL_ROUNDS < found.rounds
    assert (0.25 * of_noise.forward.straight + 0.75 * of_noise.forward.trees).std() < 0.3
    assert (0.25 * found.forward.straight + 0.75 * found.forward.trees).std() > 1.2


def test_any_number_of_workers_chooses_the_same(of_strong):
    leads, found = of_strong
    for workers in (1, 3):
        again = choose_strength(leads, recipe(), workers=workers)
        assert dataclasses.replace(again, forward=found.forward) == found
        for part in ("rows", "blocks", "straight", "trees"):
            assert getattr(again.forward, part).tobytes() == getattr(found.forward, part).tobytes()


def test_what_changes_in_time_makes_the_past_fade_and_what_stays_does_not(leads_of, of_strong):
    turned = np.where(np.arange(2400) < 1200, -1, 1)  # what once was a good sign is a bad one today
    leads = leads_of(lambda columns: 1.5 * turned * columns["visits"], size=2400)
    found = choose_strength(leads, recipe(most_trees=10), workers=2)
    assert found.half_life is not None
    assert of_strong[1].half_life is None


def test_what_is_said_forward_is_said_of_later_leads_by_block(of_strong):
    leads, found = of_strong
    forward = found.forward
    assert forward.rows.tolist() == list(range(660, 1200))  # the last 45 % of them
    assert np.bincount(forward.blocks).tolist() == [180, 180, 180]
    assert (np.diff(forward.blocks) >= 0).all()
    # It tells later leads apart, though they were not learned from.
    ready = leads.ready[forward.rows]
    for said in (forward.straight, forward.trees):
        assert said[ready == 1].mean() > said[ready == 0].mean() + 1


def test_no_lead_is_spoken_of_by_what_learned_from_it(of_strong):
    """Turning every later outcome round changes nothing of what the first block is told."""
    leads, _ = of_strong
    ready = leads.ready.copy()
    ready[660:] = 1 - ready[660:]
    turned = dataclasses.replace(leads, ready=ready)
    (earlier, later), *_ = choice.forward_blocks(leads)
    said = []
    for each in (leads, turned):
        block = choice._Block(each.rows(earlier), each.rows(later), later)
        straight = choice._try_straight(block, recipe(), [(None, 0.25)])[None, 0.25]
        said.append((straight.tobytes(), choice._try_trees(block, recipe(most_trees=20), None)[20].tobytes()))
    assert said[0] == said[1]


def test_all_snapshots_of_a_lead_lie_on_one_side(training_set_of):
    random = np.random.default_rng(1)
    numbers = random.normal(0, 1, 600)
    twice = training_set_of(
        leads=np.repeat(np.arange(300), 2),
        ages=[0, 1] * 300,
        ready=np.repeat(random.random(300) < 0.4, 2),
        **dict.fromkeys(NAMES, numbers),
    )
    forward = choose_strength(twice, recipe(most_trees=5), workers=1).forward
    of_lead = {}
    for row, block in zip(forward.rows, forward.blocks, strict=True):
        of_lead.setdefault(int(twice.snapshots.leads[row]), []).append(block)
    assert len(of_lead) == 135
    assert all(len(blocks) == 2 and len(set(blocks)) == 1 for blocks in of_lead.values())


def test_a_block_with_leads_of_one_kind_is_left_out(of_strong):
    leads, _ = of_strong
    ready = leads.ready.copy()
    ready[1020:] = 1
    forward = choose_strength(dataclasses.replace(leads, ready=ready), recipe(most_trees=5), workers=1).forward
    assert forward.rows.tolist() == list(range(660, 1020))


@pytest.mark.parametrize(("most_trees", "rounds"), [(120, USUAL_ROUNDS), (20, 20), (0, 0)])
def test_where_no_block_has_both_kinds_the_strength_is_the_usual_one(leads_of, most_trees, rounds):
    leads = leads_of(noise, size=200)
    ready = leads.ready.copy()
    ready[110:] = 0
    found = choose_strength(dataclasses.replace(leads, ready=ready), recipe(most_trees=most_trees), workers=1)
    assert (found.half_life, found.prior_variance, found.rounds) == (None, USUAL_PRIOR_VARIANCE, rounds)
    assert len(found.forward.rows) == len(found.forward.straight) == len(found.forward.trees) == 0


def test_a_choice_looks_at_the_latest_leads_alone_where_there_are_very_many(of_strong, monkeypatch):
    leads, _ = of_strong
    monkeypatch.setattr(choice, "_MOST_TO_CHOOSE_ON", 400)
    forward = choose_strength(leads, recipe(most_trees=5), workers=1).forward
    assert forward.rows.tolist() == list(range(1020, 1200))  # the last 45 % of the last 400


def test_the_past_fades_by_leads(training_set_of):
    leads = training_set_of(leads=range(100), ready=[0, 1] * 50, created_on=np.arange(100) ** 2)
    assert faded(leads, None).tolist() == leads.weights.tolist()
    weights = faded(leads, 0.25)
    assert weights.mean() == pytest.approx(1)
    assert weights[75] / weights[50] == pytest.approx(2)
    assert weights[99] / weights[49] == pytest.approx(4)


@pytest.mark.parametrize(("said_too", "slope"), [(1.0, 1.0), (1.6, 1 / 1.6), (0.7, 1 / 0.7), (9.0, 0.5), (0.1, 2.0)])
def test_the_best_line_takes_back_what_was_said_too_loud_within_bounds(said_too, slope):
    random = np.random.default_rng(8)
    margin = random.normal(-1, 1.5, 40_000)
    ready = (random.random(40_000) < 1 / (1 + np.exp(-margin))).astype(float)
    level, found = best_line(said_too * (margin + 3), ready, np.ones(40_000))
    assert found == pytest.approx(slope, rel=0.03)
    if 0.5 < found < 2:
        assert level == pytest.approx(-3, abs=0.1)
