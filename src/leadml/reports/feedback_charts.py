"""The pictures of what became of hand-overs: groups compared at one age, what they had become, and deals of today."""

from collections.abc import Mapping
from typing import Any

import altair
import pandas as pd

from leadml.after_hand_over import Became, DealState
from leadml.charts import DOWN, REST, UP, Chart, finished, labelled
from leadml.feedback import Advice, Feedback
from leadml.reports.comparison import at_the_beginning
from leadml.reports.feedback import group_name, reason_name, shown_groups
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.wording.texts import Language, say

_PERCENT = altair.Axis(format=".0%")
_PALE, _PALER = "#a3bfdb", "#e2e8f0"
_OF_BECAME = {
    Became.WON: UP,
    Became.IN_DEAL: _PALE,
    Became.OPEN: _PALER,
    Became.ON_HOLD: "#b7791f",
    Became.LOST: REST,
    Became.CLOSED: "#4a5568",
    Became.RETURNED: DOWN,
}
_OF_DEALS = {DealState.WON: UP, DealState.OPEN: _PALE, DealState.ON_HOLD: "#b7791f", DealState.LOST: REST}
_OF_ADVICE = {Advice.MORE: UP, Advice.LESS: DOWN, Advice.NOT_PROVEN: REST, Advice.TOO_FEW: "#cbd5e0"}


def good_chart(feedback: Feedback, view: str, definitions: DefinitionsSpec, language: Language) -> Chart | None:
    """Draw the share of good hand-overs of each group with its interval; None where none is old enough."""
    rows = [
        {
            "group": group_name(view, group.name, definitions, language),
            "value": group.good.value,
            "low": group.good.low,
            "high": group.good.high,
            "advice": say(f"feedback.advised.{group.advice}", language),
        }
        for group in shown_groups(feedback, view)
        if group.good.of
    ]
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    said = {say(f"feedback.advised.{advice}", language): colour for advice, colour in _OF_ADVICE.items()}
    used = [word for word in said if word in set(frame["advice"])]
    base = altair.Chart(frame).encode(y=altair.Y("group:N", sort=None, title=None, axis=labelled(frame["group"])))
    share = altair.X("value:Q", title=say("feedback.columns.good", language), axis=_PERCENT)
    drawn = base.mark_rule(color=REST, strokeWidth=2).encode(x="low:Q", x2="high:Q") + base.mark_circle(
        size=80, opacity=1
    ).encode(
        x=share,
        color=altair.Color(
            "advice:N",
            scale=altair.Scale(domain=used, range=[said[word] for word in used]),
            title=None,
            legend=altair.Legend(orient="bottom", symbolOpacity=1),
        ),
    )
    return finished(drawn, rows=len(frame), title=None)


def became_chart(feedback: Feedback, view: str, definitions: DefinitionsSpec, language: Language) -> Chart | None:
    """Draw what the hand-overs of each group had become at one age, as shares; None where none is old enough."""
    rows = [
        {
            "group": group_name(view, group.name, definitions, language),
            "part": _said(f"feedback.became.{each}", language),
            "number": group.became_at_age[each],
            "order": order,
        }
        for group in shown_groups(feedback, view)
        for order, each in enumerate(Became)
        if group.good.of
    ]
    if not rows:
        return None
    colours = {_said(f"feedback.became.{each}", language): colour for each, colour in _OF_BECAME.items()}
    share = altair.X("number:Q", stack="normalize", title=say("feedback.columns.hand_overs", language), axis=_PERCENT)
    return _stacked(rows, share, colours)


def deal_chart(feedback: Feedback, view: str, definitions: DefinitionsSpec, language: Language) -> Chart | None:
    """Draw how many deals of each group are won, open, on hold and lost today; None where there are none."""
    rows = [
        {
            "group": group_name(view, group.name, definitions, language),
            "part": _said(f"feedback.deals.{state}", language),
            "number": count,
            "order": order,
        }
        for group in shown_groups(feedback, view)
        for order, (state, count) in enumerate(group.deals.items())
    ]
    if not any(row["number"] for row in rows):
        return None
    colours = {_said(f"feedback.deals.{state}", language): colour for state, colour in _OF_DEALS.items()}
    number = altair.X("number:Q", title=say("feedback.charts.deals", language), axis=altair.Axis(tickMinStep=1))
    return _stacked(rows, number, colours)


def reason_chart(feedback: Feedback, language: Language) -> Chart | None:
    """Draw why leads were returned; None where none was."""
    if not feedback.reasons:
        return None
    names = [reason_name(reason, language) for reason in feedback.reasons]
    frame = pd.DataFrame({"reason": names, "number": list(feedback.reasons.values())})
    drawn = (
        altair.Chart(frame)
        .mark_bar(color=DOWN)
        .encode(
            x=altair.X("number:Q", title=say("feedback.charts.returned", language), axis=altair.Axis(tickMinStep=1)),
            y=altair.Y("reason:N", sort=None, title=None, axis=labelled(names)),
        )
    )
    return finished(drawn, rows=len(frame), title=None)


def _stacked(rows: list[dict[str, Any]], length: altair.X, colours: Mapping[str, str]) -> Chart:
    """Draw a bar a group, made of its parts."""
    frame = pd.DataFrame(rows)
    drawn = (
        altair.Chart(frame)
        .mark_bar()
        .encode(
            x=length,
            y=altair.Y("group:N", sort=None, title=None, axis=labelled(frame["group"])),
            color=altair.Color(
                "part:N",
                scale=altair.Scale(domain=list(colours), range=list(colours.values())),
                title=None,
                legend=altair.Legend(orient="bottom", columns=4),
            ),
            order="order:O",
        )
    )
    return finished(drawn, rows=frame["group"].nunique(), title=None)


def _said(key: str, language: Language) -> str:
    return at_the_beginning(say(key, language))
