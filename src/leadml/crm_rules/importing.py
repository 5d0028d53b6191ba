"""Imports a whole lead score: groups with their limits, the grade, and a list of what cannot be expressed."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, cast

from pydantic import ValidationError

from leadml.crm_rules.hubspot import CATEGORIES, Boundary, Group, Output, Rule, Score, read_as
from leadml.crm_rules.names import NamesSpec
from leadml.crm_rules.needed import Needed
from leadml.crm_rules.saying import free_name, identifier, number
from leadml.crm_rules.translation import Asked, Part, Translator, problem_of
from leadml.engine.catalogue import check_rules
from leadml.errors import LeadmlError, ProblemsError, raise_problems
from leadml.specs.feature_spec import FeatureFileSpec, FeatureSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.reading import Label
from leadml.specs.rules_reach import Reach, held, reach_of_rule, sum_of
from leadml.specs.rules_spec import Category, GroupSpec, LimitsSpec, RuleSpec, RulesSpec
from leadml.vocabulary import Theme
from leadml.wording.texts import LANGUAGES, in_both, say

_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_STOP = ("scoring_shape", "scoring_contradicts")  # a file that means nothing is not imported in part


class NotExpressible(NamedTuple):
    """Something of the score that the rules do not say.

    Attributes
    ----------
    id : str
        Of the rule, or of the group, output or key.
    problem : LeadmlError
        What it is, why it cannot be said, where it stands, and what one can do.
    """

    id: str
    problem: LeadmlError


@dataclass(frozen=True)
class Imported:
    """What a lead score became.

    Attributes
    ----------
    name : str
        The score's.
    rules : RulesSpec
    features : tuple of (Theme, FeatureSpec)
        Those that the project does not have yet.
    imported, disabled : tuple of str
        Ids of the score's rules.
    not_expressible : tuple of NotExpressible
    """

    name: str
    rules: RulesSpec
    features: tuple[tuple[Theme, FeatureSpec], ...]
    imported: tuple[str, ...]
    disabled: tuple[str, ...]
    not_expressible: tuple[NotExpressible, ...]


@dataclass
class _Entry:
    """A rule of the score with what it became, and the limits that no rule of ours can hold alone."""

    id: str
    where: str
    parts: list[Part]
    limits: LimitsSpec | None = None

    @property
    def reach(self) -> Reach:
        """Between which points it can lie."""
        whole = _reach(self.parts)
        return whole if self.limits is None else held(whole, self.limits)


def import_score(score: Score, project: ProjectSpec, names: NamesSpec, *, file: str) -> Imported:
    """Write a lead score as rules of a project.

    Parameters
    ----------
    score : Score
    project : ProjectSpec
        Whose features are used where they say the same.
    names : NamesSpec
    file : str
        Where the score stands, for errors.

    Returns
    -------
    imported : Imported
        The same for the same score and project, also where the project has its features by then.

    Raises
    ------
    LeadmlError, ProblemsError
        `scoring_shape` and `scoring_contradicts` of all rules together: then nothing of it can be trusted.
    """
    found = _Importer(score, Needed(project, names), names, file).run()
    whole = _with_features(project, found.features)  # as the next import will find it: so it can change nothing
    again = _Importer(score, Needed(whole, names), names, file).run()
    return replace(again, features=found.features)


def _with_features(project: ProjectSpec, features: Sequence[tuple[Theme, FeatureSpec]]) -> ProjectSpec:
    """Add features behind those of their themes."""
    themes = {theme.theme: theme for theme in project.themes}
    for theme, feature in features:
        file = themes.get(theme)
        label = Label(**in_both(f"crm_rules.theme.{theme}"))
        themes[theme] = FeatureFileSpec(
            theme=theme,
            label=label if file is None else file.label,
            table=None if file is None else file.table,
            features=(*(() if file is None else file.features), feature),
        )
    return replace(project, themes=tuple(themes[theme] for theme in Theme if theme in themes))


@dataclass
class _Importer:
    score: Score
    needed: Needed
    names: NamesSpec
    file: str
    rules: list[RuleSpec] = field(default_factory=list)
    groups: list[GroupSpec] = field(default_factory=list)
    origin: dict[str, str] = field(default_factory=dict)  # our rule: the score's rule
    disabled: list[str] = field(default_factory=list)
    not_expressible: list[NotExpressible] = field(default_factory=list)
    problems: list[LeadmlError] = field(default_factory=list)

    def run(self) -> Imported:
        for group in self.score.group_configs:
            self._group(group)
        grade = self._grade()
        if self.score.filter_configuration:
            self._leave("filterConfiguration", LeadmlError("scoring_filter", where=f"{self.file}, filterConfiguration"))
        raise_problems(self.problems, where=self.file)
        rules = self._whole(grade)
        self.needed.keep(rules.features)
        return Imported(
            self.score.name, rules, tuple(self.needed.new.values()), tuple(dict.fromkeys(self.origin.values())),
            tuple(self.disabled), tuple(self.not_expressible),
        )  # fmt: skip

    def _leave(self, name: str, problem: LeadmlError) -> None:
        self.not_expressible.append(NotExpressible(name, problem))

    def _group(self, group: Group) -> None:
        where = f"{self.file}, group {group.group_name}"
        try:
            limits = _limits(group.min_value, group.max_value, where)
        except LeadmlError as problem:
            self.problems.append(problem)
            return
        entries = [entry for rule in group.rule_configurations if (entry := self._entry(rule, group, where))]
        entries = self._without_limits_in_limits(entries, limits)
        if not entries:
            return
        category = CATEGORIES.get(group.group_category)
        if category is None:
            unknown = LeadmlError("scoring_unknown_category", where=where, category=group.group_category)
            self._leave(group.id or group.group_name, unknown)
        self._add(group, cast("Category | None", category), limits, entries)

    def _entry(self, rule: Rule, group: Group, where: str) -> _Entry | None:
        """Translate one rule, or say why not."""
        if not rule.enabled:
            self.disabled.append(rule.id)
            return None
        where = f"{where}, rule {rule.id}"
        decay = group.group_decay
        if decay is not None and not decay.percent_to_decay_per_interval:
            decay = None
        try:
            translator = Translator(self.needed, self.names)
            parts = translator.parts(rule.configuration.calculation, Asked(where, decay))
            if not parts:
                raise LeadmlError("scoring_gives_nothing", where=where)
            self._check(parts, where)
            limits = _limits(rule.minimum_value, rule.maximum_value, where)
        except LeadmlError as problem:
            if problem.code in _STOP:
                self.problems.append(problem)
            else:
                self._leave(rule.id, problem)
            return None
        return _limited(_Entry(rule.id, where, parts), limits)

    def _check(self, parts: Iterable[Part], where: str) -> None:
        """Hold the rules against the features that they read, as the project will."""
        try:
            check_rules(
                RulesSpec.model_construct(rules=tuple(rule for part in parts for rule in part)), self.needed.all
            )
        except ProblemsError as problems:
            raise problems.problems[0].at(where) from None
        except LeadmlError as problem:
            raise problem.at(where) from None

    def _without_limits_in_limits(self, entries: list[_Entry], limits: LimitsSpec) -> list[_Entry]:
        """Leave out rules whose own limits would have to be held inside those of their group."""
        if len(entries) == 1 or not any(entry.limits for entry in entries):
            return entries
        whole = sum_of(entry.reach for entry in entries)
        if held(whole, limits) == whole:
            return entries
        for entry in entries:
            if entry.limits:
                self._leave(entry.id, LeadmlError("scoring_limit_in_limit", where=entry.where))
        return [entry for entry in entries if not entry.limits]

    def _add(self, group: Group, category: Category | None, limits: LimitsSpec, entries: Sequence[_Entry]) -> None:
        """Add the rules of a group; those with limits of their own become a group of their own."""
        label = self._label(group, category)
        wanted = identifier(label.en) or f"{category or 'further'}_rules"
        name = free_name(wanted, (each.name for each in self.groups))
        if len(entries) == 1 and (own := entries[0].limits):
            limits, entries = _both(own, limits), [_Entry(entries[0].id, entries[0].where, entries[0].parts)]
        shared = [entry for entry in entries if not entry.limits]
        if shared:
            self.groups.append(GroupSpec(name=name, label=label, category=category, **limits.model_dump()))
        for entry in entries:
            of = name
            if entry.limits:
                of = free_name(f"{name}_{_named(entry.limits)}", (each.name for each in self.groups))
                inner = _held_label(label, entry.limits)
                self.groups.append(GroupSpec(name=of, label=inner, category=category, **entry.limits.model_dump()))
            for rule in (rule for part in entry.parts for rule in part):
                named = free_name(rule.name, self.origin)
                self.origin[named] = entry.id
                self.rules.append(rule.model_copy(update={"name": named, "group": of}))

    def _label(self, group: Group, category: Category | None) -> Label:
        given = self.names.groups.get(group.id) or self.names.groups.get(group.group_name)
        if given is not None:
            return given
        texts = in_both(f"crm_rules.categories.{category or 'none'}")
        if identifier(group.group_name) and not _JAPANESE.search(group.group_name):
            return Label(
                en=group.group_name, ja=in_both("crm_rules.group", name=group.group_name, of=texts["ja"])["ja"]
            )
        return Label(en=texts["en"], ja=group.group_name)

    def _grade(self) -> dict[Category, dict[str, float]]:
        """Read the grade from the matrix, as far as groups of its categories were imported."""
        grade: dict[Category, dict[str, float]] = {}
        there = {group.category for group in self.groups}
        for output in self.score.output_configuration.outputs:
            where = f"{self.file}, output {output.id}"
            if output.output_type == "MATRIX" and not grade and isinstance(output.boundaries, dict):
                grade = {category: signs for category, signs in self._signs(output, where).items() if category in there}
            elif output.output_type != "SCORE":
                problem = LeadmlError("scoring_output", where=where, type=output.output_type)
                self._leave(output.id, problem)
        return grade

    def _signs(self, output: Output, where: str) -> dict[Category, dict[str, float]]:
        boundaries = output.boundaries if isinstance(output.boundaries, dict) else {}
        signs: dict[Category, dict[str, float]] = {}
        for name, listed in boundaries.items():
            try:
                signs[_category(name, where)] = _signs_of(name, listed, where)
            except LeadmlError as problem:
                self.problems.append(problem)
        return signs

    def _whole(self, grade: dict[Category, dict[str, float]]) -> RulesSpec:
        categories: dict[Category, LimitsSpec] = {}
        if (most := self.score.max_score_per_category) is not None:
            order: tuple[Literal["fit"], Literal["engagement"]] = ("fit", "engagement")
            there = {group.category for group in self.groups}
            categories = {category: LimitsSpec(at_most=most) for category in order if category in there}
        try:
            return RulesSpec.model_validate(
                {
                    "rules": tuple(self.rules), "groups": tuple(self.groups), "categories": categories,
                    "total": _limits(0.0, self.score.max_score, f"{self.file}, maxScore"), "grade": grade,
                }
            )  # fmt: skip
        except ValidationError as error:
            problem = problem_of(error)
            rules = [rule for name, rule in self.origin.items() if f" {name} " in f"{problem} "]
            where = f"{self.file}, rules {', '.join(dict.fromkeys(rules))}" if rules else self.file
            raise LeadmlError("scoring_contradicts", where=where, problem=problem) from None


def _category(name: str, where: str) -> Category:
    if name not in CATEGORIES:
        raise LeadmlError("scoring_shape", where=where, problem=f"the category {name} of its boundaries is not known")
    return cast("Category", CATEGORIES[name])


def _signs_of(name: str, listed: object, where: str) -> dict[str, float]:
    """Read the signs of one category, the highest first."""
    if not isinstance(listed, list):
        raise LeadmlError("scoring_shape", where=where, problem=f"the boundaries of {name} are no list")
    limits = sorted((read_as(Boundary, each, where=where) for each in listed), key=lambda each: -each.threshold)
    signs = {each.label: each.threshold for each in limits}
    if not len(set(signs.values())) == len(signs) == len(limits):
        raise LeadmlError(
            "scoring_contradicts", where=where, problem=f"two signs of {name} share a threshold or a label"
        )
    return signs


def _limits(low: float | None, high: float | None, where: str) -> LimitsSpec:
    try:
        return LimitsSpec(at_least=low, at_most=high)
    except ValidationError as error:
        raise LeadmlError("scoring_contradicts", where=where, problem=problem_of(error)) from None


def _named(limits: LimitsSpec) -> str:
    """Name a group by its limits."""
    ends = [("from", limits.at_least), ("up_to", limits.at_most)]
    return identifier("_".join(f"{side}_{end:.15g}" for side, end in ends if end is not None))


def _held_label(group: Label, limits: LimitsSpec) -> Label:
    """Say between what some rules of a group are held."""
    ends = {"low": limits.at_least, "high": limits.at_most}
    told = {side: number(end) for side, end in ends.items() if end is not None}
    key, told = ("between", told) if len(told) == 2 else (
        "at_most" if limits.at_least is None else "at_least", {"number": next(iter(told.values()))},
    )  # fmt: skip
    return Label(
        **{
            language: say(f"crm_rules.conditions.{key}", language, label=getattr(group, language), **told)
            for language in LANGUAGES
        }
    )


def _both(one: LimitsSpec, other: LimitsSpec) -> LimitsSpec:
    """Hold one sum between both limits, the first first."""
    low, high = held((-math.inf, math.inf), one)
    low, high = held((low, high), other)
    return LimitsSpec(at_least=None if low == -math.inf else low, at_most=None if high == math.inf else high)


def _reach(parts: Iterable[Part]) -> Reach:
    """Sum what parts can give; of the rules of one part only one does."""
    reaches = [[reach_of_rule(rule) for rule in part] for part in parts]
    return sum_of((min(low for low, _ in part), max(high for _, high in part)) for part in reaches)


def _limited(entry: _Entry, limits: LimitsSpec) -> _Entry:
    """Hold a rule between its own limits: in its points or its units where that says the same, else as a group."""
    whole = _reach(entry.parts)
    if held(whole, limits) == whole and (limits.at_least or 0) <= 0 <= (
        0 if limits.at_most is None else limits.at_most
    ):
        return entry
    if len(entry.parts) == 1 and (limits.at_least or 0) <= 0 <= (0 if limits.at_most is None else limits.at_most):
        lessened = [_lessened(rule, limits) for rule in entry.parts[0]]
        if all(rule is not None for rule in lessened):
            return _Entry(entry.id, entry.where, [tuple(rule for rule in lessened if rule is not None)])
    return _Entry(entry.id, entry.where, entry.parts, limits)


def _lessened(rule: RuleSpec, limits: LimitsSpec) -> RuleSpec | None:
    """Write limits into a rule; None where points fade, as limits hold what is left of them."""
    if rule.points_per_unit is not None:
        end = limits.at_most if rule.points_per_unit > 0 else limits.at_least
        most = math.inf if end is None else end / rule.points_per_unit
        if most == 0:
            return None
        return rule if most == math.inf else rule.model_copy(update={"at_most_units": most})
    if rule.decay is not None:
        return None
    if rule.steps is not None:
        steps = tuple(step.model_copy(update={"points": _clipped(step.points, limits)}) for step in rule.steps)
        return rule.model_copy(update={"steps": steps})
    return rule.model_copy(update={"points": _clipped(rule.points or 0.0, limits)})


def _clipped(points: float, limits: LimitsSpec) -> float:
    return held((points, points), limits)[0]
