"""The JSON Schema of `sla.yaml`, by which an editor completes keys and marks mistakes."""

from typing import Any

from leadml.specs.agreement_spec import AgreementSpec


def agreement_schema() -> dict[str, Any]:
    """Describe `sla.yaml` as JSON Schema.

    Returns
    -------
    schema : dict
        Draft 2020-12.

    Examples
    --------
    >>> agreement_schema()["title"]
    'sla.yaml'
    """
    schema = AgreementSpec.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "sla.yaml"}
