"""Both languages say the same things, and every error that can be raised has its words."""

import ast
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import pytest

from leadml.errors import LeadmlError
from leadml.wording.texts import LANGUAGES, texts

SOURCES = sorted((Path(__file__).parents[2] / "src" / "leadml").rglob("*.py"))
PARTS = ("what", "why", "fix")


def flat(node, path=""):
    """Lay nested texts out under their dotted keys."""
    if not isinstance(node, dict):
        return {path: node}
    return {key: text for name, inner in node.items() for key, text in flat(inner, f"{path}.{name}".strip(".")).items()}


ENGLISH, JAPANESE = (flat(texts(language)) for language in LANGUAGES)
CODES = set(texts("en")["errors"])


def placeholders(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@dataclass(frozen=True)
class RaiseSite:
    """A place in src that makes an error: its possible codes, and the values it supplies."""

    place: str
    codes: frozenset[str]
    values: frozenset[str]


def strings_in(tree):
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def makes_an_error(call):
    """Tell whether a call is `LeadmlError(...)`, or `super().__init__(code, ...)` of a class that is one."""
    if isinstance(call.func, ast.Name):
        return call.func.id == LeadmlError.__name__
    return isinstance(call.func, ast.Attribute) and call.func.attr == "__init__" and strings_in(call.args[0]) <= CODES


def sites_in(path):
    tree = ast.parse(path.read_text("utf-8"))
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and call.args and makes_an_error(call):
            code = call.args[0]
            # A code that is handed on, as in `for code, wrong in (("not_a_time", ...), ...)`, stands in the same file.
            codes = {code.value} if isinstance(code, ast.Constant) else strings_in(tree) & CODES
            values = frozenset(str(keyword.arg) for keyword in call.keywords)
            yield RaiseSite(f"{path.name}:{call.lineno}", frozenset(codes), values), isinstance(code, ast.Constant)


FOUND = [found for path in SOURCES if path.name != "errors.py" for found in sites_in(path)]
NAMED = [site for site, named in FOUND if named]
HANDED_ON = [site for site, named in FOUND if not named]


def test_both_languages_have_the_same_texts():
    assert sorted(ENGLISH) == sorted(JAPANESE)


def test_both_languages_fill_in_the_same_values():
    different = {
        key: (placeholders(ENGLISH[key]), placeholders(JAPANESE[key]))
        for key in ENGLISH.keys() & JAPANESE.keys()
        if placeholders(ENGLISH[key]) != placeholders(JAPANESE[key])
    }
    assert different == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_says_something(language):
    silent = [key for key, text in flat(texts(language)).items() if not isinstance(text, str) or not text.strip()]
    assert silent == []


def test_japanese_is_japanese():
    # What holds only values and signs is the same everywhere.
    words = {key: "".join(part for part, *_ in Formatter().parse(text)) for key, text in ENGLISH.items()}
    said_in_words = [key for key, text in words.items() if any(letter.isalpha() for letter in text)]
    untranslated = [key for key in said_in_words if JAPANESE.get(key) == ENGLISH[key]]
    assert untranslated == [key for key in untranslated if ENGLISH[key].split()[0].strip(".:") in {"Brier", "AUC"}]


def test_every_error_has_its_three_parts_and_nothing_else():
    for language in LANGUAGES:
        errors = texts(language)["errors"]
        assert {code: set(parts) for code, parts in errors.items()} == {code: set(PARTS) for code in errors}


def test_every_error_that_is_raised_has_words():
    without_words = {site.place: sorted(site.codes - CODES) for site in NAMED if site.codes - CODES}
    assert without_words == {}


def test_every_raise_supplies_what_its_words_ask_for():
    lacking = {}
    for site in NAMED:
        for code in site.codes & CODES:
            asked = set().union(
                *(placeholders(texts(language)["errors"][code][part]) for language in LANGUAGES for part in PARTS)
            )
            if asked - site.values:
                lacking[f"{site.place} {code}"] = sorted(asked - site.values)
    assert lacking == {}


def test_every_raise_says_where():
    assert [site.place for site, _ in FOUND if "where" not in site.values] == []


def test_a_code_that_is_handed_on_is_one_that_its_file_names():
    assert {site.place.partition(":")[0] for site in HANDED_ON} == {"catalogue.py", "dirty.py", "gate.py", "inline.py"}
    assert all(site.codes for site in HANDED_ON)


def test_no_error_has_words_and_is_never_raised():
    raised = set().union(*(site.codes for site, _ in FOUND), {"problems"})
    assert sorted(CODES - raised) == []


def test_a_forgotten_value_would_be_found(tmp_path):
    planted = tmp_path / "planted.py"
    planted.write_text('raise LeadmlError("not_a_time", where="x")\nraise LeadmlError("no_such_code", where="x")\n')
    (first, _), (second, _) = sites_in(planted)
    assert placeholders(texts("en")["errors"]["not_a_time"]["what"]) - first.values == {"value"}
    assert second.codes - CODES == {"no_such_code"}
