"""What is due, as a page that needs no network."""

from leadml.charts import Chart, as_svg
from leadml.kept.due import Due, count_states
from leadml.kept.states import AT_RISK_ABOVE, State
from leadml.reports.due import due_head, owner_parts, promise_parts, stay_parts
from leadml.reports.due_charts import deadline_chart, overdue_chart, owner_chart
from leadml.reports.kept import local_moment
from leadml.reports.page import Block, Page, Picture, Points, Section
from leadml.wording.numbers import percent
from leadml.wording.texts import Language, say


def due_page(due: Due, language: Language, *, most: int | None) -> Page:
    """Lay out what is due as a page.

    Parameters
    ----------
    due : Due
    language : {"en", "ja"}
    most : int or None
        How many rows each table has at most; None: all.

    Returns
    -------
    page : Page
    """
    title = say("kept.due.page", language, as_of=local_moment(due.judged, due.as_of))
    if not due.promises and not due.stays:
        return Page(title, due_head(due, language), (), language)
    sections = [
        Section(say(f"kept.due.sections.{key}", language), tuple(blocks))
        for key, blocks in _sections(due, language, most)
        if blocks
    ]
    savable = len(due.promises) - count_states(due.promises)[State.BROKEN]
    lead = say("kept.due.lead_some" if savable else "kept.due.lead_none", language, number=savable)
    return Page(title, lead, tuple(sections), language)


def _sections(due: Due, language: Language, most: int | None) -> list[tuple[str, list[Block]]]:
    """Lay out what stands below each heading, what can still be kept first."""
    return [
        (
            "summary",
            [
                due_head(due, language),
                *_picture(owner_chart(due, language, most=most), "owners", "summary", language),
                *owner_parts(due, language, most=most),
            ],
        ),
        (
            "savable",
            [
                *_picture(deadline_chart(due, language), "deadlines", "savable", language),
                *promise_parts(due, State.AT_RISK, language, most=most),
                *promise_parts(due, State.OPEN, language, most=most),
            ],
        ),
        (
            "broken",
            [
                *_picture(overdue_chart(due.promises, due.as_of, language), "overdue", "broken", language),
                *promise_parts(due, State.BROKEN, language, most=most),
            ],
        ),
        (
            "stays",
            [
                *_picture(overdue_chart(due.stays, due.as_of, language), "stays", "stays", language),
                *stay_parts(due, State.AT_RISK, language, most=most),
                *stay_parts(due, State.BROKEN, language, most=most),
            ],
        ),
        ("counted", [Points(_counted_lines(language))]),
    ]


def _counted_lines(language: Language) -> tuple[str, ...]:
    keys = ("waits", "risk", "owner", "stays", "escalation")
    return tuple(say(f"kept.due.counted.{key}", language, share=percent(AT_RISK_ABOVE, language)) for key in keys)


def _picture(chart: Chart | None, reading: str, section: str, language: Language) -> list[Block]:
    """Show a chart, with how it is read above it; nothing where there is none."""
    if chart is None:
        return []
    alt = say(f"kept.due.sections.{section}", language)
    return [say(f"kept.due.reading.{reading}", language), Picture(as_svg(chart), alt)]
