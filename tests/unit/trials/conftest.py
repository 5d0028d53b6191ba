"""Pasts that one can read by eye: a few leads, each with its scores on some days."""

import json

import numpy as np
import pytest

from leadml.agreement.placement import Standing
from leadml.clock import DAY, HOUR
from leadml.specs.agreement_spec import AgreementSpec
from leadml.trials.level import WEEK, Level
from leadml.trials.scored import Scored, TriedPeriod

FIRST = 20_454  # Thursday, 1 January 2026
POINTS_PER_UNIT = 10 / np.log(2)


@pytest.fixture(scope="session")
def scored_of():
    """Make a past of rows (lead, day from 1 January 2026, score), with answers, episodes, lead types where given."""

    def make(*rows, answer=None, episodes=None, lead_types=None, stages=None, weeks=4, **arrays):
        leads, days, points = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        size = len(leads)
        as_of = (FIRST + days) * DAY + 10 * HOUR
        standings = zip(as_of.tolist(), lead_types or [None] * size, stages or ["lead"] * size, strict=True)
        week = as_of // WEEK
        return Scored(
            lead_ids=tuple(f"L{number}" for number in range(int(leads.max()) + 1)),
            leads=leads,
            as_of=as_of,
            margin=arrays.get("margin", (points - 50) / POINTS_PER_UNIT),
            points=points,
            outcome="ready",
            answer=np.array([0] * size if answer is None else answer, dtype=np.int64),
            worked=np.ones(size, dtype=bool),
            episodes=np.array([0] * size if episodes is None else episodes, dtype=np.int64),
            level=arrays.get("level", Level(np.zeros(size), np.zeros(size), week, week)),
            standings=tuple(Standing(*standing) for standing in standings),
            periods=(TriedPeriod(FIRST * DAY, (FIRST + 7 * weeks) * DAY, FIRST * DAY, 100),),
        )

    return make


@pytest.fixture(scope="session")
def agreed():
    """Write an agreement: bands as (name, score, stage) or with further keys, a capacity, a calendar."""

    def make(*bands, capacity=None, calendar=None, version="old", types=None, exploration_share=0.0, **definitions):
        def listed(of):
            return [{"name": name, "score_at_least": limit, **keys} for name, limit, keys in of]

        lists = {"default": listed(bands or DEFAULT_BANDS), **{kind: listed(of) for kind, of in (types or {}).items()}}
        return AgreementSpec.model_validate_json(
            json.dumps(
                {
                    "version": version,
                    "valid_from": "2025-01-01",
                    "owners": {"marketing": "M", "sales": "S"},
                    **({} if calendar is None else {"calendar": calendar}),
                    "definitions": {
                        "ready": {"reach": "sql", "within_days": 30, "not_returned_within_days": 14},
                        "lifecycle_stages": ["lead", "mql", "sql", "customer"],
                        "lead_types": {"new": {"en": "New", "ja": "新規"}, "service": {"en": "Service", "ja": "保守"}},
                        "lead_score": {"probability_at_50": 0.5},
                        **definitions,
                    },
                    "promises": {
                        "bands": lists,
                        "exploration_share": exploration_share,
                        **({} if capacity is None else {"capacity": capacity}),
                    },
                }
            )
        )

    return make


DEFAULT_BANDS = (("A", 60, {"lifecycle_stage": "sql"}), ("B", 40, {"lifecycle_stage": "mql"}), ("C", 0, {}))
