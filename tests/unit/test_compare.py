"""Contestants on identical leads, at identical instants, without hindsight."""

import dataclasses

import numpy as np
import pytest

from leadml.clock import DAY, parse_instant
from leadml.compare import READINESS, RIVALS, compare, compare_recipe
from leadml.errors import LeadmlError
from leadml.evaluate import MEAN_OF_AGES, METRICS, Measures, in_top_share
from leadml.learners.contract import Contributions
from leadml.splits import rolling_periods, split_by_time
from leadml.training import fit_recipe

FEW = Measures(draws=20)


@pytest.fixture(scope="module")
def split(demo_training_set, spec):
    return split_by_time(demo_training_set, spec.readiness.test)


@pytest.fixture(scope="module")
def periods(demo_training_set, spec):
    return rolling_periods(demo_training_set, spec.readiness.test)


@pytest.fixture(scope="module")
def comparison(demo_training_set, spec):
    return compare_recipe(demo_training_set, spec, rivals=("rules", "logistic", "lightgbm"))


class Says:
    """A model that says what it is told, whatever it sees."""

    def __init__(self, margin):
        self.said = np.array(margin, dtype=float)

    def contributions(self, matrix):
        return Contributions(0.0, self.said[:, None])

    def margin(self, matrix):
        return self.said


def in_one(split, spec, first, second, measures=FEW):
    return compare([split], [{"first": first, "second": second}], spec, measures=measures)


def with_periods(spec, periods):
    test = spec.readiness.test.model_copy(update={"periods": periods})
    return dataclasses.replace(spec, readiness=spec.readiness.model_copy(update={"test": test}))


def test_one_who_knows_the_answers_ranks_perfectly_and_one_who_knows_nothing_does_not(split, spec):
    knows, guesses = Says(6 * split.test.ready - 3), Says(np.zeros(len(split.test)))
    verdict = in_one(split, spec, knows, guesses).overall("auc")
    assert verdict.age == MEAN_OF_AGES
    assert (verdict.first.value, verdict.second.value, verdict.gain.value) == (1, 0.5, 0.5)
    assert verdict.proven


def test_a_model_is_as_good_as_itself(split, spec):
    same = Says(np.linspace(-2, 2, len(split.test)))
    assert {verdict.gain.value for verdict in in_one(split, spec, same, same).verdicts} == {0}


def test_where_there_is_one_age_the_verdict_is_of_that_age(split, spec):
    one = dataclasses.replace(split, test=split.test.rows(split.test.snapshots.ages == 1))
    comparison = in_one(one, spec, Says(one.test.ready), Says(np.zeros(len(one.test))))
    assert comparison.overall("lift").age == "mql + 0 days"
    assert {verdict.age for verdict in comparison.by_age()} == {"mql + 0 days"}


def test_each_snapshot_is_scored_by_the_model_of_its_own_period(periods, spec):
    """Whoever knows the answers of one period alone is right there, and only there."""
    knows = [Says(6 * split.test.ready - 3) for split in periods]
    guesses = [Says(np.zeros(len(split.test))) for split in periods]
    fitted = [{"first": one, "second": other} for one, other in zip((knows[0], *guesses[1:]), guesses, strict=True)]
    comparison = compare(periods, fitted, spec, measures=FEW)
    found = [comparison.of_period(number, "auc").first.value for number in (1, 2, 3)]
    assert found == [1, 0.5, 0.5]


def test_the_judged_recipe_learned_from_no_lead_and_no_answer_of_its_period(periods, demo_training_set, spec):
    """What happened to leads of the period and of the gap changes nothing in what was learned for it."""
    period = periods[1]
    learned = set(zip(period.train.snapshots.leads.tolist(), period.train.snapshots.as_of.tolist(), strict=True))
    every = zip(demo_training_set.snapshots.leads.tolist(), demo_training_set.snapshots.as_of.tolist(), strict=True)
    unseen = np.array([snapshot not in learned for snapshot in every])
    assert 0 < unseen.sum() < len(unseen)
    assert unseen[demo_training_set.closed_at > period.from_].all()
    flipped = np.where(unseen, 1 - demo_training_set.ready, demo_training_set.ready)
    other = rolling_periods(dataclasses.replace(demo_training_set, ready=flipped), spec.readiness.test)[1]
    assert other.from_ == period.from_
    assert fit_recipe(other.train, spec) == fit_recipe(period.train, spec)


def test_a_comparison_says_what_it_was_made_on(comparison, periods, split, demo_training_set):
    test = split.test
    assert len(comparison.periods) == len(periods) == comparison.periods_asked == 3
    assert comparison.note is None
    assert (comparison.snapshots, comparison.ready) == (len(test), test.ready.sum())
    assert comparison.leads == len(set(test.snapshots.leads.tolist()))
    for told, period in zip(comparison.periods, periods, strict=True):
        assert (told.trained_on, told.in_the_gap) == (len(period.train), period.in_the_gap)
        assert (told.leads, told.snapshots) == (period.test.leads, len(period.test))
        assert told.in_the_gap > 0
        earlier = (demo_training_set.created_at < period.from_).sum()
        assert told.trained_on + told.in_the_gap == earlier
        assert parse_instant(told.created_from, where="tests") == period.from_
    assert parse_instant(comparison.test_from, where="tests") == test.snapshots.as_of.min()
    assert parse_instant(comparison.test_to, where="tests") == test.snapshots.as_of.max()
    assert comparison.not_worked_share == pytest.approx(1 - test.worked.mean())
    assert {verdict.metric for verdict in comparison.by_age()} == set(METRICS)


def test_all_contestants_stand_side_by_side_in_the_order_asked_for(comparison, demo_training_set, spec):
    assert comparison.contestants == (READINESS, "rules", "logistic", "lightgbm")
    for verdict in comparison.verdicts:
        assert tuple(verdict.figures) == comparison.contestants
        assert tuple(verdict.gains) == comparison.contestants[1:]
    assert len({figure.value for figure in comparison.overall("auc").figures.values()}) == 4
    assert set(RIVALS) == {"rules", "logistic", "lightgbm"}


def test_the_same_comparison_made_twice_gives_the_same_figures(comparison, demo_training_set, spec):
    assert compare_recipe(demo_training_set, spec, rivals=("rules", "logistic", "lightgbm")) == comparison


@pytest.mark.parametrize(("rivals", "hint"), [(("rules", "lightgmb"), "lightgbm"), ((), ""), (("xyz",), "")])
def test_a_rival_that_does_not_exist_is_refused_with_the_nearest(rivals, hint, demo_training_set, spec):
    with pytest.raises(LeadmlError) as caught:
        compare_recipe(demo_training_set, spec, rivals=rivals)
    assert (caught.value.code, caught.value.where) == ("unknown_word", "--with")
    assert caught.value.values["hint"] == hint
    assert "lightgbm, logistic, rules" in caught.value.part("fix")


@pytest.mark.parametrize("share", [0.0, -0.1, 1.5])
def test_a_top_share_that_is_no_share_is_refused(share, demo_training_set, spec):
    with pytest.raises(LeadmlError) as caught:
        compare_recipe(demo_training_set, spec, top_share=share)
    assert (caught.value.code, caught.value.where) == ("unfit_value", "top_share")


def test_segments_are_those_that_the_catalogue_has(comparison):
    views = {segment.view for segment in comparison.segments}
    assert views == {"lead_type", "persona", "tried"}  # tests/project has no source, and no country
    for view in views:
        assert sum(segment.snapshots for segment in comparison.segments if segment.view == view) == comparison.snapshots
    assert {group.view for group in comparison.fairness} == {"persona"}
    by_tried = {segment.name: segment.snapshots for segment in comparison.segments if segment.view == "tried"}
    assert by_tried["no"] / comparison.snapshots == pytest.approx(comparison.not_worked_share)


def test_a_lead_type_without_ready_leads_is_counted_and_not_judged(split, spec):
    test = split.test
    lead_type = test.features.values[:, test.features.names.index("lead_type")]
    ready = np.where(lead_type == 0, 0.0, test.ready)
    spoilt = dataclasses.replace(split, test=dataclasses.replace(test, ready=ready))
    comparison = in_one(spoilt, spec, Says(np.arange(len(test))), Says(np.zeros(len(test))))
    name = test.features.words["lead_type"][0]
    (segment,) = [each for each in comparison.segments if (each.view, each.name) == ("lead_type", name)]
    assert (segment.ready, segment.not_shown, segment.verdicts) == (0, "fewer_than_50_ready", ())
    assert segment.snapshots == (lead_type == 0).sum()


def test_who_is_handed_over_is_whose_band_recommends_it(split, spec):
    """At a probability of one half the score is 50; type by type the bands say from which score on."""
    test = split.test
    bands = spec.agreement.promises.bands
    lowest = {
        kind: min(band.score_at_least for band in of_kind if band.lifecycle_stage == "sql")
        for kind, of_kind in bands.items()
    }
    place = test.features.names.index("lead_type")
    kinds = [test.features.words["lead_type"][int(code)] for code in test.features.values[:, place]]
    scores = np.random.default_rng(1).integers(0, 101, len(test))
    score_of = spec.agreement.definitions.lead_score
    odds = np.log(score_of.probability_at_50 / (1 - score_of.probability_at_50))
    margin = odds + (scores - 50) * np.log(2) / score_of.points_to_double_odds
    expected = np.array(
        [score >= lowest.get(kind, lowest["default"]) for score, kind in zip(scores, kinds, strict=True)]
    )
    comparison = in_one(split, spec, Says(margin), Says(np.zeros(len(test))))
    assert comparison.handed_over_by == "bands"
    assert_handed_over(comparison, test, expected)


def assert_handed_over(comparison, test, expected):
    """Each group that is shown has the share expected of it, each age weighing the same."""
    of_age, personas = 1 / np.bincount(test.snapshots.ages)[test.snapshots.ages], np.array(persona_of(test))
    shown = [group for group in comparison.fairness if group.handed_over is not None]
    assert shown
    for group in shown:
        rows = personas == (group.name or "")
        assert group.handed_over.value == pytest.approx(np.average(expected[rows], weights=of_age[rows]))


def persona_of(test):
    codes = test.features.values[:, test.features.names.index("persona")]
    return ["" if np.isnan(code) else test.features.words["persona"][int(code)] for code in codes]


def test_where_no_band_recommends_the_hand_over_it_is_the_top_of_the_list(split, spec):
    bands = {
        "default": tuple(
            band.model_copy(update={"lifecycle_stage": None}) for band in spec.agreement.promises.bands["default"]
        )
    }
    promises = spec.agreement.promises.model_copy(update={"bands": bands})
    without = dataclasses.replace(spec, agreement=spec.agreement.model_copy(update={"promises": promises}))
    one = Says(np.arange(len(split.test)))
    comparison = in_one(split, without, one, one, Measures(draws=20, top_share=0.3))
    assert comparison.handed_over_by == "top_share"
    assert_handed_over(comparison, split.test, in_top_share(one.said, split.test.snapshots.ages, 0.3))


def test_fewer_periods_than_asked_are_said_with_the_reason(demo_training_set, spec):
    """Nobody of the last weeks became ready: they are judged with those before."""
    first, second, third = rolling_periods(demo_training_set, spec.readiness.test)
    ready = np.where(demo_training_set.created_at >= third.from_, 0.0, demo_training_set.ready)
    comparison = compare_recipe(dataclasses.replace(demo_training_set, ready=ready), spec)
    assert (len(comparison.periods), comparison.periods_asked, comparison.note) == (2, 3, "fewer_periods")
    assert [parse_instant(period.created_from, where="tests") for period in comparison.periods] == [
        first.from_,
        second.from_,
    ]


def test_a_test_without_ready_leads_is_refused(demo_training_set, spec, split):
    ready = np.where(demo_training_set.created_at >= split.from_, 0.0, demo_training_set.ready)
    with pytest.raises(LeadmlError) as caught:
        compare_recipe(dataclasses.replace(demo_training_set, ready=ready), spec)
    assert (caught.value.code, caught.value.values["ready"]) == ("too_few_outcomes", 0)


def test_leads_of_one_kind_alone_are_refused(demo_training_set, spec):
    for every in (0.0, 1.0):
        with pytest.raises(LeadmlError) as caught:
            compare_recipe(dataclasses.replace(demo_training_set, ready=np.full(len(demo_training_set), every)), spec)
        assert caught.value.code == "too_few_outcomes"


def test_the_learning_curve_ends_with_all_leads_and_keeps_the_latest(demo_training_set, spec):
    spec = with_periods(spec, 1)
    comparison = compare_recipe(demo_training_set, spec, learning_curve=True)
    curve = comparison.learning_curve
    assert [point.share for point in curve] == [0.125, 0.25, 0.5, 1.0]
    (period,) = comparison.periods
    assert curve[-1].snapshots == period.trained_on
    leads = [point.leads for point in curve]
    assert leads == pytest.approx([share * leads[-1] for share in (0.125, 0.25, 0.5, 1.0)], abs=2)
    assert curve[-1].auc.value == pytest.approx(comparison.overall("auc").first.value)
    assert curve[-1].log_loss.value == pytest.approx(comparison.overall("log_loss").first.value)
    assert compare_recipe(demo_training_set, spec).learning_curve == ()


def test_a_part_of_the_leads_with_one_kind_alone_is_counted_in_the_curve(demo_training_set, spec, split):
    """Of the earliest leads alone some became ready: an eighth of the latest has nothing to learn from."""
    spec, created = with_periods(spec, 1), split.train.created_at
    late = (demo_training_set.created_at < split.from_) & (demo_training_set.created_at > np.quantile(created, 0.6))
    ready = np.where(late, 0.0, demo_training_set.ready)
    curve = compare_recipe(
        dataclasses.replace(demo_training_set, ready=ready), spec, learning_curve=True
    ).learning_curve
    assert (curve[0].ready, curve[0].auc, curve[0].log_loss) == (0, None, None)
    assert curve[-1].auc is not None


def test_days_are_those_of_the_scores(comparison, split):
    """The AUC within scoring days is of days on which both kinds of leads were scored."""
    within = comparison.within_day()
    days = split.test.snapshots.as_of // DAY
    ready = np.bincount(days - days.min(), split.test.ready)
    assert ((ready > 0) & (ready < np.bincount(days - days.min()))).any()
    assert 0 < within.first.low <= within.first.value <= within.first.high <= 1


def test_of_data_without_times_nothing_is_said_about_days(split, spec):
    rows = dataclasses.replace(spec, history=spec.history.model_copy(update={"clock": "row_order"}))
    one = Says(np.arange(len(split.test)))
    assert in_one(split, spec, one, one).within_day() is not None
    assert in_one(split, rows, one, one).within_day() is None
