"""`leadml maturity`: how long leads take to come, and whether the outcome window fits."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.maturity import ENOUGH, NEARLY_ALL, SHARES_TOLD, Maturity, rounded_up
from leadml.project import Project
from leadml.reports.training import left_out_lines
from leadml.wording.numbers import plain
from leadml.wording.texts import Language, say

_DAYS = (1 / 24, 0.25, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730, 1095)
_BAR = 30  # characters


def maturity(
    project: ProjectOption = Path(),
    data: DataOption = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            help="created, or the stage whose entry starts the clock; default: each of readiness.yaml.",
            metavar="STAGE",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", help="The stage to reach; default: that of the outcome learned.", metavar="STAGE"),
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say how long leads take to reach a stage, and whether the outcome window fits that.

    Leads whose time is not over yet count for as long as they were seen (Kaplan and Meier).

    Example: leadml maturity --since mql --to sql
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            curves = opened.maturity(since=since, to=to)
        if as_json:
            tell_json({"curves": [curve.to_dict() for curve in curves]})
        else:
            _show(curves, language)


def _show(curves: Sequence[Maturity], language: Language) -> None:
    console = out()
    for number, curve in enumerate(curves):
        if number:
            console.print()
        if not curve.came:
            console.print(say("maturity.nobody", language, **_named(curve)))
            continue
        console.print(_table(curve, language))
        for line in [*maturity_lines(curve, language), *left_out_lines(curve.left_out, curve.starts, language)]:
            console.print(line)


def _named(curve: Maturity) -> dict[str, object]:
    return {"since": curve.since, "reach": curve.reach, "starts": curve.starts}


def _table(curve: Maturity, language: Language) -> Table:
    table = Table(
        title=say("maturity.title", language, **_named(curve)),
        title_justify="left",
        header_style="bold",
        pad_edge=False,
    )
    table.add_column(say("maturity.days", language), justify="right")
    table.add_column(say("maturity.share", language), justify="right")
    table.add_column("")
    for days in _days_shown(curve):
        share = curve.covered(days)
        mark = say("maturity.window", language) if days == curve.within_days else ""
        table.add_row(
            _time(days, language), f"{share:.0%}", f"{'█' * round(share * _BAR):<{_BAR}} {mark}".rstrip(),
            style="bold" if mark else "",
        )  # fmt: skip
    return table


def _days_shown(curve: Maturity) -> list[float]:
    """Choose the days to show: from none to nearly all, and the agreed window."""
    first = max((days for days in _DAYS if curve.covered(days) < 0.005), default=0)
    last = next((days for days in _DAYS if curve.covered(days) > 0.99), _DAYS[-1])
    agreed = [] if curve.within_days is None else [curve.within_days]
    return sorted({*(days for days in _DAYS if first <= days <= last), *agreed})


def _time(days: float, language: Language) -> str:
    number, unit = (days * 24, "hour") if days < 1 else (days, "day")
    return say(f"maturity.in_{unit}{'' if round(number, 6) == 1 else 's'}", language, number=plain(number))


def maturity_lines(curve: Maturity, language: Language) -> list[str]:
    """Say in sentences how long it takes, how many come at all, and whether the window fits.

    Parameters
    ----------
    curve : Maturity
        Somebody came.
    language : {"en", "ja"}

    Returns
    -------
    lines : list of str
    """
    times = {f"within_{share:.0%}".rstrip("%"): _span(curve.days_until(share), language) for share in SHARES_TOLD}
    told = [
        say("maturity.sentence", language, **_named(curve), **times),
        say(
            "maturity.at_all",
            language,
            **_named(curve),
            share=f"{curve.share_that_comes:.1%}",
            came=curve.came,
            followed=plain(int(curve.followed_days)),
        ),
    ]
    if curve.within_days is not None and curve.hint is not None:
        told.append(
            say(
                f"maturity.{curve.hint}",
                language,
                within=_time(curve.within_days, language),
                covered=f"{curve.covered(curve.within_days):.0%}",
                enough=f"{ENOUGH:.0%}",
                needed=_span(curve.days_until(ENOUGH), language),
                nearly_all=f"{NEARLY_ALL:.0%}",
                needed_by_nearly_all=_span(curve.days_until(NEARLY_ALL), language),
            )
        )
    return told


def _span(days: float, language: Language) -> str:
    """Say a time as a window that holds it, rounded up."""
    return _time(rounded_up(days * 24) / 24 if days < 1 else rounded_up(days), language)
