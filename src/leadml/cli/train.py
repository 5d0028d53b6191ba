"""`leadml train`: learn, judge, register."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.publishing import publishing_lines, volume_table
from leadml.cli.tables import finding_lines
from leadml.cli.telling import Steps, out, problems_told, tell, tell_json
from leadml.clock import to_iso
from leadml.errors import LeadmlError
from leadml.project import Project
from leadml.publishing import Training
from leadml.reports.comparison import report
from leadml.reports.training import gate_lines, left_out_lines
from leadml.scoring import Origin
from leadml.specs.agreement_spec import LeadScoreSpec
from leadml.wording.numbers import chance_in_words, origin_in_words
from leadml.wording.texts import Language, say


def train(
    project: ProjectOption = Path(),
    data: DataOption = None,
    accept_leak: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-leak", help="Train in spite of this finding of the audit (see check); repeatable.", metavar="NAME"
        ),
    ] = None,
    because: Annotated[
        list[str] | None,
        typer.Option("--because", help="Why, for the model's recipe: one for each --accept-leak.", metavar="TEXT"),
    ] = None,
    challenger: Annotated[
        bool,
        typer.Option("--challenger", help="Register it as challenger: the champion answers until leadml promote."),
    ] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Audit the history, learn readiness from it, judge it on later leads, and register it as champion.

    An error of the leakage audit stops the training, unless it is accepted by name with a reason.

    Example: leadml train --project examples/bpi2012 --data DIR
    """
    with problems_told(as_json=as_json, language=language):
        accepted = _accepted(accept_leak or [], because or [])
        opened = Project(project, data=data)
        with Steps(opened.tables, 5, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            training = opened.train(accept_leaks=accepted, challenger=challenger)
        model = training.model
        if as_json:
            tell_json(
                {
                    "model": {"name": model.name, "version": model.version, "knows_until": to_iso(model.knows_until)},
                    "challenger": training.challenger,
                    "outcome": training.training_set.outcome,
                    "snapshots": len(training.training_set),
                    "left_out": dict(training.training_set.left_out),
                    "base_rate": training.base_rate,
                    "accepted_leaks": model.recipe.get("accepted_leaks", []),
                    "findings": [asdict(finding) for finding in training.findings],
                    "comparison": asdict(training.comparison),
                    "gate": None if training.gate is None else asdict(training.gate),
                    "rules_alone": training.rules_alone,
                    "learned_from": Origin(model.readiness.outcomes, model.readiness.rules_share).to_dict(),
                    "proposal": None if training.proposal is None else asdict(training.proposal),
                    "publishing": None if training.publishing is None else training.publishing.to_dict(),
                }
            )
        else:
            show_training(training, opened.spec.agreement.definitions.lead_score, language)


def _accepted(names: list[str], reasons: list[str]) -> dict[str, str]:
    """Pair names with reasons, in the order in which they were given; a blank reason is none."""
    said = sum(bool(reason.strip()) for reason in reasons)
    if not len(names) == len(reasons) == said:
        raise LeadmlError("leak_without_reason", where="--because", leaks=len(names), reasons=said)
    return dict(zip(names, reasons, strict=True))


def show_training(training: Training, scale: LeadScoreSpec, language: Language) -> None:
    """Print how good the recipe is, what was registered, and what that does to the leads of today."""
    for part in report(training.comparison, language):
        tell(part)
    console = out()
    for line in (*_made_of(training, language), *_gate(training, language), *_registered(training, language)):
        console.print(line, markup=False)
    if training.publishing is not None:
        console.print(volume_table(training.publishing, scale, language))
        for line in publishing_lines(training.publishing, scale, language):
            console.print(line, markup=False)
    if training.proposal is not None:
        for line in training.proposal.lines(language):
            console.print(line, markup=False)


def _made_of(training: Training, language: Language) -> list[str]:
    """Say what was left out, what stood out, and what was accepted."""
    accepted = training.model.recipe.get("accepted_leaks", [])
    return [
        *left_out_lines(training.training_set.left_out, len(training.training_set), language),
        *finding_lines(training.findings, language),
        *(say("train.accepted", language, name=leak["name"], because=leak["because"]) for leak in accepted),
    ]


def _registered(training: Training, language: Language) -> list[str]:
    """Say which model answers from now on, and how much of its scores was learned."""
    model = training.model
    registered = say(
        "train.registered_challenger" if training.challenger else "train.registered",
        language,
        name=model.name,
        version=model.version,
        snapshots=f"{len(training.training_set):,}",
        knows_until=to_iso(model.knows_until)[:10],
        chance=chance_in_words(training.base_rate, language),
    )
    return [registered, origin_in_words(model.readiness.outcomes or 0, model.readiness.rules_share, language)]


def _gate(training: Training, language: Language) -> list[str]:
    """Say what the recipe was asked before it was published, and what follows."""
    asked = [] if training.gate is None else gate_lines(training.gate, language)
    return [*asked, *([say("gate.rules_alone", language)] if training.rules_alone else [])]
