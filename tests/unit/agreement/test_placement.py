import pytest

from leadml.agreement.placement import Standing, bands_of, place
from leadml.clock import DAY, HOUR
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.reading import read_specification

AS_OF = 1000 * DAY


@pytest.fixture
def agreement(tiny_project):
    """Read the tiny agreement: A from 60 (SQL, 4 hours), B from 40 (MQL, 24 hours), C below."""
    return read_specification(AgreementSpec, tiny_project / "sla.yaml", shown_as="sla.yaml")


@pytest.fixture
def placed(agreement):
    def place_score(score, *, lead_type=None, lifecycle_stage=None, under=agreement):
        return place(score, Standing(AS_OF, lead_type, lifecycle_stage), under)

    return place_score


@pytest.mark.parametrize(
    ("score", "band"), [(100, "A"), (61, "A"), (60, "A"), (59, "B"), (40, "B"), (39, "C"), (1, "C"), (0, "C")]
)
def test_a_band_begins_at_its_own_score(placed, score, band):
    assert placed(score).band == band


def test_a_band_says_what_is_owed_and_by_when(placed):
    top, middle, low = placed(60), placed(40), placed(0)
    assert (top.recommended_lifecycle_stage, top.respond_by) == ("sql", AS_OF + 4 * HOUR)
    assert (middle.recommended_lifecycle_stage, middle.respond_by) == ("mql", AS_OF + DAY)
    assert (low.recommended_lifecycle_stage, low.respond_by) == (None, None)


@pytest.mark.parametrize(
    ("now_in", "score", "recommended"),
    [
        ("lead", 60, "sql"),
        ("mql", 60, "sql"),
        ("sql", 60, "sql"),
        ("customer", 60, "customer"),
        ("sql", 40, "sql"),
        ("lead", 40, "mql"),
        ("sql", 0, "sql"),
        (None, 60, "sql"),
        (None, 0, None),
        ("a word of the CRM", 60, "sql"),
        ("a word of the CRM", 0, "a word of the CRM"),
    ],
)
def test_a_stage_is_never_recommended_backwards(placed, now_in, score, recommended):
    assert placed(score, lifecycle_stage=now_in).recommended_lifecycle_stage == recommended


def test_a_band_is_automatic_only_where_the_teams_say_so(placed, tiny_project):
    file = tiny_project / "sla.yaml"
    text = file.read_text("utf-8").replace("score_at_least: 60,", "score_at_least: 60, automatic: true,")
    file.write_text(text, "utf-8")
    agreement = read_specification(AgreementSpec, file, shown_as="sla.yaml")
    assert not placed(60).automatic
    assert placed(60, under=agreement).automatic
    assert not placed(40, under=agreement).automatic


def test_a_lead_type_may_have_bands_of_its_own(placed, tiny_project):
    file = tiny_project / "sla.yaml"
    own = "    new_prospect: [{name: Z, score_at_least: 0, first_attempt_within_hours: 0}]\n"
    file.write_text(file.read_text("utf-8").replace("    default:\n", own + "    default:\n"), "utf-8")
    agreement = read_specification(AgreementSpec, file, shown_as="sla.yaml")
    assert placed(100, lead_type="new_prospect", under=agreement).band == "Z"
    assert placed(100, lead_type="new_prospect", under=agreement).respond_by == AS_OF
    assert placed(100, lead_type="partner", under=agreement).band == "A"
    assert placed(100, lead_type=None, under=agreement).band == "A"
    types = ("new_prospect", "partner", "default", "", None)
    assert [bands_of(lead_type, agreement) for lead_type in types] == ["new_prospect", *4 * ["default"]]
