"""`leadml score`: score leads, with reasons."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import orjson
import typer

from leadml.cli.options import AsOfOption, DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.tables import score_table
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.errors import LeadmlError
from leadml.project import Project
from leadml.score_tables import scores_frame
from leadml.scoring import LeadScore
from leadml.wording.numbers import origin_in_words
from leadml.wording.texts import Language, say

_ENDINGS = (".parquet", ".csv", ".json")


def score(
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_of: AsOfOption = None,
    lead: Annotated[
        list[str] | None,
        typer.Option("--lead", help="A lead to score; may be given again. Default: all open leads.", metavar="ID"),
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write all scores to a .parquet, .csv or .json file.", metavar="FILE")
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many leads to print.")] = 15,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Score leads at an instant, only from what was known before it.

    Example: leadml score --as-of 2026-06-01T00:00:00Z --out scores.parquet
    """
    with problems_told(as_json=as_json, language=language):
        if out_file is not None and out_file.suffix not in _ENDINGS:
            raise LeadmlError("unknown_format", where="--out", file=out_file.name, known=", ".join(_ENDINGS))
        opened = Project(project, data=data)
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            scores = opened.score(lead, as_of=as_of)
        if out_file is not None:
            _write(scores, out_file)
        if as_json:
            tell_json({"answers": [one.to_dict() for one in scores]})
        else:
            _show(scores, top, out_file, language)


def _show(scores: Sequence[LeadScore], top: int, out_file: Path | None, language: Language) -> None:
    console = out()
    console.print(score_table(scores[:top], language))
    if len(scores) > top:
        console.print(say("score_table.more", language, number=f"{len(scores) - top:,}"))
    if scores and (outcomes := scores[0].origin.outcomes) is not None:
        console.print(origin_in_words(outcomes, scores[0].origin.rules_share, language))
    if scores and scores[0].hindsight:
        console.print(say("score_table.hindsight", language))
    if out_file is not None:
        console.print(say("score_table.written", language, number=f"{len(scores):,}", file=out_file))


def _write(scores: Sequence[LeadScore], file: Path) -> None:
    try:
        if file.suffix == ".json":
            file.write_bytes(
                orjson.dumps({"answers": [score.to_dict() for score in scores]}, option=orjson.OPT_INDENT_2)
            )
        elif file.suffix == ".parquet":
            scores_frame(scores).to_parquet(file, index=False)
        else:
            scores_frame(scores).to_csv(file, index=False)
    except OSError as error:
        raise LeadmlError("cannot_write", where="--out", file=file.name, problem=error.strerror or str(error)) from None
