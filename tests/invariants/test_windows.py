"""A window holds [as_of - w, as_of): its first instant counts, its last does not."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadml.clock import DAY, to_iso
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label

LABEL = Label(en="Tried", ja="試験")


@pytest.fixture(scope="session")
def value_of(history_from, definitions, as_of):
    """Compute one feature of a lead that did something so and so many microseconds before as_of."""

    def compute(microseconds_before, **feature):
        spec = FeatureSpec(name="tried", label=LABEL, table="activities", when_nothing=0.0, **feature)
        facts = [
            {"happened_at": to_iso(as_of - before), "activity": "page_view", "value": 1.0}
            for before in microseconds_before
        ]
        lead = {"lead_id": "L1", "created_at": to_iso(as_of - 1000 * DAY), "activities": facts}
        catalogue = Catalogue((spec,), {"tried": spec.table}, definitions)
        history = history_from([lead])
        return compute_features(history, np.array([0]), np.array([as_of]), catalogue).values[0, 0]

    return compute


@pytest.mark.parametrize(
    "kind", [{"kind": "count"}, {"kind": "sum", "value": "value"}, {"kind": "distinct", "value": "activity"}]
)
def test_a_window_begins_with_its_first_instant_and_ends_before_as_of(kind, value_of):
    @given(st.one_of(st.sampled_from([0.25, 1.0, 7.0, 90.0]), st.floats(0.001, 365)), st.integers(1, 10 * DAY))
    @example(window_days=7.0, further=1)
    def check(window_days, further):
        window = round(window_days * DAY)
        values = {
            "at as_of": value_of([0], window_days=window_days, **kind),
            "just before as_of": value_of([1], window_days=window_days, **kind),
            "at its beginning": value_of([window], window_days=window_days, **kind),
            "before its beginning": value_of([window + further], window_days=window_days, **kind),
        }
        assert values == {
            "at as_of": 0,
            "just before as_of": 1,
            "at its beginning": 1,
            "before its beginning": 0,
        }

    check()


def test_pace_compares_two_windows_that_share_no_instant(value_of):
    @given(st.sampled_from([1.0, 7.0, 30.0]))
    def check(days):
        window = round(days * DAY)
        ends = [1, window, window + 1, 2 * window, 2 * window + 1]
        values = [value_of([before], kind="pace", window_days=days) for before in ends]
        assert values == [1, 1, -1, -1, 0]

    check()


def test_without_a_window_everything_before_as_of_counts(value_of):
    assert value_of([1, 999 * DAY], kind="count") == 2
