"""Agreements of which only the bands matter, and leads that two models score."""

import pytest

from leadml.agreement.crossings import RescoredLeads
from leadml.specs.promises_spec import BandSpec, PromisesSpec


@pytest.fixture(scope="session")
def agreement_with(spec):
    """Make an agreement with these thresholds, by lead type; its bands are named A, B, C, ..."""

    def make(**thresholds):
        bands = {
            key: tuple(BandSpec(name="ABCDEFG"[place], score_at_least=limit) for place, limit in enumerate(limits))
            for key, limits in thresholds.items()
        }
        attempts = spec.agreement.promises.connect_attempts
        return spec.agreement.model_copy(update={"promises": PromisesSpec(bands=bands, connect_attempts=attempts)})

    return make


@pytest.fixture(scope="session")
def rescored():
    """Name leads L000, L001, ... of two lists of scores; of the type that has default bands unless said."""

    def make(before, after, lead_types=None):
        return RescoredLeads(
            tuple(f"L{number:03}" for number in range(len(before))),
            tuple(lead_types or [None] * len(before)),
            tuple(before),
            tuple(map(float, after)),
        )

    return make
