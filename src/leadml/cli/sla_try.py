"""`leadml sla try`: a changed agreement on the past, before anyone signs it."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, problems_told, tell, tell_json
from leadml.project import Project
from leadml.reports.page import check_ending
from leadml.reports.trial import trial_page, trial_report
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.reading import read_specification
from leadml.wording.texts import say


def try_out(
    file: Annotated[Path, typer.Argument(help="The changed agreement.", metavar="NEW.yaml")],
    project: ProjectOption = Path(),
    data: DataOption = None,
    most: Annotated[int, typer.Option("--most", min=1, help="How many of the leads that move are named.")] = 10,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write it as a page too: an .html or .md file.", metavar="FILE")
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Try a changed agreement on the past, by models that knew nothing of what came after.

    Changed promises place the past again, and old and new stand side by side. Changed definitions count another
    outcome: the recipe learns it anew over the same periods, and each is told by itself. See docs/agreement.md.

    Example: leadml sla try sla-2027.yaml --html trial.html
    """
    with problems_told(as_json=as_json, language=language):
        if html is not None:
            check_ending(html)
        opened = Project(project, data=data)
        agreement = read_specification(AgreementSpec, file, shown_as=file.name)
        now = opened.spec.agreement
        if agreement == now and not as_json:
            tell(say("difference.same", language))
            return
        with Steps(opened.tables, 3, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            trial = opened.agreement.try_out(agreement, where=file.name)
        if agreement.version == now.version and not as_json:
            trial = trial.naming_new(say("trial.new_version", language, version=now.version))
            tell(say("difference.same_version", language, version=now.version))
        if html is not None:
            trial_page(trial, agreement, most, language).write(html)
        if as_json:
            tell_json(trial.to_dict())
            return
        for part in trial_report(trial, agreement, most, language):
            tell(part)
        if html is not None:
            tell(say("trial.html_written", language, file=html))
