"""What a kind of feature is, and where the kinds are found."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from pkgutil import iter_modules
from types import MappingProxyType
from typing import Literal, Protocol

from numba import float64, int64, njit

from leadml.engine import kinds
from leadml.errors import LeadmlError, raise_problems
from leadml.history.tables import Numbers
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec
from leadml.specs.feature_spec import FeatureSpec

KERNEL_SIGNATURE = float64(int64[::1], float64[::1], int64, int64, int64)

Formula = Callable[..., float]
Reads = Literal["nothing", "left", "number", "word", "rank", "attribute", "of_which", "to"]
ToldAs = Literal["amount", "days", "difference", "rank", "share"]
Where = Mapping[str, str | tuple[str, ...]]


def kernel(function: Formula) -> Formula:
    """Compile the formula of a kind.

    A formula is given the facts of one lead that were known before `as_of`, pass the feature's
    filter and lie in its window, at least one, ordered by time. It is never given others: what a
    score may know is decided in one place, `engine/compute.py`.

    Parameters
    ----------
    function : callable
        Takes `times` (int array, UTC microseconds), `values` (float array of the same shape),
        `as_of`, `window` and `half_life` (int, microseconds; 0 where the feature has none; of a feature
        with `every_days` its interval) and
        returns a float; NaN says that the value is missing. Dividing by zero is as in NumPy, and what is
        infinite is missing. What the formula raises ends the computation as `kind_failed`.

    Returns
    -------
    compiled : callable
        The same, compiled and cached on disk.
    """
    compiled: Formula = njit(KERNEL_SIGNATURE, cache=True, error_model="numpy")(function)
    return compiled


def _no_filter(_definitions: DefinitionsSpec) -> Where:
    """Ask nothing more than the feature does."""
    return {}


@dataclass(frozen=True)
class FactKind:
    """A kind computed from the facts of one table.

    Attributes
    ----------
    compute : callable
        The formula, made by `kernel`.
    reads : str
        What `values` holds: nothing (ones), which part is left after an interval, the number in the feature's
        `value` column, the code of its word or day, the rank of its word in the agreement's declared order, a lead's
        attribute, whether a fact is `of_which` (1 or 0), or which it passes: `where` (0), `to` (1) or both (2).
    needs : tuple of str
        Keys that the feature must give.
    windows : int
        How many windows back the formula looks.
    counts : bool
        The formula is the number of facts: the engine counts them itself, as a call takes longer than counting.
    gives_word : bool
        Whether the result is the code of a word.
    table, value : str, optional
        What the kind always reads; the feature cannot name another.
    asks : callable
        Takes the definitions, returns the filter that the kind adds to the feature's `where`.
    since : callable, optional
        Takes the definitions, returns the lifecycle stage since whose entry facts count.
    told_as : str
        How people are told the result: as an amount with its unit, as days and hours, as so many more
        or fewer, as the word of its rank, or as a percentage.
    """

    compute: Formula
    reads: Reads = "nothing"
    needs: tuple[str, ...] = ()
    windows: int = 1
    counts: bool = False
    gives_word: bool = False
    table: str | None = None
    value: str | None = None
    asks: Callable[[DefinitionsSpec], Where] = _no_filter
    since: Callable[[DefinitionsSpec], str] | None = None
    told_as: ToldAs = "amount"


class Profile(Protocol):
    """The attributes of leads and companies as they were known at each snapshot."""

    definitions: DefinitionsSpec

    @property
    def size(self) -> int:
        """The number of snapshots."""
        ...

    def meets(self, criterion: CriterionSpec) -> Numbers:
        """Tell for each snapshot whether a criterion holds: 1, 0, or NaN where the attribute is missing."""
        ...


@dataclass(frozen=True)
class ProfileKind:
    """A kind computed from the attributes of the lead and its company together.

    Attributes
    ----------
    compute : callable
        Takes a `Profile`, returns a float array of shape (n_snapshots,); NaN where it is missing.
    criteria : callable
        Takes the definitions, returns the criteria that are asked.
    words : callable, optional
        For categories: takes the definitions, returns the word of each code.
    told_as : str
        As of a `FactKind`.
    """

    compute: Callable[[Profile], Numbers]
    criteria: Callable[[DefinitionsSpec], tuple[CriterionSpec, ...]]
    words: Callable[[DefinitionsSpec], tuple[str, ...]] | None = None
    told_as: ToldAs = "amount"


Kind = FactKind | ProfileKind

_OWN_KINDS: dict[str, tuple[Path, Kind]] = {}


@cache
def _our_kinds() -> Mapping[str, Kind]:
    return {
        module.name: import_module(f"{kinds.__name__}.{module.name}").KIND for module in iter_modules(kinds.__path__)
    }


def all_kinds() -> Mapping[str, Kind]:
    """Give all kinds by name: those of leadml and those that `use_kinds` brought.

    Examples
    --------
    >>> "count" in all_kinds()
    True
    """
    if not _OWN_KINDS:
        return _our_kinds()
    return MappingProxyType({**_our_kinds(), **{name: kind for name, (_, kind) in _OWN_KINDS.items()}})


def use_kinds(folder: Path) -> tuple[str, ...]:
    """Bring a project's own kinds: each `.py` file of a folder defines one, named as the file.

    Such a file is code of the project, and runs as code of the project. A kind stays known as long as
    the process runs, and its file is read once.

    Parameters
    ----------
    folder : Path
        May be missing: then there are none. Files whose name begins with `_` define none.

    Returns
    -------
    names : tuple of str

    Raises
    ------
    LeadmlError, ProblemsError
        `unreadable_kind` when a file cannot be imported or defines no `KIND`, `named_twice` when
        leadml or another project has another kind of that name; those of all files together.
    """
    problems, names = [], []
    for path in sorted(folder.resolve().glob("[!_]*.py")):
        where = f"{folder.name}/{path.name}"
        used = _OWN_KINDS.get(path.stem)
        if path.stem in _our_kinds() or (used is not None and not _same_code(used[0], path)):
            problems.append(LeadmlError("named_twice", where=where, name=path.stem))
            continue
        try:
            _OWN_KINDS.setdefault(path.stem, (path, used[1] if used else _imported(path, where)))
        except LeadmlError as problem:
            problems.append(problem)
        names.append(path.stem)
    raise_problems(problems, where=f"{folder.name}/")
    return tuple(names)


def _same_code(used: Path, path: Path) -> bool:
    """Tell whether two files hold the same kind, as a project and a model that was trained in it do."""
    return used == path or (used.is_file() and used.read_bytes() == path.read_bytes())


def _imported(path: Path, where: str) -> Kind:
    """Run a file that defines a kind."""
    name = f"leadml_kind_{path.stem}"
    found = spec_from_file_location(name, path)
    if found is None or found.loader is None:
        raise LeadmlError("unreadable_kind", where=where, problem="it is no Python file")
    module = module_from_spec(found)
    sys.modules[name] = module  # the compiler looks a formula's module up by name
    try:
        found.loader.exec_module(module)
    except Exception as error:  # whatever a project's code raises is told as its own fault
        raise LeadmlError("unreadable_kind", where=where, problem=f"{type(error).__name__}: {error}") from error
    kind = getattr(module, "KIND", None)
    if not isinstance(kind, FactKind | ProfileKind):
        raise LeadmlError("unreadable_kind", where=where, problem="it has no KIND that is a FactKind or ProfileKind")
    return kind


def texts_of_own_kinds(features: Iterable[FeatureSpec]) -> Mapping[str, str]:
    """Give the code of a project's own kinds that some features use: it is part of what they mean.

    Parameters
    ----------
    features : iterable of FeatureSpec

    Returns
    -------
    texts : mapping of kind to str
    """
    used = {feature.kind for feature in features}
    return {name: path.read_text("utf-8") for name, (path, _) in sorted(_OWN_KINDS.items()) if name in used}


def failure_of(feature: FeatureSpec) -> LeadmlError:
    """Say that the code of a feature's kind raised an error.

    Parameters
    ----------
    feature : FeatureSpec
    """
    path, _ = _OWN_KINDS.get(feature.kind, (Path(f"engine/kinds/{feature.kind}.py"), None))
    return LeadmlError(
        "kind_failed",
        where=f"{path.parent.name}/{path.name}, feature {feature.name}",
        kind=feature.kind,
        feature=feature.name,
    )


def gives_category(feature: FeatureSpec) -> bool:
    """Tell whether a feature's values are words.

    Parameters
    ----------
    feature : FeatureSpec
        A feature whose kind exists.
    """
    kind = all_kinds()[feature.kind]
    if isinstance(kind, ProfileKind):
        return kind.words is not None
    return kind.gives_word or (kind.reads == "attribute" and feature.values == "category")
