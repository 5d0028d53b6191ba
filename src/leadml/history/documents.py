"""Reads JSON files of a CRM's answers: one document, a list of them, or one document a line; each with its place."""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from leadml.errors import LeadmlError
from leadml.history.told import DataFile

ENDINGS = (".json", ".jsonl", ".ndjson")
LINE_ENDINGS = (".jsonl", ".ndjson")

Document = Mapping[str, Any]


def is_json(file: DataFile) -> bool:
    """Tell by its name whether a file holds JSON, compressed or not.

    Examples
    --------
    >>> from pathlib import Path
    >>> is_json(DataFile(Path("contacts.json.gz"), "contacts.json.gz"))
    True
    """
    return _plain_name(file).endswith(ENDINGS)


def documents_of(file: DataFile, *, system: str) -> Iterator[tuple[str, Document]]:
    """Read the documents of a file.

    Parameters
    ----------
    file : DataFile
        JSON, or JSON lines; `.gz` or not.
    system : str
        Whose export it is, as people read it.

    Yields
    ------
    part : str
        Where in the file the document stands; empty: it is the whole file.
    document : dict

    Raises
    ------
    LeadmlError
        `not_utf8`, `not_an_export`.
    """
    if _plain_name(file).endswith(LINE_ENDINGS):
        yield from _documents_of_lines(file, system)
        return
    content = _content(file, system)
    try:
        root = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        if content.lstrip()[:1] == b"{" and _is_json(content.lstrip().partition(b"\n")[0]):
            yield from _documents_of_lines(file, system)
            return
        raise _not_json(file, "", error, content, system) from None
    yield from _documents_in(root, "", file, system)


def _plain_name(file: DataFile) -> str:
    return file.path.name.lower().removesuffix(".gz")


def _content(file: DataFile, system: str) -> bytes:
    try:
        if file.path.name.lower().endswith(".gz"):
            with gzip.open(file.path) as opened:
                return opened.read()
        return file.path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise not_an_export(file.name, str(error).replace(str(file.path), file.name), system) from None


def _documents_of_lines(file: DataFile, system: str) -> Iterator[tuple[str, Document]]:
    try:
        with gzip.open(file.path) if file.path.name.lower().endswith(".gz") else file.path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    part = f"line {number}"
                    try:
                        root = orjson.loads(line)
                    except orjson.JSONDecodeError as error:
                        raise _not_json(file, part, error, line, system) from None
                    yield from _documents_in(root, part, file, system)
    except (OSError, EOFError, zlib.error) as error:
        raise not_an_export(file.name, str(error).replace(str(file.path), file.name), system) from None


def _documents_in(root: object, part: str, file: DataFile, system: str) -> Iterator[tuple[str, Document]]:
    if isinstance(root, list):
        for number, document in enumerate(root):
            yield from _documents_in(document, f"{part}, [{number}]".removeprefix(", "), file, system)
    elif isinstance(root, dict):
        yield part, root
    else:
        raise not_an_export(_where(file.name, part), "it holds no object", system)


def _is_json(content: bytes) -> bool:
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return True


def _not_json(file: DataFile, part: str, error: orjson.JSONDecodeError, content: bytes, system: str) -> LeadmlError:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        lines_before = content[: wrong.start].count(b"\n")
        line = part or f"line {lines_before + 1}"
        return LeadmlError("not_utf8", where=_where(file.name, line), file=file.name)
    line = part or f"line {error.lineno}"
    return not_an_export(_where(file.name, line), f"it is no JSON, {error.msg}", system)


def not_an_export(where: str, problem: str, system: str) -> LeadmlError:
    """Say that a file, or a part of it, has not the shape of an export."""
    return LeadmlError("not_an_export", where=where, file=where.partition(",")[0], problem=problem, system=system)


def _where(name: str, part: str) -> str:
    return ", ".join(text for text in (name, part) if text)
