"""How it is told what became of the hand-overs: tables, sentences, and for a program."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leadml.after_hand_over import Became, DealState
from leadml.agreed.phrases import listed, plainly
from leadml.clock import to_iso
from leadml.feedback import ATTRIBUTE, FEWEST_HAND_OVERS, Advice, Feedback, Group
from leadml.reports.text_table import TextTable
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.wording.numbers import percent, plain
from leadml.wording.texts import Language, say

_MOST_GROUPS = 15
_MOST_REASONS = 3  # in a cell


def feedback_head(feedback: Feedback, language: Language) -> str:
    """Say how many hand-overs there were, and what became of them."""
    followed = feedback.followed
    if not followed:
        return say("feedback.none", language)
    counts = {each: sum(one.became is each for one in followed) for each in Became}
    told = [
        say("feedback.count", language, number=f"{count:,}", became=say(f"feedback.became.{each}", language))
        for each, count in counts.items()
        if count
    ]
    amount = sum(one.amount for one in followed)
    return say(
        "feedback.head",
        language,
        hand_overs=f"{len(followed):,}",
        told=listed(told, language),
        amount=plain(amount),
        recycled=sum(one.recycled for one in followed),
    )


def reasons_in_words(feedback: Feedback, language: Language) -> str | None:
    """Say why leads were given back, the most frequent reason first; None where none was."""
    if not feedback.reasons:
        return None
    return say("feedback.reasons", language, reasons=_counted(feedback.reasons, language))


def advice_lines(feedback: Feedback, definitions: DefinitionsSpec, language: Language) -> tuple[str, ...]:
    """Say what marketing should send more and less of; where nothing is proven, that it is so."""
    lines = [
        say(
            f"feedback.advice.{advice}",
            language,
            group=group_name(view, group.name, definitions, language),
            view=view_name(view, language),
            good=percent(group.good.value, language),
            judged=f"{group.good.of:,.0f}",
            days=plain(feedback.after_days),
            gap=_points(group, language),
        )
        for advice in (Advice.MORE, Advice.LESS)
        for view, group in feedback.advised(advice)
    ]
    return tuple(lines) or (say("feedback.nothing_proven", language),)


def how_lines(feedback: Feedback, language: Language) -> tuple[str, ...]:
    """Say at which age hand-overs are judged and why, how many are too young, and from when on a group is judged."""
    told = {"days": plain(feedback.after_days), "fewest": FEWEST_HAND_OVERS, "too_young": f"{feedback.too_young:,}"}
    return tuple(say(f"feedback.how.{key}", language, **told) for key in ("age", "young", "group", "lot"))


def view_parts(
    feedback: Feedback, view: str, definitions: DefinitionsSpec, language: Language
) -> Iterator[TextTable | str]:
    """Lay one view out for a terminal, a group a row; a sentence where it is not known.

    Parameters
    ----------
    feedback : Feedback
    view : str
    definitions : DefinitionsSpec
        Name personas and lead types as people call them.
    language : {"en", "ja"}

    Yields
    ------
    part : TextTable or str
        How groups compare at one age, then their deals and returns of today. Of very many groups, the largest.
    """
    if not feedback.views[view]:
        yield say("feedback.not_known", language, view=view_name(view, language))
        return
    yield judged_table(feedback, view, definitions, language)
    yield from left_out(feedback, view, language)
    table = _table(feedback, view, "today", language)
    for state in DealState:
        table.add_column(say(f"feedback.deals.{state}", language), right=True)
    table.add_column(say("feedback.columns.amount", language), right=True)
    table.add_column(say("feedback.columns.reasons", language))
    for group in shown_groups(feedback, view):
        table.add_row(
            group_name(view, group.name, definitions, language),
            *(f"{group.deals[state]:,}" for state in DealState),
            plain(group.amount),
            _few_counted(group.reasons, language),
        )
    yield table


def judged_table(
    feedback: Feedback, view: str, definitions: DefinitionsSpec, language: Language, became: Sequence[Became] = ()
) -> TextTable:
    """Lay out how the groups of a view compare at one age, with what so many of them had become, if asked for."""
    table = _table(feedback, view, "judged", language)
    heads = ["columns.hand_overs", "columns.too_young", *(f"became.{each}" for each in became)]
    for head in (*heads, "columns.good", "columns.returned", "columns.gap"):
        table.add_column(say(f"feedback.{head}", language), right=True, no_wrap=head in ("columns.good", "columns.gap"))
    table.add_column(say("feedback.columns.advice", language))
    for group in shown_groups(feedback, view):
        table.add_row(
            group_name(view, group.name, definitions, language),
            f"{group.hand_overs:,}",
            f"{group.too_young:,}",
            *(f"{group.became_at_age[each]:,}" for each in became),
            _rate(group.good.value, group.good.low, group.good.high, group.good.of, language),
            percent(group.returned.value, language) if group.returned.of else say("value.missing", language),
            _points(group, language),
            say(f"feedback.advised.{group.advice}", language),
        )
    return table


def deal_table(feedback: Feedback, view: str, definitions: DefinitionsSpec, language: Language) -> TextTable:
    """Lay out at which stage the deals of each group stand today, and the amount of those won."""
    table = _table(feedback, view, "deals", language)
    for stage in definitions.deal_stages:
        table.add_column(plainly(stage), right=True)
    table.add_column(say("feedback.columns.amount", language), right=True)
    for group in shown_groups(feedback, view):
        counts = (f"{count:,}" for count in group.deal_stages.values())
        table.add_row(group_name(view, group.name, definitions, language), *counts, plain(group.amount))
    return table


def reason_table(feedback: Feedback, view: str, definitions: DefinitionsSpec, language: Language) -> TextTable:
    """Lay out why the leads of each group were returned, by today."""
    table = _table(feedback, view, "reasons", language)
    for reason in feedback.reasons:
        table.add_column(reason_name(reason, language), right=True)
    for group in shown_groups(feedback, view):
        counts = (f"{group.reasons.get(reason, 0):,}" for reason in feedback.reasons)
        table.add_row(group_name(view, group.name, definitions, language), *counts)
    return table


def left_out(feedback: Feedback, view: str, language: Language) -> Iterator[str]:
    """Say how many hand-overs are in no group of a view; nothing where all are in one."""
    number = sum(not one.groups[view] for one in feedback.followed)
    if number:
        yield say("feedback.in_no_group", language, number=f"{number:,}", view=view_name(view, language))


def shown_groups(feedback: Feedback, view: str) -> tuple[Group, ...]:
    """Give the groups of a view that are shown: of very many, the largest."""
    return feedback.views[view][:_MOST_GROUPS]


def _table(feedback: Feedback, view: str, key: str, language: Language) -> TextTable:
    name, groups = view_name(view, language), len(feedback.views[view])
    by = say(
        f"feedback.{'by' if groups <= _MOST_GROUPS else 'by_most'}",
        language,
        view=name,
        most=_MOST_GROUPS,
        groups=groups,
    )
    title = say(f"feedback.titles.{key}", language, by=by, days=plain(feedback.after_days))
    return TextTable(title, [name[:1].upper() + name[1:]])


def feedback_parts(feedback: Feedback, definitions: DefinitionsSpec, language: Language) -> Iterator[TextTable | str]:
    """Tell all of it for a terminal: head, reasons, advice, then each view."""
    yield feedback_head(feedback, language)
    if not feedback.followed:
        return
    if (reasons := reasons_in_words(feedback, language)) is not None:
        yield reasons
    yield from advice_lines(feedback, definitions, language)
    for view in feedback.views:
        yield from view_parts(feedback, view, definitions, language)
    yield from how_lines(feedback, language)


def feedback_as_json(feedback: Feedback) -> dict[str, Any]:
    """Lay it out for a program: every hand-over, and the sums."""
    return {
        "judged_after_days": feedback.after_days,
        "too_young": feedback.too_young,
        "hand_overs": [
            {
                "lead_id": one.lead_id,
                "handed_over_at": to_iso(one.handed_over_at),
                "became": one.became,
                "became_at_age": one.became_at_age,
                "deal_stages": list(one.deal_stages),
                "latest_deal_stage": one.latest_deal_stage,
                "last_deal_stages": list(one.last_deal_stages),
                "amount": one.amount,
                "reason": one.reason,
                "recycled": one.recycled,
                **{"groups": {view: list(names) for view, names in one.groups.items()}},
            }
            for one in feedback.followed
        ],
        "views": {view: [_plain(group) for group in groups] for view, groups in feedback.views.items()},
    }


def _plain(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "hand_overs": group.hand_overs,
        "became": {each.value: count for each, count in group.became.items()},
        "deal_stages": dict(group.deal_stages),
        "deals": {state.value: count for state, count in group.deals.items()},
        "reasons": dict(group.reasons),
        "amount": group.amount,
        "too_young": group.too_young,
        "judged": int(group.good.of),
        "became_at_age": {each.value: count for each, count in group.became_at_age.items()},
        "good": {name: getattr(group.good, name) for name in ("value", "low", "high")},
        "returned": {name: getattr(group.returned, name) for name in ("value", "low", "high")},
        "difference": {name: getattr(group.gap, name) for name in ("value", "low", "high", "chance")},
        "advice": group.advice,
    }


def reason_name(reason: str, language: Language) -> str:
    """Name a reason as people read it."""
    return plainly(reason) if reason else say("glossary.no_reason", language)


def _counted(counts: Mapping[str, int], language: Language) -> str:
    told = [
        say("feedback.reason", language, reason=reason_name(reason, language), number=f"{count:,}")
        for reason, count in counts.items()
    ]
    return listed(told, language)


def _few_counted(counts: Mapping[str, int], language: Language) -> str:
    """Say the most frequent reasons, and how many others there are."""
    first = dict(list(counts.items())[:_MOST_REASONS])
    others = sum(counts.values()) - sum(first.values())
    told = [
        say("feedback.reason_short", language, reason=reason_name(reason, language), number=f"{count:,}")
        for reason, count in first.items()
    ]
    told += [say("feedback.other_reasons", language, number=f"{others:,}")] if others else []
    return say("agreed.between", language).join(told)


def view_name(view: str, language: Language) -> str:
    """Name a view as people call it."""
    if view.startswith(ATTRIBUTE):
        return plainly(view.removeprefix(ATTRIBUTE))
    return say(f"feedback.views.{view}", language)


def group_name(view: str, name: str, definitions: DefinitionsSpec, language: Language) -> str:
    """Name a group as people call it: a persona and a lead type by their labels."""
    labels = {
        "persona": {persona.name: persona.label for persona in definitions.buyer_personas},
        "lead_type": definitions.lead_types,
    }
    label = labels.get(view, {}).get(name)
    return plainly(name) if label is None else str(getattr(label, language))


def _rate(value: float, low: float, high: float, of: float, language: Language) -> str:
    if not of:
        return say("value.missing", language)
    told = {"value": f"{100 * value:.0f}", "low": f"{100 * low:.0f}", "high": f"{100 * high:.0f}"}
    return say("icp.rate_said", language, **told)


def _points(group: Group, language: Language) -> str:
    # Rounded first: a little below nought is 0, not -0.
    told = {name: f"{round(100 * getattr(group.gap, name)):+}" for name in ("value", "low", "high")}
    return say("icp.gap_said", language, **told)
