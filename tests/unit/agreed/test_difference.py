"""Two agreements side by side: nothing that differs is left untold, and each thing is told in words."""

import types
import typing
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from leadml.agreed.changes import THRESHOLD, find_changes
from leadml.agreed.difference import HALVES, Difference, change_as_json, words_key
from leadml.specs.agreement_spec import AgreementSpec, CriterionSpec, OutcomeSpec, RequiredFieldSpec, ReturnReasonSpec
from leadml.specs.calendar_spec import HolidaysSpec
from leadml.specs.promises_spec import DEFAULT, BandSpec, CadenceSpec, EscalationSpec
from leadml.specs.reading import Label, read_specification
from leadml.vocabulary import ReturnPolicy, StatusMeaning
from leadml.wording.texts import LANGUAGES

ROOT = Path(__file__).parents[3]


def full_agreement():
    """Read the demo's agreement, and agree on all that it leaves open."""
    agreement = read_specification(AgreementSpec, ROOT / "sla.yaml", shown_as="sla.yaml")
    definitions = agreement.definitions.model_copy(
        update={"outcomes": {"customer_180": OutcomeSpec(reach="customer", within_days=180)}}
    )
    cadence = CadenceSpec(sequence=("phone", "email"), hours_between=4, most_a_day=2, quiet_hours="20:00-08:00")
    bands = dict(agreement.promises.bands)
    bands["default"] = (
        BandSpec(
            name="A", score_at_least=40, stays_within_points=3, maximum_age_days=14, lifecycle_stage="sql",
            owner="Anna", accept_within_hours=9, first_attempt_within_hours=4, connect_attempts=cadence,
        ),
        *bands["default"][1:],
    )  # fmt: skip
    promises = agreement.promises.model_copy(update={"bands": bands, "connect_attempts": cadence})
    holidays = HolidaysSpec(
        country="DE", subdivision="BY", closed=(date(2026, 12, 24),), opened=(date(2026, 1, 6), date(2026, 6, 4))
    )
    calendar = agreement.calendar.model_copy(update={"holidays": holidays})
    return agreement.model_copy(
        update={
            "valid_to": date(2027, 12, 31), "calendar": calendar, "definitions": definitions, "promises": promises,
        }
    )  # fmt: skip


FULL = full_agreement()
NO_TIME = ReturnReasonSpec(policy=ReturnPolicy.NEGATIVE, recycle_after_days=1)


def models_in(annotation):
    """Find the models that a type names."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        return [annotation]
    return [found for part in typing.get_args(annotation) for found in models_in(part)]


def another(value):
    """Give a value that is not this one, of the same type."""
    match value:
        case bool():
            return not value
        case StatusMeaning():
            return next(each for each in StatusMeaning if each is not value)
        case ReturnPolicy():
            return next(each for each in ReturnPolicy if each is not value)
        case int() | float():
            return value + 0.001 if isinstance(value, float) else value + 1
        case date():
            return date(2030, 1, 1)
        case "lead" | "company":
            return "company" if value == "lead" else "lead"
        case "business" | "wall":
            return "wall" if value == "business" else "business"
        case str():
            return value.replace("_", " ") if "_" in value else value + "x"
    raise AssertionError(f"what differs from {value!r}?")


def mutations(node, path=()):
    """Give each place of an agreement with what could stand there instead."""
    if isinstance(node, BaseModel):
        yield from mutated_models(node, path)
    elif isinstance(node, dict):
        yield from mutated_names(node, path)
    elif isinstance(node, tuple):
        yield from mutated_lists(node, path)
    else:
        yield path, another(node)


def mutated_models(node, path):
    for key, field in type(node).model_fields.items():
        value = getattr(node, key)
        if value is None:
            yield (*path, key), node.model_copy(update={key: something(field.annotation)})
            continue
        for place, other in mutations(value, (*path, key)):
            yield place, node.model_copy(update={key: other})
        if value is not None and type(None) in typing.get_args(field.annotation):
            yield (*path, key), node.model_copy(update={key: None})


def something(annotation):
    """Give a value where there is none."""
    for kind, value in ((float, 0.25), (int, 3), (str, "something"), (tuple[str, ...], ("something",))):
        if kind in typing.get_args(annotation) or kind in models_in(annotation):
            return value
    return CadenceSpec()


def mutated_names(node, path):
    for key, value in node.items():
        for place, other in mutations(value, (*path, key)):
            yield place, {**node, key: other}
        yield (*path, key), {name: each for name, each in node.items() if name != key}
        yield (*path, "a new one"), {**node, "a new one": value}
        if key != DEFAULT:  # without which there is no agreement
            yield (*path, key), {another(name) if name == key else name: each for name, each in node.items()}
    if len(node) > 1:
        yield path, dict(reversed(node.items()))


def mutated_lists(node, path):
    for number, value in enumerate(node):
        for place, other in mutations(value, (*path, number)):
            yield place, (*node[:number], other, *node[number + 1 :])
        yield (*path, number), (*node[:number], *node[number + 1 :])
    if len(node) > 1:
        yield path, tuple(reversed(node))
    if not node or not isinstance(node[0], BandSpec):
        yield path, (*node, node[0]) if node else ("one",)


MUTATIONS = list(mutations(FULL))


def test_every_field_is_tried():
    def fields(model, path=()):
        for key, field in model.model_fields.items():
            inner = [found for found in models_in(field.annotation) if issubclass(found, BaseModel)]
            yield (model, key)
            for found in inner:
                yield from fields(found, (*path, key))

    tried = set()

    def walk(node):
        if isinstance(node, BaseModel):
            for key in type(node).model_fields:
                tried.add((type(node), key))
                walk(getattr(node, key))
        for each in node.values() if isinstance(node, dict) else node if isinstance(node, tuple) else ():
            walk(each)

    walk(FULL)
    assert set(fields(AgreementSpec)) - tried == set()
    assert len(MUTATIONS) > 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_single_difference_is_told(language):
    untold, alike = [], []
    for place, mutated in MUTATIONS:
        difference = Difference.of(FULL, mutated)
        lines = [line for half in HALVES for line in difference.lines(half, language)]
        if not lines:
            untold.append(place)
        # Both sides are named: a line that says the same of both tells nothing.
        back = Difference.of(mutated, FULL)
        if lines and lines == [line for half in HALVES for line in back.lines(half, language)]:
            alike.append(place)
    assert untold == []
    assert alike == []


def test_each_key_of_the_schema_has_words():
    def fields(node, path):
        if isinstance(node, BaseModel) and not isinstance(
            node, Label | CriterionSpec | RequiredFieldSpec | EscalationSpec
        ):
            for key in type(node).model_fields:
                if isinstance(node, BandSpec) and key in ("score_at_least", "probability_at_least"):
                    key = THRESHOLD
                    yield (*path, key)
                    continue
                yield from fields(getattr(node, key), (*path, key))
        elif isinstance(node, dict) or (isinstance(node, tuple) and node and isinstance(node[0], BaseModel)):
            for each in node.values() if isinstance(node, dict) else node:
                yield (*path, "each")
                yield from fields(each, (*path, "each"))
        elif path:
            yield path

    assert [field for field in fields(FULL, ()) if words_key(field) is None] == []


@given(st.lists(st.sampled_from(MUTATIONS), min_size=2, max_size=2))
def test_differences_of_two_places_are_both_found(two):
    (first_place, first), (second_place, second) = two
    changes = find_changes(first, second)
    for place, one in ((first_place, first), (second_place, second)):
        if find_changes(first, second) == ():
            assert first == second
        elif first_place[0] != second_place[0]:
            own = [change.path for change in find_changes(FULL, one)]
            assert {path[0] for path in own} <= {change.path[0] for change in changes}, place


def told(change, language="en"):
    """Tell the one change between the full agreement and another."""
    difference = Difference.of(FULL, change)
    lines = [line for half in HALVES for line in difference.lines(half, language)]
    assert len(lines) == 1, lines
    return lines[0]


def with_definitions(**changed):
    return FULL.model_copy(update={"definitions": FULL.definitions.model_copy(update=changed)})


def with_promises(**changed):
    return FULL.model_copy(update={"promises": FULL.promises.model_copy(update=changed)})


def with_band(**changed):
    first, *others = FULL.promises.bands["default"]
    bands = {**FULL.promises.bands, "default": (first.model_copy(update=changed), *others)}
    return with_promises(bands=bands)


@pytest.mark.parametrize(
    ("changed", "english", "japanese"),
    [
        (
            with_band(score_at_least=45),
            "Band A (all other lead types) begins at a score of 45 (about 4 in 10) instead of a score of 40 (about "
            "1 in 3).",
            "バンドA（その他すべてのリードタイプ）の下限：スコア40以上（約3件に1件）からスコア45以上（10件中約4件）に変更。",
        ),
        (
            with_band(first_attempt_within_hours=2.0),
            "Band A (all other lead types), first attempt: within 2 business hours instead of within 4 business hours.",
            "バンドA（その他すべてのリードタイプ）の最初のコンタクトの試行：4営業時間以内から2営業時間以内に変更。",
        ),
        (
            with_band(accept_within_hours=None),
            "Band A (all other lead types), accept or return: no deadline instead of within 9 business hours.",
            "バンドA（その他すべてのリードタイプ）の受諾・差し戻し：9営業時間以内から期限なしに変更。",
        ),
        (
            with_promises(bands={"default": FULL.promises.bands["default"]}),
            "Gone: Bands of Maintenance service (it was: A: a score of 35 (about 1 in 4); recommends SQL; sales "
            "accepts or returns the lead within 4 hours, day and night; first attempt within 2 hours, day and night; a "
            "hand-over is stale after 7 days without an attempt; a lead leaves the band only when its score "
            "is more than 3 points too low; B: a score of 14 (about 1 in 15); recommends MQL; first attempt within 8 "
            "business hours; C: a score of 0).",
            None,
        ),
        (
            with_definitions(return_reasons={**FULL.definitions.return_reasons, "no_time": NO_TIME}),
            "New: Return reason no time: counts as not ready; may come again after 1 day.",
            "差し戻し理由「no time」を追加：準備ができていなかったとみなす、1日後に再び引き渡せる。",
        ),
        (
            with_definitions(lifecycle_stages=("subscriber", "lead", "mql", "sql", "opportunity", "won")),
            "Lifecycle stages: now also won; no longer customer.",
            "ライフサイクルステージ：wonを追加、customerを削除。",
        ),
        (
            with_definitions(deal_stages={**FULL.definitions.deal_stages, "quote_presented": 0.5}),
            "Deal stage quote presented, the chance that the deal is won: 50 % instead of 45 %.",
            "商談ステージ「quote presented」の受注確率：45%から50%に変更。",
        ),
        (
            FULL.model_copy(update={"calendar": FULL.calendar.model_copy(update={"time_zone": "Europe/Berlin"})}),
            "Time zone: Europe/Berlin instead of Asia/Tokyo.",
            "タイムゾーン：Asia/TokyoからEurope/Berlinに変更。",
        ),
        (
            with_definitions(
                connect_attempt=FULL.definitions.connect_attempt.model_copy(
                    update={"channels": ("phone", "meeting", "video_call")}
                )
            ),
            "Channels of an attempt that counts: now also video call; no longer email.",
            "コンタクトの試行と数える手段：video callを追加、メールを削除。",
        ),
        (
            with_promises(capacity=None),
            "Capacity of sales: nothing instead of 3 leads a working day (2 people, 1.5 each), each lead 1.5 working "
            "hours.",
            "営業の対応能力：1営業日あたり3件（2人、1人1.5件）、1件あたり1.5時間から定めなしに変更。",
        ),
    ],
)  # fmt: skip
def test_a_change_is_a_sentence(changed, english, japanese):
    assert told(changed) == english
    if japanese is not None:
        assert told(changed, "ja") == japanese


def test_what_reads_alike_is_told_as_it_is_written():
    renamed = with_promises(capacity=FULL.promises.capacity, connect_attempts=FULL.promises.connect_attempts)
    assert find_changes(FULL, renamed) == ()
    ready = FULL.definitions.ready
    sql = with_definitions(ready=ready.model_copy(update={"reach": "SQL"}))
    assert told(sql) == "Ready means reaching: SQL instead of sql."


def test_a_key_without_words_is_told_by_its_path(monkeypatch):
    monkeypatch.setattr("leadml.agreed.difference.words_key", lambda field: None)
    assert told(with_promises(exploration_share=0.1)) == "promises.exploration_share: 10 % instead of 0 %."


@pytest.mark.parametrize(
    ("changed", "learned", "sentences"),
    [
        (FULL, (), ["The two agreements say the same."]),
        (with_promises(exploration_share=0.1), (), ["What is promised holds", "Both call themselves version 2026.1"]),
        (with_definitions(required_fields=None), (), ["No training follows", "Both call"]),
        (
            with_definitions(lead_types={**FULL.definitions.lead_types, "new_prospect": Label(en="New", ja="新規")}),
            (),
            ["No training follows", "Both call"],
        ),
        (with_definitions(ready=OutcomeSpec(reach="sql", within_days=45)), ("ready",), ["A model must learn anew", ""]),
        (
            with_definitions(lead_score=FULL.definitions.lead_score.model_copy(update={"probability_at_50": 0.4})),
            ("lead_score",),
            ["A model must learn anew", "The same score stands for another chance", ""],
        ),
    ],
)
def test_what_follows_is_said(changed, learned, sentences):
    difference = Difference.of(FULL, changed)
    assert difference.learned == learned
    for said, begins in zip(difference.follows("en"), sentences, strict=True):
        assert said.startswith(begins)


def test_a_program_reads_the_same_changes():
    changed = with_band(first_attempt_within_hours=2.0)
    (change,) = find_changes(FULL, changed)
    plain = change_as_json(change, Difference.of(FULL, changed))
    assert plain["path"] == "promises.bands.default.A.first_attempt_within_hours"
    assert (plain["half"], plain["kind"], plain["before"], plain["after"]) == ("promises", "changed", 4.0, 2.0)
    assert plain["sentence"]["ja"] == told(changed, "ja")
