"""Honesty: what readiness says happens, also where rates change, and it knows how sure it is."""

from pathlib import Path

import numpy as np
from proving.data import (
    BANK_WINDOW,
    MONTHS_BEFORE_THE_FALL,
    Fold,
    bank_rows,
    bpi2012_trial,
    default_recipe,
    demo,
    large_demo,
)
from telling.bars import Bars

from leadml.agreement.scale import probability
from leadml.dataset import TrainingSet
from leadml.evaluate import brier, calibration_slope, debiased_calibration_error, spiegelhalter_z
from leadml.history.tables import Numbers
from leadml.learners.readiness import fit_readiness, recalibrated

SURPRISE = 2.58  # of 100 honest models, 99 are less surprised
STEEPNESS = (0.8, 1.25)
MOST_ERROR = 0.03
COVERED = (0.85, 0.95)
COVERAGE_SEEDS = (7, 3, 21)
FROZEN_SHARE, WINDOWS = 0.7, 12
RECENT = 2000  # rows before a window: answers that are known by then
LEAST_BETTER, MOST_OFF = 10, 0.15


def prove_calibration(bars: Bars, data: Path, *, quick: bool) -> None:
    """Tell all bars of honesty."""
    if quick:
        print("bpi2012 and bank are not measured, and coverage on one seed: --quick")
    elif (data / "bpi2012").is_dir():
        _by_age(bars, bpi2012_trial(data).folds[0])
    else:
        print(f"bpi2012 is not measured: no bpi2012 in {data.name}")
    _against_the_truth(bars, quick=quick)
    if quick:
        return
    if (data / "bank_marketing").is_dir():
        _while_rates_change(bars, data)
    else:
        print(f"bank is not measured: no bank_marketing in {data.name}")


def _by_age(bars: Bars, fold: Fold) -> None:
    """Hold the chances of each age of the loan funnel against what happened."""
    test = fold.test
    chance = probability(fit_readiness(fold.train, fold.recipe).margin(test.features))
    for age, name in enumerate(test.snapshots.age_names):
        rows = np.flatnonzero(test.snapshots.ages == age)
        z, slope = (measure(test.ready[rows], chance[rows]) for measure in (spiegelhalter_z, calibration_slope))
        said, happened = chance[rows].mean(), test.ready[rows].mean()
        print(f"bpi2012, {name}: {len(rows):,} snapshots, said {said:.1%}, happened {happened:.1%}")
        at = "_".join(name.replace("+", "").split())
        bars.between(f"bpi2012_{at}_surprise", np.nan if z is None else z, -SURPRISE, SURPRISE)
        bars.between(f"bpi2012_{at}_slope", np.nan if slope is None else slope, *STEEPNESS)


def _against_the_truth(bars: Bars, *, quick: bool) -> None:
    """Ask about many leads of a demo CRM, whose true chances are known."""
    large = large_demo(quick=quick)
    known = np.flatnonzero(~np.isnan(large.chance))
    truth = np.log(large.chance[known] / (1 - large.chance[known]))
    print(f"demo: asked about {len(large.leads):,} snapshots of {large.leads.leads:,} leads")
    for seed in COVERAGE_SEEDS[: 1 if quick else None]:
        small = demo(leads=5000, months=MONTHS_BEFORE_THE_FALL, seed=seed)
        model = fit_readiness(small.leads, default_recipe(small.leads, small.spec))
        if seed == COVERAGE_SEEDS[0]:
            _tell_error(bars, large.leads, probability(model.margin(large.leads.features)))
        interval = model.interval(large.leads.features.rows(known))
        covered = np.nan if interval is None else float(np.mean((interval[0] <= truth) & (truth <= interval[1])))
        bars.between(f"demo_{seed}_covered_by_90_percent", covered, *COVERED)


def _tell_error(bars: Bars, asked: TrainingSet, chance: Numbers) -> None:
    """Tell the error of each age; the bar is of the worst, as errors of two ages may cancel out."""
    errors = {}
    for age, name in enumerate(asked.snapshots.age_names):
        rows = np.flatnonzero(asked.snapshots.ages == age)
        errors[name] = debiased_calibration_error(asked.ready[rows], chance[rows], weights=asked.weights[rows])
    print("demo: calibration error " + ", ".join(f"{name} {error:.4f}" for name, error in errors.items()))
    together = debiased_calibration_error(asked.ready, chance, weights=asked.weights)
    print(f"demo: calibration error of all ages together {together:.4f}")
    bars.at_most("demo_calibration_error_of_worst_age", max(errors.values()), MOST_ERROR)


def _while_rates_change(bars: Bars, data: Path) -> None:
    """Go on with a frozen model for 12,000 calls, with its level set anew before each thousand of them."""
    calls, spec = bank_rows(data)
    start = round(len(calls) * FROZEN_SHARE)
    learned = calls.rows(np.arange(start))
    frozen = fit_readiness(learned, default_recipe(learned, spec))
    briers, said = [], []
    for begin in range(start, start + WINDOWS * BANK_WINDOW, BANK_WINDOW):
        window = calls.rows(np.arange(begin, begin + BANK_WINDOW))
        known = np.flatnonzero(calls.closed_at[:begin] <= window.created_at.min())[-RECENT:]
        recent = calls.rows(known)
        anew = probability(recalibrated(frozen, recent).margin(window.features))
        rate, own_rate = recent.ready.mean(), window.ready.mean()
        chances = [
            anew,
            probability(frozen.margin(window.features)),
            np.full(len(window), rate),
            np.full(len(window), own_rate),
        ]
        briers.append([brier(window.ready, chance) for chance in chances])
        said.append((anew.mean(), own_rate))
        print(
            f"bank {begin:,}: happened {own_rate:.1%}; said {anew.mean():.1%}, frozen {chances[1].mean():.1%}, "
            f"the rate before {rate:.1%}; Brier {briers[-1][0]:.4f}, frozen {briers[-1][1]:.4f}, "
            f"the rate before {briers[-1][2]:.4f}, the window's own rate {briers[-1][3]:.4f}"
        )
    _tell_windows(bars, np.array(briers), np.array(said))


def _tell_windows(bars: Bars, briers: Numbers, said: Numbers) -> None:
    better = (briers[:, :1] <= briers[:, 1:]).sum(axis=0).tolist()
    near = int(np.sum(np.abs(said[:, 0] / said[:, 1] - 1) <= MOST_OFF))
    print(f"bank: {near} of {len(said)} windows alone are within 15 %; {better[2]} beat even their own rate")
    bars.at_least("bank_windows_better_than_frozen", better[0], LEAST_BETTER)
    bars.at_least("bank_windows_better_than_the_rate_before", better[1], len(said))
    bars.at_most("bank_said_off_what_happened", float(abs(said[:, 0].mean() / said[:, 1].mean() - 1)), MOST_OFF)
