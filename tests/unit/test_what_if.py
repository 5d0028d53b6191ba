"""What would it take: real facts, the fewest changes, and an honest no."""

from itertools import combinations, product

import pytest

from leadml.engine.actions import actions_of, check_actions
from leadml.engine.catalogue import Catalogue
from leadml.errors import LeadmlError
from leadml.scoring import Scorer
from leadml.specs.feature_spec import ActionableSpec
from leadml.what_if import Supposing

BY = {"en": "Do it", "ja": "行う"}
VIEW = {"activity": "page_view", "content": "pricing"}


@pytest.fixture(scope="session")
def actionable(spec):
    """Declare four features actionable."""
    declared = {
        "pricing_views_30d": {"up_to": 2},
        "clicks_or_chats": {"up_to": 2},
        "title_level": {"to": (3.0, 5.0)},
        "attempts_7d": {"up_to": 1, "fact": {"channel": "phone", "result": "connected", "made_by": "person"}},
    }
    return tuple(
        feature.model_copy(update={"actionable": ActionableSpec(by=BY, **declared[feature.name])})
        for feature in spec.features
        if feature.name in declared
    )


@pytest.fixture
def supposing(scorer, demo_history, actionable):
    def ask(lead_id):
        return Supposing(scorer, demo_history, lead_id, demo_history.known_until + 1, actionable=actionable)

    return ask


@pytest.fixture(scope="session")
def places(scorer, demo_history):
    """Score every lead of the CRM: id and unclipped score, lowest first."""
    ids, instant = demo_history.lead_ids, demo_history.known_until + 1
    scored = scorer.places(demo_history, ids, instant)
    return sorted(zip(ids, scored, strict=True), key=lambda one: one[1][0])


def test_places_are_those_of_the_scores(scorer, demo_history):
    ids, instant = demo_history.lead_ids[::50], demo_history.known_until + 1
    for score, (unclipped, placement, lead_type) in zip(
        scorer.score(demo_history, ids, instant), scorer.places(demo_history, ids, instant), strict=True
    ):
        assert unclipped == pytest.approx(score.explanation.unclipped, abs=1e-9)
        assert (placement, lead_type) == (score.placement, score.lead_type)


def test_the_difference_adds_up_and_names_what_was_supposed(supposing, places):
    for lead_id, _ in places[::97]:
        answer = supposing(lead_id).what_if({"activities": [VIEW, VIEW]})
        way = answer.difference
        assert answer.after.lead_id == answer.before.lead_id == lead_id
        assert way.points == answer.after.score - answer.before.score
        assert way.points == way.start + sum(change.change for change in way.changes) + way.held
        assert way.start == 0
        exact = sum(change.change_exact for change in way.changes)
        assert exact == pytest.approx(
            answer.after.explanation.unclipped - answer.before.explanation.unclipped, abs=1e-9
        )
        views = next(change for change in way.changes if change.feature == "pricing_views_30d")
        assert views.after.value == views.before.value + 2
        named, others = way.top(2)
        assert sum(change.change for change in named) + others + way.start + way.held == way.points


def test_a_supposal_moves_every_feature_that_reads_it_and_no_other(supposing, places):
    lead_id = places[len(places) // 2][0]
    answer = supposing(lead_id).what_if({"activities": [VIEW]})
    moved = {change.feature for change in answer.difference.changes if change.before.value != change.after.value}
    reads_activities = {"pricing_views_30d", "warmth", "contents_seen", "active_days_90d", "days_since_first_visit"}
    assert {"pricing_views_30d", "warmth"} <= moved
    assert not moved & {"employees", "lead_type", "title_level", "attempts_7d", "deal_amount", "days_in_mql"}
    assert moved - {"longest_90d", "minutes", "mean_minutes_90d", "decision_share"} <= reads_activities


def test_nothing_supposed_is_refused(supposing, places):
    with pytest.raises(LeadmlError) as told:
        supposing(places[0][0]).what_if({})
    assert told.value.code == "nothing_supposed"


def lowest_band_above(scorer, lead_type):
    bands = scorer.agreement.promises.bands
    return [band.name for band in bands.get(lead_type, bands["default"])]


def by_hand(asked, actionable, band, scorer):
    """Try every combination one by one, through the whole answer: the oracle of `reach`."""
    values = {name: effect.value for name, effect in asked.before.explanation.by_feature().items()}
    known = {feature.name: actions_of(feature, values[feature.name], scorer.catalogue) for feature in actionable}
    known = {name: actions for name, actions in known.items() if actions}
    tried = 0
    for number in (1, 2, 3):
        found = []
        for features in combinations(known, number):
            for way in product(*(known[name] for name in features)):
                tried += 1
                supposal = {}
                for action in way:
                    for table, facts in action.supposal.items():
                        supposal[table] = [*supposal.get(table, []), *facts]
                after = asked.what_if(supposal).after
                names = lowest_band_above(scorer, after.lead_type)
                if names.index(after.placement.band) <= names.index(band):
                    steps = sum(action.steps for action in way)
                    found.append(((steps, -after.explanation.unclipped), {(one.feature, one.value) for one in way}))
        if found:
            return number, min(found, key=lambda one: one[0]), tried
    return None, None, tried


def test_the_fewest_changes_are_found_and_a_no_is_an_answer(supposing, places, actionable, scorer):
    numbers = []
    for lead_id, (_, placement, lead_type) in places[200::45]:
        names = lowest_band_above(scorer, lead_type)
        band = names[max(names.index(placement.band) - 1, 0)]
        if band == placement.band:
            continue
        asked = supposing(lead_id)
        answer = asked.reach(band)
        number, best, tried = by_hand(asked, actionable, band, scorer)
        numbers.append(number)
        assert answer.tried == tried
        if number is None:
            assert not answer.ways
            assert not answer.there_already
            assert answer.closest.after.explanation.unclipped >= answer.before.explanation.unclipped
        else:
            way = answer.ways[0]
            assert len(way.actions) == number
            assert {(one.feature, one.value) for one in way.actions} == best[1]
            assert way.after.explanation.unclipped == pytest.approx(-best[0][1], abs=1e-9)
    assert {None, 1, 2} <= set(numbers)  # the test must not pass because nothing, or everything, is near


def test_who_is_there_already_needs_nothing(supposing, places):
    answer = supposing(places[-1][0]).reach("C")
    assert answer.there_already
    assert (answer.ways, answer.closest, answer.tried) == ((), None, 0)


def test_ways_differ_in_what_is_done_not_in_how_often(supposing, places):
    several = 0
    for lead_id, (_, placement, lead_type) in places[500:950:25]:
        if placement.band == "C" and lead_type != "maintenance_service":
            ways = supposing(lead_id).reach("B").ways
            several += len(ways) > 1
            features = [tuple(action.feature for action in way.actions) for way in ways]
            assert len(features) == len(set(features))
            assert [way.steps for way in ways] == sorted(way.steps for way in ways)
    assert several > 0


def test_an_unknown_band_and_a_project_without_actions_are_told(scorer, demo_history, supposing, places):
    with pytest.raises(LeadmlError) as told:
        supposing(places[0][0]).reach("a")
    assert (told.value.code, told.value.where) == ("unknown_word", "--to-reach")
    with pytest.raises(LeadmlError) as told:
        Supposing(scorer, demo_history, places[0][0], demo_history.known_until + 1).reach("A")
    assert told.value.code == "nothing_actionable"


def test_facts_of_an_unknown_table_are_refused(scorer, spec, history_of):
    history = history_of(
        leads="lead_id,created_at\nL1,2026-01-05T09:00:00Z",
        activities="lead_id,happened_at,activity\nL1,2026-01-06T09:00:00Z,chat_opened",
    )
    asked = Supposing(Scorer(scorer.model, spec), history, "L1", history.known_until + 1)
    with pytest.raises(LeadmlError) as told:
        asked.what_if({"connect_attempts": [{"channel": "phone", "result": "connected"}]})
    assert (told.value.code, told.value.values["table"]) == ("supposed_unknown_table", "connect_attempts")
    with pytest.raises(LeadmlError) as told:
        asked.what_if({"company": {"employees": 10}})
    assert told.value.values["table"] == "companies"
    assert asked.what_if({"attribute_changes": [{"attribute": "title_level", "value": "5"}]}).after.score >= 0


@pytest.mark.parametrize(
    ("feature", "declared", "problem"),
    [
        ("pricing_views_30d", {"to": (1.0,)}, "up_to"),
        ("pricing_views_30d", {}, "up_to"),
        ("pricing_views_30d", {"up_to": 1, "fact": {"activity": "page_view"}}, "content"),
        ("pricing_views_30d", {"up_to": 1, "fact": {"activity": "page_view", "kind": "x"}}, "no column kind"),
        ("attempts_7d", {"up_to": 1}, "valid"),
        ("attempts_7d", {"up_to": 1, "fact": {"channel": "phone"}}, "result"),
        ("title_level", {"up_to": 2}, "to"),
        ("title_level", {"to": ("high",)}, "numbers"),
        ("industry", {"to": (3.0,)}, "words"),
        ("warmth", {"up_to": 2}, "only a count"),
        ("colleagues_visits_30d", {"up_to": 2}, "only a count"),
    ],
)
def test_what_cannot_be_brought_about_is_refused_where_it_is_declared(spec, feature, declared, problem):
    themes = [
        theme.model_copy(
            update={
                "features": tuple(
                    one.model_copy(update={"actionable": ActionableSpec(by=BY, **declared)})
                    if one.name == feature
                    else one
                    for one in theme.features
                )
            }
        )
        for theme in spec.themes
    ]
    with pytest.raises(LeadmlError) as told:
        check_actions(themes, Catalogue.of(themes, spec.agreement.definitions))
    assert told.value.code == "not_actionable"
    assert problem in told.value.values["problem"]
    assert f"{feature}.actionable" in told.value.where


def test_actions_take_up_where_the_lead_stands(actionable, scorer):
    views, level = (
        next(one for one in actionable if one.name == name) for name in ("pricing_views_30d", "title_level")
    )
    assert [action.value for action in actions_of(views, 1.0, scorer.catalogue)] == [2.0]
    assert [len(action.supposal["activities"]) for action in actions_of(views, 0.0, scorer.catalogue)] == [1, 2]
    assert actions_of(views, 2.0, scorer.catalogue) == ()
    assert [action.value for action in actions_of(level, 3.0, scorer.catalogue)] == [5.0]
    assert [action.value for action in actions_of(level, None, scorer.catalogue)] == [3.0, 5.0]
