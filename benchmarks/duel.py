"""Does a duel say what is true, and how fast? Simulated lists, whole demo CRMs whose truth is known, a real log.

Run: python benchmarks/duel.py [--quick] [--data DIR]
Each bar ends in one line: bar <name> <value> <target> ok|short; the exit code is 1 when one is short.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from proving.data import ROOT
from telling.bars import Bars

from leadml.demo.generate import generate, write
from leadml.demo.judgement import true_chance
from leadml.duel import hold_duel
from leadml.engine.matrix import FeatureMatrix
from leadml.evaluate import Scores, auc
from leadml.evaluate.drawn import Became
from leadml.evaluate.verdict import compare_lists
from leadml.history.tables import Numbers
from leadml.learners.awards import Awards
from leadml.project import Project
from leadml.specs.rules_spec import RulesSpec
from leadml.splits import join_tests

SETS, QUICK_SETS = 2_000, 200
DRAWS, QUICK_DRAWS = 1_000, 200
MOST_SNAPSHOTS = 8
STANDARD_ERRORS, POWER = 4.0, 0.9
BISECTIONS, FRESH_SETS = 9, 60
FALSE_BETTER = (0.015, 0.035)
SEEDS, QUICK_SEEDS = tuple(range(101, 121)), (101,)
DEMO_LEADS, DEMO_MONTHS = 3_000, 18
CONTESTANTS = ("readiness", "rules", "logistic")
SECONDS_OF_BPI2012 = 20.0
SNAPSHOTS, TIMES_AWARDED, SNAPSHOT_RULES_A_SECOND = 20_000, 15, 2e6


@dataclass(frozen=True)
class Kind:
    """What sets of one kind have in common: how many leads, how many become ready, how noisy both scores are."""

    leads: int
    rate: float
    shared: float
    within: float

    @classmethod
    def drawn(cls, seed: int) -> "Kind":
        """Draw a kind."""
        random = np.random.default_rng(seed)
        return cls(
            int(random.integers(80, 400)), random.uniform(0.15, 0.5), random.uniform(0, 1), random.uniform(0.2, 1)
        )

    def make(self, random: np.random.Generator, gap: float) -> tuple[Numbers, Numbers, Became]:
        """Draw two scores of the same leads, with 1 to 8 snapshots each; the first sees `gap` more of the outcome."""
        of_lead = np.repeat(np.arange(self.leads), random.integers(1, MOST_SNAPSHOTS + 1, self.leads))
        becomes = (random.random(self.leads) < self.rate).astype(np.float64)[of_lead]
        shared = self.shared * random.normal(size=self.leads)[of_lead]
        own = [
            random.normal(size=self.leads)[of_lead] + self.within * random.normal(size=len(of_lead)) for _ in range(2)
        ]
        # A lead that becomes ready late is not ready yet at its first snapshots.
        ready = np.where(random.random(len(of_lead)) < 0.2, 0.0, becomes)
        scores = (1 + gap) * ready + shared + own[0], ready + shared + own[1]
        return *scores, Became(ready, of_lead, np.ones(len(of_lead)))


def tell_verdicts(bars: Bars, *, quick: bool) -> None:
    """Count how often lists that are equally good are told apart, and how often a clear gap is found."""
    sets, draws = (QUICK_SETS, QUICK_DRAWS) if quick else (SETS, DRAWS)
    rulings = [
        compare_lists(*Kind.drawn(seed).make(np.random.default_rng([seed, 1]), 0.0), draws=draws, seed=seed)
        for seed in range(sets)
    ]
    words = [ruling.word for ruling in rulings if ruling is not None]
    better, worse = (words.count(word) / len(words) for word in ("better", "worse"))
    print(f"{len(words)} pairs of equally good lists: {better:.2%} called better, {worse:.2%} called worse")
    # Fewer sets tell the share less well: the limits are wider by what chance alone does.
    chance = 2 * (0.025 * 0.975 / sets) ** 0.5 if quick else 0.0
    bars.between("false_better_share", better, max(0.0, FALSE_BETTER[0] - chance), FALSE_BETTER[1] + chance)
    tell_power(bars, sets=sets // 10, draws=draws)


def tell_power(bars: Bars, *, sets: int, draws: int) -> None:
    """Turn up what the first score sees until its true gain is four standard errors, and count the findings."""
    found = 0
    for seed in range(sets):
        kind, low, high = Kind.drawn(seed), 0.0, 8.0
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if _gain_in_errors(kind, middle) < STANDARD_ERRORS else (low, middle)
        ruling = compare_lists(*kind.make(np.random.default_rng([seed, 99]), high), draws=draws, seed=seed)
        found += ruling is not None and ruling.word == "better"
    bars.at_least("power_at_4_standard_errors", found / sets, POWER)


def _gain_in_errors(kind: Kind, gap: float) -> float:
    """Measure the true gain of a kind in standard errors of one set: the spread of the gain over fresh sets."""
    gains = []
    for fresh in range(FRESH_SETS):
        first, second, became = kind.make(np.random.default_rng([fresh, 7]), gap)
        _, of_lead, times = np.unique(became.leads, return_inverse=True, return_counts=True)
        weights = 1 / times[of_lead]
        gains.append(auc(became.ready, first, weights) - auc(became.ready, second, weights))
    return float(np.mean(gains) / np.std(gains, ddof=1))


def true_auc(scores: Scores, chance: Numbers, ages: Numbers) -> float:
    """Give the AUC that a list would have if every lead became ready as often as its true chance says; mean of ages."""
    found = []
    for age in np.unique(ages):
        rows = np.flatnonzero((ages == age) & np.isfinite(chance))
        if len(rows):
            ready = np.repeat([1.0, 0.0], len(rows))
            weights = np.concatenate([chance[rows], 1 - chance[rows]])
            found.append(auc(ready, np.tile(scores.ranking[rows], 2), weights))
    return float(np.mean(found))


def tell_demos(bars: Bars, *, quick: bool) -> None:
    """Hold a duel on whole CRMs, and hold each verdict against what was planted."""
    wrong, told = 0, []
    for seed in QUICK_SEEDS if quick else SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            crm = generate(leads=DEMO_LEADS, months=DEMO_MONTHS, seed=seed)
            write(crm, Path(folder))
            project = Project(ROOT, data=folder)
            entries = project.entries(CONTESTANTS)
            duel = hold_duel(entries, CONTESTANTS)
        test, _ = join_tests(entries.periods)
        chance = true_chance(test, crm.truth)
        true = {name: true_auc(entries.enter(name).scores(), chance, test.snapshots.ages) for name in CONTESTANTS}
        for pairing in duel.pairings:
            gap, word = true[duel.first] - true[pairing.rival], pairing.ruling.word
            wrong += (word == "better" and gap < 0) or (word == "worse" and gap > 0)
            told.append(word)
            print(
                f"seed {seed}: against {pairing.rival} {word}, said {pairing.ruling.gain.value:+.4f}, true {gap:+.4f}"
            )
    print(f"verdicts: {', '.join(f'{told.count(word)} {word}' for word in dict.fromkeys(told))}")
    bars.at_most("wrong_verdicts_on_demo_seeds", wrong, 0)


def tell_bpi2012(bars: Bars, data: Path) -> None:
    """Time the duel on all snapshots of the test of a real log."""
    entries = Project(ROOT / "examples" / "bpi2012", data=data / "bpi2012").entries(CONTESTANTS)
    for name in CONTESTANTS:
        entries.enter(name)
    begun = time.process_time()
    duel = hold_duel(entries, CONTESTANTS)
    taken = time.process_time() - begun
    for pairing in duel.pairings:
        print(f"bpi2012 against {pairing.rival}: {pairing.ruling.word}, {pairing.ruling.gain.value:+.4f}")
    print(f"bpi2012: {duel.comparison.snapshots:,} snapshots, {len(CONTESTANTS)} contestants, 1,000 draws")
    bars.at_most("bpi2012_seconds", taken, SECONDS_OF_BPI2012)


def tell_awards(bars: Bars) -> None:
    """Award rules of every kind."""
    random = np.random.default_rng(1)
    names = (*(f"number_{place}" for place in range(20)), *(f"word_{place}" for place in range(10)))
    values = np.column_stack([random.poisson(3, (SNAPSHOTS, 20)), random.integers(0, 30, (SNAPSHOTS, 10))]).astype(
        float
    )
    values[random.random(values.shape) < 0.2] = np.nan
    words = {name: tuple(f"w{code:02}" for code in range(30)) for name in names[20:]}
    awards = Awards(RulesSpec.model_validate({"rules": _rules(), **_LIMITS}, strict=False))
    matrix = FeatureMatrix(names, values, words)
    awards.of(matrix)
    rates = []
    for _ in range(TIMES_AWARDED):
        begun = time.thread_time()
        awards.of(matrix)
        rates.append(SNAPSHOTS * len(_rules()) / (time.thread_time() - begun))
    bars.at_least("snapshot_rules_a_second", float(np.median(rates)), SNAPSHOT_RULES_A_SECOND)


_BECAUSE = {"en": "Made up", "ja": "架空"}
_LIMITS = {
    "groups": (
        {"name": "who", "label": _BECAUSE, "category": "fit", "at_most": 40.0},
        {"name": "what", "label": _BECAUSE, "category": "engagement", "at_least": 0.0, "at_most": 40.0},
    ),
    "total": {"at_least": 0.0, "at_most": 70.0},
    "grade": {"fit": {"A": 30.0, "B": 10.0, "C": 0.0}},
}


def _rules() -> tuple[dict[str, object], ...]:
    """Write rules of each kind: a range, units, steps that fade, words, and several conditions."""
    rules: list[dict[str, object]] = []
    for place in range(10):
        number, word = f"number_{place}", f"word_{place}"
        fading = {"since": "number_19", "percent": 20.0, "every_days": 2.0}
        steps = ({"at_least": 1.0, "points": 2.0}, {"at_least": 4.0, "points": 5.0})
        both = ({"feature": number, "at_most": 2.0}, {"feature": word, "contains": ("w1",)})
        rules += [
            {"name": f"range_{place}", "group": "what", "when": {"feature": number, "at_least": 4.0}, "points": 5.0},
            {"name": f"units_{place}", "when": {"feature": number}, "points_per_unit": 1.0, "at_most_units": 3.0},
            {"name": f"steps_{place}", "group": "what", "when": {"feature": number}, "steps": steps, "decay": fading},
            {
                "name": f"word_{place}",
                "group": "who",
                "when": {"feature": word, "any_of": ("w01", "w07")},
                "points": 9.0,
            },
            {"name": f"both_{place}", "when": {"all": both}, "points": -3.0},
        ]
    return tuple({**rule, "because": _BECAUSE} for rule in rules)


def main() -> int:
    """Tell all bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer sets, draws and seeds")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data", help="where the real data lies")
    chosen = parser.parse_args()
    bars = Bars()
    tell_awards(bars)
    tell_verdicts(bars, quick=chosen.quick)
    if (chosen.data / "bpi2012" / "events.csv.gz").is_file():
        tell_bpi2012(bars, chosen.data)
    else:
        print(f"bpi2012 is not in {chosen.data}: its bar was not told")
    tell_demos(bars, quick=chosen.quick)
    return int(bars.short)


if __name__ == "__main__":
    sys.exit(main())
