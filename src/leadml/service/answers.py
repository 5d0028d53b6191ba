"""What an answer says: the shapes that `/v1/openapi.json` shows and that tests hold real answers against."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field


class AnswerPart(BaseModel):
    """Base of all parts of an answer. Think twice before adding anything to this class."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class InBothLanguages(AnswerPart):
    """A text in English and Japanese."""

    en: str
    ja: str


class FeatureEffect(AnswerPart):
    """What one feature adds to the score, in points."""

    feature: str
    effect: int
    effect_exact: float
    value: float | str | None = Field(description="As it was just before `as_of`; null is not known.")
    usual_value: float | str | None = Field(description="That of the usual lead, from which `start` counts.")
    reason: InBothLanguages


class ThemeEffect(AnswerPart):
    """What one theme adds to the score: the sum of its features."""

    theme: str
    label: InBothLanguages
    effect: int
    effect_exact: float
    features: list[FeatureEffect]


class AwardedRule(AnswerPart):
    """A rule of models/rules.yaml that gave points."""

    rule: str
    points: float
    because: InBothLanguages


class HeldPoints(AnswerPart):
    """Rule points that a limit of models/rules.yaml gave or took."""

    held_by: Literal["group", "category", "total", "disqualified"] = Field(description="What held the sum.")
    name: str = Field(description="Of the group or category; empty of the whole.")
    points: float


class RulesAnswer(AnswerPart):
    """What the rules say of the same lead, on the same facts."""

    rule_points: float
    score: int = Field(ge=0, le=100)
    probability: float = Field(ge=0, le=1)
    band: str
    awarded: list[AwardedRule]
    held: list[HeldPoints] = Field(description="With the rules awarded, these add up to rule_points.")
    grade: str | None = Field(description="Fit and engagement, such as A1; null where the rules have no grade.")


class MaybeInBothLanguages(AnswerPart):
    """A text in English and Japanese; null where there is nothing to say."""

    en: str | None
    ja: str | None


class LearnedFrom(AnswerPart):
    """How much of the score was learned, and how much the rules carry."""

    outcomes: int | None = Field(description="Ready leads that the model learned from.")
    rules_share: float | None = Field(description="Part of the score that the rules carry, 0-1; null without rules.")
    sentence: MaybeInBothLanguages


class ModelName(AnswerPart):
    """Which model answered."""

    name: str
    version: int
    knows_until: str = Field(description="When the last answer that it learned from became known.")


class Answer(AnswerPart):
    """A lead's score at an instant, its reasons, and its place in the agreement."""

    lead_id: str
    as_of: str
    score: int = Field(ge=0, le=100, description="start + all effects + held_effect.")
    score_unclipped: float
    probability: float = Field(ge=0, le=1)
    probability_low: float | None = Field(description="The true chance lies between low and high in 9 of 10 leads.")
    probability_high: float | None
    chance: InBothLanguages
    chance_interval: MaybeInBothLanguages
    lead_type: str | None
    band: str
    band_of_score: str = Field(description="The band that the score alone gives.")
    last_band: str | None = Field(description="The band before this score: of a decision, or of the last answer.")
    override: str | None = Field(description="The band that people chose for the lead.")
    override_ignored: bool = Field(description="True where leads of this type have no such band.")
    lifecycle_stage: str | None
    recommended_lifecycle_stage: str | None
    automatic: bool = Field(description="Whether the band moves the stage by itself or recommends it.")
    owner: str | None = Field(description="Who gets the lead.")
    accept_by: str | None = Field(description="When sales owe a decision: to accept the lead, or to return it.")
    accept_by_local: str | None = Field(description="The same in the agreement's time zone, with its offset.")
    respond_by: str | None = Field(description="When sales owe the first connect attempt; null while the lead is held.")
    respond_by_local: str | None
    held_by: Literal["override", "recycle_wait", "missing_fields", "transition"] | None = Field(
        description="What keeps the lead from the stage of its band, or from the band of its score."
    )
    held_by_words: MaybeInBothLanguages
    held_before: str | None = Field(description="The stage that the lead may not enter.")
    missing_fields: list[str] = Field(description="What must be known first; of its company as `company.country`.")
    waits_until: str | None = Field(description="A returned lead is not handed over again before.")
    explored: bool = Field(description="Handed over by lot, to learn from leads that the score would not have chosen.")
    exploration_probability: float | None = Field(
        description="The chance with which the lot fell as it did; null where none was drawn."
    )
    start: int
    effects: list[ThemeEffect]
    held_at: int | None
    held_effect: int
    rules: RulesAnswer
    not_known: list[str] = Field(description="Tables of which the request said nothing.")
    hindsight: bool = Field(description="True when the model knew what came after `as_of`.")
    learned_from: LearnedFrom
    clock_skew: list[dict[str, str]]
    model: ModelName
    agreement_version: str


class ScoreAnswers(AnswerPart):
    """One answer a lead, in the order of the request."""

    answers: list[Answer]
    answered_at: str


class Problem(AnswerPart):
    """What is wrong, in four parts and in the language of `Accept-Language` (en or ja)."""

    code: str
    what: str
    why: str
    where: str
    fix: str


class ErrorAnswer(AnswerPart):
    """The one shape of every error: itself, and each problem it stands for."""

    error: Problem
    problems: Annotated[list[Problem], Field(min_length=1)]
