"""`history.yaml`: where the facts come from, and the CRM's own words for ours."""

from typing import Annotated

from pydantic import Field, field_validator

from leadml.clock import known_time_zone
from leadml.specs.reading import Specification


class SourceSpec(Specification):
    """One file that fills (part of) one table."""

    file: Annotated[str, Field(description="CSV, CSV.gz or Parquet file, relative to the folder")]
    columns: Annotated[dict[str, str], Field(description="our column: their column")]
    rows: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="their column: values; other rows are none of this table's"
    )
    attributes: dict[str, str] = Field(default_factory=dict, description="our attribute: their column")
    constants: dict[str, str] = Field(default_factory=dict, description="our column: the one value that all rows have")
    words: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="our column: {their word: our word}; others stay as they are"
    )


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


class HistorySpec(Specification):
    """The whole of `history.yaml`."""

    folder: Annotated[str, Field(description="where the files lie, relative to history.yaml; --data replaces it")] = "."
    time_zone: Annotated[str | None, Field(description="IANA name, for times without an offset")] = None
    clock_skew_minutes: Annotated[
        float,
        Field(ge=0, description="how far ahead of the clock a fact may be dated; in a live request it is taken as now"),
    ] = 5
    tables: Annotated[TablesSpec, Field(description="which files fill which table")]

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str | None) -> str | None:
        if name is not None and not known_time_zone(name):
            raise ValueError(f"there is no time zone {name!r}; write an IANA name such as Europe/Berlin")
        return name
