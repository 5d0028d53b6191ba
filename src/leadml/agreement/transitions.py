"""The state machine of the lifecycle stages: which may follow which, and what must be known to enter one.

Placing and the checks of a history both ask here, so that what is refused to the one is found by the other.
"""

from collections.abc import Collection

from leadml.specs.agreement_spec import DefinitionsSpec, RequiredFieldSpec


def refuses(before: str | None, after: str, definitions: DefinitionsSpec) -> bool:
    """Tell whether the agreement refuses that a stage follows another.

    Parameters
    ----------
    before : str or None
        The stage that a lead is in; None where that is not known: any may follow.
    after : str
        The stage it would enter. The same stage again is no transition.
    definitions : DefinitionsSpec
        Of a stage that `allowed_transitions` does not name, any may follow.

    Returns
    -------
    refused : bool

    Examples
    --------
    >>> definitions = DefinitionsSpec.model_validate({
    ...     "ready": {"reach": "sql", "within_days": 30}, "lifecycle_stages": ("lead", "mql", "sql"),
    ...     "allowed_transitions": {"lead": ("mql",)}, "lead_types": {"any": {"en": "Any", "ja": "すべて"}},
    ...     "lead_score": {"probability_at_50": 0.5},
    ... })
    >>> [refuses("lead", stage, definitions) for stage in ("lead", "mql", "sql")]
    [False, False, True]
    """
    if before is None or before == after or definitions.allowed_transitions is None:
        return False
    allowed = definitions.allowed_transitions.get(before)
    return allowed is not None and after not in allowed


def lacks(
    stage: str, missing: Collection[RequiredFieldSpec], definitions: DefinitionsSpec
) -> tuple[RequiredFieldSpec, ...]:
    """Name the fields without which a lead may not enter a stage, and which it lacks.

    Parameters
    ----------
    stage : str
    missing : collection of RequiredFieldSpec
        What is not known of the lead.
    definitions : DefinitionsSpec

    Returns
    -------
    fields : tuple of RequiredFieldSpec
        In the order in which the agreement names them.
    """
    return tuple(field for field in (definitions.required_fields or {}).get(stage, ()) if field in missing)


def required_fields(definitions: DefinitionsSpec) -> tuple[RequiredFieldSpec, ...]:
    """List the fields that any stage requires, each once, in the order in which the agreement names them.

    Parameters
    ----------
    definitions : DefinitionsSpec

    Returns
    -------
    fields : tuple of RequiredFieldSpec
    """
    fields = (field for each in (definitions.required_fields or {}).values() for field in each)
    return tuple(dict.fromkeys(fields))


def field_name(field: RequiredFieldSpec) -> str:
    """Write a field as answers and findings name it.

    Examples
    --------
    >>> field_name(RequiredFieldSpec(attribute="department"))
    'department'
    >>> field_name(RequiredFieldSpec(attribute="country", of="company"))
    'company.country'
    """
    return field.attribute if field.of == "lead" else f"company.{field.attribute}"
