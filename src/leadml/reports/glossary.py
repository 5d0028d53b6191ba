"""The ten terms as a company agreed them, as a page that both teams sign, and for a terminal."""

from collections.abc import Sequence

from leadml.agreed.glossary import AgreedTerm, agreed_terms
from leadml.reports.page import Block, Page, Points, Section
from leadml.reports.text_table import TextTable
from leadml.specs.agreement_spec import AgreementSpec
from leadml.wording.texts import Language, say

_SIDES = ("marketing", "sales")
_ROOM_TO_WRITE = "\u00a0" * 30


def glossary_page(agreement: AgreementSpec, languages: Sequence[Language]) -> Page:
    """Lay the agreed terms out as a page.

    Parameters
    ----------
    agreement : AgreementSpec
    languages : sequence of {"en", "ja"}
        The first is that of the page; in a page of both each term stands in the one and then in the other.

    Returns
    -------
    page : Page
    """
    told = [agreed_terms(agreement, language) for language in languages]
    sections = [
        Section(f"{number}. {' / '.join(said.term for said in term)}", tuple(_blocks(term)))
        for number, term in enumerate(zip(*told, strict=True), start=1)
    ]
    title = " / ".join(say("glossary.title", language) for language in languages)
    lead = " ".join(say("glossary.lead", language, version=agreement.version) for language in languages)
    heading = " / ".join(say("glossary.sign", language) for language in languages)
    sections.append(Section(heading, (_signatures(agreement, languages),)))
    return Page(title, lead, tuple(sections), languages[0])


def _blocks(term: Sequence[AgreedTerm]) -> list[Block]:
    blocks: list[Block] = []
    for said in term:
        blocks += [said.meaning, Points(said.sentences)]
    return blocks


def _signatures(agreement: AgreementSpec, languages: Sequence[Language]) -> TextTable:
    heads = [
        " / ".join(say(f"glossary.{head}", language) for language in languages)
        for head in ("side", "name", "day", "signature")
    ]
    table = TextTable("", heads)
    for side in _SIDES:
        owner = getattr(agreement.owners, side)
        told = " / ".join(say(f"glossary.{side}", language, owner=owner) for language in languages)
        table.add_row(f"{told}\n\u00a0", *[_ROOM_TO_WRITE] * 3, ends_section=True)
    return table
