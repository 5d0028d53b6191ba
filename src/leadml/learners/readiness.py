"""The learned model: starts from the rules both teams wrote, and learns what the outcomes prove.

Two ways lead on from the rules' line: ridge logistic regression (`linear`), and boosted trees (`trees`). The margin is
the rules' line plus a share of what each way adds, on a line that calibrates it (`calibration`). How much each way
learns is chosen on later leads (`choice`), and may be next to nothing: then the rules carry the score.

All of it is learned several times, each time without another part of the leads (a bag). The model is the mean of its
bags, and how far they lie apart tells how sure it is.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
import orjson
from threadpoolctl import threadpool_limits

from leadml.agreement.scale import probability
from leadml.clock import DAY
from leadml.dataset import TrainingSet
from leadml.engine.matrix import FeatureMatrix
from leadml.errors import LeadmlError
from leadml.history.tables import Codes, Numbers
from leadml.learners.calibration import CalibrationLine, codes_of, fit_slope_and_shifts, level_of_now
from leadml.learners.choice import Forward, Strength, choose_strength, faded
from leadml.learners.contract import Contributions
from leadml.learners.linear import Design, Prior, draw_doubts, fit_coefficients, penalty_of
from leadml.learners.recipe import Recipe
from leadml.learners.rules import RulesModel
from leadml.learners.tree_interactions import TreeInteractions
from leadml.learners.tree_shap import TreeShap
from leadml.learners.trees import Grove, sizes
from leadml.specs.rules_spec import RulesSpec

# Of what each way adds to the rules, so much counts: their mean was better on all sets than either alone, and
# trees are the better way where features play together (decision 0014).
LINEAR_SHARE, TREES_SHARE = 0.25, 0.75
# Each bag leaves out a fifth of the leads.
_LEFT_OUT_SHARE = 0.2
# How sure a model is: how far its bags lie apart, how far its coefficients could lie elsewhere under a wide prior, and
# a third of a log-odds that no number of outcomes takes away: one model for all ages, and facts that tell only so
# much (decision 0016).
_INTERVAL_QUANTILE = 1.645  # 90 % of a normal distribution
_DOUBTED_VARIANCE = 1.0
_NEVER_SURER = 1 / 3


@dataclass(frozen=True)
class Shares:
    """How much of each way counts in the margin."""

    linear: float = 0.0
    trees: float = 1.0


@dataclass(frozen=True, eq=False)
class ReadinessModel:
    """Rules line, a straight part and boosted trees, calibrated.

    Attributes
    ----------
    rules : RulesModel
        Frozen inside the model: editing rules.yaml changes it at the next training.
    trees : tuple of str
        One LightGBM model a bag, as text; their mean is taken. Empty where no tree helped.
    names : tuple of str
        The features, in catalogue order.
    words : mapping of feature to tuple of str
        The word of each code, for categories.
    design : Design or None
        How features become columns of the straight part; None in models that have none.
    lines : float array, shape (n_bags, 1 + n_columns)
        Intercept and coefficients of the straight part, one row a bag; their mean is taken.
    shares : Shares
    calibration : CalibrationLine
    bag_lines : tuple of CalibrationLine
        The same line as each bag found it; empty in models that do not know how sure they are.
    doubts : float array, shape (n_draws, 1 + n_columns), or None
        Draws of how wrong intercept and coefficients of the straight part may be.
    outcomes : int or None
        Ready leads learned from; None, as below, of models from before this was kept.
    rules_share : float in 0..1, or None
        Part of the score that the rules carry: the spread of their margin over the training leads, beside the spread
        of what was learned. None without rules.
    """

    rules: RulesModel
    trees: tuple[str, ...]
    names: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]
    design: Design | None = None
    lines: Numbers | None = None
    shares: Shares = field(default_factory=Shares)
    calibration: CalibrationLine = field(default_factory=CalibrationLine)
    bag_lines: tuple[CalibrationLine, ...] = ()
    doubts: Numbers | None = None
    outcomes: int | None = None
    rules_share: float | None = None

    def __post_init__(self) -> None:
        """Read the trees once."""
        object.__setattr__(self, "_boosters", tuple(lightgbm.Booster(model_str=text) for text in self.trees))

    def __eq__(self, other: object) -> bool:
        """Two models are the same if what is written of them is."""
        return isinstance(other, ReadinessModel) and (self.to_dict(), self.trees) == (other.to_dict(), other.trees)

    __hash__ = None  # type: ignore[assignment]

    @cached_property
    def _mean_line(self) -> Numbers:
        """Intercept and coefficients of the straight part, mean of the bags."""
        mean: Numbers = np.mean(np.asarray(self.lines), axis=0)
        return mean

    @cached_property
    def _forest(self) -> TreeShap | None:
        """The trees of all bags as one forest, each with its share of the margin."""
        return TreeShap.of(*self.trees, scale=self.shares.trees / len(self.trees)) if self.trees else None

    def contributions(self, matrix: FeatureMatrix) -> Contributions:
        """Add up the rules' contributions, the coefficients' and the trees' SHAP values, by feature, calibrated.

        Parameters
        ----------
        matrix : FeatureMatrix
            Words that training never saw are missing values.

        Returns
        -------
        contributions : Contributions
        """
        rules = self.rules.contributions(matrix)  # a rule may name a word that training never saw
        matrix = matrix.recoded(self.words)
        start, values = rules.start, rules.values
        if self.design is not None:
            start += self.shares.linear * float(self._mean_line[0])
            added = self.design.by_feature(self.design.lay_out(matrix), self._mean_line[1:])
            values = values + self.shares.linear * added
        if self._forest is not None:
            values = values + self._forest.contributions(matrix.values)[:, :-1]
            start += self._forest.start
        return self.calibration.applied(Contributions(start, values), matrix)

    def interactions(self, matrix: FeatureMatrix) -> Numbers:
        """Tell what pairs of features add beyond what each does by itself; only trees let them play together.

        Parameters
        ----------
        matrix : FeatureMatrix

        Returns
        -------
        interactions : float array, shape (n_snapshots, n_features, n_features), log-odds
            Symmetric, half of what the pair adds on either side; nothing on the diagonal.
        """
        if not self.trees:
            return np.zeros((len(matrix.values), len(self.names), len(self.names)))
        trees = TreeInteractions.of(*self.trees, scale=self.shares.trees * self.calibration.slope / len(self.trees))
        return trees.between(matrix.recoded(self.words).values)

    def margin(self, matrix: FeatureMatrix) -> Numbers:
        """Add up the margins of all parts, which is far quicker than taking them apart."""
        rules = self.rules.margin(matrix)
        matrix = matrix.recoded(self.words)
        margin = rules + _mean(self._added_by_bag(matrix))
        return self.calibration.on_margin(margin, matrix)

    def rules_alone(self) -> "ReadinessModel":
        """Give the model that says what the rules' line says, and no more; how unsure that is stays."""
        bags = 0 if self.lines is None else len(self.lines)
        return replace(
            self,
            trees=(),
            lines=None if self.lines is None else np.zeros_like(self.lines),
            shares=Shares(0.0, 0.0),
            calibration=CalibrationLine(),
            bag_lines=(CalibrationLine(),) * bags,
            rules_share=1.0 if self.rules.spec.rules else None,
        )

    def interval(self, matrix: FeatureMatrix) -> tuple[Numbers, Numbers] | None:
        """Say between which margins the truth lies with a chance of 90 %.

        Parameters
        ----------
        matrix : FeatureMatrix

        Returns
        -------
        interval : (low, high), float arrays of shape (n_snapshots,), or None
            The margin lies between them. None of a model that does not know how sure it is.

        Notes
        -----
        margin +- 1.645 * sqrt(variance between bags + variance of doubts + (1 / 3)**2). The spread of bags that each
        leave out a share d of the leads is that of a delete-d jackknife: the variance of their mean is (1 - d) / d
        times the variance between them. It tells how the model would differ on other leads; the doubts tell what it was
        too cautious to learn.

        References
        ----------
        Shao, J. and Wu, C. F. J. (1989). A general theory for jackknife variance estimation.
        """
        if self.design is None or self.doubts is None or len(self.bag_lines) < 2:
            return None
        rules = self.rules.margin(matrix)
        known = matrix.recoded(self.words)
        added = self._added_by_bag(known)
        bags = [line.on_margin(rules + of_bag, known) for line, of_bag in zip(self.bag_lines, added, strict=True)]
        middle, last = _mean(bags), len(bags) - 1
        spread = _mean([(bag - middle) ** 2 for bag in bags]) * len(bags) / last
        between = spread * (1 - _LEFT_OUT_SHARE) / _LEFT_OUT_SHARE
        doubted = self.design.lay_out(known).times_alone(self.doubts)
        could_be = self.calibration.slope**2 * _mean(list(doubted**2))
        width = _INTERVAL_QUANTILE * np.sqrt(between + could_be + _NEVER_SURER**2)
        margin = self.calibration.on_margin(rules + _mean(added), known)
        return margin - width, margin + width

    def _growing(self, matrix: FeatureMatrix) -> tuple[lightgbm.Booster, ...]:
        """Give the trees, where there is somebody to speak of: LightGBM cannot say anything about nobody."""
        boosters: tuple[lightgbm.Booster, ...] = self._boosters  # type: ignore[attr-defined]
        return boosters if len(matrix.values) else ()

    def _added_by_bag(self, matrix: FeatureMatrix) -> list[Numbers]:
        """Tell what each bag adds to the rules' margin."""
        added = [np.zeros(len(matrix.values))] * max(len(self.trees), 1 if self.lines is None else len(self.lines))
        if self.design is not None and self.lines is not None:
            added = list(self.shares.linear * self.design.lay_out(matrix).times_alone(self.lines))
        for bag, booster in enumerate(self._growing(matrix)):
            grown = np.asarray(booster.predict(matrix.values, raw_score=True, num_threads=1))
            added[bag] = added[bag] + self.shares.trees * grown
        return added

    def to_dict(self) -> dict[str, Any]:
        """All but the trees, as plain JSON."""
        return {
            **self.rules.spec.model_dump(mode="json", by_alias=True, exclude_defaults=True, include={"rules"}),
            "limits": self.rules.spec.model_dump(mode="json", exclude_defaults=True, exclude={"rules"}),
            "intercept": self.rules.intercept,
            "slope": self.rules.slope,
            "usual_points": list(self.rules.usual_points),
            "names": list(self.names),
            "words": {name: list(words) for name, words in self.words.items()},
            "design": None if self.design is None else self.design.to_dict(),
            "lines": None if self.lines is None else self.lines.tolist(),
            "shares": {"linear": self.shares.linear, "trees": self.shares.trees},
            "calibration": self.calibration.to_dict(),
            "bag_lines": [line.to_dict() for line in self.bag_lines],
            "doubts": None if self.doubts is None else self.doubts.tolist(),
            "outcomes": self.outcomes,
            "rules_share": self.rules_share,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], trees: Sequence[str]) -> "ReadinessModel":
        """Read what `to_dict` wrote, with the trees' texts; models from before there was a straight part have none."""
        rules = RulesSpec.model_validate_json(orjson.dumps({"rules": content["rules"], **content.get("limits", {})}))
        names, words = tuple(content["names"]), {name: tuple(known) for name, known in content["words"].items()}
        design, lines, doubts = content.get("design"), content.get("lines"), content.get("doubts")
        return cls(
            rules=RulesModel(rules, content["intercept"], content["slope"], tuple(content["usual_points"])),
            trees=tuple(trees),
            names=names,
            words=words,
            design=None if design is None else Design.from_dict(design, names, words),
            lines=None if lines is None else np.array(lines, dtype=np.float64),
            shares=Shares(**content.get("shares", {})),
            calibration=CalibrationLine(**content.get("calibration", {})),
            bag_lines=tuple(CalibrationLine(**line) for line in content.get("bag_lines", ())),
            doubts=None if doubts is None else np.array(doubts, dtype=np.float64),
            outcomes=content.get("outcomes"),
            rules_share=content.get("rules_share"),
        )


def recalibrated(model: ReadinessModel, recent: TrainingSet) -> ReadinessModel:
    """Set the level of a model's chances by recent leads, whose answers came after it was trained.

    Rates drift faster than what makes a lead ready. Ranking and reasons stay as they are; `start` moves.

    Parameters
    ----------
    model : ReadinessModel
    recent : TrainingSet
        Leads with known answers, such as those of the last weeks; the same features.

    Returns
    -------
    model : ReadinessModel

    Raises
    ------
    LeadmlError
        `too_few_outcomes` where there is no recent lead.
    """
    if not len(recent):
        raise LeadmlError("too_few_outcomes", where="recent", ready=0, snapshots=0)
    matrix = recent.features
    evidence = recent.weights * (recent.leads / recent.weights.sum())
    off = level_of_now(model.margin(matrix), (recent.ready, evidence), recent.created_at)

    def moved(line: CalibrationLine) -> CalibrationLine:
        return replace(line, level=line.level + off)

    return replace(
        model, calibration=moved(model.calibration), bag_lines=tuple(moved(line) for line in model.bag_lines)
    )


def fit_readiness(training_set: TrainingSet, recipe: Recipe) -> ReadinessModel:
    """Learn readiness from outcomes.

    Parameters
    ----------
    training_set : TrainingSet
        With both ready and not-ready leads.
    recipe : Recipe

    Returns
    -------
    model : ReadinessModel
        The same for any number of threads.
    """
    workers = os.cpu_count() or 1
    # A word that only later leads have is unseen: to the model that is judged as to the one that serves.
    training_set = replace(training_set, features=training_set.features.with_words_that_occur())
    with threadpool_limits(1, user_api="blas"):  # sums in another order would be another model
        strength = choose_strength(training_set, recipe, workers=workers)
        return _Fit(training_set, recipe, strength).model(workers)


class _Fit:
    """One training set on its way to a model."""

    def __init__(self, training_set: TrainingSet, recipe: Recipe, strength: Strength) -> None:
        self.recipe, self.strength = recipe, strength
        self.matrix, self.ready = training_set.features, training_set.ready
        self.weights = faded(training_set, strength.half_life)
        self.even_weights = training_set.weights
        self.created_at = training_set.created_at
        _, self.lead_of = np.unique(training_set.snapshots.leads, return_inverse=True)
        self.rules = RulesModel.fit(recipe.rules, self.matrix, self.ready, self.weights)
        self.offset = self.rules.margin(self.matrix)
        self.design = Design.of(self.matrix, self.weights)
        self.laid = self.design.lay_out(self.matrix)
        self.prior = Prior(strength.prior_variance, self.design.bounds(recipe.directions))
        # Where every bag begins to look: near to where it will arrive.
        self.begin = fit_coefficients(self.laid, (self.ready, self.weights), self.offset, self.prior)
        self.grove = Grove(self.matrix, self.ready, self.offset, recipe)
        self.recent = self._recent()
        self.types = codes_of(self.matrix, recipe.lead_type)
        self.type_words = () if recipe.lead_type is None else self.matrix.words[recipe.lead_type]
        # With the trees switched off, the straight way is the only one.
        self.shares = Shares(LINEAR_SHARE, TREES_SHARE) if recipe.learner.most_trees else Shares(1.0, 0.0)

    def model(self, workers: int) -> ReadinessModel:
        """Learn every bag, and put them together."""
        kept = self._kept()
        with ThreadPoolExecutor(workers) as pool:
            learned = list(pool.map(self._learn, range(len(kept)), kept))
        lines = np.array([line for line, _ in learned])
        boosters = [booster for _, booster in learned if booster is not None]
        added = [self._added(line, booster) for line, booster in learned]
        mean = np.mean(added, axis=0)
        forward = self.strength.forward
        calibration = self._calibration(mean, np.ones(len(self.ready)), forward)
        return ReadinessModel(
            rules=self.rules,
            trees=tuple(booster.model_to_string(num_iteration=-1) for booster in boosters),
            names=self.matrix.names,
            words=dict(self.matrix.words),
            design=self.design,
            lines=lines,
            shares=self.shares,
            calibration=calibration,
            bag_lines=tuple(self._calibration(one, part, forward) for one, part in zip(added, kept, strict=True)),
            doubts=self._doubts(calibration.on_margin(self.offset + mean, self.matrix)),
            outcomes=self._outcomes(),
            rules_share=_rules_share(self.offset, mean, self.weights) if self.recipe.rules.rules else None,
        )

    def _recent(self) -> Codes:
        """Find the snapshots that set the level: all, or those of the leads of the last days, as the recipe asks."""
        days = self.recipe.learner.level_days
        if days is None:
            return np.arange(len(self.ready))
        recent = self.created_at >= self.created_at.max() - round(days * DAY)
        both = 0 < self.ready[recent].sum() < np.count_nonzero(recent)
        return np.flatnonzero(recent) if both else np.arange(len(self.ready))

    def _kept(self) -> list[Numbers]:
        """Draw the leads of each bag, never single snapshots: 1 for those kept, 0 for a fifth that is left out.

        Five bags leave out five different fifths, so each lead is missing from as many bags as any other.
        """
        leads = int(self.lead_of.max()) + 1
        folds = round(1 / _LEFT_OUT_SHARE)
        kept = []
        for bag in range(self.recipe.learner.bags):
            if bag % folds == 0:
                fold_of = np.random.default_rng([self.recipe.seed, bag]).permutation(leads) % folds
            part = (fold_of[self.lead_of] != bag % folds).astype(np.float64)
            both = 0 < float(part @ self.ready) < float(part.sum())
            kept.append(part if both else np.ones_like(part))
        return kept

    def _learn(self, bag: int, kept: Numbers) -> tuple[Numbers, lightgbm.Booster | None]:
        """Learn one bag: the straight way, and the trees."""
        weights = self.weights * kept
        line = fit_coefficients(self.laid, (self.ready, weights), self.offset, self.prior, begin=self.begin)
        if self.strength.rounds == 0:
            return line, None
        by_turns = sizes(self.recipe.learner)
        booster = self.grove.grow(
            weights, leaves=by_turns[bag % len(by_turns)], rounds=self.strength.rounds, seed=self.recipe.seed + bag
        )
        return line, booster

    def _added(self, line: Numbers, booster: lightgbm.Booster | None) -> Numbers:
        """Tell what one bag adds to the rules' margin of the training leads."""
        added: Numbers = self.shares.linear * (line[0] + self.laid.times(line[1:]))
        if booster is not None:
            added = added + self.shares.trees * np.asarray(
                booster.predict(self.matrix.values, raw_score=True, num_threads=1)
            )
        return added

    def _calibration(self, added: Numbers, kept: Numbers, forward: Forward) -> CalibrationLine:
        """Find slope and shifts on later leads, and the level of now on all."""
        evidence = self._evidence(kept)
        said = self.shares.linear * forward.straight + self.shares.trees * forward.trees
        slope, shifts = fit_slope_and_shifts(
            said,
            (self.ready[forward.rows], evidence[forward.rows]),
            blocks=forward.blocks,
            types=self.types[forward.rows],
            type_count=len(self.type_words),
        )
        margin = slope * (self.offset + added) + np.r_[shifts, 0.0][np.minimum(self.types, len(shifts))]
        # A bag that left out every recent lead knows the level of all time.
        rows = self.recent if evidence[self.recent].any() else np.arange(len(self.ready))
        level = level_of_now(margin[rows], (self.ready[rows], evidence[rows]), self.created_at[rows])
        return CalibrationLine(
            level, slope, dict(zip(self.type_words, shifts.tolist(), strict=True)), self.recipe.lead_type
        )

    def _doubts(self, margin: Numbers) -> Numbers:
        """Draw how wrong the straight part may be, under a prior wide enough not to hide anything."""
        evidence = self._evidence(np.ones(len(self.ready)))
        penalty = penalty_of(self.laid, (self.ready, evidence), _DOUBTED_VARIANCE)
        doubts = draw_doubts(self.laid, probability(margin), evidence, penalty=penalty, seed=self.recipe.seed)
        return np.round(doubts, 5)  # finer digits would only make the file longer

    def _evidence(self, kept: Numbers) -> Numbers:
        """Weights that sum to the number of leads: the snapshots of a lead say the same again."""
        weights = self.even_weights * kept
        leads = int(np.count_nonzero(np.bincount(self.lead_of, kept)))
        evidence: Numbers = weights * (leads / weights.sum())
        return evidence

    def _outcomes(self) -> int:
        """Count the leads that became ready."""
        return len(np.unique(self.lead_of[self.ready > 0]))


def _mean(parts: Sequence[Numbers]) -> Numbers:
    """Add up one by one: a lead has the same mean alone and among a million, whatever order NumPy sums in."""
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total / len(parts)


def _rules_share(offset: Numbers, added: Numbers, weights: Numbers) -> float:
    """How much of the score the rules carry: the spread of their margin beside that of what was learned."""
    by_rules, learned = (_spread(part, weights) for part in (offset, added))
    return by_rules / (by_rules + learned) if by_rules + learned > 0 else 1.0


def _spread(margin: Numbers, weights: Numbers) -> float:
    mean = np.average(margin, weights=weights)
    return float(np.sqrt(np.average((margin - mean) ** 2, weights=weights)))
