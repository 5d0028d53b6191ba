"""Histories as CSV lines, an agreement with a change or two, and how each promise then stands."""

import pytest

from leadml.clock import parse_instant
from leadml.kept.judging import judge, known_hand_overs
from leadml.kept.period import ALWAYS
from leadml.kept.report import make_report
from leadml.kept.states import Promise, State
from leadml.specs.agreement_spec import AgreementSpec

BAND = {"name": "A", "score_at_least": 40, "lifecycle_stage": "sql"}
LAST = {"name": "C"}
NOBODY = {"connect_attempts": {"at_least": 0}}


def instant(text):
    return parse_instant(text, where="tests")


@pytest.fixture(scope="session")
def agreed(spec):
    """Make an agreement: the definitions of the tests with changes, and promises written out."""

    def make(*, band=None, bands=None, calendar=None, definitions=None, **promises):
        listed = [{**BAND, **(band or {})}, LAST]
        told = spec.agreement.model_dump(exclude_none=True)
        return AgreementSpec.model_validate(
            {
                **told,
                **({} if calendar is None else {"calendar": calendar}),
                "definitions": {**told["definitions"], **(definitions or {})},
                "promises": {"bands": bands or {"default": listed}, **NOBODY, **promises},
            },
            strict=False,
        )

    return make


@pytest.fixture(scope="session")
def known(history_of):
    """Read a history of some leads, each created in 2025 and handed over as the lines say."""

    def read(hand_overs, *, leads=None, **tables):
        rows = [line.strip().split(",") for line in hand_overs.strip().splitlines()]
        ids = dict.fromkeys(row[0] for row in rows)
        created = leads or "lead_id,created_at\n" + "\n".join(f"{lead},2025-12-01T00:00:00Z" for lead in ids)
        changes = "lead_id,happened_at,lifecycle_stage\n" + "\n".join(
            f"{row[0]},{row[1]},{row[2] if len(row) > 2 else 'sql'}" for row in rows
        )
        return history_of(leads=created, **{"stage_changes": changes, **tables})

    return read


@pytest.fixture(scope="session")
def judged_at():
    """Judge a history at an instant; by default long after."""

    def judge_period(history, agreement, as_of="2026-12-01T00:00:00Z", period=ALWAYS):
        known, hand_overs = known_hand_overs(history, agreement, instant(as_of), period)
        return judge(known, agreement, hand_overs, instant(as_of))

    return judge_period


@pytest.fixture(scope="session")
def reported_at():
    def report(history, agreement, as_of="2026-12-01T00:00:00Z", period=ALWAYS):
        return make_report(history, agreement, instant(as_of), period)

    return report


@pytest.fixture(scope="session")
def standing():
    """Name the state of a promise of each hand-over."""

    def states(judged, promise):
        return [tuple(State)[code].value for code in judged.states[Promise(promise)]]

    return states
