from datetime import date

import pytest

from leadml.errors import LeadmlError
from leadml.specs.agreement_spec import AgreementSpec
from leadml.specs.project_spec import meaning_of
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
    ("old", "new", "where"),
    [
        ('version: "2026.1"', "version: 2026.1", "line 1, version"),
        ("valid_from: 2026-01-01", "valid_from: soon", "line 2, valid_from"),
        ("within_days: 30", "within_days: 0", "line 5, definitions.ready.within_days"),
        ("within_days: 30", "within_days: a month", "line 5, definitions.ready.within_days"),
        ("[lead, mql, sql, customer]", "[]", "line 6, definitions.lifecycle_stages"),
        ("returned: returned", "returned: back", "line 20, definitions.lead_statuses.returned"),
        ("not_ready: negative", "not_ready: no", "line 21, definitions.return_reasons.not_ready"),
        ("discovery: 0.3", "discovery: 1.3", "line 19, definitions.deal_stages.discovery"),
        ("probability_at_50: 0.5", "probability_at_50: 50", "line 23, definitions.lead_score.probability_at_50"),
        ("score_at_least: 60", "score_at_least: 60.5", "line 27, promises.bands.default[0].score_at_least"),
        ("of: company, any_of", "of: firm, any_of", "line 10, definitions.ideal_customer_profile.criteria[0].of"),
    ],
)
def test_a_value_of_a_wrong_type_is_placed(agreement_with, old, new, where):
    with pytest.raises(LeadmlError) as caught:
        agreement_with(old, new)
    assert (caught.value.code, caught.value.where) == ("wrong_type", f"sla.yaml, {where}")


@pytest.mark.parametrize(
    ("old", "new", "where", "fix"),
    [
        (
            "reach: sql",
            "reach: sqll",
            "line 5, definitions.ready.reach",
            "Did you mean 'sql'? Known here: customer, lead, mql, sql.",
        ),
        (
            "  lead_types:",
            "  outcomes:\n    won: {reach: Customers, within_days: 9}\n  lead_types:",
            "line 8, definitions.outcomes.won.reach",
            "Did you mean 'customer'? Known here: customer, lead, mql, sql.",
        ),
        (
            "lifecycle_stage: mql",
            "lifecycle_stage: nurture",
            "line 28, promises.bands.default[1].lifecycle_stage",
            "Known here: customer, lead, mql, sql.",
        ),
        (
            "    default:\n",
            "    new_prospekt: [{name: A, score_at_least: 0}]\n    default:\n",
            "line 26, promises.bands.new_prospekt",
            "Did you mean 'new_prospect'? Known here: default, new_prospect.",
        ),
    ],
)
def test_a_word_that_is_not_agreed_on_is_placed_with_the_nearest(agreement_with, old, new, where, fix):
    with pytest.raises(LeadmlError) as caught:
        agreement_with(old, new)
    assert (caught.value.code, caught.value.where) == ("unknown_word", f"sla.yaml, {where}")
    assert caught.value.part("fix") == fix


CUSTOMERS = "  outcomes: {customer_within_180_days: {reach: customer, within_days: 180}}\n  lead_types:"


def test_further_outcomes_have_names_of_their_own(agreement_with):
    definitions = agreement_with("  lead_types:", CUSTOMERS).definitions
    assert definitions.outcome_names == ("ready", "customer_within_180_days")
    assert definitions.outcome("ready") == definitions.ready
    assert definitions.outcome("customer_within_180_days").reach == "customer"
    assert definitions.outcome("customer_within_180_days").not_returned_within_days == 0


@pytest.mark.parametrize(
    ("asked", "fix"),
    [
        (
            "customer_within_90_days",
            "Did you mean 'customer_within_180_days'? Known outcomes: customer_within_180_days, r",
        ),
        ("xyz", "Known outcomes: customer_within_180_days, ready"),
    ],
)
def test_an_outcome_that_nobody_agreed_on_names_those_that_are(agreement_with, asked, fix):
    definitions = agreement_with("  lead_types:", CUSTOMERS).definitions
    with pytest.raises(LeadmlError) as caught:
        definitions.outcome(asked, where="--outcome")
    assert (caught.value.code, caught.value.where) == ("unknown_outcome", "--outcome")
    assert caught.value.part("fix").startswith(fix)


def test_outcomes_without_any_are_refused(agreement_with):
    with pytest.raises(LeadmlError) as caught:
        agreement_with("  lead_types:", "  outcomes: {}\n  lead_types:")
    assert (caught.value.code, caught.value.where) == ("wrong_type", "sla.yaml, line 7, definitions.outcomes")
    assert caught.value.part("fix") == "Write at least 1 keys."


def test_an_agreement_without_further_outcomes_means_what_it_meant_before_there_were_any(agreement_with):
    # A model keeps scoring under the words it was trained with: an optional key that is not set is no word.
    assert meaning_of(agreement_with().definitions) == "34f7a55f915e195e"
    nothing_said = agreement_with("  lead_types:", "  outcomes:\n  lead_types:").definitions
    assert meaning_of(nothing_said) == "34f7a55f915e195e"


def test_a_further_outcome_is_another_meaning(agreement_with):
    before = meaning_of(agreement_with().definitions)
    assert meaning_of(agreement_with("  lead_types:", CUSTOMERS).definitions) != before
