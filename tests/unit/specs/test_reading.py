from datetime import date
from typing import Annotated

import pytest
from pydantic import Field

from leadml.errors import LeadmlError, ProblemsError
from leadml.specs.reading import Label, Specification, as_problem, read_specification, read_text


class BandSpec(Specification):
    name: Annotated[str, Field(pattern=r"^[A-Z]$")]
    score_at_least: Annotated[int, Field(ge=0, le=100)]
    share: float | None = None
    automatic: bool = False


class CompanySpec(Specification):
    label: Label
    bands: Annotated[tuple[BandSpec, ...], Field(min_length=1)] = (BandSpec(name="A", score_at_least=0),)
    where: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)


@pytest.fixture
def read(tmp_path):
    """Read a text as YAML of a company."""

    def read_company(content):
        file = tmp_path / "sla.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return read_specification(CompanySpec, file, shown_as="sla.yaml")

    return read_company


@pytest.fixture
def problem_of(read):
    """Read a text that holds one problem; give code, place, and what the fix says."""

    def problem(content):
        with pytest.raises(LeadmlError) as caught:
            read(content)
        return caught.value.code, caught.value.where, caught.value.part("fix")

    return problem


LABEL = "label: {en: Acme, ja: アクメ}\n"
TEXT = "a text (in quotes if it looks like a number or a date)"
USUAL_NUMBER = "a number, neither endless nor of more than 18 digits"


def test_what_stands_in_the_file_is_read(read):
    company = read(
        LABEL + "bands:\n  - {name: A, score_at_least: 40}\nwhere: {channel: [phone, email], content: '007'}\n"
    )
    assert company.label.ja == "アクメ"
    assert company.bands[0].score_at_least == 40
    assert company.where == {"channel": ("phone", "email"), "content": "007"}


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(LABEL.encode("utf-8-sig"), id="with the mark that Windows editors write"),
        pytest.param(LABEL.replace("\n", "\r\n").encode(), id="with the line ends of Windows"),
        pytest.param(("\ufeff# ours\r\n\r\n" + LABEL).encode(), id="with both, and a comment"),
        pytest.param(LABEL.rstrip().encode(), id="without a line end"),
        pytest.param(b"---\n" + LABEL.encode(), id="with a document mark"),
    ],
)
def test_how_an_editor_saves_a_file_does_not_matter(read, written):
    assert read(written).label.en == "Acme"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LeadmlError) as caught:
        read_text(tmp_path / "sla.yaml", shown_as="sla.yaml")
    assert (caught.value.code, caught.value.where) == ("missing_file", "sla.yaml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(LeadmlError) as caught:
        read_text(tmp_path, shown_as="sla.yaml")
    assert caught.value.code == "missing_file"


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("# one\nlabel: {en: Bühne, ja: x}\n".encode("latin-1"), 2),
        ("# one\nlabel: {en: x, ja: 舞台}\n".encode("shift-jis"), 2),
        ("# one\nlabel: {en: x, ja: 舞台}\n".encode("utf-16"), 1),
    ],
)
def test_only_utf_8_is_read(problem_of, written, line):
    assert problem_of(written) == ("not_utf8", f"sla.yaml, line {line}", "Save the file as UTF-8.")


@pytest.mark.parametrize("written", ["", "\n \n", "# nothing but a comment\n", "---\n", "null\n", "\ufeff"])
def test_a_file_without_content_is_empty(problem_of, written):
    assert problem_of(written)[:2] == ("empty_file", "sla.yaml")


@pytest.mark.parametrize(
    ("written", "line"),
    [
        pytest.param(LABEL + "\twhere: {}\n", 2, id="tab indentation"),
        pytest.param("label:\n\ten: Acme\n", 2, id="tab inside a mapping"),
        pytest.param(LABEL + "where: {}\n" + LABEL, 3, id="a key twice"),
        pytest.param(LABEL + "where: {a: 'x\n", 3, id="an open quote"),
        pytest.param(LABEL + "where: a: b\n", 2, id="two colons"),
        pytest.param(LABEL + "where: *unknown\n", 2, id="an unknown alias"),
        pytest.param(LABEL + "---\n" + LABEL, 2, id="two documents"),
        pytest.param(LABEL + "# \x07\n", 2, id="a control character"),
        pytest.param("a" * 20 + "\x00\x01\x02", 1, id="binary content"),
        pytest.param("[" * 5000, 1, id="endless nesting"),
        pytest.param(LABEL + "where:\n  1: phone\n  '1': email\n", 4, id="a key twice, once in quotes"),
        pytest.param(LABEL + 'where: {a: "\\ud800"}\n', 1, id="half a character"),
        pytest.param(LABEL + "- phone\n", 2, id="a list entry among keys"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_line(problem_of, written, line):
    code, where, fix = problem_of(written)
    assert (code, where) == ("not_yaml", f"sla.yaml, line {line}")
    assert fix == "Check indentation, colons and quotes around this line."


@pytest.mark.parametrize("written", ["- label\n- bands\n", "label\n", "42\n", "[]\n"])
def test_a_file_of_something_else_than_keys_names_the_file(problem_of, written):
    assert problem_of(written) == ("wrong_type", "sla.yaml", "Write keys with their values.")


def test_an_unknown_key_is_an_error_with_the_nearest_known_one(problem_of):
    assert problem_of(LABEL + "wheer: {}\n") == (
        "unknown_key",
        "sla.yaml, line 2, wheer",
        "Did you mean 'where'? Known keys here: bands, label, where.",
    )


def test_the_known_keys_are_those_of_the_place(problem_of):
    assert problem_of(LABEL + "bands:\n  - name: A\n    score_atleast: 4\n    score_at_least: 4\n") == (
        "unknown_key",
        "sla.yaml, line 4, bands[0].score_atleast",
        "Did you mean 'score_at_least'? Known keys here: automatic, name, score_at_least, share.",
    )


@pytest.mark.parametrize("key", ["null", "1", "[1, 2]", "true"])
def test_a_key_that_is_no_text_is_unknown_too(problem_of, key):
    code, where, _ = problem_of(LABEL + f"{key}: x\n")
    assert code == "unknown_key"
    assert where.startswith("sla.yaml")


def test_keys_are_taken_as_they_are_written(read):
    company = read(LABEL + "where: {1: a, true: b, 2026-02-30: c, 1.50: d, null: e}\n")
    assert list(company.where) == ["1", "true", "2026-02-30", "1.50", "null"]


def test_what_is_nested_deeper_than_a_specification_can_be_is_said(problem_of):
    for levels in (180, 201, 250):
        code, where, fix = problem_of(LABEL + "where: {a: " + "[" * levels + "]" * levels + "}\n")
        assert (code, where.partition(", line")[0]) == ("wrong_type" if levels < 200 else "not_yaml", "sla.yaml")
        assert "JSON" not in fix


def test_a_missing_key_is_placed_where_it_should_stand(problem_of):
    assert problem_of("where: {}\nlabel:\n  en: Acme\n") == (
        "missing_key",
        "sla.yaml, line 2, label.ja",
        "Add 'ja' there.",
    )


@pytest.mark.parametrize(
    ("entry", "place", "fix"),
    [
        ("{name: 7, score_at_least: 4}", "name", "Write a text (in quotes if it looks like a number or a date)."),
        ("{name: abc, score_at_least: 4}", "name", "Write a word that matches ^[A-Z]$."),
        ("{name: A, score_at_least: 4.5}", "score_at_least", "Write a whole number."),
        ("{name: A, score_at_least: '4'}", "score_at_least", "Write a whole number."),
        ("{name: A, score_at_least: true}", "score_at_least", "Write a whole number."),
        ("{name: A, score_at_least: }", "score_at_least", "Write a whole number."),
        ("{name: A, score_at_least: 101}", "score_at_least", "Write a number less than or equal to 100."),
        ("{name: A, score_at_least: -1}", "score_at_least", "Write a number greater than or equal to 0."),
        ("{name: A, score_at_least: 4, share: half}", "share", "Write a number."),
        ("{name: A, score_at_least: 4, share: '1,5'}", "share", "Write a number."),
        ("{name: A, score_at_least: 4, share: .inf}", "share", f"Write {USUAL_NUMBER}."),
        ("{name: A, score_at_least: 4, share: .nan}", "share", f"Write {USUAL_NUMBER}."),
        ("{name: A, score_at_least: 4, share: 99999999999999999999}", "share", f"Write {USUAL_NUMBER}."),
        (f"{{name: A, score_at_least: {'9' * 5000}}}", "score_at_least", "Write a whole number."),
        (f"{{name: A, score_at_least: 0x{'f' * 5000}}}", "score_at_least", "Write a whole number."),
        (f"{{name: A, score_at_least: -0x{'f' * 5000}}}", "score_at_least", "Write a whole number."),
        ("{name: A, score_at_least: 2026-02-30}", "score_at_least", "Write a whole number."),
        ("{name: A, score_at_least: !!int five}", "score_at_least", "Write a whole number."),
        ("{name: A, score_at_least: +_}", "score_at_least", "Write a whole number."),
        (f"{{name: A, score_at_least: 4, share: -0x{'f' * 5000}}}", "share", f"Write {USUAL_NUMBER}."),
        ("{name: A, score_at_least: 4, share: !!float half}", "share", "Write a number."),
        ("{name: A, score_at_least: 4, automatic: !!bool maybe}", "automatic", "Write true or false."),
        ("{name: .nan, score_at_least: 4}", "name", f"Write {TEXT}."),
        ("{name: 0x1234567890123456789, score_at_least: 4}", "name", f"Write {TEXT}."),
        ("{name: A, score_at_least: 4, automatic: maybe}", "automatic", "Write true or false."),
        ("{name: A, score_at_least: 4, automatic: 1}", "automatic", "Write true or false."),
    ],
)
def test_a_value_of_a_wrong_type_is_said_once_with_what_would_fit(problem_of, entry, place, fix):
    assert problem_of(LABEL + f"bands:\n  - {entry}\n") == ("wrong_type", f"sla.yaml, line 3, bands[0].{place}", fix)


@pytest.mark.parametrize(
    "written",
    ["2026-02-30", "2026-13-45", "0000-01-01", "2026-01-01 25:00:00", "2026-01-01T10:00:00+99:99", "1-1-1"],
)
def test_a_day_that_does_not_exist_is_told_with_all_else(tmp_path, written):
    class MeetingSpec(Specification):
        day: date
        room: str

    (tmp_path / "meeting.yaml").write_text(f"roam: x\nday: {written}\n", "utf-8")
    with pytest.raises(ProblemsError) as caught:
        read_specification(MeetingSpec, tmp_path / "meeting.yaml", shown_as="meeting.yaml")
    told = {(problem.code, problem.where, problem.part("fix")) for problem in caught.value.problems}
    assert ("wrong_type", "meeting.yaml, line 2, day", "Write a date, as in 2026-01-01.") in told
    assert {code for code, *_ in told} == {"wrong_type", "unknown_key", "missing_key"}


def test_where_several_types_fit_all_are_named_once(problem_of):
    assert problem_of(LABEL + "where: {channel: 5}\n") == (
        "wrong_type",
        "sla.yaml, line 2, where.channel",
        f"Write {TEXT} or a list.",
    )
    assert problem_of(LABEL + "where: {channel: {phone: 1}}\n")[1] == "sla.yaml, line 2, where.channel"


def test_a_wrong_entry_of_a_list_is_the_problem_not_the_list(problem_of):
    code, where, _ = problem_of(LABEL + "where:\n  channel:\n    - phone\n    - 5\n")
    assert (code, where) == ("wrong_type", "sla.yaml, line 5, where.channel[1]")


def test_a_list_that_is_too_short_says_how_long_it_should_be(problem_of):
    assert problem_of(LABEL + "bands: []\n") == ("wrong_type", "sla.yaml, line 2, bands", "Write a list of at least 1.")


def test_a_list_where_keys_belong_is_said(problem_of):
    assert problem_of("label: [en, ja]\n") == ("wrong_type", "sla.yaml, line 1, label", "Write keys with their values.")


def test_keys_where_a_list_belongs_are_said(problem_of):
    assert problem_of(LABEL + "bands: {name: A}\n") == ("wrong_type", "sla.yaml, line 2, bands", "Write a list.")


def test_every_problem_of_a_file_is_reported_at_once(read):
    with pytest.raises(ProblemsError) as caught:
        read(
            "label: {en: 1}\nbands:\n  - {title: A, score_at_least: x}\n  - {name: B, score_at_least: 4}\nowners: {}\n"
        )
    assert sorted((problem.code, problem.where) for problem in caught.value.problems) == [
        ("missing_key", "sla.yaml, line 1, label.ja"),
        ("missing_key", "sla.yaml, line 3, bands[0].name"),
        ("unknown_key", "sla.yaml, line 3, bands[0].title"),
        ("unknown_key", "sla.yaml, line 5, owners"),
        ("wrong_type", "sla.yaml, line 1, label.en"),
        ("wrong_type", "sla.yaml, line 3, bands[0].score_at_least"),
    ]


def test_a_long_value_is_shortened(read):
    with pytest.raises(LeadmlError) as caught:
        read(f"label: {'x' * 500}\n")
    assert len(caught.value.part("what")) < 120


def test_a_specification_cannot_be_changed(read):
    with pytest.raises(ValueError, match="frozen"):
        read(LABEL).label = None


def test_a_problem_outside_a_file_is_said_in_the_words_of_its_validation():
    detail = {"type": "string_type", "loc": ("leads", 0), "msg": "Input should be a valid string", "input": 5}
    problem = as_problem(detail, CompanySpec, where="leads[0]")
    assert problem.part("what") == "'leads[0]' is 5, which does not fit."
    assert problem.part("fix") == "Write a valid string."
