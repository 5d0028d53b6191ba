"""Facts as one writes them on a command line."""

import pytest

from leadml.cli.supposals import read_supposal
from leadml.errors import LeadmlError

VIEW = {"activity": "page_view", "content": "pricing"}


@pytest.mark.parametrize(
    ("added", "changed", "supposal"),
    [
        (["activities: activity=page_view, content=pricing"], [], {"activities": [VIEW]}),
        (["2 activities: activity=page_view,content=pricing"], [], {"activities": [VIEW, VIEW]}),
        (
            ["activities: activity=page_view, value=2.5", " activities:activity = chat_opened "],
            [],
            {"activities": [{"activity": "page_view", "value": 2.5}, {"activity": "chat_opened"}]},
        ),
        (
            ["scores: name=crm_rules, value=40", "decisions: decision=keep, probability=0.1"],
            [],
            {
                "scores": [{"name": "crm_rules", "value": 40.0}],
                "decisions": [{"decision": "keep", "probability": 0.1}],
            },
        ),
        (
            [],
            ["title_level=4", "company.employees = 300"],
            {
                "attribute_changes": [{"attribute": "title_level", "value": "4"}],
                "company": {"employees": "300"},
            },
        ),
        ([], [], {}),
    ],
)
def test_what_is_written_is_read(demo_history, added, changed, supposal):
    assert read_supposal(added, changed, demo_history) == supposal


@pytest.mark.parametrize(
    ("added", "changed", "code", "where", "hint"),
    [
        (["activities"], [], "unreadable_supposal", "--add", None),
        (["0 activities: activity=page_view"], [], "unreadable_supposal", "--add", None),
        (["1000 activities: activity=page_view"], [], "unreadable_supposal", "--add", None),
        (["activities: page_view"], [], "unreadable_supposal", "--add", None),
        (["activitys: activity=page_view"], [], "unknown_word", "--add", "activities"),
        (["attribute_changes: attribute=a, value=b"], [], "unknown_word", "--add", "status_changes"),
        (["activities: activity=page_viev"], [], "unknown_word", "--add activities.activity", "page_view"),
        (["decisions: decision=keep, probability=0"], [], "not_a_probability", "--add", None),
        (["decisions: decision=keep, probability=nan"], [], "not_a_probability", "--add", None),
        (["activities: activty=page_view"], [], "unknown_word", "--add activities", "activity"),
        (["activities: content=pricing"], [], "missing_key", "--add activities", None),
        (["activities: activity=page_view, value=long"], [], "wrong_type", "--add", None),
        ([], ["title_level"], "unreadable_supposal", "--set", None),
        ([], ["titel_level=3"], "unknown_word", "--set", "title_level"),
        ([], ["employees=3"], "unknown_word", "--set", "company.employees"),
        ([], ["company.employes=3"], "unknown_word", "--set", "company.employees"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_is_near(demo_history, added, changed, code, where, hint):
    with pytest.raises(LeadmlError) as told:
        read_supposal(added, changed, demo_history)
    assert (told.value.code, told.value.where) == (code, where)
    assert told.value.values.get("hint") == hint
