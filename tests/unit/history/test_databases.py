"""Tables and queries of real databases: PostgreSQL, started by pytest-postgresql, and SQLite."""

import json
import os
import shutil
import sqlite3
import stat
import tempfile
from pathlib import Path

import psycopg
import pytest
from port_for import get_port
from psycopg import sql
from pydantic import ValidationError
from pytest_postgresql.executors import PostgreSQLExecutor

from leadml.clock import to_iso
from leadml.errors import LeadmlError
from leadml.history import databases
from leadml.history.sources import read_history
from leadml.history.values import words_of
from leadml.specs.history_spec import HistorySpec, SourceSpec

SECRET = "s3cr/t word"
SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
TABLES = """
CREATE TABLE leads (id integer, created timestamptz, size double precision, customer boolean, born date, note text);
INSERT INTO leads VALUES
  (7, '2026-01-05 10:00:00+01', 50, true, '1990-02-03', NULL),
  (8, '2026-01-06 10:00:00+01', 2.5, false, NULL, 'a, "b"');
CREATE TABLE deeds (lead numeric(10, 0), at timestamp, what text, worth numeric(10, 2));
INSERT INTO deeds VALUES (7, '2026-02-01 09:00:00', 'page_view', 12.50), (8, '2026-02-02 09:30:00.5', 'webinar', NULL);
CREATE SCHEMA crm;
CREATE VIEW crm.deeds_of_today AS SELECT * FROM deeds;
CREATE SEQUENCE numbers;
CREATE ROLE reader LOGIN;
GRANT ALL ON numbers TO reader;
GRANT USAGE ON SCHEMA crm TO reader;
GRANT SELECT, DELETE ON ALL TABLES IN SCHEMA public, crm TO reader;
"""


def as_another_user(folder, program):
    """Write a stand-in for `pg_ctl` that runs it as another user: the server refuses to run as root."""
    user = next((name for name in ("postgres", "nobody") if shutil.which("setpriv") and _exists(name)), None)
    if user is None:
        pytest.skip("PostgreSQL refuses to run as root, and there is no setpriv or no other user to run it as")
    shutil.chown(folder, user)
    stand_in = folder / "pg_ctl"
    stand_in.write_text(
        f'#!/bin/sh\ncd /\nexec setpriv --reuid={user} --regid="$(id -g {user})" --clear-groups {program} "$@"\n'
    )
    stand_in.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    return stand_in


def _exists(user):
    return f"\n{user}:" in "\n" + Path("/etc/passwd").read_text("utf-8")


@pytest.fixture(scope="module")
def server():
    """Start a PostgreSQL server with the tables of a CRM."""
    program = shutil.which("pg_ctl") or (str(SERVERS[-1]) if SERVERS else None)
    if program is None:
        pytest.skip("no pg_ctl on this machine: install the package postgresql (.ci/run does)")
    # Another user must reach it: not below pytest's own folder, which is closed to others.
    folder = Path(tempfile.gettempdir()).resolve() / f"leadml-postgresql-{os.getpid()}"
    folder.mkdir(mode=0o755)
    try:
        executable = as_another_user(folder, program) if os.geteuid() == 0 else Path(program)
        executor = PostgreSQLExecutor(
            executable=str(executable),
            host="127.0.0.1",
            port=get_port(None),
            datadir=str(folder / "data"),
            unixsocketdir=str(folder),
            logfile=str(folder / "log"),
            startparams="-w",
            dbname="postgres",
        )
        with executor:
            dsn = f"host={executor.host} port={executor.port} user=postgres dbname=postgres"
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(TABLES)
                connection.execute(sql.SQL("ALTER ROLE reader PASSWORD {}").format(SECRET))
                who_may = folder / "data" / "pg_hba.conf"
                asked = "host all reader 127.0.0.1/32 scram-sha-256\n"
                who_may.write_text(asked + who_may.read_text("utf-8"), "utf-8")
                connection.execute("SELECT pg_reload_conf()")
            yield executor
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def url(server, monkeypatch):
    """Put the URL of the server into the environment, as CRM_URL."""
    quoted = SECRET.replace("/", "%2F").replace(" ", "%20")
    monkeypatch.setenv("CRM_URL", f"postgresql+psycopg://reader:{quoted}@{server.host}:{server.port}/postgres")
    return "${CRM_URL}"


@pytest.fixture
def sqlite_url(tmp_path):
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.executescript(
            "CREATE TABLE leads (id, created); CREATE TABLE deeds (lead, at, what, worth);"
            "INSERT INTO leads VALUES (7, '2026-01-05T09:00:00Z'), (8, '2026-01-06 10:00:00+01:00');"
            "INSERT INTO deeds VALUES (7, '2026-02-01 09:00:00Z', 'page_view', 12.5);"
            "INSERT INTO deeds VALUES (8, '2026-02-02 09:30:00.5Z', 'webinar', NULL);"
        )
    connection.close()
    return "sqlite:///crm.db"


def rows_of(source, folder, wanted=None, on_rows=lambda _rows: None):
    return databases.read_database(SourceSpec.model_validate(source), folder, wanted, on_rows=on_rows)


def problem_of(source, folder):
    with pytest.raises(LeadmlError) as caught:
        rows_of(source, folder, {"id"})
    told = json.dumps([caught.value.to_dict(language) for language in ("en", "ja")]) + str(caught.value)
    assert SECRET not in told
    assert SECRET not in str(caught.value.values)
    assert caught.value.__cause__ is None
    assert (
        caught.value.__context__ is None or caught.value.__suppress_context__
    )  # nor does a traceback show what the driver said
    return caught.value


def history_of(source, folder, definitions, **spec):
    deeds = {"lead_id": "lead", "happened_at": "at", "activity": "what", "value": "worth"}
    return read_history(
        HistorySpec.model_validate(
            {
                **spec,
                "tables": {
                    "leads": (
                        {**source, "database_table": "leads", "columns": {"lead_id": "id", "created_at": "created"}},
                    ),
                    "activities": ({**source, "query": "SELECT * FROM deeds ORDER BY at DESC", "columns": deeds},),
                },
            }
        ),
        folder,
        definitions,
    )


def shown(history):
    facts = history.facts["activities"]
    return [
        (history.lead_ids[lead], to_iso(int(facts.happened_at[row])), float(facts.numbers["value"][row]))
        for row, lead in enumerate(facts.leads)
    ]


def test_a_history_may_lie_in_postgresql(url, tmp_path, definitions):
    history = history_of({"database": url}, tmp_path, definitions, time_zone="UTC")
    assert history.lead_ids == ("7", "8")
    assert [to_iso(int(at)) for at in history.created_at] == [
        "2026-01-05T09:00:00.000000Z",
        "2026-01-06T09:00:00.000000Z",
    ]
    (one, other) = shown(history)
    assert one == ("7", "2026-02-01T09:00:00.000000Z", 12.5)
    assert other[:2] == ("8", "2026-02-02T09:30:00.500000Z")


def test_a_history_may_lie_in_sqlite_and_is_the_same(url, sqlite_url, tmp_path, definitions):
    from_sqlite = history_of({"database": sqlite_url}, tmp_path, definitions)
    from_postgresql = history_of({"database": url}, tmp_path, definitions, time_zone="UTC")
    assert repr(shown(from_sqlite)) == repr(shown(from_postgresql))


@pytest.mark.parametrize("query", ["DROP TABLE leads", "DELETE FROM leads", "UPDATE leads SET id = 9 RETURNING id"])
def test_a_query_cannot_change_an_sqlite_database(sqlite_url, tmp_path, query):
    before = (tmp_path / "crm.db").read_bytes()
    problem = problem_of({"database": sqlite_url, "query": query}, tmp_path)
    assert problem.code == "database_failed"
    assert "readonly" in problem.part("what") + problem.part("why")
    assert (tmp_path / "crm.db").read_bytes() == before


def test_a_time_without_zone_in_a_database_needs_the_zone_of_the_project(url, tmp_path, definitions):
    with pytest.raises(LeadmlError) as caught:
        history_of({"database": url}, tmp_path, definitions)
    assert caught.value.code == "time_without_zone"
    assert caught.value.where == "${CRM_URL}, query, column at, row 1 (2 in all)"


def test_every_type_becomes_what_a_file_would_hold(url, tmp_path):
    sheet = rows_of({"database": url, "database_table": "leads"}, tmp_path)
    texts = {name: words_of(sheet.rows[name]) for name in sheet.header}
    assert {name: [text.words[code] if code >= 0 else None for code in text.codes] for name, text in texts.items()} == {
        "id": ["7", "8"],
        "created": ["2026-01-05 09:00:00.000000Z", "2026-01-06 09:00:00.000000Z"],
        "size": ["50", "2.5"],
        "customer": ["true", "false"],
        "born": ["1990-02-03", None],
        "note": [None, 'a, "b"'],
    }


def test_only_the_columns_that_are_asked_for_are_fetched_from_a_table(url, tmp_path):
    sheet = rows_of({"database": url, "database_table": "crm.deeds_of_today"}, tmp_path, {"what", "nothing"})
    assert sheet.rows.to_pydict() == {"what": ["page_view", "webinar"]}
    assert sheet.header == ("lead", "at", "what", "worth")


def test_rows_are_fetched_block_by_block(url, tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "_AT_ONCE", 1000)
    told = []
    query = "SELECT n AS id, CASE WHEN n > 1500 THEN n END AS late FROM generate_series(1, 2500) AS n"
    sheet = rows_of({"database": url, "query": query}, tmp_path, {"id", "late"}, told.append)
    assert told == [1000, 1000, 500]
    assert sheet.rows["id"].to_pylist() == list(range(1, 2501))
    assert sheet.rows["late"].null_count == 1500  # the first block holds nothing but NULL


def test_a_query_may_hold_colons_and_percents(url, tmp_path):
    query = "SELECT id::text AS id FROM leads WHERE created >= '2026-01-05 09:00:00+00' AND note LIKE 'a%:%' OR id = 7"
    assert rows_of({"database": url, "query": query}, tmp_path).rows.to_pydict() == {"id": ["7"]}


def test_a_column_that_a_query_gives_twice_is_refused_where_it_is_read(sqlite_url, tmp_path):
    query = "SELECT one.id, one.created, other.id FROM leads one JOIN leads other ON one.id = other.id"
    problem = problem_of({"database": sqlite_url, "query": query}, tmp_path)
    assert (problem.code, problem.where) == (
        "unreadable_file",
        f"{sqlite_url}, query".replace("///", f"///{tmp_path}/"),
    )
    assert problem.values["problem"] == "the column 'id' stands there twice"
    source = SourceSpec.model_validate({"database": sqlite_url, "query": query})
    sheet = databases.read_database(source, tmp_path, {"created"}, complete=True, on_rows=lambda _rows: None)
    assert len(sheet.rows["created"]) == 2
    assert sheet.originals([0]).num_rows == 1


def test_a_database_is_read_and_never_written(url, tmp_path):
    said = problem_of({"database": url, "query": "SELECT nextval('numbers') AS id"}, tmp_path).part("what")
    assert "cannot execute nextval() in a read-only transaction" in said
    problem_of({"database": url, "query": "DELETE FROM leads RETURNING id"}, tmp_path)
    assert len(rows_of({"database": url, "database_table": "leads"}, tmp_path)) == 2


def test_sqlite_mixes_types_and_ids_are_found_out(sqlite_url, tmp_path, definitions):
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.execute("INSERT INTO deeds VALUES (8.0, '2026-02-03 09:00:00Z', 'webinar', 'much')")
    connection.close()
    with pytest.raises(LeadmlError) as caught:
        history_of({"database": sqlite_url}, tmp_path, definitions)
    assert [(problem.code, problem.values["value"]) for problem in caught.value.problems] == [
        ("id_in_two_types", "8.0"),
        ("not_a_number", "much"),
    ]
    history = history_of({"database": sqlite_url}, tmp_path, definitions, dirty_rows="accept")
    assert [lead_id for lead_id, *_ in shown(history)] == ["7", "8", "8"]


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ({"database": "${NO_SUCH_VARIABLE}", "database_table": "leads"}, "missing_variable"),
        ({"database": "sqlite:///nowhere.db", "database_table": "leads"}, "missing_data_file"),
        ({"database": "postgresql+psycopg://127.0.0.1:1/crm", "database_table": "leads"}, "database_failed"),
        ({"database": "nosuch://127.0.0.1/crm", "database_table": "leads"}, "database_failed"),
        ({"database": "oracle+oracledb://127.0.0.1/crm", "database_table": "leads"}, "database_failed"),
    ],
)
def test_a_database_that_is_not_there_is_said_to_be_missing(tmp_path, named, code):
    problem = problem_of(named, tmp_path)
    assert problem.code == code
    assert named["database"] in problem.where
    assert not (tmp_path / "nowhere.db").exists()


@pytest.mark.parametrize("written", ["", "no url", f"postgresql+psycopg://me:{SECRET}@127.0.0.1:1:2:3/crm"])
def test_what_stands_in_a_variable_and_is_no_url_is_not_shown(tmp_path, monkeypatch, written):
    monkeypatch.setenv("CRM_URL", written)
    assert problem_of({"database": "${CRM_URL}", "database_table": "leads"}, tmp_path).code in (
        "missing_variable",
        "database_failed",
    )


def test_a_wrong_password_is_told_without_any_password(server, tmp_path, monkeypatch):
    monkeypatch.setenv("CRM_URL", f"postgresql+psycopg://reader:wrong-{server.port}@127.0.0.1:{server.port}/postgres")
    problem = problem_of({"database": "${CRM_URL}", "database_table": "leads"}, tmp_path)
    assert "authentication failed" in problem.part("what")
    assert f"wrong-{server.port}" not in problem.text()


def test_a_table_that_is_not_there_is_told_with_the_nearest(url, tmp_path):
    problem = problem_of({"database": url, "database_table": "lead"}, tmp_path)
    assert problem.code == "unknown_database_table"
    assert "Did you mean 'leads'?" in problem.part("fix")


def test_a_query_that_is_wrong_is_told_in_one_line(url, tmp_path):
    problem = problem_of({"database": url, "query": "SELECT nothing FROM leads"}, tmp_path)
    assert problem.part("what") == '${CRM_URL}, query cannot be read: column "nothing" does not exist'


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://me:secret@host/crm",
        "postgresql+psycopg://:secret@host/crm",
        "mysql://me:se:cr@et@host/crm",
        "postgresql://host/crm?user=me&password=secret",
        "postgresql://host/crm?sslkey=secret",
    ],
)
def test_a_password_in_history_yaml_is_refused_and_not_repeated(url):
    with pytest.raises(ValidationError) as caught:
        SourceSpec.model_validate({"database": url, "database_table": "leads"})
    (detail,) = caught.value.errors()
    assert "password stands in the URL" in str(detail["ctx"]["error"])
    assert "secret" not in str(detail["ctx"]["error"])


def test_a_password_in_history_yaml_is_not_repeated_by_the_command(tiny_project):
    from leadml.project import Project

    history = tiny_project / "history.yaml"
    history.write_text(
        history.read_text("utf-8").replace(
            "file: leads.csv", "database: 'postgresql://me:hidden@host/crm'\n      database_table: leads"
        ),
        "utf-8",
    )
    with pytest.raises(LeadmlError) as caught:
        Project(tiny_project)
    assert "hidden" not in caught.value.text()
    assert "history.yaml, line" in caught.value.where
