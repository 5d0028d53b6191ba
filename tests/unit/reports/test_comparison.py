"""A comparison as a person reads it: in both languages, on a terminal of 132 columns."""

import io
from dataclasses import asdict, replace

import orjson
import pytest
from rich.console import Console

from leadml.cli.drawn_table import DrawnTable
from leadml.compare import compare_recipe
from leadml.evaluate import METRICS
from leadml.reports.comparison import details, report, verdict_lines
from leadml.reports.text_table import TextTable
from leadml.wording.texts import LANGUAGES

WIDTH = 132


@pytest.fixture(scope="module")
def comparison(demo_training_set, spec):
    return compare_recipe(demo_training_set, spec, rivals=("rules", "logistic", "lightgbm"), learning_curve=True)


def printed(parts):
    console = Console(width=WIDTH, file=io.StringIO())
    for part in parts:
        console.print(DrawnTable(part) if isinstance(part, TextTable) else part)
    return console.file.getvalue()


def test_every_figure_of_every_age_and_every_date_is_in_the_report(comparison):
    text = printed(report(comparison, "en"))
    for verdict in comparison.by_age():
        for figure in verdict.figures.values():
            assert f"{figure.value:.3f}" in text
    for period in comparison.periods:
        assert period.created_from[:10] in text
        assert f"{period.test_from[:10]} to {period.test_to[:10]}" in text
        assert f"{period.trained_on:,} ({period.in_the_gap:,})" in text


def test_the_details_hold_gains_segments_groups_and_the_curve(comparison):
    text = printed(details(comparison, "en"))
    for metric in METRICS:
        gain = comparison.overall(metric).gains["logistic"]
        assert f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]" in text
    for segment in comparison.segments:
        assert f"{segment.leads:,}" in text
    assert "not shown: fewer than 50 outcomes" in text
    assert "the band recommends the hand-over" in text
    assert "12 %" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_off_with_all_contestants(comparison, language):
    for parts in (report, details):
        assert "…" not in printed(parts(comparison, language))


def test_in_japanese_no_english_heading_is_left(comparison):
    text = printed([*report(comparison, "ja"), *details(comparison, "ja")])
    for english in (
        "Readiness",
        "readiness",
        "rules",
        "Figure",
        "Period",
        "Precision",
        "not shown",
        "Segment",
        "Learned",
    ):
        assert english not in text
    assert "学習モデル" in text


def test_there_is_a_sentence_for_each_rival_and_for_what_figures_do_not_say(comparison):
    lines = verdict_lines(comparison, "en")
    for line, rival in zip(lines, ("the rules", "logistic regression", "plain LightGBM"), strict=False):
        assert rival in line
    drawn, gain = comparison.overall("auc").gains["lightgbm"], comparison.ruling("lightgbm").gain
    assert gain.low < drawn.low < drawn.high < gain.high  # widened for few leads, as in a duel
    assert f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]" in lines[2]
    text = " ".join(lines)
    within = comparison.within_day().figures["readiness"]
    assert f"AUC: readiness {within.value:.3f} [{within.low:.3f}, {within.high:.3f}]" in text
    assert "among leads that were worked" in text
    assert f"no attempt on {round(100 * comparison.not_worked_share)} %" in text
    assert f"learned from {comparison.periods[-1].trained_on:,} snapshots" in text
    assert "instead of" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_fewer_periods_than_asked_are_told(comparison, language):
    fewer = replace(comparison, periods=comparison.periods[:2], note="fewer_periods")
    (line,) = set(verdict_lines(fewer, language)) - set(verdict_lines(replace(fewer, note=None), language))
    assert "2" in line
    assert "3" in line


def test_of_many_groups_the_largest_are_told_and_the_others_counted(comparison):
    (one, *_) = comparison.segments
    sources = tuple(replace(one, view="source", name=f"[{number}]", leads=100 - number) for number in range(20))
    text = printed(details(replace(comparison, segments=sources), "en"))
    assert "[7]" in text  # as written: no mark-up of the terminal
    assert "[8]" not in text
    assert "... and 12 smaller ones" in text


def test_as_json_every_number_is_plain_and_what_is_not_available_is_null(comparison):
    (verdict, *_) = comparison.verdicts
    lacking = replace(verdict, figures={**verdict.figures, "rules": None})
    written = orjson.loads(orjson.dumps(asdict(replace(comparison, verdicts=(lacking,)))))
    assert written["verdicts"][0]["figures"]["rules"] is None
    assert written["verdicts"][0]["figures"]["readiness"] == asdict(verdict.first)
    assert written["periods"] == [asdict(period) for period in comparison.periods]
    assert len(written["segments"]) == len(comparison.segments)
    assert [point["share"] for point in written["learning_curve"]] == [0.125, 0.25, 0.5, 1.0]
    text = printed(report(replace(comparison, verdicts=(lacking, *comparison.verdicts[1:])), "en"))
    assert " - " in text
