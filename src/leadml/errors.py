"""Everything that can go wrong, always in four parts: what, why, where, fix.

An error carries a code and values; its words stand in `wording/`, so that a command line, a page
and an HTTP answer say the same thing in the reader's language.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus

from leadml.wording.texts import Language, say, texts

# Everything else is a fault of what was sent: 422.
_STATUSES = {
    "not_json": HTTPStatus.BAD_REQUEST,
    "not_found": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "body_too_slow": HTTPStatus.REQUEST_TIMEOUT,
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "fault": HTTPStatus.INTERNAL_SERVER_ERROR,
    "kind_failed": HTTPStatus.INTERNAL_SERVER_ERROR,
    "no_champion": HTTPStatus.SERVICE_UNAVAILABLE,
    "ledger_failed": HTTPStatus.SERVICE_UNAVAILABLE,
}


class LeadmlError(Exception):
    """One problem, said in four parts.

    Parameters
    ----------
    code : str
        Key of the texts under `errors` in `wording/*.yaml`.
    where : str
        Place of the fault: a file with its line, a column, a field of a request.
    **values : object
        What the placeholders of the three other parts stand for.

    Examples
    --------
    >>> error = LeadmlError("unknown_key", where="sla.yaml, line 3", key="verson", known="version", hint="version")
    >>> print(error)
    Unknown key 'verson'.
      Why:   A key that leadml does not read would be ignored, and the file would not do what it says.
      Where: sla.yaml, line 3
      Fix:   Did you mean 'version'? Known keys here: version.
    """

    def __init__(self, code: str, *, where: str = "", **values: object) -> None:
        self.code = code
        self.where = where
        self.values = values
        super().__init__(code)

    @property
    def http_status(self) -> int:
        """The HTTP status that fits this problem."""
        return int(_STATUSES.get(self.code, HTTPStatus.UNPROCESSABLE_ENTITY))

    def at(self, where: str) -> "LeadmlError":
        """Say the same problem of another place, as its reader knows it.

        Examples
        --------
        >>> LeadmlError("missing_key", where="sla.yaml", key="version").at("row 3").where
        'row 3'
        """
        return LeadmlError(self.code, where=where, **self.values)

    def part(self, name: str, language: Language = "en") -> str:
        """Say one of the parts `what`, `why` and `fix`.

        A hint (`hint=`, the nearest known word) is said before the fix, where there is one.
        """
        text = say(f"errors.{self.code}.{name}", language, **self.values)
        hint = self.values.get("hint")
        if name == "fix" and hint:
            return say("did_you_mean", language, word=hint) + " " + text
        return text

    def parts(self, language: Language = "en") -> dict[str, str]:
        """All parts with the code, as they travel in JSON."""
        return {
            "code": self.code,
            "what": self.part("what", language),
            "why": self.part("why", language),
            "where": self.where,
            "fix": self.part("fix", language),
        }

    def text(self, language: Language = "en") -> str:
        """Write the four parts as a person reads them in a terminal."""
        parts = self.parts(language)
        marks = texts(language)["error_parts"]
        width = max(len(mark) for mark in marks.values())
        lines = [f"  {marks[name]:<{width}} {parts[name]}" for name in ("why", "where", "fix")]
        return "\n".join([parts["what"], *lines])

    def to_dict(self, language: Language = "en") -> dict[str, object]:
        """Lay the error out as every face sends it: itself, and each problem it stands for."""
        return {"error": self.parts(language), "problems": [self.parts(language)]}

    def __str__(self) -> str:
        """Say the error in English."""
        return self.text()


class ProblemsError(LeadmlError):
    """Several problems of one file, data set or request, reported together.

    Examples
    --------
    >>> first = LeadmlError("missing_key", where="sla.yaml", key="version")
    >>> print(ProblemsError([first, first], where="sla.yaml").text().splitlines()[0])
    2 problems were found.
    """

    def __init__(self, problems: Iterable[LeadmlError], *, where: str) -> None:
        self.problems = tuple(problems)
        super().__init__("problems", where=where, count=len(self.problems))

    def text(self, language: Language = "en") -> str:
        """All problems, one after the other, under their number."""
        head = self.part("what", language)
        return "\n\n".join([head, *(problem.text(language) for problem in self.problems)])

    def to_dict(self, language: Language = "en") -> dict[str, object]:
        """Lay the error out as every face sends it, with each problem in four parts."""
        return {
            "error": self.parts(language),
            "problems": [problem.parts(language) for problem in self.problems],
        }


def raise_problems(problems: Iterable[LeadmlError], *, where: str) -> None:
    """Raise what was collected, if anything was.

    Parameters
    ----------
    problems : iterable of LeadmlError
        Collected while checking one thing.
    where : str
        That thing.

    Raises
    ------
    LeadmlError
        The problem itself when there is one, `ProblemsError` when there are more.

    Examples
    --------
    >>> raise_problems([], where="sla.yaml")
    """
    found = tuple(problems)
    if len(found) == 1:
        raise found[0]
    if found:
        raise ProblemsError(found, where=where)


def known_words(known: Iterable[str] | Mapping[str, object]) -> str:
    """List known words for a fix, sorted, with an end when there are very many.

    Parameters
    ----------
    known : iterable of str
        The words.

    Returns
    -------
    text : str

    Examples
    --------
    >>> known_words(["b", "a"])
    'a, b'
    """
    words = sorted(known)
    return ", ".join(words[:20]) + (", ..." if len(words) > 20 else "")
