import pytest

from leadml.agreement.transitions import field_name, lacks, refuses, required_fields
from leadml.specs.agreement_spec import RequiredFieldSpec

DEPARTMENT = RequiredFieldSpec(attribute="department")
COUNTRY = RequiredFieldSpec(attribute="country", of="company")


@pytest.fixture
def with_stages(definitions):
    def change(**changed):
        return definitions.model_copy(update=changed)

    return change


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        ("sql", "opportunity", False),
        ("sql", "lead", False),
        ("sql", "mql", True),
        ("sql", "sql", False),  # said again, it is no transition
        ("lead", "customer", False),  # of a stage that is not named any may follow
        (None, "customer", False),
        ("a word of the CRM", "customer", False),
        ("customer", "lead", True),
    ],
)
def test_a_transition_is_refused_where_the_agreement_names_others(with_stages, before, after, refused):
    definitions = with_stages(allowed_transitions={"sql": ("opportunity", "lead"), "customer": ()})
    assert refuses(before, after, definitions) == refused


def test_without_an_agreement_on_transitions_all_are_allowed(definitions):
    assert not refuses("customer", "subscriber", definitions)


def test_a_lead_lacks_what_the_stage_requires_and_nobody_knows(with_stages):
    definitions = with_stages(required_fields={"mql": (DEPARTMENT,), "sql": (COUNTRY, DEPARTMENT)})
    assert lacks("sql", (DEPARTMENT, COUNTRY), definitions) == (COUNTRY, DEPARTMENT)
    assert lacks("mql", (COUNTRY,), definitions) == ()
    assert lacks("lead", (COUNTRY,), definitions) == ()
    assert required_fields(definitions) == (DEPARTMENT, COUNTRY)
    # The country of a person is not that of its company.
    assert lacks("sql", (RequiredFieldSpec(attribute="country"),), definitions) == ()
    assert list(map(field_name, (DEPARTMENT, COUNTRY))) == ["department", "company.country"]


def test_without_required_fields_nothing_is_lacking(definitions):
    assert required_fields(definitions) == ()
    assert lacks("sql", (DEPARTMENT,), definitions) == ()
