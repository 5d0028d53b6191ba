"""The pictures of what is due: deadlines ahead, how much waits for whom, and how long ago it should have been done."""

from collections.abc import Sequence
from datetime import datetime

import altair
import numpy as np
import pandas as pd

from leadml.charts import COLOURS, DOWN, Chart, finished, labelled
from leadml.clock import DAY
from leadml.kept.due import STUCK, WAITING, Due, DuePromise
from leadml.kept.states import State
from leadml.reports.comparison import at_the_beginning
from leadml.reports.due import owner_name
from leadml.wording.texts import Language, say

_COLOUR_OF = {State.AT_RISK: DOWN, State.OPEN: "#a3bfdb", State.BROKEN: "#4a5568"}
_DAYS = (1, 7, 30, 90)  # borders of what is told together


def deadline_chart(due: Due, language: Language) -> Chart | None:
    """Draw when what can still be kept is due, an owner a line; None where nothing can."""
    waiting = [one for one in due.promises if one.state is not State.BROKEN]
    if not waiting:
        return None
    frame = pd.DataFrame(
        [
            {
                "owner": owner_name(one.owner, language, of_side=one.of_side),
                "due": _wall_clock(due, one.due),
                "state": _said(one.state, language),
            }
            for one in waiting
        ]
    )
    now = altair.Chart(pd.DataFrame({"now": [_wall_clock(due, due.as_of)]})).mark_rule(strokeDash=[4, 4])
    # Wall-clock times of the agreement are drawn as they are, wherever the page is made.
    scale = altair.Scale(type="utc", padding=12)
    axis = altair.Axis(format="%m-%d %H:%M", tickCount=5, labelAngle=0, labelOverlap=True)
    base = altair.Chart(frame).encode(y=altair.Y("owner:N", title=None, axis=labelled(frame["owner"])))
    dots = base.mark_circle(size=90, opacity=0.8).encode(
        x=altair.X("due:T", title=say("kept.due.charts.due", language), scale=scale, axis=axis),
        color=_by_state((State.AT_RISK, State.OPEN), language),
    )
    return finished(now.encode(x=altair.X("now:T", scale=scale)) + dots, rows=frame["owner"].nunique() + 1, title=None)


def owner_chart(due: Due, language: Language, *, most: int | None) -> Chart | None:
    """Draw how many promises wait for each owner, of very many for the first; None where none waits."""
    owners = [one for one in due.by_owner()[:most] if any(one.promises.values())]
    if not owners:
        return None
    frame = pd.DataFrame(
        [
            {
                "owner": owner_name(one.owner, language, of_side=one.of_side),
                "state": _said(state, language),
                "promises": one.promises[state],
                "order": order,
            }
            for one in owners
            for order, state in enumerate(WAITING)
        ]
    )
    drawn = (
        altair.Chart(frame)
        .mark_bar()
        .encode(
            x=altair.X("promises:Q", title=say("kept.due.charts.promises", language), axis=altair.Axis(tickMinStep=1)),
            y=altair.Y("owner:N", sort=None, title=None, axis=labelled(frame["owner"])),
            color=_by_state(WAITING, language),
            order="order:O",
        )
    )
    return finished(drawn, rows=len(owners), title=None)


def overdue_chart(waiting: Sequence[DuePromise], as_of: int, language: Language) -> Chart | None:
    """Draw how long ago what is broken was due, by promise or by stage; None where nothing is broken.

    Parameters
    ----------
    waiting : sequence of DuePromise
        Of hand-overs, or leads that stay in a stage.
    as_of : int, UTC microseconds
    language : {"en", "ja"}

    Returns
    -------
    chart : altair.Chart or None
    """
    broken = [one for one in waiting if one.state is State.BROKEN]
    if not broken:
        return None
    edges = (0, *_DAYS)
    spans = [
        say("kept.due.charts.days", language, begin=begin, end=end) for begin, end in zip(edges, _DAYS, strict=False)
    ]
    spans.append(say("kept.due.charts.more_days", language, begin=_DAYS[-1]))
    places = np.searchsorted(_DAYS, [(as_of - one.due) / DAY for one in broken])
    kinds = [
        str(one.stage) if one.promise == STUCK else say(f"kept.promises.{one.promise}", language) for one in broken
    ]
    frame = pd.DataFrame({"span": [spans[place] for place in places], "kind": kinds})
    counted = frame.value_counts().rename("number").reset_index()
    names = sorted(set(kinds))
    drawn = (
        altair.Chart(counted)
        .mark_bar()
        .encode(
            x=altair.X("number:Q", title=say("kept.due.charts.broken", language), axis=altair.Axis(tickMinStep=1)),
            y=altair.Y("span:N", scale=altair.Scale(domain=spans), title=None, axis=labelled(spans)),
            color=altair.Color(
                "kind:N",
                scale=altair.Scale(domain=names, range=[*COLOURS, *COLOURS][: len(names)]),
                title=None,
                legend=altair.Legend(orient="bottom", columns=1, labelLimit=0),
            ),
        )
    )
    return finished(drawn, rows=len(spans), title=None)


def _wall_clock(due: Due, instant: int) -> str:
    return datetime.fromisoformat(due.judged.calendar.local(instant)).replace(tzinfo=None).isoformat() + "Z"


def _said(state: State, language: Language) -> str:
    return at_the_beginning(say(f"kept.state.{state}", language))


def _by_state(states: Sequence[State], language: Language) -> altair.Color:
    domain, colours = [_said(state, language) for state in states], [_COLOUR_OF[state] for state in states]
    return altair.Color(
        "state:N",
        scale=altair.Scale(domain=domain, range=colours),
        title=None,
        legend=altair.Legend(orient="bottom", symbolOpacity=1),
    )
