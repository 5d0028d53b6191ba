"""What the page of all keys is made from."""

import pytest

from leadml.specs.reference import yaml_parts


def key_of(file, place, key):
    (part,) = [part for part in yaml_parts() if part.file == file and (place in part.places or part.places == place)]
    (found,) = [found for found in part.keys if found.key == key]
    return found


@pytest.mark.parametrize(
    ("file", "place", "key", "type", "default"),
    [
        ("history.yaml", (), "clock_skew_minutes", "number from 0", "5"),
        ("history.yaml", "tables.companies[]", "rows", "mapping to list of text", "empty"),
        ("features/*.yaml", "features[]", "more_is", "`readier` or `less_ready`", "absent"),
        ("features/*.yaml", "features[]", "when_nothing", "number or `missing`", "needed"),
        ("models/rules.yaml", "rules[].when", "is", "text", "absent"),
        ("models/readiness.yaml", (), "test", "keys of its own", "`{share_of_leads: 0.25}`"),
        ("models/readiness.yaml", "test", "from", "time with its zone", "absent"),
        ("sla.yaml", "promises.bands.*[]", "score_at_least", "whole number from 0, up to 100", "0"),
        ("sla.yaml", "promises.bands.*[]", "automatic", "true or false", "false"),
        ("sla.yaml", "definitions.connect_attempt", "made_by", "list of text", '`["person"]`'),
        ("sla.yaml", "definitions", "lead_types", "mapping to text in `en` and `ja`", "needed"),
    ],
)
def test_a_key_is_told_with_its_type_and_its_default(file, place, key, type, default):
    found = key_of(file, place, key)
    assert (found.type, found.default) == (type, default)


def test_a_part_that_stands_at_several_places_is_told_once():
    (criteria,) = [
        part for part in yaml_parts() if part.file == "sla.yaml" and "any_of" in {key.key for key in part.keys}
    ]
    assert criteria.places == (
        "definitions.ideal_customer_profile.criteria[]",
        "definitions.buyer_personas[].when[]",
    )
