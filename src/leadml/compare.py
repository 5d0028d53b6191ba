"""Contestants on identical leads, at identical instants, without hindsight: each period by a model fitted before it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadml.agreement.scale import Scale, probability
from leadml.clock import to_iso
from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError, known_words
from leadml.evaluate import (
    MEAN_OF_AGES,
    TOP_SHARE,
    WITHIN_DAY,
    Groups,
    Measures,
    ReliabilityPoint,
    Scores,
    Segment,
    Treatment,
    Verdict,
    by_segment,
    in_top_share,
    judge,
    reliability,
    treatment,
)
from leadml.evaluate.verdict import Ruling, rule_on
from leadml.history.tables import Mask, Numbers
from leadml.learners.contract import Model
from leadml.learners.readiness import ReadinessModel
from leadml.learners.rivals import fit_lightgbm, fit_logistic
from leadml.learners.trained_model import TrainedModel
from leadml.learning_curve import LearningPoint, learning_curve_of
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.splits import Split, join_tests, rolling_periods
from leadml.training import fit_recipe
from leadml.wording.texts import nearest

READINESS = "readiness"
RIVALS: Mapping[str, Callable[[Split, ReadinessModel, int], Model]] = {
    "rules": lambda _split, readiness, _seed: readiness.rules,
    "logistic": lambda split, _readiness, _seed: fit_logistic(split.train),
    "lightgbm": lambda split, _readiness, seed: fit_lightgbm(split.train, seed=seed),
}
USUAL_RIVALS = ("rules",)
_VIEWS: Mapping[str, Callable[[FeatureSpec], bool]] = {
    "lead_type": lambda feature: "lead_type" in (feature.name, feature.attribute),
    "persona": lambda feature: feature.kind == "persona",
    "source": lambda feature: feature.kind == "attribute" and feature.name in ("source", "origin"),
    "country": lambda feature: "country" in (feature.name, feature.attribute),
}
_SEGMENTS = ("lead_type", "persona", "source", "tried")


@dataclass(frozen=True)
class Period:
    """One period of the test, and what was learned from before it.

    Attributes
    ----------
    created_from : str
        When its first lead was created, ISO 8601; nothing that became known later was learned.
    test_from, test_to : str
        First and last instant of its snapshots, ISO 8601.
    leads, snapshots, ready : int
        `ready` counts snapshots.
    trained_on : int
        Snapshots whose answer was known before the period began.
    in_the_gap : int
        Snapshots of earlier leads whose answer came after that; nobody saw them.
    """

    created_from: str
    test_from: str
    test_to: str
    leads: int
    snapshots: int
    ready: int
    trained_on: int
    in_the_gap: int


@dataclass(frozen=True)
class Comparison:
    """Contestants on the latest closed periods.

    Attributes
    ----------
    contestants : tuple of str
        The first is the one whose gain is told.
    verdicts : tuple of Verdict
        For each age, as their mean, for each period, and within scoring days: see `evaluate.judge`.
    periods : tuple of Period
        In order of time.
    periods_asked : int
        As models/readiness.yaml has it.
    note : str or None
        `fewer_periods` where there are fewer: a period had no ready lead, or none that is not, and is one with
        its neighbour.
    snapshots, leads, ready, ready_leads : int
        Of the whole test; `ready` counts snapshots.
    segments : tuple of Segment
        By lead type, persona, source, and whether sales tried.
    fairness : tuple of Treatment
        By country and persona.
    handed_over_by : str
        `bands` of the agreement that recommend the hand-over, or `top_share` where none does.
    top_share : float
        The top of the list, for lift and precision.
    not_worked_share : float
        Share of the test's snapshots that sales never tried to reach: their label says little.
    reliability : tuple of ReliabilityPoint
        What the first contestant said against what happened; at each age each lead weighs the same.
    clock : str
        `row_order` where the data has an order and no times, else `dated`.
    learning_curve : tuple of LearningPoint
        Only on request.
    """

    contestants: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    periods: tuple[Period, ...]
    periods_asked: int
    note: str | None
    snapshots: int
    leads: int
    ready: int
    ready_leads: int
    segments: tuple[Segment, ...]
    fairness: tuple[Treatment, ...]
    handed_over_by: str
    top_share: float
    not_worked_share: float
    reliability: tuple[ReliabilityPoint, ...] = ()
    clock: str = "dated"
    learning_curve: tuple[LearningPoint, ...] = ()

    @property
    def test_from(self) -> str:
        """First instant of the test's snapshots, ISO 8601."""
        return min(period.test_from for period in self.periods)

    @property
    def test_to(self) -> str:
        """Last instant of the test's snapshots, ISO 8601."""
        return max(period.test_to for period in self.periods)

    def overall(self, metric: str) -> Verdict:
        """Give the verdict on one metric: the mean of ages, or the only age there is."""
        matching = [verdict for verdict in self.by_age() if verdict.metric == metric]
        return next((verdict for verdict in matching if verdict.age == MEAN_OF_AGES), matching[-1])

    def ruling(self, rival: str) -> Ruling:
        """Say what the first contestant's gain over a rival proves, by AUC."""
        return rule_on(self.overall("auc").gain_over(rival), self.ready_leads, self.leads - self.ready_leads)

    def by_age(self) -> list[Verdict]:
        """Give the verdicts of each age and of their mean, over all periods."""
        return [verdict for verdict in self.verdicts if verdict.period is None and verdict.age != WITHIN_DAY]

    def of_period(self, number: int, metric: str) -> Verdict | None:
        """Give the verdict of one period, from 1; None where the period alone says nothing."""
        alone = [verdict for verdict in self.verdicts if verdict.period == number] or (
            self.by_age() if len(self.periods) == 1 else []
        )
        return next((verdict for verdict in reversed(alone) if verdict.metric == metric), None)

    def within_day(self) -> Verdict | None:
        """Give the AUC within scoring days; None where no day has both kinds of leads, or the data has no days."""
        return next((verdict for verdict in self.verdicts if verdict.age == WITHIN_DAY), None)


def compare(
    periods: Sequence[Split],
    fitted: Sequence[Mapping[str, Model]],
    spec: ProjectSpec,
    *,
    measures: Measures | None = None,
) -> Comparison:
    """Let models score the tests that none of them has seen.

    Parameters
    ----------
    periods : sequence of Split, of one training set
    fitted : sequence of mapping of contestant to Model, one a period
        All learned from its `train` alone; the gain is of the contestant that is named first.
    spec : ProjectSpec
    measures : Measures, optional

    Returns
    -------
    comparison : Comparison

    Raises
    ------
    LeadmlError
        `hindsight` where a trained model knew what came after a test began.
    """
    _refuse_hindsight(periods, fitted)
    return compare_scores(periods, {name: _scores(name, periods, fitted) for name in fitted[0]}, spec, measures)


def compare_scores(
    periods: Sequence[Split],
    contestants: Mapping[str, Scores],
    spec: ProjectSpec,
    measures: Measures | None = None,
) -> Comparison:
    """Compare scores that nobody who gave them could have known the answers of.

    Parameters
    ----------
    periods : sequence of Split, of one training set
    contestants : mapping of name to Scores
        Of the tests of all periods, one after the other; the gain is of the one that is named first.
    spec : ProjectSpec
    measures : Measures, optional

    Returns
    -------
    comparison : Comparison
    """
    measures = measures or Measures(seed=spec.readiness.seed)
    test, period_of = join_tests(periods)
    first = next(iter(contestants))
    verdicts = judge(test, contestants, first=first, measures=measures, period_of=period_of)
    if spec.history.clock == "row_order":  # its days are none
        verdicts = [verdict for verdict in verdicts if verdict.age != WITHIN_DAY]
    views, asked = _views(test, spec), spec.readiness.test.periods
    handed_over, handed_over_by = _handed_over(test, contestants[first].ranking, views, spec, measures.top_share)
    return Comparison(
        contestants=tuple(contestants),
        verdicts=tuple(verdicts),
        periods=tuple(_period(split) for split in periods),
        periods_asked=asked,
        note="fewer_periods" if len(periods) < asked else None,
        snapshots=len(test),
        leads=test.leads,
        ready=int(test.ready.sum()),
        ready_leads=len(np.unique(test.snapshots.leads[test.ready > 0])),
        segments=by_segment(test, contestants, _only(views, *_SEGMENTS), first=first, measures=measures),
        fairness=treatment(
            test,
            contestants[first].probability,
            handed_over,
            _only(views, "country", "persona"),
            measures=measures,
        ),
        handed_over_by=handed_over_by,
        top_share=measures.top_share,
        not_worked_share=float(1 - test.worked.mean()),
        reliability=_reliability(test, contestants[first], measures),
        clock=spec.history.clock,
    )


def compare_recipe(
    training_set: TrainingSet,
    spec: ProjectSpec,
    *,
    rivals: Sequence[str] = USUAL_RIVALS,
    top_share: float = TOP_SHARE,
    learning_curve: bool = False,
) -> Comparison:
    """Fit the project's recipe before each period of the test, and compare it with others fitted on the same rows.

    Parameters
    ----------
    training_set : TrainingSet
    spec : ProjectSpec
    rivals : sequence of str
        Some of `RIVALS`.
    top_share : float in (0, 1]
        Part of the list that sales can call.
    learning_curve : bool
        Whether to fit the recipe on parts of the leads too.

    Returns
    -------
    comparison : Comparison
        Readiness first.

    Raises
    ------
    LeadmlError
        `too_few_outcomes`; `unknown_word` for a rival that does not exist; `unfit_value` for a share that is none.
    """
    check_rivals(rivals)
    if not 0 < top_share <= 1:
        raise LeadmlError("unfit_value", where="top_share", value=top_share, problem="give a share over 0, up to 1")
    periods, fitted = fit_periods(training_set, spec, rivals=rivals)
    measures = Measures(top_share=top_share, seed=spec.readiness.seed)
    comparison = compare(periods, fitted, spec, measures=measures)
    if learning_curve:
        comparison = replace(comparison, learning_curve=learning_curve_of(periods[-1], spec))
    return comparison


def fit_periods(
    training_set: TrainingSet, spec: ProjectSpec, *, rivals: Sequence[str] = USUAL_RIVALS
) -> tuple[tuple[Split, ...], list[dict[str, Model]]]:
    """Fit the project's recipe and its rivals before each period of the test.

    Parameters
    ----------
    training_set : TrainingSet
    spec : ProjectSpec
    rivals : sequence of str
        Some of `RIVALS`.

    Returns
    -------
    periods : tuple of Split
    fitted : list of dict of contestant to Model, one a period
        Readiness first.

    Raises
    ------
    LeadmlError
        `too_few_outcomes`.
    """
    periods = rolling_periods(training_set, spec.readiness.test)
    return periods, [_fit(split, spec, rivals) for split in periods]


def check_rivals(names: Sequence[str], *, where: str = "--with") -> None:
    """Refuse a rival that does not exist, or none at all.

    Parameters
    ----------
    names : sequence of str
    where : str
        Who named them.

    Raises
    ------
    LeadmlError
        `unknown_word`, with the nearest that exists.

    Examples
    --------
    >>> check_rivals(["rules", "logistics"])
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: 'logistics' is not known here.
      Why:   Nothing is defined under this name.
      Where: --with
      Fix:   Did you mean 'logistic'? Known here: lightgbm, logistic, rules.
    """
    known = list(RIVALS)
    for name in names or [""]:
        if name not in RIVALS:
            raise LeadmlError(
                "unknown_word", where=where, word=name, known=known_words(known), hint=nearest(name, known)
            )


def _fit(split: Split, spec: ProjectSpec, rivals: Sequence[str]) -> dict[str, Model]:
    readiness = fit_recipe(split.train, spec)
    fitted: dict[str, Model] = {READINESS: readiness}
    for name in rivals:
        fitted[name] = RIVALS[name](split, readiness, spec.readiness.seed)
    return fitted


def _refuse_hindsight(periods: Sequence[Split], fitted: Sequence[Mapping[str, Model]]) -> None:
    """Refuse models that have seen what they are tested on: they would shine, and it would say nothing."""
    for split, models in zip(periods, fitted, strict=True):
        for name, model in models.items():
            if isinstance(model, TrainedModel) and model.knows_until > split.from_:
                raise LeadmlError(
                    "hindsight", where=name, knows_until=to_iso(model.knows_until), test_from=to_iso(split.from_)
                )


def _scores(name: str, periods: Sequence[Split], fitted: Sequence[Mapping[str, Model]]) -> Scores:
    """Let each period's model score its own test."""
    margin = np.concatenate(
        [models[name].margin(split.test.features) for split, models in zip(periods, fitted, strict=True)]
    )
    return Scores(margin, probability(margin))


def _reliability(test: TrainingSet, scores: Scores, measures: Measures) -> tuple[ReliabilityPoint, ...]:
    leads = test.snapshots.leads
    return reliability(test.ready, scores.probability, leads, weights=test.weights, seed=measures.seed)


def _period(split: Split) -> Period:
    test = split.test
    return Period(
        created_from=to_iso(split.from_),
        test_from=to_iso(int(test.snapshots.as_of.min())),
        test_to=to_iso(int(test.snapshots.as_of.max())),
        leads=test.leads,
        snapshots=len(test),
        ready=int(test.ready.sum()),
        trained_on=len(split.train),
        in_the_gap=split.in_the_gap,
    )


def _views(test: TrainingSet, spec: ProjectSpec) -> Groups:
    """Name the group of each snapshot under each view that the catalogue has."""
    views: dict[str, Sequence[str | None]] = {
        view: _words(test, feature.name)
        for view, chosen in _VIEWS.items()
        for feature in [next((each for each in spec.learned_features if chosen(each)), None)]
        if feature is not None and feature.name in test.features.words
    }
    return {**views, "tried": np.where(test.worked, "yes", "no").tolist()}


def _words(test: TrainingSet, name: str) -> list[str | None]:
    matrix = test.features
    codes = matrix.values[:, matrix.names.index(name)]
    words = [*matrix.words[name], None]
    return [words[code] for code in np.where(np.isnan(codes), -1, codes).astype(np.int64).tolist()]


def _only(views: Groups, *names: str) -> Groups:
    return {name: views[name] for name in names if name in views}


def _handed_over(
    test: TrainingSet, margin: Numbers, views: Groups, spec: ProjectSpec, top_share: float
) -> tuple[Mask, str]:
    """Mark the snapshots whose band recommends the target stage; without such a band, the top of the list."""
    agreement = spec.agreement
    scale = Scale.agreed(agreement.definitions.lead_score)
    lead_types = views.get("lead_type", [None] * len(test))
    reach = agreement.definitions.outcome(test.outcome).reach
    lowest = {lead_type: _lowest_handed_over(lead_type, reach, agreement) for lead_type in set(lead_types)}
    if all(score is None for score in lowest.values()):
        return in_top_share(margin, test.snapshots.ages, top_share), "top_share"
    limits = np.array([np.inf if lowest[kind] is None else lowest[kind] for kind in lead_types], dtype=np.float64)
    above: Mask = np.rint(np.clip(scale.unclipped(margin), 0, 100)) >= limits
    return above, "bands"


def _lowest_handed_over(lead_type: str | None, reach: str, agreement: AgreementSpec) -> int | None:
    """Find the score from which on a lead of this type is recommended for the target stage or one beyond it."""
    stages, bands = agreement.definitions.lifecycle_stages, agreement.bands
    scores = [
        band.score_at_least
        for band in bands.get(lead_type or "default", bands["default"])
        if band.lifecycle_stage is not None and stages.index(band.lifecycle_stage) >= stages.index(reach)
    ]
    return min(scores, default=None)
