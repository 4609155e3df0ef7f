"""Columns of a matrix of samples, dense or CSR: their lengths, and what a form makes of them."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, sparray

from ctre._typing import DoubleArray, FloatArray
from ctre.kernels.contract import CONSTANT, Samples


def column_means(samples: Samples) -> DoubleArray:
    """Average every column, in float64."""
    n_rows, n_columns = samples.shape
    if isinstance(samples, sparray):  # whose own sum is in float32
        sums = np.bincount(samples.indices, samples.data, minlength=n_columns)
    else:
        sums = samples.sum(axis=0, dtype=np.float64)
    return np.asarray(sums / max(1, n_rows))


def column_squares(samples: Samples, means: DoubleArray | None = None) -> DoubleArray:
    """Sum the squares of every column, less ``means`` if given.

    In float64: in float32 they overflow from 1e19 on.
    """
    if not isinstance(samples, sparray):
        rest = samples if means is None else samples - means
        totals: DoubleArray = np.einsum("sn,sn->n", rest, rest, dtype=np.float64)
        return totals
    n_rows, n_columns = samples.shape
    means = np.zeros(n_columns) if means is None else means
    squares = np.square(samples.data - means[samples.indices])
    sums = np.bincount(samples.indices, squares, minlength=n_columns)
    n_zeros = n_rows - np.bincount(samples.indices, minlength=n_columns)
    return np.asarray(sums + n_zeros * np.square(means))


@np.errstate(divide="ignore", over="ignore", invalid="ignore")
def unit_scales(squares: DoubleArray) -> FloatArray:
    """Compute the factors that make the length one, given its square; 0 for a column of zeros."""
    largest = np.finfo(np.float32).max  # what a column of denormal numbers has to do with
    scales: FloatArray = np.minimum(1 / np.sqrt(squares), largest).astype(np.float32)
    scales[squares == 0] = 0
    return scales


@np.errstate(over="ignore", invalid="ignore")
def as_counted(samples: Samples, *, centered: bool, normalized: bool) -> Samples:
    """Carry out what a `BilinearForm` says of the columns of one side, in a new matrix.

    A CSR matrix stays one: its columns are scaled as if they were centered, and not centered.
    """
    if not (centered or normalized):
        return samples
    if isinstance(samples, sparray) and not samples.has_canonical_format:
        samples = samples.copy()
        samples.sum_duplicates()
    n_rows, n_columns = samples.shape
    means = column_means(samples) if centered else np.zeros(n_columns)
    squares = column_squares(samples, means)
    if centered:
        squares[squares <= n_rows * np.square(CONSTANT * means)] = 0
    scales = unit_scales(squares) if normalized else (squares != 0).astype(np.float32)
    if centered:
        scales[~np.isfinite(squares)] = np.nan
    if isinstance(samples, sparray):
        data = samples.data * scales[samples.indices]
        return csr_array((data, samples.indices, samples.indptr), shape=samples.shape)
    return ((samples - means) * scales).astype(np.float32)
