"""Columns of a matrix of samples, dense or CSR: their lengths, and the columns scaled."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, sparray

from ctre._typing import DoubleArray, FloatArray
from ctre.kernels.contract import Samples


def column_squares(samples: Samples) -> DoubleArray:
    """Sum the squares of every column, in float64: in float32 they overflow from 1e19 on."""
    if not isinstance(samples, sparray):
        totals: DoubleArray = np.einsum("sn,sn->n", samples, samples, dtype=np.float64)
        return totals
    squares = np.square(samples.data, dtype=np.float64)
    sums = np.bincount(samples.indices, squares, minlength=samples.shape[1])
    return sums.astype(np.float64)


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def unit_scales(samples: Samples) -> FloatArray:
    """Compute the factors that make each column's Euclidean length one; 0 for a column of zeros."""
    squares = column_squares(samples)
    largest = np.finfo(np.float32).max  # what a column of denormal numbers has to do with
    scales: FloatArray = np.minimum(1 / np.sqrt(squares), largest).astype(np.float32)
    scales[squares == 0] = 0
    return scales


@np.errstate(over="ignore", invalid="ignore")
def scaled_columns(samples: Samples, scales: FloatArray) -> Samples:
    """Multiply every column by its factor, into a new matrix."""
    if not isinstance(samples, sparray):
        return samples * scales
    data = samples.data * scales[samples.indices]
    return csr_array((data, samples.indices, samples.indptr), shape=samples.shape)
