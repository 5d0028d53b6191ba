"""Operations on properties as conditions of a rule: clauses that must all be met, of each any condition."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from typing import Literal

from leadml.crm_rules.hubspot import Operation, Where
from leadml.errors import LeadmlError
from leadml.specs.rules_spec import OF_NUMBERS, Condition, Operator, interval

Clause = tuple[Condition, ...]
Clauses = tuple[Clause, ...]
Holds = Literal["number", "word", "any"]

_MOST_CLAUSES = 12  # beyond, nobody could read the rule
_NUMBER: Mapping[str, Operator] = {
    "IS_GREATER_THAN": "more_than",
    "IS_GREATER_THAN_OR_EQUAL_TO": "at_least",
    "IS_LESS_THAN": "less_than",
    "IS_LESS_THAN_OR_EQUAL_TO": "at_most",
}
_WORD: Mapping[str, Operator] = {
    "IS_EQUAL_TO": "any_of",
    "IS_NOT_EQUAL_TO": "none_of",
    "CONTAINS": "contains",
    "DOES_NOT_CONTAIN": "contains_not",
}
_LISTED: Mapping[str, Operator] = {"IS_ANY_OF": "any_of", "IS_NONE_OF": "none_of"}
_OF_WORDS: Mapping[str, Operator] = {**_WORD, **_LISTED}
_KNOWN: Mapping[str, bool] = {"IS_KNOWN": False, "IS_UNKNOWN": True, "IS_NOT_KNOWN": True}
_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "ALL_PROPERTY": (),
    "BOOL": ("IS_EQUAL_TO", "IS_NOT_EQUAL_TO"),
    "ENUMERATION": tuple(_LISTED),
    "MULTISTRING": tuple(_WORD),
    "NUMBER": ("IS_EQUAL_TO", "IS_NOT_EQUAL_TO", *_NUMBER),
    "NUMBER_RANGED": ("IS_BETWEEN", "IS_NOT_BETWEEN"),
    "STRING": tuple(_WORD),
}
_OPPOSITES: Mapping[Operator, Operator] = {
    "at_least": "less_than", "less_than": "at_least", "at_most": "more_than", "more_than": "at_most",
    "is": "none_of", "any_of": "none_of", "is_not": "any_of", "none_of": "any_of",
    "contains": "contains_not", "contains_not": "contains",
}  # fmt: skip


def holds(operation: Operation) -> Holds:
    """Tell what a property must hold for an operation.

    Parameters
    ----------
    operation : Operation

    Returns
    -------
    holds : {"number", "word", "any"}
    """
    if operation.operator in _KNOWN:
        return "any"
    return "number" if operation.operation_type in ("NUMBER", "NUMBER_RANGED") else "word"


def check_known(operation: Operation, *, where: str) -> None:
    """Refuse an operation of which it is not known what it asks.

    Parameters
    ----------
    operation : Operation
    where : str

    Raises
    ------
    LeadmlError
        `scoring_unknown_operation` or `scoring_unknown_operator`.
    """
    kind, operator = operation.operation_type, operation.operator
    if kind not in _OPERATORS:
        raise LeadmlError("scoring_unknown_operation", where=where, operation=kind, known=", ".join(_OPERATORS))
    if operator not in (*_OPERATORS[kind], *_KNOWN):
        known = ", ".join((*_OPERATORS[kind], *_KNOWN))
        raise LeadmlError("scoring_unknown_operator", where=where, operator=operator, operation=kind, known=known)


def clause_of(operation: Operation, feature: str, *, words: Mapping[str, str], where: str) -> Clause:
    """Write an operation as conditions of which one is enough.

    Parameters
    ----------
    operation : Operation
        Passed by `check_known`.
    feature : str
    words : mapping of str to str
        The project's words for those of the CRM, where they differ.
    where : str

    Returns
    -------
    clause : tuple of Condition

    Raises
    ------
    LeadmlError
        `scoring_shape` where what is asked is missing, `scoring_contradicts` where nothing can meet it.
    """
    operator, or_missing = operation.operator, operation.include_objects_with_no_value_set
    if operator in _KNOWN:
        return (Condition(feature, "missing", _KNOWN[operator], or_missing=False),)
    if operation.operation_type == "NUMBER_RANGED":
        low, high = (_given(end, where) for end in (operation.lower_bound, operation.upper_bound))
        if low > high:
            raise LeadmlError("scoring_contradicts", where=where, problem=f"nothing lies between {low:g} and {high:g}")
        within = Condition(feature, "between", (low, high), or_missing)
        return (within,) if operator == "IS_BETWEEN" else _beyond(within, or_missing)
    if operation.operation_type == "NUMBER":
        asked = _given(operation.value, where)
        if operator in _NUMBER:
            return (Condition(feature, _NUMBER[operator], asked, or_missing),)
        same = Condition(feature, "between", (asked, asked), or_missing)
        return (same,) if operator == "IS_EQUAL_TO" else _beyond(same, or_missing)
    asked_words = tuple(dict.fromkeys(words.get(word, word) for word in _words(operation, where)))
    return (Condition(feature, _OF_WORDS[operator], asked_words, or_missing),)


def _given(value: object, where: str) -> float:
    try:
        return float(str(value))
    except ValueError:
        raise LeadmlError(
            "scoring_shape", where=where, problem=f"a number is asked for, and {value!r} is none"
        ) from None


def _words(operation: Operation, where: str) -> tuple[str, ...]:
    if operation.operation_type == "BOOL" and isinstance(operation.value, bool):
        return ("true" if operation.value else "false",)
    given = operation.values if operation.values is not None else (operation.value,)
    listed = tuple(str(word) for word in given if word not in (None, ""))
    if not listed:
        raise LeadmlError("scoring_shape", where=where, problem="a word is asked for, and none is given")
    return listed


def _beyond(within: Condition, or_missing: bool) -> Clause:
    """Ask for what lies on either side of a range."""
    low, high = interval(within)
    return (
        Condition(within.feature, "less_than", low, or_missing),
        Condition(within.feature, "more_than", high, or_missing),
    )


def opposite(condition: Condition) -> Clauses:
    """Ask for all that does not meet a condition.

    Parameters
    ----------
    condition : Condition

    Returns
    -------
    clauses : tuple of tuple of Condition

    Examples
    --------
    >>> opposite(Condition("visits", "at_least", 3.0, False))
    ((Condition(feature='visits', operator='less_than', asked=3.0, or_missing=True),),)
    """
    if condition.operator == "missing":
        return ((condition._replace(asked=not condition.asked),),)
    if condition.operator == "between":
        return (_beyond(condition, not condition.or_missing),)
    return ((condition._replace(operator=_OPPOSITES[condition.operator], or_missing=not condition.or_missing),),)


def clauses_of(condition: Where, ask: Callable[[str, Operation], Clause], *, where: str) -> Clauses:
    """Lay a composed condition out as clauses.

    Parameters
    ----------
    condition : Where
    ask : callable
        Writes an operation on a property as a clause.
    where : str

    Returns
    -------
    clauses : tuple of tuple of Condition

    Raises
    ------
    LeadmlError
        `scoring_unknown_operator`, `scoring_shape`; `scoring_too_entangled` where too many clauses would be needed.
    """
    if condition.type == "SINGLE":
        if condition.property is None or condition.operation is None:
            raise LeadmlError("scoring_shape", where=where, problem="a condition names a property and an operation")
        return (ask(condition.property, condition.operation),)
    if condition.type != "COMPOSITE" or condition.operator not in ("AND", "OR"):
        found = condition.operator if condition.type == "COMPOSITE" else condition.type
        raise LeadmlError(
            "scoring_unknown_operator", where=where, operator=found, operation="COMPOSITE", known="AND, OR"
        )
    if not condition.conditions:
        raise LeadmlError("scoring_shape", where=where, problem="a composed condition is composed of nothing")
    parts = [clauses_of(part, ask, where=where) for part in condition.conditions]
    if condition.operator == "AND":
        clauses = tuple(dict.fromkeys(clause for part in parts for clause in part))
    else:
        if _size(parts) > _MOST_CLAUSES:
            raise LeadmlError("scoring_too_entangled", where=where, most=_MOST_CLAUSES)
        clauses = tuple(dict.fromkeys(_merged(sum(chosen, ())) for chosen in product(*parts)))
    if len(clauses) > _MOST_CLAUSES:
        raise LeadmlError("scoring_too_entangled", where=where, most=_MOST_CLAUSES)
    return clauses


def _size(parts: Sequence[Clauses]) -> int:
    size = 1
    for part in parts:
        size *= len(part)
    return size


def _merged(clause: Clause) -> Clause:
    """Ask once for the words of one feature that are asked for by turns."""
    merged: list[Condition] = []
    for condition in dict.fromkeys(clause):
        alike = next(
            (
                place
                for place, other in enumerate(merged)
                if condition.operator == other.operator == "any_of" and condition.feature == other.feature
            ),
            None,
        )
        if alike is None:
            merged.append(condition)
        else:
            other = merged[alike]
            merged[alike] = other._replace(
                asked=_union(other, condition), or_missing=other.or_missing or condition.or_missing
            )
    return tuple(merged)


def _union(*conditions: Condition) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for condition in conditions for word in words_of(condition)))


def words_of(condition: Condition) -> tuple[str, ...]:
    """Give the words that a condition names.

    Examples
    --------
    >>> words_of(Condition("country", "any_of", ("Germany", "Austria"), False))
    ('Germany', 'Austria')
    """
    return tuple(str(word) for word in condition.asked) if isinstance(condition.asked, tuple) else ()


def after(earlier: Sequence[Clause], clause: Clause, *, where: str) -> Clauses:
    """Ask for a clause where none of the earlier ones on the same feature is met.

    Parameters
    ----------
    earlier : sequence of tuple of Condition
    clause : tuple of Condition
    where : str

    Returns
    -------
    clauses : tuple of tuple of Condition

    Raises
    ------
    LeadmlError
        `scoring_contradicts` where nothing is left.

    Examples
    --------
    >>> germany = Condition("country", "any_of", ("Germany",), False)
    >>> either = germany._replace(asked=("Germany", "Austria"))
    >>> after([(germany,)], (either,), where="r1")
    ((Condition(feature='country', operator='any_of', asked=('Austria',), or_missing=False),),)
    """
    before = [condition for other in earlier for condition in other]
    if len(clause) == 1 and clause[0].operator == "any_of" and all(one.operator == "any_of" for one in before):
        left = tuple(word for word in words_of(clause[0]) if word not in _union(*before))
        or_missing = clause[0].or_missing and not any(condition.or_missing for condition in before)
        if not left:
            problem = "an earlier match takes all that a later one asks for"
            raise LeadmlError("scoring_contradicts", where=where, problem=problem)
        return ((clause[0]._replace(asked=left, or_missing=or_missing),),)
    excluded = [condition for condition in before if any(_overlap(condition, own) for own in clause)]
    rest = none_of(excluded)
    if not any(own.or_missing or (own.operator == "missing" and own.asked) for own in clause):
        # A missing value is refused already.
        rest = tuple(tuple(condition._replace(or_missing=False) for condition in each) for each in rest)
    return (clause, *rest)


def none_of(conditions: Iterable[Condition]) -> Clauses:
    """Ask for what meets none of some conditions; words are named together.

    Parameters
    ----------
    conditions : iterable of Condition

    Returns
    -------
    clauses : tuple of tuple of Condition
    """
    listed = list(conditions)
    named = [condition for condition in listed if condition.operator == "any_of"]
    clauses = [clause for condition in listed if condition.operator != "any_of" for clause in opposite(condition)]
    for feature in dict.fromkeys(condition.feature for condition in named):
        alike = [condition for condition in named if condition.feature == feature]
        or_missing = not any(condition.or_missing for condition in alike)
        clauses.append((Condition(feature, "none_of", _union(*alike), or_missing),))
    return tuple(dict.fromkeys(clauses))


def _overlap(one: Condition, other: Condition) -> bool:
    """Tell whether a value may meet both."""
    if one.or_missing and other.or_missing:
        return True
    if one.operator in OF_NUMBERS and other.operator in OF_NUMBERS:
        (low, high), (other_low, other_high) = interval(one), interval(other)
        return max(low, other_low) <= min(high, other_high)
    if one.operator == other.operator == "any_of":
        return not set(words_of(one)).isdisjoint(words_of(other))
    return True
