"""How it is told what is due: who is to do what by when, and who is told if it is not done."""

from collections.abc import Iterator

from leadml.agreed.phrases import told_in_words
from leadml.kept.due import STUCK, Due, DuePromise
from leadml.kept.states import State
from leadml.reports.kept import local_moment
from leadml.reports.text_table import TextTable
from leadml.wording.numbers import percent
from leadml.wording.texts import Language, say


def due_report(due: Due, language: Language, *, most: int) -> Iterator[TextTable | str]:
    """Tell what is due.

    Parameters
    ----------
    due : Due
    language : {"en", "ja"}
    most : int
        How many lines at most.

    Yields
    ------
    part : TextTable or str
        How many promises wait, the most urgent of them, and how many were left off.
    """
    as_of = local_moment(due.judged, due.as_of)
    if not due.promises:
        yield say("kept.due.nothing", language, as_of=as_of)
        return
    counts = {state.value: due.count(state) for state in (State.BROKEN, State.AT_RISK, State.OPEN)}
    yield say("kept.due.head", language, as_of=as_of, zone=due.judged.calendar.zone.key, **counts)
    table = TextTable(say("kept.due.title", language))
    for column in ("lead", "promise", "state", "due", "used", "owner", "band", "escalation"):
        table.add_column(say(f"kept.due.{column}", language), right=column == "used", no_wrap=column in ("lead", "due"))
    for one in due.promises[:most]:
        table.add_row(
            one.lead_id,
            _promise(one, language),
            say(f"kept.state.{one.state}", language),
            local_moment(due.judged, one.due),
            percent(one.used, language),
            one.owner or say("kept.not_known", language),
            one.band or "",
            _step(one, language),
        )
    yield table
    if len(due.promises) > most:
        yield say("kept.due.more", language, number=len(due.promises) - most)


def _promise(one: DuePromise, language: Language) -> str:
    said = say(f"kept.promises.{one.promise}", language)
    return say("kept.due.stuck", language, promise=said, stage=one.stage) if one.promise == STUCK else said


def _step(one: DuePromise, language: Language) -> str:
    if one.step is None:
        return ""
    return say(
        f"kept.due.{'reassign' if one.step.reassign else 'notify'}", language, who=told_in_words(one.step, language)
    )
