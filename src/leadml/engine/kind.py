"""What a kind of feature is, and where the kinds are found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, Protocol

import numpy as np
from numba import float64, int64, njit, types

from leadml.engine import kinds
from leadml.history.tables import Numbers, ShortCodes
from leadml.specs.agreement_spec import CriterionSpec, DefinitionsSpec
from leadml.specs.feature_spec import FeatureSpec

KERNEL_SIGNATURE = float64(int64[::1], float64[::1], int64, int64, int64)
KERNEL_TYPE = types.FunctionType(KERNEL_SIGNATURE)

Formula = Callable[..., float]
Reads = Literal["nothing", "number", "word", "rank", "attribute"]


def kernel(function: Formula) -> Formula:
    """Compile the formula of a kind.

    A formula is given the facts of one lead that were known before `as_of`, pass the feature's
    filter and lie in its window, at least one, ordered by time. It is never given others: what a
    score may know is decided in one place, `engine/compute.py`.

    Parameters
    ----------
    function : callable
        Takes `times` (int array, UTC microseconds), `values` (float array of the same shape),
        `as_of`, `window` and `half_life` (int, microseconds; 0 where the feature has none) and
        returns a float; NaN says that the value is missing.

    Returns
    -------
    compiled : callable
        The same, compiled and cached on disk.
    """
    compiled: Formula = njit(KERNEL_SIGNATURE, cache=True)(function)
    return compiled


@dataclass(frozen=True)
class FactKind:
    """A kind computed from the facts of one table.

    Attributes
    ----------
    compute : callable
        The formula, made by `kernel`.
    reads : str
        What `values` holds: nothing (ones), the number in the feature's `value` column, the code of
        its word or day, the rank of its word in the agreement's declared order, or a lead's attribute.
    needs : tuple of str
        Keys that the feature must give.
    windows : int
        How many windows back the formula looks.
    gives_word : bool
        Whether the result is the code of a word.
    """

    compute: Formula
    reads: Reads = "nothing"
    needs: tuple[str, ...] = ()
    windows: int = 1
    gives_word: bool = False


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
    """

    compute: Callable[[Profile], Numbers]
    criteria: Callable[[DefinitionsSpec], tuple[CriterionSpec, ...]]
    words: Callable[[DefinitionsSpec], tuple[str, ...]] | None = None


Kind = FactKind | ProfileKind


@cache
def all_kinds() -> Mapping[str, Kind]:
    """Find all kinds, by name.

    Examples
    --------
    >>> "count" in all_kinds()
    True
    """
    return {
        module.name: import_module(f"{kinds.__name__}.{module.name}").KIND for module in iter_modules(kinds.__path__)
    }


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
    return (kind.reads == "attribute" and feature.values == "category") or (
        kind.reads == "word" and feature.kind == "latest"
    )


def codes_as_numbers(codes: ShortCodes) -> Numbers:
    """Show codes as numbers, missing ones as NaN.

    Examples
    --------
    >>> codes_as_numbers(np.array([0, -1])).tolist()
    [0.0, nan]
    """
    numbers: Numbers = np.where(codes < 0, np.nan, codes.astype(np.float64))
    return numbers
