"""How commands speak: results on standard output, progress and errors on standard error."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from leadml.cli.drawn_table import DrawnTable
from leadml.cli.line_breaks import wrap
from leadml.errors import LeadmlError
from leadml.reports.text_table import TextTable
from leadml.wording.texts import Language, say

EXIT_WITH_PROBLEMS = 2
_WIDTH_WITHOUT_TERMINAL = 132


def out() -> Console:
    """Where results go; wide enough for tables when nobody looks at a terminal."""
    return Console(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL, soft_wrap=False, highlight=False)


def tell_json(content: object) -> None:
    """Print one JSON object."""
    typer.echo(orjson.dumps(content, option=orjson.OPT_INDENT_2).decode())


def tell(part: TextTable | str, *, style: str = "") -> None:
    """Print a part of a report: a table, or a sentence; nothing in it is taken for markup."""
    console = out()
    if isinstance(part, TextTable):
        console.print(DrawnTable(part))
    else:
        console.print(Text("\n".join(wrap(part, console.width)), style=style), soft_wrap=True)


def tell_points(lines: Iterable[str]) -> None:
    """Print sentences as a list."""
    console = out()
    for line in lines:
        console.print(Text("\n".join(wrap(f"-\N{NO-BREAK SPACE}{line}", console.width, hang=2))), soft_wrap=True)


@contextmanager
def problems_told(*, as_json: bool, language: Language = "en") -> Iterator[None]:
    """Turn an error into its four parts on standard error, and a non-zero exit code."""
    try:
        yield
    except LeadmlError as error:
        if as_json:
            typer.echo(orjson.dumps(error.to_dict(language), option=orjson.OPT_INDENT_2).decode(), err=True)
        else:
            typer.echo(error.text(language), err=True)
        raise typer.Exit(EXIT_WITH_PROBLEMS) from None


def refuse_options_before(context: typer.Context, command: str, language: Language) -> None:
    """Refuse what stands before a command of a group and would be lost: it reads its own options alone."""
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = f"--{name.removeprefix('as_')}"
            raise typer.BadParameter(say("models.behind", language, option=option, command=command), ctx=context)


class Steps:
    """Shows which step of a command is at work, and how many are done.

    Parameters
    ----------
    tables : int
        Tables that will be read, one step each.
    more : int
        Further steps that will be told.
    language : {"en", "ja"}
    quiet : bool
        Show nothing, as for `--json`.
    """

    def __init__(self, tables: int, more: int = 0, *, language: Language = "en", quiet: bool = False) -> None:
        self._language = language
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<44}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=quiet,
        )
        self._task = self._bar.add_task("", total=tables + more)
        self._begun = False
        self._step, self._rows = "", 0

    def __enter__(self) -> "Steps":
        """Begin to show."""
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop showing."""
        self._bar.stop()

    def __call__(self, step: str) -> None:
        """Tell that a step begins, and that the one before it is done."""
        self._step, self._rows = say(f"steps.{step}", self._language), 0
        self._bar.update(self._task, description=self._step, advance=1 if self._begun else 0)
        self._begun = True

    def rows_read(self, rows: int) -> None:
        """Tell that so many further rows were read."""
        self._rows += rows
        self._bar.update(self._task, description=f"{self._step}: {self._rows:,}")
