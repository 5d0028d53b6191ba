"""The report on an agreement: which promises were kept, by both sides, and how long things took."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np

from leadml.clock import Instants, to_iso
from leadml.history.tables import Codes, History
from leadml.kept.facts import Words
from leadml.kept.figures import Delay, Share, Tally
from leadml.kept.judging import Judged, judge, known_hand_overs
from leadml.kept.marketing import MarketingSide, marketing_side
from leadml.kept.period import ALWAYS, Period
from leadml.kept.states import Promise
from leadml.kept.stays import find_stays
from leadml.kept.weeks import mondays_of, week_name
from leadml.outcomes import NEVER
from leadml.specs.agreement_spec import AgreementSpec

View = Literal["owner", "band", "lead_type", "week"]
VIEWS: tuple[View, ...] = ("owner", "band", "lead_type", "week")


class Took(StrEnum):
    """What takes time on the way from marketing to a first attempt."""

    BEFORE_HAND_OVER = "before_hand_over"
    TO_ASSIGNMENT = "to_assignment"
    ASSIGNMENT_TO_ATTEMPT = "assignment_to_attempt"
    TO_ATTEMPT = "to_attempt"


@dataclass(frozen=True)
class Group:
    """The figures of some hand-overs.

    Attributes
    ----------
    name : str or None
        None: of those of which it is not known; or of all.
    hand_overs : int
    returned : Share
        Of those that are `Judged.settled`, the ones that sales gave back.
    young : int
        Those that are not settled yet.
    promises : mapping of Promise to Tally
    delays : mapping of Took to Delay
    """

    name: str | None
    hand_overs: int
    returned: Share
    young: int
    promises: Mapping[Promise, Tally]
    delays: Mapping[Took, Delay]

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {
            "name": self.name,
            "hand_overs": self.hand_overs,
            "returned": self.returned.to_dict(),
            "too_young": self.young,
            "promises": {promise.value: tally.to_dict() for promise, tally in self.promises.items() if tally.is_owed},
            "delays": {took.value: delay.to_dict() for took, delay in self.delays.items()},
        }


@dataclass(frozen=True)
class Target:
    """A target of the agreement, and what was reached.

    Attributes
    ----------
    name : str
        As in `promises.targets`.
    target : float
    reached : float or None
        None where there is nothing to go by.
    at_most : bool
        Whether to stay under it, or to reach it.
    """

    name: str
    target: float
    reached: float | None
    at_most: bool = False

    @property
    def met(self) -> bool | None:
        """Whether it was met; None where there is nothing to go by."""
        if self.reached is None:
            return None
        return self.reached <= self.target if self.at_most else self.reached >= self.target

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {"name": self.name, "target": self.target, "reached": self.reached, "met": self.met}


@dataclass(frozen=True)
class SlaReport:
    """What became of an agreement in a period.

    Attributes
    ----------
    judged : Judged
        Each hand-over by itself.
    period : Period
    whole : Group
    groups : mapping of view to tuple of Group
        By owner, band, lead type and week. Of an owner, hand-overs are those that he or she had last; each promise is
        booked on who had the lead when that was decided, and delays on who had it at the first attempt or its deadline.
    stays : mapping of lifecycle stage to Tally
        Leads that came to a stage in the period: kept are those that left it in time, broken those that are stuck.
    marketing : MarketingSide
    targets : tuple of Target
    """

    judged: Judged
    period: Period
    whole: Group
    groups: Mapping[View, tuple[Group, ...]]
    stays: Mapping[str, Tally]
    marketing: MarketingSide
    targets: tuple[Target, ...]

    @property
    def sources(self) -> dict[str, int]:
        """Count the hand-overs by where their band is known from."""
        return dict(Counter(source.value for source in self.judged.under.sources))

    @property
    def stops(self) -> dict[str, int]:
        """Count the hand-overs by why their clocks stopped; those that still run are not counted."""
        return dict(Counter(stop.value for stop in self.judged.done.stopped_by if stop is not None))

    def to_dict(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        known_from = self.judged.done.accepting_known_from
        return {
            "agreement_version": self.judged.agreement.version,
            "as_of": to_iso(self.judged.as_of),
            "period": self.period.to_dict(),
            "bands_known_from": self.sources,
            "clocks_stopped_by": self.stops,
            "acceptances_known_from": None if known_from == NEVER else to_iso(known_from),
            **{key: value for key, value in self.whole.to_dict().items() if key != "name"},
            "by": {view: [group.to_dict() for group in groups] for view, groups in self.groups.items()},
            "stays": {stage: tally.to_dict() for stage, tally in self.stays.items()},
            "marketing": self.marketing.to_dict(),
            "targets": [target.to_dict() for target in self.targets],
        }


def make_report(history: History, agreement: AgreementSpec, as_of: int, period: Period = ALWAYS) -> SlaReport:
    """Report on the hand-overs of a period, from what was known at an instant.

    Parameters
    ----------
    history : History
    agreement : AgreementSpec
    as_of : int, UTC microseconds
    period : Period
        Which hand-overs, by when they happened.

    Returns
    -------
    report : SlaReport
    """
    known, hand_overs = known_hand_overs(history, agreement, as_of, period)
    judged = judge(known, agreement, hand_overs, as_of)
    every = np.arange(len(judged))
    whole = _group(None, judged, every, dict.fromkeys(Promise, every))
    marketing = marketing_side(known, judged, period)
    stays = {
        stay.stage: Tally.count(stay.timed.states[period.holds(stay.begins)])
        for stay in find_stays(known, agreement, judged.calendar, as_of)
    }
    groups = {view: tuple(_groups(judged, view)) for view in VIEWS}
    return SlaReport(judged, period, whole, groups, stays, marketing, _targets(agreement, whole, marketing))


def names_of(judged: Judged, view: View) -> Words:
    """Name the group of each hand-over in a view, None where it is not known; by owner, who had the lead last.

    Parameters
    ----------
    judged : Judged
    view : {"owner", "band", "lead_type", "week"}

    Returns
    -------
    names : object array of str or None, shape (n,)
    """
    if view == "owner":
        return judged.owners
    if view == "band":
        return judged.under.bands
    if view == "lead_type":
        return judged.under.lead_types
    mondays, weeks = np.unique(mondays_of(judged.hand_overs.happened_at, judged.calendar), return_inverse=True)
    names: Words = np.array([*map(week_name, mondays.tolist()), None], dtype=object)[weeks]
    return names


def _groups(judged: Judged, view: View) -> Iterator[Group]:
    """Sum up each group, in the order of names; those of which it is not known come last."""
    names = names_of(judged, view)
    told = judged.owed_by if view == "owner" else dict.fromkeys(Promise, names)
    words = sorted({name for each in (names, *told.values()) for name in each} - {None})
    rows = _rows_of_each(names, words)
    owed = {promise: _rows_of_each(each, words) if view == "owner" else rows for promise, each in told.items()}
    for code, name in enumerate((*words, None)):
        group = _group(name, judged, rows[code], {promise: each[code] for promise, each in owed.items()})
        if group.hand_overs or any(tally.is_owed for tally in group.promises.values()):
            yield group


def _rows_of_each(names: Words, words: Sequence[str]) -> list[Codes]:
    """Find the rows of each word, and last those of none."""
    codes = {word: code for code, word in enumerate(words)}
    of_each = np.array([codes.get(name, len(words)) for name in names], dtype=np.int64)
    edges = np.searchsorted(np.sort(of_each), np.arange(1, len(words) + 1))
    return np.split(np.argsort(of_each, kind="stable"), edges)


def _group(name: str | None, judged: Judged, rows: Codes, owed: Mapping[Promise, Codes]) -> Group:
    """Sum up some hand-overs, and of each promise those of the owner who owed it."""
    settled = rows[judged.settled[rows]]
    tried = owed[Promise.FIRST_ATTEMPT]
    return Group(
        name=name,
        hand_overs=len(rows),
        returned=Share.of_leads(int(judged.returned[settled].sum()), len(settled)),
        young=len(rows) - len(settled),
        promises={promise: Tally.count(states[owed[promise]]) for promise, states in judged.states.items()},
        delays={
            took: Delay.between(begins[tried], ends[tried], until[tried], judged.calendar)
            for took, (begins, ends, until) in spans_of(judged).items()
        },
    )


def spans_of(judged: Judged) -> dict[Took, tuple[Instants, Instants, Instants]]:
    """Give begin and end of what takes time, before the hand-over and after it.

    Parameters
    ----------
    judged : Judged

    Returns
    -------
    spans : dict of Took to (begins, ends, watched_until)
        Arrays of shape (n,), UTC microseconds; `NEVER` where it is not known, or did not happen. Before the hand-over
        the time begins with the decision that recommended it, or else when the lead came to the stage before. After it
        a lead is watched until its clocks stop, or until now.
    """
    done, handed = judged.done, judged.hand_overs.happened_at
    recommended, never = judged.under.recommended_at, np.full(len(judged), NEVER)
    until = np.minimum(done.stopped_at, judged.as_of)
    assigned_from = handed if done.assignments_are_known else never
    # Where the history has no attempts nobody knows how long they took.
    tried_from, assigned_at = (handed, done.assigned_at) if done.attempts_are_known else (never, never)
    return {
        Took.BEFORE_HAND_OVER: (np.where(recommended == NEVER, done.entered_before, recommended), handed, handed),
        Took.TO_ASSIGNMENT: (assigned_from, done.assigned_at, until),
        Took.ASSIGNMENT_TO_ATTEMPT: (assigned_at, done.first_attempt_at, until),
        Took.TO_ATTEMPT: (tried_from, done.first_attempt_at, until),
    }


def _targets(agreement: AgreementSpec, whole: Group, marketing: MarketingSide) -> tuple[Target, ...]:
    """Hold what was reached against the targets that were agreed."""
    targets = agreement.promises.targets
    if targets is None:
        return ()
    reached = {
        "accepted_in_time": whole.promises[Promise.ACCEPTED].share.value,
        "first_attempt_in_time": whole.promises[Promise.FIRST_ATTEMPT].share.value,
        "attempts_made": whole.promises[Promise.ATTEMPTS_MADE].share.value,
        "returned_with_reason": whole.promises[Promise.RETURN_REASON].share.value,
        "hand_overs_a_week": marketing.a_week,
        "returned_at_most": marketing.returned.value,
        "became_ready": marketing.stayed.value,
    }
    return tuple(
        Target(name, target, value, at_most=name == "returned_at_most")
        for name, value in reached.items()
        if (target := getattr(targets, name)) is not None
    )
