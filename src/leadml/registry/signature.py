"""What a version is asked and answers, as MLflow writes it down; the one example is made up."""

import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from leadml.standalone import AS_OF, FACTS, LEAD_COLUMNS, LEAD_ID

_MADE_UP = {
    LEAD_ID: "L-1",
    FACTS: '{"created_at": "2026-01-05T09:00:00Z", "attributes": {"industry": "manufacturing"}, "activities": []}',
    AS_OF: "2026-01-06T09:00:00Z",
}
# A whole number that may not be there is one with decimals to pandas.
_NUMBERS = (
    "score_unclipped", "probability", "probability_low", "probability_high", "rules_share", "rule_points", "held_at",
    "outcomes", "exploration_probability",
)  # fmt: skip
_WHOLE_NUMBERS = ("score", "start", "held_effect", "rules_score")
_YES_OR_NO = ("automatic", "hindsight", "override_ignored", "explored")
_TEXTS = (
    "lead_id", "as_of", "lead_type", "band", "band_of_score", "last_band", "override", "lifecycle_stage",
    "recommended_lifecycle_stage", "owner", "accept_by", "accept_by_local", "respond_by", "respond_by_local", "held_by",
    "held_by_en", "held_by_ja", "held_before", "missing_fields", "waits_until", "effects", "not_known",
    "agreement_version", "chance_en", "chance_ja", "chance_interval_en", "chance_interval_ja",
    "rules_band", "model", "knows_until",
)  # fmt: skip
_ANSWERED = {
    DataType.string: _TEXTS,
    DataType.long: _WHOLE_NUMBERS,
    DataType.double: _NUMBERS,
    DataType.boolean: _YES_OR_NO,
}


def signature() -> ModelSignature:
    """Say which columns are read, all of text, and which are answered: those of `score_tables.scores_frame`."""
    answered: list[ColSpec | TensorSpec] = [
        ColSpec(kind, name, required=name in ("lead_id", "as_of", "score", "probability", "band", "model"))
        for kind, names in _ANSWERED.items()
        for name in names
    ]
    return ModelSignature(
        inputs=Schema([ColSpec(DataType.string, name) for name in LEAD_COLUMNS]), outputs=Schema(answered)
    )


def made_up_lead() -> pd.DataFrame:
    """Give one row that a version can score: a lead that nobody has."""
    # Columns of Python objects: MLflow compares names in a way that pandas warns of for its own texts.
    return pd.DataFrame([_MADE_UP], columns=pd.Index(LEAD_COLUMNS, dtype=object), dtype=object)
