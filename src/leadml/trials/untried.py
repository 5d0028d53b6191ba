"""What a trial on the past cannot tell of a changed agreement, found in what really differs."""

from dataclasses import dataclass

from leadml.agreed.changes import EACH, THRESHOLD, Change
from leadml.agreed.difference import Difference
from leadml.specs.agreement_spec import NOT_LEARNED, AgreementSpec
from leadml.specs.calendar_spec import WEEKDAYS
from leadml.specs.reading import Label

_PLACING = (THRESHOLD, "stays_within_points", "lifecycle_stage")
_BANDS = ("promises", "bands")
_BAND = (*_BANDS, EACH, EACH)
_REASON = ("definitions", "return_reasons", EACH)
# Not learned, and yet read by placing.
_READ = (("definitions", "allowed_transitions"), ("definitions", "required_fields"))


@dataclass(frozen=True)
class Untried:
    """A difference between two agreements that moves no figure of a trial.

    Attributes
    ----------
    path : str
        Of the key, with dots.
    en, ja : str
        The sentence of `leadml sla diff`.
    """

    path: str
    en: str
    ja: str


def find_untried(before: AgreementSpec, after: AgreementSpec) -> tuple[Untried, ...]:
    """Find what differs between two agreements and moves no figure of a trial: nobody can say what it would have done.

    A trial places leads and works off a queue. Who owes what by when afterwards, and what people would have made of it,
    is not in a past that knew another promise.

    Parameters
    ----------
    before, after : AgreementSpec

    Returns
    -------
    untried : tuple of Untried
        In the order of the file; without version, dates, names of people and labels, of which there is nothing to try.
    """
    difference = Difference.of(before, after)
    queued = any(side.promises.capacity is not None for side in (before, after))
    return tuple(
        Untried(".".join(change.path), difference.sentence(change, "en"), difference.sentence(change, "ja"))
        for change in difference.changes
        if not _is_tried(change, queued=queued)
    )


def _is_tried(change: Change, *, queued: bool) -> bool:
    """Tell whether figures of a trial depend on a change, or nothing at all does."""
    if isinstance(change.before, Label) and isinstance(change.after, Label):
        return True
    if change.path[0] == "calendar":
        return _moves_days(change, queued=queued)
    if change.half == "definitions":
        return _is_learned(change) or change.field[:2] in _READ
    if change.half == "head":
        return True
    if change.field[: len(_BANDS)] == _BANDS:
        asked = change.field[len(_BAND) :]  # nothing where bands come, go or change places
        return not asked or asked[0] in _PLACING or (queued and asked[0] == "maximum_age_days")
    return change.field[1] in ("capacity", "exploration_share")


def _is_learned(change: Change) -> bool:
    """Tell whether a definition is learned, or, of a return reason, makes leads wait."""
    if change.field[: len(_REASON)] == _REASON:
        return change.field[len(_REASON) :] in ((), ("policy",), ("recycle_after_days",))
    return not set(NOT_LEARNED) & set(change.field)


def _moves_days(change: Change, *, queued: bool) -> bool:
    """Tell whether a calendar has other days: a trial counts days and weeks, and never hours."""
    key = change.field[-1]
    if key in WEEKDAYS:
        return queued and bool(change.before) != bool(change.after)
    return key in ("calendar", "time_zone") or (queued and "holidays" in change.field)
