"""`sla.yaml`: the agreement of sales and marketing, in two halves."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from leadml.errors import LeadmlError, known_words
from leadml.specs.reading import Label, Specification, UnfitWordError
from leadml.vocabulary import ReturnPolicy, StatusMeaning
from leadml.wording.texts import nearest

READY = "ready"  # the main outcome; others may stand beside it under names of their own

_OUTCOME_NAME = re.compile(r"[a-z][a-z0-9_]*")


class OutcomeSpec(Specification):
    """An outcome: what a lead must reach, by when, and for how long it must not come back."""

    reach: Annotated[str, Field(description="the lifecycle stage to reach, or any beyond it")]
    within_days: Annotated[float, Field(gt=0, le=36_500, description="length of the outcome window")]
    not_returned_within_days: Annotated[
        float, Field(ge=0, le=36_500, description="grace after reaching it; 0: returns do not matter")
    ] = 0


class CriterionSpec(Specification):
    """A condition on one attribute of a lead or of its company."""

    attribute: Annotated[str, Field(description="which attribute")]
    of: Annotated[Literal["lead", "company"], Field(description="whose attribute")] = "lead"
    any_of: Annotated[tuple[str, ...] | None, Field(description="holds for any of these words")] = None
    at_least: Annotated[float | None, Field(description="holds from this number on")] = None
    at_most: Annotated[
        float | None, Field(description="holds up to this number; conditions given together all hold")
    ] = None

    @model_validator(mode="after")
    def _some_condition(self) -> "CriterionSpec":
        if self.any_of is None and self.at_least is None and self.at_most is None:
            raise ValueError("a criterion needs any_of, at_least or at_most")
        return self


class IdealCustomerProfileSpec(Specification):
    """Which companies are a good fit."""

    criteria: Annotated[
        tuple[CriterionSpec, ...], Field(min_length=1, description="the feature kind `match` is the share that holds")
    ]


class PersonaSpec(Specification):
    """One buyer persona; all criteria must hold."""

    name: Annotated[str, Field(description="the value of the feature kind `persona`")]
    label: Annotated[Label, Field(description="how people read it")]
    when: Annotated[tuple[CriterionSpec, ...], Field(min_length=1, description="criteria that must all hold")]


class JourneyStageSpec(Specification):
    """One stage of the buyer's journey and the content that belongs to it."""

    label: Annotated[Label, Field(description="how people read it")]
    content: Annotated[
        tuple[str, ...], Field(description="words of `activities.content` that give an activity this journey stage")
    ]


class ConnectAttemptSpec(Specification):
    """What counts as a connect attempt."""

    channels: Annotated[tuple[str, ...], Field(description="channels that count")]
    results: Annotated[tuple[str, ...], Field(description="results that count")]
    made_by: Annotated[tuple[str, ...], Field(description="makers that count; an attempt without a maker counts")] = (
        "person",
    )


class LeadScoreSpec(Specification):
    """The scale of the score."""

    probability_at_50: Annotated[float, Field(gt=0, lt=1, description="the chance that a score of 50 stands for")]
    points_to_double_odds: Annotated[float, Field(gt=0, description="so many points more double the odds")] = 10


class DefinitionsSpec(Specification):
    """The words: they belong to every model's recipe."""

    ready: Annotated[OutcomeSpec, Field(description="the main outcome: what ready means")]
    outcomes: Annotated[
        dict[str, OutcomeSpec] | None,
        Field(
            min_length=1,
            description="further outcomes by name, such as `customer_within_180_days`; readiness.yaml chooses one",
        ),
    ] = None
    lifecycle_stages: Annotated[tuple[str, ...], Field(min_length=2, description="in order, the earliest first")]
    lead_types: Annotated[dict[str, Label], Field(min_length=1, description="lead type: how people read it")]
    ideal_customer_profile: Annotated[IdealCustomerProfileSpec, Field(description="which companies are a good fit")]
    buyer_personas: Annotated[tuple[PersonaSpec, ...], Field(description="the first that fits counts")]
    buyers_journey: Annotated[
        dict[str, JourneyStageSpec], Field(description="journey stage: its label and content; in order")
    ]
    deal_stages: Annotated[dict[str, float], Field(description="deal stage: probability that the deal is won")]
    lead_statuses: Annotated[dict[str, StatusMeaning], Field(description="lead status: what it says about the lead")]
    return_reasons: Annotated[
        dict[str, ReturnPolicy],
        Field(description="reason: not ready (`negative`), says nothing (`censored`), no lead at all (`excluded`)"),
    ]
    connect_attempt: Annotated[ConnectAttemptSpec, Field(description="what counts as a connect attempt")]
    lead_score: Annotated[LeadScoreSpec, Field(description="the scale of the score")]

    def outcome(self, name: str, *, where: str = "sla.yaml, definitions.outcomes") -> OutcomeSpec:
        """Give an outcome by its name.

        Parameters
        ----------
        name : str
            One of `outcome_names`.
        where : str
            Who asks, as the error says it.

        Returns
        -------
        outcome : OutcomeSpec

        Raises
        ------
        LeadmlError
            `unknown_outcome`, with the nearest known name.
        """
        if name == READY:
            return self.ready
        if self.outcomes is None or name not in self.outcomes:
            known = list(self.outcome_names)
            raise LeadmlError(
                "unknown_outcome",
                where=where,
                outcome=name,
                known=known_words(known),
                hint=nearest(name, known),
            )
        return self.outcomes[name]

    @property
    def outcome_names(self) -> tuple[str, ...]:
        """The names of all outcomes, the main one first."""
        return (READY, *(self.outcomes or ()))

    @model_validator(mode="after")
    def _outcomes_fit(self) -> "DefinitionsSpec":
        stages = self.lifecycle_stages
        if self.ready.reach not in stages:
            raise UnfitWordError(self.ready.reach, stages, place=("ready", "reach"))
        for name, outcome in (self.outcomes or {}).items():
            if name == READY or not _OUTCOME_NAME.fullmatch(name):
                raise ValueError(
                    f"no outcome can be named {name!r}: use small letters, digits and _; {READY!r} is the main one"
                )
            if outcome.reach not in stages:
                raise UnfitWordError(outcome.reach, stages, place=("outcomes", name, "reach"))
        return self

    @model_validator(mode="after")
    def _hangs_together(self) -> "DefinitionsSpec":
        if len(set(self.lifecycle_stages)) != len(self.lifecycle_stages):
            raise ValueError("a lifecycle stage is named twice")
        unlikely = [stage for stage, probability in self.deal_stages.items() if not 0 <= probability <= 1]
        if unlikely:
            raise ValueError(f"the probabilities of the deal stages {', '.join(unlikely)} are not between 0 and 1")
        return self


class BandSpec(Specification):
    """What follows from a score."""

    name: Annotated[str, Field(description="the band's name in every answer")]
    score_at_least: Annotated[int, Field(ge=0, le=100, description="the lowest score of this band; the last has 0")]
    lifecycle_stage: Annotated[str | None, Field(description="the stage that this band recommends")] = None
    automatic: Annotated[bool, Field(description="whether the band writes the stage by itself")] = False
    respond_within_hours: Annotated[
        float | None, Field(ge=0, description="wall-clock hours; absent: nothing is owed")
    ] = None


class CadenceSpec(Specification):
    """How sales tries to connect after a hand-over."""

    at_least: Annotated[int, Field(ge=0, description="how many attempts sales owes")]
    within_days: Annotated[float, Field(gt=0, le=36_500, description="in how many days after the hand-over")]
    channels: Annotated[tuple[str, ...], Field(description="by which channels")]


class PromisesSpec(Specification):
    """What the teams owe each other: may change at any time."""

    bands: Annotated[dict[str, tuple[BandSpec, ...]], Field(description="`default`, and lead types with their own")]
    connect_attempts: Annotated[CadenceSpec, Field(description="the attempts that sales owes after a hand-over")]

    @model_validator(mode="after")
    def _in_order(self) -> "PromisesSpec":
        if "default" not in self.bands:
            raise ValueError("bands need a list under `default`")
        for lead_type, bands in self.bands.items():
            names = [band.name for band in bands]
            if len(set(names)) < len(names):
                raise ValueError(f"two bands of {lead_type!r} have the same name")
            limits = [band.score_at_least for band in bands]
            if not bands or limits != sorted(set(limits), reverse=True) or limits[-1] != 0:
                raise ValueError(
                    f"the bands of {lead_type!r} must fall from the highest score_at_least down to 0, none twice"
                )
        return self


class OwnersSpec(Specification):
    """Who answers for each side."""

    marketing: Annotated[str, Field(description="who answers for marketing")]
    sales: Annotated[str, Field(description="who answers for sales")]


class AgreementSpec(Specification):
    """The whole of `sla.yaml`."""

    version: Annotated[str, Field(description="named in every answer as `agreement_version`; in quotes")]
    valid_from: Annotated[date, Field(description="from when on it holds")]
    owners: Annotated[OwnersSpec, Field(description="who answers for each side")]
    definitions: Annotated[
        DefinitionsSpec, Field(description="what the words mean; a model scores only under those it was trained with")
    ]
    promises: Annotated[PromisesSpec, Field(description="what is owed; may change without a training")]

    @model_validator(mode="after")
    def _promises_use_the_definitions(self) -> "AgreementSpec":
        for lead_type, bands in self.promises.bands.items():
            if lead_type != "default" and lead_type not in self.definitions.lead_types:
                known = ("default", *self.definitions.lead_types)
                raise UnfitWordError(lead_type, known, place=("promises", "bands", lead_type))
            for number, band in enumerate(bands):
                stages = self.definitions.lifecycle_stages
                if band.lifecycle_stage is not None and band.lifecycle_stage not in stages:
                    place = ("promises", "bands", lead_type, number, "lifecycle_stage")
                    raise UnfitWordError(band.lifecycle_stage, stages, place=place)
        return self
