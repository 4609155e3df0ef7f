"""Read files that hold whole matrices by name: NPZ and MATLAB."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat, whosmat
from scipy.sparse import csr_array, issparse, load_npz

from ctre.datasets import names
from ctre.datasets.labels import as_labels
from ctre.datasets.problems import Problems
from ctre.datasets.record import LabelledTable, Rows
from ctre.datasets.source import Source, require_no_bomb
from ctre.datasets.store import DAMAGED, read_npz_arrays
from ctre.errors import DatasetError, InvalidDataError

_HDF5 = b"\x89HDF\r\n\x1a\n"
_PARTS = ("data", "indices", "indptr", "shape")
_LARGEST = float(np.finfo(np.float32).max)


def read_npz(source: Source) -> tuple[LabelledTable, LabelledTable | None]:
    """Read ``X`` and ``y``, or ``X_train``, ``y_train``, ``X_test``, ``y_test``.

    Each may have another usual name (`ctre.datasets.names`). An ``X`` may have more than two axes
    (images: one row each), or be a sparse matrix in parts: ``X_data``, ``X_indices``, ``X_indptr``
    and ``X_shape`` of a CSR array, or the file of `scipy.sparse.save_npz`. Labels may be missing.

    Returns
    -------
    tuple of (LabelledTable, LabelledTable or None)
        All rows and None, or training rows and test rows.

    Raises
    ------
    DatasetError
        If it is not a whole NPZ file, or unpacks out of proportion.
    InvalidDataError
        If arrays are missing, do not fit together or are no numbers.
    """
    with source.raw() as file:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                require_no_bomb(
                    source, source.size, sum(entry.file_size for entry in archive.infolist())
                )
    arrays = read_npz_arrays(source)
    if "format" in arrays and "shape" in arrays:
        rows, labels = _scipy_sparse(source), _find(arrays, names.LABELS, source)
        return _table(rows, "X", arrays.get(labels or ""), labels or "", source), None
    train = _find(_split_names(arrays, "_train"), names.FEATURES, source)
    if train is not None:
        parts = []
        for part in ("_train", "_test"):
            features = _find(_split_names(arrays, part), names.FEATURES, source)
            labels = _find(_split_names(arrays, part), names.LABELS, source)
            parts.append(features and _member(arrays, f"{features}{part}", labels, part, source))
        return parts[0], parts[1] or None  # type: ignore[return-value]
    found = _find(_split_names(arrays, ""), names.FEATURES, source)
    if found is None:
        raise InvalidDataError(_holds_none(source, arrays, "X and y, or X_train, y_train, X_test"))
    labels = _find(arrays, names.LABELS, source)
    return _member(arrays, found, labels, "", source), None


def read_mat(source: Source) -> LabelledTable:
    """Read ``X`` (dense or sparse) and ``Y`` of a MATLAB file.

    Each may have another usual name (`ctre.datasets.names`), or both may be fields of one struct.

    Raises
    ------
    DatasetError
        If it is not a whole MATLAB file, or unpacks out of proportion.
    InvalidDataError
        If it is one of version 7.3, has no ``X``, or ``X`` and ``Y`` do not fit together.
    """
    with source.raw() as file:
        head = file.read(1024)
    if _HDF5 in head[:8] or _HDF5 in head[512:520] or head.startswith(b"MATLAB 7.3"):
        raise InvalidDataError(
            f"{source} is a MATLAB file of version 7.3 (HDF5); save it with '-v7' instead."
        )
    try:
        with source.raw() as file:
            sizes = [8 * math.prod(shape) for _, shape, kind in whosmat(file) if kind != "sparse"]
        require_no_bomb(source, source.size, sum(sizes))
        with source.raw() as file:
            content = loadmat(file)
    except DatasetError:
        raise
    except Exception as error:  # whatever SciPy stumbles over, of files that are none
        raise DatasetError(
            f"{source} cannot be read as a MATLAB file: {error}. It is damaged, or no such file."
        ) from error
    content = {name: value for name, value in content.items() if not name.startswith("__")}
    if not content:  # SciPy 1.12 says so of zeros, for instance
        raise DatasetError(
            f"{source} cannot be read as a MATLAB file: it holds no variable. It is damaged, or no "
            "such file."
        )
    features = _find(content, names.FEATURES, source, fits=_is_matrix)
    if features is None:
        structs = [value for value in content.values() if getattr(value, "dtype", None) is not None]
        structs = [value for value in structs if value.dtype.names and value.size == 1]
        if len(structs) == 1:
            struct = structs[0].ravel()[0]
            content = {name: struct[name] for name in structs[0].dtype.names}
            features = _find(content, names.FEATURES, source, fits=_is_matrix)
    if features is None:
        raise InvalidDataError(_holds_none(source, content, "X and Y"))
    labels = _find(content, names.LABELS, source)
    return _table(content[features], features, content.get(labels or ""), labels or "", source)


def _is_matrix(value: Any) -> bool:
    return issparse(value) or getattr(getattr(value, "dtype", None), "kind", "") in tuple("buif")


def _find(
    arrays: Iterable[str],
    known: tuple[str, ...],
    source: Source,
    fits: Callable[[Any], bool] | None = None,
) -> str | None:
    """Find the one array of a usual name."""
    found = names.usual(arrays, known)
    if fits is not None and isinstance(arrays, Mapping):
        found = [name for name in found if fits(arrays[name])]
    if len(found) > 1:
        raise InvalidDataError(
            f"{source} holds {' and '.join(found)}, and each may be the "
            f"{'features' if known is names.FEATURES else 'labels'}. Call the right one "
            f"{known[0]}, or leave the other out."
        )
    return found[0] if found else None


def _split_names(arrays: Iterable[str], part: str) -> list[str]:
    """Give the names of one part, without its ending, and of sparse arrays without theirs."""
    plain = [name.removesuffix("_indptr") for name in arrays]
    return [name.removesuffix(part) for name in plain if name.endswith(part)]


def _holds_none(source: Source, arrays: Mapping[str, Any], wanted: str) -> str:
    return (
        f"{source} must hold {wanted}, or arrays of other usual names (features: "
        f"{', '.join(names.FEATURES)}; labels: {', '.join(names.LABELS)}); it holds "
        f"{', '.join(arrays) or 'none'}."
    )


def _scipy_sparse(source: Source) -> Any:
    try:
        with source.raw() as file:
            return csr_array(load_npz(file))
    except (*DAMAGED, TypeError, IndexError) as error:
        raise InvalidDataError(
            f"{source} holds no whole sparse matrix of scipy.sparse.save_npz: {error}."
        ) from error


def _member(
    arrays: Mapping[str, NDArray[Any]], name: str, labels: str | None, part: str, source: Source
) -> LabelledTable:
    y_name = f"{labels}{part}" if labels else ""
    y = arrays.get(y_name)
    if name in arrays:
        return _table(arrays[name], name, y, y_name, source)
    try:
        data, indices, indptr, shape = (arrays[f"{name}_{piece}"] for piece in _PARTS)
        X = csr_array((data, indices, indptr), shape=tuple(shape))
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidDataError(
            f"{source} must hold {name}_data, {name}_indices, {name}_indptr and {name}_shape of "
            f"one CSR array: {error}."
        ) from error
    return _table(X, name, y, y_name, source)


def _table(X: Any, x_name: str, y: Any, y_name: str, source: Source) -> LabelledTable:
    where = f"{x_name} in {source}"
    if X.dtype.kind not in "buif":
        raise InvalidDataError(f"{where} must hold numbers, got dtype {X.dtype}.{_way_out(X)}")
    if X.ndim < 2 or 0 in X.shape:
        raise InvalidDataError(
            f"{where} must have at least one row and one column, got shape {X.shape}."
        )
    rows = as_rows(X, where)
    require_finite(rows, Problems(str(source)))
    if y is None:
        return LabelledTable(rows, None)
    where = f"{y_name} in {source}"
    if issparse(y):
        y = y.toarray()
    y, has_label = _given(np.asarray(y))
    n_labels = len(y) if has_label is None else len(has_label)
    if y.ndim == 2 and min(y.shape) > 1 and y.shape[0] == rows.shape[0]:
        raise InvalidDataError(
            f"{where} must be one label per row, got an array of shape {y.shape}. If each row "
            "marks its class by a 1, save the places: y.argmax(axis=1)."
        )
    if y.size == 0:
        return LabelledTable(rows, None)
    labels = as_labels(y, where)
    n_labels = len(labels) if has_label is None else n_labels
    if n_labels != rows.shape[0]:
        turned = " Its columns are as many: transpose it." if n_labels == rows.shape[1] else ""
        raise InvalidDataError(
            f"{where} must have one label per row of {x_name}: {rows.shape[0]} rows, "
            f"{n_labels} labels.{turned}"
        )
    return LabelledTable(rows, labels, has_label=has_label)


def _given(y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Leave labels out that are NaN or blank, and say which are left."""
    flat = y.ravel() if y.ndim == 2 and 1 in y.shape else y
    if flat.ndim != 1 or flat.dtype.kind not in "fUS":
        return y, None
    given = ~np.isnan(flat) if flat.dtype.kind == "f" else np.char.str_len(np.char.strip(flat)) > 0
    return (flat, None) if given.all() else (flat[given], given)


def _way_out(X: Any) -> str:
    return " Save it as numbers: X.astype(float)." if X.dtype.kind in "OUS" else ""


def as_rows(X: Any, where: str) -> Rows:
    """Make rows of a matrix: float32 where that holds every value exactly, else float64.

    Raises
    ------
    InvalidDataError
        If it is sparse and an index is wrong.
    """
    if not issparse(X):
        X = X.reshape(len(X), -1)
        return np.ascontiguousarray(X, dtype=_dtype_for(X))
    try:
        X.check_format()  # a wrong index would let compiled code read outside its arrays
    except ValueError as error:
        raise InvalidDataError(f"{where} is no proper sparse matrix: {error}.") from error
    rows = csr_array(X, dtype=_dtype_for(X.data))
    rows.sum_duplicates()
    return rows


def _dtype_for(values: NDArray[Any]) -> type[np.float32] | type[np.float64]:
    if values.dtype.itemsize <= 2 or values.dtype == np.float32:
        return np.float32
    with np.errstate(over="ignore", invalid="ignore"):
        same = np.array_equal(values.astype(np.float32), values, equal_nan=values.dtype.kind == "f")
    return np.float32 if same else np.float64


def require_finite(X: Rows, problems: Problems) -> None:
    """See that all values are finite and in the range of float32.

    Raises
    ------
    InvalidDataError
        If not; every column is named, ten at most.
    """
    values = X.data if isinstance(X, csr_array) else X
    fits = np.abs(values) <= _LARGEST  # of NaN too
    if fits.all():
        return
    if isinstance(X, csr_array):
        at = np.flatnonzero(~fits)
        row_of = np.searchsorted(X.indptr, at, side="right") - 1
        column_of, wrong = X.indices[at], values[at]
    else:
        row_of, column_of = np.nonzero(~fits)
        wrong = values[row_of, column_of]
    columns, first = np.unique(column_of, return_index=True)
    for column, place in zip(columns, first, strict=True):
        problems.add(
            f"row {row_of[place] + 1}, column {column + 1}: the value must be a finite float32, "
            f"got {wrong[place]}",
            "Fill it in, or remove the row or the column.",
        )
    problems.raise_if_any()
