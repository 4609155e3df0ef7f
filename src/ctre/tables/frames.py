"""Tables of any library as columns: pandas, polars and pyarrow through narwhals, and arrays."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse
from sklearn.utils.validation import check_array

from ctre.datasets import LabelledTable, RawTable
from ctre.datasets.numeric import has_label, labels_of, note_strays
from ctre.errors import InvalidDataError, MissingExtraError
from ctre.tables.columns import Column, Table

_NEARLY_ALL = 0.9  # share of numbers from which on the other cells of a column are mistakes
_MISSING_TEXTS = frozenset({"", "nan", "NaN", "NA", "N/A", "<NA>", "None", "null", "?"})


def as_table(X: Any) -> Table:
    """Take a table apart.

    Parameters
    ----------
    X : Table, RawTable, frame, or array-like of shape (n_rows, n_columns)
        A file's table, or a frame of pandas, polars or pyarrow; the columns of an array are called
        by their numbers, from 0.

    Raises
    ------
    InvalidDataError
        If it is none of these, or has no rows.
    MissingExtraError
        If it is a frame and narwhals is not installed.
    """
    if isinstance(X, Table):
        return X
    if isinstance(X, RawTable):
        names = X.names or tuple(str(place) for place in range(1, len(X.columns) + 1))
        pairs = zip(names, X.columns, strict=True)
        columns = (Column(name, c.values, c.kind == "boolean") for name, c in pairs)
        return Table(tuple(columns), is_named=X.names is not None)
    return _of_frame(X) if hasattr(X, "columns") else _of_array(X)


def labelled_table(raw: RawTable, kinds: Mapping[str, str] | None = None) -> LabelledTable:
    """Take the table of a file as it is, with its labels.

    Parameters
    ----------
    raw : RawTable
        As it was read.
    kinds : mapping of str to str, optional
        What columns are, as `TableEncoder` has it.

    Raises
    ------
    InvalidDataError
        If rows or names are wrong, or a column of numbers has a few cells that are none; in one
        message.
    """
    for column in raw.columns:
        if column.kind == "text" and column.key not in (kinds or ()):
            words = f"If they are words: kinds='{column.key}=category'."
            note_strays(column, raw, least=_NEARLY_ALL, way_out=words)
    raw.problems.raise_if_any()
    return LabelledTable(
        X=as_table(raw),
        y=labels_of(raw),
        feature_names=raw.names,
        target_name=raw.target_name,
        has_label=has_label(raw),
        file_format=raw.file_format,
    )


def _of_array(X: Any) -> Table:
    if issparse(X):
        raise InvalidDataError(
            "X must be a table or a dense array, got a sparse matrix: it holds numbers alone, "
            "which the estimator takes as they are."
        )
    values = check_array(X, dtype=None, ensure_all_finite=False)
    columns = (Column(str(n), *_plain(values[:, n])) for n in range(values.shape[1]))
    return Table(tuple(columns), is_named=False)


def _of_frame(X: Any) -> Table:
    try:
        import narwhals.stable.v2 as nw
    except ImportError as error:
        raise MissingExtraError("narwhals", "tables", "reading frames") from error
    try:
        frame = nw.from_native(X, eager_only=True)
    except (TypeError, ValueError, nw.exceptions.NarwhalsError) as error:
        raise InvalidDataError(
            f"X must be a frame of pandas, polars or pyarrow, got {type(X).__name__}: {error}"
        ) from error
    if not len(frame):
        raise InvalidDataError("X must have rows, got none.")
    return Table(tuple(_of_series(nw, str(series.name), series) for series in frame.iter_columns()))


def _of_series(nw: Any, name: str, series: Any) -> Column:
    dtype = series.dtype
    is_boolean = dtype == nw.Boolean
    if dtype.is_numeric() or is_boolean:
        return Column(name, _values(series.cast(nw.Float64), np.nan, "f8"), is_boolean)
    if dtype.is_temporal() and dtype not in (nw.Duration, nw.Time):
        if dtype == nw.Datetime and dtype.time_zone is not None:
            series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        return Column(name, _values(series, np.datetime64("NaT"), "datetime64[s]"))
    if dtype == nw.Duration:
        seconds = _values(series, np.timedelta64("NaT"), "timedelta64[s]")
        return Column(name, np.where(np.isnat(seconds), np.nan, seconds.astype(np.float64)))
    return Column(name, *_plain(np.array(series.to_list(), dtype=object)))


def _values(series: Any, missing: Any, dtype: str) -> NDArray[Any]:
    """Give the values of a series; in Arrow types, pandas before 2.2 gives its NA among objects."""
    values: NDArray[Any] = np.where(series.is_null().to_numpy(), missing, series.to_numpy())
    return values.astype(dtype)


def _plain(values: NDArray[Any]) -> tuple[NDArray[Any], bool]:
    """Bring values of any type to one that a column has; tell if they are booleans."""
    if values.dtype.kind == "b":
        return values.astype(np.float64), True
    if values.dtype.kind in "iuf":
        return values.astype(np.float64), False
    if values.dtype.kind == "M":
        return values.astype("datetime64[s]"), False
    known = [None if _is_missing(value) else value for value in values.tolist()]
    types = {type(value) for value in known if value is not None}
    if types and types <= {bool, np.bool_}:
        return np.array([np.nan if v is None else float(v) for v in known]), True
    if types and all(issubclass(t, (int, float, np.number)) and t is not bool for t in types):
        return np.array([np.nan if v is None else float(v) for v in known]), False
    if types and all(issubclass(t, datetime.date) for t in types):
        return np.array(known, dtype="datetime64[s]"), False
    words = [None if v is None else v if isinstance(v, str) else str(v) for v in known]
    return np.array([*words, None], dtype=object)[:-1], False


def _is_missing(value: Any) -> bool:
    if value is None or (isinstance(value, str) and value.strip() in _MISSING_TEXTS):
        return True
    return bool(value != value) if isinstance(value, float | np.floating) else str(value) in (
        "<NA>", "NaT"
    )  # fmt: skip
