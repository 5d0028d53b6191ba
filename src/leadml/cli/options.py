"""The options that every command takes."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.wording.texts import Language

ProjectOption = Annotated[
    Path, typer.Option("--project", help="Folder with history.yaml, features/, models/ and sla.yaml.", metavar="DIR")
]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", help="Folder with the files of the history; default: as history.yaml says.", metavar="DIR"),
]
AsOfOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Instant with zone; default: just after the last known fact.", metavar="TIME"),
]
LocalAsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        help="Instant or day, in the agreement's time zone: only what was known then; default: after the last fact.",
        metavar="TIME",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
LanguageOption = Annotated[
    Language, typer.Option("--language", help="Language of reasons and errors.", envvar="LEADML_LANGUAGE")
]
