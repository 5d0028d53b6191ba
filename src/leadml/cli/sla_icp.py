"""`leadml sla icp`: the ideal customer profile against the companies that really became customers."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, out, problems_told, tell, tell_json
from leadml.cli.writing import refuse_definitions, write_text
from leadml.clock import now, to_iso
from leadml.icp.ground import WITHIN_DAYS
from leadml.project import Project
from leadml.reports.icp import profile_parts, proposal_text, report_as_json
from leadml.wording.texts import say


def icp(
    project: ProjectOption = Path(),
    data: DataOption = None,
    outcome: Annotated[
        str | None,
        typer.Option("--outcome", help="An outcome of sla.yaml; default: the last lifecycle stage.", metavar="NAME"),
    ] = None,
    within_days: Annotated[
        float, typer.Option("--within-days", min=1, max=3650, help="Window from the creation of a lead.")
    ] = WITHIN_DAYS,
    file: Annotated[
        Path | None,
        typer.Option("--write", help="Also write the proposed profile; never over a definition.", metavar="FILE"),
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say which agreed criteria really separate customers, which do not, and which missing ones would.

    Leads and companies are seen as they were known when each lead was created; leads of one company count as one.

    Example: leadml sla icp --outcome ready --write icp.yaml
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        if file is not None:
            refuse_definitions(file, opened.folder, option="--write", better="icp.yaml")
        with Steps(opened.tables, 3, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            report = opened.agreement.profile(outcome=outcome, within_days=within_days)
        text = proposal_text(report, today=to_iso(now())[:10], language=language)
        if file is not None:
            write_text(text, file, option="--write")
        if as_json:
            tell_json({**report_as_json(report), "yaml": text})
            return
        for part in profile_parts(report, language):
            tell(part)
        out().print(text, markup=False, soft_wrap=True, end="")
        if file is not None:
            tell(say("icp.written", language, file=str(file)))
