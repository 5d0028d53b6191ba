"""Writes a lead score of HubSpot in the language of `models/rules.yaml`, and names what has no words there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import ValidationError

from leadml.crm_rules.conditions import (
    Clause,
    Clauses,
    Holds,
    after,
    check_known,
    clause_of,
    clauses_of,
    holds,
    none_of,
)
from leadml.crm_rules.hubspot import (
    COMPANIES,
    Conditional,
    Constant,
    Decay,
    EventCalculator,
    Events,
    Match,
    Operation,
    SegmentRule,
    Segments,
    Where,
    inner_calculations,
    object_types,
    read_as,
)
from leadml.crm_rules.names import EventName, NamesSpec
from leadml.crm_rules.needed import Needed, Whose
from leadml.crm_rules.ranges import steps_of_counts, steps_of_matches
from leadml.crm_rules.saying import identifier, joined, name_of, said
from leadml.errors import LeadmlError
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import Condition, DecaySpec, RuleSpec, StepSpec
from leadml.wording.texts import in_both

Part = tuple[RuleSpec, ...]  # rules that exclude each other

_MEMBERS = {
    "HAS_AT_LEAST_ONE_SEGMENT_MEMBERSHIP": "any",
    "HAS_ALL_SEGMENT_MEMBERSHIPS": "all",
    "HAS_NO_SEGMENT_MEMBERSHIP": "none",
    "HAS_NO_SEGMENT_MEMBERSHIPS": "none",
}
_HOW_SUMMED = ("aggregation", "aggregationType", "operator", "rollup", "rollupType")
_LONGEST_LIST = 3


class Asked(NamedTuple):
    """What holds for all calculations of a rule.

    Attributes
    ----------
    where : str
        The rule's place, which ends in its id.
    decay : Decay, optional
        How points for events fade in its group.
    whose : {"either", "company"}
        Whose properties are asked.
    """

    where: str
    decay: Decay | None = None
    whose: Whose = "either"


@dataclass
class Translator:
    """Translates calculations.

    Attributes
    ----------
    needed : Needed
        Finds or defines the features that are read.
    names : NamesSpec
    """

    needed: Needed
    names: NamesSpec
    _of_type: Mapping[str, Callable[[Mapping[str, object], Asked], list[Part]]] = field(init=False)

    def __post_init__(self) -> None:
        self._of_type = {
            "CONSTANT": self._constant,
            "MATCH": self._match,
            "CONDITIONAL": self._conditional,
            "MULTI": self._multi,
            "MULTI_UE": self._events,
            "SEGMENT_MEMBERSHIP": self._segments,
            "ASSOCIATIONS": self._associations,
        }

    def parts(self, calculation: Mapping[str, object], asked: Asked) -> list[Part]:
        """Translate one calculation.

        Parameters
        ----------
        calculation : mapping
            As HubSpot writes it, with its `type`.
        asked : Asked

        Returns
        -------
        parts : list of tuple of RuleSpec
            Points of the parts add up; of the rules of one part at most one gives points.

        Raises
        ------
        LeadmlError
            `scoring_shape` and `scoring_contradicts` for what can mean nothing; any other for what is not expressible.
        """
        kind = calculation.get("type")
        if not isinstance(kind, str) or kind not in self._of_type:
            known = ", ".join(self._of_type)
            raise LeadmlError("scoring_unknown_calculation", where=asked.where, calculation=kind, known=known)
        return self._of_type[kind](calculation, asked)

    def _constant(self, calculation: Mapping[str, object], asked: Asked) -> list[Part]:
        """Give points to every lead: whether a feature is known or not."""
        constant = read_as(Constant, calculation, where=asked.where)
        feature = self.needed.all[0].name
        every = tuple(Condition(feature, "missing", known, or_missing=False) for known in (True, False))
        return _parts([once("every_lead", (every,), constant.value, _label("every_lead"), asked.where)])

    def _match(self, calculation: Mapping[str, object], asked: Asked) -> list[Part]:
        """Let the first match win: each later one is asked for where no earlier one is met."""
        match = read_as(Match, calculation, where=asked.where)
        wanted = {holds(rule.operation) for rule in match.match_rules} - {"any"}
        of_any: Holds = wanted.pop() if len(wanted) == 1 else "any"
        clauses: list[Clause] = []
        for rule in match.match_rules:
            check_known(rule.operation, where=asked.where)
            wants = holds(rule.operation)
            feature = self._feature(match.property, of_any if wants == "any" else wants, asked)
            clauses.append(self._clause(match.property, rule.operation, feature, asked))
        values = [rule.value for rule in match.match_rules]
        otherwise = match.default_value or 0.0
        if not otherwise and (steps := steps_of_matches(clauses, values)):
            feature = self.needed[clauses[0][0].feature]
            told = by_steps(feature.name, steps)
            return [(built(f"{feature.name}_range", told, feature.label, asked.where),)]
        rules = [
            once(
                name_of(clause[0]),
                after(clauses[:place], clause, where=asked.where),
                value,
                self._said(clause),
                asked.where,
            )
            for place, (clause, value) in enumerate(zip(clauses, values, strict=True))
        ]
        feature = self.needed[clauses[0][0].feature]
        if otherwise:
            rest = none_of(condition for clause in clauses for condition in clause)
            because = Label(
                en=in_both("crm_rules.otherwise", label=feature.label.en)["en"],
                ja=in_both("crm_rules.otherwise", label=feature.label.ja)["ja"],
            )
            rules.append(once(f"{feature.name}_otherwise", rest, otherwise, because, asked.where))
        return _parts(rules)

    def _conditional(self, calculation: Mapping[str, object], asked: Asked) -> list[Part]:
        conditional = read_as(Conditional, calculation, where=asked.where)
        where = conditional.where_condition
        clauses = clauses_of(where, lambda prop, operation: self._ask(prop, operation, asked), where=asked.where)
        name = _name(clauses, "or" if where.operator == "OR" else "and")
        return _parts([once(name, clauses, conditional.value, self._told(where, asked), asked.where)])

    def _ask(self, prop: str, operation: Operation, asked: Asked) -> Clause:
        check_known(operation, where=asked.where)
        return self._clause(prop, operation, self._feature(prop, holds(operation), asked), asked)

    def _told(self, condition: Where, asked: Asked) -> Label:
        """Say a condition as it is composed: laid out as clauses it says the same, but longer."""
        if condition.property is not None and condition.operation is not None:
            return self._said(self._ask(condition.property, condition.operation, asked))
        parts = []
        for inner in condition.conditions:
            told = self._told(inner, asked)
            if len(inner.conditions) > 1 and inner.operator != condition.operator:
                told = Label(en=f"({told.en})", ja=f"（{told.ja}）")
            parts.append(told)
        return joined(parts, "or" if condition.operator == "OR" else "and")

    def _multi(self, calculation: Mapping[str, object], asked: Asked) -> list[Part]:
        """Sum several calculations."""
        inner = inner_calculations(calculation)
        if not inner:
            raise LeadmlError("scoring_shape", where=asked.where, problem="MULTI is made of no calculations")
        for key in _HOW_SUMMED:
            if (how := calculation.get(key, "SUM")) != "SUM":
                raise LeadmlError(
                    "scoring_unknown_operator", where=asked.where, operator=how, operation="MULTI", known="SUM"
                )
        return [part for each in inner for part in self.parts(each, asked)]

    def _events(self, calculation: Mapping[str, object], asked: Asked) -> list[Part]:
        events = read_as(Events, calculation, where=asked.where)
        rules = [self._event(calculator, asked) for calculator in events.event_calculators]
        return [part for rule in rules for part in _parts([rule])]

    def _event(self, calculator: EventCalculator, asked: Asked) -> RuleSpec | None:
        """Give points for one kind of event: by how many there are, or for each."""
        event = self.needed.event(calculator.event_type_id, where=asked.where)
        days = _window(calculator, asked.where)
        record = calculator.record_calculation
        if record is not None and record.get("type") != "CONSTANT":
            raise LeadmlError("scoring_event_properties", where=asked.where, calculation=record.get("type"))
        because = Label(en=event.en, ja=event.ja)
        if days is not None:
            because = Label(
                en=in_both("crm_rules.in_window", did=event.en, days=f"{days:g}")["en"],
                ja=in_both("crm_rules.in_window", did=event.ja, days=f"{days:g}")["ja"],
            )
        if calculator.event_frequency_criteria is not None:
            count = self.needed.count(event, days, where=asked.where)
            steps = steps_of_counts(calculator.event_frequency_criteria, where=asked.where)
            told = {**by_steps(count.name, steps), **self._fades(event, asked)}
            return built(count.name, told, because, asked.where)
        if record is None:
            raise LeadmlError("scoring_shape", where=asked.where, problem="an event has neither points nor a frequency")
        each = read_as(Constant, record, where=asked.where).value
        if asked.decay is None:
            units = self.needed.count(event, days, where=asked.where)
        else:
            units = self.needed.fading(event, days, asked.decay, where=asked.where)
        told = {"when": {"feature": units.name}, "points_per_unit": each}
        return built(f"every_{event.activity}", told, because, asked.where) if each else None

    def _fades(self, event: EventName, asked: Asked) -> dict[str, object]:
        """Let points that are given once fade with the time since the last event."""
        if asked.decay is None:
            return {}
        since = self.needed.days_since(event, where=asked.where).name
        percent, every_days = asked.decay.percent_to_decay_per_interval, asked.decay.decay_interval_days
        return {"decay": DecaySpec(since=since, percent=percent, every_days=every_days)}

    def _segments(self, calculation: Mapping[str, object], asked: Asked) -> list[Part]:
        segments = read_as(Segments, calculation, where=asked.where)
        return [part for rule in segments.segment_membership_rules for part in _parts([self._segment(rule, asked)])]

    def _segment(self, rule: SegmentRule, asked: Asked) -> RuleSpec | None:
        how = _MEMBERS.get(rule.operation)
        if how is None:
            raise LeadmlError(
                "scoring_unknown_operator", where=asked.where, operator=rule.operation,
                operation="SEGMENT_MEMBERSHIP", known=", ".join(_MEMBERS),
            )  # fmt: skip
        conditions, texts = [], []
        for segment in rule.segment_ids:
            named = self.names.segments.get(segment)
            if named is None:
                raise LeadmlError("scoring_unknown_segment", where=asked.where, segment=segment)
            feature = self.needed.of_attribute(named.attribute, "word", where=asked.where)
            conditions.append(Condition(feature.name, "any_of", (named.is_,), or_missing=False))
            texts.append(Label(en=named.en, ja=named.ja))
        clauses = {
            "any": (tuple(conditions),),
            "all": tuple((condition,) for condition in conditions),
            "none": none_of(conditions),
        }[how]
        because = joined(texts, "and" if how == "all" else "or")
        name = identifier(because.en) or _name(clauses, "and" if how == "all" else "or")
        if how == "none":
            because = Label(
                en=in_both("crm_rules.not", text=because.en)["en"], ja=in_both("crm_rules.not", text=because.ja)["ja"]
            )
            name = f"not_{name}"
        return once(name, clauses, rule.value, because, asked.where)

    def _associations(self, calculation: Mapping[str, object], asked: Asked) -> list[Part]:
        """Translate what is asked of the lead's company; a lead has one, so a rollup over companies is that one."""
        inner, types = inner_calculations(calculation), object_types(calculation)
        if types != {COMPANIES} or not inner or any(each["type"] not in ("MATCH", "CONDITIONAL") for each in inner):
            raise LeadmlError("scoring_associations", where=asked.where, object=", ".join(sorted(types)) or "?")
        if any(each.get("defaultValue") for each in inner):  # a lead without a company gets no default
            raise LeadmlError("scoring_associations", where=asked.where, object=COMPANIES)
        return [part for each in inner for part in self.parts(each, asked._replace(whose="company"))]

    def _feature(self, prop: str, wants: Holds, asked: Asked) -> FeatureSpec:
        return self.needed.of_property(prop, wants, whose=asked.whose, where=asked.where)

    def _clause(self, prop: str, operation: Operation, feature: FeatureSpec, asked: Asked) -> Clause:
        return clause_of(operation, feature.name, words=self.needed.words(prop), where=asked.where)

    def _said(self, clause: Clause) -> Label:
        return joined([said(condition, self.needed[condition.feature]) for condition in clause], "or")


def _label(key: str) -> Label:
    return Label(**in_both(f"crm_rules.{key}"))


def _name(clauses: Clauses, how: str) -> str:
    """Name a rule by its one condition, or by the features that it asks."""
    if len(clauses) == 1 and len(clauses[0]) == 1:
        return name_of(clauses[0][0])
    features = list(dict.fromkeys(condition.feature for clause in clauses for condition in clause))
    if len(features) > _LONGEST_LIST:
        return identifier(f"{features[0]}_{how}_{len(features) - 1}_more")
    return identifier(f"_{how}_".join(features))


def _window(calculator: EventCalculator, where: str) -> float | None:
    """Give the days before now in which an event counts."""
    if calculator.event_timeframe is None:
        return None
    operation = calculator.event_timeframe.event_filter_operation
    rolling = (operation.operation_type, operation.operator) == ("ROLLING_DATE_RANGE", "IS_LESS_THAN_X_DAYS_AGO")
    if not rolling or not operation.number_of_days or operation.number_of_days < 0:
        found = f"{operation.operation_type} {operation.operator}"
        raise LeadmlError("scoring_timeframe", where=where, timeframe=found)
    return operation.number_of_days


def _parts(rules: Sequence[RuleSpec | None]) -> list[Part]:
    """Make one part of rules that exclude each other; those without points are none."""
    given = tuple(rule for rule in rules if rule is not None)
    return [given] if given else []


def once(name: str, clauses: Clauses, points: float, because: Label, where: str) -> RuleSpec | None:
    """Write a rule that gives its points once; none where it gives no points.

    Raises
    ------
    LeadmlError
        `scoring_contradicts` where no lead can meet the conditions.
    """
    return built(name, {"when": _when(clauses), "points": points}, because, where) if points else None


def by_steps(feature: str, steps: Sequence[StepSpec]) -> dict[str, object]:
    """Ask for points by the range of a number; a single open range is asked for once.

    Examples
    --------
    >>> by_steps("visits", [StepSpec(at_least=3.0, points=5.0)])["points"]
    5.0
    """
    if len(steps) == 1 and steps[0].at_most is None and steps[0].at_least is not None:
        return {"when": {"feature": feature, "at_least": steps[0].at_least}, "points": steps[0].points}
    return {"when": {"feature": feature}, "steps": tuple(steps)}


def built(name: str, told: Mapping[str, object], because: Label, where: str) -> RuleSpec:
    """Make a rule, and name the rule of the CRM where it contradicts itself.

    Raises
    ------
    LeadmlError
        `scoring_contradicts`.
    """
    try:
        return RuleSpec.model_validate({"name": name, **told, "because": because})
    except ValidationError as error:
        raise LeadmlError("scoring_contradicts", where=where, problem=problem_of(error)) from None


def problem_of(error: ValidationError) -> str:
    """Say what a specification refuses, in its own words.

    Examples
    --------
    >>> from leadml.specs.rules_spec import WhenSpec
    >>> try:
    ...     WhenSpec.model_validate({"feature": "employees", "between": (2.0, 1.0)})
    ... except ValidationError as error:
    ...     problem_of(error)
    'between 2 and 1 lies nothing: write the smaller number first'
    """
    return str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")


def _when(clauses: Clauses) -> dict[str, object]:
    if len(clauses) == 1:
        return _either(clauses[0])
    return {"all": tuple(_either(clause) for clause in clauses)}


def _either(clause: Clause) -> dict[str, object]:
    if len(clause) == 1:
        return _condition(clause[0])
    return {"any": tuple(_condition(condition) for condition in clause)}


def _condition(condition: Condition) -> dict[str, object]:
    operator, asked = condition.operator, condition.asked
    key: str = operator
    if isinstance(asked, tuple) and len(asked) == 1 and operator in ("any_of", "none_of"):
        key, asked = ("is" if operator == "any_of" else "is_not"), asked[0]  # type: ignore[assignment]
    told: dict[str, object] = {"feature": condition.feature, key: asked}
    return {**told, "or_missing": True} if condition.or_missing else told
