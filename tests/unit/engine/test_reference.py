"""The kinds and columns that YAML files may name."""

from leadml.engine.reference import kind_references, table_references
from leadml.specs.history_spec import TablesSpec


def test_a_kind_is_told_with_the_keys_it_needs():
    needs = {kind.kind: kind.needs for kind in kind_references()}
    assert (needs["count"], needs["decayed"], needs["pace"]) == ((), ("half_life_days",), ("window_days",))


def test_every_table_of_history_yaml_is_told_with_its_columns():
    columns = {table.table: table for table in table_references()}
    assert list(columns) == list(TablesSpec.model_fields)
    assert columns["status_changes"].needed == ("lead_id", "happened_at", "lead_status")
    assert columns["status_changes"].derived == ("meaning",)
    assert "known_at" in columns["companies"].optional
