"""What tests of imported scores share: a score of one rule, and what it becomes in tests/tiny_project."""

from pathlib import Path

import orjson
import pytest

from leadml.crm_rules.hubspot import read_score
from leadml.crm_rules.importing import import_score
from leadml.crm_rules.names import NamesSpec
from leadml.specs.project_spec import read_project

TINY_PROJECT = Path(__file__).parents[2] / "tiny_project"
NAMES = {
    "events": {"6-77": {"activity": "webinar_attended", "en": "Attended a webinar", "ja": "ウェビナーに参加"}},
    "segments": {
        "42": {"attribute": "partner", "is": "yes", "en": "Is a partner", "ja": "パートナー"},
        "43": {"attribute": "rival", "is": "yes", "en": "Is a rival", "ja": "競合"},
    },
}


@pytest.fixture
def rule_of():
    """Write a rule around a calculation."""

    def rule(calculation, *, id="r1", **more):
        return {"id": id, "enabled": True, "configuration": {"calculation": calculation}, **more}

    return rule


@pytest.fixture
def score_of(rule_of):
    """Write a score around calculations, or rules, of one group."""

    def score(*rules, category="INTENT", group=(), **more):
        listed = [
            each if "configuration" in each else rule_of(each, id=f"r{number}") for number, each in enumerate(rules, 1)
        ]
        one = {"id": "g1", "groupCategory": category, "groupName": "Group", "ruleConfigurations": listed, **dict(group)}
        return {"name": "Score", "objectTypeId": "0-1", "groupConfigs": [one], **more}

    return score


@pytest.fixture
def read(tmp_path):
    """Read a score through its file."""

    def through_file(content):
        path = tmp_path / "score.json"
        path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
        return read_score(path, shown_as="score.json")

    return through_file


@pytest.fixture
def imported(read):
    """Import a score into tests/tiny_project."""

    def into_tiny_project(content, *, names=NAMES):
        named = NamesSpec.model_validate_json(orjson.dumps(names))
        return import_score(read(content), read_project(TINY_PROJECT), named, file="score.json")

    return into_tiny_project


@pytest.fixture
def written(imported, score_of):
    """Import calculations, and give the rules as they would stand in YAML, without their reasons."""

    def rules(*calculations, **more):
        found = imported(score_of(*calculations, **more))
        assert found.not_expressible == ()
        told = [rule.model_dump(mode="json", by_alias=True, exclude_defaults=True) for rule in found.rules.rules]
        return [{key: value for key, value in rule.items() if key not in ("because", "group")} for rule in told]

    return rules
