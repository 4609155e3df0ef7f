"""Counts of words: what is rare says more, what is frequent says little more by being so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.sparse import csr_array

from ctre._typing import DoubleArray
from ctre.errors import InvalidParameterError
from ctre.preprocessing.rows import Rows, require_columns, with_data


@dataclass(frozen=True, eq=False)
class WordScaling:
    """Sublinear tf-idf with rows of length one, times one factor.

    A word that occurs n times in a row counts ``(1 + log n) * idf``; without the factor, which
    makes the root mean square of all training entries 1, the values are too small to be learned
    from.

    Parameters
    ----------
    idf : float64 array of shape (n_features,)
        ``1 + log((1 + n_rows) / (1 + rows with the word))``, of the training rows.
    factor : float
        The one factor (dimensionless).

    References
    ----------
    .. [1] Salton and Buckley, "Term-weighting approaches in automatic text retrieval", 1988.
    """

    name: ClassVar = "tfidf"

    idf: DoubleArray
    factor: float = 1.0

    @classmethod
    def fit(cls, X: Rows) -> Self:
        """Learn it from training rows.

        Raises
        ------
        InvalidParameterError
            If a value is negative.
        """
        counts = csr_array(X)
        if np.any(counts.data < 0):
            raise InvalidParameterError(
                "scaling must be another than 'tfidf' for these rows, which hold negative values: "
                "it is for counts of words. 'auto' chooses one."
            )
        n_rows, n_features = counts.shape
        n_with = np.bincount(counts.indices[counts.data > 0], minlength=n_features)
        idf = 1 + np.log((1 + n_rows) / (1 + n_with))
        whole = cls(idf)._weighed(counts)
        square = float(np.sum(np.square(whole))) / (n_rows * n_features)
        return cls(idf, 1 / np.sqrt(square) if square > 0 else 1.0)

    def apply(self, X: Rows) -> csr_array:
        """Scale rows; what comes out is sparse."""
        require_columns(X, len(self.idf))
        counts = csr_array(X)
        return with_data(counts, self.factor * self._weighed(counts))

    def _weighed(self, counts: csr_array) -> DoubleArray:
        """Give the values of rows of length one."""
        n = counts.data.astype(np.float64)
        # A share of a word, which no training row has, counts as that share.
        values = np.where(n >= 1, 1 + np.log(np.maximum(n, 1)), n) * self.idf[counts.indices]
        row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        length = np.sqrt(np.bincount(row, np.square(values), minlength=counts.shape[0]))
        weighed: DoubleArray = values / np.where(length > 0, length, 1)[row]
        return weighed

    def arrays(self) -> dict[str, DoubleArray]:
        """Give its arrays."""
        return {"idf": self.idf, "factor": np.array([self.factor])}

    @classmethod
    def restored(cls, name: str, arrays: Mapping[str, DoubleArray]) -> Self:  # noqa: ARG003
        """Make it of its arrays."""
        return cls(arrays["idf"], float(arrays["factor"][0]))

    @staticmethod
    def lengths(n_features: int) -> dict[str, int]:
        """Tell how long its arrays are."""
        return {"idf": n_features, "factor": 1}
