"""What suggested rules gain over today's, and lose against the model, on leads that neither had seen."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from leadml.compare import READINESS, fit_periods
from leadml.dataset import TrainingSet
from leadml.evaluate import Figure
from leadml.evaluate.drawn import Became, drawn_aucs
from leadml.evaluate.judging import as_figure
from leadml.history.tables import Numbers
from leadml.learners.rules import RulesModel
from leadml.specs.project_spec import ProjectSpec
from leadml.splits import join_tests
from leadml.suggestion.suggesting import AT_MOST, suggest_rules

RULES, SUGGESTED = "rules", "suggested"
_DRAWS, _SEED = 1000, 7


@dataclass(frozen=True)
class Judged:
    """AUC of today's rules, of suggested rules and of the model: mean of ages, with 95 % intervals paired by lead.

    Attributes
    ----------
    auc : dict of contestant to Figure
        `rules`, `suggested` and `readiness`; without rules today they rank by chance, 0.5.
    gain : Figure
        Suggested less today's.
    loss : Figure
        Model less suggested.
    share : Figure or None
        (suggested - rules) / (model - rules); None where the model is not above the rules.
    counts : tuple of int
        Suggested in each period.
    leads, snapshots, ready : int
        Of the test; `ready` counts snapshots.
    """

    auc: dict[str, Figure]
    gain: Figure
    loss: Figure
    share: Figure | None
    counts: tuple[int, ...]
    leads: int
    snapshots: int
    ready: int


def judge_suggestion(
    training_set: TrainingSet,
    spec: ProjectSpec,
    *,
    at_most: int = AT_MOST,
    on_period: Callable[[], None] = lambda: None,
) -> Judged:
    """Fit the model and suggest rules before each period of the test, and let both score it.

    Parameters
    ----------
    training_set : TrainingSet
    spec : ProjectSpec
    at_most : int
        Rules.
    on_period : callable
        Called before rules are suggested for the periods.

    Returns
    -------
    judged : Judged

    Raises
    ------
    LeadmlError
        `too_few_outcomes`.
    """
    periods, fitted = fit_periods(training_set, spec, rivals=(RULES,))
    on_period()
    margins: dict[str, list[Numbers]] = {RULES: [], SUGGESTED: [], READINESS: []}
    counts = []
    for split, models in zip(periods, fitted, strict=True):
        train, test = split.train, split.test.features
        suggestion = suggest_rules(train, spec, models[READINESS], at_most=at_most)
        line = RulesModel.fit(suggestion.rules, train.features, train.ready, train.weights)
        counts.append(suggestion.count)
        for name, model in ((RULES, models[RULES]), (SUGGESTED, line), (READINESS, models[READINESS])):
            margins[name].append(model.margin(test))
    together, _ = join_tests(periods)
    return _judged(together, {name: np.concatenate(parts) for name, parts in margins.items()}, tuple(counts))


def _judged(test: TrainingSet, margins: Mapping[str, Numbers], counts: tuple[int, ...]) -> Judged:
    ages, became = test.snapshots.ages, Became(test.ready, test.snapshots.leads, test.weights)
    of_ages = [np.flatnonzero(ages == age) for age in np.unique(ages)]
    drawn = drawn_aucs(list(margins.values()), became, of_ages, draws=_DRAWS, seed=_SEED)
    aucs = dict(zip(margins, drawn.T, strict=True))
    gain, span = aucs[SUGGESTED] - aucs[RULES], aucs[READINESS] - aucs[RULES]
    share = np.divide(gain, span, out=np.full_like(gain, np.nan), where=span != 0)
    return Judged(
        auc={name: _figure(drawn) for name, drawn in aucs.items()},
        gain=_figure(gain),
        loss=_figure(aucs[READINESS] - aucs[SUGGESTED]),
        share=as_figure(float(share[0]), share[1:]) if span[0] > 0 else None,
        counts=counts,
        leads=test.leads,
        snapshots=len(test),
        ready=int(test.ready.sum()),
    )


def _figure(drawn: Numbers) -> Figure:
    figure = as_figure(float(drawn[0]), drawn[1:])
    if figure is None:
        raise ValueError("a test has ready leads and others")
    return figure
