"""What became of each lead that was handed over, and what marketing should send more and less of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from leadml.clock import DAY
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.evaluate.shares import Gap, Share, corrected, gap_between, share_of
from leadml.hand_overs import HandOvers, find_hand_overs
from leadml.history.spans import rows_from
from leadml.history.tables import ATTRIBUTES_OF, NOT_THERE, Codes, FactTable, History
from leadml.outcomes import NEVER
from leadml.snapshots import instants_just_after
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label
from leadml.vocabulary import StatusMeaning

VIEWS = ("source", "persona", "content", "band", "lead_type")
ATTRIBUTE = "attribute:"  # before the name of an attribute of the lead, as a view of its own
SETTLED_AFTER_DAYS = 30  # younger hand-overs had no time to become anything; they are counted and not judged
FEWEST_HAND_OVERS = 20  # settled ones, on each side
CERTAIN = 0.05  # the chance of any false advice at all, over the groups of one view
_ON_HOLD = "on_hold"  # the standard word of the glossary
_SOURCES = ("source", "lead_source", "original_source", "origin")
_NO_LABEL = Label(en="", ja="")


class Became(StrEnum):
    """What became of a hand-over, the best first."""

    WON = "won"
    IN_DEAL = "in_deal"
    OPEN = "open"
    ON_HOLD = "on_hold"
    LOST = "lost"
    CLOSED = "closed"
    RETURNED = "returned"


GOOD = (Became.WON, Became.IN_DEAL)


@dataclass(frozen=True)
class Followed:
    """One hand-over, and what became of it before the next one of the same lead.

    Attributes
    ----------
    lead_id : str
    handed_over_at : int, UTC microseconds
    became : Became
    deal_stages : tuple of str
        Those that its deals reached, in the order of the agreement.
    latest_deal_stage : str or None
    amount : float
        Of the deals that were won; 0 where none was, or none has an amount.
    reason : str or None
        Why it was returned; empty where no reason was said.
    recycled : bool
        Whether the lead was handed over again.
    settled : bool
        Whether it is at least `SETTLED_AFTER_DAYS` old.
    groups : mapping of view to tuple of str
        Where it belongs, as it was known at the hand-over; to several contents, or to none.
    """

    lead_id: str
    handed_over_at: int
    became: Became
    deal_stages: tuple[str, ...]
    latest_deal_stage: str | None
    amount: float
    reason: str | None
    recycled: bool
    settled: bool
    groups: Mapping[str, tuple[str, ...]]


class Advice(StrEnum):
    """What follows for marketing."""

    MORE = "more"
    LESS = "less"
    NOT_PROVEN = "not_proven"
    TOO_FEW = "too_few"


@dataclass(frozen=True)
class Group:
    """Hand-overs of one kind, summed.

    Attributes
    ----------
    name : str
    became : mapping of Became to int
        All of them, young ones too.
    amount : float
        Of all deals won.
    good, returned : Share
        Of the settled ones: won or in a deal; given back.
    gap : Gap
        The share of good ones less that of all other settled hand-overs.
    advice : Advice
        Corrected for the number of groups that can be judged (Holm).
    """

    name: str
    became: Mapping[Became, int]
    amount: float
    good: Share
    returned: Share
    gap: Gap
    advice: Advice

    @property
    def hand_overs(self) -> int:
        """How many there are."""
        return sum(self.became.values())


@dataclass(frozen=True)
class Feedback:
    """What became of the hand-overs of a time.

    Attributes
    ----------
    followed : tuple of Followed
    views : mapping of view to tuple of Group
        The largest group first. None where a view is not known of any hand-over.
    """

    followed: tuple[Followed, ...]
    views: Mapping[str, tuple[Group, ...]]

    def advised(self, advice: Advice) -> tuple[tuple[str, Group], ...]:
        """Give the groups of one advice, with their view."""
        return tuple((view, group) for view, groups in self.views.items() for group in groups if group.advice is advice)


def give_feedback(
    history: History, definitions: DefinitionsSpec, begin: int, end: int, views: Sequence[str] = VIEWS
) -> Feedback:
    """Follow the hand-overs of a time, and sum them up.

    Parameters
    ----------
    history : History
    definitions : DefinitionsSpec
    begin, end : int, UTC microseconds
        Hand-overs in `[begin, end)`.
    views : sequence of str
        Some of `VIEWS`, or `attribute:` and a name.

    Returns
    -------
    feedback : Feedback
    """
    found = find_hand_overs(history, definitions)
    found = found.rows((found.happened_at >= begin) & (found.happened_at < end))
    followed = _follow(history, definitions, found, views)
    return Feedback(followed, {view: _groups(followed, view) for view in views})


def _follow(
    history: History, definitions: DefinitionsSpec, found: HandOvers, views: Sequence[str]
) -> tuple[Followed, ...]:
    of_views = {view: _names(history, definitions, found, view) for view in views}
    deals, statuses, stages = (
        _Span.of(history, name, found) for name in ("deal_changes", "status_changes", "stage_changes")
    )
    followed = []
    for place, (lead, at) in enumerate(zip(found.leads.tolist(), found.happened_at.tolist(), strict=True)):
        last = _last_stages(deals, place)
        became, reason = _became(definitions, last, _words(stages, place, "lifecycle_stage"), statuses, place)
        reached = set(_words(deals, place, "deal_stage"))
        latest = _words(deals, place, "deal_stage")[-1:]
        won = [amount for stage, amount in last.values() if definitions.deal_stages.get(stage) == 1]
        followed.append(
            Followed(
                lead_id=history.lead_ids[lead],
                handed_over_at=at,
                became=became,
                deal_stages=tuple(stage for stage in definitions.deal_stages if stage in reached),
                latest_deal_stage=latest[0] if latest else None,
                amount=float(np.nansum(won)) if won else 0.0,
                reason=reason,
                recycled=bool(found.next_at[place] != NEVER),
                settled=at + SETTLED_AFTER_DAYS * DAY <= history.known_until,
                groups={view: names[place] for view, names in of_views.items()},
            )
        )
    return tuple(followed)


@dataclass(frozen=True)
class _Span:
    """The facts of one table from each hand-over to the next one of the same lead: rows `low[i]:high[i]`."""

    table: FactTable
    low: Codes
    high: Codes

    @classmethod
    def of(cls, history: History, name: str, found: HandOvers) -> "_Span | None":
        table = history.facts.get(name)
        if table is None:
            return None
        return cls(table, *(rows_from(table, found.leads, at) for at in (found.happened_at, found.next_at)))


def _words(span: _Span | None, place: int, column: str) -> list[str]:
    """Give the words of a column after one hand-over; an empty one where none was said."""
    if span is None or column not in span.table.texts:
        return []
    text = span.table.texts[column]
    codes = text.codes[span.low[place] : span.high[place]].tolist()
    return ["" if code == NOT_THERE else text.words[code] for code in codes]


def _last_stages(deals: _Span | None, place: int) -> dict[str, tuple[str, float]]:
    """Give the last stage of each deal after one hand-over, with the last amount that was said of it."""
    if deals is None:
        return {}
    stages, ids = (_words(deals, place, column) for column in ("deal_stage", "deal_id"))
    amounts = deals.table.numbers.get("amount", np.full(len(deals.table.happened_at), np.nan))
    last: dict[str, tuple[str, float]] = {}
    for deal, stage, amount in zip(ids, stages, amounts[deals.low[place] : deals.high[place]].tolist(), strict=True):
        known = last.get(deal, ("", np.nan))[1]
        last[deal] = stage, known if np.isnan(amount) else amount
    return last


def _became(
    definitions: DefinitionsSpec,
    last: Mapping[str, tuple[str, float]],
    stages: Sequence[str],
    statuses: _Span | None,
    place: int,
) -> tuple[Became, str | None]:
    """Say what became of a hand-over, and why it was returned.

    A deal that was won counts most, then a return, then the best of its deals, then a status that closes the lead.
    """
    meanings, reasons = _words(statuses, place, "meaning"), _words(statuses, place, "reason")
    returns = [number for number, meaning in enumerate(meanings) if meaning == StatusMeaning.RETURNED]
    reason = (reasons[returns[0]] if reasons else "") if returns else None
    chances = {stage: definitions.deal_stages[stage] for stage, _ in last.values() if stage in definitions.deal_stages}
    if 1 in chances.values() or definitions.lifecycle_stages[-1] in stages:
        return Became.WON, reason
    if returns:
        return Became.RETURNED, reason
    if any(0 < chance < 1 and stage != _ON_HOLD for stage, chance in chances.items()):
        return Became.IN_DEAL, None
    if _ON_HOLD in chances:
        return Became.ON_HOLD, None
    if chances:
        return Became.LOST, None
    return (Became.CLOSED if StatusMeaning.CLOSED in meanings[-1:] else Became.OPEN), None


def _names(history: History, definitions: DefinitionsSpec, found: HandOvers, view: str) -> list[tuple[str, ...]]:
    """Name the groups of each hand-over in one view, as they were known then."""
    as_of = instants_just_after(history, found.leads, found.happened_at)
    if view == "content":
        return _contents(history, found)
    feature = _feature(history, view)
    catalogue = Catalogue((feature,), {feature.name: feature.table}, definitions)
    matrix = compute_features(history, found.leads, as_of, catalogue)
    shown = (matrix.shown(row, feature.name) for row in range(len(found.leads)))
    return [() if word is None else (str(word),) for word in shown]


def _feature(history: History, view: str) -> FeatureSpec:
    if view == "persona":
        return FeatureSpec(name=view, label=_NO_LABEL, kind="persona", when_nothing="missing")
    if view == "band":
        return FeatureSpec(
            name=view, label=_NO_LABEL, kind="latest", table="decisions", value="band", when_nothing="missing"
        )
    attribute = view.removeprefix(ATTRIBUTE)
    if view == "source":
        attribute = next((name for name in _SOURCES if name in attributes_of_leads(history)), view)
    return FeatureSpec(
        name="attribute", label=_NO_LABEL, kind="attribute", attribute=attribute, values="category",
        when_nothing="missing",
    )  # fmt: skip


def attributes_of_leads(history: History) -> tuple[str, ...]:
    """Name the attributes of leads that a history has."""
    table = history.facts.get(ATTRIBUTES_OF["lead"])
    return () if table is None else table.texts["attribute"].words


def _contents(history: History, found: HandOvers) -> list[tuple[str, ...]]:
    """Name what each lead touched before the hand-over, each once, by what was known when it was handed over."""
    table = history.facts.get("activities")
    if table is None or "content" not in table.texts:
        return [()] * len(found.leads)
    text, high = table.texts["content"], rows_from(table, found.leads, found.happened_at)
    names = []
    for low, end, known in zip(table.first[found.leads].tolist(), high.tolist(), found.known_at.tolist(), strict=True):
        codes = text.codes[low:end][table.known_at[low:end] <= known]
        names.append(tuple(text.words[code] for code in np.unique(codes[codes != NOT_THERE]).tolist()))
    return names


def _groups(followed: Sequence[Followed], view: str) -> tuple[Group, ...]:
    settled = [each for each in followed if each.settled]
    all_good = sum(each.became in GOOD for each in settled)
    members: dict[str, list[Followed]] = {}
    for each in followed:
        for name in each.groups[view]:
            members.setdefault(name, []).append(each)
    names = sorted(members, key=lambda name: (-len(members[name]), name))
    shares = []
    for name in names:
        own = [each for each in members[name] if each.settled]
        good = sum(each.became in GOOD for each in own)
        shares.append((share_of(good, len(own)), share_of(all_good - good, len(settled) - len(own))))
    gaps = [gap_between(*pair) for pair in shares]
    enough = [min(good.of, rest.of) >= FEWEST_HAND_OVERS for good, rest in shares]
    chances = iter(corrected([gap.chance for gap, fit in zip(gaps, enough, strict=True) if fit]).tolist())
    return tuple(
        _group(name, members[name], good, gap, _advice(gap, next(chances)) if fit else Advice.TOO_FEW)
        for name, (good, _), gap, fit in zip(names, shares, gaps, enough, strict=True)
    )


def _group(name: str, members: Sequence[Followed], good: Share, gap: Gap, advice: Advice) -> Group:
    counts = {each: sum(member.became is each for member in members) for each in Became}
    returned = sum(member.settled and member.became is Became.RETURNED for member in members)
    amount = sum(member.amount for member in members)
    return Group(name, counts, amount, good, share_of(returned, good.of), gap, advice)


def _advice(gap: Gap, chance: float) -> Advice:
    if chance > CERTAIN:
        return Advice.NOT_PROVEN
    return Advice.MORE if gap.value > 0 else Advice.LESS
