"""What MLflow runs when it loads a version: a copy of this file lies in the version's folder, and no pickled object."""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

from leadml.standalone import StandaloneScorer


class ServedModel(PythonModel):
    """Scores raw leads with the files of its version, without those of the project."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the files of the version."""
        self._scorer = StandaloneScorer.open(Path(context.artifacts["model"]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """Score one row a lead: see `StandaloneScorer.score`."""
        return self._scorer.score(model_input)


set_model(ServedModel())
