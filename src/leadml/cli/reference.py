"""`leadml reference`: every key of every YAML file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from leadml.cli.options import JsonOption, ProjectOption
from leadml.cli.telling import out, tell_json
from leadml.engine.reference import kind_references, table_references, words_reference
from leadml.specs.reference import yaml_parts, yaml_reference

_HEAD = """\
# Every key of every YAML file

Written by `leadml reference --markdown` from the specifications in `src/leadml/specs/`; change it there. A key that
does not stand here is an error. `[]` is an item of a list, `*` a name that you choose.

"""


def reference(
    project: ProjectOption = Path(),
    markdown: Annotated[bool, typer.Option("--markdown", help="Print the page docs/yaml.md.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print every key of history.yaml, features/, models/ and sla.yaml, with type and default.

    Example: leadml reference --markdown > docs/yaml.md
    """
    if as_json:
        tell_json(
            {
                "parts": [asdict(part) for part in yaml_parts()],
                "kinds": [asdict(kind) for kind in kind_references()],
                "tables": [asdict(table) for table in table_references()],
            }
        )
        return
    if markdown:
        typer.echo(reference_markdown(), nl=False)
        return
    for part in yaml_parts():
        table = Table(title=_title(part.file, part.places), title_justify="left", header_style="bold", pad_edge=False)
        for column in ("Key", "Type", "Default", "What it says"):
            table.add_column(column)
        for key in part.keys:
            table.add_row(key.key, key.type, key.default, key.description)
        out().print(table, markup=False)


def reference_markdown() -> str:
    """Write the page docs/yaml.md."""
    return _HEAD + yaml_reference() + "\n" + words_reference()


def _title(file: str, places: tuple[str, ...]) -> str:
    return f"{file}: {', '.join(places)}" if places else file
