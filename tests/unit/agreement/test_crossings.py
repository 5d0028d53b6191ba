from collections import Counter

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadml.agreement.crossings import CrossingCount, CrossingLead, effect_of_publishing, who_crosses
from leadml.agreement.placement import Standing, place
from leadml.agreement.scale import shown
from leadml.agreement.thresholds import FEWEST_LEADS, thresholds_as_they_stand

TYPES = st.sampled_from([None, "new_prospect", "existing_customer", "a type of the CRM"])
LEADS = st.lists(st.tuples(st.integers(0, 100), st.floats(-40, 160), TYPES), max_size=200)


@pytest.fixture(scope="session")
def agreement(agreement_with):
    return agreement_with(default=(60, 40, 0), existing_customer=(30, 0))


@pytest.fixture
def crossings(agreement):
    return lambda leads: who_crosses(leads, agreement, thresholds_as_they_stand(agreement))


def test_a_lead_that_stays_in_its_band_does_not_cross(crossings, rescored):
    found = crossings(rescored([60, 59, 40, 0], [100, 40, 59.4, 39.4]))
    assert found.counts == ()
    assert found.leads == ()


def test_a_lead_crosses_at_the_threshold_itself(crossings, rescored):
    found = crossings(rescored([59, 60, 59], [60, 59, 59.5]))
    assert [(lead.lead_id, lead.from_band, lead.to_band) for lead in found.leads] == [
        ("L000", "B", "A"),
        ("L001", "A", "B"),
        ("L002", "B", "A"),
    ]


def test_who_crosses_is_told_with_scores_the_largest_change_first(crossings, rescored):
    found = crossings(rescored([50, 70, 10, 10], [61, 20, 200, 45]))
    assert found.leads == (
        CrossingLead("L002", "default", "C", "A", 10, 100, 200.0),
        CrossingLead("L001", "default", "A", "C", 70, 20, 20.0),
        CrossingLead("L003", "default", "C", "B", 10, 45, 45.0),
        CrossingLead("L000", "default", "B", "A", 50, 61, 61.0),
    )


def test_crossings_are_counted_by_list_of_bands_the_most_frequent_first(crossings, rescored):
    types = [None, "new_prospect", "existing_customer", "existing_customer", "partner"]
    found = crossings(rescored([50, 50, 25, 25, 70], [60, 60, 60, 20, 10], types))
    assert found.counts == (
        CrossingCount("default", "B", "A", 2),
        CrossingCount("default", "A", "C", 1),
        CrossingCount("existing_customer", "B", "A", 1),
    )


def test_proposed_thresholds_decide_the_band_after_and_not_the_one_before(agreement, rescored):
    leads = rescored([60, 60], [75, 65])
    found = who_crosses(leads, agreement, {"default": (70, 40, 0), "existing_customer": (30, 0)})
    assert [(lead.lead_id, lead.from_band, lead.to_band) for lead in found.leads] == [("L001", "A", "B")]


def test_keeping_the_volumes_spares_leads_that_only_rose_with_all_others(agreement, rescored):
    before = list(range(0, 80))
    effect = effect_of_publishing(rescored(before, [score + 10 for score in before]), agreement)
    assert len(effect.as_they_stand.leads) == 20
    assert effect.volume_keeping.leads == ()
    assert effect.volumes[0].thresholds == (70, 50, 0)
    assert effect.leads == 80


def test_few_leads_cross_by_the_thresholds_that_stand(agreement, rescored):
    effect = effect_of_publishing(rescored([59], [60]), agreement)
    assert effect.as_they_stand == effect.volume_keeping
    assert len(effect.as_they_stand.leads) == 1


def test_no_open_leads_have_no_effect(agreement, rescored):
    effect = effect_of_publishing(rescored([], []), agreement)
    assert effect.leads == 0
    assert effect.as_they_stand.leads == effect.volume_keeping.leads == ()
    assert all(keeping.too_few for keeping in effect.volumes)


def test_an_effect_is_laid_out_in_plain_values(agreement, rescored):
    effect = effect_of_publishing(rescored([59] * 60, [60] * 60), agreement)
    content = orjson.loads(orjson.dumps(effect.to_dict()))
    assert set(content) == {"leads", "fewest_leads", "volumes", "as_they_stand", "volume_keeping"}
    assert content["fewest_leads"] == FEWEST_LEADS
    assert content["volumes"][0]["bands"][0] == {
        "band": "A",
        "threshold": 60,
        "leads_before": 0,
        "leads_as_it_stands": 60,
        "proposed": 61,
        "leads_proposed": 0,
    }
    assert content["as_they_stand"]["counts"] == [
        {"bands_of": "default", "from_band": "B", "to_band": "A", "leads": 60}
    ]


@given(rows=LEADS)
def test_bands_are_those_in_which_a_score_is_placed(agreement, rescored, rows):
    leads = rescored(*([row[part] for row in rows] for part in range(3)))

    def band(score, lead_type):
        return place(score, Standing(0, lead_type, None), agreement).band

    expected = {
        lead_id: (band(before, lead_type), band(shown(after), lead_type))
        for lead_id, (before, after, lead_type) in zip(leads.lead_ids, rows, strict=True)
    }
    found = effect_of_publishing(leads, agreement).as_they_stand
    assert {lead.lead_id: (lead.from_band, lead.to_band) for lead in found.leads} == {
        lead_id: bands for lead_id, bands in expected.items() if bands[0] != bands[1]
    }
    assert {(count.bands_of, count.from_band, count.to_band): count.leads for count in found.counts} == Counter(
        (lead.bands_of, lead.from_band, lead.to_band) for lead in found.leads
    )


@given(rows=LEADS)
def test_crossings_account_for_every_change_of_a_volume(agreement, rescored, rows):
    effect = effect_of_publishing(rescored(*([row[part] for row in rows] for part in range(3))), agreement)
    for found, name in ((effect.as_they_stand, "leads_as_it_stands"), (effect.volume_keeping, "leads_proposed")):
        for keeping in effect.volumes:
            for band in keeping.bands:
                moves = [count for count in found.counts if count.bands_of == keeping.of]
                came = sum(count.leads for count in moves if count.to_band == band.band)
                went = sum(count.leads for count in moves if count.from_band == band.band)
                now = getattr(band, name)
                now = band.leads_as_it_stands if now is None else now
                assert now == band.leads_before + came - went


@given(rows=LEADS)
def test_equal_scores_move_nobody(agreement, rescored, rows):
    scores = [row[0] for row in rows]
    effect = effect_of_publishing(rescored(scores, scores, [row[2] for row in rows]), agreement)
    assert effect.as_they_stand.leads == effect.volume_keeping.leads == ()
    assert not any(keeping.moves for keeping in effect.volumes)
