"""What a model is learned by: features, rules, settings and a seed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.readiness_spec import LearnerSpec
from leadml.specs.rules_spec import RulesSpec


@dataclass(frozen=True)
class Recipe:
    """How a model is learned.

    Attributes
    ----------
    features : tuple of FeatureSpec
        In the order of the training set's columns; `more_is` binds every part.
    rules : RulesSpec
    learner : LearnerSpec
    seed : int
    """

    features: tuple[FeatureSpec, ...]
    rules: RulesSpec
    learner: LearnerSpec
    seed: int

    @cached_property
    def directions(self) -> Mapping[str, int]:
        """1 for features of which more is readier, -1 for those of which it is less ready."""
        return {feature.name: feature.more_is.sign for feature in self.features if feature.more_is is not None}

    @property
    def lead_type(self) -> str | None:
        """The feature that tells the lead type, if there is one."""
        telling = (
            feature.name
            for feature in self.features
            if feature.attribute == "lead_type" and feature.values == "category"
        )
        return next(telling, None)
