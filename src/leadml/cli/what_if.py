"""`leadml what-if`: a lead's score if other facts were known, and what it takes to reach a band."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from leadml.cli.options import AsOfOption, DataOption, JsonOption, LanguageOption, ProjectOption
from leadml.cli.supposals import read_supposal
from leadml.cli.tables import difference_lines
from leadml.cli.telling import Steps, out, problems_told, tell_json
from leadml.engine.actions import Action
from leadml.errors import LeadmlError
from leadml.project import Project
from leadml.scoring import LeadScore
from leadml.what_if import Reach, WhatIf
from leadml.wording.numbers import chance_in_words
from leadml.wording.texts import Language, say


def what_if(
    lead: Annotated[str, typer.Argument(help="The id of the lead.", metavar="LEAD")],
    project: ProjectOption = Path(),
    data: DataOption = None,
    add: Annotated[
        list[str] | None,
        typer.Option(
            "--add",
            help="A fact to suppose: '[NUMBER] TABLE: column=value, column=value'; repeatable.",
            metavar="FACT",
        ),
    ] = None,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="An attribute to suppose: 'name=value' of the lead, 'company.name=value' of its company; repeatable.",
            metavar="ATTRIBUTE",
        ),
    ] = None,
    to_reach: Annotated[
        str | None,
        typer.Option(
            "--to-reach", help="Find the fewest changes of actionable features that reach this band.", metavar="BAND"
        ),
    ] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Say what a lead's score would be if other facts were known: the difference, reason by reason.

    With --to-reach, find the fewest changes that bring the lead into a band. What may be changed is declared in
    features/ as `actionable`; all combinations of one, then two, then three features are tried.

    Example: leadml what-if L00042 --to-reach A

    Or: leadml what-if L00042 --add '2 activities: activity=page_view, content=pricing' --set title_level=4
    """
    with problems_told(as_json=as_json, language=language):
        if bool(add or change) == (to_reach is not None):
            raise LeadmlError("suppose_or_reach", where="what-if")
        opened = Project(project, data=data)
        with Steps(opened.tables, 2, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            supposal = read_supposal(add or [], change or [], opened.history)
            supposing = opened.supposing(lead, as_of=as_of)
            steps("what_if" if to_reach else "score")
            answer = supposing.reach(to_reach, on_tried=steps.rows_read) if to_reach else supposing.what_if(supposal)
        if as_json:
            tell_json(answer.to_dict())
        elif isinstance(answer, WhatIf):
            _show_what_if(answer, language)
        else:
            _show_reach(answer, language)


def _show_what_if(answer: WhatIf, language: Language) -> None:
    console = out()
    for line in _way(answer, language):
        console.print(line, markup=False)
    console.print(say("what_if.no_promise", language), markup=False)


def _show_reach(answer: Reach, language: Language) -> None:
    console = out()
    told = {"lead": answer.before.lead_id, "band": answer.band, "place": _place(answer.before, language)}
    if answer.there_already:
        console.print(say("what_if.there_already", language, **told), markup=False)
        return
    key = "reached" if answer.ways else "not_reachable"
    counts = {"tried": f"{answer.tried:,}", "actionable": answer.actionable}
    console.print(say(f"what_if.{key}", language, **told, **counts), markup=False)
    if answer.ways:
        console.print(_ways_table(answer.ways, language))
    elif answer.closest is not None:
        console.print(
            say("what_if.closest", language, actions=_actions(answer.closest.actions, language)), markup=False
        )
    best = answer.ways[0] if answer.ways else answer.closest
    if best is not None:
        for line in _way(best, language):
            console.print(line, markup=False)
    console.print(say("what_if.no_promise", language), markup=False)


def _ways_table(ways: Sequence[WhatIf], language: Language) -> Table:
    table = Table(header_style="bold", pad_edge=False, box=None)
    table.add_column("#", justify="right")
    table.add_column(say("what_if.actions", language))
    table.add_column(say("score_table.score", language), justify="right")
    table.add_column(say("score_table.chance", language))
    table.add_column(say("score_table.band", language))
    for number, way in enumerate(ways, start=1):
        chance = chance_in_words(way.after.probability, language)
        band = way.after.placement.band
        table.add_row(str(number), _actions(way.actions, language), str(way.after.score), chance, band)
    return table


def _actions(actions: Sequence[Action], language: Language) -> str:
    """Say what is done, with how often or to which value."""
    told = []
    for action in actions:
        by = action.by[language]
        if action.is_value:
            value = action.value.replace("_", " ") if isinstance(action.value, str) else f"{action.value:g}"
            told.append(say("what_if.action_to", language, by=by, value=value))
        else:
            told.append(by if action.steps == 1 else say("what_if.action_times", language, by=by, steps=action.steps))
    return say("what_if.and", language).join(told)


def _place(score: LeadScore, language: Language) -> str:
    chance = chance_in_words(score.probability, language)
    return say("what_if.place", language, score=score.score, chance=chance, band=score.placement.band)


def _way(answer: WhatIf, language: Language) -> list[str]:
    """Say both scores, and what lies between them."""
    before, after = _place(answer.before, language), _place(answer.after, language)
    points = f"{answer.difference.points:+d}"
    lead = answer.before.lead_id
    head = say("what_if.head", language, lead=lead, before=before, after=after, points=points)
    return [head, *difference_lines(answer.difference, language)]
