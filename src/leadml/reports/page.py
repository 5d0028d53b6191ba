"""A report as a page: sections of sentences, lists, tables and pictures; rendered as one HTML file or as Markdown."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from leadml.errors import LeadmlError
from leadml.reports.text_table import TextTable
from leadml.wording.texts import Language

HTML, MARKDOWN = ".html", ".md"
ENDINGS = (HTML, MARKDOWN)

# What Markdown could take for a table's line, a tag, emphasis or a link.
_MEANT_IN_MARKDOWN = re.compile(r"([\\|<>*_`\[\]])")


@dataclass(frozen=True)
class Points:
    """A list of sentences."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """A chart, as SVG, with what it shows in words for those who do not see it."""

    svg: str
    alt: str


Block = str | Points | TextTable | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """A whole report.

    Attributes
    ----------
    title : str
    lead : str
        The sentence to read if one reads only one.
    sections : tuple of Section
    language : {"en", "ja"}
    """

    title: str
    lead: str
    sections: tuple[Section, ...]
    language: Language

    def html(self) -> str:
        """Render one file that needs no network: its pictures are in it."""
        return _templates().get_template("page.html.jinja").render(page=self, kind_of=_kind_of, svg=Markup)

    def markdown(self) -> str:
        """Render Markdown; pictures are told in words."""
        text = _templates().get_template("page.md.jinja").render(page=self, kind_of=_kind_of, plain=_plain)
        return re.sub(r"\n{3,}", "\n\n", re.sub(r" +\n", "\n", text)).strip() + "\n"

    def write(self, file: Path, *, where: str = "--html") -> None:
        """Write the page as its file's ending says.

        Parameters
        ----------
        file : Path
            Ends in .html or .md.
        where : str
            Who asks for it, as an error says it.

        Raises
        ------
        LeadmlError
            `unknown_format`, `cannot_write`.
        """
        check_ending(file, where=where)
        try:
            file.write_text(self.html() if file.suffix == HTML else self.markdown(), encoding="utf-8")
        except OSError as error:
            problem = error.strerror or str(error)
            raise LeadmlError("cannot_write", where=where, file=file.name, problem=problem) from None


def check_ending(file: Path, *, where: str = "--html") -> None:
    """Refuse a file that is none of the kinds that can be written, before anything is worked out."""
    if file.suffix not in ENDINGS:
        raise LeadmlError("unknown_format", where=where, file=file.name, known=", ".join(ENDINGS))


def _kind_of(block: Block) -> str:
    return "text" if isinstance(block, str) else type(block).__name__.lower()


def _plain(text: str) -> str:
    """Keep a text from being taken for Markdown."""
    return _MEANT_IN_MARKDOWN.sub(r"\\\1", text.strip()).replace("\n", " ")


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("leadml.reports"),
        autoescape=lambda name: name is not None and ".html" in name,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
