"""What followed each hand-over, before the next one of the same lead: deals, returns, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from leadml.clock import Instants
from leadml.hand_overs import HandOvers
from leadml.history.spans import rows_from
from leadml.history.tables import NOT_THERE, Codes, FactTable, History
from leadml.outcomes import NEVER
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.vocabulary import StatusMeaning

_TABLES = ("deal_changes", "status_changes", "stage_changes")
_ON_HOLD = "on_hold"  # the standard word of the glossary


class Became(StrEnum):
    """What became of a hand-over, the best first."""

    WON = "won"
    IN_DEAL = "in_deal"
    OPEN = "open"
    ON_HOLD = "on_hold"
    LOST = "lost"
    CLOSED = "closed"
    RETURNED = "returned"


class DealState(StrEnum):
    """How a deal stands by its last stage."""

    WON = "won"
    OPEN = "open"
    ON_HOLD = "on_hold"
    LOST = "lost"


# What a hand-over became by its best deal, where none was won.
_OF_DEALS = {DealState.OPEN: Became.IN_DEAL, DealState.ON_HOLD: Became.ON_HOLD, DealState.LOST: Became.LOST}


def deal_state(stage: str, definitions: DefinitionsSpec) -> DealState | None:
    """Say how a deal stands by its last stage; None for a stage that the agreement does not name.

    Parameters
    ----------
    stage : str
    definitions : DefinitionsSpec

    Returns
    -------
    state : DealState or None
    """
    chance = definitions.deal_stages.get(stage)
    if chance is None:
        return None
    if stage == _ON_HOLD:
        return DealState.ON_HOLD
    return DealState.WON if chance == 1 else DealState.OPEN if chance else DealState.LOST


@dataclass(frozen=True)
class _Span:
    """The facts of one table from each hand-over on: of rows `low[i]:high[i]` those known before `known_before[i]`."""

    table: FactTable
    low: Codes
    high: Codes
    known_before: Instants

    def rows(self, place: int) -> Codes:
        """Give the facts that follow one hand-over."""
        rows = np.arange(self.low[place], self.high[place])
        known: Codes = rows[self.table.known_at[rows] < self.known_before[place]]
        return known


@dataclass(frozen=True)
class AfterHandOvers:
    """What followed each hand-over before the next one of the same lead, by table."""

    spans: Mapping[str, _Span]

    @classmethod
    def of(cls, history: History, found: HandOvers, until: Instants | None) -> "AfterHandOvers":
        """Take what happened and was known before an instant of each hand-over; None: all that is known today."""
        known_before = np.full(len(found.leads), NEVER) if until is None else until
        ends = np.minimum(found.next_at, known_before)
        spans = {}
        for name in _TABLES:
            if (table := history.facts.get(name)) is not None:
                low, high = (rows_from(table, found.leads, at) for at in (found.happened_at, ends))
                spans[name] = _Span(table, low, high, known_before)
        return cls(spans)

    def words(self, place: int, table: str, column: str) -> list[str]:
        """Give the words of a column after one hand-over; an empty one where none was said."""
        span = self.spans.get(table)
        if span is None or column not in span.table.texts:
            return []
        text = span.table.texts[column]
        codes = text.codes[span.rows(place)].tolist()
        return ["" if code == NOT_THERE else text.words[code] for code in codes]

    def last_stages(self, place: int) -> dict[str, tuple[str, float]]:
        """Give the last stage of each deal after one hand-over, with the last amount that was said of it."""
        span = self.spans.get("deal_changes")
        if span is None:
            return {}
        stages, ids = (self.words(place, "deal_changes", column) for column in ("deal_stage", "deal_id"))
        amounts = span.table.numbers.get("amount", np.full(len(span.table.happened_at), np.nan))
        last: dict[str, tuple[str, float]] = {}
        for deal, stage, amount in zip(ids, stages, amounts[span.rows(place)].tolist(), strict=True):
            known = last.get(deal, ("", np.nan))[1]
            last[deal] = stage, known if np.isnan(amount) else amount
        return last

    def became(self, place: int, definitions: DefinitionsSpec) -> tuple[Became, str | None]:
        """Say what became of a hand-over, and why it was returned.

        A deal that was won counts most, then a return, then the best of its deals, then a status that closes the lead.
        """
        meanings, reasons = (self.words(place, "status_changes", column) for column in ("meaning", "reason"))
        returns = [number for number, meaning in enumerate(meanings) if meaning == StatusMeaning.RETURNED]
        reason = (reasons[returns[0]] if reasons else "") if returns else None
        deals = {deal_state(stage, definitions) for stage, _ in self.last_stages(place).values()}
        stages = self.words(place, "stage_changes", "lifecycle_stage")
        if DealState.WON in deals or definitions.lifecycle_stages[-1] in stages:
            return Became.WON, reason
        if returns:
            return Became.RETURNED, reason
        for state, became in _OF_DEALS.items():
            if state in deals:
                return became, None
        return (Became.CLOSED if StatusMeaning.CLOSED in meanings[-1:] else Became.OPEN), None
