"""Writes suggested thresholds into a copy of `sla.yaml`, and leaves every other sign of it as people wrote it."""

import os
import tempfile
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from leadml.errors import LeadmlError
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.reading import read_specification

_SCORE, _CHANCE = "score_at_least", "probability_at_least"
_Edit = tuple[int, int, str]


def write_thresholds(source: Path, target: Path, wanted: AgreementSpec, *, comment: str) -> None:
    """Copy an agreement with other thresholds and another version.

    Parameters
    ----------
    source : Path
        A `sla.yaml` that could be read.
    target : Path
        Written in one step, or not at all.
    wanted : AgreementSpec
        What the copy must say.
    comment : str
        Stands above it, each line behind a #.

    Raises
    ------
    LeadmlError
        `cannot_rewrite_thresholds` where the thresholds are not written where they stand, such as behind an alias;
        `cannot_write`.
    """
    text = source.read_bytes().decode("utf-8")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".yaml", dir=target.resolve().parent)
        beside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(with_thresholds(text, wanted, comment=comment).encode("utf-8"))
            if not _says(beside, wanted):
                raise LeadmlError("cannot_rewrite_thresholds", where=source.name, file=source.name)
            beside.chmod(0o644)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise LeadmlError(
            "cannot_write", where="--write", file=target.name, problem=error.strerror or str(error)
        ) from None


def with_thresholds(text: str, wanted: AgreementSpec, *, comment: str) -> str:
    """Put thresholds and version into the text of an agreement.

    Parameters
    ----------
    text : str
        A file that could be read.
    wanted : AgreementSpec
    comment : str

    Returns
    -------
    text : str
        A threshold that was a chance becomes a score; every other sign as it was.
    """
    top = YAML(typ="rt").compose(text.removeprefix("\ufeff"))
    edits: list[_Edit] = []
    version = _child(top, "version")
    if version is not None:
        edits.append((version.start_mark.index, version.end_mark.index, f'"{wanted.version}"'))
    written = _child(_child(top, "promises"), "bands")
    for key, bands in wanted.promises.bands.items():
        nodes = _child(written, key)
        if isinstance(nodes, SequenceNode):
            for node, band in zip(nodes.value, bands, strict=False):
                edits += _edits_of(node, None if band.probability_at_least is not None else band.score_at_least)
    text = text.removeprefix("\ufeff")
    for begin, end, new in sorted(edits, reverse=True):
        text = text[:begin] + new + text[end:]
    ending = "\r\n" if "\r\n" in text else "\n"
    return "".join(f"# {line}{ending}" for line in comment.splitlines()) + text


def _edits_of(band: Node, score: int | None) -> list[_Edit]:
    """Replace what a band says of its threshold, where it says it."""
    if not isinstance(band, MappingNode) or score is None:
        return []
    return [
        (key.start_mark.index, value.end_mark.index, f"{_SCORE}: {score}")
        for key, value in band.value
        if isinstance(key, ScalarNode) and (key.value == _CHANCE or (key.value == _SCORE and value.value != str(score)))
    ]


def _child(node: Node | None, name: str) -> Node | None:
    if not isinstance(node, MappingNode):
        return None
    return next((value for key, value in node.value if key.value == name), None)


def _says(path: Path, wanted: AgreementSpec) -> bool:
    try:
        return read_specification(AgreementSpec, path, shown_as=path.name) == wanted
    except LeadmlError:
        return False
