"""`leadml compare`: the duel between readiness, the rules, registered versions and the CRM's own score."""

from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.telling import Steps, problems_told, tell, tell_json
from leadml.compare import READINESS, USUAL_RIVALS
from leadml.contestants import NAMES
from leadml.disagreements import find_disagreements
from leadml.duel import hold_duel
from leadml.evaluate import TOP_SHARE
from leadml.project import Project
from leadml.reports.comparison import details
from leadml.reports.duel import disagreement_parts, duel_page, duel_report
from leadml.reports.duel_charts import scatter_of
from leadml.reports.page import check_ending
from leadml.wording.texts import say

_ON_THE_PAGE = 5


def compare(
    project: ProjectOption = Path(),
    data: DataOption = None,
    first: Annotated[
        str, typer.Option("--of", help="Whose gain is told; as in --with, or readiness.", metavar="NAME")
    ] = READINESS,
    rivals: Annotated[
        str,
        typer.Option("--with", help=f"Against whom, by commas: {', '.join(NAMES)}, or a version.", metavar="NAMES"),
    ] = ",".join(USUAL_RIVALS),
    leads_a_week: Annotated[
        int | None,
        typer.Option("--leads-a-week", min=1, help="What sales can take; default: the top share of a usual week."),
    ] = None,
    top_share: Annotated[
        float, typer.Option("--top-share", min=0.001, max=1, help="Part of the list that sales can call.")
    ] = TOP_SHARE,
    disagreements: Annotated[
        bool, typer.Option("--disagreements", help="Show the leads on which the two differ most, line by line.")
    ] = False,
    most: Annotated[int, typer.Option("--most", min=1, help="How many such leads.")] = 10,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the duel as a page: an .html or .md file.", metavar="FILE")
    ] = None,
    learning_curve: Annotated[
        bool, typer.Option("--learning-curve", help="Fit on an eighth, a quarter and half of the leads too.")
    ] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Compare two or more lists on the last closed periods, without hindsight, at the volume that sales can take.

    All rank the same leads at the same instants; each recipe, also of a registered version, is fitted on what was
    known before a period began. Intervals are 95 %, from a bootstrap by lead. See docs/duel.md.

    Example: leadml compare --with rules,champion --leads-a-week 20 --disagreements --html duel.html
    """
    with problems_told(as_json=as_json, language=language):
        if html is not None:
            check_ending(html)
        opened, names = Project(project, data=data), [first, *map(str.strip, rivals.split(","))]
        with Steps(opened.tables, 3, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            entries = opened.entries(names)
            duel = hold_duel(entries, names, leads_a_week=leads_a_week, top_share=top_share)
            duel = duel.with_learning_curve(entries) if learning_curve else duel
            steps("explain")
            wanted = max(most * disagreements, _ON_THE_PAGE * (html is not None))
            furthest = find_disagreements(entries, *names[:2], most=wanted)
            if html is not None:
                duel_page(duel, scatter_of(entries, *names[:2]), furthest[:_ON_THE_PAGE], language).write(html)
        shown = furthest[: most * disagreements]
        if as_json:
            tell_json({**duel.to_dict(), "disagreements": [asdict(one) for one in shown]})
            return
        told = duel_report(duel, language), details(duel.comparison, language)
        for part in chain(*told, disagreement_parts(duel, names[1], shown, language)):
            tell(part)
        if html is not None:
            tell(say("duel.html_written", language, file=html))
