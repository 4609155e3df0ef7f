"""A table with columns of all kinds as the matrix that a network takes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from ctre._typing import DoubleArray
from ctre.errors import InvalidDataError, InvalidParameterError, UnknownNameError
from ctre.tables.columns import Column, Table
from ctre.tables.dates import find_pattern
from ctre.tables.features import (
    Boolean,
    Category,
    ColumnFeatures,
    Date,
    Dropped,
    Encoded,
    Number,
)
from ctre.tables.frames import as_table

KINDS = ("number", "boolean", "category", "date", "dropped")
_MANY = 0.9  # share of different values from which on words are names, not categories
_FEW_ROWS = 10  # with fewer, nothing is taken for an identifier
_KEY_WORDS = frozenset(
    {"id", "pid", "uid", "guid", "uuid", "key", "index", "idx", "no", "nr", "row", "rowid",
     "rownames", "rownumber", "unnamed", "serial"}
)  # fmt: skip


class UnknownCategoriesWarning(UserWarning):
    """Rows hold categories that the training rows did not."""


class TableEncoder(TransformerMixin, BaseEstimator):
    """Turn a table into numbers that a network learns well from.

    =============  ===============================================================================
    numbers        distance from the median in quartile ranges, bent beyond three of them
    booleans       0 and 1
    categories     a feature for each, one for all rare ones together
    dates          days gone by; month, weekday and hour as categories, as far as they vary
    missing        median or most frequent value for numbers and booleans, nothing for the others,
                   and a feature that says so, where training rows have gaps
    dropped        what is empty, constant, or an identifier: whole numbers that count the rows or
                   are called a key, words of which over nine in ten differ
    =============  ===============================================================================

    Everything is learned from the rows of ``fit`` alone. The features need no more than a common
    scale: ``scaling="anchored"`` of the estimators.

    Parameters
    ----------
    min_frequency : int, default=5
        Categories of fewer training rows are rare.
    kinds : mapping of str to str, optional
        What columns are, by name, where that is not what they look like: "number", "boolean",
        "category", "date", or "dropped" to leave one out. A ZIP code is a category.

    Attributes
    ----------
    columns_ : dict of str to ctre.tables.ColumnFeatures
        What was learned of each column, in order.
    is_sparse_ : bool
        Whether rows become a CSR array: where that is smaller than a dense one.
    n_features_in_ : int
        Columns seen in fit.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if the table had any.

    Notes
    -----
    Memory and time are O(n_rows) a column, but for one sort each in ``fit``.

    Examples
    --------
    >>> import pandas as pd
    >>> from ctre.tables import TableEncoder
    >>> table = pd.DataFrame({"age": [31, None, 42], "port": ["Oslo", "Rome", "Oslo"]})
    >>> TableEncoder(min_frequency=1).fit(table).get_feature_names_out().tolist()
    ['age', 'age is missing', 'port=Oslo', 'port=Rome']
    """

    # Filled in by fit.
    columns_: dict[str, ColumnFeatures]
    is_sparse_: bool
    n_features_in_: int

    def __init__(self, *, min_frequency: int = 5, kinds: Mapping[str, str] | None = None) -> None:
        self.min_frequency = min_frequency
        self.kinds = kinds

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Learn what the columns are and what they hold.

        Parameters
        ----------
        X : frame of pandas, polars or pyarrow, ctre.tables.Table, or array-like
            Training rows.
        y : ignored
            For scikit-learn's sake.

        Returns
        -------
        TableEncoder
            Itself.

        Raises
        ------
        InvalidDataError
            If a column cannot be of the kind that ``kinds`` says, or none is left.
        InvalidParameterError, UnknownNameError
            If ``min_frequency`` or ``kinds`` cannot be what it is.
        MissingExtraError
            If ``X`` is a frame and narwhals is not installed.
        """
        table = as_table(X)
        self._check_parameters(table)
        kinds = self.kinds or {}
        learned = {
            column.name: self._learn(column, kinds.get(column.name)) for column in table.columns
        }
        if not any(column.features for column in learned.values()):
            reasons = "; ".join(f"{name!r}: {c.why}" for name, c in learned.items()
                                if isinstance(c, Dropped))  # fmt: skip
            raise InvalidDataError(
                f"The table must have a column to learn from, but all are dropped: {reasons}."
            )
        self.__dict__.pop("feature_names_in_", None)
        self.columns_ = learned
        self.n_features_in_ = len(learned)
        if table.is_named:
            self.feature_names_in_ = np.array(table.names, dtype=object)
        first = self._parts(table[np.arange(1)])
        n_stored, n_features = sum(p.n_stored for p in first), sum(p.n_features for p in first)
        self.is_sparse_ = 12 * n_stored < 8 * n_features  # bytes of a row, CSR and dense
        return self

    def transform(self, X: Any) -> DoubleArray | csr_array:
        """Turn rows into features.

        Parameters
        ----------
        X : as for fit
            Columns in any order if they have names; those that were dropped may be absent.

        Returns
        -------
        float64 array or csr_array of shape (n_rows, n_features_out)
            As ``is_sparse_`` tells.

        Raises
        ------
        InvalidDataError
            If columns are missing or surplus, or hold what their kind cannot.

        Warns
        -----
        UnknownCategoriesWarning
            With the number of rows of each column whose category training did not see.
        """
        rows, unknown = self.encode(X)
        if unknown:
            warnings.warn(describe_unknown(unknown), UnknownCategoriesWarning, stacklevel=2)
        return rows

    def encode(self, X: Any) -> tuple[DoubleArray | csr_array, dict[str, dict[str, int]]]:
        """Do as `transform`, and count instead of warn.

        Returns
        -------
        rows : float64 array or csr_array of shape (n_rows, n_features_out)
            The features.
        unknown : dict of str to dict of str to int
            By column, how many rows hold each category that training did not see.
        """
        check_is_fitted(self)
        table = self._as_in_fit(as_table(X))
        parts = self._parts(table)
        unknown = {
            name: dict(part.unknown)
            for name, part in zip(self.used_columns, parts, strict=True)
            if part.unknown
        }
        return (_sparse if self.is_sparse_ else _dense)(parts, len(table)), unknown

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Name the features: that of the column, then what of it."""
        check_is_fitted(self)
        names = [name + what for name, column in self.columns_.items() for what in column.features]
        return np.array(names, dtype=object)

    def by_column(self, values: NDArray[Any]) -> dict[str, float]:
        """Sum a value (n_features_out,) of every feature over the features of each column."""
        check_is_fitted(self)
        ends = np.cumsum([len(column.features) for column in self.columns_.values()])
        sums = (part.sum() for part in np.split(np.asarray(values), ends[:-1]))
        return {name: float(total) for name, total in zip(self.columns_, sums, strict=True)}

    @property
    def learned_kinds(self) -> dict[str, str]:
        """What each column is."""
        return {name: column.kind for name, column in self.columns_.items()}

    @property
    def used_columns(self) -> tuple[str, ...]:
        """Names of the columns that were not dropped."""
        return tuple(n for n, c in self.columns_.items() if not isinstance(c, Dropped))

    def _parts(self, table: Table) -> list[Encoded]:
        by_name = {column.name: column for column in table.columns}
        return [
            self.columns_[name].encode(_values_for(self.columns_[name], by_name[name]))
            for name in self.used_columns
        ]

    def _check_parameters(self, table: Table) -> None:
        if isinstance(self.min_frequency, bool) or not (
            isinstance(self.min_frequency, int | np.integer) and self.min_frequency >= 1
        ):
            raise InvalidParameterError(
                f"min_frequency must be a whole number of rows, at least 1, got "
                f"{self.min_frequency!r}."
            )
        for name, kind in (self.kinds or {}).items():
            if name not in table.names:
                raise UnknownNameError("column", name, table.names)
            if kind not in KINDS:
                raise UnknownNameError("kind of column", kind, KINDS)

    def _as_in_fit(self, table: Table) -> Table:
        """Call columns without names by their places, and see that all are there."""
        if not (table.is_named and hasattr(self, "feature_names_in_")):
            if table.shape[1] != self.n_features_in_:
                raise InvalidDataError(
                    f"X must have the {self.n_features_in_} columns seen in fit, got "
                    f"{table.shape[1]}."
                )
            pairs = zip(self.columns_, table.columns, strict=True)
            return Table(tuple(replace(column, name=name) for name, column in pairs))
        present = set(table.names)
        lacking = [name for name in self.used_columns if name not in present]
        surplus = [name for name in table.names if name not in self.columns_]
        if lacking or surplus:
            what = [f"without {_some(lacking)}"] if lacking else []
            what += [f"with {_some(surplus)}, which fit did not see"] if surplus else []
            raise InvalidDataError(
                f"X must have the columns seen in fit, got one {' and '.join(what)}."
            )
        return table

    def _learn(self, column: Column, asked: str | None) -> ColumnFeatures:
        if asked == "dropped":
            return Dropped("as asked")
        kind = asked or column.natural_kind
        learned: ColumnFeatures | None
        if kind == "number":
            numbers = column.numbers()
            if asked is None and _are_keys(column.name, numbers):
                return Dropped("identifier")
            learned = Number.learn(numbers)
        elif kind == "boolean":
            learned = Boolean.learn(column.numbers(allowed=(0, 1)))
        elif kind == "date":
            pattern = None
            if column.values.dtype.kind == "O":
                pattern = find_pattern([value for value in column.values if value is not None])
            learned = Date.learn(column.moments(pattern), pattern)
        else:
            words = column.words()
            if asked is None and _are_names(words):
                return Dropped("nearly all different")
            learned = Category.learn(words, self.min_frequency)
        return Dropped(_why_nothing(column, self.min_frequency)) if learned is None else learned


def describe_unknown(unknown: Mapping[str, Mapping[str, int]]) -> str:
    """Say which categories training did not see, and in how many rows."""
    lines = []
    for name, counts in unknown.items():
        n = sum(counts.values())
        most = sorted(counts, key=lambda word: (-counts[word], word))
        lines.append(f"{name!r} in {n} row{'s' * (n != 1)} ({_some(most)})")
    return "Categories that the training rows do not have: " + "; ".join(lines) + "."


def _values_for(features: ColumnFeatures, column: Column) -> NDArray[Any]:
    match features:
        case Number():
            return column.numbers()
        case Boolean():
            return column.numbers(allowed=(0, 1))
        case Date():
            return column.moments(features.pattern)
        case _:
            return column.words()


def _dense(parts: Sequence[Encoded], n_rows: int) -> DoubleArray:
    rows = np.zeros((n_rows, sum(part.n_features for part in parts)))
    place = 0
    for part in parts:
        for values in part.dense:
            rows[:, place] = values
            place += 1
        for codes, n_features in part.hot:
            (is_hot,) = np.nonzero(codes >= 0)
            rows[is_hot, place + codes[is_hot]] = 1
            place += n_features
    return rows


def _sparse(parts: Sequence[Encoded], n_rows: int) -> csr_array:
    data, row_numbers, columns = [], [], []
    place = 0
    for part in parts:
        for values in part.dense:
            (stored,) = np.nonzero(values)
            data.append(values[stored])
            row_numbers.append(stored)
            columns.append(np.full(len(stored), place))
            place += 1
        for codes, n_features in part.hot:
            (stored,) = np.nonzero(codes >= 0)
            data.append(np.ones(len(stored)))
            row_numbers.append(stored)
            columns.append(place + codes[stored])
            place += n_features
    places = (
        np.concatenate(row_numbers).astype(np.int32),
        np.concatenate(columns).astype(np.int32),
    )
    return csr_array((np.concatenate(data), places), shape=(n_rows, place))


def _are_keys(name: str, values: DoubleArray) -> bool:
    """Whether numbers count the rows, or have the name of a key and are all different."""
    if len(values) < _FEW_ROWS or np.isnan(values).any() or (values != np.rint(values)).any():
        return False
    if len(np.unique(values)) < len(values):
        return False
    split = re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+", " ", name).lower().split()
    return values.max() - values.min() == len(values) - 1 or not _KEY_WORDS.isdisjoint(split)


def _are_names(words: NDArray[np.object_]) -> bool:
    present = [word for word in words if word is not None]
    return len(present) >= _FEW_ROWS and len(set(present)) > _MANY * len(present)


def _why_nothing(column: Column, min_frequency: int) -> str:
    words = {word for word in column.words() if word is not None}
    if len(words) > 1:
        return f"no value in {min_frequency} rows"
    return "constant" if words else "empty"


def _some(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return f"{shown}, … ({len(names)} in all)" if len(names) > most else shown
