"""`features/*.yaml`: what we look at, one file a theme."""

from typing import Annotated, Literal

from pydantic import Field

from leadml.specs.reading import Label, Specification
from leadml.vocabulary import MoreIs, Theme

NO_LABEL = Label(en="", ja="")  # of a feature that only code asks for: nobody reads it

Words = str | Annotated[tuple[str, ...], Field(min_length=1)]  # one word, or several of which any will do


class Unit(Specification):
    """What a number counts."""

    en: Annotated[str, Field(description="in English, of several: `views`")]
    ja: Annotated[str, Field(description="in Japanese")]
    one: Annotated[
        str | None, Field(description="in English, of exactly one: `view`; absent: the number stands alone")
    ] = None


class ActionableSpec(Specification):
    """What marketing or sales can do about a feature: what `leadml what-if --to-reach` may change."""

    by: Annotated[Label, Field(description="what one does: `Invite to a webinar`")]
    up_to: Annotated[
        int | None,
        Field(ge=1, le=100, description="for `count`: so many facts may be brought about"),
    ] = None
    fact: dict[str, str] = Field(
        default_factory=dict,
        description="for `count`: that fact; default: the first words of `where`",
    )
    to: Annotated[
        tuple[str | float, ...], Field(max_length=50, description="for `attribute`: the values that it can be given")
    ] = ()


class FeatureSpec(Specification):
    """One feature: a kind, what it reads, and how it is told."""

    name: Annotated[
        str,
        Field(pattern=r"^[a-z][a-z0-9_]*$", description="the feature's name everywhere; small letters, digits and _"),
    ]
    label: Annotated[Label, Field(description="how people read it")]
    kind: Annotated[str, Field(description="how it is computed: one of the kinds below")]
    when_nothing: Annotated[
        float | Literal["missing"], Field(description="the value when no fact is there; unknown is always missing")
    ]
    table: Annotated[str | None, Field(description="where its facts lie; default: the file's table")] = None
    where: dict[str, Words] = Field(default_factory=dict, description="column: value or values that a fact must have")
    window_days: Annotated[
        float | None, Field(ge=0.001, le=36_500, description="elapsed days before as_of; absent: all time")
    ] = None
    since_stage: Annotated[
        str | None, Field(description="only facts since the last known entry into this lifecycle stage; never: nothing")
    ] = None
    half_life_days: Annotated[
        float | None, Field(ge=0.001, le=36_500, description="for `decayed`: days after which a fact counts half")
    ] = None
    percent: Annotated[
        float | None,
        Field(gt=0, le=100, description="for `decayed_in_steps`: so much of what is left of a fact goes each time"),
    ] = None
    every_days: Annotated[
        float | None, Field(ge=0.001, le=36_500, description="for `decayed_in_steps`: length of an interval in days")
    ] = None
    value: Annotated[
        str | None, Field(description="the column that sum, max, distinct, furthest, latest, latest_number read")
    ] = None
    of_which: dict[str, Words] = Field(
        default_factory=dict, description="for `share`: what a fact must have to be part of it; as in `where`"
    )
    to: dict[str, Words] = Field(
        default_factory=dict, description="for `days_between`: the facts at which the days end; as in `where`"
    )
    attribute: Annotated[str | None, Field(description="which attribute the kind `attribute` reads")] = None
    of: Annotated[
        Literal["lead", "company"],
        Field(description="whose attribute; whose facts: the lead's own, or those of the company's other leads"),
    ] = "lead"
    values: Annotated[
        Literal["number", "category"], Field(description="what the attribute holds; a category is learned as words")
    ] = "number"
    unit: Annotated[
        Unit | None, Field(description="what a number counts; absent for words, shares and what is told in days")
    ] = None
    words: dict[str, Label] = Field(
        default_factory=dict, description="how people read the words of a category; persona and lead type have theirs"
    )
    actionable: Annotated[
        ActionableSpec | None, Field(description="what marketing or sales can do about it; absent: nothing")
    ] = None
    more_is: Annotated[
        MoreIs | None,
        Field(
            description="readier or less_ready, where both teams agree; no rule and no part of a score goes against it"
        ),
    ] = None


class FeatureFileSpec(Specification):
    """The whole of one features file."""

    theme: Annotated[Theme, Field(description="the theme of all features of this file; effects are grouped by it")]
    label: Annotated[Label, Field(description="how people read the theme")]
    table: Annotated[str | None, Field(description="the table of the features that name none")] = None
    features: Annotated[tuple[FeatureSpec, ...], Field(min_length=1, description="in the order of the catalogue")]
