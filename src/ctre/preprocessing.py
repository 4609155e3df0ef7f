"""Bring columns to comparable size, with numbers learned from training rows alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from scipy.sparse import csr_array, issparse
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from ctre._typing import DoubleArray, FloatArray
from ctre.errors import InvalidDataError, InvalidParameterError, UnknownNameError
from ctre.vocabulary import SCALINGS

Rows: TypeAlias = FloatArray | DoubleArray | csr_array
"""Rows of a table: float32 or float64 (n_samples, n_features), or CSR."""

_BLOCK_ROWS = 4096  # keeps the float64 intermediate small beside the data


@dataclass(frozen=True, eq=False)
class Scaling:
    """One affine map per column: ``(X - shift) * factor``.

    =============  ==============================================================
    ``"minmax"``   training rows span [0, 1]
    ``"standard"`` training rows have mean 0 and standard deviation 1
    ``"std"``      divided by the standard deviation, not centred: zeros stay zeros
    ``"none"``     untouched
    ``"auto"``     ``"standard"``; ``"std"`` for sparse rows
    =============  ==============================================================

    A column that is constant over the training rows is shifted but not stretched.

    Parameters
    ----------
    name : {"minmax", "standard", "std", "none"}
        Which rule made the numbers; what "auto" chose.
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
        name : {"minmax", "standard", "std", "none", "auto"}
            The rule.
        X : array or csr_array of shape (n_train, n_features)
            Training rows, float32 or float64.

        Raises
        ------
        UnknownNameError
            If there is no such rule.
        InvalidParameterError
            If the rule would make sparse rows dense.
        """
        if name not in SCALINGS:
            raise UnknownNameError("scaling", name, SCALINGS)
        if name == "auto":
            name = "std" if issparse(X) else "standard"
        if name == "none":
            return cls(name)
        if name == "minmax":
            if issparse(X):
                return cls._minmax_of_sparse(X)
            ranges = MinMaxScaler().fit(X)
            low = ranges.data_min_.astype(np.float64)
            span = ranges.data_max_.astype(np.float64) - low
            return cls(name, low, 1 / np.where(span == 0, 1, span))
        if name == "standard" and issparse(X):
            raise _moves_zeros(name)
        moments = StandardScaler(with_mean=name == "standard").fit(X)
        mean = moments.mean_ if name == "standard" else None
        return cls(name, mean, 1 / moments.scale_)

    @classmethod
    def _minmax_of_sparse(cls, X: csr_array) -> Self:
        """Leave zeros where they are, which is right as long as they are the lowest values."""
        low, high = (
            np.asarray(edge.toarray(), np.float64).ravel()
            for edge in (X.min(axis=0), X.max(axis=0))
        )
        if low.any():
            raise _moves_zeros("minmax")
        return cls("minmax", None, 1 / np.where(high == 0, 1, high))

    def apply(self, X: Rows) -> Rows:
        """Scale rows into a new array; ``X`` is not modified.

        Parameters
        ----------
        X : array or csr_array of shape (n_samples, n_features)
            Rows with the columns that the map was fitted on, float32 or float64. Sparse rows are
            made dense where their zeros move.

        Returns
        -------
        float32 array (C order) or csr_array
            Computed in float64. ``"none"`` returns ``X`` itself, if it is float32.

        Raises
        ------
        InvalidDataError
            If the number of columns differs, or a value becomes too large for float32.
        """
        if self.factor is None:
            return _as_float32(X)
        if X.shape[1] != len(self.factor):
            raise InvalidDataError(
                f"The scaling was fitted on {len(self.factor)} columns, got {X.shape[1]}."
            )
        if issparse(X) and self.shift is None:
            X = csr_array(X)
            data = (X.data * self.factor[X.indices]).astype(np.float32)
            return csr_array((data, X.indices, X.indptr), shape=X.shape)
        shift = 0.0 if self.shift is None else self.shift
        out = np.empty(X.shape, dtype=np.float32)
        for start in range(0, X.shape[0], _BLOCK_ROWS):
            block: Any = X[start : start + _BLOCK_ROWS]
            block = block.toarray() if issparse(block) else block
            with np.errstate(over="ignore"):  # what overflows is found by whoever reads the rows
                out[start : start + _BLOCK_ROWS] = (block - shift) * self.factor
        return out


def _as_float32(X: Rows) -> Rows:
    with np.errstate(over="ignore"):
        return X.astype(np.float32, copy=False)


def _moves_zeros(name: str) -> InvalidParameterError:
    return InvalidParameterError(
        f"scaling must be 'std' or 'none' for these sparse rows, got {name!r}: it would move the "
        "zeros and make the matrix dense. 'std' divides without centring."
    )
