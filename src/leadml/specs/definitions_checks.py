"""What the definitions of `sla.yaml` must fulfil as a whole: names that exist, stages that can be reached."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from leadml.errors import LeadmlError, known_words
from leadml.specs.promises_spec import DEFAULT
from leadml.specs.written import Place, Written
from leadml.vocabulary import READY
from leadml.wording.texts import nearest

_OUTCOME_NAME = re.compile(r"[a-z][a-z0-9_]*")
_STAGES = ("definitions", "lifecycle_stages")
_TRANSITIONS = ("definitions", "allowed_transitions")


def unknown_words(written: Written, place: Place, words: Iterable[str], known: Iterable[str]) -> Iterator[LeadmlError]:
    """Find words that nothing is defined under.

    Parameters
    ----------
    written : Written
    place : tuple of str and int
        Of a mapping whose keys the words are, of a list that holds them, or of the one word itself.
    words, known : iterable of str

    Yields
    ------
    problem : LeadmlError
        `unknown_word`, with the nearest that is known.
    """
    known = list(known)
    entries, keys = written.entries(*place), written.mapping(*place)
    for word in words:
        if known and word not in known:
            below: Place = (entries.index(word),) if entries else (word,) if keys else ()
            where = written.where(*place, *below)
            yield LeadmlError(
                "unknown_word", where=where, word=word, known=known_words(known), hint=nearest(word, known)
            )


def named_twice(written: Written, places: Iterable[Place]) -> Iterator[LeadmlError]:
    """Find names that stand at more than one of some places."""
    seen = set()
    for place in places:
        name = written.word(*place)
        if name is not None and name in seen:
            yield LeadmlError("named_twice", where=written.where(*place), name=name)
        seen.add(name)


def _stages_and_lead_types(written: Written) -> Iterator[LeadmlError]:
    yield from named_twice(written, ((*_STAGES, number) for number in range(len(written.entries(*_STAGES)))))
    if DEFAULT in written.mapping("definitions", "lead_types"):
        yield LeadmlError("lead_type_named_default", where=written.where("definitions", "lead_types", DEFAULT))


def _outcomes(written: Written) -> Iterator[LeadmlError]:
    stages = written.words(*_STAGES)
    outcomes = [("definitions", "outcomes", name) for name in written.mapping("definitions", "outcomes")]
    for *_, name in outcomes:
        if name == READY or not _OUTCOME_NAME.fullmatch(name):
            where = written.where("definitions", "outcomes", name)
            yield LeadmlError("outcome_name_unfit", where=where, name=name, main=READY)
    for place in (("definitions", READY), *outcomes):
        reach = written.word(*place, "reach")
        if reach is None:
            continue
        yield from unknown_words(written, (*place, "reach"), [reach], stages)
        if [reach] == stages[:1]:
            yield LeadmlError("reached_at_birth", where=written.where(*place, "reach"), stage=reach)
        elif reach in stages and not _can_be_entered(written, stages[stages.index(reach) :]):
            yield _without_way(written, (*place, "reach"), reach)


def _can_be_entered(written: Written, wanted: Sequence[str]) -> bool:
    """Tell whether a lead can come from a stage before some stages to one of them; into the first one, from any."""
    allowed, stages = written.mapping(*_TRANSITIONS), written.words(*_STAGES)
    reached = set(stages[: stages.index(wanted[0])]) or set(stages) - set(wanted)
    further = reached
    while further:
        after = (written.words(*_TRANSITIONS, stage) if stage in allowed else stages for stage in further)
        further = set().union(*after) - reached
        reached = reached | further
    return not allowed or not reached.isdisjoint(wanted)


def _without_way(written: Written, place: Place, stage: str) -> LeadmlError:
    return LeadmlError("stage_without_way", where=written.where(*place), stage=stage)


def stages_without_way(written: Written, place: Place) -> Iterator[LeadmlError]:
    """Find out whether the stage that stands at a place is one to which no transition leads."""
    stage = written.word(*place)
    if stage is not None and stage in written.words(*_STAGES) and not _can_be_entered(written, [stage]):
        yield _without_way(written, place, stage)


def _transitions(written: Written) -> Iterator[LeadmlError]:
    stages = written.words(*_STAGES)
    for key in ("allowed_transitions", "required_fields"):
        place = ("definitions", key)
        yield from unknown_words(written, place, written.mapping(*place), stages)
    for stage in written.mapping(*_TRANSITIONS):
        of_stage: Place = (*_TRANSITIONS, stage)
        yield from unknown_words(written, of_stage, written.words(*of_stage), stages)
        yield from named_twice(written, ((*of_stage, number) for number in range(len(written.entries(*of_stage)))))


def _criteria(written: Written) -> Iterator[LeadmlError]:
    personas = ("definitions", "buyer_personas")
    lists: list[Place] = [("definitions", "ideal_customer_profile", "criteria")]
    lists += [(*personas, number, "when") for number in range(len(written.entries(*personas)))]
    for place in lists:
        for number, entry in enumerate(written.entries(*place)):
            yield from _criterion(written, (*place, number), entry)
    yield from named_twice(written, ((*personas, number, "name") for number in range(len(written.entries(*personas)))))


def _criterion(written: Written, place: Place, entry: object) -> Iterator[LeadmlError]:
    conditions = ("any_of", "at_least", "at_most")
    if isinstance(entry, dict) and all(entry.get(key) is None for key in conditions):
        yield LeadmlError("criterion_without_condition", where=written.where(*place))
    least, most = written.number(*place, "at_least"), written.number(*place, "at_most")
    if least is not None and most is not None and least > most:
        where = written.where(*place, "at_least")
        yield LeadmlError("criterion_never_holds", where=where, least=f"{least:g}", most=f"{most:g}")


def _tiers(written: Written) -> Iterator[LeadmlError]:
    place = ("definitions", "ideal_customer_profile", "tiers")
    before: tuple[str, float] | None = None
    for tier in written.mapping(*place):
        share = written.number(*place, tier)
        if share is None:
            continue
        if before is not None and share >= before[1]:
            yield LeadmlError(
                "tiers_do_not_fall", where=written.where(*place, tier), tier=tier, share=f"{share:g}", before=before[0]
            )
        before = (tier, share)


def _return_reasons(written: Written) -> Iterator[LeadmlError]:
    place = ("definitions", "return_reasons")
    for reason in written.mapping(*place):
        keys = written.mapping(*place, reason)
        if keys.get("needs_all_attempts") is True and keys.get("phase") == "before_work":
            where = written.where(*place, reason, "phase")
            yield LeadmlError("attempts_before_work", where=where, reason=reason)


DEFINITIONS_CHECKS: tuple[Callable[[Written], Iterable[LeadmlError]], ...] = (
    _stages_and_lead_types,
    _outcomes,
    _transitions,
    _criteria,
    _tiers,
    _return_reasons,
)
