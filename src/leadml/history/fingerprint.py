"""A fingerprint of the facts of a history: the same facts give the same, whatever files they came from."""

import hashlib

import numpy as np

from leadml.history.tables import JUDGEMENTS, NOT_THERE, FactTable, History, ShortCodes, TextColumn


def fingerprint_of(history: History) -> str:
    """Hash all facts of a history.

    A history lays its facts in an order that no file can change, so this is a hash of its arrays: neither the order of
    rows nor the files' names and places count, nor words of rows that were taken out. It cannot be turned back.

    Parameters
    ----------
    history : History

    Returns
    -------
    fingerprint : str
        The first 16 hexadecimal digits of SHA-256.
    """
    known = hashlib.sha256()
    _add_words(known, "lead_ids", history.lead_ids)
    # That judgements are known shows by their names below. A history without them has the fingerprint that it had
    # before leadml knew such tables: what was learned from it has not changed.
    _add_words(known, "unknown", tuple(sorted(set(history.unknown) - set(JUDGEMENTS))))
    for name, table in sorted(history.facts.items()):
        known.update(name.encode())
        _add_table(known, table)
    return known.hexdigest()[:16]


def _add_table(known: "hashlib._Hash", table: FactTable) -> None:
    for times in (table.first, table.happened_at, table.known_at):
        known.update(np.ascontiguousarray(times).data)
    for name, column in sorted(table.texts.items()):
        words = column.words_that_occur()
        if words:  # a column without a word says what no column says
            _add_words(known, name, words)
            known.update(_codes_among(words, column).data)
    for name, numbers in sorted(table.numbers.items()):
        if not np.isnan(numbers).all():
            known.update(name.encode())
            known.update(np.ascontiguousarray(numbers).data)


def _codes_among(words: tuple[str, ...], column: TextColumn) -> ShortCodes:
    """Give the codes of a column as they are when only these words exist."""
    if len(words) == len(column.words):
        return np.ascontiguousarray(column.codes)
    place = {word: code for code, word in enumerate(words)}
    table = np.array([*(place.get(word, NOT_THERE) for word in column.words), NOT_THERE], np.int32)
    return table[column.codes]


def _add_words(known: "hashlib._Hash", name: str, words: tuple[str, ...]) -> None:
    """Add words so that no two lists of words give the same bytes."""
    known.update(f"{name}:{len(words)}:".encode())
    known.update(np.array([len(word) for word in words], np.int64).data)
    known.update("".join(words).encode("utf-8", "surrogatepass"))
