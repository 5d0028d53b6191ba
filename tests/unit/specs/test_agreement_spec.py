from datetime import date

import pytest

from leadml.errors import LeadmlError
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.reading import read_specification


@pytest.fixture
def agreement_with(tiny_project):
    """Read the agreement with one of its lines changed."""

    def read(old="", new=""):
        file = tiny_project / "sla.yaml"
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")
        return read_specification(AgreementSpec, file, shown_as="sla.yaml")

    return read


def test_both_halves_are_read(agreement_with):
    agreement = agreement_with()
    assert agreement.valid_from == date(2026, 1, 1)
    assert agreement.definitions.lifecycle_stages == ("lead", "mql", "sql", "customer")
    assert [band.name for band in agreement.promises.bands["default"]] == ["A", "B", "C"]


def test_order_in_the_file_is_order_in_the_journey(agreement_with):
    agreement = agreement_with(
        "awareness: {label", "zeal: {label: {en: Zeal, ja: 熱意}, content: []}\n    awareness: {label"
    )
    assert list(agreement.definitions.buyers_journey) == ["zeal", "awareness", "decision"]


def test_what_may_be_left_out_has_a_default_that_suits_a_first_run(agreement_with):
    definitions = agreement_with().definitions
    assert definitions.ready.not_returned_within_days == 0
    assert definitions.connect_attempt.made_by == ("person",)
    assert definitions.lead_score.points_to_double_odds == 10
    assert definitions.ideal_customer_profile.criteria[0].of == "company"
    assert definitions.buyer_personas[0].when[0].of == "lead"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("reach: sql", "reach: won", "ready.reach 'won' is none of the lifecycle_stages"),
        ("[lead, mql, sql, customer]", "[lead, mql, sql, mql]", "a lifecycle stage is named twice"),
        ("discovery: 0.3", "discovery: 1.3", "['discovery'] are not between 0 and 1"),
        (", any_of: [machinery]", "", "a criterion needs any_of, at_least or at_most"),
        ("    default:\n", "    new_prospect:\n", "bands need a list under `default`"),
        ("score_at_least: 40", "score_at_least: 60", "the bands of 'default' must fall"),
        ("score_at_least: 60", "score_at_least: 30", "the bands of 'default' must fall"),
        ("score_at_least: 0}", "score_at_least: 1}", "the bands of 'default' must fall"),
        ("{name: B,", "{name: A,", "two bands of 'default' have the same name"),
        (
            "    default:\n",
            "    partner: [{name: A, score_at_least: 0}]\n    default:\n",
            "bands are given for 'partner', which is no lead type",
        ),
        (
            "lifecycle_stage: mql",
            "lifecycle_stage: nurture",
            "band 'B' recommends 'nurture', which is no lifecycle stage",
        ),
    ],
)
def test_what_does_not_hang_together_is_said(agreement_with, old, new, problem):
    with pytest.raises(LeadmlError) as caught:
        agreement_with(old, new)
    assert caught.value.code == "unfit_value"
    assert problem in caught.value.part("what")
    assert problem in caught.value.part("fix")
    assert caught.value.where.startswith("sla.yaml")


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('version: "2026.1"', "version: 2026.1", "line 1, version"),
        ("valid_from: 2026-01-01", "valid_from: soon", "line 2, valid_from"),
        ("within_days: 30", "within_days: 0", "line 5, definitions.ready.within_days"),
        ("within_days: 30", "within_days: a month", "line 5, definitions.ready.within_days"),
        ("[lead, mql, sql, customer]", "[sql]", "line 6, definitions.lifecycle_stages"),
        ("returned: returned", "returned: back", "line 20, definitions.lead_statuses.returned"),
        ("not_ready: negative", "not_ready: no", "line 21, definitions.return_reasons.not_ready"),
        ("probability_at_50: 0.5", "probability_at_50: 50", "line 23, definitions.lead_score.probability_at_50"),
        ("score_at_least: 60", "score_at_least: 60.5", "line 27, promises.bands.default[0].score_at_least"),
        ("of: company, any_of", "of: firm, any_of", "line 10, definitions.ideal_customer_profile.criteria[0].of"),
    ],
)
def test_a_value_of_a_wrong_type_is_placed(agreement_with, old, new, where):
    with pytest.raises(LeadmlError) as caught:
        agreement_with(old, new)
    assert (caught.value.code, caught.value.where) == ("wrong_type", f"sla.yaml, {where}")
