"""A table as a terminal shows it: nothing of it is cut, however narrow the terminal is."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from leadml.cli.line_breaks import longest_piece, wrap
from leadml.reports.text_table import Column, Row, TextTable

_LONGEST_PIECE = 24  # a longer word may be broken in a cell
_NARROWEST = 8  # narrower columns of Japanese are a sign or two a line
_HEADS_AT_MOST = 0.4  # of the width, where each row is a list


class DrawnTable:
    """A table that fits the width that it is given.

    Columns are narrowed down to their longest word. Where even so they do not fit, each row becomes a list of its
    cells below one another.

    Parameters
    ----------
    told : TextTable
    """

    def __init__(self, told: TextTable) -> None:
        self._told = told

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        if self._told.title:
            yield Text("\n".join(wrap(self._told.title, options.max_width)), style="italic")
        widths = _fitting(self._told, options.max_width)
        if widths is None:
            yield Text("\n").join(self._as_lists(options.max_width))
        else:
            yield self._as_table(widths)

    def _as_table(self, widths: Sequence[int]) -> Table:
        table = Table(header_style="bold", pad_edge=False)
        columns = self._told.columns
        for column, width in zip(columns, widths, strict=True):
            head = Text("\n".join(wrap(column.head, width)))
            table.add_column(head, justify="right" if column.right else "left", width=width)
        for row in self._told.rows:
            cells = (Text("\n".join(wrap(cell, width))) for cell, width in zip(row.cells, widths, strict=True))
            table.add_row(*cells, style="bold" if row.bold else "", end_section=row.ends_section)
        return table

    def _as_lists(self, width: int) -> Iterator[Text]:
        heads = max(cell_len(column.head) for column in self._told.columns)
        heads = min(heads, int(width * _HEADS_AT_MOST))
        for row in self._told.rows:
            for column, cell in zip(self._told.columns, row.cells, strict=True):
                if cell:
                    yield _side_by_side(column, cell, row, heads, width)
            yield Text()


def _side_by_side(column: Column, cell: str, row: Row, heads: int, width: int) -> Text:
    left, right = wrap(column.head, heads), wrap(cell, width - heads - 2)
    lines = max(len(left), len(right))
    told = Text(style="bold" if row.bold else "")
    for place in range(lines):
        head, part = (side[place] if place < len(side) else "" for side in (left, right))
        told.append("\n" if place else "")
        told.append(head, style="bold")
        told.append(f"{' ' * (heads - cell_len(head) + 2)}{part}".rstrip())
    return told


def _fitting(told: TextTable, width: int) -> list[int] | None:
    """Give each column its width, figures on one line if they can; None where they do not fit beside one another."""
    columns = [
        _Measured.of(column, [row.cells[place] for row in told.rows]) for place, column in enumerate(told.columns)
    ]
    room = width - 3 * len(columns) - 1  # lines between the columns, and a space on either side
    whole = [column.whole for column in columns]
    if sum(whole) <= room:
        return whole
    choices = ([max(column.least, column.figures) for column in columns], [column.least for column in columns])
    least = next((widths for widths in choices if sum(widths) <= room), None)
    if least is None:
        return None
    wanted = [full - narrow for full, narrow in zip(whole, least, strict=True)]
    spare = room - sum(least)
    return [narrow + spare * more // sum(wanted) for narrow, more in zip(least, wanted, strict=True)]


class _Measured(NamedTuple):
    """How wide a column is with nothing broken, how narrow it may be, and how wide its figures are."""

    whole: int
    least: int
    figures: int

    @classmethod
    def of(cls, column: Column, cells: Sequence[str]) -> "_Measured":
        whole = _longest_line([column.head, *cells])
        pieces = max(map(longest_piece, [column.head, *cells]))
        least = whole if column.no_wrap else min(whole, max(_NARROWEST, min(pieces, _LONGEST_PIECE)))
        return cls(whole, least, _longest_line(cells) if column.right else 0)


def _longest_line(texts: Sequence[str]) -> int:
    return max((cell_len(line) for text in texts for line in text.split("\n")), default=0)
