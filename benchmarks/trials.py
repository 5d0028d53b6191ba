"""Does what is foretold of a changed agreement come true, and how fast is it told? Whole demo CRMs, a hundred of them.

Run: python benchmarks/trials.py [--quick] [--first SEED] [--seeds NUMBER]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.

Models are fitted once for ten CRMs, on the first of them and on what was known there before each period of its test;
they score all ten. Thresholds are suggested from the leads that came before the last period, by the model of that
period, and held against the hand-overs of that period and what follows it.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from proving.data import ROOT
from telling.bars import Bars

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.demo.generate import generate, write
from leadml.history.tables import History
from leadml.learners.trained_model import TrainedModel
from leadml.project import Project
from leadml.specs.agreement_spec import AgreementSpec
from leadml.splits import periods_from, rolling_periods
from leadml.training import train
from leadml.trials.placing import place_history
from leadml.trials.returns import returns_seen
from leadml.trials.scored import Scored, joined, score_what_is_new, score_without_hindsight
from leadml.trials.side import queue_of, see
from leadml.trials.suggesting import Wanted, suggest_thresholds
from leadml.trials.thresholds import with_threshold
from leadml.trials.trying import try_promises

SEEDS, QUICK_SEEDS, A_MODEL = 100, 3, 10
DEMO_LEADS, DEMO_MONTHS = 3_000, 18
COVERED = (0.82, 0.97)
LEADS_A_WEEK = (6, 10, 15, 20)
NEAR_ENOUGH, NEAR_SHARE = 0.05, 0.9
SNAPSHOTS, SECONDS = 100_000, 10.0


@dataclass(frozen=True)
class Shared:
    """What ten CRMs share: models fitted before each period of the first."""

    starts: tuple[int, ...]
    models: tuple[TrainedModel, ...]


@dataclass(frozen=True)
class Told:
    """What one CRM says: the SQLs foretold and come, by period and together; hand-overs against the capacity."""

    inside: bool
    foretold: tuple[float, float, float]
    came: int
    inside_lower: bool
    gap: float
    gap_without_queue: float


def models_of(project: Project) -> Shared:
    """Fit the recipe before each period of a CRM's test."""
    periods = rolling_periods(project.training_set(), project.spec.readiness.test)
    return Shared(tuple(split.from_ for split in periods), tuple(train(split.train, project.spec) for split in periods))


def tell_one(seed: int, project: Project, shared: Shared) -> tuple[Told, Scored]:
    """Foretell on one CRM, and hold it against what came."""
    training_set, spec = project.training_set(), project.spec
    periods = periods_from(training_set, shared.starts)
    scored = score_without_hindsight(project.history, training_set, periods, spec, shared.models)
    old, new = spec.agreement, with_threshold(spec.agreement, 30)
    trial = try_promises(see(scored, old), see(scored, new), seed=seed)
    became, lower = trial.old.became, trial.new.became
    gap, without = capacity_gap(seed, project.history, project, shared, scored)
    foretold = became.expected
    return Told(
        foretold.low <= became.actual <= foretold.high,
        (foretold.low, foretold.value, foretold.high),
        became.actual,
        lower.expected.low <= lower.actual <= lower.expected.high,
        gap,
        without,
    ), scored


def capacity_gap(seed: int, history: History, project: Project, shared: Shared, tried: Scored) -> tuple[float, float]:
    """Suggest a threshold before the last period; see how far hand-overs are from the capacity after it began."""
    agreement, began = project.spec.agreement, shared.starts[-1]
    scored = score_what_is_new(history, shared.models[-1], project.spec)
    before = replace(scored, periods=(replace(scored.periods[0], until=began),))
    a_day = LEADS_A_WEEK[seed % len(LEADS_A_WEEK)] / 5
    returns = returns_seen(history, tried, agreement.definitions)
    suggestion = suggest_thresholds(before, agreement, Wanted(a_day, None), returns, seed=seed)
    return _gaps(scored, suggestion.agreement, a_day, began)


def _gaps(scored: Scored, agreement: AgreementSpec, a_day: float, began: int) -> tuple[float, float]:
    placed = place_history(scored, agreement)
    queue = queue_of(scored, placed, agreement, a_day)
    calendar = BusinessCalendar(agreement.calendar)
    first, last = calendar.local_days(np.array([began, scored.until], dtype=np.int64)).tolist()
    capacity = a_day * int(calendar.is_working_day(np.arange(first + 1, last)).sum())
    handed = int(((queue.handed_on > first) & (queue.handed_on < last)).sum())
    came = int(((queue.counts_on > first) & (queue.counts_on < last)).sum())
    return handed / capacity - 1, came / capacity - 1


def tell_crms(bars: Bars, seeds: Sequence[int], *, quick: bool) -> Scored:
    """Tell coverage and capacity of all CRMs."""
    told: list[Told] = []
    shared, scored = None, None
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            write(generate(leads=DEMO_LEADS, months=DEMO_MONTHS, seed=seed), Path(folder))
            project = Project(ROOT, data=folder)
            if shared is None or seed % A_MODEL == 0:
                shared = models_of(project)
            one, scored = tell_one(seed, project, shared)
        told.append(one)
        low, value, high = one.foretold
        print(
            f"seed {seed}: {value:.0f} SQLs foretold [{low:.0f}, {high:.0f}], {one.came} came; "
            f"hand-overs {one.gap:+.1%} of the capacity, {one.gap_without_queue:+.1%} without the queue",
            flush=True,
        )
    # Fewer CRMs tell the share less well: the limits are wider by what chance alone does.
    chance = 2 * (0.09 / len(told)) ** 0.5 if quick else 0.0
    covered, lower = (np.mean([getattr(one, name) for one in told]) for name in ("inside", "inside_lower"))
    print(f"at a lower threshold {lower:.0%} lie inside")
    bars.between("sqls_inside_the_interval", float(covered), COVERED[0] - chance, min(1.0, COVERED[1] + chance))
    gaps, without = (np.abs([getattr(one, name) for one in told]) for name in ("gap", "gap_without_queue"))
    print(f"without the queue: median gap {np.median(without):.1%}, {np.mean(without <= NEAR_ENOUGH):.0%} within 5 %")
    bars.at_most("capacity_gap_median", float(np.median(gaps)), NEAR_ENOUGH)
    bars.at_least("capacity_gap_within_5_percent", float(np.mean(gaps <= NEAR_ENOUGH)), NEAR_SHARE - chance)
    if scored is None:
        raise SystemExit("no seeds")
    return scored


def many(scored: Scored, snapshots: int) -> Scored:
    """Repeat the leads of a trial until there are so many snapshots."""
    times = -(-snapshots // len(scored))
    step = int(scored.leads.max()) + 1
    arrays = ("as_of", "margin", "points", "answer", "worked", "episodes")
    repeated = {name: np.tile(getattr(scored, name), times) for name in arrays}
    return replace(
        scored,
        **repeated,
        lead_ids=tuple(f"{number}-{lead}" for number in range(times) for lead in scored.lead_ids[:step]),
        leads=np.concatenate([scored.leads + number * step for number in range(times)]),
        level=joined([scored.level] * times),
        standings=scored.standings * times,
    )


def tell_seconds(bars: Bars, scored: Scored, agreement: AgreementSpec) -> None:
    """Time the trial of changed promises; scoring is told apart, since each period's model scores but once."""
    history = many(scored, SNAPSHOTS)
    begun = time.process_time()
    trial = try_promises(see(history, agreement), see(history, with_threshold(agreement, 30)), seed=7)
    taken = time.process_time() - begun
    print(
        f"{trial.snapshots:,} snapshots of {trial.leads:,} leads: {trial.new.hand_overs:,} hand-overs instead of "
        f"{trial.old.hand_overs:,}"
    )
    bars.at_most("try_seconds", taken, SECONDS)


def main() -> int:
    """Tell all bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer CRMs")
    parser.add_argument("--first", type=int, default=0, help="seed of the first CRM")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many CRMs")
    chosen = parser.parse_args()
    bars = Bars()
    seeds = range(chosen.first, chosen.first + (QUICK_SEEDS if chosen.quick else chosen.seeds))
    scored = tell_crms(bars, seeds, quick=chosen.quick)
    tell_seconds(bars, scored, Project(ROOT).spec.agreement)
    return int(bars.short)


if __name__ == "__main__":
    sys.exit(main())
