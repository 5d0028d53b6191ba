"""One function that says things in a person's language."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

Language = Literal["en", "ja"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")


@cache
def texts(language: Language) -> Mapping[str, Any]:
    """Read all texts of one language.

    Parameters
    ----------
    language : {"en", "ja"}
        Which of the two files to read.

    Returns
    -------
    texts : nested mapping of str
        The content of `wording/<language>.yaml`.

    Examples
    --------
    >>> texts("ja")["all_others"]
    'その他すべて'
    """
    source = files("leadml.wording").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    # All of it is text, and libyaml reads it twenty times faster than a parser in Python: each command reads it.
    content: Mapping[str, Any] = yaml.load(source, Loader=yaml.CBaseLoader)  # builds nothing but text, lists, mappings
    return content


def say(key: str, language: Language = "en", /, **values: object) -> str:
    """Say the text that stands under a dotted key, with its values filled in.

    Parameters
    ----------
    key : str
        Dotted path into `wording/<language>.yaml`.
    language : {"en", "ja"}
        The reader's language.
    **values : object
        What the text's `{placeholders}` stand for.

    Returns
    -------
    text : str

    Raises
    ------
    KeyError
        If the key or a value is missing: a fault of leadml, never of its user.

    Examples
    --------
    >>> say("chance.one_in", number=5)
    'about 1 in 5'
    >>> say("chance.one_in", "ja", number=5)
    '約5件に1件'
    """
    return _template(key, language).format(**values)


@cache
def _template(key: str, language: Language) -> str:
    text: Any = texts(language)
    for part in key.split("."):
        text = text[part]
    return str(text)


def in_both(key: str, /, **values: object) -> dict[str, str]:
    """Say the same thing in every language.

    Parameters
    ----------
    key : str
        As in `say`.
    **values : object
        As in `say`.

    Returns
    -------
    texts : dict of language to str

    Examples
    --------
    >>> in_both("chance.one_in", number=3)
    {'en': 'about 1 in 3', 'ja': '約3件に1件'}
    """
    return {language: say(key, language, **values) for language in LANGUAGES}


def nearest(word: str, known: tuple[str, ...] | list[str]) -> str:
    """Find the known word that somebody probably meant.

    Parameters
    ----------
    word : str
        What was written.
    known : sequence of str
        What could have been written.

    Returns
    -------
    nearest : str
        The most similar known word, be it in other letters of the same name (`MQL`, `mql`), or an empty string when
        none is near.

    Examples
    --------
    >>> nearest("lable", ["label", "kind"])
    'label'
    >>> nearest("KIND", ["label", "kind"])
    'kind'
    >>> nearest("xyz", ["label", "kind"])
    ''
    """
    from difflib import get_close_matches

    if matches := get_close_matches(word, known, n=1, cutoff=0.5):
        return matches[0]
    in_small_letters = {each.casefold(): each for each in known}
    matches = get_close_matches(word.casefold(), list(in_small_letters), n=1, cutoff=0.5)
    return in_small_letters[matches[0]] if matches else ""
