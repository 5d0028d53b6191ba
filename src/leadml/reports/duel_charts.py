"""The pictures of a duel: lift, reliability, who changes, where two lists disagree, and segments."""

from typing import NamedTuple

import altair
import numpy as np
import pandas as pd

from leadml.charts import COLOURS, DOWN, REST, UP, Chart, finished, labelled
from leadml.compare import Comparison
from leadml.contestants import Entries
from leadml.disagreements import better_than
from leadml.duel import Duel
from leadml.history.tables import Mask, Numbers
from leadml.reports.comparison import contestant
from leadml.splits import join_tests
from leadml.wording.texts import Language, say

_MOST_DOTS = 800
_PERCENT = altair.Axis(format=".0%")


class Scatter(NamedTuple):
    """Where two lists place some leads: the part of its age that stands below, and whether it became ready."""

    first: Numbers
    second: Numbers
    ready: Mask


def scatter_of(entries: Entries, first: str, second: str, *, seed: int = 7) -> Scatter:
    """Place the snapshots of a test in two lists; of many, some drawn by lot.

    Parameters
    ----------
    entries : Entries
    first, second : str
        Names of contestants.
    seed : int

    Returns
    -------
    scatter : Scatter
    """
    test, _ = join_tests(entries.periods)
    rows = np.random.default_rng(seed).permutation(len(test))[:_MOST_DOTS]
    places = [better_than(entries.enter(name).scores().ranking, test)[rows] for name in (first, second)]
    return Scatter(places[0], places[1], test.ready[rows] > 0)


def lift_chart(duel: Duel, language: Language) -> Chart:
    """Draw how many of the ready leads the top of each list holds."""
    rows = [
        {"who": contestant(name, language), "share": point.share, "found": point.found}
        for name, points in duel.lift.items()
        for point in points
    ]
    frame = pd.DataFrame(rows)
    chance = pd.DataFrame({"share": [0.0, 1.0], "found": [0.0, 1.0]})
    line = altair.Chart(chance).mark_line(color=REST, strokeDash=[4, 4]).encode(x="share:Q", y="found:Q")
    drawn = line + altair.Chart(frame).mark_line(point=True).encode(
        x=altair.X("share:Q", title=say("duel.charts.share", language), axis=_PERCENT),
        y=altair.Y("found:Q", title=say("duel.charts.found", language), axis=_PERCENT),
        color=_by_contestant(duel, language),
    )
    return finished(drawn, rows=12, title=None)


def reliability_chart(duel: Duel, language: Language) -> Chart:
    """Draw what each contestant said against what happened."""
    frame = pd.DataFrame(
        [
            {
                "who": contestant(name, language),
                "said": point.said,
                "happened": point.happened.value,
                "low": point.happened.low,
                "high": point.happened.high,
            }
            for name, points in duel.reliability.items()
            for point in points
        ]
    )
    most = float(max(frame["said"].max(), frame["high"].max()))
    line = altair.Chart(pd.DataFrame({"x": [0.0, most], "y": [0.0, most]})).mark_line(color=REST, strokeDash=[4, 4])
    base = altair.Chart(frame).encode(
        x=altair.X("said:Q", title=say("charts.said", language), axis=_PERCENT), color=_by_contestant(duel, language)
    )
    drawn = (
        line.encode(x="x:Q", y="y:Q")
        + base.mark_rule(opacity=0.5).encode(y=altair.Y("low:Q"), y2="high:Q")
        + base.mark_circle(size=60, opacity=1).encode(
            y=altair.Y("happened:Q", title=say("charts.happened", language), axis=_PERCENT)
        )
    )
    return finished(drawn, rows=12, title=None)


def swap_chart(duel: Duel, language: Language) -> Chart:
    """Draw who enters, leaves and stays, and how many of each became ready; against the first rival."""
    swap = duel.pairings[0].swap
    names = {
        "first": contestant(duel.first, language),
        "rival": contestant(duel.pairings[0].rival, language),
    }
    rows = []
    for group in ("enter", "leave", "stay"):
        ready, every = getattr(swap, f"{group}_ready"), getattr(swap, group)
        label = say(f"duel.{group}", language, **names)
        rows += [
            {"group": label, "became": say("duel.charts.yes", language), "leads": ready, "order": 0},
            {"group": label, "became": say("duel.charts.no", language), "leads": every - ready, "order": 1},
        ]
    frame = pd.DataFrame(rows)
    drawn = (
        altair.Chart(frame)
        .mark_bar()
        .encode(
            x=altair.X("leads:Q", title=say("duel.charts.leads", language)),
            y=altair.Y("group:N", sort=None, title=None, axis=labelled(frame["group"])),
            color=_by_outcome(language),
            order="order:Q",
        )
    )
    return finished(drawn, rows=3, title=None)


def scatter_chart(duel: Duel, scatter: Scatter, language: Language) -> Chart:
    """Draw where both lists place each lead: far from the diagonal they disagree."""
    frame = pd.DataFrame(
        {
            "first": scatter.first,
            "second": scatter.second,
            "became": [say(f"duel.charts.{'yes' if ready else 'no'}", language) for ready in scatter.ready],
        }
    )
    names = [contestant(name, language) for name in (duel.first, duel.pairings[0].rival)]
    drawn = (
        altair.Chart(frame)
        .mark_circle(size=18, opacity=0.6)
        .encode(
            x=altair.X("first:Q", title=say("duel.charts.places_first", language, name=names[0])),
            y=altair.Y("second:Q", title=say("duel.charts.places_second", language, name=names[1])),
            color=_by_outcome(language),
        )
    )
    return finished(drawn, rows=16, title=None)


def segment_chart(comparison: Comparison, language: Language) -> Chart | None:
    """Draw what the first gains in each segment over its first rival; None where no segment has enough leads."""
    rows = []
    for segment in comparison.segments:
        verdict = next((verdict for verdict in segment.verdicts if verdict.metric == "auc"), None)
        if verdict is None or segment.name is None or verdict.gain is None:
            continue
        name = say(f"comparison.tried.{segment.name}", language) if segment.view == "tried" else segment.name
        label = f"{say(f'comparison.views.{segment.view}', language)}: {name}"
        gain = verdict.gain
        rows.append({"label": label, "gain": gain.value, "low": gain.low, "high": gain.high, "leads": segment.leads})
    if not rows:
        return None
    frame = pd.DataFrame(rows)
    base = altair.Chart(frame).encode(y=altair.Y("label:N", sort=None, title=None, axis=labelled(frame["label"])))
    drawn = (
        altair.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=REST).encode(x="zero:Q")
        + base.mark_rule(color=REST, strokeWidth=2).encode(x=altair.X("low:Q"), x2="high:Q")
        + base.mark_circle(size=70, opacity=1).encode(
            x=altair.X("gain:Q", title=say("duel.charts.gain", language)),
            color=altair.condition(altair.datum.gain >= 0, altair.value(UP), altair.value(DOWN)),
        )
    )
    return finished(drawn, rows=len(frame), title=None)


def _by_contestant(duel: Duel, language: Language) -> altair.Color:
    names = [contestant(name, language) for name in duel.comparison.contestants]
    scale = altair.Scale(domain=names, range=list(COLOURS[: len(names)]))
    return altair.Color("who:N", scale=scale, title=None, legend=altair.Legend(orient="bottom", columns=1))


def _by_outcome(language: Language) -> altair.Color:
    said = [say(f"duel.charts.{word}", language) for word in ("yes", "no")]
    scale = altair.Scale(domain=said, range=[UP, REST])
    return altair.Color("became:N", scale=scale, title=None, legend=altair.Legend(orient="bottom", columns=1))
