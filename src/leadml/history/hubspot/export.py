"""Opens an export of HubSpot and tells its tables, one after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from leadml.errors import LeadmlError, raise_problems
from leadml.history.documents import ENDINGS, is_json
from leadml.history.hubspot.changes import (
    activities_told,
    assignments_told,
    attribute_changes_told,
    stage_changes_told,
    status_changes_told,
)
from leadml.history.hubspot.deals import deal_changes_told
from leadml.history.hubspot.engagements import connect_attempts_told
from leadml.history.hubspot.leads import companies_told, leads_told
from leadml.history.hubspot.pages import read_page_export
from leadml.history.hubspot.portal import Portal
from leadml.history.hubspot.replies import SYSTEM, Answers
from leadml.history.told import DataFile, Told
from leadml.specs.history_spec import SourceSpec

_CSV = (".csv", ".csv.gz")

_TOLD: Mapping[str, Callable[..., Told]] = {
    "leads": leads_told,
    "companies": companies_told,
    "attribute_changes": attribute_changes_told,
    "activities": activities_told,
    "stage_changes": stage_changes_told,
    "status_changes": status_changes_told,
    "assignments": assignments_told,
    "deal_changes": deal_changes_told,
    "connect_attempts": connect_attempts_told,
}


@dataclass(frozen=True)
class HubspotExport:
    """The files of one export of HubSpot, read once."""

    portal: Portal

    @property
    def tables(self) -> tuple[str, ...]:
        """Name the tables that such an export can fill."""
        return tuple(_TOLD)

    def told(self, table: str, source: SourceSpec) -> Sequence[Told]:
        """Tell the rows of one table.

        Parameters
        ----------
        table : str
            One of `tables`.
        source : SourceSpec
            `attributes` and `options` are followed here.

        Returns
        -------
        told : sequence of Told
            One, with what was noticed on the way.

        Raises
        ------
        LeadmlError
            What docs/hubspot.md lists: records or histories that were not exported, unknown options.
        """
        return [_TOLD[table](self.portal, source, where=f"history.yaml, tables.{table}, file {source.file}")]


def open_hubspot(files: Sequence[DataFile]) -> HubspotExport:
    """Read the files of an export of HubSpot.

    Parameters
    ----------
    files : sequence of DataFile
        JSON answers of the API (also JSON lines), CSV files of HubSpot's pages; compressed with gzip or not.

    Returns
    -------
    export : HubspotExport

    Raises
    ------
    LeadmlError, ProblemsError
        Every file that cannot be read.
    """
    answers, problems = Answers(), []
    for file in files:
        try:
            if is_json(file):
                answers.read(file)
            elif file.path.name.lower().endswith(_CSV):
                read_page_export(file, answers.records)
            else:
                known = ", ".join((*ENDINGS, *_CSV))
                problems.append(
                    LeadmlError("file_of_no_export", where=file.name, file=file.name, system=SYSTEM, known=known)
                )
        except LeadmlError as problem:
            problems.append(problem)
    raise_problems(problems, where="history.yaml")
    return HubspotExport(Portal(answers.records, tuple(answers.findings())))
