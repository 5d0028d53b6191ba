"""What tests of the audit share: the evidence of a small clean demo CRM, and columns made for one question."""

from dataclasses import replace

import numpy as np
import pytest

from leadml.leakage.columns import gather
from leadml.leakage.evidence import Column, Origin
from leadml.leakage.statistics import binned


@pytest.fixture(scope="session")
def evidence(demo_history, demo_training_set, spec):
    return gather(demo_history, demo_training_set, spec)


@pytest.fixture(scope="session")
def with_columns(evidence):
    """Give the demo's evidence other columns: numbers by name, each as an attribute without history."""

    def make(**columns):
        return replace(
            evidence,
            columns=tuple(
                Column("leads", name, Origin.UNDATED, binned(values), ("more",) * len(values), values)
                for name, values in columns.items()
            ),
        )

    return make


@pytest.fixture(scope="session")
def apart(evidence):
    """Draw a column that holds ready leads so many standard deviations above others."""

    def draw(distance, seed):
        lead = np.random.default_rng(seed).normal(size=len(evidence.ready_leads))[evidence.compared.leads]
        return lead + distance * evidence.compared.ready

    return draw
