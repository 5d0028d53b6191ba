"""The features that imported rules read: those of the project where one says the same, else new ones."""

from collections.abc import Iterable, Mapping
from typing import Literal

from leadml.crm_rules.conditions import Holds
from leadml.crm_rules.hubspot import EVENTS
from leadml.crm_rules.names import EventName, NamesSpec, PropertyName
from leadml.crm_rules.saying import free_name, identifier, number, readable
from leadml.engine.kind import gives_category
from leadml.errors import LeadmlError
from leadml.history.hubspot.words import COUNTERS, LEAD_STATUSES, LIFECYCLE_STAGES, STAGE, STATUS, why_left_out
from leadml.specs.feature_spec import FeatureSpec, Unit
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.reading import Label
from leadml.vocabulary import Theme
from leadml.wording.texts import LANGUAGES, in_both, texts

_SAME_ATTRIBUTE = {"numemployees": "employees", "numberofemployees": "employees"}
_LATEST: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    STAGE: ("stage_changes", "lifecycle_stage", LIFECYCLE_STAGES),
    STATUS: ("status_changes", "lead_status", LEAD_STATUSES),
}
_ACTIVITIES = "activities"
Whose = Literal["either", "company"]


class Needed:
    """Finds the feature that an imported rule reads, or defines it.

    Parameters
    ----------
    project : ProjectSpec
        Whose features are used where they say the same.
    names : NamesSpec
        How people call what the CRM calls by ids.

    Attributes
    ----------
    new : dict of str to (Theme, FeatureSpec)
        Features that had to be defined, by name.
    """

    def __init__(self, project: ProjectSpec, names: NamesSpec) -> None:
        self._names = names
        self._left_out = project.readiness.leave_out
        self._tables = {feature.name: theme.table for theme in project.themes for feature in theme.features}
        self._there = {feature.name: feature for feature in project.features}
        self.new: dict[str, tuple[Theme, FeatureSpec]] = {}

    def __getitem__(self, name: str) -> FeatureSpec:
        """Give a feature by name."""
        return self._there[name]

    @property
    def all(self) -> tuple[FeatureSpec, ...]:
        """All features of the project, and the new ones behind them."""
        return tuple(self._there.values())

    def words(self, prop: str) -> Mapping[str, str]:
        """Give the project's words for those of a property, where they differ."""
        named = self._names.properties.get(prop)
        usual = _LATEST[prop][2] if prop in _LATEST else {}
        return usual if named is None else {**usual, **named.words}

    def of_property(self, prop: str, holds: Holds, *, whose: Whose, where: str) -> FeatureSpec:
        """Find the feature that tells a property.

        Parameters
        ----------
        prop : str
        holds : {"number", "word", "any"}
        whose : {"either", "company"}
            Whether only the company's attributes will do.
        where : str

        Returns
        -------
        feature : FeatureSpec
            Of a counter of HubSpot, the count of what it counts; of stage and status, the latest.

        Raises
        ------
        LeadmlError
            `scoring_property_not_read` for a property of which leadml reads no attribute, `left_out_in_rule`.
        """
        named = self._names.properties.get(prop)
        if named is None and prop in COUNTERS and whose == "either":
            return self.count(EventName(activity=COUNTERS[prop], **_did(COUNTERS[prop])), None, where=where)
        if named is None and prop in _LATEST and whose == "either":
            return self._latest(prop, where)
        if named is None and why_left_out(prop) is not None:
            raise LeadmlError("scoring_property_not_read", where=where, property=prop)
        named = named or PropertyName(of="company" if whose == "company" else "lead")
        return self.of_attribute(named.attribute or prop, holds, named, whose=whose, where=where)

    def of_attribute(
        self, attribute: str, holds: Holds, named: PropertyName | None = None, *, whose: Whose = "either", where: str
    ) -> FeatureSpec:
        """Find the feature that reads an attribute, or define it.

        Parameters
        ----------
        attribute : str
        holds : {"number", "word", "any"}
        named : PropertyName, optional
        whose : {"either", "company"}
        where : str

        Returns
        -------
        feature : FeatureSpec
        """
        named = named or PropertyName()
        wanted = (attribute, _SAME_ATTRIBUTE.get(attribute, attribute))
        for feature in self.all:
            reads = feature.kind == "attribute" and feature.attribute in wanted and _fits(feature, holds)
            if reads and (whose == "either" or feature.of == "company"):
                return self._usable(feature, where)
        feature = FeatureSpec(
            name=free_name(identifier(attribute) or "attribute", self._there),
            label=_label(attribute, named),
            kind="attribute",
            attribute=attribute,
            of=named.of,
            values="number" if holds == "number" else "category",
            when_nothing="missing",
        )
        return self._define(Theme.FIT, feature)

    def _latest(self, prop: str, where: str) -> FeatureSpec:
        table, column, _ = _LATEST[prop]
        for feature in self.all:
            if feature.kind == "latest" and feature.value == column and not (feature.where or feature.window_days):
                return self._usable(feature, where)
        label = Label(**in_both(f"crm_rules.latest.{column}"))
        feature = FeatureSpec(
            name=free_name(column, self._there), label=label, kind="latest", table=table, value=column,
            when_nothing="missing",
        )  # fmt: skip
        return self._define(Theme.JOURNEY, feature)

    def event(self, event_type: str, *, where: str) -> EventName:
        """Name an event.

        Raises
        ------
        LeadmlError
            `scoring_unknown_event` for an id that is neither HubSpot's own nor in the names file.
        """
        if event_type in self._names.events:
            return self._names.events[event_type]
        if event_type not in EVENTS:
            raise LeadmlError("scoring_unknown_event", where=where, event=event_type)
        activity = EVENTS[event_type]
        return EventName(activity=activity, **_did(activity))

    def count(self, event: EventName, window_days: float | None, *, where: str) -> FeatureSpec:
        """Find the feature that counts an event, or define it."""
        name = _several(event.activity) if window_days is None else f"{_several(event.activity)}_{window_days:g}d"
        key, days = ("times", "") if window_days is None else ("times_in", number(window_days))
        return self._of_event("count", event, name, key, where, {"window_days": window_days}, days=days)

    def fading(
        self, event: EventName, window_days: float | None, percent: float, days: float, *, where: str
    ) -> FeatureSpec:
        """Find the feature that counts an event with each occurrence fading in steps, or define it."""
        told = {"window_days": window_days, "percent": percent, "every_days": days}
        name = f"{_several(event.activity)}_fading" + ("" if window_days is None else f"_{window_days:g}d")
        key = "fading" if window_days is None else "fading_in"
        return self._of_event(
            "decayed_in_steps", event, name, key, where, told,
            percent=number(percent), every=number(days), days="" if window_days is None else number(window_days),
        )  # fmt: skip

    def days_since(self, event: EventName, *, where: str) -> FeatureSpec:
        """Find the feature that tells the time since an event, or define it."""
        name = f"days_since_{event.activity}"
        return self._of_event("days_since", event, name, "since", where, {}, nothing="missing", unit="days")

    def _of_event(
        self, kind: str, event: EventName, name: str, key: str, where: str, told: Mapping[str, float | None],
        *, nothing: float | Literal["missing"] = 0.0, unit: str = "times", **values: str,
    ) -> FeatureSpec:  # fmt: skip
        asked = {"activity": event.activity}
        for feature in self.all:
            same = all(getattr(feature, each) == told.get(each) for each in ("window_days", "percent", "every_days"))
            facts = feature.kind == kind and _only(feature.where) == asked and feature.of == "lead"
            if facts and same and feature.since_stage is None and feature.when_nothing == nothing:
                if self._table_of(feature) == _ACTIVITIES:
                    return self._usable(feature, where)
        label = {
            language: texts(language)["crm_rules"]["of_event"][key].format(did=getattr(event, language), **values)
            for language in LANGUAGES
        }
        feature = FeatureSpec(
            name=free_name(identifier(name), self._there), label=Label(**label), kind=kind, table=_ACTIVITIES,
            where=asked, when_nothing=nothing, unit=_unit(unit), **{each: value for each, value in told.items() if value},
        )  # fmt: skip
        return self._define(Theme.ENGAGEMENT, feature)

    def _table_of(self, feature: FeatureSpec) -> str | None:
        return feature.table or self._tables.get(feature.name)

    def _define(self, theme: Theme, feature: FeatureSpec) -> FeatureSpec:
        self._there[feature.name] = feature
        self.new[feature.name] = (theme, feature)
        return feature

    def _usable(self, feature: FeatureSpec, where: str) -> FeatureSpec:
        if feature.name in self._left_out:
            raise LeadmlError("left_out_in_rule", where=where, feature=feature.name, rule=where.rpartition(" ")[2])
        return feature

    def keep(self, names: Iterable[str]) -> None:
        """Forget new features that nothing reads after all."""
        kept = set(names)
        for name in set(self.new) - kept:
            del self.new[name], self._there[name]


def _fits(feature: FeatureSpec, holds: Holds) -> bool:
    return holds == "any" or gives_category(feature) == (holds == "word")


def _only(where: Mapping[str, str | tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
    """Write one word in a list as the word."""
    return {
        column: words[0] if isinstance(words, tuple) and len(words) == 1 else words for column, words in where.items()
    }


def _did(activity: str) -> dict[str, str]:
    """Say what a lead did, of the activities that HubSpot's counters and events tell."""
    return in_both(f"crm_rules.did.{activity}")


def _several(activity: str) -> str:
    """Name several of an activity; those that end in a participle have no plural."""
    if activity in EVENTS.values():
        return f"{activity}s"
    return activity


def _unit(unit: str) -> Unit:
    return Unit(
        **{key: texts(key)["crm_rules"]["units"][unit] for key in LANGUAGES},
        one=texts("en")["crm_rules"]["units"][f"one_{unit}"],
    )


def _label(attribute: str, named: PropertyName) -> Label:
    """Say how people read an attribute: by its given name, by the usual label of a property, or by its own name."""
    known = texts("en")["crm_rules"]["properties"]
    if named.en is not None or named.ja is not None:
        text = named.en or named.ja or ""
        return Label(en=text, ja=named.ja or text)
    if attribute in known:
        return Label(**in_both(f"crm_rules.properties.{attribute}"))
    name = readable(attribute.replace("_", " ")).capitalize()
    return Label(**in_both("crm_rules.property", name=name))
