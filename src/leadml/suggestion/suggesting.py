"""From a model to rules: whole points that a team types into its CRM, in no more rules than it takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from leadml.agreement.scale import probability
from leadml.dataset import TrainingSet
from leadml.engine.catalogue import Catalogue, check_rules
from leadml.evaluate.drawn import Became, drawn_aucs
from leadml.explain.reasons import Explainer
from leadml.history.tables import Codes, Numbers
from leadml.learners.contract import Model
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.rules_spec import RuleSpec, RulesSpec, StepSpec, WhenSpec
from leadml.splits import forward_blocks
from leadml.suggestion.candidates import Candidate, award_columns, find_candidates, part_leads, rules_of
from leadml.suggestion.lines import Ground, Terms, best_sets, lay_ground, whole_points
from leadml.suggestion.naming import because_of, names_of

AT_MOST = 15
Line = tuple[int, Candidate]  # points, and for what
_OUTCOMES_SHARE = 0.25  # of what is wanted; the rest is the model's word
_LEAST_VARIANCE = 0.01
_DRAWS = 200
_SURE_ERRORS, _CLOSE_ERRORS = 3, 0.5


@dataclass(frozen=True)
class Tried:
    """How well so many rules ranked leads that came after those they were chosen on.

    Attributes
    ----------
    rules : int
    auc : float
        Mean of ages and blocks of later leads.
    behind_best : float
        The AUC of the best number of rules, less this one.
    error : float
        Standard error of that, paired by lead.
    """

    rules: int
    auc: float
    behind_best: float
    error: float


@dataclass(frozen=True)
class Suggestion:
    """Rules that say nearly what a model says.

    Attributes
    ----------
    rules : RulesSpec
        Every line is a rule of its own; strongest first. Empty where there is nothing to learn.
    tried : tuple of Tried
        From no line up to as many as were allowed or explained anything.
    """

    rules: RulesSpec
    tried: tuple[Tried, ...]

    @property
    def count(self) -> int:
        """How many rules there are to type."""
        return len(self.rules.rules)


def suggest_rules(training_set: TrainingSet, spec: ProjectSpec, model: Model, *, at_most: int = AT_MOST) -> Suggestion:
    """Suggest rules that rank leads as a model does.

    Parameters
    ----------
    training_set : TrainingSet
        What the model learned from, with ready leads and others.
    spec : ProjectSpec
    model : Model
    at_most : int, >= 1
        Lines.

    Returns
    -------
    suggestion : Suggestion
        The same for the same leads; its rules pass `engine.catalogue.check_rules`.

    Notes
    -----
    With margin m, chance p and outcome y of a snapshot, wanted is m + (y - p) / (4 p (1 - p)), weighted by p (1 - p):
    the log loss of a target three parts the model's chance and one part the outcome, in second order around the model.
    The number of rules is the least that is not behind the best by more than half a standard error, in the AUC on
    three later blocks of leads, each ranked by lines chosen on the leads before it.
    """
    margin = model.margin(training_set.features)
    chance = probability(margin)
    variance = np.maximum(chance * (1 - chance), _LEAST_VARIANCE)
    wanted, weights = (
        margin + _OUTCOMES_SHARE * (training_set.ready - chance) / variance,
        training_set.weights * variance,
    )
    candidates = find_candidates(training_set.features, spec.learned_features, wanted)
    columns = award_columns(candidates, training_set.features)
    parting = part_leads(columns)
    candidates = [candidates[place] for place in parting]
    choice = _Choice(training_set, candidates, columns[:, parting], wanted, weights, at_most)
    tried = _tried(choice)
    rules = _rules(choice, least_rules(tried), spec)
    check_rules(rules, spec.features)
    return Suggestion(rules, tried)


def least_rules(tried: Sequence[Tried]) -> int:
    """Choose the least number of rules that is not behind the best by more than half a standard error.

    Parameters
    ----------
    tried : sequence of Tried
        The first of no line.

    Returns
    -------
    rules : int
        0 where the best is not above chance by three: of so many tries the best is above it by luck alone.
    """
    if tried[0].behind_best <= _SURE_ERRORS * tried[0].error:
        return 0
    return next(one.rules for one in tried if one.behind_best <= _CLOSE_ERRORS * one.error)


@dataclass(frozen=True, eq=False)
class _Choice:
    """What lines are chosen by."""

    training_set: TrainingSet
    candidates: list[Candidate]
    columns: Numbers
    wanted: Numbers
    weights: Numbers
    at_most: int

    def on(self, rows: Codes) -> tuple[Ground, list[list[int]]]:
        """Choose on some of the snapshots."""
        ages, weights = self.training_set.snapshots.ages[rows], self.weights[rows]
        terms = Terms(
            np.array([one.sign for one in self.candidates], dtype=np.int64),
            np.array([one.fee for one in self.candidates], dtype=np.float64),
            rules_of(self.candidates),
        )
        ground = lay_ground(self.columns[rows], self.wanted[rows], weights, ages, terms)
        return ground, best_sets(ground, self.at_most)


def _tried(choice: _Choice) -> tuple[Tried, ...]:
    """Rank later leads by each number of rules, chosen on those before them."""
    training_set, points, blocks = choice.training_set, [], []
    for earlier, later in forward_blocks(training_set):
        ground, sets = choice.on(earlier)
        sets = [*sets, *[sets[-1]] * (choice.at_most + 1 - len(sets))]
        awarded = [choice.columns[np.ix_(later, np.array(one, np.int64))] @ whole_points(ground, one) for one in sets]
        points.append(np.column_stack(awarded))
        blocks.append(later)
    if not blocks:
        return (Tried(0, 0.5, 0.0, 0.0),)
    aucs = _later_aucs(training_set, blocks, points)
    behind = aucs[:, [int(aucs[0].argmax())]] - aucs
    errors = behind[1:].std(axis=0, ddof=1)
    return tuple(
        Tried(number, float(aucs[0, number]), float(behind[0, number]), float(errors[number]))
        for number in range(aucs.shape[1])
    )


def _later_aucs(training_set: TrainingSet, blocks: list[Codes], points: list[Numbers]) -> Numbers:
    """Mean AUC over blocks and ages: as it is, then in each draw of leads; shape (1 + n_draws, n_sizes)."""
    later = training_set.rows(np.concatenate(blocks))
    block, ages = np.repeat(np.arange(len(blocks)), [len(rows) for rows in blocks]), later.snapshots.ages
    groups = [np.flatnonzero((block == each) & (ages == age)) for each in range(len(blocks)) for age in np.unique(ages)]
    became = Became(later.ready, later.snapshots.leads, later.weights)
    return drawn_aucs(list(np.concatenate(points).T), became, groups, draws=_DRAWS, seed=0)


def _rules(choice: _Choice, most: int, spec: ProjectSpec) -> RulesSpec:
    """Choose on all snapshots, and write the rules with names and reasons, strongest first."""
    ground, sets = choice.on(np.arange(len(choice.wanted)))
    chosen = sets[min(most, len(sets) - 1)]
    of_rule: dict[int, list[Line]] = {}
    for points, place in zip(whole_points(ground, chosen), chosen, strict=True):
        if points:
            of_rule.setdefault(int(ground.rules[place]), []).append((points, choice.candidates[place]))
    given = sorted(of_rule.values(), key=lambda lines: -max(abs(points) for points, _ in lines))
    features = {feature.name: feature for feature in spec.features}
    explainer = Explainer(spec.themes, {}, Catalogue.of(spec.themes, spec.agreement.definitions))
    return RulesSpec(
        rules=tuple(
            _rule(lines, name, features[lines[0][1].when.feature or ""], explainer)
            for lines, name in zip(given, names_of([_asked(lines) for lines in given]), strict=True)
        )
    )


def _asked(lines: Sequence[Line]) -> list[Candidate]:
    return [candidate for _, candidate in lines]


def _rule(lines: Sequence[Line], name: str, feature: FeatureSpec, explainer: Explainer) -> RuleSpec:
    """Write one rule: a line as it is, or several as steps whose points are those of all up to there."""
    because = because_of(_asked(lines), feature, explainer)
    if len(lines) == 1:
        return lines[0][1].rule(lines[0][0], name=name, because=because)
    rising = sorted((candidate.when.at_least or 0.0, points) for points, candidate in lines)
    reached = accumulate(points for _, points in rising)
    steps = tuple(
        StepSpec(at_least=begin, points=float(points)) for (begin, _), points in zip(rising, reached, strict=True)
    )
    return RuleSpec(name=name, when=WhenSpec(feature=feature.name), steps=steps, because=because)
