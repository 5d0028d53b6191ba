"""`--names FILE`: how people call what a CRM calls by ids, or otherwise than the project does."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from leadml.specs.reading import Label, Specification


class EventName(Specification):
    """A kind of event."""

    activity: Annotated[str, Field(description="the word that it has in the table activities")]
    en: Annotated[str, Field(description="what the lead did, in English: Attended a webinar")]
    ja: Annotated[str, Field(description="in Japanese")]


class SegmentName(Specification):
    """A segment: the attribute that tells its members."""

    attribute: Annotated[str, Field(description="the attribute of the lead or of its company that tells members")]
    is_: Annotated[str, Field(alias="is", description="the word that members have")]
    en: Annotated[str, Field(description="who its members are, in English: Is a partner")]
    ja: Annotated[str, Field(description="in Japanese")]


class PropertyName(Specification):
    """A property: the attribute that it is in the project."""

    attribute: Annotated[str | None, Field(description="the attribute's name; default: the property's")] = None
    of: Annotated[Literal["lead", "company"], Field(description="whose attribute it is")] = "lead"
    en: Annotated[str | None, Field(description="how people read it, in English; default: made from its name")] = None
    ja: Annotated[str | None, Field(description="in Japanese; default: as in English")] = None
    words: dict[str, str] = Field(default_factory=dict, description="the CRM's word: the word of the project")


class NamesSpec(Specification):
    """The whole of a names file; of a property the attribute's name alone will do."""

    events: dict[str, EventName] = Field(default_factory=dict, description="eventTypeId: its name")
    segments: dict[str, SegmentName] = Field(default_factory=dict, description="segment id: its name")
    properties: dict[str, PropertyName] = Field(default_factory=dict, description="property: its name")
    groups: dict[str, Label] = Field(default_factory=dict, description="group id or name: how people read it")

    @field_validator("properties", mode="before")
    @classmethod
    def _attribute_alone(cls, properties: object) -> object:
        if not isinstance(properties, dict):
            return properties
        return {name: {"attribute": told} if isinstance(told, str) else told for name, told in properties.items()}
