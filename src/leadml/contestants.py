"""Who enters a duel: the recipe, its rivals, registered versions and the CRM's own score, all without hindsight.

A registered version enters as its *recipe*, fitted again before each period of the test: the model itself knows how
the test ended. What ranks in each period has learned from nothing that came after the period began.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadml.agreement.scale import probability
from leadml.compare import READINESS, RIVALS
from leadml.dataset import TrainingSet, make_training_set
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.engine.matrix import FeatureMatrix
from leadml.errors import LeadmlError, known_words
from leadml.evaluate import Scores
from leadml.gate import spec_of
from leadml.history.tables import History
from leadml.learners.contract import Model
from leadml.learners.readiness import ReadinessModel
from leadml.learners.rules import RulesModel
from leadml.learners.trained_model import TrainedModel, Value
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.specs.project_spec import ProjectSpec, meaning_of
from leadml.specs.reading import Label
from leadml.specs.rules_spec import RuleSpec, RulesSpec, WhenSpec
from leadml.splits import Split, rolling_periods
from leadml.training import fit_recipe, usual_values
from leadml.vocabulary import Theme
from leadml.wording.texts import nearest, say

CHAMPION, CHALLENGER, CRM_SCORE = "champion", "challenger", "crm_score"
NAMES = (READINESS, *RIVALS, CHAMPION, CHALLENGER, CRM_SCORE)


@dataclass(frozen=True)
class Contestant:
    """Someone who ranks the leads of a test.

    Attributes
    ----------
    name : str
        One of `NAMES`, or the number of a registered version.
    models : tuple of Model, one a period
    tests : tuple of FeatureMatrix, one a period
        What its models read of the test's snapshots.
    usual : tuple of mapping of feature to value, one a period
        The usual lead of what was learned from.
    themes : tuple of FeatureFileSpec
        How its features are told.
    """

    name: str
    models: tuple[Model, ...]
    tests: tuple[FeatureMatrix, ...]
    usual: tuple[Mapping[str, Value], ...]
    themes: tuple[FeatureFileSpec, ...]

    def scores(self) -> Scores:
        """Let each period's model score its own test."""
        margin = np.concatenate([model.margin(test) for model, test in zip(self.models, self.tests, strict=True)])
        return Scores(margin, probability(margin))


class Entries:
    """Lets contestants enter, fitting each recipe once.

    Parameters
    ----------
    history : History
    training_set : TrainingSet
        Of the project's own recipe.
    spec : ProjectSpec
    versions : mapping of name to TrainedModel
        The registered models that will enter.

    Attributes
    ----------
    periods : tuple of Split
        Of the test that all contestants rank.
    """

    def __init__(
        self, history: History, training_set: TrainingSet, spec: ProjectSpec, versions: Mapping[str, TrainedModel]
    ) -> None:
        self.history, self.spec = history, spec
        self._training_set, self._versions = training_set, versions
        self.periods = rolling_periods(training_set, spec.readiness.test)
        self._fitted: list[tuple[ProjectSpec, tuple[Split, ...], list[ReadinessModel]]] = []
        self._entered: dict[str, Contestant] = {}

    def enter(self, name: str) -> Contestant:
        """Fit a contestant before each period, once.

        Parameters
        ----------
        name : str
            One that `check_names` lets through.

        Returns
        -------
        contestant : Contestant

        Raises
        ------
        LeadmlError
            `other_definitions`, `recipe_too_old` or `no_such_score` where it cannot score these leads.
        """
        if name not in self._entered:
            self._entered[name] = self._enter(name)
        return self._entered[name]

    def _enter(self, name: str) -> Contestant:
        if name.partition(":")[0] == CRM_SCORE:
            return self._crm_score(name)
        if name in (READINESS, *RIVALS):
            periods, fitted = self._of_spec(self.spec)
            if name == READINESS:
                return _contestant(name, periods, fitted, self.spec.learned_themes)
            seed = self.spec.readiness.seed
            models = [RIVALS[name](split, model, seed) for split, model in zip(periods, fitted, strict=True)]
            return _contestant(name, periods, models, self.spec.learned_themes)
        theirs = self._spec_of_version(name)
        periods, fitted = self._of_spec(theirs)
        return _contestant(name, periods, fitted, theirs.themes)

    def _of_spec(self, spec: ProjectSpec) -> tuple[tuple[Split, ...], list[ReadinessModel]]:
        for known, periods, fitted in self._fitted:
            if known == spec:
                return periods, fitted
        own = spec.learned_themes == self.spec.learned_themes
        training_set = self._training_set if own else make_training_set(self.history, spec)
        periods = self.periods if own else rolling_periods(training_set, spec.readiness.test)
        fitted = [fit_recipe(split.train, spec) for split in periods]
        self._fitted.append((spec, periods, fitted))
        return periods, fitted

    def _spec_of_version(self, name: str) -> ProjectSpec:
        model = self._versions[name]
        if model.definitions != meaning_of(self.spec.agreement.definitions):
            raise LeadmlError("other_definitions", where=f"--with {name}")
        theirs = spec_of(model, self.spec)
        if theirs is None:
            raise LeadmlError("recipe_too_old", where=f"--with {name}", name=name)
        return theirs

    def _crm_score(self, name: str) -> Contestant:
        """Rank by the last score that the CRM had given before each instant, on a line fitted before each period."""
        which = _named_score(self.history, name)
        theme = _score_theme(which)
        snapshots = self._training_set.snapshots
        catalogue = Catalogue.of((theme,), self.spec.agreement.definitions)
        matrix = compute_features(self.history, snapshots.leads, snapshots.as_of, catalogue)
        periods = rolling_periods(replace(self._training_set, features=matrix), self.spec.readiness.test)
        rule = RuleSpec(
            name=CRM_SCORE, when=WhenSpec(feature=CRM_SCORE), points_per_unit=1.0, because=theme.features[0].label
        )
        models = [
            RulesModel.fit(RulesSpec(rules=(rule,)), split.train.features, split.train.ready, split.train.weights)
            for split in periods
        ]
        return _contestant(name, periods, models, (theme,))


def check_names(names: Sequence[str], *, where: str = "--with") -> None:
    """Refuse a contestant that does not exist, or none at all, before anything is read.

    Parameters
    ----------
    names : sequence of str
        Of `NAMES`; numbers are registered versions, and `crm_score:NAME` is one of several scores of the CRM.
    where : str
        Who named them.

    Raises
    ------
    LeadmlError
        `unknown_word`, with the nearest that exists; `named_twice`.

    Examples
    --------
    >>> check_names(["rules", "3", "crm_score:hubspot_score"])
    >>> check_names(["champignon"])
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: 'champignon' is not known here.
      Why:   Nothing is defined under this name.
      Where: --with
      Fix:   Did you mean 'champion'? Known here: challenger, champion, crm_score, lightgbm, logistic, readiness, rules.
    """
    for name in names or [""]:
        if name.partition(":")[0] not in NAMES and not name.isdecimal():
            raise LeadmlError(
                "unknown_word", where=where, word=name, known=known_words(NAMES), hint=nearest(name, NAMES)
            )
    for name in names:
        if list(names).count(name) > 1:
            raise LeadmlError("named_twice", where=where, name=name)


def is_version(name: str) -> bool:
    """Tell whether a contestant is a registered version.

    Examples
    --------
    >>> is_version("champion"), is_version("12"), is_version("rules")
    (True, True, False)
    """
    return name in (CHAMPION, CHALLENGER) or name.isdecimal()


def _contestant(
    name: str, periods: Sequence[Split], models: Sequence[Model], themes: tuple[FeatureFileSpec, ...]
) -> Contestant:
    return Contestant(
        name=name,
        models=tuple(models),
        tests=tuple(split.test.features for split in periods),
        usual=tuple(usual_values(split.train.features, split.train.weights) for split in periods),
        themes=themes,
    )


def _named_score(history: History, name: str) -> str:
    """Find which score of the CRM is meant: the one that is named, or the only one there is."""
    facts = history.facts.get("scores")
    known = () if facts is None or not len(facts.happened_at) else facts.words.get("name", ())
    asked = name.partition(":")[2]
    if asked in known or (not asked and len(known) == 1):
        return asked or known[0]
    raise LeadmlError("no_such_score", where=f"--with {name}", name=asked or CRM_SCORE, known=known_words(known) or "-")


def _score_theme(which: str) -> FeatureFileSpec:
    label = Label(**{language: say("duel.crm_score", language, name=which) for language in ("en", "ja")})
    feature = FeatureSpec(
        name=CRM_SCORE,
        label=label,
        kind="latest_number",
        table="scores",
        where={"name": which},
        value="value",
        when_nothing="missing",
    )
    return FeatureFileSpec(theme=Theme.ENGAGEMENT, label=label, table="scores", features=(feature,))
