"""In what two agreements differ, found over every key: what nobody thought of is found all the same."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from leadml.specs.agreement_spec import AgreementSpec, CriterionSpec, PersonaSpec, RequiredFieldSpec
from leadml.specs.promises_spec import BandSpec, EscalationSpec
from leadml.specs.reading import Label

EACH = "each"  # stands for a name of the file's own, such as a band's, in `Change.field`
THRESHOLD = "threshold"  # stands for the two keys by which a band may begin
_THRESHOLD_KEYS = ("score_at_least", "probability_at_least")
_HALVES = ("definitions", "promises")
_WHOLE = (Label, CriterionSpec, RequiredFieldSpec, EscalationSpec)  # told as a whole, not key by key

Half = Literal["head", "definitions", "promises"]


def _attribute(item: CriterionSpec | RequiredFieldSpec) -> str:
    return f"{item.of}.{item.attribute}"


# By what an item of a list is the same item in another list.
_SAME_BY: Mapping[type, Callable[[Any], str]] = {
    BandSpec: lambda band: str(band.name),
    PersonaSpec: lambda persona: str(persona.name),
    CriterionSpec: _attribute,
    RequiredFieldSpec: _attribute,
    EscalationSpec: lambda step: f"{step.at_percent:g} %",
}


@dataclass(frozen=True)
class Change:
    """One thing in which two agreements differ.

    Attributes
    ----------
    path : tuple of str
        Keys and names from the top of the file down to it.
    field : tuple of str
        The same with `EACH` for every name of the file's own.
    kind : {"changed", "added", "removed", "order"}
        `order`: the same items stand in another order.
    before, after : object
        What was and what is agreed; None where there is nothing.
    """

    path: tuple[str, ...]
    field: tuple[str, ...]
    kind: Literal["changed", "added", "removed", "order"]
    before: Any
    after: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the file's own in the path."""
        return tuple(key for key, said in zip(self.path, self.field, strict=True) if said == EACH)

    @property
    def half(self) -> Half:
        """Which part of the agreement it stands in."""
        first = self.path[0]
        return "definitions" if first == _HALVES[0] else "promises" if first == _HALVES[1] else "head"


@dataclass(frozen=True)
class _Place:
    """Where in a file one is: as written, and with `EACH` for names."""

    path: tuple[str, ...] = ()
    field: tuple[str, ...] = ()

    def key(self, key: str) -> "_Place":
        return _Place((*self.path, key), (*self.field, key))

    def named(self, name: str) -> "_Place":
        return _Place((*self.path, name), (*self.field, EACH))

    def changed(self, before: object, after: object) -> Change:
        return Change(self.path, self.field, "changed", before, after)


def find_changes(before: AgreementSpec, after: AgreementSpec) -> tuple[Change, ...]:
    """Find all in which two agreements differ.

    Parameters
    ----------
    before, after : AgreementSpec

    Returns
    -------
    changes : tuple of Change
        In the order of the file; none where both say the same in every key.
    """
    return tuple(_between(_Place(), before, after))


def _between(place: _Place, before: object, after: object) -> Iterator[Change]:
    named = [side for side in (before, after) if isinstance(side, dict)]
    if any(named) and all(side is None or isinstance(side, dict) for side in (before, after)):
        yield from _between_named(place, *(side if isinstance(side, dict) else {} for side in (before, after)))
    elif isinstance(before, _WHOLE) or type(before) is not type(after):
        if before != after:
            yield place.changed(before, after)
    elif isinstance(before, BaseModel) and isinstance(after, BaseModel):
        yield from _between_models(place, before, after)
    elif isinstance(before, tuple) and isinstance(after, tuple) and isinstance((*before, *after, None)[0], BaseModel):
        yield from _between_lists(place, before, after)
    elif before != after:
        yield place.changed(before, after)


def _between_models(place: _Place, before: BaseModel, after: BaseModel) -> Iterator[Change]:
    for key in type(before).model_fields:
        if isinstance(before, BandSpec) and key in _THRESHOLD_KEYS:
            continue
        yield from _between(place.key(key), getattr(before, key), getattr(after, key))
    if isinstance(before, BandSpec):  # the last of its keys: where a band begins, however it is written
        limits = [{key: getattr(band, key) for key in _THRESHOLD_KEYS} for band in (before, after)]
        if limits[0] != limits[1]:
            yield place.key(THRESHOLD).changed(*limits)


def _between_lists(place: _Place, before: Sequence[BaseModel], after: Sequence[BaseModel]) -> Iterator[Change]:
    """Compare lists of items that have names, or by number where two have the same."""
    same_by = _SAME_BY[type((*before, *after)[0])]
    sides = [[same_by(item) for item in side] for side in (before, after)]
    if any(most > 1 for side in sides for most in Counter(side).values()):
        sides = [[str(number) for number in range(1, len(side) + 1)] for side in (before, after)]
    first, second = (dict(zip(names, side, strict=True)) for names, side in zip(sides, (before, after), strict=True))
    yield from _between_named(place, first, second)


def _between_named(place: _Place, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name, item in before.items():
        here = place.named(name)
        if name in after:
            yield from _between(here, item, after[name])
        else:
            yield Change(here.path, here.field, "removed", item, None)
    for name, item in after.items():
        if name not in before:
            here = place.named(name)
            yield Change(here.path, here.field, "added", None, item)
    first, second = ([name for name in one if name in other] for one, other in ((before, after), (after, before)))
    if first != second:
        yield Change(place.path, place.field, "order", tuple(before), tuple(after))
