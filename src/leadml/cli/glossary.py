"""`leadml glossary`: the ten terms."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from leadml.cli.options import JsonOption, ProjectOption
from leadml.cli.telling import out, tell_json
from leadml.vocabulary import TERMS, glossary_markdown


def glossary(
    project: ProjectOption = Path(),
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/glossary.md.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print the ten terms on which sales and marketing must agree, and where each lives.

    Example: leadml glossary --markdown > docs/glossary.md
    """
    if as_json:
        tell_json([{name: getattr(term, name) for name in term.__dataclass_fields__} for term in TERMS])
        return
    if markdown:
        typer.echo(glossary_markdown(), nl=False)
        return
    table = Table(header_style="bold", pad_edge=False)
    for column in ("Term", "日本語", "What both teams agree on", "What it is in leadml"):
        table.add_column(column)
    for term in TERMS:
        table.add_row(term.english, term.japanese, term.agreed, term.lives_in)
    out().print(table)
