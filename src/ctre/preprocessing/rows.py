"""Rows of a table as scalings take them, and blocks of them."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_array

from ctre._typing import DoubleArray, FloatArray
from ctre.errors import InvalidDataError

Rows: TypeAlias = FloatArray | DoubleArray | csr_array
"""Rows of a table: float32 or float64 (n_samples, n_features), or CSR."""


def require_columns(X: Rows, n_features: int) -> None:
    """See that rows have the columns of the training rows."""
    if X.shape[1] != n_features:
        raise InvalidDataError(f"The scaling was fitted on {n_features} columns, got {X.shape[1]}.")


def with_data(X: csr_array, data: DoubleArray) -> csr_array:
    """Give the matrix with other values, as float32."""
    with np.errstate(over="ignore"):  # what overflows is found by whoever reads the rows
        return csr_array((data.astype(np.float32), X.indices, X.indptr), shape=X.shape)
