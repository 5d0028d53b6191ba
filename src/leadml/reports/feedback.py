"""What became of the hand-overs: tables, sentences, and a page."""

from collections.abc import Iterator
from typing import Any

from leadml.agreed.phrases import listed, plainly
from leadml.clock import to_iso
from leadml.feedback import ATTRIBUTE, FEWEST_HAND_OVERS, SETTLED_AFTER_DAYS, Advice, Became, Feedback, Group
from leadml.reports.page import Block, Page, Points, Section
from leadml.reports.text_table import TextTable
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.wording.numbers import percent, plain
from leadml.wording.texts import Language, say

_MOST_GROUPS = 15


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
    reasons: dict[str, int] = {}
    for one in feedback.followed:
        if one.reason is not None:
            name = plainly(one.reason) if one.reason else say("glossary.no_reason", language)
            reasons[name] = reasons.get(name, 0) + 1
    if not reasons:
        return None
    ordered = sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))
    told = [say("feedback.reason", language, reason=name, number=count) for name, count in ordered]
    return say("feedback.reasons", language, reasons=listed(told, language))


def advice_lines(feedback: Feedback, definitions: DefinitionsSpec, language: Language) -> tuple[str, ...]:
    """Say what marketing should send more and less of; where nothing is proven, that it is so."""
    lines = [
        say(
            f"feedback.advice.{advice}",
            language,
            group=group_name(view, group.name, definitions, language),
            view=view_name(view, language),
            good=percent(group.good.value, language),
            settled=f"{group.good.of:,.0f}",
            gap=_points(group, language),
        )
        for advice in (Advice.MORE, Advice.LESS)
        for view, group in feedback.advised(advice)
    ]
    return tuple(lines) or (say("feedback.nothing_proven", language),)


def view_table(
    feedback: Feedback, view: str, definitions: DefinitionsSpec, language: Language, *, wide: bool
) -> TextTable | str:
    """Lay one view out, a group a row; a sentence where it is not known.

    Parameters
    ----------
    feedback : Feedback
    view : str
    definitions : DefinitionsSpec
        Name personas and lead types as people call them.
    language : {"en", "ja"}
    wide : bool
        Whether there is room for all that hand-overs become; else for those won and those given back.

    Returns
    -------
    part : TextTable or str
        Of very many groups, the largest.
    """
    groups, name = feedback.views[view], view_name(view, language)
    if not groups:
        return say("feedback.not_known", language, view=name)
    key = "by" if len(groups) <= _MOST_GROUPS else "by_most"
    title = say(f"feedback.{key}", language, view=name, most=_MOST_GROUPS, groups=len(groups))
    title = "" if wide and key == "by" else title  # the heading of its section says it
    became = tuple(Became) if wide else (Became.WON, Became.RETURNED)
    heads = [f"became.{each}" for each in became]
    table = TextTable(title, [name])
    for head in ("columns.hand_overs", *heads, "columns.amount", "columns.good", "columns.returned", "columns.gap"):
        table.add_column(say(f"feedback.{head}", language), right=True)
    table.add_column(say("feedback.columns.advice", language))
    for group in groups[:_MOST_GROUPS]:
        table.add_row(
            group_name(view, group.name, definitions, language),
            f"{group.hand_overs:,}",
            *(f"{group.became[each]:,}" for each in became),
            plain(group.amount),
            _rate(group.good.value, group.good.low, group.good.high, group.good.of, language),
            percent(group.returned.value, language) if group.returned.of else say("value.missing", language),
            _points(group, language),
            say(f"feedback.advised.{group.advice}", language),
        )
    return table


def feedback_parts(feedback: Feedback, definitions: DefinitionsSpec, language: Language) -> Iterator[TextTable | str]:
    """Tell all of it for a terminal: head, reasons, advice, then each view."""
    yield feedback_head(feedback, language)
    if not feedback.followed:
        return
    if (reasons := reasons_in_words(feedback, language)) is not None:
        yield reasons
    yield from advice_lines(feedback, definitions, language)
    for view in feedback.views:
        yield view_table(feedback, view, definitions, language, wide=False)
    yield say("feedback.how", language, days=SETTLED_AFTER_DAYS, fewest=FEWEST_HAND_OVERS)


def feedback_page(feedback: Feedback, definitions: DefinitionsSpec, language: Language) -> Page:
    """Lay it out as a page."""
    sections = []
    if feedback.followed:
        first: list[Block] = [Points(advice_lines(feedback, definitions, language))]
        first += filter(None, [reasons_in_words(feedback, language)])
        first.append(say("feedback.how", language, days=SETTLED_AFTER_DAYS, fewest=FEWEST_HAND_OVERS))
        sections.append(Section(say("feedback.send", language), tuple(first)))
    for view in feedback.views if feedback.followed else ():
        heading = say("feedback.by", language, view=view_name(view, language))
        sections.append(Section(heading, (view_table(feedback, view, definitions, language, wide=True),)))
    return Page(say("feedback.title", language), feedback_head(feedback, language), tuple(sections), language)


def feedback_as_json(feedback: Feedback) -> dict[str, Any]:
    """Lay it out for a program: every hand-over, and the sums."""
    return {
        "hand_overs": [
            {
                "lead_id": one.lead_id,
                "handed_over_at": to_iso(one.handed_over_at),
                "became": one.became,
                "deal_stages": list(one.deal_stages),
                "latest_deal_stage": one.latest_deal_stage,
                "amount": one.amount,
                "reason": one.reason,
                "recycled": one.recycled,
                "settled": one.settled,
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
        "amount": group.amount,
        "settled": int(group.good.of),
        "good": {name: getattr(group.good, name) for name in ("value", "low", "high")},
        "returned": {name: getattr(group.returned, name) for name in ("value", "low", "high")},
        "difference": {name: getattr(group.gap, name) for name in ("value", "low", "high", "chance")},
        "advice": group.advice,
    }


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
    told = {name: f"{100 * getattr(group.gap, name):+.0f}" for name in ("value", "low", "high")}
    return say("icp.gap_said", language, **told)
