"""`leadml rollback`: let the champion before answer again."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import out, problems_told, tell_json
from leadml.clock import to_iso
from leadml.project import Project
from leadml.wording.texts import say


def rollback(
    to: Annotated[
        int | None,
        typer.Option("--to", help="A version that was champion. Default: the champion before.", metavar="VERSION"),
    ] = None,
    project: ProjectOption = Path(),
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Let the champion before answer again, byte for byte as it did; no history is read and no gate is asked.

    Example: leadml rollback --to 3
    """
    with problems_told(as_json=as_json, language=language):
        model = Project(project).rollback(to=to)
        if as_json:
            tell_json(
                {"model": {"name": model.name, "version": model.version, "knows_until": to_iso(model.knows_until)}}
            )
            return
        knows_until = to_iso(model.knows_until)[:10]
        said = say("rollback.done", language, name=model.name, version=model.version, knows_until=knows_until)
        out().print(said, markup=False)
