import orjson
from mlflow.types import DataType

from leadml.champion import VERSION_FILE
from leadml.registry.signature import made_up_lead, signature
from leadml.standalone import KeptTerms, StandaloneScorer

KINDS = {DataType.string: "OU", DataType.long: "i", DataType.double: "fi", DataType.boolean: "b"}


def test_the_made_up_lead_is_answered_with_the_columns_of_the_signature(demo_model, spec, tmp_path):
    demo_model.write(tmp_path)
    KeptTerms.of(spec).write(tmp_path)
    (tmp_path / VERSION_FILE).write_bytes(orjson.dumps({"version": 1}))
    answered = StandaloneScorer.open(tmp_path).score(made_up_lead())
    outputs = {column.name: column.type for column in signature().outputs.inputs}
    assert set(outputs) == set(answered.columns)
    there = answered.columns[answered.notna().all()]
    assert [name for name in there if answered[name].dtype.kind not in KINDS[outputs[name]]] == []


def test_three_columns_of_text_are_asked_for():
    asked = signature().inputs.inputs
    assert [(column.name, column.type, column.required) for column in asked] == [
        ("lead_id", DataType.string, True),
        ("facts", DataType.string, True),
        ("as_of", DataType.string, True),
    ]
