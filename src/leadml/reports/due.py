"""How it is told what is due: what can still be kept, what is broken, and for whom; leads that stand too long apart."""

from collections.abc import Iterator, Sequence

from leadml.agreed.phrases import told_in_words
from leadml.kept.due import STUCK, WAITING, Due, DuePromise, count_states
from leadml.kept.states import AT_RISK_ABOVE, State
from leadml.reports.kept import local_moment
from leadml.reports.text_table import TextTable
from leadml.wording.numbers import percent
from leadml.wording.texts import Language, say

# States of leads that stay in a stage; who has just come is no news.
_OF_STAYS = (State.AT_RISK, State.BROKEN)


def due_report(due: Due, language: Language, *, most: int | None) -> Iterator[TextTable | str]:
    """Tell what is due.

    Parameters
    ----------
    due : Due
    language : {"en", "ja"}
    most : int or None
        How many rows each table has at most; None: all.

    Yields
    ------
    part : TextTable or str
        How many promises wait and for whom; those that can still be kept; those that are broken; then leads that stand
        too long in a stage. Below each table stands how many were left out.
    """
    yield due_head(due, language)
    if due.promises or due.stays:
        yield from owner_parts(due, language, most=most)
    for state in WAITING:
        yield from promise_parts(due, state, language, most=most)
    for state in _OF_STAYS:
        yield from stay_parts(due, state, language, most=most)


def due_head(due: Due, language: Language) -> str:
    """Say how many promises wait, and how many leads stand too long."""
    as_of = local_moment(due.judged, due.as_of)
    if not due.promises and not due.stays:
        return say("kept.due.nothing", language, as_of=as_of)
    counts = {state.value: count for state, count in count_states(due.promises).items()}
    stays = count_states(due.stays)
    said = [say("kept.due.head", language, as_of=as_of, zone=due.judged.calendar.zone.key, **counts)]
    if due.stays:
        told = {"soon": stays[State.AT_RISK], "stuck": stays[State.BROKEN]}
        said.append(say("kept.due.head_stays", language, **told))
    return ("" if language == "ja" else " ").join(said)


def owner_parts(due: Due, language: Language, *, most: int | None) -> Iterator[TextTable | str]:
    """Lay out how much waits for each owner, who can still keep most first."""
    table = TextTable(say("kept.due.by_owner", language), [say("kept.due.owner", language)])
    for state in WAITING:
        table.add_column(say(f"kept.due.of_owner.{state}", language), right=True)
    for state in _OF_STAYS:
        table.add_column(say(f"kept.due.of_owner.stays_{state}", language), right=True)
    owners = due.by_owner()
    for one in owners[:most]:
        counts = (*(one.promises[state] for state in WAITING), *(one.stays[state] for state in _OF_STAYS))
        table.add_row(owner_name(one.owner, language, of_side=one.of_side), *(f"{count:,}" for count in counts))
    yield table
    yield from _left_out(len(owners), most, language)


def promise_parts(due: Due, state: State, language: Language, *, most: int | None) -> Iterator[TextTable | str]:
    """Lay out what is owed to leads that were handed over and stands in one way; nothing where there is none."""
    waiting = [one for one in due.promises if one.state is state]
    return _parts(due, waiting, language, most=most)


def stay_parts(due: Due, state: State, language: Language, *, most: int | None) -> Iterator[TextTable | str]:
    """Lay out the leads that stand too long in a stage, or soon will; nothing where there are none."""
    waiting = [one for one in due.stays if one.state is state]
    return _parts(due, waiting, language, most=most)


def _parts(
    due: Due, waiting: Sequence[DuePromise], language: Language, *, most: int | None
) -> Iterator[TextTable | str]:
    """Lay out promises of one kind that stand in one way."""
    if not waiting:
        return
    stays = waiting[0].promise == STUCK
    title = f"kept.due.{'stay_titles' if stays else 'titles'}.{waiting[0].state}"
    table = TextTable(say(title, language, share=percent(AT_RISK_ABOVE, language)))
    for column in ("lead", "stage" if stays else "promise", "due", "used", "owner", "band", "escalation"):
        if column != "band" or not stays:
            unbroken = column in ("lead", "due")
            table.add_column(say(f"kept.due.{column}", language), right=column == "used", no_wrap=unbroken)
    for one in waiting[:most]:
        table.add_row(
            one.lead_id,
            one.stage or say(f"kept.promises.{one.promise}", language),
            local_moment(due.judged, one.due),
            percent(one.used, language),
            owner_name(one.owner, language, of_side=one.of_side),
            *([] if stays else [one.band or ""]),
            _step(one, language),
        )
    yield table
    yield from _left_out(len(waiting), most, language)


def _left_out(rows: int, most: int | None, language: Language) -> Iterator[str]:
    if most is not None and rows > most:
        yield say("kept.due.more", language, number=rows - most)


def owner_name(owner: str, language: Language, *, of_side: bool) -> str:
    """Name an owner; a side is told to be one."""
    return say("kept.due.side", language, owner=owner) if of_side else owner


def _step(one: DuePromise, language: Language) -> str:
    if one.step is None:
        return ""
    return say(
        f"kept.due.{'reassign' if one.step.reassign else 'notify'}", language, who=told_in_words(one.step, language)
    )
