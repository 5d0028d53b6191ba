"""What every kind of model offers: a margin that is the sum of its parts."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from leadml.engine.matrix import FeatureMatrix
from leadml.history.tables import Numbers


@dataclass(frozen=True)
class Contributions:
    """The parts of some margins.

    Attributes
    ----------
    start : float, log-odds
        The margin from which the contributions count.
    values : float array, shape (n_snapshots, n_features), log-odds
        What each feature adds.
    """

    start: float
    values: Numbers

    @property
    def margin(self) -> Numbers:
        """Start + sum(contributions), shape (n_snapshots,), log-odds.

        Added feature by feature, so that a lead has the same margin alone and among a million.

        Examples
        --------
        >>> Contributions(-1.0, np.array([[0.5, 0.25]])).margin.tolist()
        [-0.25]
        """
        margin = np.full(len(self.values), self.start)
        for column in range(self.values.shape[1]):
            margin = margin + self.values[:, column]
        return margin


class Model(Protocol):
    """Anything that scores."""

    def contributions(self, matrix: FeatureMatrix) -> Contributions:
        """Explain the margin of each snapshot by feature.

        Parameters
        ----------
        matrix : FeatureMatrix
            With the columns that the model was made for.

        Returns
        -------
        contributions : Contributions
        """
        ...

    def margin(self, matrix: FeatureMatrix) -> Numbers:
        """Give the margin alone, log-odds: the sum of the contributions, without taking it apart.

        Parameters
        ----------
        matrix : FeatureMatrix
            With the columns that the model was made for.

        Returns
        -------
        margin : float array, shape (n_snapshots,)
            `contributions(matrix).margin`, to floating-point noise.
        """
        ...
