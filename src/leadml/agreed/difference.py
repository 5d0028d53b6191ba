"""Two agreements side by side, told in sentences, with what follows from what changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from pydantic import BaseModel

from leadml.agreed.changes import EACH, THRESHOLD, Change, Half, find_changes
from leadml.agreed.glossary import all_in_words, outcome_in_words, reason_in_words, reason_name, target_in_words
from leadml.agreed.phrases import (
    attribute_in_words,
    band_in_words,
    cadence_in_words,
    calendar_in_words,
    capacity_in_words,
    conditions_in_words,
    counted,
    day_in_words,
    escalation_in_words,
    exact,
    lead_type_in_words,
    listed,
    own_word,
    plainly,
    share,
    threshold_in_words,
    within_in_words,
    words_listed,
)
from leadml.specs.agreement_spec import (
    AgreementSpec,
    CriterionSpec,
    JourneyStageSpec,
    OutcomeSpec,
    PersonaSpec,
    RequiredFieldSpec,
    ReturnReasonSpec,
)
from leadml.specs.calendar_spec import WEEKDAYS, CalendarSpec
from leadml.specs.project_spec import meaning_of
from leadml.specs.promises_spec import BandSpec, CadenceSpec, CapacitySpec, EscalationSpec, TargetsSpec
from leadml.specs.reading import Label
from leadml.specs.yaml_text import on_one_line
from leadml.vocabulary import ReturnPolicy, StatusMeaning
from leadml.wording.texts import Language, say, texts

HALVES: tuple[Half, ...] = ("head", "definitions", "promises")

_UNITS = {
    "within_days": "days",
    "not_returned_within_days": "days",
    "recycle_after_days": "days",
    "maximum_age_days": "days",
    "stagnation_days": "days",
    "hours_between": "hours",
    "hours_a_lead": "hours",
    "stays_within_points": "points",
    "points_to_double_odds": "points",
}
_SHARES = ("tiers", "deal_stages", "exploration_share", "probability_at_50")
_BANDS = ("promises", "bands")


@dataclass(frozen=True)
class Difference:
    """Two agreements and all in which they differ.

    Attributes
    ----------
    before, after : AgreementSpec
    changes : tuple of Change
    """

    before: AgreementSpec
    after: AgreementSpec
    changes: tuple[Change, ...]

    @classmethod
    def of(cls, before: AgreementSpec, after: AgreementSpec) -> "Difference":
        """Compare two agreements."""
        return cls(before, after, find_changes(before, after))

    @property
    def learned(self) -> tuple[str, ...]:
        """The definitions that mean something else to a model: it needs a training under the new ones."""
        old, new = self.before.definitions, self.after.definitions
        return tuple(
            name
            for name in type(old).model_fields
            if meaning_of(old) != meaning_of(old.model_copy(update={name: getattr(new, name)}))
        )

    def lines(self, half: Half, language: Language) -> tuple[str, ...]:
        """Tell the changes of one part of the agreement, one sentence each."""
        return tuple(self.sentence(change, language) for change in self.changes if change.half == half)

    def sentence(self, change: Change, language: Language) -> str:
        """Tell one change.

        Parameters
        ----------
        change : Change
            One of `changes`.
        language : {"en", "ja"}

        Returns
        -------
        sentence : str
            With the key itself as its subject where there are no words for it: nothing is left untold.
        """
        what = _subject(change, self, language)
        before, after = (_value(change, side, self, language) for side in ("before", "after"))
        if before == after:  # two words of the file that read alike
            before, after = _raw(change.before), _raw(change.after)
        if change.kind == "changed" and change.field[-1] == THRESHOLD:
            return say("difference.begins", language, what=what, before=before, after=after)
        words = isinstance(change.before, tuple) and isinstance(change.after, tuple)
        if change.kind == "changed" and words and change.field[-1] not in WEEKDAYS:
            return _of_words(change, what, (before, after), language)
        return say(f"difference.{change.kind}", language, what=what, before=before, after=after)

    def follows(self, language: Language) -> tuple[str, ...]:
        """Say what follows from what changed: whether a model must be trained anew, and since when promises hold."""
        if not self.changes:
            return (say("difference.same", language),)
        told, halves = [], {change.half for change in self.changes}
        if self.learned:
            learned = listed([say(f"difference.parts.{name}", language) for name in self.learned], language)
            told.append(say("difference.training", language, parts=learned))
        elif "definitions" in halves:
            told.append(say("difference.no_training", language))
        if "lead_score" in self.learned:
            told.append(say("difference.scale", language))
        if "promises" in halves or any(change.path[0] == "calendar" for change in self.changes):
            told.append(say("difference.at_once", language))
        if self.before.version == self.after.version:
            told.append(say("difference.same_version", language, version=self.after.version))
        return tuple(told)


def words_key(field: tuple[str, ...]) -> str | None:
    """Find the words for a key of the agreement; None where there are none, and it is told by its path."""
    node: Any = texts("en")["difference"]["what"]
    for key in field:
        if not isinstance(node, Mapping) or key not in node:
            return None
        node = node[key]
    path = "difference.what." + ".".join(field)
    if isinstance(node, str):
        return path
    return f"{path}.self" if "self" in node else None


def _subject(change: Change, difference: Difference, language: Language) -> str:
    key = words_key(change.field)
    if key is None:
        return ".".join(change.path)
    names = [_named(change, place, difference, language) for place, said in enumerate(change.field) if said == EACH]
    return say(key, language, **dict(zip(("first", "second"), names, strict=False)))


def _named(change: Change, place: int, difference: Difference, language: Language) -> str:
    """Say a name of the file as people call it."""
    name, field = change.path[place], change.field[:place]
    definitions = [side.definitions for side in (difference.after, difference.before)]
    if field == _BANDS:
        known = next((each for each in definitions if name in each.lead_types), definitions[0])
        return lead_type_in_words(name, known, language)
    labels: Mapping[tuple[str, ...], Callable[[Any], Mapping[str, Label]]] = {
        ("definitions", "lead_types"): lambda each: each.lead_types,
        ("definitions", "buyer_personas"): lambda each: {one.name: one.label for one in each.buyer_personas},
        ("definitions", "buyers_journey"): lambda each: {key: one.label for key, one in each.buyers_journey.items()},
    }
    if field in labels:
        label = next((found[name] for found in map(labels[field], definitions) if name in found), None)
        told = {"name": name, "label": name if label is None else getattr(label, language)}
        return say("difference.labelled", language, **told)
    if not name:
        return reason_name(name, language)
    whose, _, attribute = name.partition(".")
    if whose in ("lead", "company") and attribute:
        return say(f"agreed.attribute_of_{whose}", language, attribute=plainly(attribute))
    reads_alike = any(
        other.field == change.field and other.path[place] != name and plainly(other.path[place]) == plainly(name)
        for other in difference.changes
    )
    return name if reads_alike or change.field[:2] == _BANDS else plainly(name)


def _of_words(change: Change, what: str, sides: tuple[str, str], language: Language) -> str:
    """Tell which words came and went; where none did they stand in another order, or more than once."""
    added = [str(word) for word in change.after if word not in change.before]
    gone = [str(word) for word in change.before if word not in change.after]
    say_word = partial(own_word, language=language) if _of_attempts(change) else plainly
    said = {word: say_word(word) for word in (*added, *gone)}
    if {said[word] for word in added} & {said[word] for word in gone}:
        said = {word: word for word in said}
    parts = [
        say(f"difference.words.{key}", language, words=listed([said[word] for word in words], language))
        for key, words in (("added", added), ("gone", gone))
        if words
    ]
    if not parts:
        return say("difference.order", language, what=what, before=sides[0], after=sides[1])
    return say("difference.words.both", language, what=what, changes=say("agreed.clause", language).join(parts))


def _value(change: Change, side: str, difference: Difference, language: Language) -> str:
    """Say what one side agreed."""
    value, agreement = getattr(change, side), getattr(difference, side)
    if value is None:
        deadline = change.field[-1].endswith("_within_hours")
        return say("agreed.no_deadline" if deadline else "difference.nothing", language)
    if change.kind == "order":
        return listed(list(map(plainly, value)), language)
    if change.field[:2] == _BANDS:
        return _of_band(change, value, agreement, language)
    return _of_key(change, value, language)


def _of_band(change: Change, value: object, agreement: AgreementSpec, language: Language) -> str:
    key, last = change.names[0], change.field[-1]
    if isinstance(value, tuple) and len(change.field) == len((*_BANDS, EACH)):  # all bands of a lead type
        told = [
            say("glossary.named", language, name=band.name, what=band_in_words(agreement, key, band, language))
            for band in value
        ]
        return say("agreed.clause", language).join(told)
    if isinstance(value, BandSpec):
        return band_in_words(agreement, key, value, language)
    (band,) = (each for each in agreement.promises.bands[key] if each.name == change.names[1])
    if last == THRESHOLD:
        return threshold_in_words(agreement, key, band, language)
    if last.endswith("_within_hours"):
        return within_in_words(getattr(band, last), band.clock, language)
    return _of_key(change, value, language)


def _of_key(change: Change, value: object, language: Language) -> str:
    """Say a value by its type, and a number by its key."""
    for kind, told in _TOLD_BY_TYPE.items():
        if isinstance(value, kind):
            return told(value, language)
    if isinstance(value, tuple):
        if change.field[-1] in WEEKDAYS:
            return day_in_words(value, language)
        return listed([_of_key(change, each, language) for each in value], language)
    key = next((key for key in reversed(change.field) if key != EACH), "")
    if isinstance(value, int | float):
        if key in _UNITS:
            return counted(value, _UNITS[key], language)
        if "targets" in change.field:
            return target_in_words(key, value, language)
        return share(value, language) if key in _SHARES else exact(value)
    if isinstance(value, str):
        known = texts("en")["difference"]["said"].get(key, {})
        return say(f"difference.said.{key}.{value}", language) if value in known else _word(change, value, language)
    return _raw(value)


def _of_attempts(change: Change) -> bool:
    """Tell whether a change is about attempts, whose channels and results are words of leadml's own."""
    return not {"connect_attempt", "connect_attempts"}.isdisjoint(change.field)


def _word(change: Change, value: str, language: Language) -> str:
    """Say a word of the agreement's own plainly; names of people and places as they are written."""
    if _of_attempts(change):
        return own_word(value, language)
    return plainly(value) if change.half == "definitions" or change.field[-1] == "lifecycle_stage" else value


def _raw(value: object) -> str:
    if isinstance(value, BaseModel):
        return on_one_line(value.model_dump(mode="json", exclude_none=True))
    if isinstance(value, dict):
        return on_one_line({key: _plain(each) for key, each in value.items()})
    return on_one_line(_plain(value))


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.isoformat() if isinstance(value, date) else value


def change_as_json(change: Change, difference: Difference) -> dict[str, Any]:
    """Lay a change out for a program, with its sentence in both languages."""
    return {
        "path": ".".join(change.path),
        "half": change.half,
        "kind": change.kind,
        "before": _plain(change.before),
        "after": _plain(change.after),
        "sentence": {"en": difference.sentence(change, "en"), "ja": difference.sentence(change, "ja")},
    }


def _persona(persona: PersonaSpec, language: Language) -> str:
    return all_in_words(persona.when, language)


def _targets(targets: TargetsSpec, language: Language) -> str:
    return say("agreed.clause", language).join(
        say(f"glossary.targets.{name}", language, value=target_in_words(name, value, language))
        for name, value in targets
        if value is not None
    )


def _yes_or_no(value: bool, language: Language) -> str:
    return say("difference.yes" if value else "difference.no", language)


# In this order: a truth value is also a number, a policy also a word.
_TOLD_BY_TYPE: Mapping[type, Callable[[Any, Language], str]] = {
    bool: _yes_or_no,
    StatusMeaning: lambda value, language: say(f"difference.said.meaning.{value}", language),
    ReturnPolicy: lambda value, language: say(f"glossary.policy.{value}", language),
    date: lambda value, language: value.isoformat(),
    Label: lambda value, language: f"{value.en} / {value.ja}",
    CriterionSpec: conditions_in_words,
    RequiredFieldSpec: attribute_in_words,
    PersonaSpec: _persona,
    JourneyStageSpec: lambda stage, language: words_listed(stage.content, language),
    OutcomeSpec: outcome_in_words,
    ReturnReasonSpec: reason_in_words,
    EscalationSpec: escalation_in_words,
    CadenceSpec: cadence_in_words,
    CapacitySpec: capacity_in_words,
    CalendarSpec: lambda calendar, language: " ".join(calendar_in_words(calendar, language)),
    TargetsSpec: _targets,
}
