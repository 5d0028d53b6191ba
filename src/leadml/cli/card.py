"""`leadml card`: what a model is for, how good it is, and who answers for it, on one page."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.champion import champion_folder
from leadml.cli.options import JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import out, problems_told, tell_json
from leadml.evidence import Evidence
from leadml.project import Project
from leadml.reports.card import Card
from leadml.reports.page import check_ending
from leadml.wording.texts import say


def card(
    project: ProjectOption = Path(),
    out_file: Annotated[
        Path | None,
        typer.Option("--out", help="An .html or .md file to write; default: Markdown, printed.", metavar="FILE"),
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Write the card of the model that answers: purpose and misuse, data, quality, groups, audit, features, owner.

    All of it was kept with the model when it was trained; the history is not read. --json gives what was kept.

    Example: leadml card --out card.html --language ja
    """
    with problems_told(as_json=as_json, language=language):
        if out_file is not None:
            check_ending(out_file, where="--out")
        opened = Project(project)
        evidence = Evidence.read(champion_folder(opened.folder))
        page = Card(opened.champion(), evidence, opened.spec.agreement.definitions, language).page()
        if as_json:
            tell_json(evidence.to_dict())
        elif out_file is None:
            typer.echo(page.markdown(), nl=False)
        else:
            page.write(out_file, where="--out")
            out().print(say("card.written", language, file=out_file), markup=False)
