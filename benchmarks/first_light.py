"""Is the first light true? The demo CRM against its truth, the real event log against its rules.

Run: python benchmarks/first_light.py [--quick] [--bpi2012 DIR]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from telling.bars import Bars

from leadml.compare import READINESS, compare_recipe
from leadml.dataset import TrainingSet
from leadml.demo.generate import generate, write
from leadml.demo.judgement import judge_model
from leadml.project import Project
from leadml.publishing import Training
from leadml.splits import split_by_time
from leadml.training import fit_recipe, train

ROOT = Path(__file__).resolve().parent.parent
DEMO_SEEDS, QUICK_SEEDS = (7, 3, 11, 42), (7,)
SHUFFLES, QUICK_SHUFFLES = 5, 1


def time_demo(bars: Bars) -> None:
    """Run the main job as its user would, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("history.yaml", "sla.yaml", "features", "models"):
            (Path(folder) / name).symlink_to(ROOT / name)
        start = time.perf_counter()
        command = [sys.executable, "-m", "leadml.cli.main", "demo", "--project", folder, "--json"]
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - start
    bars.tell("demo_seconds", seconds, "<60", ok=seconds < 60)


def judge_demo(bars: Bars, seed: int) -> None:
    """Hold the recipe against the truth of one demo CRM."""
    with tempfile.TemporaryDirectory() as folder:
        crm = generate(seed=seed)
        write(crm, Path(folder))
        project = Project(ROOT, data=folder)
        training_set = project.training_set()
    split = split_by_time(training_set, project.spec.readiness.test)
    judged = fit_recipe(split.train, project.spec)
    training = Training(
        train(training_set, project.spec),
        compare_recipe(training_set, project.spec),
        training_set,
        training_set.base_rate,
        before_test={READINESS: judged, "rules": judged.rules},
    )
    found = judge_model(training, split.test, crm.truth)
    sqls = crm.tables["stage_changes"]["lifecycle_stage"].eq("salesqualifiedlead").sum()
    returns = crm.tables["status_changes"]["lead_status"].eq("returned").sum()
    bars.between(f"demo_{seed}_best_possible_auc", found.best_auc, 0.80, 0.85)
    bars.between(f"demo_{seed}_rules_below_best", found.best_auc - found.rules_auc, 0.05, 0.08)
    bars.tell(
        f"demo_{seed}_readiness_below_best",
        found.best_auc - found.readiness_auc,
        "<rules",
        ok=found.readiness_auc > found.rules_auc,
    )
    bars.tell(f"demo_{seed}_drivers_found", found.drivers_found, ">=8", ok=found.drivers_found >= 8)
    bars.tell(f"demo_{seed}_noise_share", found.noise_share, "<0.05", ok=found.noise_share < 0.05)
    bars.between(f"demo_{seed}_returned_share", float(returns / sqls), 0.2, 0.4)


def judge_bpi2012(bars: Bars, data: Path, shuffles: int) -> None:
    """Run the protocol of the real event log, and once more with shuffled labels."""
    project = Project(ROOT / "examples" / "bpi2012", data=data)
    training_set = project.training_set()
    comparison = compare_recipe(training_set, project.spec)
    for verdict in comparison.by_age():
        figures = (
            f"{figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}]"
            for figure in (verdict.first, verdict.second, verdict.gain)
        )
        print(f"bpi2012 {verdict.age:20} {verdict.metric:17} readiness, rules, gain:", *figures)
    overall = comparison.overall("auc")
    bars.tell("bpi2012_mean_auc", overall.first.value, ">=0.71", ok=overall.first.value >= 0.71)
    bars.tell("bpi2012_gain_over_rules_low", overall.gain.low, ">0", ok=overall.gain.low > 0)
    for seed in range(shuffles):
        value = compare_recipe(shuffled(training_set, seed), project.spec).overall("auc").first.value
        bars.between(f"bpi2012_shuffled_{seed}_mean_auc", value, 0.47, 0.53)


def shuffled(training_set: TrainingSet, seed: int) -> TrainingSet:
    """Give each snapshot the answer of another one of the same age."""
    random = np.random.default_rng(seed)
    ready = training_set.ready.copy()
    for age in range(len(training_set.snapshots.age_names)):
        rows = np.flatnonzero(training_set.snapshots.ages == age)
        ready[rows] = ready[random.permutation(rows)]
    return replace(training_set, ready=ready)


def main() -> int:
    """Tell all bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one demo seed, one shuffle; under a minute")
    parser.add_argument("--bpi2012", type=Path, default=ROOT.parent / "shared" / "data" / "bpi2012", metavar="DIR")
    asked = parser.parse_args()
    bars = Bars()
    time_demo(bars)
    for seed in QUICK_SEEDS if asked.quick else DEMO_SEEDS:
        judge_demo(bars, seed)
    if (asked.bpi2012 / "events.csv.gz").is_file():
        judge_bpi2012(bars, asked.bpi2012, QUICK_SHUFFLES if asked.quick else SHUFFLES)
    else:
        print(f"bpi2012 is not measured: no events.csv.gz in {asked.bpi2012.name}; see examples/bpi2012/README.md")
    return int(bars.short)


if __name__ == "__main__":
    sys.exit(main())
