"""A trained model with what made it, as plain files: JSON and LightGBM's text, never a pickle."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from lightgbm.basic import LightGBMError
from pydantic import ValidationError

from leadml.engine.matrix import FeatureMatrix
from leadml.errors import LeadmlError
from leadml.history.tables import Numbers
from leadml.learners.contract import Contributions
from leadml.learners.readiness import ReadinessModel
from leadml.specs.feature_spec import FeatureFileSpec

Value = float | str | None

MODEL_FILE, TREES_FILE = "model.json", "trees-{number}.txt"


@dataclass(frozen=True)
class TrainedModel:
    """A model with what made it.

    Attributes
    ----------
    name : str
    version : int
        Given by the registry; 0 before.
    readiness : ReadinessModel
    themes : tuple of FeatureFileSpec
        The catalogue it was trained with; it is scored with the same.
    usual_values : mapping of feature to value
        Median, or most frequent word, in training.
    definitions : str
        Fingerprint of the agreement's definitions.
    knows_until : int, UTC microseconds
        When the last answer it learned from became known.
    recipe : mapping
    """

    name: str
    version: int
    readiness: ReadinessModel
    themes: tuple[FeatureFileSpec, ...]
    usual_values: Mapping[str, Value]
    definitions: str
    knows_until: int
    recipe: Mapping[str, Any]

    def contributions(self, matrix: FeatureMatrix) -> Contributions:
        """Explain each margin as the way from the usual lead: start is its margin, and its own way is nothing.

        Parameters
        ----------
        matrix : FeatureMatrix

        Returns
        -------
        contributions : Contributions
            start + sum(contributions) is the same margin as the model's own, to floating-point noise.
        """
        start, usual = self._of_the_usual_lead
        return Contributions(start, self.readiness.contributions(matrix).values - usual)

    def margin(self, matrix: FeatureMatrix) -> Numbers:
        """Give the margin alone, log-odds."""
        return self.readiness.margin(matrix)

    @cached_property
    def _of_the_usual_lead(self) -> tuple[float, Numbers]:
        """Its margin, and what its features contribute to it."""
        usual = self.readiness.contributions(self.usual_lead())
        return float(usual.margin[0]), usual.values

    def usual_lead(self) -> FeatureMatrix:
        """Lay the usual values out as a matrix of one row."""
        words, names = self.readiness.words, self.readiness.names
        row = [
            np.nan if value is None else float(words[name].index(value)) if isinstance(value, str) else value
            for name, value in ((name, self.usual_values[name]) for name in names)
        ]
        return FeatureMatrix(names, np.array([row]), words)

    def write(self, folder: Path) -> None:
        """Write the model as plain files: JSON and LightGBM's text.

        Parameters
        ----------
        folder : Path
            Made if it is not there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "name": self.name,
            "readiness": self.readiness.to_dict(),
            "bags": len(self.readiness.trees),
            "themes": [theme.model_dump(mode="json") for theme in self.themes],
            "usual_values": dict(self.usual_values),
            "definitions": self.definitions,
            "knows_until": self.knows_until,
            "recipe": dict(self.recipe),
        }
        for number, trees in enumerate(self.readiness.trees):
            (folder / TREES_FILE.format(number=number)).write_text(trees, encoding="utf-8")
        (folder / MODEL_FILE).write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2))

    @classmethod
    def read(cls, folder: Path, *, version: int) -> "TrainedModel":
        """Read what `write` wrote.

        Parameters
        ----------
        folder : Path
        version : int
            As the registry knows it.

        Returns
        -------
        model : TrainedModel

        Raises
        ------
        LeadmlError
            `unreadable_model`.
        """
        try:
            content = orjson.loads((folder / MODEL_FILE).read_bytes())
            trees = [
                (folder / TREES_FILE.format(number=number)).read_text(encoding="utf-8")
                for number in range(content["bags"])
            ]
            return cls(
                name=content["name"],
                version=version,
                readiness=ReadinessModel.from_dict(content["readiness"], trees),
                themes=tuple(FeatureFileSpec.model_validate_json(orjson.dumps(theme)) for theme in content["themes"]),
                usual_values=content["usual_values"],
                definitions=content["definitions"],
                knows_until=content["knows_until"],
                recipe=content["recipe"],
            )
        except (OSError, KeyError, ValueError, ValidationError, LightGBMError) as error:
            raise LeadmlError("unreadable_model", where=str(folder.name), problem=str(error)) from None
