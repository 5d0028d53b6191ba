"""`leadml compare`: readiness against the rules and other rivals."""

from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, problems_told, tell, tell_json
from leadml.compare import USUAL_RIVALS
from leadml.evaluate import TOP_SHARE
from leadml.project import Project
from leadml.reports.comparison import details, report


def compare(
    project: ProjectOption = Path(),
    data: DataOption = None,
    rivals: Annotated[
        str,
        typer.Option("--with", help="Whom to compare with: rules, logistic, lightgbm; by commas.", metavar="NAMES"),
    ] = ",".join(USUAL_RIVALS),
    top_share: Annotated[
        float, typer.Option("--top-share", min=0.001, max=1, help="Part of the list that sales can call.")
    ] = TOP_SHARE,
    learning_curve: Annotated[
        bool, typer.Option("--learning-curve", help="Fit on an eighth, a quarter and half of the leads too.")
    ] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Compare learned readiness with others on the last closed periods, without hindsight.

    All score the same leads at the same instants; for each period the recipe is fitted on what was known
    before it began. Intervals are 95 %, from a bootstrap by lead. See docs/evaluation.md.

    Example: leadml compare --with rules,logistic,lightgbm --top-share 0.2
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, 2, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            comparison = opened.compare(
                [name.strip() for name in rivals.split(",")], top_share=top_share, learning_curve=learning_curve
            )
        if as_json:
            tell_json(asdict(comparison))
            return
        for part in chain(report(comparison, language), details(comparison, language)):
            tell(part)
