"""Opens an export of Salesforce and tells its tables, one after the other."""

from collections.abc import Callable, Mapping, Sequence

from leadml.history.exports import Export, read_files
from leadml.history.salesforce.activities import activities_told, connect_attempts_told
from leadml.history.salesforce.changes import (
    assignments_told,
    attribute_changes_told,
    stage_changes_told,
    status_changes_told,
)
from leadml.history.salesforce.deals import deal_changes_told
from leadml.history.salesforce.leads import companies_told, leads_told
from leadml.history.salesforce.objects import SYSTEM, Objects
from leadml.history.salesforce.people import People
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


def open_salesforce(files: Sequence[DataFile]) -> Export:
    """Read the files of an export of Salesforce.

    Parameters
    ----------
    files : sequence of DataFile
        CSV files of Data Loader or Data Export, JSON answers of queries; compressed with gzip or not.

    Returns
    -------
    export : Export

    Raises
    ------
    LeadmlError, ProblemsError
        Every file that cannot be read.
    """
    objects = Objects()
    read_files(files, system=SYSTEM, read_json=objects.read_json, read_csv=objects.read_csv)
    return Export(People(objects), _TOLD)
