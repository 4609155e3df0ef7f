"""Read files that hold whole matrices: NPZ, MATLAB and SVMLight."""

from __future__ import annotations

import zlib
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError
from scipy.sparse import csr_array, issparse
from sklearn.datasets import load_svmlight_file

from ctre.datasets.labels import as_labels
from ctre.datasets.record import LabelledTable, Rows
from ctre.datasets.store import read_npz_arrays
from ctre.errors import DatasetError, InvalidDataError


def read_npz(path: Path) -> tuple[LabelledTable, LabelledTable | None]:
    """Read ``X`` and ``y``, or ``X_train``, ``y_train``, ``X_test``, ``y_test``.

    Each ``X`` may have more than two axes (images: one row each), or be given as the parts of a
    CSR array: ``X_data``, ``X_indices``, ``X_indptr`` and ``X_shape``. Labels may be missing.

    Returns
    -------
    tuple of (LabelledTable, LabelledTable or None)
        All rows and None, or training rows and test rows.

    Raises
    ------
    DatasetError
        If it is not a whole NPZ file.
    InvalidDataError
        If arrays are missing, do not fit together or are no numbers.
    """
    arrays = read_npz_arrays(path)
    if _holds(arrays, "X_train"):
        test = _samples(arrays, "_test", path) if _holds(arrays, "X_test") else None
        return _samples(arrays, "_train", path), test
    if _holds(arrays, "X"):
        return _samples(arrays, "", path), None
    raise InvalidDataError(
        f"{path} must hold the arrays X and y, or X_train, y_train, X_test and y_test; it holds "
        f"{', '.join(arrays) or 'none'}."
    )


def read_mat(path: Path) -> LabelledTable:
    """Read ``X`` (dense or sparse) and ``Y`` of a MATLAB file, upper or lower case.

    Raises
    ------
    DatasetError
        If it is not a whole MATLAB file.
    InvalidDataError
        If it is one of version 7.3, has no ``X``, or ``X`` and ``Y`` do not fit together.
    """
    try:
        content = loadmat(path)
    except NotImplementedError as error:
        raise InvalidDataError(
            f"{path} is a MATLAB file of version 7.3 (HDF5); save it with '-v7' instead."
        ) from error
    except (OSError, EOFError, ValueError, TypeError, zlib.error, MatReadError) as error:
        raise DatasetError(f"{path} cannot be read as a MATLAB file: {error}.") from error
    found = {name.upper(): value for name, value in content.items() if name in "XxYy"}
    if "X" not in found:
        names = [name for name in content if not name.startswith("__")]
        raise InvalidDataError(
            f"{path} must hold the matrices X and Y; it holds {', '.join(names) or 'none'}."
        )
    return _check(found["X"], found.get("Y"), "", path)


def read_svmlight(path: Path, n_features: int | None = None) -> LabelledTable:
    """Read sparse rows ``label column:value column:value …``, columns counted from 1 or 0.

    They are counted from 0 if a column 0 occurs.

    Parameters
    ----------
    path : Path
        A text file; ``.gz`` is unpacked.
    n_features : int, optional
        How many columns there are, if the last ones may be empty throughout.

    Raises
    ------
    InvalidDataError
        If a line is not of that form, or there are more than ``n_features`` columns.
    DatasetError
        If a ``.gz`` file is damaged.
    """
    try:
        X, y = load_svmlight_file(str(path), dtype=np.float32, n_features=n_features)
    except (EOFError, OSError, zlib.error) as error:
        raise DatasetError(f"{path} cannot be read: {error}.") from error
    except ValueError as error:
        raise InvalidDataError(f"{path} cannot be read as an SVMLight file: {error}.") from error
    return _check(X, y, "", path)


def _holds(arrays: Container[str], name: str) -> bool:
    return name in arrays or f"{name}_indptr" in arrays


def _samples(arrays: Mapping[str, NDArray[Any]], part: str, path: Path) -> LabelledTable:
    name = f"X{part}"
    if name in arrays:
        return _check(arrays[name], arrays.get(f"y{part}"), part, path)
    try:
        data, indices, indptr, shape = (
            arrays[f"{name}_{piece}"] for piece in ("data", "indices", "indptr", "shape")
        )
        X = csr_array((data, indices, indptr), shape=tuple(shape))
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidDataError(
            f"{path} must hold {name}_data, {name}_indices, {name}_indptr and {name}_shape of one "
            f"CSR array: {error}."
        ) from error
    return _check(X, arrays.get(f"y{part}"), part, path)


def _check(X: Any, y: NDArray[Any] | None, part: str, path: Path) -> LabelledTable:
    if X.dtype.kind not in "buif":
        raise InvalidDataError(f"X{part} in {path} must hold numbers, got dtype {X.dtype}.")
    if X.ndim < 2 or 0 in X.shape:
        raise InvalidDataError(
            f"X{part} in {path} must have at least one row and one column, got shape {X.shape}."
        )
    with np.errstate(over="ignore"):  # an overflow becomes infinite, and is found as such
        if issparse(X):
            rows: Rows = _as_csr(X, f"X{part} in {path}")
        else:
            rows = np.ascontiguousarray(X.reshape(len(X), -1), dtype=np.float32)
    _require_finite(rows, path)
    if y is None:
        return LabelledTable(rows, None)
    labels = as_labels(y, f"y{part} in {path}")
    if len(labels) != rows.shape[0]:
        raise InvalidDataError(
            f"y{part} in {path} must have one label per row of X{part}: {rows.shape[0]} rows, "
            f"{len(labels)} labels."
        )
    return LabelledTable(rows, labels)


def _as_csr(X: Any, where: str) -> csr_array:
    try:
        X.check_format()  # a wrong index would let compiled code read outside its arrays
    except ValueError as error:
        raise InvalidDataError(f"{where} is no proper sparse matrix: {error}.") from error
    rows = csr_array(X, dtype=np.float32)
    rows.sum_duplicates()
    return rows


def _require_finite(X: Rows, path: Path) -> None:
    values = X.data if isinstance(X, csr_array) else X
    finite = np.isfinite(values)
    if finite.all():
        return
    at = int(np.argmin(finite))
    if isinstance(X, csr_array):
        row, column = int(np.searchsorted(X.indptr, at, side="right")) - 1, int(X.indices[at])
    else:
        row, column = divmod(at, X.shape[1])
    raise InvalidDataError(
        f"{path}, row {row + 1}, column {column + 1}: the value must be a finite float32, got "
        f"{values.ravel()[at]}. Fill it in, or remove the row or the column."
    )
