"""Rules against readiness on identical leads, at identical instants, without hindsight."""

from dataclasses import dataclass, replace

import numpy as np

from leadml.agreement.scale import probability
from leadml.clock import to_iso
from leadml.dataset import TrainingSet
from leadml.evaluate import MEAN_OF_AGES, Scores, Verdict, judge
from leadml.learners.contract import Model
from leadml.specs.project_spec import ProjectSpec
from leadml.splits import Split, split_by_time
from leadml.training import fit_recipe


@dataclass(frozen=True)
class Comparison:
    """Two contestants on the latest closed period.

    Attributes
    ----------
    verdicts : tuple of Verdict
        For each age and, where there are several, as their mean; the gain is of the first.
    test_from, test_to : str
        First and last instant of the test's snapshots, ISO 8601.
    snapshots, leads, ready : int
        Of the test.
    trained_on : int
        Snapshots whose answer was known before the test began.
    in_the_gap : int
        Snapshots whose answer came after that; nobody saw them.
    not_worked_share : float
        Share of the test's snapshots that sales never tried to reach: their label says little.
    clock : str
        `row_order` where the data has an order and no times, else `dated`.
    """

    verdicts: tuple[Verdict, ...]
    test_from: str
    test_to: str
    snapshots: int
    leads: int
    ready: int
    trained_on: int
    in_the_gap: int
    not_worked_share: float
    clock: str = "dated"

    def overall(self, metric: str) -> Verdict:
        """Give the verdict on one metric: the mean of ages, or the only age there is."""
        matching = [verdict for verdict in self.verdicts if verdict.metric == metric]
        return next((verdict for verdict in matching if verdict.age == MEAN_OF_AGES), matching[-1])


def compare(split: Split, first: Model, second: Model, *, draws: int = 1000, seed: int = 7) -> Comparison:
    """Let two models score the test that neither has seen.

    Parameters
    ----------
    split : Split
        Both models learned from `split.train` alone.
    first, second : Model
    draws : int
        Bootstrap draws of leads.
    seed : int

    Returns
    -------
    comparison : Comparison
    """
    test = split.test
    verdicts = judge(test, _scores(first, test), _scores(second, test), draws=draws, seed=seed)
    return Comparison(
        verdicts=tuple(verdicts),
        test_from=to_iso(int(test.snapshots.as_of.min())),
        test_to=to_iso(int(test.snapshots.as_of.max())),
        snapshots=len(test),
        leads=len(np.unique(test.snapshots.leads)),
        ready=int(test.ready.sum()),
        trained_on=len(split.train),
        in_the_gap=split.in_the_gap,
        not_worked_share=float(1 - test.worked.mean()),
    )


def compare_recipe(training_set: TrainingSet, spec: ProjectSpec) -> Comparison:
    """Fit the project's recipe on the earlier leads and compare it with the rules on the later ones.

    Parameters
    ----------
    training_set : TrainingSet
    spec : ProjectSpec

    Returns
    -------
    comparison : Comparison
        Readiness first, rules second; both learned from the same earlier leads.

    Raises
    ------
    LeadmlError
        `too_few_outcomes`.
    """
    split = split_by_time(training_set, spec.readiness.test)
    judged = fit_recipe(split.train, spec)
    comparison = compare(split, judged, judged.rules, seed=spec.readiness.seed)
    return replace(comparison, clock=spec.history.clock)


def _scores(model: Model, test: TrainingSet) -> Scores:
    margin = model.contributions(test.features).margin
    return Scores(margin, probability(margin))
