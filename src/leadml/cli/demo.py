"""`leadml demo`: the main job on a made-up CRM whose truth is known."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from leadml.champion import run_folder
from leadml.cli.check import audit_in_short, show_check
from leadml.cli.options import JsonOption, LanguageOption, ProjectOption
from leadml.cli.tables import score_table
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.cli.train import show_training
from leadml.demo.generate import DemoCrm, generate, write
from leadml.demo.judgement import Judgement, judge_model
from leadml.errors import LeadmlError
from leadml.project import Project
from leadml.splits import split_by_time
from leadml.wording.texts import Language, say


def demo(
    project: ProjectOption = Path(),
    leads: Annotated[int, typer.Option("--leads", min=200, help="How many leads the CRM has.")] = 5000,
    months: Annotated[int, typer.Option("--months", min=6, max=60, help="How long its history is.")] = 18,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, another CRM.")] = 7,
    top: Annotated[int, typer.Option("--top", min=1, help="How many open leads to print.")] = 5,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Make a B2B CRM history, check it, train, compare with the rules, and score all open leads.

    How the history is made, and what is true in it, stands in docs/demo.md.

    Example: leadml demo --leads 2000 --seed 11
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project)
        with Steps(opened.tables, 8, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            folder = _demo_folder(opened)
            steps("generate")
            crm = generate(leads=leads, months=months, seed=seed)
            _write(crm, folder)
            report = opened.check()
            training = opened.train()
            steps("truth")
            test = split_by_time(training.training_set, opened.spec.readiness.test).test
            judgement = judge_model(training, test, crm.truth)
            scores = opened.score()
        if as_json:
            tell_json(
                {
                    "comparison": asdict(training.comparison),
                    "truth": asdict(judgement),
                    "answers": [score.to_dict() for score in scores],
                }
            )
            return
        console = out()
        show_check(report, language)
        if training.audit is not None:
            console.print(audit_in_short(training.audit, language), markup=False)
        console.print()
        console.print(score_table(scores[:top], language))
        if len(scores) > top:
            console.print(say("score_table.more", language, number=f"{len(scores) - top:,}"))
        console.print()
        show_training(training, opened.spec.agreement.definitions.lead_score, language)
        _show_truth(judgement, language)
        console.print()
        console.print(say("demo.next", language), markup=False)


def _demo_folder(project: Project) -> Path:
    """Name where the demo's history lies, and refuse any other: a folder of one's own holds one's own files."""
    folder = run_folder(project.folder) / "demo"
    if project.data.resolve() != folder.resolve():
        raise LeadmlError("not_the_demo", where="history.yaml, folder", folder=project.spec.history.folder)
    return folder


def _write(crm: DemoCrm, folder: Path) -> None:
    try:
        write(crm, folder)
    except OSError as error:
        raise LeadmlError("cannot_write", where=folder.name, file=folder.name, problem=str(error.strerror)) from None


def _show_truth(judgement: Judgement, language: Language) -> None:
    out().print(
        say(
            "demo.truth",
            language,
            best_auc=f"{judgement.best_auc:.3f}",
            readiness_auc=f"{judgement.readiness_auc:.3f}",
            rules_auc=f"{judgement.rules_auc:.3f}",
            found=judgement.drivers_found,
            drivers=judgement.drivers,
            noise=f"{judgement.noise_share:.1%}",
        )
    )
