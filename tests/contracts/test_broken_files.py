"""A file may hold anything: it is told in four parts, never by a traceback."""

import gzip
import json

import pytest

GARBAGE = bytes(range(256)) * 40
DEFINITIONS = [
    "history.yaml",
    "sla.yaml",
    "models/rules.yaml",
    "models/readiness.yaml",
    "features/fit.yaml",
    "features/engagement.yaml",
]


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(GARBAGE, id="binary"),
        pytest.param(b"\x00" * 100, id="zeros"),
        pytest.param(b"\x1b[31m\x07", id="control characters"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"- a\n- list\n", id="a list"),
        pytest.param(b"just words\n", id="words"),
        pytest.param(b"42\n", id="a number"),
        pytest.param(b"[" * 3000, id="endless nesting"),
        pytest.param(b"a: &a {b: *a}\n", id="a mapping within itself"),
        pytest.param(b"a: &a [*a]\nb: *a\n", id="a list within itself"),
        pytest.param(b"theme:\n\tlabel: x\n", id="tab indentation"),
        pytest.param(b"name: a\nname: b\n", id="a key twice"),
        pytest.param(b"name: !!python/object/apply:os.getcwd []\n", id="a program"),
        pytest.param(b"1: 2\nnull: 3\n[4]: 5\n", id="keys that are no words"),
        pytest.param(b"name: 99999999999999999999999\nseed: .inf\n", id="endless numbers"),
        pytest.param(b"--- {}\n--- {}\n", id="two documents"),
    ],
)
def test_a_broken_definition_never_ends_in_a_traceback(tiny_project, asked, name, content):
    (tiny_project / name).write_bytes(content)
    told = json.loads(asked(tiny_project, "check", "--json"))
    assert all(problem["where"].startswith(name) for problem in told["problems"])
    assert all(problem[part] for problem in told["problems"] for part in ("what", "why", "where", "fix"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("leads.csv", GARBAGE, id="binary"),
        pytest.param("leads.csv", b"\x00" * 5000, id="zeros"),
        pytest.param("leads.csv", b'id,created\n"L1,2026-01-05T09:00:00Z\n', id="an open quote"),
        pytest.param("leads.csv", b"id;created;type\nL1;2026-01-05T09:00:00Z;x\n", id="semicolons"),
        pytest.param("leads.csv", b"id,created\n" + b"L1," * 4000 + b"\n", id="far too many values"),
        pytest.param("leads.csv", b"\n" * 5000, id="blank lines"),
        pytest.param("leads.csv", "id,created\nL1,2026-01-05T09:00:00Z\n".encode("utf-16"), id="UTF-16"),
        pytest.param("leads.csv.gz", gzip.compress(b"id,created\n" + GARBAGE)[:-30], id="a packed file cut short"),
        pytest.param("leads.csv.gz", gzip.compress(GARBAGE), id="packed garbage"),
        pytest.param("leads.csv.gz", GARBAGE, id="garbage that claims to be packed"),
        pytest.param("leads.csv.gz", b"\x1f\x8b\x08" + GARBAGE, id="garbage that begins as if packed"),
        pytest.param("leads.parquet", GARBAGE, id="garbage that claims to be Parquet"),
        pytest.param("leads.parquet", b"PAR1" + GARBAGE + b"PAR1", id="garbage between Parquet's marks"),
        pytest.param("leads.zip", b"PK\x03\x04" + GARBAGE, id="an archive"),
        pytest.param("leads.xlsx", b"PK\x03\x04" + GARBAGE, id="a spreadsheet"),
    ],
)
def test_a_broken_data_file_never_ends_in_a_traceback(tiny_project, asked, name, content):
    (tiny_project / "data" / name).write_bytes(content)
    history = tiny_project / "history.yaml"
    history.write_text(history.read_text("utf-8").replace("leads.csv", name), "utf-8")
    told = json.loads(asked(tiny_project, "check", "--json"))
    assert all(name in problem["where"] for problem in told["problems"])


def test_a_folder_where_a_file_belongs_is_a_missing_file(tiny_project, asked):
    for name, code in (("data/leads.csv", "missing_data_file"), ("models/rules.yaml", "missing_file")):
        (tiny_project / name).unlink()
        (tiny_project / name).mkdir()
        assert json.loads(asked(tiny_project, "check", "--json"))["error"]["code"] == code
