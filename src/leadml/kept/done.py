"""What was done after each hand-over, and when its clocks stopped."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from leadml.clock import Instants
from leadml.hand_overs import HandOvers
from leadml.history.tables import Codes, History, Mask
from leadml.kept.facts import Marked, Words, acceptances, assignments, marked_words, words_at
from leadml.outcomes import NEVER
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.vocabulary import StatusMeaning


class Stop(StrEnum):
    """Why the clocks of a hand-over stopped; of what happens at the same instant the first counts."""

    RETURNED = "returned"
    CLOSED = "closed"
    WON = "won"
    WENT_BACK = "went_back"
    HANDED_AGAIN = "handed_again"


@dataclass(frozen=True)
class Done:
    """What followed n hand-overs, up to the next one of the same lead: arrays of shape (n,), UTC microseconds.

    `NEVER` stands for what did not happen.

    Attributes
    ----------
    entered_before : int array
        When the lead came to the stage that it was in before.
    assigned_at : int array
        First assignment, until the clocks stopped.
    accepted_at, returned_at : int array
    accepting_known_from : int
        The first acceptance that the history tells, of whichever lead; `NEVER` where it tells none. Before it nobody
        can say whether a lead was not accepted, or its acceptance not written down.
    attempts_are_known, assignments_are_known : bool
        Whether the history has connect attempts, and assignments.
    return_reasons : object array of str or None
        None where the lead was not returned, or without a reason.
    stopped_at : int array
        When the clocks stopped.
    stopped_by : object array of Stop or None
    first_attempt_at : int array
        First valid connect attempt, until the clocks stopped.
    attempts, assignments : Marked
        All valid connect attempts, and all assignments to somebody.
    """

    entered_before: Instants
    assigned_at: Instants
    accepted_at: Instants
    returned_at: Instants
    accepting_known_from: int
    attempts_are_known: bool
    assignments_are_known: bool
    return_reasons: Words
    stopped_at: Instants
    stopped_by: Words
    first_attempt_at: Instants
    attempts: Marked
    assignments: Marked

    @property
    def ends(self) -> Instants:
        """The end of what counts, exclusive: what happened at the instant of the stop still counts."""
        return after_stop(self.stopped_at, self.stopped_by)

    def owners_at(self, leads: Codes, instants: Instants) -> Words:
        """Name whom each lead was assigned to at an instant; once the clocks stopped, to whom it was when they did."""
        _, places = self.assignments.last_until(leads, np.minimum(instants, self.ends - 1))
        return words_at(self.assignments, "owner", places)


def find_done(history: History, definitions: DefinitionsSpec, hand_overs: HandOvers, as_of: int) -> Done:
    """Find what was done after each hand-over.

    Parameters
    ----------
    history : History
        As it was known at `as_of`.
    definitions : DefinitionsSpec
    hand_overs : HandOvers
    as_of : int, UTC microseconds

    Returns
    -------
    done : Done
    """
    leads, handed = hand_overs.leads, hand_overs.happened_at
    returns = marked_words(history, "status_changes", "meaning", [StatusMeaning.RETURNED])
    returned_at, places = returns.first_in(leads, handed, hand_overs.next_at)
    stopped_at, stopped_by = _stops(history, definitions, hand_overs, returned_at)
    ends = after_stop(stopped_at, stopped_by)
    assigned = assignments(history)
    attempts = marked_words(history, "connect_attempts", "valid", ["yes"])
    accepted = acceptances(history, as_of)
    return Done(
        entered_before=_stage_before(history, definitions, hand_overs),
        assigned_at=assigned.first_in(leads, handed, ends)[0],
        accepted_at=accepted.first_in(leads, handed, ends)[0],
        returned_at=returned_at,
        accepting_known_from=int(accepted.happened_at.min(initial=NEVER)),
        attempts_are_known="connect_attempts" in history.facts,
        assignments_are_known="assignments" in history.facts,
        return_reasons=words_at(returns, "reason", places),
        stopped_at=stopped_at,
        stopped_by=stopped_by,
        first_attempt_at=attempts.first_in(leads, handed, ends)[0],
        attempts=attempts,
        assignments=assigned,
    )


def after_stop(stopped_at: Instants, stopped_by: Words) -> Instants:
    """Give the end of what counts for hand-overs whose clocks stopped then.

    What belongs to the next hand-over does not count for this one; what happened at the very instant of any other stop
    does, as facts of one instant count together.
    """
    again = np.array([stop is Stop.HANDED_AGAIN for stop in stopped_by], dtype=bool)
    ends: Instants = np.where((stopped_at == NEVER) | again, stopped_at, stopped_at + (stopped_at != NEVER))
    return ends


def _stops(
    history: History, definitions: DefinitionsSpec, hand_overs: HandOvers, returned_at: Instants
) -> tuple[Instants, Words]:
    """Find when the clocks of each hand-over stopped, and why."""
    leads, handed, until = hand_overs.leads, hand_overs.happened_at, hand_overs.next_at
    stages = definitions.lifecycle_stages
    place = stages.index(definitions.hand_over_stage)
    closed = marked_words(history, "status_changes", "meaning", [StatusMeaning.CLOSED])
    won = marked_words(history, "stage_changes", "lifecycle_stage", _won_stages(definitions))
    back = marked_words(history, "stage_changes", "lifecycle_stage", stages[:place])
    each = {
        Stop.RETURNED: returned_at,
        Stop.CLOSED: closed.first_in(leads, handed, until)[0],
        Stop.WON: won.first_in(leads, handed, until)[0],
        # Of the stages that a lead passes at one instant the earlier ones come first: they lead up to the hand-over.
        Stop.WENT_BACK: back.first_in(leads, handed + 1, until)[0],
        Stop.HANDED_AGAIN: until,
    }
    stops = np.stack(list(each.values()))
    first = stops.argmin(axis=0)
    stopped_at: Instants = stops.min(axis=0)
    reasons: Words = np.array([*each, None], dtype=object)[np.where(stopped_at == NEVER, -1, first)]
    return stopped_at, reasons


def _won_stages(definitions: DefinitionsSpec) -> tuple[str, ...]:
    """Name the stages of who has bought: customer and those beyond, or the last one where no stage is called so."""
    stages = definitions.lifecycle_stages
    beyond = stages[stages.index(definitions.hand_over_stage) + 1 :]
    return beyond[beyond.index("customer") :] if "customer" in beyond else beyond[-1:]


def _stage_before(history: History, definitions: DefinitionsSpec, hand_overs: HandOvers) -> Instants:
    """Find when each lead came to the stage that it was in before its hand-over."""
    table = history.facts.get("stage_changes")
    if table is None:
        return np.full(len(hand_overs.leads), NEVER)
    changes = Marked(table, changes_of_stage(history, definitions), len(history.lead_ids))
    return changes.last_until(hand_overs.leads, hand_overs.happened_at - 1)[0]


def changes_of_stage(history: History, definitions: DefinitionsSpec) -> Mask:
    """Mark the stage changes by which a lead really changes stage: to an agreed one, and to another than before.

    Parameters
    ----------
    history : History
        Its stage changes are known.
    definitions : DefinitionsSpec

    Returns
    -------
    marked : bool array, shape (n_facts,)
    """
    table = history.facts["stage_changes"]
    text = table.texts["lifecycle_stage"]
    agreed = np.flatnonzero(text.is_any_of(definitions.lifecycle_stages))
    leads, codes = table.leads[agreed], text.codes[agreed]
    same = np.zeros(len(agreed), dtype=bool)
    same[1:] = (leads[1:] == leads[:-1]) & (codes[1:] == codes[:-1])
    marked = np.zeros(len(text.codes), dtype=bool)
    marked[agreed[~same]] = True
    return marked
