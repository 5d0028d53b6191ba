"""`leadml sla due`: what is due, at risk or broken, and for whom."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, LocalAsOfOption, ProjectOption
from leadml.cli.telling import Steps, problems_told, tell, tell_json
from leadml.kept.states import State
from leadml.project import Project
from leadml.reports.due import due_report
from leadml.reports.due_page import due_page
from leadml.reports.page import check_ending
from leadml.wording.texts import say


def due(
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_of: LocalAsOfOption = None,
    owner: Annotated[
        str | None, typer.Option("--owner", help="Only what waits for this owner, or for a side.", metavar="NAME")
    ] = None,
    state: Annotated[
        Literal["open", "at_risk", "broken"] | None, typer.Option("--state", help="Only what stands so.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Rows of a table at most; --json has all.")] = 10,
    every: Annotated[bool, typer.Option("--all", help="All rows, however many.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write it as a page: an .html or .md file.", metavar="FILE")
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """List the promises that wait: at risk, open, or broken and not done yet; for whom, and who is told.

    Leads that stand too long in a stage are told apart. See docs/agreement.md.

    Example: leadml sla due --owner aoki --state at_risk
    """
    with problems_told(as_json=as_json, language=language):
        if html is not None:
            check_ending(html)
        opened = Project(project, data=data)
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            _ = opened.history
            steps("kept")
            found = opened.agreement.due(as_of=as_of).only(owner=owner, state=None if state is None else State(state))
        rows = None if every else most
        if html is not None:
            due_page(found, language, most=rows).write(html)
        if as_json:
            tell_json(found.to_dict())
            return
        for part in due_report(found, language, most=rows):
            tell(part)
        if html is not None:
            tell(say("kept.html_written", language, file=str(html)))
