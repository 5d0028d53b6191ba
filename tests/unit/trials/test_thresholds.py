"""Another threshold for the hand-over: the other bands give way no more than they must."""

from leadml.specs.agreement_spec import AgreementSpec
from leadml.trials.thresholds import NewThreshold, new_thresholds, possible_thresholds, with_threshold

SQL = {"lifecycle_stage": "sql"}


def limits(agreement):
    return {key: [band.score_at_least for band in bands] for key, bands in agreement.bands.items()}


def test_the_hand_over_begins_at_one_score_in_all_lists(agreed):
    agreement = agreed(types={"service": (("A", 30, SQL), ("B", 10, {}), ("C", 0, {}))})
    assert limits(with_threshold(agreement, 47)) == {"default": [47, 40, 0], "service": [47, 10, 0]}


def test_bands_that_would_cross_give_way(agreed):
    agreement = agreed(("A+", 70, SQL), ("A", 60, SQL), ("B", 40, {}), ("C", 20, {}), ("D", 0, {}))
    assert limits(with_threshold(agreement, 75))["default"] == [76, 75, 40, 20, 0]
    assert limits(with_threshold(agreement, 15))["default"] == [70, 15, 14, 13, 0]


def test_every_band_keeps_a_point(agreed):
    agreement = agreed(("A+", 70, SQL), ("A", 60, SQL), ("B", 40, {}), ("C", 20, {}), ("D", 0, {}))
    possible = possible_thresholds(agreement)
    assert (possible[0], possible[-1]) == (3, 99)
    for threshold in (possible[0], possible[-1]):
        AgreementSpec.model_validate_json(with_threshold(agreement, threshold).model_dump_json(exclude_none=True))


def test_without_a_band_that_hands_over_no_threshold_is_possible(agreed):
    assert len(possible_thresholds(agreed(("A", 60, {"lifecycle_stage": "mql"}), ("B", 0, {})))) == 0


def test_a_chance_becomes_a_score_only_where_it_changes(agreed):
    agreement = agreed(
        ("A", 0, {**SQL, "probability_at_least": 0.5}), ("B", 0, {"probability_at_least": 0.2}), ("C", 0, {})
    )
    bands = with_threshold(agreement, 55).promises.bands["default"]
    assert (bands[0].score_at_least, bands[0].probability_at_least) == (55, None)
    assert bands[1] == agreement.promises.bands["default"][1]
    assert with_threshold(agreement, 50).promises == agreement.promises


def test_what_changed_is_listed(agreed):
    agreement = agreed()
    assert new_thresholds(agreement, with_threshold(agreement, 47)) == (NewThreshold("default", "A", 60, 47),)
    assert new_thresholds(agreement, agreement) == ()
