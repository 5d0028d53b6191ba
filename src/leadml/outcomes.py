"""What became of a lead: ready, not ready, or *not known yet*.

Worked example, with `ready: {reach: sql, within_days: 30, not_returned_within_days: 14}`: a lead is
scored on 1 March. It becomes SQL on 20 March and is returned on 30 March: not ready. Whatever
happens, the answer is not known before 14 April, when window and grace have wholly passed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadml.clock import DAY, Instants, just_after
from leadml.history.tables import NOT_THERE, Codes, FactTable, History
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.vocabulary import ReturnPolicy, StatusMeaning

YES, NO, NOT_KNOWN = 1, 0, -1


@dataclass(frozen=True)
class Outcomes:
    """The answer for each snapshot.

    Attributes
    ----------
    answer : int array, shape (n,)
        `YES`, `NO` or `NOT_KNOWN`.
    closed_at : int array, shape (n,), UTC microseconds
        When window and grace have wholly passed, and the facts that decide were known.
    worked : bool array, shape (n,)
        Whether sales made a connect attempt inside the outcome window and grace.
    """

    answer: Codes
    closed_at: Instants
    worked: npt.NDArray[np.bool_]


def find_outcomes(history: History, leads: Codes, as_of: Instants, definitions: DefinitionsSpec) -> Outcomes:
    """Find what became of each lead after its snapshot.

    Ready means: the lead entered the target stage, or one beyond it, inside
    `[as_of, as_of + within)` and was not returned inside the grace that follows the entry. The answer
    is not known while window and grace are open, *also when it is already yes*; nor when the lead had
    really passed the target before `as_of`; nor when a return's reason says censored or excluded.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    as_of : int array, shape (n,), UTC microseconds
    definitions : DefinitionsSpec

    Returns
    -------
    outcomes : Outcomes
    """
    ready = definitions.ready
    within, grace = round(ready.within_days * DAY), round(ready.not_returned_within_days * DAY)
    closed_at = as_of + within + grace
    target = definitions.lifecycle_stages.index(ready.reach)
    stages = _StageTimes(history.facts.get("stage_changes"), definitions.lifecycle_stages, target)
    returns = _returns(history.facts.get("status_changes"), definitions)
    answer = np.full(len(leads), NO, dtype=np.int64)
    for place, (lead, instant) in enumerate(zip(leads.tolist(), as_of.tolist(), strict=True)):
        already, entry = stages.entry(lead, instant)
        if already:
            answer[place] = NOT_KNOWN
        elif entry is not None and entry.happened_at < instant + within:
            until = entry.happened_at + grace
            after = [back for back in returns.get(lead, ()) if entry.happened_at <= back.happened_at < until]
            answer[place] = _answer_after({back.policy for back in after})
            # What came late was learned late.
            closed_at[place] = max(closed_at[place], just_after([entry.known_at, *(back.known_at for back in after)]))
    answer[closed_at > history.known_until] = NOT_KNOWN
    return Outcomes(answer, closed_at, _worked(history, leads, as_of, closed_at))


@dataclass(frozen=True)
class _Entry:
    """A lead entered the target stage, or one beyond it."""

    happened_at: int
    known_at: int


@dataclass(frozen=True)
class _Return:
    """Sales handed a lead back."""

    happened_at: int
    known_at: int
    policy: ReturnPolicy


class _StageTimes:
    """When leads really were in the target stage or beyond it, whenever that became known.

    A stage that the agreement does not define says nothing: the one before it still holds.
    """

    def __init__(self, table: FactTable | None, stages: tuple[str, ...], target: int) -> None:
        self._table = table
        if table is not None:
            text = table.texts["lifecycle_stage"]
            self._agreed = text.lookup(dict.fromkeys(stages, 1.0), other=0.0).astype(bool)
            self._beyond = text.lookup(dict.fromkeys(stages[target:], 1.0), other=0.0).astype(bool)

    def entry(self, lead: int, as_of: int) -> tuple[bool, _Entry | None]:
        """Tell whether a lead was already there at an instant, and when it next came there."""
        if self._table is None:
            return False, None
        low, high = int(self._table.first[lead]), int(self._table.first[lead + 1])
        next_change = low + int(np.searchsorted(self._table.happened_at[low:high], as_of, side="left"))
        before = low + np.flatnonzero(self._agreed[low:next_change])
        already = len(before) > 0 and bool(self._beyond[before[-1]])
        entries = next_change + np.flatnonzero(self._beyond[next_change:high])
        if not len(entries):
            return already, None
        return already, _Entry(int(self._table.happened_at[entries[0]]), int(self._table.known_at[entries[0]]))


def _returns(table: FactTable | None, definitions: DefinitionsSpec) -> dict[int, list[_Return]]:
    """List, for each lead, when it was returned and what that means; a reason not agreed on is negative."""
    if table is None:
        return {}
    marked = np.flatnonzero(table.texts["meaning"].lookup({StatusMeaning.RETURNED.value: 1.0}, other=0.0))
    reason = table.texts.get("reason")
    returns: dict[int, list[_Return]] = {}
    leads = table.leads
    for row in marked.tolist():
        code = NOT_THERE if reason is None else int(reason.codes[row])
        word = "" if reason is None or code == NOT_THERE else reason.words[code]
        policy = definitions.return_reasons.get(word, ReturnPolicy.NEGATIVE)
        returns.setdefault(int(leads[row]), []).append(
            _Return(int(table.happened_at[row]), int(table.known_at[row]), policy)
        )
    return returns


def _answer_after(policies: set[ReturnPolicy]) -> int:
    if ReturnPolicy.EXCLUDED in policies or ReturnPolicy.CENSORED in policies:
        return NOT_KNOWN
    return NO if policies else YES


def _worked(history: History, leads: Codes, as_of: Instants, closed_at: Instants) -> npt.NDArray[np.bool_]:
    """Tell which leads sales tried to reach while the answer was open."""
    table = history.facts.get("connect_attempts")
    if table is None:
        return np.zeros(len(leads), dtype=bool)
    valid = np.flatnonzero(table.texts["valid"].lookup({"yes": 1.0}, other=0.0))
    attempts: dict[int, list[int]] = {}
    for lead, happened_at in zip(table.leads[valid].tolist(), table.happened_at[valid].tolist(), strict=True):
        attempts.setdefault(lead, []).append(happened_at)
    return np.array(
        [
            any(start <= happened_at < end for happened_at in attempts.get(lead, ()))
            for lead, start, end in zip(leads.tolist(), as_of.tolist(), closed_at.tolist(), strict=True)
        ],
        dtype=bool,
    )
