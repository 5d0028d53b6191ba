"""A lead score of HubSpot as its Lead Scoring API gives it, read as far as leadml interprets it.

Around the rules further keys are ignored, as HubSpot adds some at will; inside a calculation one that says something
is told, as it may narrow what is asked. What is interpreted must have the right shape. Names of calculations,
operations and operators are any text here: `translation` knows which of them it can express.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

import orjson
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from leadml.errors import LeadmlError
from leadml.specs.reading import read_text

M = TypeVar("M", bound=BaseModel)

CONTACTS, COMPANIES = "0-1", "0-2"
KNOWN_VERSIONS = ("2026-09-beta", "2027-03-beta")
CATEGORIES: Mapping[str, str] = {"FIT": "fit", "INTENT": "engagement", "ENGAGEMENT": "engagement"}

# Events that have the same id in every portal, in the words that HubSpot's counters are read as.
EVENTS: Mapping[str, str] = {
    "4-96000": "page_view",
    "4-666288": "email_click",
    "4-666440": "email_open",
    "4-1639801": "form_submission",
}

# Keys inside a calculation that change nothing of what is asked.
_SAYS_NOTHING = ("id", "type", "name", "label", "description", "order", "requiresTimeZoneConversion")

_Id = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
_Words = Annotated[tuple[_Id, ...], Field(min_length=1)]


class _Portal(BaseModel):
    """Base of all that HubSpot sends."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class _Part(_Portal):
    """Base of all that stands inside a calculation: it keeps what it does not interpret."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")


class Operation(_Part):
    """What is asked of a property, or of a time."""

    operation_type: str
    operator: str
    value: bool | float | str | None = None
    values: tuple[_Id, ...] | None = None
    lower_bound: float | None = None
    upper_bound: float | None = None
    number_of_days: float | None = None
    include_objects_with_no_value_set: bool = False


class Where(_Part):
    """A condition: of one property, or composed of others."""

    type: str
    property: str | None = None
    operation: Operation | None = None
    operator: str | None = None
    conditions: tuple["Where", ...] = ()


class Constant(_Part):
    """Points for every record."""

    value: float


class MatchRule(_Part):
    """Points where the property passes, and no rule before it did."""

    operation: Operation
    value: float


class Match(_Part):
    """The first fitting of several operations on one property."""

    property: str
    match_rules: Annotated[tuple[MatchRule, ...], Field(min_length=1)]
    default_value: float | None = None


class Conditional(_Part):
    """Points where a condition is met."""

    value: float
    where_condition: Where


class FrequencyRange(_Part):
    """Points for so many events."""

    type: str | None = None
    from_: Annotated[float | None, Field(alias="from")] = None
    to: float | None = None
    value: float


class Frequency(_Part):
    """How often an event must have happened."""

    type: str
    ranges: tuple[FrequencyRange, ...] = ()


class Timeframe(_Part):
    """When an event must have happened."""

    event_filter_operation: Operation


class EventCalculator(_Part):
    """Points for one kind of event."""

    event_type_id: _Id
    record_calculation: dict[str, object] | None = None
    event_frequency_criteria: Frequency | None = None
    event_timeframe: Timeframe | None = None


class Events(_Part):
    """Points for events, those of several kinds summed."""

    event_calculators: Annotated[tuple[EventCalculator, ...], Field(min_length=1)]


class SegmentRule(_Part):
    """Points for the members of segments."""

    operation: str
    segment_ids: _Words
    value: float


class Segments(_Part):
    """Points for membership in segments."""

    segment_membership_rules: Annotated[tuple[SegmentRule, ...], Field(min_length=1)]


class Configuration(_Portal):
    """What a rule computes; which shape it has follows from its `type`."""

    calculation: dict[str, object]


class Rule(_Portal):
    """One rule of a group."""

    id: _Id = ""
    enabled: bool = True
    configuration: Configuration
    minimum_value: float | None = None
    maximum_value: float | None = None


class Decay(_Portal):
    """How points for events fade."""

    decay_interval_days: Annotated[float, Field(gt=0)]
    percent_to_decay_per_interval: Annotated[float, Field(ge=0, le=100)]


class Group(_Portal):
    """Rules whose points are held together."""

    id: _Id = ""
    group_category: str
    group_name: str
    min_value: float | None = None
    max_value: float | None = None
    group_decay: Decay | None = None
    rule_configurations: tuple[Rule, ...]


class Output(_Portal):
    """One of the properties that a score is written into."""

    id: _Id = ""
    output_type: str
    boundaries: object = None


class Outputs(_Portal):
    """All properties that a score is written into."""

    outputs: tuple[Output, ...] = ()


class Boundary(_Portal):
    """From how many points on a label is given."""

    label: _Id
    threshold: float


class Score(_Portal):
    """A lead score: `PublicScoreConfiguration` of the Lead Scoring API."""

    name: str
    object_type_id: _Id
    group_configs: Annotated[tuple[Group, ...], Field(min_length=1)]
    max_score: float | None = None
    max_score_per_category: float | None = None
    output_configuration: Outputs = Outputs()
    filter_configuration: object = None


def read_score(path: Path, *, shown_as: str) -> Score:
    """Read a lead score from the file that the Lead Scoring API gave.

    Parameters
    ----------
    path : Path
    shown_as : str
        Its name as the user knows it.

    Returns
    -------
    score : Score
        Each rule with an id: its own, or `group 1, rule 2` where HubSpot gave none.

    Raises
    ------
    LeadmlError
        `scoring_shape`, `scoring_version` or `scoring_other_object`; as of `reading.read_text`.
    """
    text = read_text(path, shown_as=shown_as)
    try:
        content = orjson.loads(text.removeprefix("\ufeff"))
    except orjson.JSONDecodeError as error:
        raise _shape(shown_as, f"it is no JSON ({error.msg}, line {error.lineno})") from None
    if not isinstance(content, dict):
        raise _shape(shown_as, "it is no JSON object")
    if isinstance(content.get("results"), list):
        raise _shape(shown_as, "it is a list of scores, and not one of them")
    _check_version(content, shown_as)
    score = read_as(Score, content, where=shown_as)
    if score.object_type_id != CONTACTS:
        raise LeadmlError("scoring_other_object", where=f"{shown_as}, objectTypeId", object=score.object_type_id)
    return _with_ids(score)


def read_as(model: type[M], content: Mapping[str, object], *, where: str) -> M:
    """Read a part whose shape its `type` decides.

    Parameters
    ----------
    model : type
    content : mapping
    where : str
        Its place, for an error.

    Returns
    -------
    part : model

    Raises
    ------
    LeadmlError
        `scoring_shape`, with the first place that does not fit; `scoring_unknown_key` for a key inside a calculation
        that is not interpreted and says something.

    Examples
    --------
    >>> read_as(Constant, {"type": "CONSTANT", "value": 10}, where="rule r1").value
    10.0
    """
    try:
        part = model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise _shape(where, f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None
    for key in _not_read(part):
        raise LeadmlError("scoring_unknown_key", where=where, key=key)
    return part


def _not_read(part: object) -> Iterator[str]:
    """Name the keys of a part, and of those within, that say something and are not interpreted."""
    if isinstance(part, tuple):
        for item in part:
            yield from _not_read(item)
    if not isinstance(part, _Part):
        return
    for key, value in (part.model_extra or {}).items():
        if value and key not in _SAYS_NOTHING and (key, value) != ("objectTypeId", CONTACTS):
            yield key
    for name in type(part).model_fields:
        yield from _not_read(getattr(part, name))


def inner_calculations(calculation: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Find the calculations that another one is made of, whatever the key is called under which they stand.

    Parameters
    ----------
    calculation : mapping

    Returns
    -------
    inner : list of mapping
        Each with its `type`; empty where none is found.

    Examples
    --------
    >>> inner_calculations({"type": "MULTI", "calculations": [{"type": "CONSTANT", "value": 1}]})
    [{'type': 'CONSTANT', 'value': 1}]
    >>> inner_calculations({"parts": [{"calculation": {"type": "CONSTANT", "value": 1}}]})
    [{'type': 'CONSTANT', 'value': 1}]
    """
    found: list[Mapping[str, object]] = []
    for value in calculation.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and isinstance(item.get("type"), str):
                found.append(item)
            elif isinstance(item, dict):
                found += inner_calculations(item)
    return found


def object_types(calculation: Mapping[str, object]) -> set[str]:
    """Find the types of objects that a calculation names, such as companies.

    Examples
    --------
    >>> object_types({"type": "ASSOCIATIONS", "items": [{"toObjectTypeId": "0-2"}]})
    {'0-2'}
    """
    types: set[str] = set()
    for key, value in calculation.items():
        if key.lower().endswith("objecttypeid"):
            types.add(str(value))
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and "type" not in item:
                types |= object_types(item)
    return types


def _check_version(content: Mapping[str, object], shown_as: str) -> None:
    """Refuse a version that is none of those that were read before; a file usually names none."""
    for key in ("version", "apiVersion", "schemaVersion"):
        version = content.get(key)
        if isinstance(version, str) and version not in KNOWN_VERSIONS:
            known = ", ".join(KNOWN_VERSIONS)
            raise LeadmlError("scoring_version", where=f"{shown_as}, {key}", version=version, known=known)


def _with_ids(score: Score) -> Score:
    groups = [
        group.model_copy(update={"rule_configurations": _named(group.rule_configurations, place)})
        for place, group in enumerate(score.group_configs, 1)
    ]
    return score.model_copy(update={"group_configs": tuple(groups)})


def _named(rules: Sequence[Rule], group: int) -> tuple[Rule, ...]:
    return tuple(
        rule if rule.id else rule.model_copy(update={"id": f"group {group}, rule {place}"})
        for place, rule in enumerate(rules, 1)
    )


def _shape(where: str, problem: str) -> LeadmlError:
    return LeadmlError("scoring_shape", where=where, problem=problem)
