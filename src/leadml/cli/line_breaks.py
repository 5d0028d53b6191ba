"""Where a line may end: at a space, or between two signs of a script that has none, as Japanese."""

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells

_WIDE = r"\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6"
# No line begins with one of the second, nor ends with one of the first (kinsoku: JIS X 4051, 6.1.2 and 6.1.3).
_OPENS = "（「『【〔〈《［｛"
_CLOSES = "、。，．・：；？！）」』】〕〉》］｝％ー々ゝゞヽヾ゛゜～ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
# An interval is one piece, and a number keeps what is counted: [17.3, 20.8], 53件, 1営業日.
_RUN = rf"(?:\[[^\[\]{_WIDE}]{{1,20}}\]|[^ \t{_WIDE}])+(?:(?<=[0-9%])[\u4e00-\u9fff]{{1,3}})?"
_KEPT_TOGETHER = re.compile(rf"[ \t]+|[{_OPENS}]*(?:{_RUN}|[{_WIDE}])[{_CLOSES}]*")


def wrap(text: str, width: int, *, hang: int = 0) -> list[str]:
    """Break a text into lines.

    Parameters
    ----------
    text : str
        Its own line breaks stay.
    width : int
        Cells of a terminal; a Japanese sign takes two.
    hang : int
        By how many spaces the lines after the first are indented.

    Returns
    -------
    lines : list of str
        At least one. A word or a number is broken only where it is longer than a line.

    Examples
    --------
    >>> wrap("営業の目標：期限内の受諾が100%。", 20)
    ['営業の目標：期限内の', '受諾が100%。']
    >>> wrap("- Sales accepts within 4 hours", 18, hang=2)
    ['- Sales accepts', '  within 4 hours']
    """
    width = max(width, hang + 2)
    return [line for paragraph in text.split("\n") for line in _lines(paragraph, width, " " * hang)]


def longest_piece(text: str) -> int:
    """Measure the longest part that is not broken, in cells.

    Examples
    --------
    >>> longest_piece("SQLの見込み"), longest_piece("no spaces here")
    (3, 6)
    """
    return max((cell_len(piece) for piece in _KEPT_TOGETHER.findall(text)), default=0)


def _lines(text: str, width: int, indent: str) -> Iterator[str]:
    line = ""
    for piece in _KEPT_TOGETHER.findall(text):
        if cell_len(line + piece.rstrip(" \t")) <= width:
            line += piece
            continue
        if line.strip():
            yield line.rstrip(" \t")
            line = indent
        if piece.isspace():
            continue
        *whole, rest = chop_cells(piece, width - cell_len(line)) if cell_len(line + piece) > width else [piece]
        for part in whole:
            yield line + part
        line += rest
    yield line.rstrip(" \t")
