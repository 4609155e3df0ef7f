"""Make labels of whatever a file holds: whole numbers, measurements, or text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre.datasets.record import Labels
from ctre.errors import InvalidDataError


def as_labels(values: NDArray[Any], where: str) -> Labels:
    """Return labels as int64 if all are whole numbers, as float64 if all are numbers, else as text.

    Parameters
    ----------
    values : array of shape (n_samples,) or (n_samples, 1)
        Numbers, text, or MATLAB's cells of text.
    where : str
        What to call them in an error.

    Raises
    ------
    InvalidDataError
        If there is not one label per row, or one is missing (NaN) or infinite.
    """
    if values.ndim == 2 and 1 in values.shape:
        values = values.ravel()
    if values.ndim != 1:
        raise InvalidDataError(
            f"{where} must be one label per row, got an array of shape {values.shape}."
        )
    if values.dtype.kind == "O":
        values = np.array([str(np.squeeze(value)) for value in values])
    if values.dtype.kind == "S":
        values = values.astype(str)
    if values.dtype.kind == "U":
        values = np.char.strip(values)
        try:
            values = values.astype(np.float64)
        except ValueError:
            return values
    if values.dtype.kind in "bui":
        return values.astype(np.int64)
    if values.dtype.kind != "f":
        raise InvalidDataError(f"{where} must be numbers or text, got dtype {values.dtype}.")
    lost = np.flatnonzero(~np.isfinite(values))
    if len(lost):
        raise InvalidDataError(f"{where} has no label in row {lost[0] + 1}, but {values[lost[0]]}.")
    whole = np.rint(values)
    return whole.astype(np.int64) if np.array_equal(whole, values) else values.astype(np.float64)
