"""However the work is cut up, the features are the same."""

import numpy as np
import pytest

from leadml.clock import DAY
from leadml.engine import compute, plan
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features


@pytest.fixture(scope="module")
def asked(demo_history):
    leads = np.repeat(np.arange(len(demo_history.lead_ids)), 3)
    return leads, demo_history.created_at[leads] + np.tile([1, 9 * DAY, 400 * DAY], len(demo_history.lead_ids))


@pytest.fixture(scope="module")
def features(demo_history, asked, spec, definitions):
    return compute_features(demo_history, *asked, Catalogue.of(spec.themes, definitions)).values


def again(history, asked, spec, definitions):
    return compute_features(history, *asked, Catalogue.of(spec.themes, definitions)).values


def test_filters_may_take_several_passes(monkeypatch, demo_history, asked, spec, definitions, features):
    monkeypatch.setattr(plan, "_MOST_CELLS", 3)
    catalogue = Catalogue.of(spec.themes, definitions)
    assert len(catalogue.plan.passes["activities", "lead"]) > 1
    np.testing.assert_array_equal(again(demo_history, asked, spec, definitions), features)


def test_threads_change_nothing(monkeypatch, demo_history, asked, spec, definitions, features):
    monkeypatch.setattr(compute, "_WORTH_THREADS", 1)
    np.testing.assert_array_equal(again(demo_history, asked, spec, definitions), features)


def test_a_lead_may_have_more_facts_than_there_was_room_for(
    monkeypatch, demo_history, asked, spec, definitions, features
):
    monkeypatch.setattr(compute, "_SOME_FACTS", 1)
    np.testing.assert_array_equal(again(demo_history, asked, spec, definitions), features)


def test_the_order_of_the_snapshots_is_the_order_of_the_answers(demo_history, asked, spec, definitions, features):
    shuffled = np.random.default_rng(7).permutation(len(asked[0]))
    leads, as_of = (part[shuffled] for part in asked)
    np.testing.assert_array_equal(again(demo_history, (leads, as_of), spec, definitions), features[shuffled])


def test_no_snapshots_are_no_rows(demo_history, spec, definitions):
    nobody = np.empty(0, dtype=np.int64)
    assert again(demo_history, (nobody, nobody), spec, definitions).shape[0] == 0


def test_words_that_no_filter_tells_apart_share_a_class(definitions, spec):
    (first, *_) = Catalogue.of(spec.themes, definitions).plan.passes["stage_changes", "lead"]
    classes = first.classes["lifecycle_stage"]
    assert set(classes) == set(definitions.lifecycle_stages)
    assert len(set(classes.values())) == 3  # lead, mql, and all others
