"""What do the reasons of a lead cost, and what does it take to keep a model: a few lines on each.

Our SHAP values of trees beside LightGBM's own, one thread each; from a lead's values to its score with all reasons in
words; a rollback, and what it takes to log, register and promote a model.

Run: python benchmarks/explain.py [--quick]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.
"""

import argparse
import gc
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np
from proving import registry
from proving.data import ROOT
from telling.bars import Bars

from leadml.demo.generate import generate, write
from leadml.history.tables import Numbers
from leadml.learners.tree_shap import TreeShap
from leadml.project import Project
from leadml.scoring import Scorer
from leadml.training import train

TREES, LEAVES, FEATURES = 300, 31, 80
CATEGORIES, COUNTS = range(60, 70), range(70, 80)
LEADS_LEARNED_FROM = 8_000
LEADS, QUICK_LEADS = 20_000, 2_000
SINGLE_LEADS, QUICK_SINGLE_LEADS = 200, 60
REPEATS, QUICK_REPEATS = 5, 3
TIMES_QUICKER, LARGEST_ERROR = 5.0, 1e-9
CRM_LEADS, QUICK_CRM_LEADS, TEXTS = 3_000, 1_500, 600
MILLISECONDS_TO_TEXTS, SECONDS_TO_KEEP = 0.8, 1.0


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


def tell_trees(bars: Bars, *, quick: bool) -> None:
    """Hold our SHAP values against LightGBM's: of one lead, of many, and how far they lie apart."""
    random = np.random.default_rng(1)
    booster = grow(random)
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


def tell_texts(bars: Bars, *, quick: bool) -> None:
    """Time the way from a lead's values to its score with all reasons in both languages, lead after lead."""
    with tempfile.TemporaryDirectory() as folder:
        write(generate(leads=QUICK_CRM_LEADS if quick else CRM_LEADS, months=18, seed=7), Path(folder))
        project = Project(ROOT, data=folder)
        training_set = project.training_set()
    scorer = Scorer(train(training_set, project.spec), project.spec)
    scorer.explain(training_set.features.rows(np.array([0])))  # loads compiled code
    gc.collect()
    gc.freeze()  # as the service does when its model is loaded
    gc.set_threshold(50_000, 20, 100)
    taken = []
    for row in np.random.default_rng(1).permutation(len(training_set))[:TEXTS]:
        lead = training_set.features.rows(np.array([row]))
        start = time.thread_time()
        scorer.explain(lead)
        taken.append(time.thread_time() - start)
    milliseconds = 1e3 * np.array(taken)
    first, late = np.median(milliseconds[:20]), np.quantile(milliseconds, 0.9)
    print(f"to texts: the first 20 leads {first:.2f} ms, 9 in 10 within {late:.2f} ms")
    bars.at_most("one_lead_to_texts_ms", float(np.median(milliseconds)), MILLISECONDS_TO_TEXTS)


def tell_registry(bars: Bars) -> None:
    """Keep models, roll back, and compare every byte."""
    with tempfile.TemporaryDirectory() as folder:
        same, seconds = registry.measure(Path(folder))
    bars.tell("rollback_same_bytes", float(same), "==1", ok=same)
    bars.at_most("log_register_alias_seconds", seconds, SECONDS_TO_KEEP)


def main() -> int:
    """Tell all bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer leads and repeats")
    quick = parser.parse_args().quick
    bars = Bars()
    tell_trees(bars, quick=quick)
    tell_texts(bars, quick=quick)
    tell_registry(bars)
    return int(bars.short)


if __name__ == "__main__":
    sys.exit(main())
