"""Stability: learned again from leads that might as well have come, it gives sales nearly the same lists."""

from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from proving.cold_start import first_leads
from proving.contestants import OURS
from proving.data import SEED, Fold, default_recipe, demo_trial, large_demo
from telling.bars import Bars

from leadml.agreement.placement import bands_of
from leadml.agreement.scale import Scale, shown
from leadml.dataset import TrainingSet
from leadml.history.tables import Codes, Numbers
from leadml.learners.readiness import fit_readiness
from leadml.learners.rivals import fit_lightgbm

RETRAINS, QUICK_RETRAINS = 10, 2
ASKED, QUICK_ASKED = 10_000, 2000
LARGE_SHARE = 0.05  # a band that holds less goes up and down by chance alone
USUAL_CHANGE, WORST_CHANGE = 0.08, 0.20
MOST_MOVED = 0.7  # of what moves under plain LightGBM


def prove_stability(bars: Bars, pool: Executor, *, quick: bool) -> None:
    """Tell how much the bands change from one training to the next."""
    fold = demo_trial(SEED).folds[0]
    asked = first_leads(large_demo(quick=quick).leads, QUICK_ASKED if quick else ASKED)
    _, first = np.unique(asked.snapshots.leads, return_index=True)
    asked = asked.rows(first)  # one snapshot a lead: sales has it on its list once
    print(f"asked about {len(asked):,} leads, after {QUICK_RETRAINS if quick else RETRAINS} trainings")
    fold = replace(fold, test=asked)
    draws = [None, *range(QUICK_RETRAINS if quick else RETRAINS)]
    bands = {
        name: np.array(list(pool.map(learn, [fold] * len(draws), draws)))
        for name, learn in (("lightgbm", _bands_of_lightgbm), (OURS, _bands_of_ours))
    }
    moved = {name: _moved(of_name) for name, of_name in bands.items()}
    changes = {name: _changes(name, of_name) for name, of_name in bands.items()}
    print(
        "leads in another band after the next training: "
        + ", ".join(f"{who} {part:.2%}" for who, part in moved.items())
    )
    bars.at_most("volume_change_median", float(np.median(changes[OURS])), USUAL_CHANGE)
    bars.at_most("volume_change_worst", float(np.max(changes[OURS])), WORST_CHANGE)
    bars.at_most("moved_beside_lightgbm", moved[OURS] / moved["lightgbm"], MOST_MOVED)


def drawn_anew(training_set: TrainingSet, seed: int) -> TrainingSet:
    """Draw as many leads with replacement; a lead that is drawn twice is two leads.

    Parameters
    ----------
    training_set : TrainingSet
    seed : int

    Returns
    -------
    drawn : TrainingSet
    """
    _, lead_of = np.unique(training_set.snapshots.leads, return_inverse=True)
    of_lead = np.split(np.argsort(lead_of, kind="stable"), np.cumsum(np.bincount(lead_of))[:-1])
    chosen = [of_lead[lead] for lead in np.random.default_rng(seed).integers(0, len(of_lead), len(of_lead))]
    drawn = training_set.rows(np.concatenate(chosen))
    leads = np.repeat(np.arange(len(chosen)), [len(rows) for rows in chosen])
    ids = tuple(f"drawn {lead}" for lead in range(len(chosen)))
    return replace(drawn, snapshots=replace(drawn.snapshots, leads=leads), lead_ids=ids)


def _learned_from(fold: Fold, draw: int | None) -> TrainingSet:
    """Give the leads of one training: as they are before any draw."""
    return fold.train if draw is None else drawn_anew(fold.train, draw)


def _bands_of_ours(fold: Fold, draw: int | None) -> Codes:
    train = _learned_from(fold, draw)
    return _bands(fold, fit_readiness(train, default_recipe(train, fold.spec)).margin(fold.test.features))


def _bands_of_lightgbm(fold: Fold, draw: int | None) -> Codes:
    return _bands(fold, fit_lightgbm(_learned_from(fold, draw), seed=SEED).margin(fold.test.features))


def _bands(fold: Fold, margin: Numbers) -> Codes:
    """Place leads by the score that people see; 0 is the first band of the lead's list of bands."""
    agreement, matrix = fold.spec.agreement, fold.test.features
    scale = Scale.agreed(agreement.definitions.lead_score)
    scores = np.array([shown(points) for points in scale.unclipped(margin)])
    types = [matrix.shown(row, "lead_type") for row in range(len(scores))]
    bands = np.zeros(len(scores), dtype=np.int64)
    for key in set(types):
        rows = np.array([row for row, lead_type in enumerate(types) if lead_type == key])
        least = [band.score_at_least for band in agreement.promises.bands[bands_of(key, agreement)]]
        bands[rows] = np.argmax(scores[rows, None] >= np.array(least), axis=1)
    return bands


def _moved(bands: Codes) -> float:
    """Share of leads in another band after a retrain, mean over retrains; the first row is the model before."""
    return float(np.mean(bands[1:] != bands[0]))


def _changes(name: str, bands: Codes) -> Numbers:
    """Change of volume from the model of all leads to each retrain, of bands that are large enough.

    References
    ----------
    Riley, R. D. and Collins, G. S. (2023). Stability of clinical prediction models developed using statistical or
    machine learning methods: each bootstrap model is held against the model of the sample itself.
    """
    changes = []
    for band in range(int(bands.max()) + 1):
        before, *volumes = (bands == band).sum(axis=1).tolist()
        share = before / bands.shape[1]
        apart = np.abs(np.array(volumes) / max(before, 1) - 1)
        # The rate of ready leads of a training set goes up and down from draw to draw, and every honest model with it,
        # so two retrains lie farther apart than either from the model before; that is told beside the bar.
        print(
            f"{name}, band {'ABCDEFGH'[band]}: {share:.1%} of leads, {before:,} before, {min(volumes):,} to "
            f"{max(volumes):,} after; change {np.median(apart):.1%}, at worst {apart.max():.1%}; between two retrains "
            f"{(max(volumes) - min(volumes)) / max(float(np.mean(volumes)), 1):.1%} at worst"
        )
        if share >= LARGE_SHARE:
            changes.append(apart)
    return np.concatenate(changes)
