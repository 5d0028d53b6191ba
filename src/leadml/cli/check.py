"""`leadml check`: what is in the history, and what stands out."""

from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.history.checks import CheckReport
from leadml.project import Project
from leadml.wording.texts import Language, say


def check(
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Read definitions and history, and say what is there and what stands out.

    Every problem of every file is reported at once, each with what, why, where and fix.

    Example: leadml check --project examples/bpi2012 --data DIR
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            report = opened.check()
        if as_json:
            tell_json(asdict(report))
        else:
            show_check(report, language)


def show_check(report: CheckReport, language: Language) -> None:
    """Print the tables of a history and what stands out."""
    table = Table(
        title=say("check.title", language, leads=report.leads, until=report.known_until[:10]),
        title_justify="left",
        header_style="bold",
        pad_edge=False,
    )
    for column in ("table", "rows", "leads", "first_at", "last_at", "known_late"):
        table.add_column(
            say(f"check.{column}", language), justify="right" if column in ("rows", "leads", "known_late") else "left"
        )
    for row in report.tables:
        table.add_row(
            row.table,
            f"{row.rows:,}",
            f"{row.leads:,}",
            row.first_at[:10],
            row.last_at[:10],
            f"{row.known_late_share:.1%}",
        )
    console = out()
    console.print(table)
    if report.unknown:
        console.print(say("check.unknown", language, tables=", ".join(report.unknown)))
    for finding in report.findings:
        console.print(
            f"{finding.table}: {say(f'finding.{finding.key}', language, count=f'{finding.count:,}', **finding.values)}"
        )
