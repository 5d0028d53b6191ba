"""`sla.yaml`: the agreement of sales and marketing, in two halves."""

from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from leadml.specs.reading import Label, Specification
from leadml.vocabulary import ReturnPolicy, StatusMeaning


class ReadySpec(Specification):
    """What "ready" means: the outcome that is learned."""

    reach: Annotated[str, Field(description="the lifecycle stage to reach, or any beyond it")]
    within_days: Annotated[float, Field(gt=0, description="length of the outcome window")]
    not_returned_within_days: Annotated[
        float, Field(ge=0, description="grace after reaching it; 0: returns do not matter")
    ] = 0


class CriterionSpec(Specification):
    """A condition on one attribute of a lead or of its company."""

    attribute: str
    of: Annotated[str, Field(pattern="^(lead|company)$")] = "lead"
    any_of: tuple[str, ...] | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _some_condition(self) -> "CriterionSpec":
        if self.any_of is None and self.at_least is None and self.at_most is None:
            raise ValueError("a criterion needs any_of, at_least or at_most")
        return self


class IdealCustomerProfileSpec(Specification):
    """Which companies are a good fit."""

    criteria: Annotated[tuple[CriterionSpec, ...], Field(min_length=1)]


class PersonaSpec(Specification):
    """One buyer persona; all criteria must hold."""

    name: str
    label: Label
    when: Annotated[tuple[CriterionSpec, ...], Field(min_length=1)]


class JourneyStageSpec(Specification):
    """One stage of the buyer's journey and the content that belongs to it."""

    label: Label
    content: tuple[str, ...]


class ConnectAttemptSpec(Specification):
    """What counts as a connect attempt."""

    channels: tuple[str, ...]
    results: tuple[str, ...]
    made_by: tuple[str, ...] = ("person",)


class LeadScoreSpec(Specification):
    """The scale of the score."""

    probability_at_50: Annotated[float, Field(gt=0, lt=1)]
    points_to_double_odds: Annotated[float, Field(gt=0)] = 10


class DefinitionsSpec(Specification):
    """The words: they belong to every model's recipe."""

    ready: ReadySpec
    lifecycle_stages: Annotated[tuple[str, ...], Field(min_length=2, description="in order")]
    lead_types: Annotated[dict[str, Label], Field(min_length=1)]
    ideal_customer_profile: IdealCustomerProfileSpec
    buyer_personas: tuple[PersonaSpec, ...]
    buyers_journey: Annotated[dict[str, JourneyStageSpec], Field(description="in order")]
    deal_stages: Annotated[dict[str, float], Field(description="stage: probability that it is won")]
    lead_statuses: dict[str, StatusMeaning]
    return_reasons: dict[str, ReturnPolicy]
    connect_attempt: ConnectAttemptSpec
    lead_score: LeadScoreSpec

    @model_validator(mode="after")
    def _hangs_together(self) -> "DefinitionsSpec":
        if self.ready.reach not in self.lifecycle_stages:
            raise ValueError(
                f"ready.reach {self.ready.reach!r} is none of the lifecycle_stages {list(self.lifecycle_stages)}"
            )
        if len(set(self.lifecycle_stages)) != len(self.lifecycle_stages):
            raise ValueError("a lifecycle stage is named twice")
        unlikely = [stage for stage, probability in self.deal_stages.items() if not 0 <= probability <= 1]
        if unlikely:
            raise ValueError(f"the probabilities of the deal stages {unlikely} are not between 0 and 1")
        return self


class BandSpec(Specification):
    """What follows from a score."""

    name: str
    score_at_least: Annotated[int, Field(ge=0, le=100)]
    lifecycle_stage: Annotated[str | None, Field(description="the stage that this band recommends")] = None
    automatic: Annotated[bool, Field(description="whether the band writes the stage by itself")] = False
    respond_within_hours: Annotated[
        float | None, Field(ge=0, description="wall-clock hours; absent: nothing is owed")
    ] = None


class CadenceSpec(Specification):
    """How sales tries to connect after a hand-over."""

    at_least: Annotated[int, Field(ge=0)]
    within_days: Annotated[float, Field(gt=0)]
    channels: tuple[str, ...]


class PromisesSpec(Specification):
    """What the teams owe each other: may change at any time."""

    bands: Annotated[dict[str, tuple[BandSpec, ...]], Field(description="`default`, and lead types with their own")]
    connect_attempts: CadenceSpec

    @model_validator(mode="after")
    def _in_order(self) -> "PromisesSpec":
        if "default" not in self.bands:
            raise ValueError("bands need a list under `default`")
        for lead_type, bands in self.bands.items():
            limits = [band.score_at_least for band in bands]
            if not bands or limits != sorted(set(limits), reverse=True) or limits[-1] != 0:
                raise ValueError(
                    f"the bands of {lead_type!r} must fall from the highest score_at_least down to 0, none twice"
                )
        return self


class OwnersSpec(Specification):
    """Who answers for each side."""

    marketing: str
    sales: str


class AgreementSpec(Specification):
    """The whole of `sla.yaml`."""

    version: str
    valid_from: date
    owners: OwnersSpec
    definitions: DefinitionsSpec
    promises: PromisesSpec

    @model_validator(mode="after")
    def _promises_use_the_definitions(self) -> "AgreementSpec":
        for lead_type, bands in self.promises.bands.items():
            if lead_type != "default" and lead_type not in self.definitions.lead_types:
                raise ValueError(
                    f"bands are given for {lead_type!r}, which is no lead type: {sorted(self.definitions.lead_types)}"
                )
            for band in bands:
                if band.lifecycle_stage is not None and band.lifecycle_stage not in self.definitions.lifecycle_stages:
                    raise ValueError(
                        f"band {band.name!r} recommends {band.lifecycle_stage!r}, which is no lifecycle stage"
                    )
        return self
