"""`leadml sla`: the agreement of sales and marketing."""

from pathlib import Path

import typer

from leadml.cli.options import JsonOption, ProjectOption
from leadml.cli.telling import tell_json
from leadml.specs.schema import agreement_schema

sla = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="The agreement of sales and marketing: what is due, what was kept, and what a change would do.",
)


@sla.command("schema")
def schema(project: ProjectOption = Path(), as_json: JsonOption = False) -> None:
    """Print the JSON Schema of sla.yaml, by which an editor completes keys and marks mistakes.

    Example: leadml sla schema > docs/sla.schema.json
    """
    tell_json(agreement_schema())
