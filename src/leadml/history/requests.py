"""What a request may say. The same tables and columns as in a CSV file, one object a fact.

Times stay texts here: `history/inline.py` reads them as it reads those of a file, and says what is wrong
with them in the same words.
"""

from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from leadml.errors import LeadmlError, raise_problems
from leadml.specs.reading import as_problem

MOST_LEADS = 1000
MOST_PROBLEMS = 100

Word = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
# No control characters: two ids that look the same must be the same.
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")]
Instant = Annotated[
    str,
    StringConstraints(min_length=1, max_length=40),
    Field(examples=["2026-03-02T09:00:00Z"], description="ISO 8601 with its offset from UTC."),
]
Value = str | int | float | bool | None
Attributes = dict[Word, Value]

# Keys of a lead or a fact: as names of attributes they would be taken for these.
_NO_ATTRIBUTES = ("company_id", "event_id", "lead_type", "sequence")
_WHO_IT_IS = frozenset({"lead_id", "created_at", "known_at", "lead_type", "company_id"})
# What is none of a Value's types is reported by pydantic once for each of them, with its name as last place.
_FIRST_BRANCH, *_LATER_BRANCHES = ("str", "int", "float", "bool")


class RequestPart(BaseModel):
    """Base of all parts of a request: an unknown key or a number written as text is an error.

    Think twice before adding anything to this class: each fact of each request passes here.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


P = TypeVar("P", bound=RequestPart)


class Fact(RequestPart):
    """What every fact has beside its own columns."""

    happened_at: Instant
    known_at: Instant | None = Field(None, description="When the CRM learned of it; in a live request, now.")
    event_id: Identifier | None = Field(None, description="Facts with the same id count once.")
    sequence: float | None = Field(None, description="The CRM's own order among facts of one instant.")


class AttributeChange(Fact):
    """An attribute of a lead took a value."""

    attribute: Word
    value: Value


class Activity(Fact):
    """A lead did something: opened a page, clicked in an e-mail, came to a webinar."""

    activity: Word
    content: str | None = None
    journey_stage: str | None = None
    channel: str | None = None
    value: float | None = None


class StageChange(Fact):
    """A lead entered a lifecycle stage."""

    lifecycle_stage: Word
    reason: str | None = None


class StatusChange(Fact):
    """A lead took a lead status."""

    lead_status: Word
    reason: str | None = None


class Assignment(Fact):
    """A lead was given to an owner."""

    owner: Word
    accepted_at: Instant | None = None


class DealChange(Fact):
    """A deal of a lead entered a deal stage."""

    deal_id: Word
    deal_stage: Word
    amount: float | None = None


class ConnectAttempt(Fact):
    """Somebody tried to reach a lead."""

    channel: Word
    result: Word
    made_by: str | None = None


class Score(Fact):
    """The CRM's own rules, or another system, gave a lead a number."""

    name: Word
    value: float


class Decision(Fact):
    """Something was decided about a lead."""

    decision: Word
    band: str | None = None
    explored: Literal["yes", "no"] | None = Field(None, description="Whether the decision was left to chance.")
    probability: float | None = Field(
        None, gt=0, le=1, description="The chance with which this was decided, where it was left to chance."
    )


class Company(RequestPart):
    """The company of a lead."""

    created_at: Instant | None = None
    known_at: Instant | None = None
    attributes: Attributes = Field(default_factory=dict)


class LeadRecord(RequestPart):
    """One lead with everything known about it. A table left out is unknown; an empty list is nothing."""

    lead_id: Identifier
    created_at: Instant
    known_at: Instant | None = None
    lead_type: Word | None = None
    company_id: Word | None = None
    attributes: Attributes = Field(default_factory=dict)
    company: Company | None = None
    activities: list[Activity] | None = None
    attribute_changes: list[AttributeChange] | None = None
    stage_changes: list[StageChange] | None = None
    status_changes: list[StatusChange] | None = None
    assignments: list[Assignment] | None = None
    deal_changes: list[DealChange] | None = None
    connect_attempts: list[ConnectAttempt] | None = None
    scores: list[Score] | None = None
    decisions: list[Decision] | None = None

    @property
    def says_nothing(self) -> bool:
        """Whether neither attributes nor any table came with the lead."""
        said = (getattr(self, name) for name in type(self).model_fields if name not in _WHO_IT_IS)
        return not any(value is not None and value != {} for value in said)


class ScoreRequest(RequestPart):
    """Leads to score: at an instant of the past with `as_of`, now without it."""

    as_of: Instant | None = Field(
        None,
        description="Only what was known before this instant counts. Left out: now, and the facts are written down.",
    )
    leads: Annotated[list[LeadRecord], Field(min_length=1, max_length=MOST_LEADS)]


def read_request(body: bytes) -> ScoreRequest:
    """Read the body of a request and report every problem of it together.

    Parameters
    ----------
    body : bytes
        JSON in UTF-8.

    Returns
    -------
    request : ScoreRequest

    Raises
    ------
    LeadmlError, ProblemsError
        `not_json`, or what does not fit, with its place in the request.

    Examples
    --------
    >>> lead = b'{"lead_id": "L1", "created_at": "2026-03-01T09:00:00Z", "activities": []}'
    >>> request = read_request(b'{"leads": [' + lead + b"]}")
    >>> request.leads[0].activities, request.leads[0].stage_changes
    ([], None)
    """
    request = _read(ScoreRequest, body, "")
    _check_leads(request)
    return request


def read_lead(body: str | bytes, *, where: str) -> LeadRecord:
    """Read one lead as it stands in a request, and report every problem of it together.

    Parameters
    ----------
    body : str or bytes
        JSON: what `leads` of a request holds for one lead.
    where : str
        Its place as the sender knows it; begins the place of every problem.

    Returns
    -------
    lead : LeadRecord

    Raises
    ------
    LeadmlError, ProblemsError
        As of `read_request`.

    Examples
    --------
    >>> read_lead('{"lead_id": "L1", "created_at": "2026-03-01T09:00:00Z", "clicks": 3}', where="row 0, facts")
    Traceback (most recent call last):
    ...
    leadml.errors.LeadmlError: Unknown key 'clicks'.
    ...
      Where: row 0, facts.clicks
    ...
    """
    lead = _read(LeadRecord, body, where)
    raise_problems(_problems_of(lead, where), where=where)
    return lead


def _read(part: type[P], body: str | bytes, where: str) -> P:
    """Read JSON into a part of a request; `where` is nothing for the request itself."""
    try:
        return part.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False)
    if found[0]["type"] == "json_invalid":
        raise LeadmlError("not_json", where=where or "request", problem=str(found[0]["ctx"]["error"]))
    problems = [_as_problem(detail, part, where) for detail in found if _branch(detail) not in _LATER_BRANCHES]
    raise_problems(problems[:MOST_PROBLEMS], where=where or "request")
    raise AssertionError("a validation error without details")


def _branch(detail: ErrorDetails) -> str:
    """Name the one of a Value's types that a report is about; none if it is about a key."""
    return "" if detail["type"] in ("extra_forbidden", "missing") else str(detail["loc"][-1] if detail["loc"] else "")


def _as_problem(detail: ErrorDetails, part: type[RequestPart], where: str) -> LeadmlError:
    if _branch(detail) == _FIRST_BRANCH:
        place = detail["loc"][:-1]
        expected = "a text, a number, true, false or null"
        value = as_problem(detail, part, where="").values["value"]
        return LeadmlError("wrong_type", where=_place(place, where), key=str(place[-1]), value=value, expected=expected)
    return as_problem(detail, part, where=_place(detail["loc"], where), expected=_expected(detail))


def _expected(detail: ErrorDetails) -> str | None:
    """Say what would have fitted where pydantic's own sentence cannot follow "It should be"."""
    limits = detail.get("ctx", {})
    match detail["type"]:
        case "string_pattern_mismatch":
            return "a text without control characters"
        case "string_too_short":
            return "a text that is not empty"
        case "string_too_long":
            return f"a text of at most {limits['max_length']} characters"
        case "too_short" | "too_long":
            return f"a list of 1 to {MOST_LEADS} leads"
        case "greater_than" | "less_than_equal":
            return "a number above 0 and at most 1"
    return None


def _check_leads(request: ScoreRequest) -> None:
    """Refuse what no single field shows: two leads of one id, and what is wrong with a lead as a whole."""
    seen: set[str] = set()
    problems = []
    for number, lead in enumerate(request.leads):
        if lead.lead_id in seen:
            problems.append(LeadmlError("lead_named_twice", where=f"leads[{number}]", lead_id=lead.lead_id))
        problems += _problems_of(lead, f"leads[{number}]")
        seen.add(lead.lead_id)
    raise_problems(problems[:MOST_PROBLEMS], where="request")


def _problems_of(lead: LeadRecord, where: str) -> list[LeadmlError]:
    """Find a lead of which nothing is said, and attributes that would be taken for a key."""
    problems = []
    if lead.says_nothing:
        problems.append(LeadmlError("lead_without_facts", where=where, lead_id=lead.lead_id))
    for owner, part in (("", lead), (".company", lead.company)):
        for name in (name for name in _NO_ATTRIBUTES if part is not None and name in part.attributes):
            problems.append(LeadmlError("reserved_attribute", where=f"{where}{owner}.attributes.{name}", key=name))
    return problems


def _place(loc: tuple[int | str, ...], where: str) -> str:
    """Name a place in a request, below `where`.

    Examples
    --------
    >>> _place(("leads", 0, "activities", 2, "happened_at"), "")
    'leads[0].activities[2].happened_at'
    """
    path = where
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path or "request"
