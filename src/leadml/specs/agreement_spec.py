"""`sla.yaml`: the agreement of sales and marketing, in two halves."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from leadml.errors import LeadmlError, known_words
from leadml.specs.calendar_checks import CALENDAR_CHECKS
from leadml.specs.calendar_spec import CalendarSpec, Day
from leadml.specs.definitions_checks import DEFINITIONS_CHECKS
from leadml.specs.promises_checks import PROMISES_CHECKS
from leadml.specs.promises_spec import (
    USUAL_CHANNELS,
    USUAL_POINTS_TO_DOUBLE_ODDS,
    USUAL_RESULTS,
    BandSpec,
    PromisesSpec,
    Share,
    score_of,
)
from leadml.specs.reading import Label, Specification
from leadml.vocabulary import READY, ReturnPolicy, StatusMeaning
from leadml.wording.texts import nearest

# Definitions that say where a lead may go and how it is told: no model learns from them, so they need no training.
NOT_LEARNED = ("allowed_transitions", "required_fields", "tiers")


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
    any_of: Annotated[tuple[str, ...] | None, Field(min_length=1, description="holds for any of these words")] = None
    at_least: Annotated[float | None, Field(description="holds from this number on")] = None
    at_most: Annotated[
        float | None, Field(description="holds up to this number; conditions given together all hold")
    ] = None


class IdealCustomerProfileSpec(Specification):
    """Which companies are a good fit."""

    criteria: Annotated[
        tuple[CriterionSpec, ...], Field(description="the feature kind `match` is the share that holds")
    ] = ()
    tiers: Annotated[
        dict[str, Share] | None, Field(description="tier: the least share of the criteria that holds, the best first")
    ] = None


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

    channels: Annotated[tuple[str, ...], Field(min_length=1, description="channels that count")] = USUAL_CHANNELS
    results: Annotated[tuple[str, ...], Field(min_length=1, description="results that count")] = USUAL_RESULTS
    made_by: Annotated[
        tuple[str, ...], Field(min_length=1, description="makers that count; an attempt without a maker counts")
    ] = ("person",)


class LeadScoreSpec(Specification):
    """The scale of the score."""

    probability_at_50: Annotated[float, Field(gt=0, lt=1, description="the chance that a score of 50 stands for")]
    points_to_double_odds: Annotated[float, Field(gt=0, description="so many points more double the odds")] = (
        USUAL_POINTS_TO_DOUBLE_ODDS
    )

    def score_of(self, probability: float) -> int:
        """Give the score, 0-100, that stands for a chance.

        Examples
        --------
        >>> LeadScoreSpec(probability_at_50=0.5).score_of(2 / 3)
        60
        """
        return score_of(probability, self.probability_at_50, self.points_to_double_odds)


class RequiredFieldSpec(Specification):
    """An attribute that must be known before a lead may enter a stage."""

    attribute: Annotated[str, Field(description="which attribute")]
    of: Annotated[Literal["lead", "company"], Field(description="whose attribute")] = "lead"

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, written: object) -> object:
        return {"attribute": written} if isinstance(written, str) else written


class ReturnReasonSpec(Specification):
    """What follows when sales gives a lead back for a reason."""

    policy: Annotated[
        ReturnPolicy,
        Field(
            description="for learning: not ready (`negative`), says nothing (`censored`), no lead at all (`excluded`)"
        ),
    ]
    phase: Annotated[
        Literal["before_work", "after_work"] | None,
        Field(description="whether sales may say it before the first attempt (`before_work`) or only after one"),
    ] = None
    recycle_after_days: Annotated[
        float | None, Field(ge=0, le=36_500, description="the lead is not handed over again for so many days")
    ] = None
    needs_all_attempts: Annotated[
        bool, Field(description="valid only when the promised connect attempts were made")
    ] = False

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, written: object) -> object:
        return {"policy": written} if isinstance(written, str) else written


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
    allowed_transitions: Annotated[
        dict[str, tuple[str, ...]] | None,
        Field(description="lifecycle stage: those that may follow it; of a stage that is not named any may"),
    ] = None
    required_fields: Annotated[
        dict[str, tuple[RequiredFieldSpec, ...]] | None,
        Field(description="lifecycle stage: attributes, by name or with `of`, that must be known to enter it"),
    ] = None
    lead_types: Annotated[dict[str, Label], Field(min_length=1, description="lead type: how people read it")]
    ideal_customer_profile: Annotated[IdealCustomerProfileSpec, Field(description="which companies are a good fit")] = (
        IdealCustomerProfileSpec()
    )
    buyer_personas: Annotated[tuple[PersonaSpec, ...], Field(description="the first that fits counts")] = ()
    buyers_journey: Annotated[
        dict[str, JourneyStageSpec],
        Field(default_factory=dict, description="journey stage: its label and content; in order"),
    ]
    deal_stages: Annotated[
        dict[str, Share], Field(default_factory=dict, description="deal stage: probability that the deal is won")
    ]
    lead_statuses: Annotated[
        dict[str, StatusMeaning], Field(default_factory=dict, description="lead status: what it says about the lead")
    ]
    return_reasons: Annotated[
        dict[str, ReturnReasonSpec],
        Field(
            default_factory=dict,
            description="reason: a policy (`negative`, `censored`, `excluded`), or keys of its own",
        ),
    ]
    connect_attempt: Annotated[ConnectAttemptSpec, Field(description="what counts as a connect attempt")] = (
        ConnectAttemptSpec()
    )
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

    @property
    def hand_over_stage(self) -> str:
        """The stage whose entry hands a lead over to sales: SQL, or what is called ready where there is no SQL."""
        return "sql" if "sql" in self.lifecycle_stages else self.ready.reach


class OwnersSpec(Specification):
    """Who answers for each side."""

    marketing: Annotated[str, Field(min_length=1, description="who answers for marketing")]
    sales: Annotated[str, Field(min_length=1, description="who answers for sales")]


class AgreementSpec(Specification):
    """The whole of `sla.yaml`."""

    checks: ClassVar = (*DEFINITIONS_CHECKS, *CALENDAR_CHECKS, *PROMISES_CHECKS)

    version: Annotated[str, Field(min_length=1, description="named in every answer as `agreement_version`; in quotes")]
    valid_from: Annotated[Day, Field(description="from when on it holds")]
    valid_to: Annotated[Day | None, Field(description="the last day on which it holds")] = None
    review_by: Annotated[Day | None, Field(description="when both sides look at it again")] = None
    owners: Annotated[OwnersSpec, Field(description="who answers for each side")]
    calendar: Annotated[
        CalendarSpec | None, Field(description="when the office is open; absent: always, and days are those of UTC")
    ] = None
    definitions: Annotated[
        DefinitionsSpec, Field(description="what the words mean; a model scores only under those it was trained with")
    ]
    promises: Annotated[PromisesSpec, Field(description="what is owed; may change without a training")]

    @property
    def bands(self) -> dict[str, tuple[BandSpec, ...]]:
        """The bands of each list of `promises.bands`, with the thresholds that were agreed as a chance in points."""
        scale = self.definitions.lead_score
        return {
            key: tuple(
                band
                if band.probability_at_least is None
                else band.model_copy(update={"score_at_least": scale.score_of(band.probability_at_least)})
                for band in bands
            )
            for key, bands in self.promises.bands.items()
        }
