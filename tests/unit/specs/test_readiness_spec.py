from datetime import UTC, datetime

import pytest

from leadml.clock import DAY, HOUR, MINUTE
from leadml.errors import LeadmlError
from leadml.specs.readiness_spec import ReadinessSpec
from leadml.specs.reading import read_specification


@pytest.fixture
def recipe_with(tmp_path):
    """Read a recipe with these lines, and the snapshots at creation unless they name others."""

    def read(lines=""):
        snapshots = "" if "snapshots" in lines else "snapshots: [{since: created, minutes: 10}]\n"
        file = tmp_path / "readiness.yaml"
        file.write_text(f"name: readiness\n{snapshots}{lines}\n", "utf-8")
        return read_specification(ReadinessSpec, file, shown_as="models/readiness.yaml")

    return read


def test_a_recipe_needs_only_a_name_and_its_snapshots(recipe_with):
    recipe = recipe_with()
    assert recipe.test.share_of_leads == 0.25
    assert recipe.test.periods == 3
    assert recipe.learner.leaves == 8
    assert recipe.seed == 7


@pytest.mark.parametrize(
    ("delay", "microseconds", "age"),
    [
        ("minutes: 10", 10 * MINUTE, "mql + 10 minutes"),
        ("hours: 1.5", 3 * HOUR // 2, "mql + 1.5 hours"),
        ("days: 1", DAY, "mql + 1 day"),
        ("days: 0", 0, "mql + 0 days"),
    ],
)
def test_a_snapshot_follows_its_fact_by_a_delay(recipe_with, delay, microseconds, age):
    (snapshot,) = recipe_with(f"snapshots: [{{since: mql, {delay}}}]").snapshots
    assert snapshot.delay == microseconds
    assert snapshot.age == age


@pytest.mark.parametrize(
    "written",
    ["2011-12-24T00:00:00+00:00", "2011-12-24T00:00:00Z", "2011-12-24 01:00:00+01:00", "'2011-12-24T00:00:00Z'"],
)
def test_the_test_may_begin_at_an_instant(recipe_with, written):
    assert recipe_with(f"test: {{from: {written}}}").test.from_ == datetime(2011, 12, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lines", "where", "problem"),
    [
        ("snapshots: [{since: mql}]", "snapshots[0]", "give exactly one of minutes, hours and days"),
        ("snapshots: [{since: mql, days: 0, hours: 1}]", "snapshots[0]", "give exactly one of minutes, hours and days"),
        ("test: {}", "test", "give either share_of_leads or from"),
        ("test: {share_of_leads: 0.2, from: 2011-12-24T00:00:00Z}", "test", "give either share_of_leads or from"),
        ("test: {from: 2011-12-24T00:00:00}", "test.from", "the time has no zone"),
    ],
)
def test_what_does_not_hang_together_is_said(recipe_with, lines, where, problem):
    with pytest.raises(LeadmlError) as caught:
        recipe_with(lines)
    assert caught.value.code == "unfit_value"
    assert caught.value.where.endswith(where)
    assert problem in caught.value.part("fix")


@pytest.mark.parametrize(
    ("lines", "fix"),
    [
        ("test: {from: 2011-12-24}", "Write a time with its zone, as in 2011-12-24T00:00:00+00:00."),
        ("test: {from: christmas}", "Write a time with its zone, as in 2011-12-24T00:00:00+00:00."),
        ("test: {share_of_leads: 1}", "Write a number less than 1."),
        ("test: {share_of_leads: 0.2, periods: 0}", "Write a number greater than or equal to 1."),
        ("test: {share_of_leads: 0.2, periods: 1.5}", "Write a whole number."),
        ("snapshots: []", "Write a list of at least 1."),
        ("snapshots: [{since: mql, days: -1}]", "Write a number greater than or equal to 0."),
        ("learner: {leaves: 1}", "Write a number greater than or equal to 2."),
        ("learner: {most_trees: many}", "Write a whole number."),
        ("seed: 1.5", "Write a whole number."),
    ],
)
def test_a_value_of_a_wrong_type_says_what_would_fit(recipe_with, lines, fix):
    with pytest.raises(LeadmlError) as caught:
        recipe_with(lines)
    assert (caught.value.code, caught.value.part("fix")) == ("wrong_type", fix)
