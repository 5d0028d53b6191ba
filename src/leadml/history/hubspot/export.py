"""Opens an export of HubSpot and tells its tables, one after the other."""

from collections.abc import Callable, Mapping, Sequence

from leadml.history.exports import Export, read_files
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


def open_hubspot(files: Sequence[DataFile]) -> Export:
    """Read the files of an export of HubSpot.

    Parameters
    ----------
    files : sequence of DataFile
        JSON answers of the API (also JSON lines), CSV files of HubSpot's pages; compressed with gzip or not.

    Returns
    -------
    export : Export

    Raises
    ------
    LeadmlError, ProblemsError
        Every file that cannot be read.
    """
    answers = Answers()
    read_files(
        files, system=SYSTEM, read_json=answers.read, read_csv=lambda file: read_page_export(file, answers.records)
    )
    return Export(Portal(answers.records, tuple(answers.findings())), _TOLD)
