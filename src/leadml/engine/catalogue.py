"""The features of a project with what the engine must know about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from leadml.engine.kind import FactKind, Kind, ProfileKind, all_kinds, gives_category
from leadml.engine.plan import Plan, make_plan
from leadml.errors import LeadmlError, known_words, raise_problems
from leadml.history.tables import ATTRIBUTES_OF, DERIVED_COLUMNS, FACT_TABLES, History
from leadml.specs.agreement_spec import DefinitionsSpec
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.specs.rules_spec import OF_NUMBERS, OF_WORDS, ConditionSpec, RuleSpec, RulesSpec
from leadml.wording.texts import nearest

_READABLE_TABLES = ("leads", *(name for name in FACT_TABLES if name != "attribute_changes"))
_KEYS_OF_FACTS = ("where", "window_days", "since_stage", "of")
_KEYS_OF_KINDS = (
    "table", *_KEYS_OF_FACTS, "half_life_days", "percent", "every_days", "value", "of_which", "to", "attribute",
    "values", "words",
)  # fmt: skip
OTHER_CONTACTS = "other_contacts"  # the company's other leads: what only a history of many leads can tell
_RANKED_COLUMNS = ("lifecycle_stage", "journey_stage")


@dataclass(frozen=True)
class Catalogue:
    """Features in order, the table of each, and the agreement's words.

    Attributes
    ----------
    features : tuple of FeatureSpec
    table_of : mapping of feature to table
        None for features of attributes alone.
    definitions : DefinitionsSpec
    """

    features: tuple[FeatureSpec, ...]
    table_of: Mapping[str, str | None]
    definitions: DefinitionsSpec

    @cached_property
    def plan(self) -> Plan:
        """What the engine computes, laid out once."""
        return make_plan(self.features, self.table_of, self.definitions)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features' names, in order."""
        return tuple(feature.name for feature in self.features)

    @classmethod
    def of(cls, themes: Sequence[FeatureFileSpec], definitions: DefinitionsSpec) -> "Catalogue":
        """Take all features of some themes."""
        return cls(
            tuple(feature for theme in themes for feature in theme.features),
            {feature.name: _table_of(feature, theme.table) for theme in themes for feature in theme.features},
            definitions,
        )

    def only(self, names: set[str]) -> "Catalogue":
        """Take some of the features, in the same order."""
        chosen = tuple(feature for feature in self.features if feature.name in names)
        return Catalogue(chosen, self.table_of, self.definitions)

    def reads_facts(self, feature: FeatureSpec) -> bool:
        """Tell whether a missing value can mean that nothing happened; an attribute is only ever not known."""
        kind = all_kinds()[feature.kind]
        return isinstance(kind, FactKind) and kind.reads != "attribute"

    @cached_property
    def category_columns(self) -> Mapping[str, tuple[str, str]]:
        """Name, for each category of facts, the table and column whose words its values are."""
        return {
            feature.name: self._category_column(feature)
            for feature in self.features
            if isinstance(all_kinds()[feature.kind], FactKind) and gives_category(feature)
        }

    @cached_property
    def profiles(self) -> tuple[tuple[int, str, ProfileKind], ...]:
        """The features made from several attributes: place, name and kind."""
        kinds = [(place, feature.name, all_kinds()[feature.kind]) for place, feature in enumerate(self.features)]
        return tuple((place, name, kind) for place, name, kind in kinds if isinstance(kind, ProfileKind))

    def _category_column(self, feature: FeatureSpec) -> tuple[str, str]:
        kind = all_kinds()[feature.kind]
        if isinstance(kind, FactKind) and kind.reads == "attribute":
            return ATTRIBUTES_OF[feature.of], "value"
        return self.table_of[feature.name] or "", feature.value or ""

    def source_of(self, feature: FeatureSpec) -> str | None:
        """Name what a feature's facts come from, as `not_known` does; None for features of attributes alone."""
        if not self.reads_facts(feature):
            return None
        return OTHER_CONTACTS if feature.of == "company" else self.table_of[feature.name]

    def unknown_in(self, history: History) -> tuple[str, ...]:
        """Name the unknown tables that some feature would read, for `not_known` in an answer."""
        read: set[str] = set()
        for feature in self.features:
            kind = all_kinds()[feature.kind]
            if isinstance(kind, ProfileKind):
                read.update("companies" for criterion in kind.criteria(self.definitions) if criterion.of == "company")
            elif (source := self.source_of(feature)) is not None:
                read.add(source)
            elif feature.of == "company":
                read.add("companies")
        unknown = (*history.unknown, *(() if history.knows_other_leads else (OTHER_CONTACTS,)))
        return tuple(table for table in unknown if table in read)


def _table_of(feature: FeatureSpec, theme_table: str | None) -> str | None:
    """Name the table that a feature reads; a kind that always reads one leaves no choice."""
    kind = all_kinds().get(feature.kind)
    own = kind.table if isinstance(kind, FactKind) else None
    return own or feature.table or theme_table


def check_features(themes: Sequence[FeatureFileSpec], definitions: DefinitionsSpec) -> None:
    """Check that each feature names a kind, a table and columns that exist.

    Parameters
    ----------
    themes : sequence of FeatureFileSpec
    definitions : DefinitionsSpec

    Raises
    ------
    LeadmlError, ProblemsError
        All that is wrong, together, each with the nearest known name.
    """
    problems: list[LeadmlError] = []
    for theme in themes:
        for number, feature in enumerate(theme.features):
            where = f"features/{theme.theme}.yaml, features[{number}] {feature.name}"
            problems.extend(_feature_problems(feature, _table_of(feature, theme.table), where))
            problems.extend(_replaced_filters(feature, definitions, where))
            stages = definitions.lifecycle_stages
            if feature.since_stage is not None and feature.since_stage not in stages:
                problems.append(_unknown(feature.since_stage, stages, f"{where}.since_stage"))
    raise_problems(problems, where="features/")


def _feature_problems(feature: FeatureSpec, table: str | None, where: str) -> list[LeadmlError]:
    kind = all_kinds().get(feature.kind)
    if kind is None:
        return [_unknown(feature.kind, tuple(all_kinds()), f"{where}.kind")]
    problems = [*_unused_keys(feature, kind, where), *_category_problems(feature, where)]
    if isinstance(kind, ProfileKind):
        return problems
    problems += [
        LeadmlError("missing_key", where=where, key=key) for key in kind.needs if getattr(feature, key) in (None, {})
    ]
    if kind.reads == "attribute":
        return problems
    if table is None:
        return [*problems, LeadmlError("missing_key", where=where, key="table")]
    if table not in _READABLE_TABLES:
        return [*problems, _unknown(table, _READABLE_TABLES, f"{where}.table")]
    own = FACT_TABLES[table].texts if table in FACT_TABLES else ()
    texts = tuple(dict.fromkeys([*own, *DERIVED_COLUMNS.get(table, ())]))
    problems.extend(
        _unknown(column, texts, f"{where}.{key}")
        for key in ("where", "of_which", "to")
        for column in getattr(feature, key)
        if column not in texts
    )
    readable = _readable_columns(kind, table, texts)
    if feature.value is not None and feature.value not in readable:
        problems.append(_unknown(feature.value, readable, f"{where}.value"))
    return problems


def _unused_keys(feature: FeatureSpec, kind: Kind, where: str) -> list[LeadmlError]:
    """Refuse keys that a kind would ignore."""
    if isinstance(kind, ProfileKind):
        used: tuple[str, ...] = ()
    elif kind.reads == "attribute":
        used = ("attribute", "of", "values")
    else:
        used = (*(() if kind.table else ("table",)), *_KEYS_OF_FACTS, *kind.needs)
    if gives_category(feature) or kind.told_as == "rank":
        used = (*used, "words")
    return [
        LeadmlError("key_not_used", where=where, key=key, kind=feature.kind)
        for key in _KEYS_OF_KINDS
        if key in feature.model_fields_set and key not in used
    ]


def _replaced_filters(feature: FeatureSpec, definitions: DefinitionsSpec, where: str) -> list[LeadmlError]:
    """Refuse a filter on a column that the kind filters itself: it would take the place of the kind's own."""
    kind = all_kinds().get(feature.kind)
    asks = kind.asks(definitions) if isinstance(kind, FactKind) else {}
    return [
        LeadmlError("kind_filters_itself", where=f"{where}.where.{column}", kind=feature.kind, column=column)
        for column in feature.where
        if column in asks
    ]


def _category_problems(feature: FeatureSpec, where: str) -> list[LeadmlError]:
    """Refuse what only a number can have: an order, and a value for nothing."""
    if not gives_category(feature):
        return []
    wrong = [
        key
        for key, is_wrong in (
            ("more_is", feature.more_is is not None),
            ("when_nothing", feature.when_nothing != "missing"),
        )
        if is_wrong
    ]
    return [
        LeadmlError("category_has_no_order", where=f"{where}.{key}", key=key, feature=feature.name) for key in wrong
    ]


def check_rules(rules: RulesSpec, features: Sequence[FeatureSpec]) -> None:
    """Check that each rule asks of its features what they can answer.

    Parameters
    ----------
    rules : RulesSpec
        Each names features that exist.
    features : sequence of FeatureSpec
        Checked before by `check_features`.

    Raises
    ------
    LeadmlError, ProblemsError
        `rule_needs_number`, `rule_needs_category`, `rule_needs_days` or `rule_against_more_is`, all together.
    """
    of_name = {feature.name: feature for feature in features}
    problems = []
    for number, rule in enumerate(rules.rules):
        where = f"models/rules.yaml, rules[{number}] {rule.name}"
        for condition in rule.when.each():
            problems += _condition_problems(rule, condition, of_name[condition.feature or ""], where)
        if rule.decay is not None:
            problems += _decay_problems(rule, of_name[rule.decay.since], where)
    raise_problems(problems, where="models/rules.yaml")


def _condition_problems(
    rule: RuleSpec, condition: ConditionSpec, feature: FeatureSpec, where: str
) -> list[LeadmlError]:
    """Hold one condition of a rule against its feature."""
    problems = []
    operator = condition.condition().operator if condition.conditions else None
    of_number, of_category = operator is None or operator in OF_NUMBERS, operator in OF_WORDS
    if of_number if gives_category(feature) else of_category:
        code = "rule_needs_number" if of_number else "rule_needs_category"
        problems.append(LeadmlError(code, where=where, rule=rule.name, feature=feature.name))
    if (more_is := feature.more_is) is not None and -more_is.sign in _rises_with(rule, condition):
        problems.append(
            LeadmlError("rule_against_more_is", where=where, rule=rule.name, feature=feature.name, more_is=more_is)
        )
    return problems


def _decay_problems(rule: RuleSpec, feature: FeatureSpec, where: str) -> list[LeadmlError]:
    """Points fade with days, and never against what both teams agreed more days mean."""
    kind = all_kinds()[feature.kind]
    if kind.told_as != "days":
        return [LeadmlError("rule_needs_days", where=where, rule=rule.name, feature=feature.name)]
    falls = {-sign for sign in _signs(_given(rule))}
    if feature.more_is is not None and -feature.more_is.sign in falls:
        return [
            LeadmlError(
                "rule_against_more_is", where=where, rule=rule.name, feature=feature.name, more_is=feature.more_is
            )
        ]
    return []


def _given(rule: RuleSpec) -> list[float]:
    """All points that a rule can give; what disqualifies takes away."""
    usual = [rule.points, rule.points_per_unit, -1.0 if rule.disqualifies else None]
    return [points for points in (*usual, *rule.points_for.values()) if points is not None]


def _signs(numbers: Iterable[float]) -> set[int]:
    return {1 if number > 0 else -1 for number in numbers if number != 0}


def _rises_with(rule: RuleSpec, condition: ConditionSpec) -> set[int]:
    """Tell the directions in which a rule's points go as its feature grows: 1 up, -1 down."""
    if rule.steps is not None:
        levels = [0.0] if rule.steps[0].at_least is not None else []
        for step in rule.steps:
            levels += [step.points, *([0.0] if step.at_most is not None else [])]  # beyond its end there is nothing
        return _signs(after - before for before, after in pairwise(levels))
    signs, operator = _signs(_given(rule)), condition.condition().operator if condition.conditions else "at_least"
    if operator in ("at_least", "more_than"):
        return signs
    if operator in ("at_most", "less_than"):
        return {-sign for sign in signs}
    return {1, -1} if operator == "between" and signs else set()


def _readable_columns(kind: Kind, table: str, texts: tuple[str, ...]) -> tuple[str, ...]:
    """List the columns that a kind may name as its `value`."""
    if isinstance(kind, ProfileKind) or kind.reads in ("nothing", "left"):
        return ()
    if kind.reads == "number":
        return FACT_TABLES[table].numbers if table in FACT_TABLES else ()
    if kind.reads == "rank":
        return tuple(column for column in texts if column in _RANKED_COLUMNS)
    return texts if kind.gives_word else (*texts, "day")  # a day is counted, but it is no word


def _unknown(word: str, known: tuple[str, ...], where: str) -> LeadmlError:
    return LeadmlError("unknown_word", where=where, word=word, known=known_words(known), hint=nearest(word, known))
