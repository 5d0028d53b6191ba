"""Rules as the text of a file such as `models/rules.yaml`."""

import io

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from leadml.specs.rules_spec import RulesSpec

_ON_ONE_LINE = ("when", "because")


def rules_text(rules: RulesSpec) -> str:
    r"""Write rules as a person would: one key a line, conditions and reasons on one line each.

    Parameters
    ----------
    rules : RulesSpec
        Without groups, limits and grade.

    Returns
    -------
    text : str
        YAML that reads back as the same rules.

    Examples
    --------
    >>> rules_text(RulesSpec(rules=()))
    'rules: []\n'
    """
    listed = CommentedSeq()
    for rule in rules.rules:
        content = rule.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        listed.append(CommentedMap({key: _plain(value, flow=key in _ON_ONE_LINE) for key, value in content.items()}))
    if not listed:
        listed.fa.set_flow_style()
    yaml = YAML()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump(CommentedMap({"rules": listed}), text)
    return text.getvalue()


def _plain(value: object, *, flow: bool) -> object:
    """Whole numbers without a point; conditions and reasons on one line."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        laid: CommentedMap | CommentedSeq = CommentedMap(
            {key: _plain(inner, flow=flow) for key, inner in value.items()}
        )
    elif isinstance(value, list):
        laid = CommentedSeq([_plain(inner, flow=flow) for inner in value])
    else:
        return value
    if flow:
        laid.fa.set_flow_style()
    return laid
