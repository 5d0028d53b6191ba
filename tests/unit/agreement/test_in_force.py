import json

import pytest

from leadml.agreement.in_force import agreement_in_force
from leadml.clock import parse_instant
from leadml.specs.agreement_spec import AgreementSpec


@pytest.fixture(scope="module")
def agreed(spec):
    """Make an agreement of some days, of Tokyo unless said."""

    def make(version, begins, ends=None, zone="Asia/Tokyo"):
        content = spec.agreement.model_dump(mode="json") | {
            "version": version, "valid_from": begins, "valid_to": ends, "calendar": {"time_zone": zone},
        }  # fmt: skip
        return AgreementSpec.model_validate_json(json.dumps(content))

    return make


@pytest.fixture(scope="module")
def agreements(agreed):
    return [agreed("2", "2026-01-01", "2026-06-30"), agreed("3", "2026-09-01"), agreed("1", "2025-01-01")]


@pytest.mark.parametrize(
    ("instant", "version", "holds"),
    [
        ("2024-12-31T23:59:59+09:00", "1", False),  # before the first one
        ("2025-01-01T00:00:00+09:00", "1", True),
        ("2025-12-31T23:59:59+09:00", "1", True),  # without an end it holds until the next one
        ("2026-01-01T00:00:00+09:00", "2", True),
        ("2025-12-31T15:00:00Z", "2", True),  # the same instant: the day is that of Tokyo
        ("2026-06-30T23:59:59+09:00", "2", True),  # the last day belongs to it
        ("2026-07-01T00:00:00+09:00", "2", False),  # nobody agreed on anything new
        ("2026-09-01T00:00:00+09:00", "3", True),
        ("2099-01-01T00:00:00+09:00", "3", True),
    ],
)
def test_the_agreement_of_a_day_is_found(agreements, instant, version, holds):
    found = agreement_in_force(agreements, parse_instant(instant, where="tests"))
    assert (found.agreement.version, found.holds) == (version, holds)


def test_one_agreement_is_in_force_or_the_nearest(agreed):
    only = agreed("1", "2026-01-01", "2026-01-31", "America/New_York")
    assert agreement_in_force([only], parse_instant("2026-02-01T04:59:59Z", where="tests")).holds
    assert not agreement_in_force([only], parse_instant("2026-02-01T05:00:00Z", where="tests")).holds
