"""How much to learn: the strength of each part, chosen on later leads.

The training leads are cut by time into blocks. Each candidate learns from all blocks before one and is asked
about that one, three times; a block has a level of its own, as rates drift and that is no fault of a part. What the
blocks say is weighed against a prior belief in nats, so a handful of outcomes moves nothing and hundreds decide.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeVar

import numpy as np

from leadml.agreement.scale import probability
from leadml.dataset import TrainingSet
from leadml.history.tables import Codes, Numbers
from leadml.learners.linear import Design, Prior, fit_coefficients
from leadml.learners.recipe import Recipe
from leadml.learners.rules import RulesModel
from leadml.learners.trees import Grove, margins_by_rounds, sizes, steps_up_to
from leadml.splits import forward_blocks, latest_leads, leads_created

# What we believe before any outcome: all coefficients together move a lead by half a unit of log-odds, and the trees
# are as many as a small funnel bears; twice or half of either costs a nat. All time counts alike; that the past
# fades must be worth some nats.
USUAL_PRIOR_VARIANCE = 0.25
USUAL_ROUNDS = 45
_OCTAVE_COST = 1.0
_FADING_COST = 3.0
_PRIOR_VARIANCES = (0.015, 0.06, 0.12, 0.25, 0.5, 1.0, 4.0)
_HALF_LIVES = (None, 0.25, 0.125)
_MOST_TO_CHOOSE_ON = 30_000  # snapshots

Candidate = TypeVar("Candidate")
_Said = dict[tuple[float | None, float], Numbers]


@dataclass(frozen=True)
class Strength:
    """How much each part learns.

    Attributes
    ----------
    half_life : float or None
        Part of the leads, latest first, after which a lead counts half; None: all time counts alike.
    prior_variance : float, squared log-odds
        Of the straight part: how far all its coefficients together are believed to move a lead.
    rounds : int
        Number of trees in a bag.
    forward : Forward
        What the parts of this strength said of the later leads they were tried on.
    """

    half_life: float | None
    prior_variance: float
    rounds: int
    forward: "Forward"


@dataclass(frozen=True)
class Forward:
    """What was said of later leads by models that had not seen them.

    Attributes
    ----------
    rows : int array, shape (n,)
        Places in the training set.
    blocks : int array, shape (n,)
        In which block each lies.
    straight, trees : float array, shape (n,), log-odds
        The margins at which the two ways from the rules arrived.
    """

    rows: Codes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    blocks: Codes = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    straight: Numbers = field(default_factory=lambda: np.zeros(0))
    trees: Numbers = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class _Block:
    """One cut: earlier leads to learn from, later ones to be asked about."""

    earlier: TrainingSet
    later: TrainingSet
    rows: Codes


def faded(training_set: TrainingSet, half_life: float | None) -> Numbers:
    """Weights of snapshots when the past fades: the latest lead counts most.

    Parameters
    ----------
    training_set : TrainingSet
    half_life : float or None
        Part of the leads after which one counts half; None: none fades.

    Returns
    -------
    weights : float array, shape (n,), mean 1
    """
    if half_life is None:
        return training_set.weights
    created = leads_created(training_set)
    later_leads = 1 - np.searchsorted(created, training_set.created_at) / len(created)
    fading = training_set.weights * 2.0 ** (-later_leads / half_life)
    weights: Numbers = fading / fading.mean()
    return weights


def best_line(margin: Numbers, ready: Numbers, weights: Numbers) -> tuple[float, float]:
    """Find the level and the slope under which a margin fits best; the slope is held within 0.5 and 2.

    Parameters
    ----------
    margin : float array, shape (n,), log-odds
    ready, weights : float array, shape (n,)

    Returns
    -------
    level, slope : float

    Examples
    --------
    >>> level, slope = best_line(np.zeros(4), np.array([1.0, 0, 0, 0]), np.ones(4))
    >>> round(level, 4), slope
    (-1.0986, 1.0)
    """
    centre = float(np.average(margin, weights=weights))
    away = margin - centre
    level, slope = centre, 1.0
    for _ in range(40):
        chance = probability(level + slope * away)
        residuals, curvature = weights * (ready - chance), weights * np.maximum(chance * (1 - chance), 1e-9)
        up = np.clip(float(residuals.sum()) / float(curvature.sum()), -2.0, 2.0)
        steeper = np.clip(float(residuals @ away) / max(float(curvature @ away**2), 1e-9), -0.5, 0.5)
        level, slope = level + up, min(max(slope + steeper, 0.5), 2.0)
        if abs(up) < 1e-7 and abs(steeper) < 1e-7:
            break
    return float(level - slope * centre), float(slope)


def expected_strength(costs: Mapping[Candidate, float], octaves_of: Callable[[Candidate], float]) -> Candidate:
    """Take the candidate nearest to the mean strength, each counting by how likely it is: exp(-cost).

    The likeliest one jumps from one end to the other when a few leads change; the mean hardly moves.

    Parameters
    ----------
    costs : mapping of candidate to float, nats
    octaves_of : callable taking a candidate
        How strong it is; twice as strong is 1 more.

    Returns
    -------
    candidate

    Examples
    --------
    >>> expected_strength({10: 0.0, 20: 2.0, 40: 0.1}, np.log2)
    20
    >>> expected_strength({10: 0.0, 20: 5.0, 40: 30.0}, np.log2)
    10
    """
    likely = np.exp(min(costs.values()) - np.array(list(costs.values())))
    octaves = np.array([octaves_of(candidate) for candidate in costs])
    mean = float(likely @ octaves / likely.sum())
    return min(costs, key=lambda candidate: abs(octaves_of(candidate) - mean))


def choose_strength(training_set: TrainingSet, recipe: Recipe, *, workers: int) -> Strength:
    """Choose how much each part learns, on forward blocks by lead.

    Parameters
    ----------
    training_set : TrainingSet
    recipe : Recipe
    workers : int
        Threads at work side by side; the choice is the same for any number.

    Returns
    -------
    strength : Strength
        The usual strength, and nothing said forward, where no block has both kinds of leads.
    """
    latest = _latest(training_set)
    considered = training_set.rows(latest)
    blocks = [
        _Block(considered.rows(earlier), considered.rows(later), latest[later])
        for earlier, later in forward_blocks(considered)
    ]
    if not blocks:
        return Strength(None, USUAL_PRIOR_VARIANCE, min(USUAL_ROUNDS, recipe.learner.most_trees), Forward())

    def straight(candidates: Sequence[tuple[float | None, float]]) -> Callable[[_Block], _Said]:
        return lambda block: _try_straight(block, recipe, candidates)

    with ThreadPoolExecutor(workers) as pool:
        ways = [(half_life, USUAL_PRIOR_VARIANCE) for half_life in _HALF_LIVES]
        costs = _costs(blocks, list(pool.map(straight(ways), blocks)), _cost_of_straight)
        half_life, _ = min(costs, key=lambda way: costs[way])
        strengths = [(half_life, variance) for variance in _PRIOR_VARIANCES]
        said = list(pool.map(straight(strengths), blocks))
        _, prior_variance = expected_strength(_costs(blocks, said, _cost_of_straight), _octaves_of_straight)

        def branching(block: _Block) -> dict[int, Numbers]:
            return _try_trees(block, recipe, half_life)

        grown = list(pool.map(branching, blocks))
    rounds = expected_strength(_costs(blocks, grown, _cost_of_trees), _octaves_of_trees)
    return Strength(
        half_life,
        prior_variance,
        rounds,
        Forward(
            rows=np.concatenate([block.rows for block in blocks]),
            blocks=np.repeat(np.arange(len(blocks)), [len(block.rows) for block in blocks]),
            straight=np.concatenate([of_block[half_life, prior_variance] for of_block in said]),
            trees=np.concatenate([of_block[rounds] for of_block in grown]),
        ),
    )


def _latest(training_set: TrainingSet) -> Codes:
    """Find the snapshots of the latest leads, as many as a choice needs: only a few numbers are taken from it."""
    if len(training_set) <= _MOST_TO_CHOOSE_ON:
        return np.arange(len(training_set))
    share = _MOST_TO_CHOOSE_ON / len(training_set)
    return np.flatnonzero(latest_leads(training_set, share))


def _try_straight(block: _Block, recipe: Recipe, candidates: Sequence[tuple[float | None, float]]) -> _Said:
    """Let the straight way learn from the earlier leads at several strengths, and speak of the later ones."""
    matrix, ready, later = block.earlier.features, block.earlier.ready, block.later.features
    said, found = {}, None
    for half_life, of_half_life in groupby(candidates, key=lambda candidate: candidate[0]):
        weights = faded(block.earlier, half_life)
        line = RulesModel.fit(recipe.rules, matrix, ready, weights)
        design = Design.of(matrix, weights)
        laid, laid_later, bounds = design.lay_out(matrix), design.lay_out(later), design.bounds(recipe.directions)
        offset, offset_later = line.margin(matrix), line.margin(later)
        for _, variance in of_half_life:
            found = fit_coefficients(laid, (ready, weights), offset, Prior(variance, bounds), begin=found)
            said[half_life, variance] = offset_later + found[0] + laid_later.times(found[1:])
    return said


def _try_trees(block: _Block, recipe: Recipe, half_life: float | None) -> dict[int, Numbers]:
    """Let trees learn from the earlier leads, and speak of the later ones after several numbers of rounds."""
    matrix, ready, weights = block.earlier.features, block.earlier.ready, faded(block.earlier, half_life)
    line = RulesModel.fit(recipe.rules, matrix, ready, weights)
    grove = Grove(matrix, ready, line.margin(matrix), recipe)
    offset, most = line.margin(block.later.features), recipe.learner.most_trees
    if most == 0:
        return {0: offset}
    rounds = steps_up_to(most)
    grown = []
    for leaves in sizes(recipe.learner):
        booster = grove.grow(weights, leaves=leaves, rounds=most, seed=recipe.seed)
        grown.append(margins_by_rounds(booster, block.later.features, rounds))
    return {count: offset + np.mean(said, axis=0) for count, said in zip(rounds, zip(*grown, strict=True), strict=True)}


def _octaves_of_straight(candidate: tuple[float | None, float]) -> float:
    _, prior_variance = candidate
    return float(np.log2(prior_variance / USUAL_PRIOR_VARIANCE))


def _octaves_of_trees(rounds: int) -> float:
    return float(np.log2((rounds + 5) / (USUAL_ROUNDS + 5)))


def _cost_of_straight(candidate: tuple[float | None, float]) -> float:
    half_life, _ = candidate
    return _OCTAVE_COST * _octaves_of_straight(candidate) ** 2 + (0.0 if half_life is None else _FADING_COST)


def _cost_of_trees(rounds: int) -> float:
    return _OCTAVE_COST * _octaves_of_trees(rounds) ** 2


def _costs(
    blocks: Sequence[_Block], said: Sequence[Mapping[Candidate, Numbers]], cost_of: Callable[[Candidate], float]
) -> dict[Candidate, float]:
    """Add up the loss on later leads, on the best line, and the distance from the usual.

    Both are in nats: the loss of a block is that of its leads, as snapshots of one lead say the same again.
    """
    costs = {candidate: cost_of(candidate) for candidate in said[0]}
    for block, of_block in zip(blocks, said, strict=True):
        ready, weights, leads = block.later.ready, block.later.weights, block.later.leads
        for candidate, margin in of_block.items():
            level, slope = best_line(margin, ready, weights)
            losses = np.logaddexp(0.0, level + slope * margin) - ready * (level + slope * margin)
            costs[candidate] += leads * float(np.average(losses, weights=weights))
    return costs
