"""What the exports of every CRM have in common: their files are read once, their tables told one after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadml.errors import LeadmlError, raise_problems
from leadml.history.documents import ENDINGS, is_json
from leadml.history.told import DataFile, Told
from leadml.specs.history_spec import SourceSpec

_CSV = (".csv", ".csv.gz")


@dataclass(frozen=True)
class Export:
    """The files of one export, read once.

    Attributes
    ----------
    content : object
        What stood in the files.
    tellers : mapping of table to callable
        Each takes the content, the entry of history.yaml and `where`, and tells the rows of its table.
    """

    content: Any
    tellers: Mapping[str, Callable[..., Told]]

    @property
    def tables(self) -> tuple[str, ...]:
        """Name the tables that such an export can fill."""
        return tuple(self.tellers)

    def told(self, table: str, source: SourceSpec) -> Sequence[Told]:
        """Tell the rows of one table.

        Parameters
        ----------
        table : str
            One of `tables`.
        source : SourceSpec
            The entry of history.yaml: `attributes` (our attribute: their property) and `options` are the reader's
            to follow; `words`, `constants`, `time_format` and `dirty_rows` are applied to every source alike.

        Returns
        -------
        told : sequence of Told
            One, with what was noticed on the way.

        Raises
        ------
        LeadmlError, ProblemsError
            What the page of the format lists (docs/hubspot.md, docs/salesforce.md): records, fields or histories
            that were not exported, unknown options.
        """
        return [self.tellers[table](self.content, source, where=f"history.yaml, tables.{table}, file {source.file}")]


def read_files(
    files: Sequence[DataFile],
    *,
    system: str,
    read_json: Callable[[DataFile], object],
    read_csv: Callable[[DataFile], object],
) -> None:
    """Read the files of an export, compressed with gzip or not.

    Parameters
    ----------
    files : sequence of DataFile
    system : str
        Whose export it is, said in errors.
    read_json, read_csv : callable taking a DataFile

    Raises
    ------
    LeadmlError, ProblemsError
        Every file that cannot be read.
    """
    problems = []
    for file in files:
        try:
            if is_json(file):
                read_json(file)
            elif file.path.name.lower().endswith(_CSV):
                read_csv(file)
            else:
                known = ", ".join((*ENDINGS, *_CSV))
                raise LeadmlError("file_of_no_export", where=file.name, file=file.name, system=system, known=known)
        except LeadmlError as problem:
            problems.append(problem)
    raise_problems(problems, where="history.yaml")
