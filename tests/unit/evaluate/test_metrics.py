"""How good a score is, on lists that one can count by hand, and against scikit-learn and brute force."""

import warnings
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn import metrics as oracle

from leadml.clock import DAY, HOUR
from leadml.errors import LeadmlError
from leadml.evaluate import (
    auc,
    auc_within_days,
    average_precision,
    brier,
    calibration_slope,
    debiased_calibration_error,
    lift_at,
    log_loss,
    precision_at,
    spiegelhalter_z,
)

READY = [1, 1, 0, 1, 0, 0, 0, 0, 0, 0]
RANKING = range(10, 0, -1)

# Few different scores, so that there are many ties.
SNAPSHOTS = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from([0.02, 0.1, 0.25, 0.6, 0.9, 0.97]),
        st.sampled_from([1.0, 2.0, 3.0]),
        st.integers(0, 3),
    ),
    min_size=2,
    max_size=40,
)


def columns_of(snapshots):
    ready, chance, weights, day = (np.array(column) for column in zip(*snapshots, strict=True))
    assume(0 < ready.sum() < len(ready))
    return ready.astype(float), chance, weights, day * DAY + 3 * HOUR


def test_auc_counts_the_pairs_in_which_the_ready_lead_stands_above():
    # 21 pairs of a ready lead and another; only the fourth stands below one that is not ready.
    assert auc(READY, RANKING) == pytest.approx(20 / 21)
    assert auc(READY, [-rank for rank in RANKING]) == pytest.approx(1 / 21)


def test_a_ranking_without_any_difference_is_no_better_than_chance():
    assert auc(READY, [5] * 10) == 0.5
    assert lift_at(READY, [5] * 10, top_share=0.1) == pytest.approx(1.0)
    assert average_precision(READY, [5] * 10) == pytest.approx(0.3)
    assert precision_at(READY, [5] * 10) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("top_share", "precision"), [(0.1, 1), (0.2, 1), (0.25, 2 / 2.5), (0.3, 2 / 3), (0.4, 3 / 4), (1.0, 0.3)]
)
def test_lift_is_how_much_richer_the_top_of_the_list_is(top_share, precision):
    # A quarter of ten leads is two and a half: two ready ones, and half of one that is not.
    assert precision_at(READY, RANKING, top_share=top_share) == pytest.approx(precision)
    assert lift_at(READY, RANKING, top_share=top_share) == pytest.approx(precision / 0.3)


def test_leads_that_tie_at_the_cut_count_by_their_share():
    # Four tie at the top, two of them ready; each has an equal claim to the first place.
    assert lift_at([1, 1, 0, 0, 0, 0, 0, 0, 1, 0], [9, 9, 9, 9, 1, 1, 1, 1, 1, 1]) == pytest.approx(0.5 / 0.3)


def test_brier_is_the_mean_squared_distance():
    assert brier([1, 0, 1, 0], [1.0, 0.0, 0.5, 0.5]) == 0.125
    assert brier([1, 0], [0.5, 0.0], weights=[3, 1]) == pytest.approx(3 / 16)


@given(SNAPSHOTS)
def test_ranking_and_losses_are_those_of_scikit_learn_with_weights_and_ties(snapshots):
    ready, chance, weights, _ = columns_of(snapshots)
    for ours, theirs in (
        (auc, oracle.roc_auc_score),
        (average_precision, oracle.average_precision_score),
        (brier, oracle.brier_score_loss),
        (log_loss, oracle.log_loss),
    ):
        assert ours(ready, chance) == pytest.approx(theirs(ready, chance), abs=1e-12)
        assert ours(ready, chance, weights) == pytest.approx(theirs(ready, chance, sample_weight=weights), abs=1e-12)


def test_a_chance_of_zero_or_one_costs_what_it_costs_in_scikit_learn():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = oracle.log_loss([1, 0, 1], [0.0, 1.0, 1.0])
    assert log_loss([1, 0, 1], [0.0, 1.0, 1.0]) == pytest.approx(expected)


@given(SNAPSHOTS)
def test_a_snapshot_of_weight_two_is_two_snapshots(snapshots):
    ready, chance, weights, as_of = columns_of(snapshots)
    often = np.repeat(np.arange(len(ready)), weights.astype(int))
    for measure in (
        auc, average_precision, lift_at, precision_at, brier, log_loss, calibration_slope, spiegelhalter_z,
        debiased_calibration_error,
    ):  # fmt: skip
        repeated = measure(ready[often], chance[often])
        assert measure(ready, chance, weights=weights) == (
            None if repeated is None else pytest.approx(repeated, abs=1e-7)
        )
    within = auc_within_days(ready[often], chance[often], as_of[often])
    assert auc_within_days(ready, chance, as_of, weights) == (None if within is None else pytest.approx(within))


@given(SNAPSHOTS)
def test_within_days_only_pairs_of_one_day_in_utc_are_counted(snapshots):
    ready, chance, weights, as_of = columns_of(snapshots)
    right = pairs = 0.0
    for one, other in product(range(len(ready)), repeat=2):
        if ready[one] > ready[other] and as_of[one] // DAY == as_of[other] // DAY:
            weight = weights[one] * weights[other]
            pairs += weight
            right += weight * (chance[one] > chance[other]) + weight * 0.5 * (chance[one] == chance[other])
    assert auc_within_days(ready, chance, as_of, weights) == (pytest.approx(right / pairs) if pairs else None)


def test_a_day_ends_at_midnight_in_utc():
    ready, ranking = [1, 0], [1, 2]
    assert auc_within_days(ready, ranking, [DAY - 1, DAY]) is None
    assert auc_within_days(ready, ranking, [DAY, 2 * DAY - 1]) == 0.0
    assert auc_within_days(ready, ranking, [-1, -DAY]) == 0.0  # 31 December 1969


def outcomes_of(chance, seed=3):
    return (np.random.default_rng(seed).random(len(chance)) < chance).astype(float)


def test_the_slope_is_the_likeliest_one_whatever_the_intercept():
    margin = np.random.default_rng(1).normal(-1, 1.3, 400)
    weights = np.random.default_rng(2).integers(1, 4, 400)
    ready = outcomes_of(1 / (1 + np.exp(-0.6 * margin - 0.4)))

    def loss(line):
        eta = line[0] + line[1] * margin
        return weights @ (np.logaddexp(0, eta) - ready * eta)

    expected = minimize(loss, [0.0, 1.0], method="BFGS", options={"gtol": 1e-9}).x[1]
    chance = 1 / (1 + np.exp(-margin))
    assert calibration_slope(ready, chance, weights) == pytest.approx(expected, abs=1e-5)
    shifted = 1 / (1 + np.exp(-margin - 2))
    assert calibration_slope(ready, shifted, weights) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("ready", "chance"),
    [([1, 0, 1, 0], [0.3] * 4), ([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]), ([1, 1, 1], [0.1, 0.5, 0.6])],
    ids=["always the same chance", "one threshold separates them", "all ready"],
)
def test_where_there_is_no_likeliest_slope_there_is_none(ready, chance):
    assert calibration_slope(ready, chance) is None


def test_z_is_standard_normal_where_the_chances_are_true_and_large_where_they_are_too_sure():
    chance = np.random.default_rng(4).beta(1, 4, 500)
    honest = [spiegelhalter_z(outcomes_of(chance, seed), chance) for seed in range(400)]
    assert np.mean(honest) == pytest.approx(0, abs=0.15)
    assert np.std(honest) == pytest.approx(1, abs=0.1)
    too_sure = chance**2 / (chance**2 + (1 - chance) ** 2)
    assert spiegelhalter_z(outcomes_of(chance), too_sure) > 3
    assert spiegelhalter_z([1, 0], [0.5, 0.5]) is None


def plain_debiased(ready, chance, bins):
    """Kumar, Liang and Ma, written out: equal-mass bins of chances that all differ."""
    squared = 0.0
    for rows in np.array_split(np.argsort(chance), bins):
        rate, size = ready[rows].mean(), len(rows)
        squared += size / len(ready) * ((chance[rows].mean() - rate) ** 2 - rate * (1 - rate) / (size - 1))
    return np.sqrt(max(0.0, squared))


def test_the_debiased_error_is_that_of_the_paper():
    chance = np.random.default_rng(5).beta(1, 3, 600)
    ready = outcomes_of(np.clip(chance * 1.6, 0, 1))
    for bins in (5, 10, 15):
        ours = debiased_calibration_error(ready, chance, bins=bins)
        assert ours == pytest.approx(plain_debiased(ready, chance, bins), abs=1e-12)


def test_honest_chances_have_no_error_however_many_groups():
    chance = np.random.default_rng(6).beta(1, 3, 1000)
    errors = [debiased_calibration_error(outcomes_of(chance, seed), chance, bins=50) ** 2 for seed in range(50)]
    assert np.mean(errors) < 0.0015  # without the correction it would be rate (1 - rate) / 20, some .009


@pytest.mark.parametrize("measure", [auc, average_precision, lift_at, precision_at])
@pytest.mark.parametrize("ready", [[0, 0, 0], [1, 1, 1]])
def test_where_all_leads_are_of_one_kind_there_is_nothing_to_compare(measure, ready):
    with pytest.raises(LeadmlError) as caught:
        measure(ready, [1, 2, 3])
    assert caught.value.code == "nothing_to_compare"
