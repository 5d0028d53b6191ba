import pytest

from leadml.wording.texts import LANGUAGES, in_both, nearest, say, texts


def test_a_text_is_found_under_its_dotted_key():
    assert say("chance.one_in", number=5) == "about 1 in 5"
    assert say("chance.one_in", "ja", number=5) == "約5件に1件"


def test_a_value_may_have_any_name():
    # `key` and `language` are also what `say` calls its own arguments.
    assert say("errors.missing_key.fix", key="version") == "Add 'version' there."


def test_both_languages_are_said_at_once():
    assert in_both("chance.one_in", number=3) == {"en": "about 1 in 3", "ja": "約3件に1件"}
    assert tuple(in_both("all_others")) == LANGUAGES == ("en", "ja")


@pytest.mark.parametrize("key", ["chance.none", "chances.one_in"])
def test_a_missing_text_is_a_fault_of_ours(key):
    with pytest.raises(KeyError):
        say(key)


def test_a_missing_value_is_a_fault_of_ours():
    with pytest.raises(KeyError, match="number"):
        say("chance.one_in")


def test_a_file_is_read_once():
    assert texts("en") is texts("en")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("verson", "version"), ("owner", "owners"), ("lifecyclestage", "lifecycle_stage"), ("xyz", ""), ("", "")],
)
def test_the_nearest_word_is_what_somebody_probably_meant(written, meant):
    assert nearest(written, ["version", "owners", "lifecycle_stage"]) == meant


def test_nothing_is_near_where_nothing_is_known():
    assert nearest("version", []) == ""
