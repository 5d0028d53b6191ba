"""What do the reasons of a lead cost? Our SHAP values of trees beside LightGBM's own, one thread each.

Run: python benchmarks/explain.py [--quick]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.
"""

import argparse
import sys
import time
from collections.abc import Callable

import lightgbm
import numpy as np
from telling.bars import Bars

from leadml.history.tables import Numbers
from leadml.learners.tree_shap import TreeShap

TREES, LEAVES, FEATURES = 300, 31, 80
CATEGORIES, COUNTS = range(60, 70), range(70, 80)
LEADS_LEARNED_FROM = 8_000
LEADS, QUICK_LEADS = 20_000, 2_000
SINGLE_LEADS, QUICK_SINGLE_LEADS = 200, 60
REPEATS, QUICK_REPEATS = 5, 3
TIMES_QUICKER, LARGEST_ERROR = 5.0, 1e-9


def make_leads(random: np.random.Generator, leads: int) -> Numbers:
    """Draw numbers, counts with many zeros, and categories of twenty words; a tenth or more is missing."""
    values = random.normal(size=(leads, FEATURES))
    values[:, CATEGORIES] = random.integers(0, 20, (leads, len(CATEGORIES)))
    values[:, COUNTS] = random.poisson(0.7, (leads, len(COUNTS)))
    values[random.random(values.shape) < 0.12] = np.nan
    return values


def grow(random: np.random.Generator) -> lightgbm.Booster:
    """Grow the trees on an outcome that hangs on a third of the features."""
    values = make_leads(random, LEADS_LEARNED_FROM)
    known = np.nan_to_num(values)
    log_odds = known[:, :20] @ random.normal(0, 0.5, 20) + 2.0 * np.isin(values[:, 60], [1, 4, 7])
    log_odds += (known[:, 71] > 0) * known[:, 3] - 1.5 * np.isnan(values[:, 5]) + 0.5 * known[:, 70]
    ready = random.random(len(values)) < 1 / (1 + np.exp(-log_odds))
    settings = {"objective": "binary", "num_leaves": LEAVES, "num_threads": 1, "seed": 1, "verbosity": -1}
    data = lightgbm.Dataset(values, label=ready.astype(np.float64), categorical_feature=list(CATEGORIES))
    return lightgbm.train(settings, data, num_boost_round=TREES)


def seconds(explain: Callable[[Numbers], Numbers], leads: Numbers) -> float:
    """Time one call by the clock of this thread: neighbours must not decide a bar."""
    start = time.thread_time()
    explain(leads)
    return time.thread_time() - start


def medians(ways: tuple[Callable[[Numbers], Numbers], ...], batches: list[Numbers]) -> list[float]:
    """Take the median seconds of each way; they take turns, so that a slow minute meets all of them."""
    taken = [[seconds(explain, batch) for explain in ways] for batch in batches]
    return [float(median) for median in np.median(taken, axis=0)]


def main() -> int:
    """Tell all bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer leads and repeats")
    quick = parser.parse_args().quick
    random = np.random.default_rng(1)
    booster, bars = grow(random), Bars()
    start = time.thread_time()
    ours = TreeShap.of(booster)
    print(f"{TREES} trees of {LEAVES} leaves read in {time.thread_time() - start:.2f} s")

    def by_lightgbm(values: Numbers) -> Numbers:
        return np.asarray(booster.predict(values, pred_contrib=True, num_threads=1))

    ways = (by_lightgbm, ours.contributions)
    leads = make_leads(random, QUICK_LEADS if quick else LEADS)
    many = [leads] * (QUICK_REPEATS if quick else REPEATS)
    single = [leads[row : row + 1] for row in range(QUICK_SINGLE_LEADS if quick else SINGLE_LEADS)]
    for name, batches in (("one_lead", single), (f"{len(leads)}_leads", many)):
        theirs, own = medians(ways, batches)
        each = 1e6 / len(batches[0])
        print(f"{name}: LightGBM {theirs * each:.0f} us a lead, leadml {own * each:.0f} us a lead")
        bars.at_least(f"{name}_times_quicker", theirs / own, TIMES_QUICKER)
    checked = leads[:QUICK_LEADS]
    bars.at_most(
        "largest_error", float(np.abs(by_lightgbm(checked) - ours.contributions(checked)).max()), LARGEST_ERROR
    )
    return int(bars.short)


if __name__ == "__main__":
    sys.exit(main())
