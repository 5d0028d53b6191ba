"""A report on the agreement as a page that needs no network."""

from leadml.charts import Chart, as_svg
from leadml.kept.figures import Share
from leadml.kept.report import VIEWS, SlaReport
from leadml.kept.states import Promise
from leadml.reports.kept import (
    counted_lines,
    delay_table,
    group_table,
    head_line,
    marketing_lines,
    promise_table,
    share_in_words,
    source_lines,
    stay_table,
    target_table,
)
from leadml.reports.kept_charts import delay_chart, group_chart, in_time_chart, promise_chart, week_chart
from leadml.reports.page import Block, Page, Picture, Points, Section
from leadml.wording.texts import Language, say


def kept_page(report: SlaReport, language: Language) -> Page:
    """Write a report as a page.

    Parameters
    ----------
    report : SlaReport
    language : {"en", "ja"}

    Returns
    -------
    page : Page
    """
    title = say("kept.title", language, version=report.judged.agreement.version)
    head = head_line(report, language)
    if not report.whole.hand_overs:
        nothing = Section(say("kept.sections.summary", language), (say("kept.no_hand_overs", language),))
        return Page(title, head, (nothing,), language)
    sections = [
        Section(say(f"kept.sections.{key}", language), tuple(blocks))
        for key, blocks in _sections(report, language)
        if blocks
    ]
    share = report.whole.promises[Promise.FIRST_ATTEMPT].share
    return Page(title, _lead(share, language), tuple(sections), language)


def _sections(report: SlaReport, language: Language) -> list[tuple[str, list[Block]]]:
    """Lay out what stands below each heading, in order."""
    summary: list[Block] = [head_line(report, language)]
    if report.targets:
        summary.append(target_table(report.targets, language))
    return [
        ("summary", summary),
        (
            "promises",
            [
                *_picture(promise_chart(report, language), "promises", "promises", language),
                promise_table(report, language),
                Points(tuple(source_lines(report, language))),
            ],
        ),
        (
            "weeks",
            [
                *_picture(week_chart(report, language), "weeks", "weeks", language),
                *_picture(in_time_chart(report, language), "in_time", "weeks", language),
            ],
        ),
        (
            "delays",
            [
                *_picture(delay_chart(report, language), "delays", "delays", language),
                delay_table(report, language),
            ],
        ),
        (
            "groups",
            [
                *_picture(group_chart(report, "owner", language), "groups", "groups", language),
                *(group_table(report, view, language) for view in VIEWS),
            ],
        ),
        ("marketing", [Points(tuple(marketing_lines(report, language)))]),
        ("stays", [stay_table(report, language)] if report.stays else []),
        ("counted", [Points(tuple(counted_lines(report, language)))]),
    ]


def _lead(share: Share, language: Language) -> str:
    if not share.of:
        return say("kept.lead_nothing", language)
    return say("kept.lead_kept", language, share=share_in_words(share, language, interval=False), of=share.of)


def _picture(chart: Chart | None, reading: str, section: str, language: Language) -> list[Block]:
    """Show a chart, with how it is read above it; nothing where there is none."""
    if chart is None:
        return []
    return [say(f"kept.reading.{reading}", language), Picture(as_svg(chart), say(f"kept.sections.{section}", language))]
