"""What became of hand-overs, as a page that needs no network."""

from leadml.after_hand_over import Became
from leadml.charts import Chart, as_svg
from leadml.feedback import Feedback
from leadml.reports.feedback import (
    advice_lines,
    deal_table,
    feedback_head,
    how_lines,
    judged_table,
    left_out,
    reason_table,
    reasons_in_words,
    view_name,
)
from leadml.reports.feedback_charts import became_chart, deal_chart, good_chart, reason_chart
from leadml.reports.page import Block, Page, Picture, Points, Section
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.wording.numbers import plain
from leadml.wording.texts import Language, say


def feedback_page(feedback: Feedback, definitions: DefinitionsSpec, language: Language) -> Page:
    """Lay it out as a page.

    Parameters
    ----------
    feedback : Feedback
    definitions : DefinitionsSpec
    language : {"en", "ja"}

    Returns
    -------
    page : Page
    """
    title, head = say("feedback.title", language), feedback_head(feedback, language)
    if not feedback.followed:
        return Page(title, head, (), language)
    first: list[Block] = [Points(advice_lines(feedback, definitions, language))]
    sections = [Section(say("feedback.send", language), tuple(first))]
    if (reasons := reasons_in_words(feedback, language)) is not None:
        heading = say("feedback.why_returned", language)
        picture = _picture(reason_chart(feedback, language), None, heading, feedback, language)
        sections.append(Section(heading, (*picture, reasons)))
    for view in feedback.views:
        heading = say("feedback.by", language, view=view_name(view, language))
        sections.append(Section(heading, tuple(_of_view(feedback, view, definitions, language))))
    sections.append(Section(say("feedback.counted", language), (Points(how_lines(feedback, language)),)))
    return Page(title, head, tuple(sections), language)


def _of_view(feedback: Feedback, view: str, definitions: DefinitionsSpec, language: Language) -> list[Block]:
    """Lay one view out: groups at one age, then their deals and returns of today."""
    name = view_name(view, language)
    if not feedback.views[view]:
        return [say("feedback.not_known", language, view=name)]
    charts = {key: chart(feedback, view, definitions, language) for key, chart in _CHARTS.items()}
    pictures = {key: _picture(chart, key, name, feedback, language) for key, chart in charts.items()}
    return [
        *pictures["good"],
        *pictures["became"],
        judged_table(feedback, view, definitions, language, tuple(Became)),
        *left_out(feedback, view, language),
        *pictures["deals"],
        deal_table(feedback, view, definitions, language),
        *([reason_table(feedback, view, definitions, language)] if feedback.reasons else []),
    ]


_CHARTS = {"good": good_chart, "became": became_chart, "deals": deal_chart}


def _picture(chart: Chart | None, reading: str | None, alt: str, feedback: Feedback, language: Language) -> list[Block]:
    """Show a chart, with how it is read above it; nothing where there is none."""
    if chart is None:
        return []
    picture = Picture(as_svg(chart), alt)
    if reading is None:
        return [picture]
    return [say(f"feedback.reading.{reading}", language, days=plain(feedback.after_days)), picture]
