"""The single path of a score: every face of leadml goes through `Scorer.score`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from leadml.agreement.placement import Placement, Standing, band_of_score, place
from leadml.agreement.scale import Scale, probability, shown
from leadml.agreement.telling import placement_told
from leadml.clock import Instants, to_iso
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.engine.matrix import FeatureMatrix
from leadml.errors import LeadmlError, raise_problems
from leadml.explain.reasons import Explainer, Explanation, FeatureEffect
from leadml.history.inline import InlineHistory
from leadml.history.tables import Codes, History
from leadml.learners.awards import Awards, HeldBy
from leadml.learners.contract import Contributions
from leadml.learners.trained_model import TrainedModel
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.specs.project_spec import meaning_of
from leadml.specs.rules_spec import RulesSpec
from leadml.standings import LastBand, Standings
from leadml.wording.numbers import chance_in_words, interval_in_words, origin_in_words
from leadml.wording.texts import LANGUAGES


@dataclass(frozen=True)
class AwardedRule:
    """A rule that awarded points, with the reason both teams wrote."""

    rule: str
    points: float
    because: Mapping[str, str]


@dataclass(frozen=True)
class HeldPoints:
    """Rule points that a group, a category, the total or a reason to rule the lead out gave or took."""

    held_by: HeldBy
    name: str
    points: float


@dataclass(frozen=True)
class RulesVerdict:
    """What the rule-based model says beside the score.

    Attributes
    ----------
    rule_points : float
        The sum of what rules awarded and of what was held.
    score : int in 0..100
    probability : float in [0, 1]
        By the line that was fitted on outcomes.
    band : str
        That of the rules' score alone: neither the last band nor people's choice is the rules'.
    awarded : tuple of AwardedRule
    held : tuple of HeldPoints
    grade : str or None
        Fit and engagement, such as A1; None where the rules have no grade.
    """

    rule_points: float
    score: int
    probability: float
    band: str
    awarded: tuple[AwardedRule, ...]
    held: tuple[HeldPoints, ...] = ()
    grade: str | None = None


@dataclass(frozen=True)
class Origin:
    """How much of a score was learned from outcomes, and how much the rules carry.

    Attributes
    ----------
    outcomes : int or None
        Ready leads learned from; None of a model from before this was kept.
    rules_share : float in [0, 1], or None
        Part of the score that the rules carry; None where there are no rules, too.
    """

    outcomes: int | None
    rules_share: float | None

    def to_dict(self) -> dict[str, Any]:
        """Lay it out with its sentence in both languages."""
        said = {
            language: None if self.outcomes is None else origin_in_words(self.outcomes, self.rules_share, language)
            for language in LANGUAGES
        }
        return {"outcomes": self.outcomes, "rules_share": self.rules_share, "sentence": said}


@dataclass(frozen=True)
class LeadScore:
    """A score with its reasons and what follows from it.

    Attributes
    ----------
    lead_id : str
    as_of : int, UTC microseconds
        Only what was known before counts.
    explanation : Explanation
        Holds the score, 0-100, and its exact value.
    probability : float in [0, 1]
    interval : (low, high) of float in [0, 1], or None
        The true chance lies there in 9 of 10 leads, and `probability` always does; None of a model that does not know
        how sure it is.
    placement : Placement
    standing : Standing
        Where the lead stood, as last known.
    rules : RulesVerdict
    not_known : tuple of str
        Tables that features read and nothing is known of.
    hindsight : bool
        True where the model learned from answers that came after `as_of`.
    origin : Origin
        How much of the score was learned.
    model_name, agreement_version : str
    model_version : int
    knows_until : int, UTC microseconds
    """

    lead_id: str
    as_of: int
    explanation: Explanation
    probability: float
    interval: tuple[float, float] | None
    placement: Placement
    standing: Standing
    rules: RulesVerdict
    not_known: tuple[str, ...]
    hindsight: bool
    origin: Origin
    model_name: str
    model_version: int
    agreement_version: str
    knows_until: int

    @property
    def score(self) -> int:
        """The score that people see, 0-100."""
        return self.explanation.score

    @property
    def lead_type(self) -> str | None:
        """The lead type last known; None where none was."""
        return self.standing.lead_type

    @property
    def lifecycle_stage(self) -> str | None:
        """The lifecycle stage last known; None where none was."""
        return self.standing.lifecycle_stage

    def to_dict(self) -> dict[str, Any]:
        """Lay the answer out as every face gives it."""
        explanation = self.explanation
        return {
            "lead_id": self.lead_id,
            "as_of": to_iso(self.as_of),
            "score": explanation.score,
            "score_unclipped": explanation.unclipped,
            "probability": self.probability,
            "probability_low": None if self.interval is None else self.interval[0],
            "probability_high": None if self.interval is None else self.interval[1],
            "chance": {language: chance_in_words(self.probability, language) for language in LANGUAGES},
            "chance_interval": {
                language: None if self.interval is None else interval_in_words(*self.interval, language)
                for language in LANGUAGES
            },
            "lead_type": self.lead_type,
            **placement_told(self.placement, self.standing),
            "start": explanation.start,
            "effects": [_plain(theme) for theme in explanation.themes],
            "held_at": explanation.held_at,
            "held_effect": explanation.held_effect,
            "rules": _plain(self.rules),
            "not_known": list(self.not_known),
            "hindsight": self.hindsight,
            "learned_from": self.origin.to_dict(),
            "clock_skew": [],  # filled by the service: only a live request can be dated ahead of a clock
            "model": {"name": self.model_name, "version": self.model_version, "knows_until": to_iso(self.knows_until)},
            "agreement_version": self.agreement_version,
        }


def _plain(value: object) -> object:
    """Turn frozen dataclasses into plain dicts and lists."""
    if isinstance(value, FeatureEffect):
        return {**value._asdict(), "reason": dict(value.reason)}
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value


@dataclass(frozen=True)
class _Asked:
    """The leads to score, each at its instant."""

    lead_ids: tuple[str, ...]
    leads: Codes
    as_of: Instants


class Terms(Protocol):
    """What a model is scored under: those of a project, or those that were kept with a model."""

    @property
    def agreement(self) -> AgreementSpec:
        """Its definitions must be those of the model; its promises place the score."""
        ...

    @property
    def rules(self) -> RulesSpec:
        """The rules that stand beside the score."""
        ...

    @property
    def themes(self) -> tuple[FeatureFileSpec, ...]:
        """The features that these rules may ask."""
        ...


class Scorer:
    """Scores leads with one model under one agreement.

    Parameters
    ----------
    model : TrainedModel
    terms : Terms
        A `ProjectSpec`: its rules stand beside the score as they are today.

    Raises
    ------
    LeadmlError
        `other_definitions` when the agreement's words have changed since the training.
    """

    def __init__(self, model: TrainedModel, terms: Terms) -> None:
        definitions = terms.agreement.definitions
        if meaning_of(definitions) != model.definitions:
            raise LeadmlError("other_definitions", where="sla.yaml, definitions")
        self.model = model
        self.agreement: AgreementSpec = terms.agreement
        self._scale = Scale.agreed(definitions.lead_score)
        self.standings = Standings(self.agreement)
        self._rules = terms.rules
        self._awards = Awards(self._rules)
        self._rule_catalogue = Catalogue.of(terms.themes, definitions).only(set(self._rules.features))
        self.catalogue = Catalogue.of(model.themes, definitions)
        self._explainer = Explainer(model.themes, model.usual_values, self.catalogue)
        readiness = model.readiness
        self._origin = Origin(readiness.outcomes, readiness.rules_share)

    def score(
        self,
        history: History,
        lead_ids: Sequence[str],
        as_of: int | Instants,
        last_bands: Mapping[str, LastBand] | None = None,
    ) -> list[LeadScore]:
        """Score leads at an instant, only from what was known before it.

        Parameters
        ----------
        history : History
        lead_ids : sequence of str, shape (n,)
        as_of : int, or int array of shape (n,), UTC microseconds
        last_bands : mapping of lead_id to LastBand, optional
            Those of answers that the history does not hold.

        Returns
        -------
        scores : list of LeadScore, in the order of lead_ids

        Raises
        ------
        LeadmlError, ProblemsError
            A lead that is not in the history, or of which nothing was known yet: all together.
        """
        snapshots = _known_leads(history, lead_ids, as_of)
        matrix = compute_features(history, snapshots.leads, snapshots.as_of, self.catalogue)
        not_known = self.catalogue.unknown_in(history)
        contributions, explanations = self.explain(matrix, not_known=not_known)
        standings = self.standings.find(history, lead_ids, snapshots.leads, snapshots.as_of, last_bands)
        verdicts = self._rules_beside(history, snapshots, standings)
        chances = probability(contributions.margin).tolist()
        intervals = _intervals(self.model, matrix, chances)
        return [
            LeadScore(
                lead_id=lead_id,
                as_of=standing.as_of,
                explanation=explanation,
                probability=chance,
                interval=interval,
                placement=place(explanation.score, standing, self.agreement),
                standing=standing,
                rules=verdict,
                not_known=not_known,
                hindsight=standing.as_of < self.model.knows_until,
                origin=self._origin,
                model_name=self.model.name,
                model_version=self.model.version,
                agreement_version=self.agreement.version,
                knows_until=self.model.knows_until,
            )
            for lead_id, standing, explanation, chance, interval, verdict in zip(
                lead_ids, standings, explanations, chances, intervals, verdicts, strict=True
            )
        ]

    def explain(
        self, matrix: FeatureMatrix, *, not_known: Sequence[str] = ()
    ) -> tuple[Contributions, list[Explanation]]:
        """Turn feature values into scores with all their reasons, in both languages.

        Parameters
        ----------
        matrix : FeatureMatrix, n rows
            With the features of the model, in their order.
        not_known : sequence of str
            Tables of which nothing is known.

        Returns
        -------
        contributions : Contributions
            Log-odds.
        explanations : list of Explanation, n long
        """
        contributions = self.model.contributions(matrix)
        effects = self._scale.effects(contributions.values)
        start = float(self._scale.unclipped(np.array([contributions.start]))[0])
        explanations = [
            self._explainer.explain(start, effects[row], matrix.shown_row(row), not_known=not_known)
            for row in range(len(effects))
        ]
        return contributions, explanations

    def places(
        self, history: History, lead_ids: Sequence[str], as_of: int | Instants
    ) -> list[tuple[float, Placement, str | None]]:
        """Score leads without saying why, which is far quicker.

        Parameters
        ----------
        history, lead_ids, as_of
            As in `score`.

        Returns
        -------
        places : list of (unclipped, placement, lead_type), in the order of lead_ids
            The unclipped score, in score points, and what follows from it; the type as last known.
        """
        snapshots = _known_leads(history, lead_ids, as_of)
        matrix = compute_features(history, snapshots.leads, snapshots.as_of, self.catalogue)
        unclipped = self._scale.unclipped(self.model.margin(matrix)).tolist()
        return [
            (points, place(shown(points), standing, self.agreement), standing.lead_type)
            for points, standing in zip(
                unclipped, self.standings.find(history, lead_ids, snapshots.leads, snapshots.as_of), strict=True
            )
        ]

    def _rules_beside(self, history: History, snapshots: _Asked, standings: list[Standing]) -> list[RulesVerdict]:
        """Award today's rules on the same facts, on the line that was fitted in training."""
        matrix = compute_features(history, snapshots.leads, snapshots.as_of, self._rule_catalogue)
        awarded = self._awards.of(matrix)
        rule_points, grades = awarded.total, self._awards.grades(awarded)
        margin = self.model.readiness.rules.margin_of(rule_points)
        scores, chances = map(shown, self._scale.unclipped(margin).tolist()), probability(margin).tolist()
        return [
            RulesVerdict(
                rule_points=float(rule_points[row]),
                score=score,
                probability=chance,
                band=band_of_score(score, standing.lead_type, self.agreement),
                awarded=tuple(
                    AwardedRule(rule.name, points, rule.because.model_dump())
                    for rule, points in zip(self._rules.rules, awarded.points[row].tolist(), strict=True)
                    if points != 0
                ),
                held=tuple(
                    HeldPoints(limit.held_by, limit.name, points)
                    for limit, points in zip(self._awards.limits, awarded.held[row].tolist(), strict=True)
                    if points != 0
                ),
                grade=None if grades is None else grades[row],
            )
            for row, (standing, score, chance) in enumerate(zip(standings, scores, chances, strict=True))
        ]


def score_sent(
    scorer: Scorer,
    histories: Sequence[InlineHistory],
    as_of: Mapping[str, int],
    last_bands: Mapping[str, LastBand] | None = None,
) -> dict[str, LeadScore]:
    """Score leads that came with their facts.

    Parameters
    ----------
    scorer : Scorer
    histories : sequence of InlineHistory
        Those with the same known tables are scored together.
    as_of : mapping of lead_id to int, UTC microseconds
    last_bands : mapping of lead_id to LastBand, optional
        As of `Scorer.score`.

    Returns
    -------
    scores : dict of lead_id to LeadScore

    Raises
    ------
    LeadmlError, ProblemsError
        As of `Scorer.score`.
    """
    scores: dict[str, LeadScore] = {}
    for inline in histories:
        ids = inline.history.lead_ids
        instants = np.array([as_of[lead_id] for lead_id in ids], dtype=np.int64)
        scores.update(zip(ids, scorer.score(inline.history, ids, instants, last_bands), strict=True))
    return scores


def _intervals(
    model: TrainedModel, matrix: FeatureMatrix, chances: Sequence[float]
) -> Sequence[tuple[float, float] | None]:
    """Give the chance between which the true one lies, for each lead; the chance given always lies inside."""
    interval = model.readiness.interval(matrix)
    if interval is None:
        return [None] * len(chances)
    lows, highs = (probability(end).tolist() for end in interval)
    # The margin of reasons and that of bags are the same sum in another order: floating-point noise apart.
    return [(min(low, chance), max(high, chance)) for low, high, chance in zip(lows, highs, chances, strict=True)]


def _known_leads(history: History, lead_ids: Sequence[str], as_of: int | Instants) -> _Asked:
    """Find the leads asked for, and refuse those of which nothing was known."""
    instants = np.broadcast_to(np.asarray(as_of, dtype=np.int64), (len(lead_ids),)).copy()
    positions = history.positions()
    created = history.facts["leads"]
    problems = []
    for lead_id, instant in zip(lead_ids, instants.tolist(), strict=True):
        if lead_id not in positions:
            problems.append(LeadmlError("unknown_lead", where=f"lead {lead_id}", lead_id=lead_id))
        elif (first := int(created.known_at[positions[lead_id]])) >= instant:
            problems.append(
                LeadmlError(
                    "as_of_before_lead",
                    where=f"lead {lead_id}",
                    lead_id=lead_id,
                    as_of=to_iso(instant),
                    first=to_iso(first),
                )
            )
    raise_problems(problems, where="as_of")
    leads = np.array([positions[lead_id] for lead_id in lead_ids], dtype=np.int64)
    return _Asked(tuple(lead_ids), leads, instants)
