"""`leadml sla diff`: in what two agreements differ, in words."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.agreed.difference import Difference, change_as_json
from leadml.cli.options import JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import problems_told, tell, tell_json, tell_points
from leadml.reports.difference import difference_page
from leadml.reports.page import Page, Points
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.reading import read_specification


def diff(
    first: Annotated[
        Path, typer.Argument(help="The agreement as it was; alone: the new one, held against sla.yaml.", metavar="A")
    ],
    second: Annotated[Path | None, typer.Argument(help="The agreement as it shall be.", metavar="B")] = None,
    project: ProjectOption = Path(),
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Tell in words what changes from one agreement to another, and what follows: a new training, or none.

    Example: leadml sla diff new-sla.yaml --language ja
    """
    with problems_told(as_json=as_json, language=language):
        files = (project / "sla.yaml", first) if second is None else (first, second)
        before, after = (read_specification(AgreementSpec, file, shown_as=str(file)) for file in files)
        difference = Difference.of(before, after)
        if as_json:
            tell_json(
                {
                    "before": before.version,
                    "after": after.version,
                    "changes": [change_as_json(change, difference) for change in difference.changes],
                    "needs_training": list(difference.learned),
                    "follows": {"en": list(difference.follows("en")), "ja": list(difference.follows("ja"))},
                }
            )
        elif markdown:
            typer.echo(difference_page(difference, language).markdown(), nl=False)
        else:
            _show(difference_page(difference, language))


def _show(page: Page) -> None:
    tell(page.title, style="bold")
    tell(page.lead)
    for section in page.sections:
        tell(f"\n{section.heading}", style="bold")
        for block in section.blocks:
            tell_points(block.lines if isinstance(block, Points) else ())
