"""Bring columns to comparable size, with numbers learned from training rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from ctre._typing import DoubleArray
from ctre.datasets.record import Rows
from ctre.errors import InvalidDataError, InvalidParameterError, UnknownNameError

SCALINGS = ("minmax", "standard", "std", "none")
"""Every scaling by name."""

_MOVES_ZEROS = ("minmax", "standard")
_BLOCK_ROWS = 4096  # keeps the float64 intermediate small beside the data


@dataclass(frozen=True, eq=False)
class Scaling:
    """One affine map per column: ``(X - shift) * factor``.

    =============  ==============================================================
    ``"minmax"``   training rows span [0, 1]
    ``"standard"`` training rows have mean 0 and standard deviation 1
    ``"std"``      divided by the standard deviation, not centred: zeros stay zeros
    ``"none"``     untouched
    =============  ==============================================================

    A column that is constant over the training rows is shifted but not stretched.

    Parameters
    ----------
    name : {"minmax", "standard", "std", "none"}
        Which rule made the numbers.
    shift, factor : float64 array of shape (n_features,), or None
        None stands for 0 and 1.
    """

    name: str
    shift: DoubleArray | None = None
    factor: DoubleArray | None = None

    @classmethod
    def fit(cls, name: str, X: Rows) -> Self:
        """Learn the map from training rows; nothing of the test rows may be in them.

        Parameters
        ----------
        name : {"minmax", "standard", "std", "none"}
            The rule.
        X : float32 array or csr_array of shape (n_train, n_features)
            Training rows.

        Raises
        ------
        UnknownNameError
            If there is no such rule.
        InvalidParameterError
            If the rule would make sparse rows dense.
        """
        if name not in SCALINGS:
            raise UnknownNameError("scaling", name, SCALINGS)
        if name == "none":
            return cls(name)
        if issparse(X) and name in _MOVES_ZEROS:
            raise InvalidParameterError(
                f"scaling must be 'std' or 'none' for sparse rows, got {name!r}: it would move "
                "the zeros and make the matrix dense. 'std' divides without centring."
            )
        if name == "minmax":
            ranges = MinMaxScaler().fit(X)
            low = ranges.data_min_.astype(np.float64)
            span = ranges.data_max_.astype(np.float64) - low
            return cls(name, low, 1 / np.where(span == 0, 1, span))
        moments = StandardScaler(with_mean=name == "standard").fit(X)
        mean = moments.mean_ if name == "standard" else None
        return cls(name, mean, 1 / moments.scale_)

    def apply(self, X: Rows) -> Rows:
        """Scale rows into a new array; ``X`` is not modified.

        Parameters
        ----------
        X : float32 array or csr_array of shape (n_samples, n_features)
            Rows with the columns that the map was fitted on.

        Returns
        -------
        float32 array (C order) or csr_array
            As ``X``. ``"none"`` returns ``X`` itself.

        Raises
        ------
        InvalidDataError
            If the number of columns differs, or sparse rows would become dense.
        """
        if self.factor is None:
            return X
        if X.shape[1] != len(self.factor):
            raise InvalidDataError(
                f"The scaling was fitted on {len(self.factor)} columns, got {X.shape[1]}."
            )
        if issparse(X):
            if self.shift is not None:
                raise InvalidDataError(
                    f"The scaling {self.name!r} moves zeros, so rows must be dense, got sparse "
                    "ones. Make them dense first: X.toarray()."
                )
            X = csr_array(X)
            scaled = X.data * self.factor[X.indices]
            return csr_array((scaled.astype(np.float32), X.indices, X.indptr), shape=X.shape)
        shift = 0.0 if self.shift is None else self.shift
        out = np.empty(X.shape, dtype=np.float32)
        for start in range(0, len(X), _BLOCK_ROWS):
            block = slice(start, start + _BLOCK_ROWS)
            out[block] = (X[block] - shift) * self.factor
        return out
