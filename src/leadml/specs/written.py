"""A YAML file as it was written, whether or not it is what it should be: for checks that must bear anything."""

import math
from datetime import date

from ruamel.yaml.comments import CommentedMap, CommentedSeq

Place = tuple[int | str, ...]


class Written:
    """What stands in a file, for checks of what hangs together.

    A check asks for what it needs; a part that is absent, or of another type than it should be, is empty, for
    that is said already.

    Parameters
    ----------
    plain : JSON-like
        The content.
    content : object
        The same as nodes that know their line.
    shown_as : str
        The file's name as the user knows it.

    Examples
    --------
    >>> written = Written({"version": 7, "owners": {"sales": "us"}}, None, "sla.yaml")
    >>> written.mapping("owners"), written.mapping("version"), written.entries("promises", "escalation")
    ({'sales': 'us'}, {}, [])
    """

    def __init__(self, plain: object, content: object, shown_as: str) -> None:
        self._plain = plain
        self._content = content
        self._shown_as = shown_as

    def where(self, *place: int | str) -> str:
        """Name the file, the line and the path of a place."""
        return where_of(self._content, place, self._shown_as)

    def get(self, *place: int | str) -> object:
        """Give what stands at a place; None where there is nothing."""
        node = self._plain
        for part in place:
            if isinstance(node, dict):
                node = node.get(part)
            elif isinstance(node, list) and isinstance(part, int) and part < len(node):
                node = node[part]
            else:
                return None
        return node

    def mapping(self, *place: int | str) -> dict[str, object]:
        """Give the keys at a place with their values."""
        node = self.get(*place)
        return node if isinstance(node, dict) else {}

    def entries(self, *place: int | str) -> list[object]:
        """Give the list at a place."""
        node = self.get(*place)
        return node if isinstance(node, list) else []

    def words(self, *place: int | str) -> list[str]:
        """Give the words of the list at a place, without what is none."""
        return [entry for entry in self.entries(*place) if isinstance(entry, str)]

    def word(self, *place: int | str) -> str | None:
        """Give the word at a place."""
        node = self.get(*place)
        return node if isinstance(node, str) else None

    def number(self, *place: int | str) -> float | None:
        """Give the number at a place."""
        node = self.get(*place)
        return node if isinstance(node, int | float) and not isinstance(node, bool) and math.isfinite(node) else None

    def day(self, *place: int | str) -> date | None:
        """Give the date at a place."""
        try:
            return date.fromisoformat(self.word(*place) or "")
        except ValueError:
            return None


def where_of(content: object, place: Place, shown_as: str) -> str:
    """Name the line and the path of a place, as far as the file has it.

    Parameters
    ----------
    content : object
        Nodes that know their line.
    place : tuple of str and int
        Keys and numbers of entries, from the file down.
    shown_as : str
        The file's name as the user knows it.

    Returns
    -------
    where : str
    """
    node, line, path = content, 0, ""
    for part in place:
        if isinstance(node, CommentedMap) and part in node:
            line = node.lc.key(part)[0]
            path, node = f"{path}.{part}" if path else str(part), node[part]
        elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
            line = node.lc.item(part)[0]
            path, node = f"{path}[{part}]", node[part]
        elif isinstance(part, str):
            path, node = f"{path}.{part}" if path else part, None
    return f"{shown_as}, line {line + 1}, {path}" if path else shown_as
