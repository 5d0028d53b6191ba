import pytest

from leadml.errors import LeadmlError, ProblemsError, known_words, raise_problems


def missing_key(where="sla.yaml"):
    return LeadmlError("missing_key", where=where, key="version")


def test_an_error_says_what_why_where_and_how_to_mend_it():
    assert missing_key().text().splitlines() == [
        "The key 'version' is missing.",
        "  Why:   It is needed and has no default.",
        "  Where: sla.yaml",
        "  Fix:   Add 'version' there.",
    ]
    assert str(missing_key()) == missing_key().text()


def test_an_error_speaks_japanese():
    text = missing_key().text("ja")
    assert "version" in text
    assert "sla.yaml" in text
    assert "missing" not in text


def test_a_hint_is_said_before_the_fix():
    error = LeadmlError("unknown_key", where="sla.yaml", key="verson", known="owners, version", hint="version")
    assert error.part("fix") == "Did you mean 'version'? Known keys here: owners, version."


def test_no_hint_no_question():
    error = LeadmlError("unknown_key", where="sla.yaml", key="xyz", known="owners, version", hint="")
    assert error.part("fix") == "Known keys here: owners, version."


def test_a_value_with_braces_is_said_as_it_is():
    error = LeadmlError("not_a_time", where="leads.csv", value="{soon} %s {0}")
    assert error.part("what") == "'{soon} %s {0}' is not a time."


def test_every_face_sends_the_same_shape_for_one_problem():
    parts = missing_key().parts()
    assert list(parts) == ["code", "what", "why", "where", "fix"]
    assert missing_key().to_dict() == {"error": parts, "problems": [parts]}


def test_every_face_sends_the_same_shape_for_several_problems():
    both = ProblemsError([missing_key("a.yaml"), missing_key("b.yaml")], where="project")
    sent = both.to_dict()
    assert sent["error"]["code"] == "problems"
    assert sent["error"]["what"] == "2 problems were found."
    assert [problem["where"] for problem in sent["problems"]] == ["a.yaml", "b.yaml"]


def test_several_problems_are_told_one_after_the_other():
    text = ProblemsError([missing_key("a.yaml"), missing_key("b.yaml")], where="project").text()
    assert text.split("\n\n") == [
        "2 problems were found.",
        missing_key("a.yaml").text(),
        missing_key("b.yaml").text(),
    ]


def test_nothing_collected_is_nothing_raised():
    raise_problems([], where="sla.yaml")


def test_a_single_problem_is_raised_as_itself():
    problem = missing_key()
    with pytest.raises(LeadmlError) as caught:
        raise_problems(iter([problem]), where="elsewhere")
    assert caught.value is problem


def test_several_problems_are_raised_together():
    problems = (missing_key("a.yaml"), missing_key("b.yaml"))
    with pytest.raises(ProblemsError) as caught:
        raise_problems(problems, where="project")
    assert caught.value.problems == problems
    assert caught.value.where == "project"


@pytest.mark.parametrize(("code", "status"), [("no_champion", 503), ("body_too_large", 413), ("missing_key", 422)])
def test_a_problem_has_the_status_that_fits_it(code, status):
    assert LeadmlError(code).http_status == status


def test_known_words_are_sorted_and_end_somewhere():
    assert known_words({"b": 1, "a": 2}) == "a, b"
    assert known_words([f"w{number:02}" for number in range(30)]).endswith("w18, w19, ...")
