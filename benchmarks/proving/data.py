"""The leads that readiness is proved on: a loan funnel, a marketplace, a telephone campaign, and demo CRMs."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from leadml.dataset import TrainingSet
from leadml.demo.generate import generate, write
from leadml.demo.judgement import true_chance
from leadml.history.tables import Codes, Numbers
from leadml.learners.recipe import Recipe
from leadml.project import Project
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.splits import split_by_time

ROOT = Path(__file__).resolve().parent.parent.parent
SEED = 7  # of every model here: there is one specification for all sets
DEMO_SEEDS = (7, 3, 11)
MACRO_OF_BANK = ("employment_variation", "consumer_prices", "consumer_confidence", "euribor", "employed")
BANK_TRAINED_ON, BANK_WINDOW = 20_000, 1_000
# A CRM of which only answers are wanted. In its twelve months the demo's rate of ready leads does not fall yet: what is
# asked is whether a model is honest about leads like those it learned from, and a planted fall is the bank's question.
LARGE_SEED, LARGE_LEADS, QUICK_LARGE_LEADS, MONTHS_BEFORE_THE_FALL = 1007, 27_000, 4000, 12


@dataclass(frozen=True, eq=False)
class Fold:
    """Leads to learn from, and leads to be asked about."""

    train: TrainingSet
    test: TrainingSet
    spec: ProjectSpec

    @cached_property
    def recipe(self) -> Recipe:
        """The default recipe, whatever the project's own is."""
        return default_recipe(self.train, self.spec)


@dataclass(frozen=True, eq=False)
class Trial:
    """One set: a fold, or one a window.

    Attributes
    ----------
    name : str
    folds : tuple of Fold
        No lead is in the test of two.
    """

    name: str
    folds: tuple[Fold, ...]

    @cached_property
    def groups(self) -> list[Codes]:
        """Rows of each age of each window among all tests laid end to end; a figure is the mean over them."""
        groups, begin = [], 0
        for fold in self.folds:
            test = fold.test
            for age in range(len(test.snapshots.age_names)):
                rows = np.flatnonzero(test.snapshots.ages == age)
                if 0 < test.ready[rows].sum() < len(rows):
                    groups.append(begin + rows)
            begin += len(test)
        return groups

    def of_tests(self, name: str) -> Numbers:
        """One column of all tests, laid end to end."""
        columns: Numbers = np.concatenate([np.asarray(getattr(fold.test, name)) for fold in self.folds])
        return columns

    @property
    def leads(self) -> Codes:
        """The lead of each row of all tests."""
        leads: Codes = np.concatenate([fold.test.snapshots.leads for fold in self.folds])
        return leads


@dataclass(frozen=True, eq=False)
class Demo:
    """A demo CRM as a training set, and the true chance of each snapshot; NaN where there is none."""

    leads: TrainingSet
    spec: ProjectSpec
    chance: Numbers


def default_recipe(training_set: TrainingSet, spec: ProjectSpec) -> Recipe:
    """Make the recipe that every set is learned by: nobody chooses anything for a set."""
    of_name = {feature.name: feature for feature in spec.learned_features}
    features = tuple(of_name[name] for name in training_set.features.names)
    return Recipe(features, spec.rules, LearnerSpec(), SEED)


@lru_cache(maxsize=8)
def demo(*, leads: int, months: int, seed: int) -> Demo:
    """Make a demo CRM, and read it back by the project at the root."""
    with tempfile.TemporaryDirectory() as folder:
        crm = generate(leads=leads, months=months, seed=seed)
        write(crm, Path(folder))
        project = Project(ROOT, data=folder)
        training_set = project.training_set()
    return Demo(training_set, project.spec, true_chance(training_set, crm.truth))


def large_demo(*, quick: bool) -> Demo:
    """Make the CRM whose leads no model here learns from."""
    return demo(leads=QUICK_LARGE_LEADS if quick else LARGE_LEADS, months=MONTHS_BEFORE_THE_FALL, seed=LARGE_SEED)


def demo_trial(seed: int) -> Trial:
    """Judge on the latest leads of a demo CRM of 18 months, in which the rate of ready leads falls."""
    made = demo(leads=5000, months=18, seed=seed)
    split = split_by_time(made.leads, made.spec.readiness.test)
    return Trial(f"demo {seed}", (Fold(split.train, split.test, made.spec),))


def bpi2012_trial(data: Path) -> Trial:
    """Judge by the protocol of the loan funnel: one model for all ages, figures per age."""
    project = Project(ROOT / "examples" / "bpi2012", data=data / "bpi2012")
    split = split_by_time(project.training_set(), project.spec.readiness.test)
    return Trial("bpi2012", (Fold(split.train, split.test, project.spec),))


def olist_trial(data: Path) -> Trial:
    """Judge on the last 30 % of the contacts of 2018; there are too few for a gap, so some answers came later."""
    project = Project(ROOT / "examples" / "olist", data=data / "olist")
    contacts = project.training_set()
    start = int(np.quantile(contacts.created_at, 0.7, method="higher"))
    train, test = contacts.rows(contacts.created_at < start), contacts.rows(contacts.created_at >= start)
    return Trial("olist", (Fold(train, test, project.spec),))


@lru_cache(maxsize=1)
def bank_rows(data: Path) -> tuple[TrainingSet, ProjectSpec]:
    """Give the calls in the order in which they were made: the only clock there is."""
    project = Project(ROOT / "examples" / "bank_marketing", data=data / "bank_marketing")
    calls = project.training_set()
    return calls.rows(np.argsort(calls.created_at, kind="stable")), project.spec


def bank_trial(data: Path, *, windows: Sequence[int], macro: bool) -> Trial:
    """Judge on windows of 1,000 calls, each by a model of the 20,000 before it.

    Parameters
    ----------
    data : Path
    windows : sequence of int
        Places of the windows, from 0 on; there are 21.
    macro : bool
        With the columns that tell of the whole economy, and so of the date.

    Returns
    -------
    trial : Trial
    """
    calls, spec = bank_rows(data)
    if not macro:
        calls = without(calls, MACRO_OF_BANK)
    starts = [BANK_TRAINED_ON + BANK_WINDOW * window for window in windows]
    folds = tuple(
        Fold(
            calls.rows(np.arange(start - BANK_TRAINED_ON, start)),
            calls.rows(np.arange(start, start + BANK_WINDOW)),
            spec,
        )
        for start in starts
    )
    return Trial("bank" if macro else "bank, no macro", folds)


def without(training_set: TrainingSet, names: Sequence[str]) -> TrainingSet:
    """Take features away."""
    matrix = training_set.features
    kept = [place for place, name in enumerate(matrix.names) if name not in names]
    words = {name: words for name, words in matrix.words.items() if name not in names}
    left = replace(
        matrix,
        names=tuple(matrix.names[place] for place in kept),
        values=np.ascontiguousarray(matrix.values[:, kept]),
        words=words,
    )
    return replace(training_set, features=left)
