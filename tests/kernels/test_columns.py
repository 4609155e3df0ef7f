"""Lengths of columns, and columns as a form counts them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from ctre.kernels.columns import as_counted, column_means, column_squares, unit_scales

FACTORS = np.array([1, 0, 1e-30, 1e30, -3], dtype=np.float32)


@pytest.fixture(params=["dense", "sparse"])
def samples(request, rng):
    """Squares of the third and fourth column leave float32."""
    matrix = rng.normal(size=(9, 5)).astype(np.float32) * FACTORS
    return matrix if request.param == "dense" else csr_array(matrix)


def as_array(matrix):
    return matrix.toarray() if isinstance(matrix, csr_array) else matrix


def test_squares_are_summed_in_float64(samples):
    want = np.square(as_array(samples).astype(np.float64)).sum(axis=0)
    np.testing.assert_allclose(column_squares(samples), want, rtol=1e-12)


def test_squares_around_the_mean_are_the_variance(samples):
    values = as_array(samples).astype(np.float64)
    np.testing.assert_allclose(column_means(samples), values.mean(axis=0), rtol=1e-9)
    squares = column_squares(samples, column_means(samples))
    np.testing.assert_allclose(squares, 9 * values.var(axis=0), rtol=1e-9)


def test_unit_columns_have_length_one_unless_they_are_zero(samples):
    before = as_array(samples).copy()
    units = as_counted(samples, centered=False, normalized=True)
    assert units.dtype == np.float32
    lengths = np.linalg.norm(as_array(units).astype(np.float64), axis=0)
    np.testing.assert_allclose(lengths, [1, 0, 1, 1, 1], rtol=1e-6)
    np.testing.assert_array_equal(np.sign(as_array(units)), np.sign(before))
    np.testing.assert_array_equal(as_array(samples), before)


def test_centered_columns_have_length_one_less_their_means(samples):
    """Planted: the length of the column itself."""
    units = as_array(as_counted(samples, centered=True, normalized=True)).astype(np.float64)
    lengths = np.linalg.norm(units - units.mean(axis=0), axis=0)
    np.testing.assert_allclose(lengths, [1, 0, 1, 1, 1], rtol=1e-6)


def test_entries_listed_twice_are_one(rng):
    matrix = np.float32(rng.normal(size=(6, 1)))
    halves = csr_array(
        (np.repeat(matrix / 2, 2), np.zeros(12, np.int32), np.arange(0, 13, 2)), shape=(6, 1)
    )
    for centered in (False, True):
        one, other = (as_counted(m, centered=centered, normalized=True) for m in (halves, matrix))
        one = one.toarray()
        np.testing.assert_allclose(one - one.mean(), other - other.mean(), atol=1e-6)


def test_a_column_of_denormal_numbers_has_a_finite_scale():
    scales = unit_scales(column_squares(np.full((3, 1), 1e-44, dtype=np.float32)))
    assert np.isfinite(scales).all()
    assert scales > 0
