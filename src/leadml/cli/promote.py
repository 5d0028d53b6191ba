"""`leadml promote`: let a registered version answer, if it gets through the gate."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.publishing import publishing_lines, volume_table
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.clock import to_iso
from leadml.project import Project
from leadml.reports.training import gate_lines
from leadml.wording.texts import say


def promote(
    version: Annotated[
        str | None,
        typer.Argument(help="A version, or champion to put its files in place. Default: the challenger."),
    ] = None,
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Make a version the champion, if its recipe is better than the rules and not worse than the champion's today.

    The recipe is fitted again before each period of the test, on the history as it is now; the version itself is
    published as it was trained. `leadml rollback` takes it back.

    Example: leadml promote 3 --project examples/bpi2012 --data DIR
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, 4, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            promotion = opened.promote(version)
        model, gate = promotion.model, promotion.gate
        if as_json:
            tell_json(
                {
                    "model": {"name": model.name, "version": model.version, "knows_until": to_iso(model.knows_until)},
                    "gate": None if gate is None else asdict(gate),
                    "publishing": None if promotion.publishing is None else promotion.publishing.to_dict(),
                }
            )
            return
        console, scale = out(), opened.spec.agreement.definitions.lead_score
        for line in [] if gate is None else gate_lines(gate, language):
            console.print(line, markup=False)
        said = "promote.done" if gate is not None else "promote.already"
        console.print(say(said, language, name=model.name, version=model.version), markup=False)
        if promotion.publishing is not None:
            console.print(volume_table(promotion.publishing, scale, language))
            for line in publishing_lines(promotion.publishing, scale, language):
                console.print(line, markup=False)
