"""`leadml train`: learn, judge, register."""

from dataclasses import asdict
from pathlib import Path

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.tables import comparison_table, verdict_lines
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.clock import to_iso
from leadml.project import Project, Training
from leadml.wording.numbers import chance_in_words
from leadml.wording.texts import Language, say


def train(
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Learn readiness from the history, judge it on later leads, and register it as champion.

    Example: leadml train --project examples/bpi2012 --data DIR
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, 4, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            training = opened.train()
        model = training.model
        if as_json:
            tell_json(
                {
                    "model": {"name": model.name, "version": model.version, "knows_until": to_iso(model.knows_until)},
                    "snapshots": len(training.training_set),
                    "base_rate": training.base_rate,
                    "comparison": asdict(training.comparison),
                }
            )
        else:
            show_training(training, language)


def show_training(training: Training, language: Language) -> None:
    """Print how good the recipe is and what was registered."""
    console = out()
    console.print(comparison_table(training.comparison, language))
    for line in verdict_lines(training.comparison, language):
        console.print(line)
    console.print(
        say(
            "train.registered",
            language,
            name=training.model.name,
            version=training.model.version,
            snapshots=f"{len(training.training_set):,}",
            knows_until=to_iso(training.model.knows_until)[:10],
            chance=chance_in_words(training.base_rate, language),
        )
    )
