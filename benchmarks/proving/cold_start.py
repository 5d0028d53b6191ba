"""Cold start: with a handful of ready leads readiness is no worse than the rules, with a hundred better."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
from proving.contestants import OURS, rules_of
from proving.data import MONTHS_BEFORE_THE_FALL, Fold, default_recipe, demo, large_demo
from scipy.stats import t
from telling.bars import Bars

from leadml.agreement.scale import probability
from leadml.dataset import TrainingSet
from leadml.evaluate import auc, log_loss
from leadml.history.tables import Numbers
from leadml.learners.readiness import fit_readiness
from leadml.specs.project_spec import ProjectSpec

# By ready leads: how far the mean AUC may lie below that of the rules; None: it must lie above them beyond chance.
LEAST_GAIN = {10: -0.015, 20: -0.005, 40: -0.005, 80: None, 160: None}
MOST_LOG_LOSS = 0.01
QUICK_OUTCOMES = (10, 80)
FIRST_SEED = 101
LEADS, QUICK_LEADS = 3000, 1500  # of a whole year; the first months are enough for 160 ready leads
ASKED, QUICK_ASKED = 5000, 1500


@dataclass(frozen=True)
class Start:
    """What a few ready leads gave, beside the rules.

    Attributes
    ----------
    gain : float
        AUC less that of the rules, mean of ages.
    loss : float
        Log loss less that of the rules, mean of ages.
    rules_share : float
    """

    gain: float
    loss: float
    rules_share: float


def prove_cold_start(bars: Bars, pool: Executor, *, seeds: int, quick: bool) -> None:
    """Tell the bars of each number of ready leads."""
    asked = large_demo(quick=quick)
    rows = first_leads(asked.leads, QUICK_ASKED if quick else ASKED)
    made = [QUICK_LEADS if quick else LEADS] * seeds
    print(f"asked about {len(rows):,} snapshots of {rows.leads:,} leads; {seeds} CRMs to learn from")
    counts = QUICK_OUTCOMES if quick else tuple(LEAST_GAIN)
    numbers = range(FIRST_SEED, FIRST_SEED + seeds)
    starts = list(pool.map(_starts, numbers, made, *([common] * seeds for common in (counts, rows, asked.spec))))
    if quick:
        print("two CRMs prove nothing: that the mean lies above zero is enough for --quick")
    for place, outcomes in enumerate(counts):
        least = LEAST_GAIN[outcomes]
        _tell(bars, outcomes, 0.0 if quick and least is None else least, [of_seed[place] for of_seed in starts])


def first_leads(training_set: TrainingSet, count: int) -> TrainingSet:
    """Take the leads that were created first."""
    leads, first = np.unique(training_set.snapshots.leads, return_index=True)
    earliest = leads[np.argsort(training_set.created_at[first], kind="stable")[:count]]
    return training_set.rows(np.isin(training_set.snapshots.leads, earliest))


def first_ready(training_set: TrainingSet, count: int) -> TrainingSet:
    """Take the leads that were created first, until so many of them became ready."""
    _, first, lead_of = np.unique(training_set.snapshots.leads, return_index=True, return_inverse=True)
    order = np.argsort(training_set.created_at[first], kind="stable")
    became_ready = np.bincount(lead_of, training_set.ready) > 0
    enough = int(np.searchsorted(np.cumsum(became_ready[order]), count)) + 1
    return training_set.rows(np.isin(lead_of, order[:enough]))


def _starts(seed: int, leads: int, counts: Sequence[int], asked: TrainingSet, spec: ProjectSpec) -> list[Start]:
    """Learn from the first leads of one CRM, at each number of ready ones."""
    crm = demo(leads=leads, months=MONTHS_BEFORE_THE_FALL, seed=seed).leads
    return [_start(Fold(first_ready(crm, outcomes), asked, spec)) for outcomes in counts]


def _start(fold: Fold) -> Start:
    model = fit_readiness(fold.train, default_recipe(fold.train, fold.spec))
    margins = (model.margin(fold.test.features), rules_of(fold).margin(fold.test.features))
    (ours, our_loss), (rules, rules_loss) = (_means(fold.test, margin) for margin in margins)
    return Start(ours - rules, our_loss - rules_loss, model.rules_share or 0.0)


def _means(asked: TrainingSet, margin: Numbers) -> tuple[float, float]:
    """AUC and log loss, mean of ages."""
    ages = [np.flatnonzero(asked.snapshots.ages == age) for age in range(len(asked.snapshots.age_names))]
    given, chance, weights = asked.ready, probability(margin), asked.weights
    return (
        float(np.mean([auc(given[rows], margin[rows], weights[rows]) for rows in ages])),
        float(np.mean([log_loss(given[rows], chance[rows], weights[rows]) for rows in ages])),
    )


def _tell(bars: Bars, outcomes: int, least: float | None, starts: Sequence[Start]) -> None:
    gains = np.array([start.gain for start in starts])
    error = float(gains.std(ddof=1) / np.sqrt(len(gains)))
    low = float(gains.mean() - t.ppf(0.975, len(gains) - 1) * error)
    shares = np.mean([start.rules_share for start in starts])
    print(
        f"{outcomes} ready leads: {OURS} less rules, AUC {gains.mean():+.4f} (spread {gains.std(ddof=1):.4f}, worst "
        f"{gains.min():+.4f}, mean surely above {low:+.4f}); the rules carry {shares:.0%}"
    )
    if least is None:
        bars.tell(f"cold_start_{outcomes}_gain_surely_above", low, ">0", ok=low > 0)
    else:
        bars.at_least(f"cold_start_{outcomes}_gain", float(gains.mean()), least)
    bars.at_most(f"cold_start_{outcomes}_log_loss", float(np.mean([start.loss for start in starts])), MOST_LOG_LOSS)
