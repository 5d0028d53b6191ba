"""A page as HTML and as Markdown: complete in itself, and nothing in it taken for something else."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from leadml.errors import LeadmlError
from leadml.reports.page import Page, Picture, Points, Section
from leadml.reports.text_table import TextTable


@pytest.fixture
def page():
    table = TextTable("Bands | of <today>", ["band"])
    table.add_column("leads", right=True)
    table.add_row("A_*", "12", bold=True)
    table.add_row("<script>alert(1)</script>", "two\nlines", ends_section=True)
    blocks = ("A sentence & more.", Points(("one", "  two")), table, Picture("<svg id='p'></svg>", 'said "so"'))
    return Page("Title <b>", "The lead.", (Section("Part one", blocks),), "ja")


class Strict(HTMLParser):
    """Sees that every element that is opened is closed."""

    VOID = ("meta", "link", "br")

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_whole_and_says_its_language(page):
    html = page.html()
    parsed = Strict()
    parsed.feed(html)
    assert parsed.open == []
    assert parsed.seen[0] == ("html", {"lang": "ja"})
    assert ("svg", {"id": "p"}) in parsed.seen
    assert not {"script", "link", "iframe", "b"} & {tag for tag, _ in parsed.seen}
    assert not re.search(r"(src|href)=", html)


def test_texts_are_texts_in_html(page):
    html = page.html()
    for told in ("Title &lt;b&gt;", "&lt;script&gt;", "A sentence &amp; more.", "said &#34;so&#34;", "&lt;today&gt;"):
        assert told in html


def test_markdown_keeps_tables_lists_and_texts(page):
    lines = page.markdown().splitlines()
    assert lines[0] == r"# Title \<b\>"
    assert r"Bands \| of \<today\>" in lines
    table = [line for line in lines if line.startswith("| ")]
    assert table == [
        "| band | leads |",
        "| --- | ---: |",
        r"| A\_\* | 12 |",
        r"| \<script\>alert(1)\</script\> | two lines |",
    ]
    assert [line for line in lines if line.startswith("- ")] == ["- one", "- two"]
    assert 'said "so"' in lines
    assert "svg" not in page.markdown()


def test_a_page_is_written_as_its_ending_says(page, tmp_path):
    page.write(tmp_path / "page.md")
    page.write(tmp_path / "page.html")
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page.markdown()
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.html()


@pytest.mark.parametrize(("file", "code"), [("page.pdf", "unknown_format"), ("nowhere/page.md", "cannot_write")])
def test_what_cannot_be_written_is_told(page, tmp_path, file, code):
    with pytest.raises(LeadmlError) as told:
        page.write(tmp_path / Path(file), where="--out")
    assert (told.value.code, told.value.where) == (code, "--out")
