"""A table on terminals of any width: nothing is cut, and ids and figures stay whole."""

import io
import re

import pytest
from rich.console import Console

from leadml.cli.drawn_table import DrawnTable
from leadml.reports.text_table import TextTable

WIDTHS = (40, 60, 80, 132)
CELLS = ("L0041002", "企業のindustryがmachinery、automotiveまたはelectronics", "2026-07-01 08:09", "+2.9 [-0.6, +6.3]")


def drawn(table, width):
    console = Console(width=width, file=io.StringIO())
    console.print(DrawnTable(table))
    return console.file.getvalue()


@pytest.fixture
def table():
    """A table with an id, a long text without spaces, an instant and a figure."""
    table = TextTable("待っている約束（急ぐものから順に）", ["リード", "条件"])
    table.add_column("期限", no_wrap=True)
    table.add_column("満たす企業の到達率", right=True)
    table.add_row(*CELLS)
    table.add_row(*(f"[bold]{cell}" if cell == CELLS[1] else cell for cell in CELLS), bold=True, ends_section=True)
    return table


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut(table, width):
    text = drawn(table, width)
    assert "…" not in text
    assert all(len(line) <= width for line in text.splitlines())
    letters = re.sub(r"[\s┃│]", "", text)
    for place in range(len(CELLS[1])):  # broken over lines, between other columns, but all of it is there
        assert CELLS[1][place] in letters
    for whole in (CELLS[0], CELLS[2], "[-0.6, +6.3]"):
        assert text.count(whole) == 2


@pytest.mark.parametrize("width", [30, 40])
def test_where_columns_do_not_fit_each_row_is_a_list(table, width):
    text = drawn(table, width)
    assert "┃" not in text
    assert re.search(r"^リード +L0041002$", text, re.MULTILINE)


def test_figures_stay_on_one_line_while_texts_are_broken(table):
    text = drawn(table, 80)
    assert "┃" in text
    assert text.count(CELLS[3]) == 2


def test_nothing_in_a_cell_is_taken_for_markup(table):
    assert "[bold]" in drawn(table, 132)


def test_empty_cells_of_a_list_are_left_out():
    table = TextTable("", ["lead", "owner", "state"])
    table.add_row("L1", "", "open and not due for a long time")
    assert drawn(table, 20).split("\n")[:2] == ["lead   L1", "state  open and not"]
