"""The learned model: starts from the rules both teams wrote, and learns what the outcomes prove.

margin = rules line + boosted trees on what the line leaves over. The number of trees is chosen on
later leads, and may be zero: then the rules carry the whole score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
import orjson

from leadml.agreement.scale import probability
from leadml.dataset import TrainingSet
from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Mask, Numbers
from leadml.learners.contract import Contributions
from leadml.learners.rules import RulesModel
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.rules_spec import RuleSpec, RulesSpec
from leadml.splits import latest_leads
from leadml.vocabulary import MoreIs

_SHARE_TO_TUNE_ON = 0.25
_SHARE_IN_A_BAG = 0.8
_DIRECTION = {MoreIs.READIER: 1, MoreIs.LESS_READY: -1, None: 0}


@dataclass(frozen=True)
class ReadinessModel:
    """Rules line plus boosted trees.

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
    """

    rules: RulesModel
    trees: tuple[str, ...]
    names: tuple[str, ...]
    words: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Read the trees once."""
        object.__setattr__(self, "_boosters", tuple(lightgbm.Booster(model_str=text) for text in self.trees))

    def contributions(self, matrix: FeatureMatrix) -> Contributions:
        """Add up the rules' contributions and the trees' SHAP values, by feature.

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
        boosters: tuple[lightgbm.Booster, ...] = self._boosters  # type: ignore[attr-defined]
        for booster in boosters if len(values) else ():  # LightGBM cannot say anything about nobody
            shares = np.asarray(booster.predict(matrix.values, pred_contrib=True, num_threads=1))
            values = values + shares[:, :-1] / len(boosters)
            start += float(shares[0, -1]) / len(boosters)
        return Contributions(start, values)

    def margin(self, matrix: FeatureMatrix) -> Numbers:
        """Add up the rules' margin and the trees' answers, which is far quicker than taking them apart."""
        margin = self.rules.margin(matrix)
        values = matrix.recoded(self.words).values
        boosters: tuple[lightgbm.Booster, ...] = self._boosters  # type: ignore[attr-defined]
        for booster in boosters if len(values) else ():
            grown = np.asarray(booster.predict(values, raw_score=True, num_threads=1))
            margin = margin + grown / len(boosters)
        return margin

    def to_dict(self) -> dict[str, Any]:
        """All but the trees, as plain JSON."""
        return {
            "rules": [rule.model_dump(mode="json", by_alias=True, exclude_none=True) for rule in self.rules.rules],
            "intercept": self.rules.intercept,
            "slope": self.rules.slope,
            "usual_points": list(self.rules.usual_points),
            "names": list(self.names),
            "words": {name: list(words) for name, words in self.words.items()},
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], trees: Sequence[str]) -> "ReadinessModel":
        """Read what `to_dict` wrote, with the trees' texts."""
        rules = RulesSpec.model_validate_json(orjson.dumps({"rules": content["rules"]})).rules
        line = RulesModel(rules, content["intercept"], content["slope"], tuple(content["usual_points"]))
        words = {name: tuple(known) for name, known in content["words"].items()}
        return cls(line, tuple(trees), tuple(content["names"]), words)


@dataclass(frozen=True)
class Recipe:
    """How a model is learned.

    Attributes
    ----------
    features : tuple of FeatureSpec
        In the order of the training set's columns; `more_is` binds the trees.
    rules : tuple of RuleSpec
    learner : LearnerSpec
    seed : int
    """

    features: tuple[FeatureSpec, ...]
    rules: tuple[RuleSpec, ...]
    learner: LearnerSpec
    seed: int


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
    """
    later = latest_leads(training_set, _SHARE_TO_TUNE_ON)
    rounds = _choose_rounds(training_set, later, recipe)
    matrix, weights = training_set.features, training_set.weights
    line = RulesModel.fit(recipe.rules, matrix, training_set.ready, weights)
    margin = line.contributions(matrix).margin
    trees = []
    for bag in range(recipe.learner.bags if rounds else 0):
        chosen = _bag(training_set, np.random.default_rng([recipe.seed, bag]))
        data = _lightgbm_data(training_set, chosen, margin)
        booster = lightgbm.train(_settings(recipe, recipe.seed + bag), data, num_boost_round=rounds)
        trees.append(booster.model_to_string(num_iteration=-1))
    return ReadinessModel(line, tuple(trees), matrix.names, dict(matrix.words))


def _choose_rounds(training_set: TrainingSet, later: Mask, recipe: Recipe) -> int:
    """Choose how many trees to grow: those that predict later leads best, after the best intercept."""
    earlier_set, later_set = training_set.rows(~later), training_set.rows(later)
    both_sides = [0 < part.ready.sum() < len(part) for part in (earlier_set, later_set)]
    if not all(both_sides) or recipe.learner.most_trees == 0:
        return 0
    line = RulesModel.fit(recipe.rules, earlier_set.features, earlier_set.ready, earlier_set.weights)
    data = _lightgbm_data(
        earlier_set, np.ones(len(earlier_set), dtype=bool), line.contributions(earlier_set.features).margin
    )
    booster = lightgbm.train(_settings(recipe, recipe.seed), data, num_boost_round=recipe.learner.most_trees)
    start = line.contributions(later_set.features).margin
    best_rounds, best_loss = 0, _loss_after_best_intercept(start, later_set.ready, later_set.weights)
    step = max(1, recipe.learner.most_trees // 40)
    margin = start
    for rounds in range(step, recipe.learner.most_trees + 1, step):
        grown = booster.predict(
            later_set.features.values, raw_score=True, start_iteration=rounds - step, num_iteration=step, num_threads=1
        )
        margin = margin + np.asarray(grown)
        loss = _loss_after_best_intercept(margin, later_set.ready, later_set.weights)
        if loss < best_loss:
            best_rounds, best_loss = rounds, loss
    return best_rounds


def _loss_after_best_intercept(margin: Numbers, ready: Numbers, weights: Numbers) -> float:
    """Weighted log loss once the common level is right: rates drift, and that is no fault of the trees."""
    shift = 0.0
    for _ in range(20):
        chance = probability(margin + shift)
        slope = float(np.sum(weights * chance * (1 - chance)))
        shift += float(np.clip(np.sum(weights * (ready - chance)) / max(slope, 1e-9), -2.0, 2.0))
    chance = np.clip(probability(margin + shift), 1e-12, 1 - 1e-12)
    return float(-np.average(ready * np.log(chance) + (1 - ready) * np.log(1 - chance), weights=weights))


def _bag(training_set: TrainingSet, random: np.random.Generator) -> Mask:
    """Draw leads, never single snapshots."""
    leads = np.unique(training_set.snapshots.leads)
    drawn = random.choice(leads, size=max(1, round(_SHARE_IN_A_BAG * len(leads))), replace=False)
    chosen: Mask = np.isin(training_set.snapshots.leads, drawn)
    return chosen


def _lightgbm_data(training_set: TrainingSet, chosen: Mask, margin: Numbers) -> lightgbm.Dataset:
    matrix = training_set.features
    return lightgbm.Dataset(
        np.ascontiguousarray(matrix.values[chosen]),
        label=training_set.ready[chosen],
        weight=training_set.weights[chosen],
        init_score=margin[chosen],
        feature_name=list(matrix.names),
        categorical_feature=[name for name in matrix.names if name in matrix.words],
        free_raw_data=True,
    )


def _settings(recipe: Recipe, seed: int) -> dict[str, Any]:
    return {
        "objective": "binary",
        "boost_from_average": False,
        "learning_rate": recipe.learner.learning_rate,
        "num_leaves": recipe.learner.leaves,
        "min_data_in_leaf": recipe.learner.smallest_leaf,
        "min_gain_to_split": recipe.learner.smallest_gain,
        "lambda_l2": 10.0,
        "feature_fraction": 0.6,
        "cat_smooth": 20.0,
        "monotone_constraints": [_DIRECTION[feature.more_is] for feature in recipe.features],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": seed,
        "verbosity": -1,
    }
