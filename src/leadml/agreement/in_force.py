"""Which agreement held at an instant: promises of the past are judged by what was agreed then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from leadml.agreement.business_calendar import BusinessCalendar
from leadml.specs.agreement_spec import AgreementSpec

FAR = 2**62  # beyond every instant, UTC microseconds


@dataclass(frozen=True)
class HeldAgreement:
    """An agreement by which an instant is judged.

    Attributes
    ----------
    agreement : AgreementSpec
    holds : bool
        False where none was in force: before the first one, or after the last day of one that ended. Then the
        first one counts, or the one that ended last.
    """

    agreement: AgreementSpec
    holds: bool


def agreement_in_force(agreements: Sequence[AgreementSpec], instant: int) -> HeldAgreement:
    """Find the agreement that held at an instant.

    Parameters
    ----------
    agreements : sequence of AgreementSpec, at least one
        In any order, such as `sla.yaml` and those of `agreements/`. None begins on the same day as another or before
        another ends: reading a project sees to that.
    instant : int, UTC microseconds

    Returns
    -------
    in_force : HeldAgreement

    Notes
    -----
    An agreement holds from the first to the last of its days, both included, by the days of its own calendar. One that
    does not say when it ends holds until another begins.
    """
    in_order = sorted(agreements, key=lambda agreement: agreement.valid_from)
    begun = [agreement for agreement in in_order if agreement.valid_from <= _day(agreement, instant)]
    if not begun:
        return HeldAgreement(in_order[0], holds=False)
    latest = begun[-1]
    return HeldAgreement(latest, holds=latest.valid_to is None or _day(latest, instant) <= latest.valid_to)


def _day(agreement: AgreementSpec, instant: int) -> date:
    days = BusinessCalendar(agreement.calendar).local_days(np.array([instant], dtype=np.int64))
    return date.fromordinal(date(1970, 1, 1).toordinal() + int(days[0]))


@dataclass(frozen=True)
class Spell:
    """The time `[begin, end)` in which promises are judged by one agreement, UTC microseconds."""

    agreement: AgreementSpec
    begin: int
    end: int


def spells_of(agreements: Sequence[AgreementSpec]) -> tuple[Spell, ...]:
    """Share all time out among agreements, as `agreement_in_force` does instant by instant.

    Parameters
    ----------
    agreements : sequence of AgreementSpec, at least one

    Returns
    -------
    spells : tuple of Spell
        In order of time: the first has no begin, the last no end, and each ends where the next begins.
    """
    in_order = sorted(agreements, key=lambda agreement: agreement.valid_from)
    begins = [-FAR, *map(_first_instant, in_order[1:])]
    return tuple(Spell(*each) for each in zip(in_order, begins, [*begins[1:], FAR], strict=True))


def _first_instant(agreement: AgreementSpec) -> int:
    """Find the midnight, by the agreement's own calendar, from which on it holds."""
    midnight = datetime.combine(agreement.valid_from, time(), BusinessCalendar(agreement.calendar).zone)
    return (midnight - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
