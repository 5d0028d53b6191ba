"""The features that imported rules read: those of the project where one says the same, else new ones."""

from collections.abc import Iterable, Mapping
from typing import Literal

from leadml.crm_rules.conditions import Holds
from leadml.crm_rules.hubspot import EVENTS, Decay
from leadml.crm_rules.names import EventName, NamesSpec, PropertyName
from leadml.crm_rules.saying import free_name, identifier, number, readable
from leadml.engine.kind import gives_category
from leadml.errors import LeadmlError
from leadml.history.hubspot.words import COUNTERS, LEAD_STATUSES, LIFECYCLE_STAGES, STAGE, STATUS, why_left_out
from leadml.specs.feature_spec import FeatureSpec, Unit
from leadml.specs.history_spec import SourceSpec
from leadml.specs.project_spec import ProjectSpec
from leadml.specs.reading import Label
from leadml.vocabulary import Theme
from leadml.wording.texts import LANGUAGES, in_both, say

_SAME_ATTRIBUTE = {"numemployees": "employees", "numberofemployees": "employees"}
_LATEST: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    STAGE: ("stage_changes", "lifecycle_stage", LIFECYCLE_STAGES),
    STATUS: ("status_changes", "lead_status", LEAD_STATUSES),
}
_ACTIVITIES = "activities"
_HOW_IT_IS_TOLD = ("name", "label", "table", "where", "unit", "words", "actionable", "more_is")
_LABELLED = (
    "annualrevenue", "city", "country", "hs_analytics_source", "industry", "jobtitle", "numberofemployees",
    "numemployees", "state",
)  # fmt: skip
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
        self._of_companies = _attributes(project.history.tables.companies) - _attributes(project.history.tables.leads)
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
        if named is None:
            named = PropertyName(of="company" if whose == "company" or prop in self._of_companies else "lead")
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
        key, days = ("times", "") if window_days is None else ("times_in", f"{window_days:g}")
        wanted = FeatureSpec(
            name=_several(event.activity) + ("" if window_days is None else f"_{window_days:g}d"),
            label=_of_event(event, key, days=days),
            kind="count",
            where={"activity": event.activity},
            window_days=window_days,
            unit=_unit("times"),
            when_nothing=0.0,
        )
        return self._about(wanted, where)

    def fading(self, event: EventName, window_days: float | None, decay: Decay, *, where: str) -> FeatureSpec:
        """Find the feature that counts an event with each occurrence fading in steps, or define it."""
        key, days = ("fading", "") if window_days is None else ("fading_in", f"{window_days:g}")
        percent, every = decay.percent_to_decay_per_interval, decay.decay_interval_days
        wanted = FeatureSpec(
            name=f"{_several(event.activity)}_fading" + ("" if window_days is None else f"_{window_days:g}d"),
            label=_of_event(event, key, days=days, percent=number(percent), every=number(every)),
            kind="decayed_in_steps",
            where={"activity": event.activity},
            window_days=window_days,
            percent=percent,
            every_days=every,
            unit=_unit("times"),
            when_nothing=0.0,
        )
        return self._about(wanted, where)

    def days_since(self, event: EventName, *, where: str) -> FeatureSpec:
        """Find the feature that tells the time since an event, or define it."""
        wanted = FeatureSpec(
            name=f"days_since_{event.activity}",
            label=_of_event(event, "since"),
            kind="days_since",
            where={"activity": event.activity},
            unit=_unit("days"),
            when_nothing="missing",
        )
        return self._about(wanted, where)

    def _about(self, wanted: FeatureSpec, where: str) -> FeatureSpec:
        """Find a feature of activities that computes the same, however it is called."""
        for feature in self.all:
            if self._table_of(feature) == _ACTIVITIES and _meaning(feature) == _meaning(wanted):
                return self._usable(feature, where)
        name = free_name(identifier(wanted.name), self._there)
        return self._define(Theme.ENGAGEMENT, wanted.model_copy(update={"name": name, "table": _ACTIVITIES}))

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


def _attributes(sources: Iterable[SourceSpec] | None) -> set[str]:
    """Name the attributes that history.yaml reads of some sources."""
    return {attribute for source in sources or () for attribute in source.attributes}


def _fits(feature: FeatureSpec, holds: Holds) -> bool:
    return holds == "any" or gives_category(feature) == (holds == "word")


def _meaning(feature: FeatureSpec) -> dict[str, object]:
    """Give what decides a feature's values, beside its table."""
    told = feature.model_dump(exclude=set(_HOW_IT_IS_TOLD))
    where = {column: (words,) if isinstance(words, str) else words for column, words in feature.where.items()}
    return {**told, "where": where}


def _of_event(event: EventName, key: str, **values: str) -> Label:
    texts = {
        language: say(f"crm_rules.of_event.{key}", language, did=getattr(event, language), **values)
        for language in LANGUAGES
    }
    return Label(**texts)


def _did(activity: str) -> dict[str, str]:
    """Say what a lead did, of the activities that HubSpot's counters and events tell."""
    return in_both(f"crm_rules.did.{activity}")


def _several(activity: str) -> str:
    """Name several of an activity; those that end in a participle have no plural."""
    if activity in EVENTS.values():
        return f"{activity}s"
    return activity


def _unit(unit: str) -> Unit:
    return Unit(**in_both(f"crm_rules.units.{unit}"), one=say(f"crm_rules.units.one_{unit}"))


def _label(attribute: str, named: PropertyName) -> Label:
    """Say how people read an attribute: by its given name, by the usual label of a property, or by its own name."""
    if named.en is not None or named.ja is not None:
        text = named.en or named.ja or ""
        return Label(en=text, ja=named.ja or text)
    if attribute in _LABELLED:
        return Label(**in_both(f"crm_rules.properties.{attribute}"))
    name = readable(attribute.replace("_", " ")).capitalize()
    return Label(**in_both("crm_rules.property", name=name))
