"""Scores laid out as a table: what a file of scores holds, and what MLflow answers."""

from collections.abc import Sequence
from typing import Any

import orjson
import pandas as pd

from leadml.scoring import LeadScore


def scores_frame(scores: Sequence[LeadScore]) -> pd.DataFrame:
    """Lay scores out as a table, one row a lead.

    Parameters
    ----------
    scores : sequence of LeadScore

    Returns
    -------
    frame : DataFrame
        Everything of an answer, in columns that CSV and Parquet can hold. `effects` is JSON text, as
        its values are numbers, words or nothing.
    """
    return pd.DataFrame([_row(score.to_dict()) for score in scores])


def _row(answer: dict[str, Any]) -> dict[str, Any]:
    """Flatten an answer: what is nested gets columns of its own, or becomes text."""
    rules, model, chance = answer.pop("rules"), answer.pop("model"), answer.pop("chance")
    interval, origin = answer.pop("chance_interval"), answer.pop("learned_from")
    held = answer.pop("held_by_words")
    del answer["clock_skew"]  # the service's alone
    return {
        **answer,
        "effects": orjson.dumps(answer["effects"]).decode(),
        "not_known": ", ".join(answer["not_known"]),
        "missing_fields": ", ".join(answer["missing_fields"]),
        **{f"held_by_{language}": words for language, words in held.items()},
        **{f"chance_{language}": words for language, words in chance.items()},
        **{f"chance_interval_{language}": words for language, words in interval.items()},
        "outcomes": origin["outcomes"],
        "rules_share": origin["rules_share"],
        "rule_points": rules["rule_points"],
        "rules_score": rules["score"],
        "rules_band": rules["band"],
        "model": f"{model['name']} {model['version']}",
        "knows_until": model["knows_until"],
    }
