"""What became of each lead that was handed over, and what marketing should send more and less of.

Worked example: a lead is handed over on 1 March, its deal is opened on 20 March and lost on 2 May. In June it is told
as lost, and judged as in a deal, as it stood on the 31st: every hand-over is judged at the same age, here 30 days.
Judged as they stand today, those of a source that began lately would look better than old ones: their deals are open
still.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from leadml.after_hand_over import AfterHandOvers, Became, DealState, deal_state
from leadml.clock import DAY
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.evaluate.shares import Gap, Share, corrected, gap_between, share_of
from leadml.hand_overs import HandOvers, find_hand_overs
from leadml.history.spans import rows_from
from leadml.history.tables import ATTRIBUTES_OF, NOT_THERE, History
from leadml.outcomes import NEVER
from leadml.snapshots import instants_just_after
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.feature_spec import NO_LABEL, FeatureSpec

VIEWS = ("source", "persona", "content", "band", "lead_type")
ATTRIBUTE = "attribute:"  # before the name of an attribute of the lead, as a view of its own
FEWEST_HAND_OVERS = 20  # judged ones, on each side
CERTAIN = 0.05  # the chance of any false advice at all, over the groups of one view
_SOURCES = ("source", "lead_source", "original_source", "origin")
GOOD = (Became.WON, Became.IN_DEAL)


@dataclass(frozen=True)
class Followed:
    """One hand-over, and what became of it before the next one of the same lead.

    Attributes
    ----------
    lead_id : str
    handed_over_at : int, UTC microseconds
    became : Became
        By all that is known today.
    became_at_age : Became or None
        By what was known at the age at which all are judged; None where it is younger.
    deal_stages : tuple of str
        Those that its deals reached, in the order of the agreement.
    latest_deal_stage : str or None
    last_deal_stages : tuple of str
        The last stage of each deal.
    amount : float
        Of the deals that were won; 0 where none was, or none has an amount.
    reason : str or None
        Why it was returned; empty where no reason was said.
    recycled : bool
        Whether the lead was handed over again.
    groups : mapping of view to tuple of str
        Where it belongs, as it was known at the hand-over; to several contents, or to none.
    """

    lead_id: str
    handed_over_at: int
    became: Became
    became_at_age: Became | None
    deal_stages: tuple[str, ...]
    latest_deal_stage: str | None
    last_deal_stages: tuple[str, ...]
    amount: float
    reason: str | None
    recycled: bool
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
    became, became_at_age : mapping of Became to int
        All of them as they stand today; those old enough to be judged, as they stood at that age.
    deal_stages : mapping of str to int
        Deals by their last stage, in the order of the agreement.
    deals : mapping of DealState to int
        The same, summed.
    reasons : mapping of str to int
        Why they were returned, the most frequent reason first; empty where no reason was said.
    amount : float
        Of all deals won.
    good, returned : Share
        Of those judged: won or in a deal; given back.
    gap : Gap
        The share of good ones less that of all others judged.
    advice : Advice
        Corrected for the number of groups that can be judged (Holm).
    """

    name: str
    became: Mapping[Became, int]
    became_at_age: Mapping[Became, int]
    deal_stages: Mapping[str, int]
    deals: Mapping[DealState, int]
    reasons: Mapping[str, int]
    amount: float
    good: Share
    returned: Share
    gap: Gap
    advice: Advice

    @property
    def hand_overs(self) -> int:
        """How many there are."""
        return sum(self.became.values())

    @property
    def too_young(self) -> int:
        """How many have not reached the age at which all are judged."""
        return self.hand_overs - sum(self.became_at_age.values())


@dataclass(frozen=True)
class Feedback:
    """What became of the hand-overs of a time.

    Attributes
    ----------
    followed : tuple of Followed
    after_days : float
        The age at which hand-overs are judged.
    views : mapping of view to tuple of Group
        The largest group first. None where a view is not known of any hand-over.
    """

    followed: tuple[Followed, ...]
    after_days: float
    views: Mapping[str, tuple[Group, ...]]

    @property
    def too_young(self) -> int:
        """How many hand-overs have not reached the age at which all are judged."""
        return sum(one.became_at_age is None for one in self.followed)

    @property
    def reasons(self) -> dict[str, int]:
        """Why leads were returned, the most frequent reason first; empty where no reason was said."""
        return _reasons(self.followed)

    def advised(self, advice: Advice) -> tuple[tuple[str, Group], ...]:
        """Give the groups of one advice, with their view."""
        return tuple((view, group) for view, groups in self.views.items() for group in groups if group.advice is advice)


def give_feedback(
    history: History,
    definitions: DefinitionsSpec,
    period: tuple[int, int],
    views: Sequence[str] = VIEWS,
    *,
    after_days: float | None = None,
) -> Feedback:
    """Follow the hand-overs of a time, and sum them up.

    Parameters
    ----------
    history : History
    definitions : DefinitionsSpec
    period : (int, int), UTC microseconds
        Hand-overs in `[begin, end)`.
    views : sequence of str
        Some of `VIEWS`, or `attribute:` and a name.
    after_days : float, > 0, optional
        The age at which each is judged. Default: the window of the outcome, `ready.within_days`.

    Returns
    -------
    feedback : Feedback
    """
    begin, end = period
    days = definitions.ready.within_days if after_days is None else after_days
    found = find_hand_overs(history, definitions)
    found = found.rows((found.happened_at >= begin) & (found.happened_at < end))
    followed = _follow(history, definitions, found, views, round(days * DAY))
    return Feedback(followed, days, {view: _groups(followed, view, definitions) for view in views})


def _follow(
    history: History, definitions: DefinitionsSpec, found: HandOvers, views: Sequence[str], age: int
) -> tuple[Followed, ...]:
    of_views = {view: _names(history, definitions, found, view) for view in views}
    at_age = found.happened_at + age
    today, judged = AfterHandOvers.of(history, found, None), AfterHandOvers.of(history, found, at_age)
    old_enough = at_age <= history.known_until
    followed = []
    for place, (lead, at) in enumerate(zip(found.leads.tolist(), found.happened_at.tolist(), strict=True)):
        last = today.last_stages(place)
        became, reason = today.became(place, definitions)
        reached = today.words(place, "deal_changes", "deal_stage")
        won = [amount for stage, amount in last.values() if deal_state(stage, definitions) is DealState.WON]
        followed.append(
            Followed(
                lead_id=history.lead_ids[lead],
                handed_over_at=at,
                became=became,
                became_at_age=judged.became(place, definitions)[0] if old_enough[place] else None,
                deal_stages=tuple(stage for stage in definitions.deal_stages if stage in reached),
                latest_deal_stage=reached[-1] if reached else None,
                last_deal_stages=tuple(stage for stage, _ in last.values()),
                amount=float(np.nansum(won)) if won else 0.0,
                reason=reason,
                recycled=bool(found.next_at[place] != NEVER),
                groups={view: names[place] for view, names in of_views.items()},
            )
        )
    return tuple(followed)


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
        return FeatureSpec(name=view, label=NO_LABEL, kind="persona", when_nothing="missing")
    if view == "band":
        return FeatureSpec(
            name=view, label=NO_LABEL, kind="latest", table="decisions", value="band", when_nothing="missing"
        )
    attribute = view.removeprefix(ATTRIBUTE)
    if view == "source":
        attribute = next((name for name in _SOURCES if name in attributes_of_leads(history)), view)
    return FeatureSpec(
        name="attribute", label=NO_LABEL, kind="attribute", attribute=attribute, values="category",
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


def _groups(followed: Sequence[Followed], view: str, definitions: DefinitionsSpec) -> tuple[Group, ...]:
    judged = [each for each in followed if each.became_at_age is not None]
    all_good = sum(each.became_at_age in GOOD for each in judged)
    members: dict[str, list[Followed]] = {}
    for each in followed:
        for name in each.groups[view]:
            members.setdefault(name, []).append(each)
    names = sorted(members, key=lambda name: (-len(members[name]), name))
    shares = []
    for name in names:
        own = [each for each in members[name] if each.became_at_age is not None]
        good = sum(each.became_at_age in GOOD for each in own)
        shares.append((share_of(good, len(own)), share_of(all_good - good, len(judged) - len(own))))
    gaps = [gap_between(*pair) for pair in shares]
    enough = [min(good.of, rest.of) >= FEWEST_HAND_OVERS for good, rest in shares]
    chances = iter(corrected([gap.chance for gap, fit in zip(gaps, enough, strict=True) if fit]).tolist())
    advised = [_advice(gap, next(chances)) if fit else Advice.TOO_FEW for gap, fit in zip(gaps, enough, strict=True)]
    return tuple(
        _group(name, members[name], definitions, good, (gap, advice))
        for name, (good, _), gap, advice in zip(names, shares, gaps, advised, strict=True)
    )


def _group(
    name: str, members: Sequence[Followed], definitions: DefinitionsSpec, good: Share, verdict: tuple[Gap, Advice]
) -> Group:
    at_age = Counter(member.became_at_age for member in members)
    last = Counter(stage for member in members for stage in member.last_deal_stages)
    states = Counter(deal_state(stage, definitions) for stage in last.elements())
    today = Counter(member.became for member in members)
    gap, advice = verdict
    return Group(
        name=name,
        became={each: today[each] for each in Became},
        became_at_age={each: at_age[each] for each in Became},
        deal_stages={stage: last[stage] for stage in definitions.deal_stages},
        deals={state: states[state] for state in DealState},
        reasons=_reasons(members),
        amount=sum(member.amount for member in members),
        good=good,
        returned=share_of(at_age[Became.RETURNED], good.of),
        gap=gap,
        advice=advice,
    )


def _reasons(followed: Sequence[Followed]) -> dict[str, int]:
    counts = Counter(each.reason for each in followed if each.reason is not None)
    return dict(sorted(counts.items(), key=lambda reason: (-reason[1], reason[0])))


def _advice(gap: Gap, chance: float) -> Advice:
    if chance > CERTAIN:
        return Advice.NOT_PROVEN
    return Advice.MORE if gap.value > 0 else Advice.LESS
