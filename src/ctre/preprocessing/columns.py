"""Bring columns to comparable size: one affine map each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.sparse import csr_array, hstack, issparse
from sklearn.preprocessing import StandardScaler

from ctre._typing import DoubleArray
from ctre.errors import InvalidParameterError
from ctre.preprocessing.rows import Rows, require_columns, with_data

_FEW_ROWS = 10_000
_FLOAT32_ROUNDING = 2.0**-24  # at most this share of a value
_BLOCK_ROWS = 4096  # keeps the float64 intermediate small beside the data


@dataclass(frozen=True, eq=False)
class ColumnScaling:
    """One affine map per column: ``(X - shift) * factor``.

    Parameters
    ----------
    name : str
        Which rule made the numbers.
    shift, factor : float64 array of shape (n_features,), or None
        None stands for 0 and 1.
    """

    name: str
    shift: DoubleArray | None = None
    factor: DoubleArray | None = None

    def apply(self, X: Rows) -> Rows:
        """Scale rows; sparse ones stay so unless the zeros of most columns move."""
        if self.factor is None:
            with np.errstate(over="ignore"):
                return X.astype(np.float32, copy=False)
        require_columns(X, len(self.factor))
        shift = np.zeros(len(self.factor)) if self.shift is None else self.shift
        if issparse(X) and 2 * np.count_nonzero(shift) <= X.shape[1]:
            return self._apply_to_sparse(csr_array(X), shift)
        out = np.empty(X.shape, dtype=np.float32)
        for start in range(0, X.shape[0], _BLOCK_ROWS):
            block: Any = X[start : start + _BLOCK_ROWS]
            block = block.toarray() if issparse(block) else block
            with np.errstate(over="ignore"):  # what overflows is found by whoever reads the rows
                out[start : start + _BLOCK_ROWS] = (block - shift) * self.factor
        return out

    def _apply_to_sparse(self, X: csr_array, shift: DoubleArray) -> csr_array:
        """Scale rows of which few columns, those with a shift, have all their entries stored."""
        assert self.factor is not None
        (kept,), (moved,) = np.nonzero(shift == 0), np.nonzero(shift)
        if len(moved):
            shifted = X[:, moved].toarray() - shift[moved]
            X = hstack([X[:, kept], shifted], format="csr")[:, np.argsort([*kept, *moved])]
            X.sort_indices()
        return with_data(X, X.data * self.factor[X.indices])

    def arrays(self) -> dict[str, DoubleArray]:
        """Give its arrays, those that it has."""
        both = {"shift": self.shift, "factor": self.factor}
        return {name: array for name, array in both.items() if array is not None}

    @classmethod
    def restored(cls, name: str, arrays: Mapping[str, DoubleArray]) -> Self:
        """Make it of its arrays."""
        return cls(name, arrays.get("shift"), arrays.get("factor"))

    @staticmethod
    def lengths(n_features: int) -> dict[str, int]:
        """Tell how long its arrays are."""
        return {"shift": n_features, "factor": n_features}


class _Columns(NamedTuple):
    """What the training rows say of every column, float64 (n_features,)."""

    low: DoubleArray
    span: DoubleArray
    """Highest less lowest value; 1 where that is 0."""
    mean: DoubleArray
    deviation: DoubleArray
    varies: Any
    """Whether it is more than one value, (n_features,) bool."""


def _describe(X: Rows) -> _Columns:
    edges = X.min(axis=0), X.max(axis=0)
    low, high = (
        np.asarray(edge.toarray() if issparse(edge) else edge, np.float64).ravel() for edge in edges
    )
    moments = StandardScaler(with_mean=not issparse(X)).fit(X)
    varies = high > low
    deviation = np.where(varies, np.sqrt(moments.var_), 0.0)
    return _Columns(low, np.where(varies, high - low, 1.0), moments.mean_, deviation, varies)


def rounded_away(scaling: ColumnScaling, X: Rows) -> list[int]:
    """Give the columns whose differences are lost in float32 once they are scaled.

    Those that it rounds by more than a hundredth of their standard deviation. Only a scaling that
    does not centre can have any: what is centred is no larger than it is spread.

    Parameters
    ----------
    scaling : ColumnScaling
        What the rows go through.
    X : array or csr_array of shape (n_train, n_features)
        Training rows; those that come as float32 have nothing to lose.

    Returns
    -------
    list of int
        Counted from 0.
    """
    if X.dtype != np.float64 or scaling.shift is not None:
        return []
    columns = _describe(X)
    largest = np.maximum(np.abs(columns.low), np.abs(columns.low + columns.span))
    allowed = columns.deviation / 100
    lost = []
    for column in np.flatnonzero(columns.varies & (largest * _FLOAT32_ROUNDING > allowed)).tolist():
        values = csr_array(X)[:, [column]].toarray() if issparse(X) else X[:, [column]]
        factor = 1.0 if scaling.factor is None else scaling.factor[column]
        scaled = values * factor
        with np.errstate(over="ignore", invalid="ignore"):
            rounding = np.abs(scaled.astype(np.float32) - scaled).max()
        if rounding > allowed[column] * factor:
            lost.append(column)
    return lost


def untouched(X: Rows) -> ColumnScaling:  # noqa: ARG001
    """Leave everything as it is."""
    return ColumnScaling("none")


def minmax(X: Rows) -> ColumnScaling:
    """Span [0, 1]; of sparse rows only if no value is negative.

    Then zero is the lowest value of every column that has one, and stays where it is.
    """
    columns = _describe(X)
    if issparse(X) and (columns.low < 0).any():
        raise _moves_zeros("minmax")
    keeps_zeros = issparse(X) and not columns.low.any()
    return ColumnScaling("minmax", None if keeps_zeros else columns.low, 1 / columns.span)


def standard(X: Rows) -> ColumnScaling:
    """Bring to mean 0 and standard deviation 1."""
    if issparse(X):
        raise _moves_zeros("standard")
    moments = StandardScaler().fit(X)
    return ColumnScaling("standard", moments.mean_, 1 / moments.scale_)


def std(X: Rows) -> ColumnScaling:
    """Divide by the standard deviation, and leave zeros where they are."""
    return ColumnScaling("std", None, 1 / StandardScaler(with_mean=False).fit(X).scale_)


def anchored(X: Rows) -> ColumnScaling:
    """Place zero on the floor of a column if it has one, and divide by its spread.

    A column has a floor if its minimum is at most one standard deviation below the mean: many
    entries stand on it, and zero stays there. Of other columns zero is the mean where rows are
    many, and one deviation below it where they are few: small tables are learned better so, and
    large ones worse (``benchmarks/default_study``). The divisor is the deviation, and at least what
    is typical, half of it where rows are many: the (quadratic) mean of deviation over range of all
    columns times the column's range. So a column that is rarely off its constant is not amplified.
    A constant column becomes zero. One factor brings the root mean square of all entries to 1. Of
    sparse rows, only the zeros of columns that have few are moved.
    """
    columns = _describe(X)
    relative = columns.deviation / columns.span
    typical = np.sqrt(np.mean(np.square(relative[columns.varies]))) if columns.varies.any() else 1.0
    has_few_rows = X.shape[0] <= _FEW_ROWS
    least = typical if has_few_rows else typical / 2
    divisor = np.maximum(columns.deviation, least * columns.span)
    factor = np.where(columns.varies, 1 / divisor, 0.0)
    has_floor = columns.mean - columns.low <= columns.deviation
    below = columns.deviation if has_few_rows else 0.0
    shift = np.where(has_floor, columns.low, columns.mean - below)
    if issparse(X):
        n_nonzero = csr_array(X).astype(bool).sum(axis=0, dtype=np.int64)
        shift[2 * n_nonzero <= X.shape[0]] = 0.0
    distance = columns.mean - shift
    square = np.mean(np.square(factor) * (np.square(columns.deviation) + np.square(distance)))
    factor = factor / np.sqrt(square) if square > 0 else factor
    return ColumnScaling("anchored", None if issparse(X) and not shift.any() else shift, factor)


def _moves_zeros(name: str) -> InvalidParameterError:
    return InvalidParameterError(
        f"scaling must be 'std' or 'none' for these sparse rows, got {name!r}: it would move the "
        "zeros and make the matrix dense. 'std' divides without centring."
    )
