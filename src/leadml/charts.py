"""The one place for charts: the same for a notebook, a page and a report, in English or Japanese.

Each function gives an Altair chart, which a notebook shows as it is; `as_svg` makes a picture of it that needs neither
a network nor a script.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import altair
import pandas as pd
import vl_convert

from leadml.evaluate.reliability import ReliabilityPoint
from leadml.explain.overview import EffectOfValue, Importance, Interaction
from leadml.explain.reasons import Explainer, Explanation
from leadml.specs.feature_spec import FeatureSpec
from leadml.wording.texts import Language, say

# Blue and orange are told apart by everybody; the order is that of the themes.
UP, DOWN, REST = "#2b6cb0", "#dd6b20", "#718096"
COLOURS = ("#2b6cb0", "#dd6b20", "#2f855a", "#805ad5", "#b7791f", "#4a5568")
_WIDTH, _ROW, _LETTERS = 420, 22, 12  # pixels
_WATERFALL_LINES = 8

Labels = Mapping[str, str]


class _Bar(NamedTuple):
    """One bar on the way to a score."""

    label: str
    begin: int
    end: int
    kind: str
    points: str


Chart = altair.LayerChart | altair.Chart


def importance(importances: Sequence[Importance], labels: Labels, themes: Labels, language: Language) -> Chart:
    """Draw how much features, or themes, move scores.

    Parameters
    ----------
    importances : sequence of Importance
    labels : mapping of feature to str
    themes : mapping of theme to str
        What the colours stand for.
    language : {"en", "ja"}

    Returns
    -------
    chart : altair.Chart
    """
    frame = pd.DataFrame(
        {
            "label": [labels[one.name] for one in importances],
            "size": [one.size for one in importances],
            "theme": [themes[one.theme] for one in importances],
        }
    )
    colours = altair.Scale(domain=list(themes.values()), range=list(COLOURS[: len(themes)]))
    return finished(
        altair.Chart(frame)
        .mark_bar()
        .encode(
            x=altair.X("size:Q", title=say("charts.size", language)),
            y=altair.Y("label:N", sort=None, title=None, axis=labelled(frame["label"])),
            color=altair.Color("theme:N", scale=colours, title=None, legend=altair.Legend(orient="bottom", columns=1)),
        ),
        rows=len(frame),
        title=say("charts.importance", language),
    )


def effect_by_value(
    effects: Sequence[EffectOfValue], feature: FeatureSpec, explainer: Explainer, language: Language
) -> Chart:
    """Draw what each value of a feature does to the score, with the range of 8 in 10 leads.

    Parameters
    ----------
    effects : sequence of EffectOfValue
    feature : FeatureSpec
    explainer : Explainer
        Says values in words.
    language : {"en", "ja"}

    Returns
    -------
    chart : altair.LayerChart
    """
    frame = pd.DataFrame(
        {
            "value": [value_in_words(one, feature, explainer, language) for one in effects],
            "effect": [one.effect for one in effects],
            "low": [one.effect_low for one in effects],
            "high": [one.effect_high for one in effects],
            "leads": [one.leads for one in effects],
        }
    )
    base = altair.Chart(frame).encode(y=altair.Y("value:N", sort=None, title=None, axis=labelled(frame["value"])))
    sign = altair.condition(altair.datum.effect >= 0, altair.value(UP), altair.value(DOWN))
    drawn = (
        altair.Chart(pd.DataFrame({"zero": [0]})).mark_rule(color=REST).encode(x=altair.X("zero:Q"))
        + base.mark_rule(color=REST, strokeWidth=2).encode(x=altair.X("low:Q"), x2="high:Q")
        + base.mark_circle(size=70, opacity=1).encode(
            x=altair.X("effect:Q", title=say("charts.effect", language)),
            color=sign,
            tooltip=["value", "effect", "leads"],
        )
    )
    label = feature.label.ja if language == "ja" else feature.label.en
    return finished(drawn, rows=len(frame), title=label)


def value_in_words(one: EffectOfValue, feature: FeatureSpec, explainer: Explainer, language: Language) -> str:
    """Say a value or a range of values, as reasons do.

    Parameters
    ----------
    one : EffectOfValue
    feature : FeatureSpec
    explainer : Explainer
    language : {"en", "ja"}

    Returns
    -------
    text : str
    """
    lowest = explainer.in_words(feature, one.lowest, language)
    if one.lowest == one.highest:
        return lowest
    return say("charts.range", language, lowest=lowest, highest=explainer.in_words(feature, one.highest, language))


def interactions(pairs: Sequence[Interaction], labels: Labels, language: Language) -> Chart:
    """Draw which pairs of features move scores together, beyond what each does by itself.

    Parameters
    ----------
    pairs : sequence of Interaction
    labels : mapping of feature to str
    language : {"en", "ja"}

    Returns
    -------
    chart : altair.Chart
    """
    frame = pd.DataFrame(
        {
            "pair": [say("charts.pair", language, first=labels[one.first], second=labels[one.second]) for one in pairs],
            "size": [one.size for one in pairs],
        }
    )
    drawn = (
        altair.Chart(frame)
        .mark_bar(color=UP)
        .encode(
            x=altair.X("size:Q", title=say("charts.size", language)),
            y=altair.Y("pair:N", sort=None, title=None, axis=labelled(frame["pair"])),
        )
    )
    return finished(drawn, rows=len(frame), title=say("charts.interactions", language))


def reasons(explanation: Explanation, language: Language, *, lines: int = _WATERFALL_LINES) -> Chart:
    """Draw the way from the usual lead to a score, in whole points that add up.

    Parameters
    ----------
    explanation : Explanation
    language : {"en", "ja"}
    lines : int
        How many features are named; the others are one bar.

    Returns
    -------
    chart : altair.LayerChart
    """
    named, others = explanation.top(lines)
    steps = [(effect.reason[language], effect.effect) for effect in named]
    steps += [(say("all_others", language), others)]
    if explanation.held_effect:
        steps.append((say("charts.held", language), explanation.held_effect))
    bars = [_Bar(say("charts.start", language), 0, explanation.start, "whole", str(explanation.start))]
    reached = explanation.start
    for label, points in steps:
        bars.append(_Bar(label, reached, reached + points, "up" if points >= 0 else "down", f"{points:+d}"))
        reached += points
    bars.append(_Bar(say("charts.score", language), 0, reached, "whole", str(reached)))
    frame = pd.DataFrame(bars)
    colours = altair.Scale(domain=["up", "down", "whole"], range=[UP, DOWN, REST])
    base = altair.Chart(frame).encode(y=altair.Y("label:N", sort=None, title=None, axis=labelled(frame["label"])))
    drawn = base.mark_bar().encode(
        x=altair.X("begin:Q", title=say("charts.points", language)),
        x2="end:Q",
        color=altair.Color("kind:N", scale=colours, legend=None),
    ) + base.mark_text(align="left", dx=4).encode(x=altair.X("right:Q"), text="points:N").transform_calculate(
        right="max(datum.begin, datum.end)"
    )
    return finished(drawn, rows=len(frame), title=None)


def reliability(points: Sequence[ReliabilityPoint], language: Language) -> Chart:
    """Draw what was said against what happened: on the line, chances are true.

    Parameters
    ----------
    points : sequence of ReliabilityPoint
    language : {"en", "ja"}

    Returns
    -------
    chart : altair.LayerChart
    """
    frame = pd.DataFrame(
        {
            "said": [one.said for one in points],
            "happened": [one.happened.value for one in points],
            "low": [one.happened.low for one in points],
            "high": [one.happened.high for one in points],
        }
    )
    most = max([1e-9, *frame["said"], *frame["high"]])
    percent = altair.Axis(format=".0%")
    base = altair.Chart(frame).encode(x=altair.X("said:Q", title=say("charts.said", language), axis=percent))
    line = altair.Chart(pd.DataFrame({"x": [0.0, most], "y": [0.0, most]})).mark_line(color=REST, strokeDash=[4, 4])
    drawn = (
        line.encode(x="x:Q", y="y:Q")
        + base.mark_rule(color=UP).encode(y=altair.Y("low:Q"), y2="high:Q")
        + base.mark_circle(color=UP, size=70, opacity=1).encode(
            y=altair.Y("happened:Q", title=say("charts.happened", language), axis=percent)
        )
    )
    return finished(drawn, rows=12, title=say("charts.reliability", language))


def as_svg(chart: Chart) -> str:
    """Make a picture of a chart.

    Parameters
    ----------
    chart : altair.Chart or altair.LayerChart

    Returns
    -------
    svg : str
        Complete in itself; texts stay texts, so that Japanese needs no font of ours.
    """
    svg: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return svg


def labelled(labels: Iterable[str]) -> altair.Axis:
    """Leave room for whole labels: what they take depends on fonts that only the reader's browser knows."""
    room = max((_width(label) for label in labels), default=0.0)
    return altair.Axis(labelAlign="left", labelPadding=room, minExtent=room, labelLimit=0, ticks=False, domain=False)


def _width(label: str) -> float:
    """Tell how many pixels a label takes at most: letters of Japanese are as wide as high, others little over half."""
    wide = sum(unicodedata.east_asian_width(letter) in "WFA" for letter in label)
    return _LETTERS * (wide + 0.58 * (len(label) - wide)) + _LETTERS


def finished(chart: Chart, *, rows: int, title: str | None) -> Chart:
    """Give every chart the same size a row and the same letters."""
    settings: dict[str, Any] = {"width": _WIDTH, "height": _ROW * max(rows, 1)}
    if title is not None:
        settings["title"] = title
    font = "system-ui, 'Hiragino Sans', 'Noto Sans CJK JP', 'Noto Sans JP', Meiryo, sans-serif"
    finished: Chart = (
        chart.properties(**settings)
        .configure(font=font)
        .configure_view(stroke=None)
        .configure_title(anchor="start", fontSize=14)
        .configure_axis(grid=False, labelFontSize=_LETTERS, titleFontSize=_LETTERS, titleFontWeight="normal")
    )
    return finished
