"""`history.yaml`: where the facts come from, and the CRM's own words for ours."""

import re
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator

from leadml.clock import known_time_zone
from leadml.specs.reading import Specification, UnfitWordError

DirtyRows = Literal["reject", "quarantine", "accept"]

# Ways of writing a time beside ISO 8601; a pattern as Python's strptime reads it is another.
ISO_8601 = "iso_8601"
EPOCHS = {"epoch_seconds": 1_000_000, "epoch_milliseconds": 1_000}

_KINDS_OF_SOURCE = ("file", "database", "frame")
_FROM_ENVIRONMENT = re.compile(r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$")
_SECRET = re.compile(r"pass|pwd|secret|token|key", re.IGNORECASE)


class SourceSpec(Specification):
    """One file, database table or frame that fills (part of) one table."""

    file: Annotated[
        str | None,
        Field(
            description="CSV, CSV.gz or Parquet file, relative to the folder; or a folder, or a pattern as `in/*.csv`"
        ),
    ] = None
    database: Annotated[
        str | None,
        Field(description="a database instead: `${NAME}` of an environment variable, or a URL without password"),
    ] = None
    database_table: Annotated[str | None, Field(description="for `database`: its table or view")] = None
    query: Annotated[str | None, Field(description="for `database`, instead of its table: a SELECT")] = None
    frame: Annotated[
        str | None, Field(description="a DataFrame instead: its name in leadml.open(..., frames={name: frame})")
    ] = None
    format: Annotated[
        str | None, Field(description="an export that leadml knows: `hubspot` or `salesforce`; then without `columns`")
    ] = None
    options: dict[str, str | tuple[str, ...] | dict[str, str]] = Field(
        default_factory=dict,
        description="for `format`: what its reader asks (docs/hubspot.md, docs/salesforce.md)",
    )
    columns: dict[str, str] = Field(default_factory=dict, description="our column: their column")
    rows: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="their column: values, as `2018-*` too; other rows are none of this table's"
    )
    attributes: dict[str, str] = Field(default_factory=dict, description="our attribute: their column")
    constants: dict[str, str] = Field(default_factory=dict, description="our column: the one value that all rows have")
    words: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description='our column or attribute: {their word: our word}; others stay as they are; `""` stands for a blank',
    )
    separator: Annotated[
        str | None,
        Field(min_length=1, max_length=1, description="between the values of a CSV file; default: found out"),
    ] = None
    time_format: Annotated[
        str | tuple[str, ...],
        Field(
            description="how times are written: `iso_8601`, `epoch_seconds`, `epoch_milliseconds`, or a pattern as "
            "`%d.%m.%Y %H:%M`; of several the first that fits counts"
        ),
    ] = ISO_8601
    dirty_rows: Annotated[
        DirtyRows | None, Field(description="for this source alone; see `dirty_rows` below `folder`")
    ] = None

    @property
    def time_formats(self) -> tuple[str, ...]:
        """The ways of writing a time, in the order in which they are tried."""
        return (self.time_format,) if isinstance(self.time_format, str) else self.time_format

    @field_validator("database")
    @classmethod
    def _without_a_secret(cls, url: str | None) -> str | None:
        if url is None or _FROM_ENVIRONMENT.match(url):
            return url
        if _holds_a_secret(url):
            raise ValueError("a password stands in the URL; put the URL into an environment variable and write ${NAME}")
        if "://" not in url:
            raise ValueError("it is neither ${NAME} nor a URL such as postgresql+psycopg://host/database")
        return url

    @field_validator("time_format")
    @classmethod
    def _readable(cls, formats: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for each in (formats,) if isinstance(formats, str) else formats:
            if each not in (ISO_8601, *EPOCHS):
                _check_pattern(each)
        if not formats:
            raise ValueError("no time format is named")
        return formats

    @model_validator(mode="after")
    def _one_place(self) -> "SourceSpec":
        named = [kind for kind in _KINDS_OF_SOURCE if getattr(self, kind) is not None]
        if len(named) != 1:
            raise ValueError(
                f"a source is exactly one of file, database and frame, not {' and '.join(named) or 'none'}"
            )
        if self.database is not None and (self.query is None) == (self.database_table is None):
            raise ValueError("a database needs either database_table or query")
        if self.database is None and (self.query or self.database_table):
            raise ValueError("query and database_table belong to a database")
        if self.format is not None and (self.file is None or self.columns or self.rows):
            raise ValueError("a format reads a file and maps it by itself: leave out columns and rows")
        if self.format is None and self.options:
            raise ValueError("options belong to a format")
        if self.separator is not None and self.file is None:
            raise ValueError("a separator belongs to a file")
        return self


def _holds_a_secret(url: str) -> bool:
    """Tell whether a URL carries a password, before its host or among its parameters."""
    parts = urlsplit(url)
    return ":" in parts.netloc.rpartition("@")[0] or any(_SECRET.search(name) for name, _ in parse_qsl(parts.query))


def _check_pattern(pattern: str) -> None:
    """Refuse a pattern of time that says no day, or that Python cannot read back."""
    known = f"{ISO_8601}, {', '.join(EPOCHS)} or a pattern such as %d.%m.%Y %H:%M"
    example = datetime(2026, 3, 2, 9, 30, 15)  # noqa: DTZ001 - a pattern may have no zone
    try:
        back = datetime.strptime(example.strftime(pattern), pattern)  # noqa: DTZ007 - the same
    except ValueError:
        back = None
    if back is None or back.date() != example.date():
        raise ValueError(f"{pattern!r} does not say which day a time lies on; known are {known}")


class TablesSpec(Specification):
    """The tables of a history; a table that is absent is unknown, not empty."""

    leads: Annotated[tuple[SourceSpec, ...], Field(description="who the leads are, and their attributes at creation")]
    companies: Annotated[
        tuple[SourceSpec, ...] | None, Field(description="the companies of the leads, and their attributes")
    ] = None
    attribute_changes: Annotated[
        tuple[SourceSpec, ...] | None, Field(description="which attribute of a lead took which value")
    ] = None
    activities: Annotated[
        tuple[SourceSpec, ...] | None, Field(description="what leads did: pages, mails, webinars, downloads")
    ] = None
    stage_changes: Annotated[
        tuple[SourceSpec, ...] | None, Field(description="entries into a lifecycle stage: the outcome is read here")
    ] = None
    status_changes: Annotated[
        tuple[SourceSpec, ...] | None, Field(description="entries into a lead status: returns are read here")
    ] = None
    assignments: Annotated[tuple[SourceSpec, ...] | None, Field(description="which owner got the lead")] = None
    deal_changes: Annotated[tuple[SourceSpec, ...] | None, Field(description="entries into a deal stage")] = None
    connect_attempts: Annotated[
        tuple[SourceSpec, ...] | None, Field(description="how our own people tried to reach the lead")
    ] = None
    scores: Annotated[
        tuple[SourceSpec, ...] | None,
        Field(description="which number the CRM's own rules, or another system, gave the lead, score by score"),
    ] = None
    decisions: Annotated[
        tuple[SourceSpec, ...] | None,
        Field(description="what was decided about the lead; with its probability where it was left to chance"),
    ] = None


class HistorySpec(Specification):
    """The whole of `history.yaml`."""

    folder: Annotated[str, Field(description="where the files lie, relative to history.yaml; --data replaces it")] = "."
    time_zone: Annotated[str | None, Field(description="IANA name, for times without an offset")] = None
    clock_skew_minutes: Annotated[
        float,
        Field(ge=0, description="how far ahead of the clock a fact may be dated; in a live request it is taken as now"),
    ] = 5
    known_until: Annotated[
        datetime | None, Field(description="when the export was made: what did not happen by then is not in it")
    ] = None
    clock: Annotated[
        Literal["dated", "row_order"],
        Field(
            description="`row_order` for data that has an order and no times: row i is created at 2000-01-01 + i "
            "minutes, what the row tells of its result happened half a minute later, its `lead_id` is its number"
        ),
    ] = "dated"
    dirty_rows: Annotated[
        DirtyRows,
        Field(
            description="rows that cannot be read as they are: `reject` is an error, `quarantine` leaves them out and "
            "keeps them in .leadml/quarantine, `accept` takes unreadable values as missing"
        ),
    ] = "reject"
    words: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="our column: {their word: our word}, in every source; a source's own come first",
    )
    tables: Annotated[TablesSpec, Field(description="which files fill which table")]

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str | None) -> str | None:
        if name is not None and not known_time_zone(name):
            expected = "the IANA name of a time zone, such as Europe/Berlin"
            raise UnfitWordError(name, sorted(available_timezones()), expected=expected)
        return name

    @field_validator("known_until")
    @classmethod
    def _zoned(cls, instant: datetime | None) -> datetime | None:
        if instant is not None and instant.tzinfo is None:
            raise ValueError("the time has no zone; write it as 2011-12-24T00:00:00+00:00")
        return instant
