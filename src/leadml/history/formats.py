"""The exports that leadml knows by name: their columns need no mapping. One reader a format, each in its own file."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from leadml.history.hubspot.export import open_hubspot
from leadml.history.salesforce.export import open_salesforce
from leadml.history.told import DataFile, Told
from leadml.specs.history_spec import SourceSpec


class Export(Protocol):
    """The files of one export, read once; tables are taken from it one after the other."""

    @property
    def tables(self) -> tuple[str, ...]:
        """Name the tables that such an export can fill."""

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
            One for each file or kind of record that has such rows; none when the export has no such rows.

        Raises
        ------
        LeadmlError, ProblemsError
            What is wrong with the files or the options; joins the problems of all other sources.
        """


class OpenExport(Protocol):
    """Opens the files of one export; may raise `LeadmlError` or `ProblemsError`."""

    def __call__(self, files: Sequence[DataFile]) -> Export:
        """Open them."""


FORMATS: Mapping[str, OpenExport] = {"hubspot": open_hubspot, "salesforce": open_salesforce}
