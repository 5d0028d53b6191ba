"""Opens an export of Salesforce and tells its tables, one after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from leadml.errors import LeadmlError, raise_problems
from leadml.history.documents import ENDINGS, is_json
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
class SalesforceExport:
    """The files of one export of Salesforce, read once."""

    people: People

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
            What docs/salesforce.md lists: objects or fields that were not exported, unknown options.
        """
        return [_TOLD[table](self.people, source, where=f"history.yaml, tables.{table}, file {source.file}")]


def open_salesforce(files: Sequence[DataFile]) -> SalesforceExport:
    """Read the files of an export of Salesforce.

    Parameters
    ----------
    files : sequence of DataFile
        CSV files of Data Loader or Data Export, JSON answers of queries; compressed with gzip or not.

    Returns
    -------
    export : SalesforceExport

    Raises
    ------
    LeadmlError, ProblemsError
        Every file that cannot be read.
    """
    objects, problems = Objects(), []
    for file in files:
        try:
            if is_json(file):
                objects.read_json(file)
            elif file.path.name.lower().endswith(_CSV):
                objects.read_csv(file)
            else:
                known = ", ".join((*ENDINGS, *_CSV))
                problems.append(
                    LeadmlError("file_of_no_export", where=file.name, file=file.name, system=SYSTEM, known=known)
                )
        except LeadmlError as problem:
            problems.append(problem)
    raise_problems(problems, where="history.yaml")
    return SalesforceExport(People(objects))
