"""The JSON Schema of `sla.yaml`, by which an editor completes keys and marks mistakes."""

from typing import Any

from pydantic import BaseModel

from leadml.specs.agreement_spec import AgreementSpec, RequiredFieldSpec, ReturnReasonSpec
from leadml.specs.calendar_spec import HolidaysSpec

# A word alone stands for this key.
SHORT_FORMS: dict[type[BaseModel], str] = {
    HolidaysSpec: "country",
    RequiredFieldSpec: "attribute",
    ReturnReasonSpec: "policy",
}


def agreement_schema() -> dict[str, Any]:
    """Describe `sla.yaml` as JSON Schema.

    Returns
    -------
    schema : dict
        Draft 2020-12. What hangs together across keys, such as thresholds that fall, is beyond it: `leadml check`
        says that.

    Examples
    --------
    >>> agreement_schema()["title"]
    'sla.yaml'
    """
    schema = AgreementSpec.model_json_schema()
    for model, key in SHORT_FORMS.items():
        described = schema["$defs"][model.__name__]
        word = described["properties"][key]
        choices = word.get("anyOf", [word])
        words = [{**choice, "description": word["description"]} for choice in choices if choice.get("type") != "null"]
        schema["$defs"][model.__name__] = {"description": described["description"], "anyOf": [*words, described]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "sla.yaml"}
