"""`leadml sla due`: what is due, at risk or broken, and for whom."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, problems_told, tell, tell_json
from leadml.project import Project
from leadml.reports.due import due_report


def due(
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="Instant with zone; default: just after the last known fact.", metavar="TIME"),
    ] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Only what waits for this owner.")] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="How many lines at most.")] = 20,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """List the promises that wait: broken and not done yet, at risk, or open; for whom, and who is told.

    Example: leadml sla due --owner aoki
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            _ = opened.history
            steps("kept")
            found = opened.agreement.due(as_of=as_of)
            found = found if owner is None else found.of_owner(owner)
        if as_json:
            tell_json(found.to_dict(most=most))
            return
        for part in due_report(found, language, most=most):
            tell(part)
