"""What unit tests of learning share: training sets made from columns that one can read by eye."""

import numpy as np
import pytest

from leadml.clock import DAY
from leadml.dataset import TrainingSet
from leadml.engine.matrix import FeatureMatrix
from leadml.snapshots import Snapshots


@pytest.fixture(scope="session")
def training_set_of():
    """Make a training set; days are counted from 1970, a lead is created on the day of its number unless said."""

    def make(*, leads, ready, ages=None, created_on=None, closed_on=None, words=None, **features):
        size = len(leads)
        leads = np.array(leads, dtype=np.int64)
        ages = np.zeros(size, np.int64) if ages is None else np.array(ages, dtype=np.int64)
        created_at = (leads if created_on is None else np.array(created_on, dtype=np.int64)) * DAY
        values = [np.array(column, dtype=np.float64) for column in features.values()] or [np.zeros(size)]
        return TrainingSet(
            snapshots=Snapshots(leads, created_at + ages * DAY, ages, ("at once", "a day later")[: ages.max() + 1]),
            features=FeatureMatrix(tuple(features) or ("nothing",), np.column_stack(values), words or {}),
            ready=np.array(ready, dtype=np.float64),
            closed_at=created_at + 44 * DAY if closed_on is None else np.array(closed_on, dtype=np.int64) * DAY,
            created_at=created_at,
            worked=np.ones(size, dtype=bool),
            lead_ids=tuple(f"L{number:04}" for number in range(int(leads.max()) + 1)),
            recipe={},
        )

    return make
