"""The gate before publishing: what a recipe must have shown on leads that it had not seen.

A recipe is judged, not a model: fitted before each period of the test, it must be better than the rules, and not worse
than the recipe of the champion. What is published afterwards is the recipe fitted on all closed windows. Where there
is nothing to lose - no champion yet, or one that is the rules alone - a recipe that does not get through is
published as the rules alone, so that there is an answer, and the answer says so.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from leadml.agreement.scale import probability
from leadml.compare import READINESS
from leadml.dataset import TrainingSet
from leadml.errors import LeadmlError, raise_problems
from leadml.evaluate import log_losses, mean_of_ages
from leadml.history.tables import Numbers
from leadml.learners.contract import Model
from leadml.learners.trained_model import TrainedModel
from leadml.specs.feature_spec import FeatureFileSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.splits import Split, join_tests, rolling_periods
from leadml.training import fit_recipe

GateName = Literal["better_than_rules", "log_loss_not_worse_than_champion", "brier_not_worse_than_champion"]
ChampionNote = Literal["none", "rules_alone", "same_recipe", "other_words", "older_recipe", "compared"]
Remake = Callable[[ProjectSpec], TrainingSet]

_REFUSED: Mapping[GateName, str] = {
    "better_than_rules": "gate_better_than_rules",
    "log_loss_not_worse_than_champion": "gate_log_loss_not_worse_than_champion",
    "brier_not_worse_than_champion": "gate_brier_not_worse_than_champion",
}
_ONE_SIDED_95 = 1.645
_SAME = ("definitions", "features", "own_kinds", "rules", "learner", "seed", "outcome", "snapshots")


@dataclass(frozen=True)
class GateTest:
    """One question that a recipe is asked, and its answer.

    Attributes
    ----------
    name : str
        `better_than_rules` by log loss; `log_loss_not_worse_than_champion` and `brier_not_worse_than_champion`.
    gain : float
        How much smaller its loss is, as the mean of ages.
    low, high : float
        One-sided 95 % limits of the gain, paired by lead.
    passed : bool
        Better: `low` is above 0. Not worse: `high` is not below 0.
    """

    name: GateName
    gain: float
    low: float
    high: float
    passed: bool


@dataclass(frozen=True)
class Gate:
    """What a recipe was asked before it was published.

    Attributes
    ----------
    tests : tuple of GateTest
    champion : str
        `compared`; or why it was not: `none` yet, `other_words` (trained under other definitions, or for another
        outcome, so it cannot score these leads), `rules_alone` (it learned nothing: only the rules are to be beaten),
        `older_recipe` (of a version that learned in another way), `same_recipe`.
    """

    tests: tuple[GateTest, ...]
    champion: ChampionNote

    @property
    def nothing_to_lose(self) -> bool:
        """Whether no model that learned anything answers what is asked now, so that the rules alone are no loss."""
        return self.champion in ("none", "rules_alone", "other_words")

    @property
    def failed(self) -> tuple[GateTest, ...]:
        """The tests that the recipe did not pass."""
        return tuple(test for test in self.tests if not test.passed)


def judge_recipe(
    periods: Sequence[Split],
    fitted: Sequence[Mapping[str, Model]],
    champions: Sequence[tuple[Split, Model]],
    note: ChampionNote,
) -> Gate:
    """Ask a recipe all questions of the gate.

    Parameters
    ----------
    periods : sequence of Split
    fitted : sequence of mapping of contestant to Model, one a period
        `readiness` and `rules`.
    champions : sequence of (Split, Model), one a period, or empty
        The champion's recipe fitted on the same snapshots, with the features that it reads.
    note : str
        As in `Gate.champion`.

    Returns
    -------
    gate : Gate
    """
    test, _ = join_tests(periods)
    splits = list(periods)
    recipe = _margins(splits, [models[READINESS] for models in fitted])
    rules = _margins(splits, [models["rules"] for models in fitted])
    tests = [_test("better_than_rules", test, log_losses(test, rules) - log_losses(test, recipe))]
    if champions:
        champion = _margins([split for split, _ in champions], [model for _, model in champions])
        gains: dict[GateName, Numbers] = {
            "log_loss_not_worse_than_champion": log_losses(test, champion) - log_losses(test, recipe),
            "brier_not_worse_than_champion": _squares(test, champion) - _squares(test, recipe),
        }
        tests += [_test(name, test, gain) for name, gain in gains.items()]
    return Gate(tuple(tests), note)


def fit_champion(
    champion: TrainedModel | None, training_set: TrainingSet, spec: ProjectSpec, remake: Remake
) -> tuple[list[tuple[Split, Model]], ChampionNote]:
    """Fit the champion's recipe before each period, on the features that it reads.

    Parameters
    ----------
    champion : TrainedModel or None
    training_set : TrainingSet
        Of the recipe that wants to be published.
    spec : ProjectSpec
    remake : callable taking ProjectSpec
        Builds the training set of another specification from the same history.

    Returns
    -------
    champions : list of (Split, Model), one a period; empty where there is nothing to compare
    note : str
        As in `Gate.champion`.
    """
    if champion is None:
        return [], "none"
    if champion.definitions != training_set.recipe["definitions"] or (
        champion.recipe.get("outcome", {}).get("name") != training_set.outcome
    ):
        return [], "other_words"
    if champion.recipe.get("rules_alone"):
        return [], "rules_alone"
    theirs = spec_of(champion, spec)
    if theirs is None:
        return [], "older_recipe"
    wanted = {**training_set.recipe, "learner": spec.readiness.learner.model_dump(mode="json")}
    wanted["seed"] = spec.readiness.seed
    if all(champion.recipe.get(key) == wanted[key] for key in _SAME):
        return [], "same_recipe"
    periods = rolling_periods(remake(theirs), spec.readiness.test)
    return [(split, fit_recipe(split.train, theirs)) for split in periods], "compared"


def refuse(gate: Gate) -> None:
    """Stop where a recipe did not get through.

    Parameters
    ----------
    gate : Gate

    Raises
    ------
    LeadmlError, ProblemsError
        `gate_better_than_rules`, `gate_log_loss_not_worse_than_champion`, `gate_brier_not_worse_than_champion`:
        each with its numbers.
    """
    problems = [
        LeadmlError(
            _REFUSED[test.name],
            where="models/readiness.yaml",
            gain=f"{test.gain:+.4f}",
            low=f"{test.low:+.4f}",
            high=f"{test.high:+.4f}",
        )
        for test in gate.failed
    ]
    raise_problems(problems, where="models/readiness.yaml")


def spec_of(model: TrainedModel, spec: ProjectSpec) -> ProjectSpec | None:
    """Write the project as it would be with a model's features, rules and settings.

    Parameters
    ----------
    model : TrainedModel
    spec : ProjectSpec
        The project as it is.

    Returns
    -------
    theirs : ProjectSpec or None
        None of a model that learned by settings which this version of leadml does not know.
    """
    try:
        learner = LearnerSpec.model_validate(model.recipe["learner"])
    except (KeyError, ValueError):
        return None
    changed = {"learner": learner, "seed": model.recipe["seed"], "leave_out": ()}
    readiness = spec.readiness.model_copy(update=changed)
    return ProjectSpec(
        history=spec.history,
        # A model's file names every key; a feature may only name those that its kind uses.
        themes=tuple(
            FeatureFileSpec.model_validate_json(theme.model_dump_json(exclude_defaults=True)) for theme in model.themes
        ),
        rules=model.readiness.rules.spec,
        readiness=readiness,
        agreement=spec.agreement,
    )


def _margins(splits: Sequence[Split], models: Sequence[Model]) -> Numbers:
    """Let each period's model score its own test, log-odds."""
    return np.concatenate([model.margin(split.test.features) for split, model in zip(splits, models, strict=True)])


def _squares(test: TrainingSet, margin: Numbers) -> Numbers:
    squares: Numbers = (probability(margin) - test.ready) ** 2
    return squares


def _test(name: GateName, test: TrainingSet, gains: Numbers) -> GateTest:
    gain, error = mean_of_ages(test, gains)
    low, high = gain - _ONE_SIDED_95 * error, gain + _ONE_SIDED_95 * error
    return GateTest(name, gain, low, high, passed=low > 0 if name == "better_than_rules" else high >= 0)
