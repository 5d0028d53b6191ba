"""What marketing or sales can do about a feature, as the facts that it brings about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadml.engine.catalogue import Catalogue
from leadml.errors import LeadmlError, raise_problems
from leadml.history.tables import DERIVED_COLUMNS, FACT_TABLES, as_text
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec


@dataclass(frozen=True)
class Action:
    """Something that is done about one feature of a lead.

    Attributes
    ----------
    feature : str
    by : mapping of language to str
        What one does.
    value : float or str
        What the feature then is, so far as this action alone decides it.
    steps : int
        Facts that it takes.
    supposal : mapping
        Those facts, as `history.supposed.suppose` takes them.
    """

    feature: str
    by: Mapping[str, str]
    value: float | str
    steps: int
    supposal: Mapping[str, Any]

    @property
    def is_value(self) -> bool:
        """Whether an attribute is given a value; else facts are brought about."""
        return bool({"company", "attribute_changes"} & set(self.supposal))


def actions_of(feature: FeatureSpec, value: float | str | None, catalogue: Catalogue) -> tuple[Action, ...]:
    """Give all that can be done about a feature of a lead.

    Parameters
    ----------
    feature : FeatureSpec
        One that is declared actionable, and was checked by `check_actions`.
    value : float, str or None
        What it is now.
    catalogue : Catalogue

    Returns
    -------
    actions : tuple of Action
        Empty where nothing is left to do: as many facts are there as can be brought about, or no other value.
    """
    actionable = feature.actionable
    assert actionable is not None  # noqa: S101 - as the parameters say
    by = actionable.by.model_dump()
    if feature.kind == "attribute":
        return tuple(
            Action(feature.name, by, other, 1, _attribute(feature, other)) for other in actionable.to if other != value
        )
    have = 0 if not isinstance(value, float) else int(value)
    table, fact = catalogue.table_of[feature.name] or "", _fact_of(feature)
    return tuple(
        Action(feature.name, by, float(have + more), more, {table: [fact] * more})
        for more in range(1, (actionable.up_to or 0) - have + 1)
    )


def _attribute(feature: FeatureSpec, value: float | str) -> dict[str, Any]:
    if feature.of == "company":
        return {"company": {feature.attribute: value}}
    return {"attribute_changes": [{"attribute": feature.attribute, "value": as_text(value)}]}


def _fact_of(feature: FeatureSpec) -> dict[str, str]:
    """Give the fact that is brought about: as declared, else the first words of the filter."""
    declared = feature.actionable.fact if feature.actionable is not None else {}
    return dict(declared) or {
        column: words if isinstance(words, str) else words[0] for column, words in feature.where.items()
    }


def check_actions(themes: Sequence[FeatureFileSpec], catalogue: Catalogue) -> None:
    """Check that what is declared actionable can be brought about.

    Parameters
    ----------
    themes : sequence of FeatureFileSpec
    catalogue : Catalogue
        Of the same features, checked before by `check_features`.

    Raises
    ------
    LeadmlError, ProblemsError
        `not_actionable`, with what is missing, all together.
    """
    problems = []
    for theme in themes:
        for number, feature in enumerate(theme.features):
            if feature.actionable is not None and (problem := _problem(feature, catalogue)) is not None:
                where = f"features/{theme.theme}.yaml, features[{number}] {feature.name}.actionable"
                problems.append(LeadmlError("not_actionable", where=where, feature=feature.name, problem=problem))
    raise_problems(problems, where="features/")


def _problem(feature: FeatureSpec, catalogue: Catalogue) -> str | None:
    """Say, in the words of the YAML file, what does not fit; None where all does."""
    actionable = feature.actionable
    assert actionable is not None  # noqa: S101 - the caller looked
    if feature.kind == "attribute":
        if not actionable.to or actionable.up_to is not None or actionable.fact:
            return "an attribute takes `to`, and neither `up_to` nor `fact`"
        wanted = str if feature.values == "category" else float
        if not all(isinstance(value, wanted) for value in actionable.to):
            return f"`to` holds {'words' if wanted is str else 'numbers'}, as the feature does"
        return None
    if feature.kind != "count" or feature.of == "company":
        return "only a count of the lead's own facts, or an attribute, can be brought about"
    if actionable.up_to is None or actionable.to:
        return "a count takes `up_to`, and not `to`"
    return _fact_problem(feature, catalogue.table_of[feature.name] or "")


def _fact_problem(feature: FeatureSpec, table: str) -> str | None:
    """Say what keeps the fact from being counted."""
    if table not in FACT_TABLES:
        return f"no fact can be added to `{table}`"
    fact, columns = _fact_of(feature), FACT_TABLES[table]
    derived = [column for column in fact if column in DERIVED_COLUMNS.get(table, ())]
    if derived and not set(fact) & set(columns.texts):
        return f"`{derived[0]}` follows from other columns; write them as `fact`"
    if missing := [column for column in columns.required if column not in fact]:
        return f"`fact` needs {', '.join(missing)}"
    if unknown := [column for column in fact if column not in columns.texts]:
        return f"`{table}` has no column {', '.join(unknown)}"
    for column, words in feature.where.items():
        if column in DERIVED_COLUMNS.get(table, ()) and column not in fact:
            continue  # the agreement's words say what follows
        if fact.get(column) not in ((words,) if isinstance(words, str) else words):
            return f"the fact would not be counted: `where` asks for another {column}"
    return None
