"""`leadml feedback`: what became of the leads that were handed over, for those who sent them."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, problems_told, tell, tell_json
from leadml.errors import LeadmlError, known_words
from leadml.feedback import ATTRIBUTE, VIEWS, attributes_of_leads
from leadml.history.tables import History
from leadml.kept.period import Period
from leadml.project import Project
from leadml.reports.feedback import feedback_as_json, feedback_parts
from leadml.reports.feedback_page import feedback_page
from leadml.reports.page import check_ending
from leadml.wording.texts import nearest, say


def feedback(
    begin: Annotated[str, typer.Option("--from", help="Hand-overs from this day or instant on.", metavar="TIME")],
    end: Annotated[
        str | None,
        typer.Option("--to", help="Up to this day, the day included, or before this instant.", metavar="TIME"),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help="One of source, persona, content, band, lead_type, or attribute:NAME; default: the first five.",
            metavar="VIEW",
        ),
    ] = None,
    after_days: Annotated[
        float | None,
        typer.Option(
            "--after-days",
            min=1,
            help="Judge each hand-over as it stood so many days later; default: the window of the outcome.",
            metavar="DAYS",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write it as a page: an .html or .md file.", metavar="FILE")
    ] = None,
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say what became of each lead handed over, and what marketing should send more and less of.

    Example: leadml feedback --from 2026-01-01 --by source --html feedback.html
    """
    with problems_told(as_json=as_json, language=language):
        if html is not None:
            check_ending(html)
        opened = Project(project, data=data)
        agreement = opened.spec.agreement
        period = Period.read(begin, end, time_zone=BusinessCalendar(agreement.calendar).zone.key)
        if by is not None and by not in VIEWS and not by.startswith(ATTRIBUTE):
            _unknown(by, (*VIEWS, f"{ATTRIBUTE}NAME"))
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            history = opened.history
            steps("feedback")
            _check_attribute(by, history)
            views = VIEWS if by is None else (by,)
            found = opened.agreement.feedback(period.begin, period.end, views=views, after_days=after_days)
        if html is not None:
            feedback_page(found, agreement.definitions, language).write(html)
        if as_json:
            tell_json(feedback_as_json(found))
            return
        for part in feedback_parts(found, agreement.definitions, language):
            tell(part)
        if html is not None:
            tell(say("feedback.written", language, file=str(html)))


def _check_attribute(by: str | None, history: History) -> None:
    if by is not None and by.startswith(ATTRIBUTE):
        known = attributes_of_leads(history)
        if by.removeprefix(ATTRIBUTE) not in known:
            _unknown(by, tuple(f"{ATTRIBUTE}{name}" for name in known))


def _unknown(by: str, known: tuple[str, ...]) -> None:
    hint = nearest(by, known)
    raise LeadmlError("unknown_word", where="--by", word=by, known=known_words(list(known)), hint=hint)
