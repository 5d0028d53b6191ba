"""Writes found settings into `models/readiness.yaml`, and leaves every other byte of it as a person wrote it.

The file is not dumped anew: a dump would lay it out as the library likes. Only the text of a value that differs is
replaced, at the place where the parser saw it.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node

from leadml.errors import LeadmlError
from leadml.specs.readiness_spec import LearnerSpec, ReadinessSpec
from leadml.specs.reading import read_specification

Settings = Mapping[str, int | float]

_LEARNER = "learner"
_STEP = "  "


def differing(now: LearnerSpec, found: LearnerSpec) -> dict[str, int | float]:
    """Give the settings that would change, in the order of the specification.

    Parameters
    ----------
    now, found : LearnerSpec

    Returns
    -------
    changed : dict of key to number

    Examples
    --------
    >>> differing(LearnerSpec(leaves=4), LearnerSpec(leaves=16))
    {'leaves': 16}
    """
    before = now.model_dump()
    return {key: value for key, value in found.model_dump().items() if value != before[key]}


def check_writable(path: Path, *, shown_as: str) -> None:
    """Refuse a file that could not be written later, before a long search.

    Parameters
    ----------
    path : Path
    shown_as : str
        Its name as the user knows it.

    Raises
    ------
    LeadmlError
        `cannot_write`.
    """
    path = path.resolve()
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise LeadmlError("cannot_write", where=shown_as, file=shown_as, problem="it is read-only")


def rewrite_learner(path: Path, spec: ReadinessSpec, found: LearnerSpec, *, before: bytes, shown_as: str) -> None:
    """Write the settings that differ into the file: in one step, or not at all.

    Parameters
    ----------
    path : Path
        Its mode stays, and so does a link that leads to it.
    spec : ReadinessSpec
        What the file said when it was read.
    found : LearnerSpec
    before : bytes
        What the file held when it was read.
    shown_as : str
        Its name as the user knows it.

    Raises
    ------
    LeadmlError
        `changed_meanwhile` where the file holds something else by now, `cannot_rewrite` where its text is laid out in a
        way in which nothing can be put in its place, `cannot_write`.
    """
    path = path.resolve()
    changes = differing(spec.learner, found)
    wanted = spec.model_copy(update={_LEARNER: found})
    try:
        mode = path.stat().st_mode
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".yaml", dir=path.parent)
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(with_learner(before.decode("utf-8"), changes, shown_as=shown_as).encode("utf-8"))
                file.flush()
                os.fsync(file.fileno())
            if not _says(beside, wanted):
                raise _cannot_rewrite(changes, shown_as)
            beside.chmod(mode & 0o7777)
            if path.read_bytes() != before or not _says(path, spec):
                raise LeadmlError("changed_meanwhile", where=shown_as, file=shown_as, settings=_in_words(changes))
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise LeadmlError("cannot_write", where=shown_as, file=shown_as, problem=error.strerror or "") from None


def with_learner(text: str, changes: Settings, *, shown_as: str) -> str:
    r"""Put settings into the text of `models/readiness.yaml`.

    Parameters
    ----------
    text : str
        A file that could be read.
    changes : mapping of key to number
    shown_as : str
        Its name as the user knows it.

    Returns
    -------
    text : str
        Every other sign as it was.

    Raises
    ------
    LeadmlError
        `cannot_rewrite` where the settings are not keys with values of their own, such as an alias.

    Examples
    --------
    >>> with_learner("seed: 7  # the seventh\nlearner: {leaves: 4}\n", {"leaves": 16}, shown_as="readiness.yaml")
    'seed: 7  # the seventh\nlearner: {leaves: 16}\n'
    >>> with_learner("seed: 7\n", {"leaves": 16}, shown_as="readiness.yaml")
    'seed: 7\nlearner:\n  leaves: 16\n'
    """
    # The parser does not count the mark at the beginning of some files of Windows.
    mark = text[: text.startswith("\ufeff")]
    text = text[len(mark) :]
    top = YAML(typ="rt").compose(text)
    if not isinstance(top, MappingNode):
        raise _cannot_rewrite(changes, shown_as)
    learner = _entries(top).get(_LEARNER)
    if learner is None:
        inner = ", ".join(f"{key}: {_written(value)}" for key, value in changes.items())
        lines = [f"{_LEARNER}:", *(f"{_STEP}{key}: {_written(value)}" for key, value in changes.items())]
        return mark + _with_entries(text, top, lines, [f"{_LEARNER}: {{{inner}}}"])
    if not isinstance(learner, MappingNode) or learner.start_mark.index < _key_of(top).end_mark.index:
        raise _cannot_rewrite(changes, shown_as)  # an alias: what it stands for is written elsewhere
    values = _entries(learner)
    missing = [f"{key}: {_written(value)}" for key, value in changes.items() if key not in values]
    if missing:  # behind everything that is replaced, so that places before it stay
        text = _with_entries(text, learner, missing, missing)
    for key in sorted(set(changes) & set(values), key=lambda key: -values[key].start_mark.index):
        begin, end = values[key].start_mark.index, values[key].end_mark.index
        text = text[:begin] + _written(changes[key]) + text[end:]
    return mark + text


def _says(path: Path, wanted: ReadinessSpec) -> bool:
    try:
        return read_specification(ReadinessSpec, path, shown_as=path.name) == wanted
    except LeadmlError:
        return False


def _entries(node: MappingNode) -> dict[str, Node]:
    return {key.value: value for key, value in node.value}


def _key_of(top: MappingNode) -> Node:
    key: Node = next(key for key, _ in top.value if key.value == _LEARNER)
    return key


def _with_entries(text: str, node: MappingNode, lines: Sequence[str], in_flow: Sequence[str]) -> str:
    """Add entries behind the last one: as lines of their own, or between braces."""
    if node.flow_style:
        last = _end_of(node.value[-1][1]) if node.value else node.start_mark.index + 1
        return text[:last] + (", " if node.value else "") + ", ".join(in_flow) + text[last:]
    ending = "\r\n" if "\r\n" in text else "\n"
    indent = " " * node.value[0][0].start_mark.column
    added = ending.join(indent + line for line in lines)
    end = text.find("\n", _end_of(node))
    if end < 0:
        return text + ending + added
    return text[: end + 1] + added + ending + text[end + 1 :]


def _end_of(node: Node) -> int:
    """Find where the text of a node ends; a block ends for the parser only where the next begins."""
    if not isinstance(node, CollectionNode) or node.flow_style or not node.value:
        end: int = node.end_mark.index
        return end
    last = node.value[-1]
    return _end_of(last[1] if isinstance(node, MappingNode) else last)


def _written(value: int | float) -> str:
    return repr(value)


def _in_words(changes: Settings) -> str:
    return ", ".join(f"{key}: {_written(value)}" for key, value in changes.items())


def _cannot_rewrite(changes: Settings, shown_as: str) -> LeadmlError:
    return LeadmlError("cannot_rewrite", where=f"{shown_as}, {_LEARNER}", file=shown_as, settings=_in_words(changes))
