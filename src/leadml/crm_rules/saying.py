"""Says what imported rules ask, in both languages, and gives them names as a person would."""

import re
from collections.abc import Iterable, Sequence

from leadml.specs.feature_spec import FeatureSpec
from leadml.specs.reading import Label
from leadml.specs.rules_spec import Condition
from leadml.wording.texts import LANGUAGES, Language, say

_LONGEST_NAME = 60
_WORDS_IN_A_NAME = 2
_WORDS_SAID = 5
_ABOVE_BELOW = {"at_least": "from", "at_most": "up_to", "more_than": "above", "less_than": "below"}


def identifier(text: str) -> str:
    """Write a text as a name: small letters, digits and _.

    Parameters
    ----------
    text : str

    Returns
    -------
    name : str
        Empty where no Latin letter is left to begin with.

    Examples
    --------
    >>> identifier("Company fit (2026)"), identifier("企業"), identifier("42")
    ('company_fit_2026', '', '')
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
    name = re.sub(r"^[^a-z]+", "", name)
    return name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME].rpartition("_")[0]


def number(value: float) -> str:
    """Write a number with all its digits.

    Examples
    --------
    >>> number(1_000.0), number(0.25)
    ('1,000', '0.25')
    """
    return f"{int(value):,}" if float(value).is_integer() else f"{value:,}"


def readable(word: str) -> str:
    """Write a word of a CRM as people read it.

    Examples
    --------
    >>> readable("COMPUTER_SOFTWARE"), readable("Germany"), readable("IT")
    ('Computer software', 'Germany', 'IT')
    """
    return word.replace("_", " ").capitalize() if re.fullmatch(r"[A-Z0-9]{2,}(_[A-Z0-9]+)+|[A-Z]{4,}", word) else word


def name_of(condition: Condition) -> str:
    """Name a rule by what it asks.

    Parameters
    ----------
    condition : Condition

    Returns
    -------
    name : str

    Examples
    --------
    >>> name_of(Condition("employees", "between", (200.0, 1000.0), False))
    'employees_200_to_1000'
    >>> name_of(Condition("country", "is", ("Germany",), False))
    'country_germany'
    """
    return identifier("_".join([condition.feature, *_asked(condition)]))


def _asked(condition: Condition) -> list[str]:
    operator, asked = condition.operator, condition.asked
    if isinstance(asked, bool):
        return ["unknown" if asked else "known"]
    if isinstance(asked, float | int):
        return [_ABOVE_BELOW[operator], f"{asked:.15g}"]
    if operator == "between":
        low, high = asked
        return [f"{low:.15g}"] if low == high else [f"{low:.15g}", "to", f"{high:.15g}"]
    words = [identifier(str(word)) for word in asked]
    before = {"is_not": ["not"], "none_of": ["not"], "contains": ["with"], "contains_not": ["without"]}.get(
        operator, []
    )
    if not all(words) or len(words) > _WORDS_IN_A_NAME:
        return [*before, "some"] if before else ["one_of", str(len(words))]
    return [*before, "_or_".join(words)]


def said(condition: Condition, feature: FeatureSpec) -> Label:
    """Say what a condition asks.

    Parameters
    ----------
    condition : Condition
    feature : FeatureSpec
        Of that condition; its label, and its words where it has some.

    Returns
    -------
    said : Label
    """
    return Label(**{language: _said(condition, feature, language) for language in LANGUAGES})


def _said(condition: Condition, feature: FeatureSpec, language: Language) -> str:
    label = getattr(feature.label, language)
    asked, key = condition.asked, f"crm_rules.conditions.{condition.operator}"
    if isinstance(asked, bool):
        return say(f"crm_rules.conditions.{'unknown' if asked else 'known'}", language, label=label)
    if isinstance(asked, float | int):
        return say(key, language, label=label, number=number(asked))
    if condition.operator == "between":
        low, high = (number(float(end)) for end in asked)
        if low == high:
            return say("crm_rules.conditions.is", language, label=label, words=low)
        return say(key, language, label=label, low=low, high=high)
    words = [
        getattr(feature.words[word], language) if word in feature.words else readable(word) for word in map(str, asked)
    ]
    listed = say("crm_rules.or_word", language).join(words[:_WORDS_SAID])
    if len(words) > _WORDS_SAID:
        listed = say("crm_rules.more_words", language, words=listed, count=len(words) - _WORDS_SAID)
    return say(key, language, label=label, words=listed)


def joined(parts: Sequence[Label], how: str) -> Label:
    """Join texts by `and` or `or`.

    Parameters
    ----------
    parts : sequence of Label
    how : {"and", "or"}

    Returns
    -------
    joined : Label
        Each text once.
    """
    return Label(
        **{
            language: say(f"crm_rules.{how}", language).join(dict.fromkeys(getattr(part, language) for part in parts))
            for language in LANGUAGES
        }
    )


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Give a name that is not taken: the wanted one, else with a number behind it.

    Examples
    --------
    >>> free_name("clicks", ["clicks", "clicks_2"])
    'clicks_3'
    """
    used = set(taken)
    if wanted not in used:
        return wanted
    return next(name for name in (f"{wanted}_{place}" for place in range(2, len(used) + 3)) if name not in used)
