"""`leadml dataset`: the point-in-time training set as a file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.dataset import TrainingSet
from leadml.dataset_file import check_ending, write_rows
from leadml.project import Project
from leadml.reports.training import left_out_lines
from leadml.wording.numbers import chance_in_words
from leadml.wording.texts import Language, say


def dataset(
    out_file: Annotated[Path, typer.Option("--out", help="The .parquet or .csv file to write.", metavar="FILE")],
    project: ProjectOption = Path(),
    data: DataOption = None,
    outcome: Annotated[
        str | None,
        typer.Option("--outcome", help="An outcome of sla.yaml; default: as readiness.yaml says.", metavar="NAME"),
    ] = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Write the training set: features at an instant, and what became of the lead.

    Each row is a snapshot; it knows nothing of what came after `as_of` but the outcome. The recipe that
    made the rows stands in the metadata of a Parquet file, and beside a CSV file.

    Example: leadml dataset --out rows.parquet
    """
    with problems_told(as_json=as_json, language=language):
        check_ending(out_file)
        opened = Project(project, data=data)
        with Steps(opened.tables, 2, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            _ = opened.history  # reading tells its own steps
            steps("training_set")
            training_set = opened.training_set(outcome=outcome)
            steps("rows")
            write_rows(training_set, out_file)
        if as_json:
            tell_json({"file": str(out_file), **_counted(training_set)})
        else:
            _show(training_set, out_file, language)


def _counted(training_set: TrainingSet) -> dict[str, object]:
    return {
        "outcome": training_set.outcome,
        "snapshots": len(training_set),
        "leads": training_set.leads,
        "features": len(training_set.features.names),
        "yes": int(training_set.ready.sum()),
        "base_rate": training_set.base_rate,
        "not_worked_share": float(1 - training_set.worked.mean()),
        "ages": [asdict(counts) for counts in training_set.by_age()],
        "left_out": dict(training_set.left_out),
        "recipe": training_set.recipe,
    }


def _show(training_set: TrainingSet, file: Path, language: Language) -> None:
    table = Table(
        title=say("dataset.title", language, outcome=training_set.outcome, features=len(training_set.features.names)),
        title_justify="left",
        header_style="bold",
        pad_edge=False,
    )
    for column in ("age", "snapshots", "leads", "yes", "base_rate"):
        table.add_column(say(f"dataset.{column}", language), justify="left" if column == "age" else "right")
    for counts in training_set.by_age():
        table.add_row(
            counts.age, f"{counts.snapshots:,}", f"{counts.leads:,}", f"{counts.yes:,}", f"{counts.base_rate:.1%}"
        )
    console = out()
    console.print(table)
    console.print(
        say(
            "dataset.base",
            language,
            chance=chance_in_words(training_set.base_rate, language),
            rate=f"{training_set.base_rate:.1%}",
            not_worked=f"{1 - training_set.worked.mean():.0%}",
        )
    )
    for line in left_out_lines(training_set.left_out, len(training_set), language):
        console.print(line)
    console.print(
        say("dataset.written", language, number=f"{len(training_set):,}", leads=f"{training_set.leads:,}", file=file)
    )
