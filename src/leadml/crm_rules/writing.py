"""Plans and writes the files of an import: the rules, and features at the end of the file of their theme."""

import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from leadml.crm_rules.importing import Imported
from leadml.errors import LeadmlError
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.specs.reading import Specification, read_specification
from leadml.specs.rules_spec import RulesSpec
from leadml.specs.yaml_text import feature_lines, on_one_line, rules_text
from leadml.vocabulary import Theme
from leadml.wording.texts import in_both, say

RULES = "models/rules.yaml"
S = TypeVar("S", bound=Specification)

_STEP = "  "


class Planned(NamedTuple):
    """A file as it is to be.

    Attributes
    ----------
    name : str
        Relative to the project.
    text : str
    before : str, optional
        As it is; None where it does not exist.
    """

    name: str
    text: str
    before: str | None

    @property
    def new_text(self) -> str:
        """What is new in it: all of the rules, and of a file of features what is added at its end."""
        kept = "" if self.before is None or self.name == RULES else self.before.rstrip()
        return self.text[len(kept) :].lstrip("\r\n")


def planned(imported: Imported, folder: Path) -> list[Planned]:
    """Plan all files that an import changes, and read each as the project will.

    Parameters
    ----------
    imported : Imported
    folder : Path
        The project.

    Returns
    -------
    files : list of Planned
        Feature files first; only those whose text would change.

    Raises
    ------
    LeadmlError
        `cannot_add_features` where a file of features does not end with its list.
    """
    files = [
        _with_features(theme, [feature for each, feature in imported.features if each == theme], folder)
        for theme in dict.fromkeys(theme for theme, _ in imported.features)
    ]
    text = rules_text(imported.rules, head=say("crm_rules.head", name=_one_line(imported.name)))
    if _read_back(RulesSpec, text, RULES) != imported.rules:
        raise AssertionError("the rules are not read as they were written")
    files.append(Planned(RULES, text, _before(folder / RULES)))
    return [file for file in files if file.text != file.before]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _before(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.is_file() else None


def _with_features(theme: Theme, features: Sequence[FeatureSpec], folder: Path) -> Planned:
    """Add features at the end of the file of their theme; one that is not there begins with its head."""
    for path in sorted((folder / "features").glob("*.yaml")):
        name = f"features/{path.name}"
        spec = read_specification(FeatureFileSpec, path, shown_as=name)
        if spec.theme == theme:
            break
    else:
        name, path = f"features/{theme}.yaml", folder / "features" / f"{theme}.yaml"
        label = in_both(f"crm_rules.theme.{theme}")
        head = [f"theme: {theme}", f"label: {on_one_line(label)}", "features:"]
        lines = [line for feature in features for line in feature_lines(feature, table=None, indent=_STEP)]
        return Planned(name, "\n".join([*head, *lines, ""]), None)
    before = path.read_bytes().decode("utf-8")
    ending = "\r\n" if "\r\n" in before else "\n"
    indents = re.findall(r"^( *)- (?:name:|\{ *name:)", before, re.MULTILINE)
    indent = indents[-1] if indents else _STEP
    lines = [line for feature in features for line in feature_lines(feature, table=spec.table, indent=indent)]
    text = before.rstrip() + ending + ending.join([*lines, ""])
    wanted = spec.model_copy(update={"features": (*spec.features, *features)})
    read = _read_back(FeatureFileSpec, text, name)
    if read is None or _asked(read) != _asked(wanted):
        raise LeadmlError("cannot_add_features", where=name, file=name)
    return Planned(name, text, before)


def _asked(spec: FeatureFileSpec) -> list[Mapping[str, object]]:
    """Give what features say, with the table that they read."""
    return [{**feature.model_dump(), "table": feature.table or spec.table} for feature in spec.features]


def _read_back(specification: type[S], text: str, name: str) -> S | None:
    """Read a text as the file that it is to become; None where it cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.yaml"
        path.write_bytes(text.encode("utf-8"))
        try:
            return read_specification(specification, path, shown_as=name)
        except LeadmlError:
            return None


def write(files: Sequence[Planned], folder: Path) -> None:
    """Write all files, each in one step.

    Parameters
    ----------
    files : sequence of Planned
    folder : Path
        The project.

    Raises
    ------
    LeadmlError
        `cannot_write`; features are written before the rules that read them, so that the project stays whole.
    """
    for file in files:
        path = (folder / file.name).resolve()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_mask()
            handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as opened:
                    opened.write(file.text.encode("utf-8"))
                Path(beside).chmod(mode)
                Path(beside).replace(path)
            finally:
                Path(beside).unlink(missing_ok=True)
        except OSError as error:
            problem = error.strerror or ""
            raise LeadmlError("cannot_write", where=file.name, file=file.name, problem=problem) from None


def _mask() -> int:
    """Ask for the mask of new files, which can only be asked by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
