"""Two agreements side by side, for a terminal and as a page."""

from leadml.agreed.difference import HALVES, Difference
from leadml.reports.page import Page, Points, Section
from leadml.wording.texts import Language, say


def difference_page(difference: Difference, language: Language) -> Page:
    """Lay the changes out: the agreement itself, definitions, promises; then what follows.

    Parameters
    ----------
    difference : Difference
    language : {"en", "ja"}

    Returns
    -------
    page : Page
        Without a section for what did not change.
    """
    follows = difference.follows(language)
    told = [(half, difference.lines(half, language)) for half in HALVES]
    sections = [Section(say(f"difference.{half}", language), (Points(lines),)) for half, lines in told if lines]
    if sections:
        sections.append(Section(say("difference.what_follows", language), (Points(follows),)))
    versions = {"before": difference.before.version, "after": difference.after.version}
    count = len(difference.changes)
    lead = (
        say(f"difference.lead.{'one' if count == 1 else 'more'}", language, changes=count) if sections else follows[0]
    )
    return Page(say("difference.title", language, **versions), lead, tuple(sections), language)
