"""A window holds [as_of - w, as_of): its first instant counts, its last does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadml.clock import DAY, to_iso
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label

LABEL = Label(en="Tried", ja="試験")


@pytest.fixture(scope="session")
def values_of(history_from, definitions, as_of):
    """Compute one feature of leads that did one thing each, so and so many microseconds before as_of."""

    def compute(microseconds_before, **feature):
        spec = FeatureSpec(name="tried", label=LABEL, table="activities", when_nothing=0.0, **feature)
        records = [
            {
                "lead_id": f"L{number}",
                "created_at": to_iso(as_of - 1000 * DAY),
                "activities": [{"happened_at": to_iso(as_of - before), "activity": "page_view", "value": 1.0}],
            }
            for number, before in enumerate(microseconds_before)
        ]
        catalogue = Catalogue((spec,), {"tried": spec.table}, definitions)
        leads = np.arange(len(records))
        matrix = compute_features(history_from(records), leads, np.full(len(records), as_of), catalogue)
        return matrix.values[:, 0].tolist()

    return compute


@pytest.mark.parametrize(
    "kind", [{"kind": "count"}, {"kind": "sum", "value": "value"}, {"kind": "distinct", "value": "activity"}]
)
def test_a_window_begins_with_its_first_instant_and_ends_before_as_of(kind, values_of):
    @given(st.one_of(st.sampled_from([0.25, 1.0, 7.0, 90.0]), st.floats(0.001, 365)), st.integers(1, 10 * DAY))
    def check(window_days, further):
        window = round(window_days * DAY)
        at_as_of, just_before, at_the_beginning, earlier = values_of(
            [0, 1, window, window + further], window_days=window_days, **kind
        )
        assert (at_as_of, just_before, at_the_beginning, earlier) == (0, 1, 1, 0)

    check()


@pytest.mark.parametrize("days", [0.5, 7.0, 30.0])
def test_pace_compares_two_windows_that_share_no_instant(days, values_of):
    window = round(days * DAY)
    ends = [0, 1, window, window + 1, 2 * window, 2 * window + 1]
    assert values_of(ends, kind="pace", window_days=days) == [0, 1, 1, -1, -1, 0]


def test_without_a_window_everything_before_as_of_counts(values_of):
    assert values_of([0, 1, 999 * DAY], kind="count") == [0, 1, 1]
