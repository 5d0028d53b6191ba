"""Imported lead scores against points that were worked out by hand, beside each lead.

The way is the real one: `leadml rules import` into a project, its history read from files, features, awards.
"""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from leadml.cli.main import app
from leadml.clock import parse_instant
from leadml.engine.catalogue import Catalogue
from leadml.engine.compute import compute_features
from leadml.learners.awards import Awards
from leadml.project import Project

TESTS = Path(__file__).parents[1]
AS_OF = datetime(2026, 6, 1, tzinfo=UTC)
SOURCES = """
folder: data
tables:
  leads:
    - file: leads.csv
      columns: {lead_id: id, created_at: created, lead_type: type, company_id: company}
      attributes: {industry: industry, country: country, partner: partner}
  companies:
    - {file: companies.csv, columns: {company_id: id, created_at: created}, attributes: {employees: employees}}
  activities:
    - {file: activities.csv, columns: {lead_id: lead, happened_at: at, activity: what, event_id: event}}
"""
NAMES = 'segments: {42: {attribute: partner, is: "yes", en: Is a partner of ours, ja: 当社のパートナー}}\n'


def days(number, microseconds=0):
    """Say how long before the score something happened."""
    return timedelta(days=number, microseconds=microseconds)


SUBMISSIONS, VIEWS, CLICKS = "form_submission", "page_view", "email_click"
SOFTWARE, INTERNET, GERMANY, AUSTRIA, PARTNER = "COMPUTER_SOFTWARE", "INTERNET", "Germany", "Austria", "yes"
JUST_BEFORE, JUST_AFTER = days(30, -1), days(30, 1)  # before and after the end of the first interval of 30 days

# What is known of a lead, how long ago it sent forms, then: points of fit, of engagement, in all, and the grade.
# Fit: 20 for two industries; 30 for 200 to 1,000 employees in Germany; held between 0 and 50.
# Engagement: 10 from one form in 30 days on, 20 from three on, of which half is left from day 30 on; a partner loses
# 15; held between 0 and 50. In all: held between 0 and 100.
# Grade: A from 35 and B from 15 points of fit on, 1 from 35 and 2 from 15 of engagement on.
FIXTURE = [
    ({}, [], 0, 0, 0, "C3"),
    ({"industry": SOFTWARE}, [], 20, 0, 20, "B3"),
    ({"industry": INTERNET}, [], 20, 0, 20, "B3"),
    ({"industry": "MACHINERY"}, [], 0, 0, 0, "C3"),
    ({"employees": 200, "country": GERMANY}, [], 30, 0, 30, "B3"),  # the lower end is within
    ({"employees": 1000, "country": GERMANY}, [], 30, 0, 30, "B3"),  # and so is the upper
    ({"employees": 199, "country": GERMANY}, [], 0, 0, 0, "C3"),
    ({"employees": 1001, "country": GERMANY}, [], 0, 0, 0, "C3"),
    ({"employees": 500, "country": AUSTRIA}, [], 0, 0, 0, "C3"),
    ({"employees": 500}, [], 0, 0, 0, "C3"),  # a country that is not known is not Germany
    ({"country": GERMANY}, [], 0, 0, 0, "C3"),
    ({"industry": SOFTWARE, "employees": 500, "country": GERMANY}, [], 50, 0, 50, "A3"),  # 20 + 30
    ({}, [days(0, 1)], 0, 10, 10, "C3"),
    ({}, [days(29)], 0, 10, 10, "C3"),
    ({}, [JUST_BEFORE], 0, 10, 10, "C3"),  # 10 * 0.5 ** 0: the interval has not ended
    ({}, [days(30)], 0, 5, 5, "C3"),  # 10 * 0.5 ** 1: it ends now, and the form is still in the window
    ({}, [JUST_AFTER], 0, 0, 0, "C3"),  # out of the window of 30 days
    ({}, [days(5), days(10)], 0, 10, 10, "C3"),  # two are at least one, and not three
    ({}, [days(1), days(2), days(3)], 0, 20, 20, "C2"),
    ({}, [days(1), days(2), days(3), days(4)], 0, 20, 20, "C2"),
    ({}, [days(30)] * 3, 0, 10, 10, "C3"),  # 20 * 0.5
    ({}, [days(30), days(30), JUST_BEFORE], 0, 20, 20, "C2"),  # the last is younger than an interval
    ({}, [days(30), days(30)], 0, 5, 5, "C3"),  # 10 * 0.5
    ({}, [JUST_AFTER, days(30), days(30)], 0, 5, 5, "C3"),  # two in the window: 10 * 0.5
    ({"partner": PARTNER}, [], 0, 0, 0, "C3"),  # -15, held at 0
    ({"partner": PARTNER}, [days(2)], 0, 0, 0, "C3"),  # 10 - 15 = -5, held at 0
    ({"partner": PARTNER}, [days(1), days(2), days(3)], 0, 5, 5, "C3"),  # 20 - 15
    ({"partner": PARTNER}, [days(30)] * 3, 0, 0, 0, "C3"),  # 20 * 0.5 - 15 = -5, held at 0
    ({"partner": "no", "industry": INTERNET}, [days(30)], 20, 5, 25, "B3"),  # 10 * 0.5
    ({"industry": SOFTWARE, "employees": 200, "country": GERMANY}, [days(1)] * 3, 50, 20, 70, "A2"),
    ({"industry": SOFTWARE, "employees": 200, "country": GERMANY, "partner": PARTNER}, [days(1)] * 3, 50, 5, 55, "A3"),
    ({"industry": SOFTWARE, "employees": 999, "country": GERMANY}, [days(30)], 50, 5, 55, "A3"),
]

# What is known of a lead, how long ago it viewed pages, and clicked in mails; points of both groups, and in all.
# Who they are: 5 from 1 employee, 15 from 51, 25 from 201 on; Germany 10, Austria 6, any other or none -20; held
# between -10 and 30. What they do: 4 for each view, 12 at most; 8 for 1 or 2 clicks, 16 for 3 or 4, none for 5, 20
# from 6 on; a quarter goes every 14 days, of each view by its own age, of clicks by that of the last; 25 at most.
# In all: held between 0 and 60.
RICHER = [
    ({}, [], [], -10, 0, 0),  # -20, held at -10; in all held at 0
    ({"country": GERMANY}, [], [], 10, 0, 10),
    ({"country": AUSTRIA}, [], [], 6, 0, 6),  # Germany is taken by the match before
    ({"country": "France", "employees": 50}, [], [], -10, 0, 0),  # 5 - 20 = -15, held at -10
    ({"country": "France", "employees": 51}, [], [], -5, 0, 0),  # 15 - 20
    ({"country": AUSTRIA, "employees": 200}, [], [], 21, 0, 21),  # 15 + 6
    ({"country": GERMANY, "employees": 201}, [], [], 30, 0, 30),  # 25 + 10 = 35, held at 30
    ({"country": GERMANY, "employees": 0}, [], [], 10, 0, 10),  # below the first range
    ({"country": GERMANY}, [days(1)], [], 10, 4, 14),
    ({"country": GERMANY}, [days(1)] * 5, [], 10, 12, 22),  # 5 * 4 = 20, 12 at most
    ({"country": GERMANY}, [days(14)], [], 10, 3, 13),  # 4 * 0.75: the first interval ends now
    ({"country": GERMANY}, [days(14, -1)], [], 10, 4, 14),  # a microsecond before it has not
    ({"country": GERMANY}, [days(28)], [], 10, 2.25, 12.25),  # 4 * 0.75 ** 2
    ({"country": GERMANY}, [days(28, -1), days(14), days(3)], [], 10, 10, 20),  # 4 * (0.75 + 0.75 + 1)
    ({"country": GERMANY}, [days(42)] * 4, [], 10, 6.75, 16.75),  # 4 * 4 * 0.75 ** 3
    ({"country": GERMANY}, [], [days(1)], 10, 8, 18),
    ({"country": GERMANY}, [], [days(14), days(90)], 10, 6, 16),  # 8 * 0.75: two clicks, the last 14 days ago
    ({"country": GERMANY}, [], [days(1)] * 4, 10, 16, 26),
    ({"country": GERMANY}, [], [days(1)] * 5, 10, 0, 10),  # between the ranges
    ({"country": GERMANY}, [], [days(28)] * 6, 10, 11.25, 21.25),  # 20 * 0.75 ** 2
    ({"country": GERMANY}, [days(1)] * 3, [days(1)] * 6, 10, 25, 35),  # 12 + 20 = 32, held at 25
    ({"country": GERMANY, "employees": 300}, [days(1)] * 3, [days(1)] * 6, 30, 25, 55),
]


def imported(folder, name):
    """Import a score into a copy of tests/tiny_project that has no rules."""
    project = shutil.copytree(TESTS / "tiny_project", folder / "project", ignore=shutil.ignore_patterns("data"))
    (project / "models" / "rules.yaml").unlink()
    (project / "history.yaml").write_text(SOURCES, "utf-8")
    (project / "names.yaml").write_text(NAMES, "utf-8")
    names = ["--names", str(project / "names.yaml")]
    told = CliRunner().invoke(
        app, ["rules", "import", str(TESTS / "data" / name), *names, "--project", str(project), "--json"]
    )
    assert told.exit_code == 0, told.stderr
    return project


def write_history(project, leads):
    """Write the files of a history; a lead is what is known of it, and what it did, how long ago."""
    rows = {"leads": ["id,created,type,company,industry,country,partner"], "companies": ["id,created,employees"]}
    activities = ["lead,at,what,event"]
    created = (AS_OF - days(400)).isoformat()
    for number, (known, did) in enumerate(leads):
        attributes = ",".join(known.get(name, "") for name in ("industry", "country", "partner"))
        rows["leads"].append(f"L{number:02},{created},new_prospect,C{number:02},{attributes}")
        rows["companies"].append(f"C{number:02},{created},{known.get('employees', '')}")
        activities += [
            f"L{number:02},{(AS_OF - ago).isoformat()},{what},E{number}-{place}"
            for place, (what, ago) in enumerate(did)
        ]
    (project / "data").mkdir()
    for name, lines in (rows | {"activities": activities}).items():
        (project / "data" / f"{name}.csv").write_text("\n".join([*lines, ""]), "utf-8")


def awarded(project, leads):
    write_history(project, leads)
    opened = Project(project)
    spec = opened.spec
    catalogue = Catalogue.of(spec.themes, spec.agreement.definitions).only(set(spec.rules.features))
    as_of = np.full(len(leads), parse_instant(AS_OF.isoformat(), where="tests"))
    places = np.array([opened.history.lead_ids.index(f"L{number:02}") for number in range(len(leads))])
    matrix = compute_features(opened.history, places, as_of, catalogue)
    awards = Awards(spec.rules)
    given = awards.of(matrix)
    return given, awards.grades(given), awards.limits


def test_thirty_leads_get_the_points_of_the_score_that_was_imported(tmp_path):
    leads = [(known, [(SUBMISSIONS, ago) for ago in sent]) for known, sent, *_ in FIXTURE]
    given, grades, _ = awarded(imported(tmp_path, "hubspot_score.json"), leads)
    told = zip(given.sums["fit"], given.sums["engagement"], given.total, grades, strict=True)
    wrong = [
        (known, [str(ago) for ago in sent], got)
        for (known, sent, *expected), got in zip(FIXTURE, told, strict=True)
        if got != tuple(expected)
    ]
    assert wrong == []


def test_at_least_thirty_leads_and_four_at_the_end_of_an_interval_were_worked_out():
    assert len(FIXTURE) >= 30
    assert sum(bool(sent) and min(sent) == days(30) for _, sent, *_ in FIXTURE) >= 4


def test_caps_ranges_defaults_and_decay_of_each_event_are_those_of_the_score(tmp_path):
    leads = [
        (known, [(VIEWS, ago) for ago in viewed] + [(CLICKS, ago) for ago in clicked])
        for known, viewed, clicked, *_ in RICHER
    ]
    given, grades, limits = awarded(imported(tmp_path, "hubspot_richer_score.json"), leads)
    assert grades is None
    of_group = {
        limit.name: given.points[:, list(limit.rules)].sum(axis=1) + given.held[:, place]
        for place, limit in enumerate(limits)
    }
    for number, (known, viewed, clicked, *expected) in enumerate(RICHER):
        got = (of_group["who_they_are"][number], of_group["what_they_do"][number], given.total[number])
        assert got == pytest.approx(tuple(expected)), (known, viewed, clicked)
