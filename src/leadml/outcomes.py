"""What became of a lead: the outcome, yes or no, or *not known yet*.

Worked example, with `ready: {reach: sql, within_days: 30, not_returned_within_days: 14}`: a lead is
scored on 1 March. It becomes SQL on 20 March and is returned on 30 March: not ready. Whatever
happens, the answer is not known before 14 April, when window and grace have wholly passed.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from leadml.clock import DAY, Instants, just_after_each
from leadml.history.spans import latest_in, only, rows_from
from leadml.history.tables import NOT_THERE, Codes, FactTable, History, Mask
from leadml.specs.agreement_spec import DefinitionsSpec, OutcomeSpec
from leadml.vocabulary import ReturnPolicy, StatusMeaning

YES, NO, NOT_KNOWN = 1, 0, -1
NEVER = np.iinfo(np.int64).max


class LeftOut(StrEnum):
    """Why a snapshot teaches nothing, in the order in which it is asked."""

    NEW_EPISODE = "new_episode"
    NOT_YET = "not_yet"
    NOT_OPEN = "not_open"
    ALREADY_THERE = "already_there"
    WINDOW_OPEN = "window_open"
    EXCLUDED = "excluded"
    CENSORED = "censored"


_REASONS = tuple(LeftOut)


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
        Whether sales made a connect attempt inside the outcome window and grace, also where the answer
        was learned later than that.
    why_not : int array, shape (n,)
        Place in `LeftOut` of the reason why the answer is not known; -1 where it is.
    """

    answer: Codes
    closed_at: Instants
    worked: Mask
    why_not: Codes

    def left_out(self) -> dict[LeftOut, int]:
        """Count the snapshots whose answer is not known, by reason; reasons that never occur are not named."""
        counts = np.bincount(self.why_not[self.why_not != NOT_THERE], minlength=len(_REASONS))
        return {reason: int(count) for reason, count in zip(_REASONS, counts, strict=True) if count}


def find_outcomes(
    history: History, leads: Codes, as_of: Instants, definitions: DefinitionsSpec, outcome: OutcomeSpec | None = None
) -> Outcomes:
    """Find what became of each lead after its snapshot.

    Yes means: the lead entered the target stage, or one beyond it, inside `[as_of, as_of + within)`
    and was not returned inside the grace that follows the entry. The answer is not known while window
    and grace are open, *also when it is already yes*; nor when the lead had really passed the target
    before `as_of`; nor when a return's reason says censored or excluded.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    as_of : int array, shape (n,), UTC microseconds
    definitions : DefinitionsSpec
    outcome : OutcomeSpec, optional
        Default: `definitions.ready`.

    Returns
    -------
    outcomes : Outcomes
    """
    asked = definitions.ready if outcome is None else outcome
    within, grace = round(asked.within_days * DAY), round(asked.not_returned_within_days * DAY)
    entries = find_entries(history, leads, as_of, definitions, asked.reach)
    passed_at = as_of + within + grace
    answer = np.full(len(leads), NO, dtype=np.int64)
    came = np.flatnonzero(~entries.already & (entries.happened_at < as_of + within))
    returned = _returned(
        history.facts.get("status_changes"), leads[came], entries.happened_at[came], grace, definitions
    )
    answer[came[~returned.any]] = YES
    # What came late was learned late.
    learned = just_after_each(np.maximum(entries.known_at[came], returned.known_at))
    closed_at = passed_at.copy()
    closed_at[came] = np.maximum(passed_at[came], learned)
    why_not = np.full(len(leads), NOT_THERE, dtype=np.int64)
    # The reason that is asked first is written last.
    why_not[came[returned.censored]] = _REASONS.index(LeftOut.CENSORED)
    why_not[came[returned.excluded]] = _REASONS.index(LeftOut.EXCLUDED)
    why_not[closed_at > history.known_until] = _REASONS.index(LeftOut.WINDOW_OPEN)
    why_not[entries.already] = _REASONS.index(LeftOut.ALREADY_THERE)
    answer[why_not != NOT_THERE] = NOT_KNOWN
    return Outcomes(answer, closed_at, _worked(history, leads, as_of, passed_at), why_not)


@dataclass(frozen=True)
class Entries:
    """When leads came to a stage, or to one beyond it.

    Attributes
    ----------
    already : bool array, shape (n,)
        Whether a lead really was there at its instant, whenever that became known.
    happened_at, known_at : int array, shape (n,), UTC microseconds
        Of the first entry at the instant or after it; `NEVER` where there is none.
    """

    already: Mask
    happened_at: Instants
    known_at: Instants


def find_entries(history: History, leads: Codes, as_of: Instants, definitions: DefinitionsSpec, reach: str) -> Entries:
    """Find when each lead next came to a stage, or to one beyond it.

    A stage that the agreement does not define says nothing: the one before it still holds.

    Parameters
    ----------
    history : History
    leads : int array, shape (n,)
    as_of : int array, shape (n,), UTC microseconds
    definitions : DefinitionsSpec
    reach : str
        One of `definitions.lifecycle_stages`.

    Returns
    -------
    entries : Entries
    """
    table = history.facts.get("stage_changes")
    if table is None or not len(table.happened_at):
        never = np.full(len(leads), NEVER)
        return Entries(np.zeros(len(leads), dtype=bool), never, never)
    stages = definitions.lifecycle_stages
    text = table.texts["lifecycle_stage"]
    agreed, beyond = text.is_any_of(stages), text.is_any_of(stages[stages.index(reach) :])
    rows = np.arange(len(beyond))
    next_change = rows_from(table, leads, as_of)
    # Of each row: the last agreed stage up to it, and the first entry from it on; both may be another lead's.
    last_agreed = np.maximum.accumulate(np.where(agreed, rows, -1))
    first_entry = np.minimum.accumulate(np.where(beyond, rows, len(rows))[::-1])[::-1]
    before = np.where(next_change > 0, last_agreed[next_change - 1], -1)
    already = (before >= table.first[leads]) & beyond[before]
    entry = np.append(first_entry, len(rows))[next_change]
    comes = entry < table.first[leads + 1]
    entry = np.where(comes, entry, 0)
    return Entries(
        already,
        np.where(comes, table.happened_at[entry], NEVER),
        np.where(comes, table.known_at[entry], NEVER),
    )


@dataclass(frozen=True)
class _Returned:
    """What happened to leads inside the grace after they came: arrays of shape (n,)."""

    any: Mask
    censored: Mask
    excluded: Mask
    known_at: Instants


def _returned(
    table: FactTable | None, leads: Codes, entered: Instants, grace: int, definitions: DefinitionsSpec
) -> _Returned:
    """Find who was returned inside the grace, and what that means; a reason not agreed on is negative."""
    if table is None:
        nobody = np.zeros(len(leads), dtype=bool)
        return _Returned(nobody, nobody, nobody, np.full(len(leads), np.iinfo(np.int64).min))
    marked = table.texts["meaning"].is_any_of([StatusMeaning.RETURNED])
    returns = only(table, marked)
    low, high = rows_from(returns, leads, entered), rows_from(returns, leads, entered + grace)

    def some(policy: ReturnPolicy) -> Mask:
        before = np.concatenate([[0], np.cumsum(_means(table, policy, definitions)[marked])])
        return before[low] < before[high]

    return _Returned(
        low < high, some(ReturnPolicy.CENSORED), some(ReturnPolicy.EXCLUDED), latest_in(returns.known_at, low, high)
    )


def _means(table: FactTable, policy: ReturnPolicy, definitions: DefinitionsSpec) -> Mask:
    """Mark the changes whose reason has a policy."""
    reason = table.texts.get("reason")
    policies = {word: agreed.policy for word, agreed in definitions.return_reasons.items()}
    unsaid = policies.get("") is policy  # the agreement may say what a return without a reason means
    if reason is None:
        return np.full(len(table.happened_at), unsaid)
    table_of_words = np.array([*(policies.get(word) is policy for word in reason.words), unsaid])
    means: Mask = table_of_words[reason.codes]
    return means


def _worked(history: History, leads: Codes, as_of: Instants, passed_at: Instants) -> Mask:
    """Tell which leads sales tried to reach before window and grace had passed."""
    table = history.facts.get("connect_attempts")
    if table is None:
        return np.zeros(len(leads), dtype=bool)
    attempts = only(table, table.texts["valid"].is_any_of(["yes"]))
    return rows_from(attempts, leads, as_of) < rows_from(attempts, leads, passed_at)
