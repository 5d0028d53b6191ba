from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadml.agreement.scale import shown
from leadml.agreement.thresholds import FEWEST_LEADS, thresholds_as_they_stand, volume_keeping

SCORES = st.lists(st.tuples(st.integers(0, 100), st.floats(-40, 160)), min_size=FEWEST_LEADS, max_size=150)
FEW_SCORES = st.lists(st.tuples(st.integers(20, 26), st.integers(20, 26)), min_size=FEWEST_LEADS, max_size=80)
THRESHOLDS = st.sets(st.integers(1, 100), min_size=0, max_size=5).map(lambda limits: (*sorted(limits)[::-1], 0))


@pytest.fixture
def keep(agreement_with):
    """Find the thresholds of leads that all have the default bands."""

    def find(before, after, thresholds):
        (keeping,) = volume_keeping(before, after, [None] * len(before), agreement_with(default=thresholds))
        return keeping

    return find


def at_or_above(limit, scores):
    return sum(score >= limit for score in scores)


def missed(thresholds, standing, before, after):
    """How many leads the thresholds miss in all, counted at or above each."""
    return sum(
        abs(at_or_above(limit, after) - at_or_above(stands, before))
        for limit, stands in zip(thresholds, standing, strict=True)
    )


def test_scores_that_all_rise_raise_the_thresholds(keep):
    before = list(range(100))
    keeping = keep(before, [score + 0.4 * (100 - score) for score in before], (60, 40, 0))
    assert [(band.band, band.threshold, band.proposed) for band in keeping.bands] == [
        ("A", 60, 76),
        ("B", 40, 64),
        ("C", 0, 0),
    ]
    assert [band.leads_before for band in keeping.bands] == [40, 20, 40]
    assert [band.leads_as_it_stands for band in keeping.bands] == [67, 33, 0]
    assert [band.leads_proposed for band in keeping.bands] == [40, 20, 40]
    assert keeping.moves
    assert not keeping.too_few


def test_a_lead_exactly_at_a_threshold_is_in_its_band(keep):
    # 30 leads at 60 are in A before; the new model gives them 70 exactly.
    keeping = keep([60] * 30 + [10] * 30, [70.0] * 30 + [12.0] * 30, (60, 0))
    assert [band.leads_before for band in keeping.bands] == [30, 30]
    assert keeping.thresholds == (60, 0)
    keeping = keep([60] * 30 + [10] * 30, [70.0] * 30 + [69.0] * 30, (60, 0))
    assert keeping.thresholds == (70, 0)


def test_a_threshold_reads_the_score_that_people_see(keep):
    # 70.5 is seen as 70, half to even: it lies below 71.
    keeping = keep([60] * 30 + [10] * 30, [71.0] * 30 + [70.5] * 30, (60, 0))
    assert keeping.thresholds == (71, 0)
    assert keeping.bands[0].leads_proposed == 30


def test_leads_of_one_score_stay_together(keep):
    # 25 were in A; the new model sees 20 at 80, then 20 alike at 70: 20 is nearer to 25 than 40.
    keeping = keep([60] * 25 + [10] * 35, [80.0] * 20 + [70.0] * 20 + [10.0] * 20, (60, 0))
    assert keeping.bands[0].leads_proposed == 20
    assert keeping.thresholds == (71, 0)  # of 71 to 80 the nearest to 60


def test_thresholds_stay_apart_where_all_leads_score_alike(keep):
    before = [80] * 20 + [60] * 20 + [40] * 20
    keeping = keep(before, [100.0] * 60, (70, 50, 0))
    assert keeping.thresholds == (70, 50, 0)
    keeping = keep(before, [1.0] * 60, (70, 50, 0))
    assert keeping.thresholds[0] > keeping.thresholds[1] > 0


def test_an_empty_band_stays_empty(keep):
    keeping = keep([30] * 60, [95.0] * 60, (80, 20, 0))
    assert keeping.thresholds == (96, 20, 0)
    assert [band.leads_proposed for band in keeping.bands] == [0, 60, 0]


def test_a_single_band_has_nothing_to_choose(keep):
    keeping = keep([30] * 60, [95.0] * 60, (0,))
    assert keeping.thresholds == (0,)
    assert not keeping.moves


@pytest.mark.parametrize("leads", [0, 1, FEWEST_LEADS - 1])
def test_few_leads_get_no_proposal(keep, leads):
    keeping = keep([30] * leads, [95.0] * leads, (60, 0))
    assert keeping.too_few
    assert not keeping.moves
    assert [(band.proposed, band.leads_proposed) for band in keeping.bands] == [(None, None)] * 2
    assert [band.leads_as_it_stands for band in keeping.bands] == [leads, 0]
    assert keeping.thresholds == (60, 0)


def test_just_enough_leads_get_a_proposal(keep):
    keeping = keep([30] * FEWEST_LEADS, [95.0] * FEWEST_LEADS, (60, 0))
    assert not keeping.too_few
    assert keeping.thresholds == (96, 0)


def test_each_list_of_bands_keeps_the_volume_of_its_own_leads(agreement_with):
    agreement = agreement_with(default=(60, 0), existing_customer=(40, 0), maintenance_service=(20, 0))
    before = [50] * 30 + [70] * 30 + [30] * 30 + [50] * 30 + [30] * 2
    after = [50.0] * 30 + [70.0] * 30 + [80.0] * 30 + [90.0] * 30 + [10.0] * 2
    types = [None] * 30 + ["new_prospect"] * 30 + ["existing_customer"] * 60 + ["maintenance_service"] * 2
    volumes = {keeping.of: keeping for keeping in volume_keeping(before, after, types, agreement)}
    assert list(volumes) == ["default", "existing_customer", "maintenance_service"]
    assert {key: keeping.leads for key, keeping in volumes.items()} == {
        "default": 60,
        "existing_customer": 60,
        "maintenance_service": 2,
    }
    assert volumes["default"].thresholds == (60, 0)
    assert volumes["existing_customer"].thresholds == (81, 0)
    assert volumes["maintenance_service"].too_few
    assert volumes["maintenance_service"].bands[0].leads_as_it_stands == 0


def test_thresholds_as_they_stand_are_those_of_the_agreement(agreement_with):
    agreement = agreement_with(default=(60, 40, 0), existing_customer=(20, 0))
    assert thresholds_as_they_stand(agreement) == {"default": (60, 40, 0), "existing_customer": (20, 0)}


@given(scores=SCORES, standing=THRESHOLDS)
def test_thresholds_fall_strictly_to_zero(agreement_with, scores, standing):
    before, after = zip(*scores, strict=True)
    agreement = agreement_with(default=standing)
    (keeping,) = volume_keeping(before, after, [None] * len(before), agreement)
    assert agreement_with(default=keeping.thresholds)  # its specification refuses what does not fall to 0
    assert all(0 <= limit <= 100 and isinstance(limit, int) for limit in keeping.thresholds)
    assert sum(band.leads_before for band in keeping.bands) == len(before)
    assert sum(band.leads_as_it_stands for band in keeping.bands) == len(before)
    assert sum(band.leads_proposed for band in keeping.bands) == len(before)


@given(scores=st.lists(st.integers(0, 100), min_size=FEWEST_LEADS, max_size=150), standing=THRESHOLDS)
def test_equal_scores_leave_every_threshold_where_it_is(agreement_with, scores, standing):
    (keeping,) = volume_keeping(scores, scores, [None] * len(scores), agreement_with(default=standing))
    assert keeping.thresholds == standing
    assert not keeping.moves


@given(scores=SCORES, limit=st.integers(1, 100))
def test_a_volume_is_kept_within_the_leads_of_one_score(agreement_with, scores, limit):
    before, after = zip(*scores, strict=True)
    (keeping,) = volume_keeping(before, after, [None] * len(before), agreement_with(default=(limit, 0)))
    seen = [shown(score) for score in after]
    wanted, held = keeping.bands[0].leads_before, keeping.bands[0].leads_proposed
    assert wanted == at_or_above(limit, before)
    assert held == at_or_above(keeping.thresholds[0], seen)
    # Leads at 0 cannot be above the last band, and leads at 100 cannot be kept out of the first.
    if seen.count(100) <= wanted <= len(seen) - seen.count(0):
        assert abs(held - wanted) <= max(seen.count(score) for score in seen) / 2


@given(scores=FEW_SCORES, standing=st.sets(st.integers(20, 27), min_size=1, max_size=3))
def test_no_other_thresholds_keep_the_volumes_better(agreement_with, scores, standing):
    before, after = zip(*scores, strict=True)
    standing = (*sorted(standing)[::-1], 0)
    (keeping,) = volume_keeping(before, after, [None] * len(before), agreement_with(default=standing))

    def worth(thresholds):
        moved = sum(abs(limit - stands) for limit, stands in zip(thresholds, standing, strict=True))
        return missed(thresholds, standing, before, after), moved

    others = [(*limits, 0) for limits in combinations(range(28, 17, -1), len(standing) - 1)]
    assert worth(keeping.thresholds) == min(map(worth, others))
