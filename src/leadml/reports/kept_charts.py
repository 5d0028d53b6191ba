"""The pictures of a report on the agreement: promises, weeks, delays, and who keeps what."""

import altair
import pandas as pd

from leadml.charts import COLOURS, DOWN, REST, UP, Chart, finished, labelled
from leadml.kept.report import SlaReport, View
from leadml.kept.states import Promise
from leadml.reports.kept import TARGET_OF, group_name
from leadml.wording.texts import Language, say

_PERCENT = altair.Axis(format=".0%")
_WHOLE = altair.Scale(domain=[0, 1])
_PALE = "#a3bfdb"
_IN_TIME = (Promise.ACCEPTED, Promise.FIRST_ATTEMPT, Promise.ATTEMPTS_MADE)
_WEEKS_SHOWN = 5  # labels below an axis of weeks


def promise_chart(report: SlaReport, language: Language) -> Chart | None:
    """Draw what was kept of each promise, with its interval and the target; None where nothing was decided yet."""
    targets = {target.name: target.target for target in report.targets}
    rows = [
        {
            "label": say(f"kept.promises.{promise}", language),
            "share": tally.share.value,
            "low": tally.share.low,
            "high": tally.share.high,
            "target": targets.get(TARGET_OF.get(promise, "")),
        }
        for promise, tally in report.whole.promises.items()
        if tally.share.of
    ]
    return _dots(pd.DataFrame(rows), language) if rows else None


def group_chart(report: SlaReport, view: View, language: Language) -> Chart | None:
    """Draw who made the first attempt in time, with intervals; None where nothing was decided yet."""
    target = {target.name: target.target for target in report.targets}.get(TARGET_OF[Promise.FIRST_ATTEMPT])
    rows = []
    for group in report.groups[view]:
        share = group.promises[Promise.FIRST_ATTEMPT].share
        if share.of:
            label = group_name(report, view, group, language)
            rows.append({"label": label, "share": share.value, "low": share.low, "high": share.high, "target": target})
    return _dots(pd.DataFrame(rows), language) if rows else None


def _dots(frame: pd.DataFrame, language: Language) -> Chart:
    """Draw shares as dots on their intervals, and targets as marks."""
    frame["target"] = frame["target"].astype(float)
    base = altair.Chart(frame).encode(y=altair.Y("label:N", sort=None, title=None, axis=labelled(frame["label"])))
    share = altair.X("share:Q", title=say("kept.charts.share", language), axis=_PERCENT, scale=_WHOLE)
    met = "!isValid(datum.target) || datum.share >= datum.target"
    drawn = (
        base.mark_rule(color=REST, strokeWidth=2).encode(x=altair.X("low:Q", scale=_WHOLE), x2="high:Q")
        + base.mark_circle(size=80, opacity=1).encode(
            x=share, color=altair.condition(met, altair.value(UP), altair.value(DOWN))
        )
        + base.transform_filter("isValid(datum.target)")
        .mark_tick(color="#1a202c", thickness=2, size=16)
        .encode(x=altair.X("target:Q"))
    )
    return finished(drawn, rows=len(frame), title=None)


def week_chart(report: SlaReport, language: Language) -> Chart:
    """Draw the hand-overs of each week, and the target."""
    said = {True: say("kept.charts.whole", language), False: say("kept.charts.partly", language)}
    frame = pd.DataFrame(
        [{"week": week.name, "leads": week.hand_overs, "whole": said[week.whole]} for week in report.marketing.weeks]
    )
    drawn = (
        altair.Chart(frame)
        .mark_bar()
        .encode(
            x=_weeks(list(frame["week"]), language),
            y=altair.Y("leads:Q", title=say("kept.charts.hand_overs", language), axis=altair.Axis(tickMinStep=1)),
            color=altair.Color(
                "whole:N",
                scale=altair.Scale(domain=list(said.values()), range=[UP, _PALE]),
                title=None,
                legend=altair.Legend(orient="bottom"),
            ),
        )
    )
    target = next((target.target for target in report.targets if target.name == "hand_overs_a_week"), None)
    if target is None:
        return finished(drawn, rows=9, title=None)
    rule = altair.Chart(pd.DataFrame({"target": [target]})).mark_rule(color="#1a202c", strokeDash=[4, 4])
    return finished(drawn + rule.encode(y="target:Q"), rows=9, title=None)


def in_time_chart(report: SlaReport, language: Language) -> Chart | None:
    """Draw week by week what was done in time; None where nothing was decided yet."""
    rows = [
        {
            "week": group.name,
            "promise": say(f"kept.promises.{promise}", language),
            "share": group.promises[promise].share.value,
            "leads": group.promises[promise].share.of,
        }
        for group in report.groups["week"]
        for promise in _IN_TIME
        if group.promises[promise].share.of
    ]
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    names = list(dict.fromkeys(frame["promise"]))
    base = altair.Chart(frame).encode(
        x=_weeks([week.name for week in report.marketing.weeks], language),
        y=altair.Y("share:Q", title=say("kept.charts.share", language), axis=_PERCENT, scale=_WHOLE),
        color=altair.Color(
            "promise:N",
            scale=altair.Scale(domain=names, range=list(COLOURS[: len(names)])),
            title=None,
            legend=altair.Legend(orient="bottom", columns=1, labelLimit=0, symbolOpacity=1),
        ),
    )
    # A week of few leads jumps: its dot is small.
    size = altair.Size("leads:Q", scale=altair.Scale(range=[8, 90]), legend=None)
    drawn = base.mark_line(opacity=0.25, strokeJoin="round") + base.mark_circle(opacity=1).encode(size=size)
    return finished(drawn, rows=9, title=None)


def delay_chart(report: SlaReport, language: Language) -> Chart | None:
    """Draw how long half, and nine in ten, took in business hours; None where not even half were done anywhere."""
    rows = [
        {"label": say(f"kept.delay.{took}", language), "half": delay.business_p50, "nine": delay.business_p90}
        for took, delay in report.whole.delays.items()
        if delay.business_p50 is not None
    ]
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    base = altair.Chart(frame).encode(y=altair.Y("label:N", sort=None, title=None, axis=labelled(frame["label"])))
    # Where nine in ten are not reached there is a dot alone.
    drawn = base.transform_filter("isValid(datum.nine)").mark_rule(color=REST, strokeWidth=2).encode(
        x=altair.X("half:Q", title=say("kept.charts.hours", language), axis=altair.Axis(tickCount=5)), x2="nine:Q"
    ) + base.mark_circle(color=UP, size=80, opacity=1).encode(x="half:Q")
    return finished(drawn, rows=len(frame), title=None)


def _weeks(names: list[str], language: Language) -> altair.X:
    """Lay weeks out in order; of many, some are named."""
    step = -(-len(names) // _WEEKS_SHOWN)
    return altair.X(
        "week:O",
        title=say("kept.charts.week", language),
        scale=altair.Scale(domain=names),
        axis=altair.Axis(values=names[::step], labelAngle=0),
    )
