"""What the engine gives back: one row a snapshot, one column a feature."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from leadml.history.tables import Codes, Numbers


@dataclass(frozen=True)
class FeatureMatrix:
    """Feature values of some snapshots.

    Attributes
    ----------
    names : tuple of str
        The features, in catalogue order.
    values : float array, shape (n_snapshots, n_features)
        NaN where a value is missing; categories as integer codes.
    words : mapping of feature to tuple of str
        The word of each code, for the features that are categories.
    """

    names: tuple[str, ...]
    values: Numbers
    words: Mapping[str, tuple[str, ...]]

    def recoded(self, words: Mapping[str, tuple[str, ...]]) -> "FeatureMatrix":
        """Give categories the codes of another matrix; a word that it never saw is missing.

        Parameters
        ----------
        words : mapping of feature to tuple of str
            The words of a model's training set.

        Returns
        -------
        matrix : FeatureMatrix

        Examples
        --------
        >>> seen = {"source": ("event", "referral")}
        >>> live = FeatureMatrix(("source",), np.array([[0.0], [1.0]]), {"source": ("fair", "referral")})
        >>> live.recoded(seen).values.ravel().tolist()
        [nan, 1.0]
        """
        values = self.values.copy()
        for name, known in words.items():
            if self.words[name] != known:
                code_of = {word: float(code) for code, word in enumerate(known)}
                table = np.array([*(code_of.get(word, np.nan) for word in self.words[name]), np.nan])
                column = self.names.index(name)
                codes = values[:, column]
                values[:, column] = table[np.where(np.isnan(codes), -1, codes).astype(np.int64)]
        return FeatureMatrix(self.names, values, dict(words))

    def with_words_that_occur(self) -> "FeatureMatrix":
        """Forget the words that no snapshot has.

        The facts of one attribute share their words with those of all others, such as names and mail addresses:
        a model must not carry them along.

        Returns
        -------
        matrix : FeatureMatrix

        Examples
        --------
        >>> words = ("anna@example.org", "event", "referral")
        >>> FeatureMatrix(("source",), np.array([[2.0], [np.nan]]), {"source": words}).with_words_that_occur().words
        {'source': ('referral',)}
        """
        occur = {}
        for name, words in self.words.items():
            codes = self.values[:, self.names.index(name)]
            occur[name] = tuple(words[int(code)] for code in np.unique(codes[~np.isnan(codes)]))
        return self.recoded(occur)

    def rows(self, index: Codes) -> "FeatureMatrix":
        """Take some of the snapshots."""
        return FeatureMatrix(self.names, self.values[index], self.words)

    def shown(self, row: int, name: str) -> float | str | None:
        """One value as a person reads it: a number, a word, or None where it is missing."""
        value = float(self.values[row, self.names.index(name)])
        if np.isnan(value):
            return None
        return self.words[name][int(value)] if name in self.words else value

    def shown_row(self, row: int) -> dict[str, float | str | None]:
        """All values of one snapshot as a person reads them."""
        shown: dict[str, float | str | None] = {}
        for name, value in zip(self.names, self.values[row].tolist(), strict=True):
            shown[name] = None if value != value else self.words[name][int(value)] if name in self.words else value
        return shown

    def to_frame(self) -> pd.DataFrame:
        """Show the matrix in a notebook: categories as words."""
        columns = {}
        for place, name in enumerate(self.names):
            column = pd.Series(self.values[:, place])
            columns[name] = (
                column.map(dict(enumerate(self.words[name]))).astype("str") if name in self.words else column
            )
        return pd.DataFrame(columns)
