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

    leads: tuple[SourceSpec, ...]
    companies: tuple[SourceSpec, ...] | None = None
    attribute_changes: tuple[SourceSpec, ...] | None = None
    activities: tuple[SourceSpec, ...] | None = None
    stage_changes: tuple[SourceSpec, ...] | None = None
    status_changes: tuple[SourceSpec, ...] | None = None
    assignments: tuple[SourceSpec, ...] | None = None
    deal_changes: tuple[SourceSpec, ...] | None = None
    connect_attempts: tuple[SourceSpec, ...] | None = None


class HistorySpec(Specification):
    """The whole of `history.yaml`."""

    folder: Annotated[str, Field(description="where the files lie, relative to history.yaml; --data replaces it")] = "."
    time_zone: Annotated[str | None, Field(description="IANA name, for times without an offset")] = None
    clock_skew_minutes: Annotated[
        float, Field(ge=0, description="live: how far ahead a fact may be dated and still be taken as now")
    ] = 5
    tables: TablesSpec

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str | None) -> str | None:
        if name is not None and not known_time_zone(name):
            raise ValueError(f"there is no time zone {name!r}; write an IANA name such as Europe/Berlin")
        return name
