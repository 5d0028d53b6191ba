import datetime
import gzip
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from leadml.errors import LeadmlError
from leadml.history.csv_files import CsvFile
from leadml.history.files import found_files, place_of_row, read_sheet, read_table
from leadml.history.told import DataFile
from leadml.history.values import words_of

WANTED = {"id", "created", "note"}


def as_texts(column):
    text = words_of(column)
    return [None if code < 0 else text.words[code] for code in text.codes]


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="leads.csv"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return DataFile(file, name)

    return write_file


@pytest.fixture
def read(write):
    """Write a file and read its columns; gives them as lists."""

    def write_and_read(content, name="leads.csv", wanted=WANTED, **settings):
        return read_sheet(write(content, name), wanted, **settings).rows.to_pydict()

    return write_and_read


@pytest.fixture
def read_parquet(tmp_path):
    def write_and_read(**columns):
        parquet.write_table(pa.table(columns), tmp_path / "leads.parquet")
        rows = read_sheet(DataFile(tmp_path / "leads.parquet", "leads.parquet"), set(columns)).rows
        return {name: as_texts(rows[name]) for name in rows.column_names}

    return write_and_read


@pytest.fixture
def problem_of(read):
    def problem(content, name="leads.csv"):
        with pytest.raises(LeadmlError) as caught:
            read(content, name)
        return caught.value.code, caught.value.where, caught.value.values.get("problem")

    return problem


def test_every_value_is_the_text_it_is(read):
    rows = '007,1e5, x\nNA,,null\nnan,"a, b","say ""hi"""\n鈴木,TRUE,1.50\n'
    assert read("id,created,note\n" + rows) == {
        "id": ["007", "NA", "nan", "鈴木"],
        "created": ["1e5", "", "a, b", "TRUE"],
        "note": [" x", "null", 'say "hi"', "1.50"],
    }


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\ufeffid,created\nL1,soon\n", id="with the mark that Excel writes"),
        pytest.param('\ufeff"id","created"\r\n"L1","soon"\r\n', id="mark, quotes and line ends of Windows"),
        pytest.param("id,created\rL1,soon\r", id="line ends of old Macs"),
        pytest.param("id,created\nL1,soon", id="no line end at the end"),
        pytest.param("\nid,created\n\nL1,soon\n\n\n", id="blank lines"),
        pytest.param("created,other,id\nsoon,x,L1\n", id="another order, and a column that nobody asks for"),
    ],
)
def test_how_a_program_writes_csv_does_not_matter(read, content):
    assert read(content) == {"id": ["L1"], "created": ["soon"]}


def test_a_value_may_span_lines(read):
    assert read('id,note\nL1,"one\ntwo"\nL2,x\n')["note"] == ["one\ntwo", "x"]


def test_a_value_may_be_longer_than_python_expects(read):
    note = "line\n" * 100_000
    assert read(f'id,note\nL1,"{note}"\n')["note"] == [note]


def test_a_packed_file_is_read_as_the_plain_one(read):
    content = "\ufeffid,created\nL1,soon\n".encode()
    assert read(gzip.compress(content), "leads.csv.gz") == read(content)


def test_columns_that_the_file_does_not_have_are_left_out(write):
    sheet = read_sheet(write("name,age\nL1,soon\nL2,later\n"), WANTED)
    assert (sheet.rows.column_names, sheet.header, len(sheet)) == ([], ("name", "age"), 2)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(read, separator):
    lines = ["id,created,note", 'L1,soon,"a, b; c|d\te"', "L2,later,x"]
    plain, (quoted_start, quoted) = [lines[0], lines[2]], lines[1].split('"')[:2]
    content = "\n".join(
        [
            plain[0].replace(",", separator),
            f'{quoted_start.replace(",", separator)}"{quoted}"',
            plain[1].replace(",", separator),
        ]
    )
    assert read(content) == {"id": ["L1", "L2"], "created": ["soon", "later"], "note": ["a, b; c|d\te", "x"]}


def test_the_separator_is_the_one_that_finds_the_columns_even_where_another_cuts_into_more(read):
    assert read("id;a,b,c,d,note\nL1;x\n", wanted={"id", "a,b,c,d,note"}) == {"id": ["L1"], "a,b,c,d,note": ["x"]}


def test_a_separator_may_be_any_sign(read):
    assert read("id#created\nL1#soon\n", separator="#") == {"id": ["L1"], "created": ["soon"]}


def test_a_declared_separator_that_is_wrong_is_one_problem(write):
    with pytest.raises(LeadmlError) as caught:
        read_sheet(write("id;created;note\nL1;soon;x\n"), WANTED, separator=",")
    assert (caught.value.code, caught.value.where) == ("wrong_separator", "leads.csv, line 1")
    assert "separator: ';'" in caught.value.part("fix")


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n", b"\x1f\x8b"[:0]])
def test_a_file_without_a_header_is_an_empty_table(problem_of, content):
    assert problem_of(content)[:2] == ("empty_table", "leads.csv")


def test_a_header_alone_has_no_rows(read):
    assert read("id,created,note\n") == {"id": [], "created": [], "note": []}


def test_a_missing_file_says_where_it_was_looked_for(tmp_path):
    with pytest.raises(LeadmlError) as caught:
        found_files(tmp_path / "exports", "leads.csv")
    assert (caught.value.code, caught.value.where) == ("missing_data_file", "history.yaml, file: leads.csv")
    assert "(looked in 'exports')" in caught.value.part("fix")


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("id,note\nL1,ok\nL2,Müller\n".encode("latin-1"), 3),
        ("id,nöte\nL1,ok\n".encode("latin-1"), 1),
        ("id,note\nL1,ok\n".encode("utf-16"), 1),
        ("id,note\nL1,ok\nL2,鈴木\n".encode("shift-jis"), 3),
        (bytes(range(256)), 2),
    ],
)
def test_a_file_that_is_not_utf_8_is_said_with_its_line(problem_of, content, line):
    assert problem_of(content)[:2] == ("not_utf8", f"leads.csv, line {line}")
    assert problem_of(gzip.compress(content), "leads.csv.gz")[:2] == ("not_utf8", f"leads.csv.gz, line {line}")


@pytest.mark.parametrize(
    ("content", "line", "said"),
    [
        pytest.param("id,note\nL1,x\nL2,a, b\n", "line 3", "the header has 2 columns, this line 3", id="an open comma"),
        pytest.param(
            "id,note\nL1,x,\nL2,y,\n", "line 2", "the header has 2 columns, this line 3", id="a comma too many"
        ),
        pytest.param("id,note\n\nL1,x\n\nL2\n", "line 5", "the header has 2 columns, this line 1", id="too short"),
        pytest.param(
            'id,note\nL1,"x\ny"\nL2\n', "line 4", "the header has 2 columns, this line 1", id="after a long one"
        ),
        pytest.param("id,id,note\nL1,L2,x\n", "line 1", "the column 'id' stands there twice", id="a column twice"),
    ],
)
def test_values_that_slipped_are_never_read_as_another_column(problem_of, content, line, said):
    assert problem_of(content) == ("unreadable_file", f"leads.csv, {line}", said)


@pytest.mark.parametrize(
    "content",
    ['id,note\nL1,"x\nL2,y\n', 'id,note,other\nL1,x,"y\nL2,y,z\n', 'id,note\n"L1,x\nL2,y\n'],
)
def test_a_quote_that_is_never_closed_swallows_no_rows(problem_of, content):
    assert problem_of(content) == ("unreadable_file", "leads.csv", "a quote is opened and never closed")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("leads.csv.gz", gzip.compress(b"id,note\n" + b"L1,x\n" * 1000, mtime=0)[:-20]),
        ("leads.csv.gz", gzip.compress(b"id,note\nL1,x\n", mtime=0)[:9]),
        ("leads.csv.gz", b"id,note\nL1,x\n"),
        ("leads.csv.gz", b"\x1f\x8b\x08" + bytes(range(200))),
        ("leads.parquet", b""),
        ("leads.parquet", b"id,note\nL1,x\n"),
        ("leads.parquet", b"PAR1" + bytes(range(200)) + b"PAR1"),
        ("leads.csv", b"\x00\x01\x02,\x00\nx,y\n"),
        ("leads.zip", b"PK\x03\x04"),
        ("leads.xlsx", b"PK\x03\x04"),
        ("leads.csv.xz", b"\xfd7zXZ\x00"),
        ("leads.csv.zst", b"\x28\xb5\x2f\xfd"),
        ("leads", b"id,note\nL1,x\n"),
    ],
)
def test_a_damaged_file_is_said_to_be_damaged(problem_of, name, content):
    code, where, said = problem_of(content, name)
    assert (code, where) == ("unreadable_file", name)
    assert said
    assert "/" not in said  # the path of this machine is nobody's business


def test_parquet_holds_what_a_csv_file_would_hold(read_parquet):
    morning = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)
    assert read_parquet(
        id=pa.array([7, None]),
        text=pa.array(["007", ""]),
        whole=pa.array([3.0, float("nan")]),
        share=pa.array([0.1, None]),
        yes=pa.array([True, False]),
        day=pa.array([datetime.date(2026, 3, 2), None]),
        price=pa.array([Decimal("12.50"), None]),
        word=pa.array(["a", None]).dictionary_encode(),
        nothing=pa.nulls(2),
        utc=pa.array([morning, None], pa.timestamp("us", "UTC")),
        tokyo=pa.array([morning, None], pa.timestamp("ms", "Asia/Tokyo")),
        fine=pa.array([morning, None], pa.timestamp("ns", "UTC")),
        local=pa.array([morning.replace(tzinfo=None), None], pa.timestamp("us")),
    ) == {
        "id": ["7", None],
        "text": ["007", None],
        "whole": ["3", None],
        "share": ["0.1", None],
        "yes": ["true", "false"],
        "day": ["2026-03-02", None],
        "price": ["12.50", None],
        "word": ["a", None],
        "nothing": [None, None],
        "utc": ["2026-03-02 09:00:00.000000Z", None],
        "tokyo": ["2026-03-02 09:00:00.000000Z", None],
        "fine": ["2026-03-02 09:00:00.000000Z", None],
        "local": ["2026-03-02 09:00:00.000000", None],
    }


def test_a_midnight_in_parquet_is_a_time_not_a_day(read_parquet):
    midnight = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)
    assert read_parquet(at=pa.array([midnight])) == {"at": ["2026-03-02 00:00:00.000000Z"]}
    assert read_parquet(at=pa.array([midnight.replace(tzinfo=None)])) == {"at": ["2026-03-02 00:00:00.000000"]}


def test_the_index_of_a_pandas_frame_is_a_column(tmp_path):
    frame = pd.DataFrame({"created": ["soon"]}, index=pd.Index(["L1"], name="id"))
    frame.to_parquet(tmp_path / "leads.parquet")
    read = read_table(DataFile(tmp_path / "leads.parquet", "leads.parquet"), {"id", "created"})
    assert read.to_pydict() == {"created": ["soon"], "id": ["L1"]}


def test_a_column_that_is_no_text_is_refused_only_where_it_is_read(tmp_path):
    parquet.write_table(pa.table({"id": ["L1"], "tags": [["a", "b"]]}), tmp_path / "leads.parquet")
    file = DataFile(tmp_path / "leads.parquet", "leads.parquet")
    assert read_table(file, {"id"}).to_pydict() == {"id": ["L1"]}
    with pytest.raises(LeadmlError) as caught:
        read_table(file, {"tags"})
    assert caught.value.code == "unreadable_file"


def test_bytes_of_an_old_program_are_texts_whatever_their_number(read_parquet):
    """Some programs write texts without saying that they are; a column with a dictionary is read in codes."""
    assert read_parquet(id=pa.array([b"L1", b"L2", None] * 50)) == {"id": ["L1", "L2", None] * 50}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (pa.array([b"\xff\xfe"] * 50), "the column 'x' holds bytes that are no UTF-8 (binary)"),
        (
            pa.array([b"\xff" * 16], pa.binary(16)),
            "the column 'x' holds bytes that are no UTF-8 (fixed_size_binary[16])",
        ),
        (pa.array([[1, 2]]), "the column 'x' holds no plain values but list<element: int64>"),
        (pa.array([{"a": 1}]), "the column 'x' holds no plain values but struct<a: int64>"),
    ],
)
def test_what_is_no_plain_value_is_told_with_column_and_type(tmp_path, values, said):
    parquet.write_table(pa.table({"id": pa.array(["L1"] * len(values)), "x": values}), tmp_path / "leads.parquet")
    with pytest.raises(LeadmlError) as caught:
        read_sheet(DataFile(tmp_path / "leads.parquet", "leads.parquet"), {"id", "x"})
    assert (caught.value.code, caught.value.where) == ("unreadable_file", "leads.parquet")
    assert caught.value.values["problem"] == said


def test_a_column_that_stands_twice_in_parquet_is_refused_where_it_is_read(tmp_path):
    twice = pa.Table.from_arrays([pa.array(["L1"]), pa.array(["a"]), pa.array(["b"])], names=["id", "x", "x"])
    parquet.write_table(twice, tmp_path / "leads.parquet")
    file = DataFile(tmp_path / "leads.parquet", "leads.parquet")
    assert read_table(file, {"id"}).to_pydict() == {"id": ["L1"]}
    with pytest.raises(LeadmlError, match="the column 'x' stands there twice"):
        read_table(file, {"id", "x"})


@pytest.mark.parametrize("row_group_size", [1, 3, 100])
def test_parquet_is_the_same_however_it_is_cut_into_row_groups(tmp_path, row_group_size):
    table = pa.table(
        {
            "id": pa.array(["L1", None, "", "a text that is longer than twenty-three bytes", "L1", "鈴木"]),
            "number": pa.array([1, None, 3, 4, None, 6]),
            "share": pa.array([0.5, None, float("nan"), 1.5, 2.5, 0.0]),
            "at": pa.array([1, None, 3, 4, 5, 6], pa.timestamp("us", "UTC")),
            "day": pa.array([1, None, 3, 4, 5, 6], pa.date32()),
            "yes": pa.array([True, None, False, True, True, None]),
        }
    )
    parquet.write_table(table, tmp_path / "leads.parquet", row_group_size=row_group_size)
    told = []
    sheet = read_sheet(DataFile(tmp_path / "leads.parquet", "leads.parquet"), on_rows=told.append)
    assert sum(told) == len(sheet) == 6
    assert repr(sheet.rows.to_pydict()) == repr(table.to_pydict())  # a NaN equals itself only as a text
    assert sheet.originals(np.array([1, 3, 5])).equals(table.take([1, 3, 5]))
    assert sheet.place_of(3) == ("leads.parquet", "row 4")


def test_a_row_is_named_as_an_editor_names_it(write):
    file = write('\ufeffid,note\r\n\r\nL1,x\r\nL2,"one\r\ntwo"\r\n\r\nL3,y\r\n')
    assert [place_of_row(file, row) for row in range(3)] == [
        ("leads.csv", "line 3"),
        ("leads.csv", "line 5"),
        ("leads.csv", "line 7"),
    ]
    assert read_sheet(file).originals(np.array([0, 2])).to_pylist() == [
        {"id": "L1", "note": "x"},
        {"id": "L3", "note": "y"},
    ]


def test_rows_are_told_block_by_block(write, monkeypatch):
    monkeypatch.setattr("leadml.history.csv_files._BLOCK", 1 << 10)
    told = []
    sheet = CsvFile(write("id,note\n" + "L1,some words\n" * 1000), {"id"}, None).sheet(told.append)
    assert len(told) > 5
    assert sum(told) == len(sheet) == 1000
    assert sheet.originals(np.array([0, 999])).to_pylist() == [{"id": "L1", "note": "some words"}] * 2


def test_the_line_of_a_wrong_width_is_found_with_all_processors_at_work(problem_of):
    rows = ["L1,x"] * 300_000
    rows[250_000] = "L1,x,y"
    said = "the header has 2 columns, this line 3"
    assert problem_of("id,note\n" + "\n".join(rows)) == ("unreadable_file", "leads.csv, line 250002", said)


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("in/2026-01.csv", ["in/2026-01.csv"]),
        ("in", ["in/2026-01.csv", "in/2026-02.csv.gz", "in/old.parquet"]),
        ("in/*.csv", ["in/2026-01.csv"]),
        ("in/2026-*", ["in/2026-01.csv", "in/2026-02.csv.gz"]),
        ("**/*.csv", ["in/2026-01.csv", "in/deeper/2026-03.csv"]),
    ],
)
def test_a_source_is_a_file_a_folder_or_a_pattern(write, tmp_path, named, found):
    for name in ("2026-02.csv.gz", "2026-01.csv", "old.parquet", ".hidden.csv", "notes.txt", "deeper/2026-03.csv"):
        write("", f"in/{name}")
    assert [file.name for file in found_files(tmp_path, named)] == found


@pytest.mark.parametrize("named", ["nowhere.csv", "nowhere", "in/*.parquet", "in"])
def test_a_source_without_any_file_is_missing(write, tmp_path, named):
    write("", "in/notes.txt")
    with pytest.raises(LeadmlError) as caught:
        found_files(tmp_path, named)
    assert (caught.value.code, caught.value.values["file"]) == ("missing_data_file", named)
