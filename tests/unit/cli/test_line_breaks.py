"""Where lines end: never inside a number or a word, and no line begins with a sign that closes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from leadml.cli.line_breaks import longest_piece, wrap

SENTENCE = "見込まれるSQLは138件 [106, 177]で、期限内の受諾は100%（1営業日3件）です。データも「準備完了」とみなします。"
PIECES = ("SQL", "138件", "[106, 177]", "100%", "1営業日", "3件")


@pytest.mark.parametrize("width", range(14, 60))
def test_no_number_or_word_is_broken_in_japanese(width):
    lines = wrap(SENTENCE, width)
    assert "".join(lines).replace(" ", "") == SENTENCE.replace(" ", "")
    for piece in PIECES:
        assert any(piece in line for line in lines), f"{piece} is broken: {lines}"
    for line in lines:
        assert cell_len(line) <= width
        assert line[0] not in "、。」）ー"
        assert line[-1] not in "「（"


def test_a_bullet_stays_with_its_text_and_further_lines_are_indented():
    assert wrap("-\N{NO-BREAK SPACE}営業の目標：期限内の受諾", 15, hang=2) == [
        "-\N{NO-BREAK SPACE}営業の目標：",
        "  期限内の受諾",
    ]


def test_english_breaks_at_spaces_alone():
    assert wrap("hand-overs of 2026-03-01 and/or later", 14) == ["hand-overs of", "2026-03-01", "and/or later"]


def test_what_is_longer_than_a_line_is_folded_and_not_cut():
    assert wrap("see agreements/of-2025.yaml", 10) == ["see", "agreements", "/of-2025.y", "aml"]


@given(st.text("abc 12%[],。（）「」ーあ漢字、\n", max_size=60), st.integers(8, 40))
def test_nothing_is_lost_and_no_line_is_too_long(text, width):
    lines = wrap(text, width)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert all(cell_len(line) <= width for line in lines)
    assert all(longest_piece(line) <= width for line in lines)
