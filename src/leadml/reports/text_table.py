"""A table of texts: the same for a terminal, a page and a notebook."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column's head, and how its cells stand."""

    head: str
    right: bool = False
    no_wrap: bool = False


@dataclass(frozen=True)
class Row:
    """The cells of a row, as plain text; a bold row tells what the others come to, and a line may follow it."""

    cells: tuple[str, ...]
    bold: bool = False
    ends_section: bool = False


class TextTable:
    """A table that is filled row by row.

    Parameters
    ----------
    title : str
    heads : sequence of str
        Of the first columns.

    Examples
    --------
    >>> table = TextTable("Leads", ["band", "leads"])
    >>> table.add_row("A", "12")
    >>> [column.head for column in table.columns], table.rows[0].cells
    (['band', 'leads'], ('A', '12'))
    """

    def __init__(self, title: str, heads: Sequence[str] = ()) -> None:
        self.title = title
        self.columns = [Column(head) for head in heads]
        self.rows: list[Row] = []

    def add_column(self, head: str, *, right: bool = False, no_wrap: bool = False) -> None:
        """Add a column; rows must not have begun."""
        self.columns.append(Column(head, right, no_wrap))

    def add_row(self, *cells: str, bold: bool = False, ends_section: bool = False) -> None:
        """Add a row; cells that are missing at its end are empty."""
        missing = len(self.columns) - len(cells)
        self.rows.append(Row((*cells, *[""] * missing), bold, ends_section))
