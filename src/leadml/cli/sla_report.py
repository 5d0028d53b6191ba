"""`leadml sla report`: which promises were kept, by both sides."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.cli.options import DataOption, JsonOption, LanguageOption, LocalAsOfOption, ProjectOption
from leadml.cli.telling import Steps, problems_told, tell, tell_json
from leadml.kept.period import Period
from leadml.kept.report import SlaReport, View
from leadml.kept.timeline import timelines_of
from leadml.project import Project
from leadml.reports.kept import sla_report, timeline_parts
from leadml.reports.kept_page import kept_page
from leadml.reports.page import check_ending
from leadml.wording.texts import Language, say


def report(
    project: ProjectOption = Path(),
    data: DataOption = None,
    begin: Annotated[
        str | None,
        typer.Option("--from", help="Hand-overs from this day or instant on; default: all.", metavar="TIME"),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", help="Up to this day, the day included, or before this instant.", metavar="TIME"),
    ] = None,
    as_of: LocalAsOfOption = None,
    by: Annotated[View, typer.Option("--by", help="By what the hand-overs are grouped.")] = "owner",
    lead: Annotated[
        str | None, typer.Option("--lead", help="Tell the hand-overs of this lead, step by step.", metavar="ID")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the report as a page: an .html or .md file.", metavar="FILE")
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say which promises about hand-overs were kept, how long it took, and whether both sides met their targets.

    Deadlines are counted by the calendar of sla.yaml. See docs/agreement.md.

    Example: leadml sla report --from 2026-03-01 --to 2026-05-31 --by week --html sla.html
    """
    with problems_told(as_json=as_json, language=language):
        if html is not None:
            check_ending(html)
        opened = Project(project, data=data)
        zone = BusinessCalendar(opened.spec.agreement.calendar).zone
        period = Period.read(begin, end, time_zone=zone.key)
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            history = opened.history
            steps("kept")
            reports = opened.agreement.reports(period, as_of=as_of)
            timelines = [() if lead is None else timelines_of(history, found, lead) for found in reports]
            pages = [] if html is None else _write(reports, html, language)
        if as_json:
            told = reports if lead is None else [one for of_report in timelines for one in of_report]
            tell_json({"reports" if lead is None else "timelines": [one.to_dict() for one in told]})
            return
        for found, of_lead in zip(reports, timelines, strict=True):
            parts = sla_report(found, by, language) if lead is None else timeline_parts(found, of_lead, lead, language)
            for part in parts:
                tell(part)
        for page in pages:
            tell(say("kept.html_written", language, file=page))


def _write(reports: Sequence[SlaReport], file: Path, language: Language) -> list[Path]:
    """Write a page for each agreement; where there are several, their versions stand in the names of the files."""
    pages = []
    for found in reports:
        version = found.judged.agreement.version
        page = file if len(reports) == 1 else file.with_name(f"{file.stem}-{version}{file.suffix}")
        kept_page(found, language).write(page)
        pages.append(page)
    return pages
