"""`leadml sla queue`: whom to hand over now."""

from pathlib import Path
from typing import Annotated

import typer

from leadml.cli.options import DataOption, JsonOption, LanguageOption, LocalAsOfOption, ProjectOption
from leadml.cli.tables import score_table
from leadml.cli.telling import Steps, out, problems_told, tell, tell_json
from leadml.hand_over_queue import HandOverQueue
from leadml.project import Project
from leadml.wording.numbers import moment
from leadml.wording.texts import Language, say


def queue(
    project: ProjectOption = Path(),
    data: DataOption = None,
    as_of: LocalAsOfOption = None,
    every: Annotated[bool, typer.Option("--all", help="Show those that wait, too.")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = "en",
) -> None:
    """Line up the leads that are to be handed over, the best first: as many go as sales can take.

    Example: leadml sla queue --all
    """
    with problems_told(as_json=as_json, language=language):
        opened = Project(project, data=data)
        with Steps(opened.tables, 1, language=language, quiet=as_json) as steps:
            opened.on_progress = steps
            found = opened.agreement.queue(as_of=as_of)
        if as_json:
            tell_json(found.to_dict())
            return
        tell(_head(found, language))
        shown = found.waiting if every else found.goes_now
        if shown:
            out().print(score_table(shown, language))
        if left := len(found.waiting) - len(shown):
            tell(say("queue.more", language, number=f"{left:,}"))


def _head(found: HandOverQueue, language: Language) -> str:
    """Say how many wait, and how many of them sales can take."""
    capacity = found.agreement.promises.capacity
    counts = {"waiting": f"{len(found.waiting):,}", "now": f"{len(found.goes_now):,}"}
    as_of = moment(found.as_of, found.agreement.calendar.time_zone if found.agreement.calendar else "UTC")
    if capacity is None:
        return say("queue.without_capacity", language, as_of=as_of, **counts)
    return say(
        "queue.head",
        language,
        as_of=as_of,
        a_day=f"{capacity.leads_a_day_together:g}",
        taken=f"{found.handed_over_this_week:,}",
        **counts,
    )
