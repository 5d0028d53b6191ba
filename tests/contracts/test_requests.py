"""A request says what a file says: the same tables, the same columns."""

from typing import get_args

import pytest

from leadml.history.requests import Company, Fact, LeadRecord
from leadml.history.tables import COMPANY_COLUMNS, FACT_TABLES, FACT_TIMES, IDENTITY_COLUMNS, LEAD_COLUMNS, MERGED_AT


def fact_of(table):
    """Find the model of a table's facts: the annotation is list[Model] | None."""
    rows, nothing = get_args(LeadRecord.model_fields[table].annotation)
    assert nothing is type(None)
    (fact,) = get_args(rows)
    assert issubclass(fact, Fact)
    return fact


@pytest.mark.parametrize("table", FACT_TABLES)
def test_a_fact_has_the_columns_of_its_table(table):
    columns, fields = FACT_TABLES[table], fact_of(table).model_fields
    assert set(fields) == {*columns.required, *columns.optional, *FACT_TIMES, *IDENTITY_COLUMNS}
    needed = {name for name, field in fields.items() if field.is_required()}
    assert needed == {*columns.required, "happened_at"}
    numbers = {name for name, field in fields.items() if field.annotation in (float, float | None)}
    assert numbers == {*columns.numbers, "sequence"}


def test_a_lead_has_the_columns_of_its_table_and_all_tables_of_facts():
    of_merged_leads = {"merged_into", MERGED_AT}  # a request asks about the lead that is left, with all its facts
    assert set(LeadRecord.model_fields) == {*LEAD_COLUMNS, *FACT_TABLES, "attributes", "company"} - of_merged_leads


def test_a_company_has_the_columns_of_its_table_but_its_id_which_the_lead_says():
    assert set(Company.model_fields) == {*COMPANY_COLUMNS, "attributes"} - {"company_id"}
