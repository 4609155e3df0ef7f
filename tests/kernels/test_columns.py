"""Lengths of columns, and columns scaled."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from ctre.kernels.columns import column_squares, scaled_columns, unit_scales

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


def test_unit_columns_have_length_one_unless_they_are_zero(samples):
    before = as_array(samples).copy()
    units = scaled_columns(samples, unit_scales(samples))
    assert units.dtype == np.float32
    lengths = np.linalg.norm(as_array(units).astype(np.float64), axis=0)
    np.testing.assert_allclose(lengths, [1, 0, 1, 1, 1], rtol=1e-6)
    np.testing.assert_array_equal(np.sign(as_array(units)), np.sign(before))
    np.testing.assert_array_equal(as_array(samples), before)


def test_a_column_of_denormal_numbers_has_a_finite_scale():
    scales = unit_scales(np.full((3, 1), 1e-44, dtype=np.float32))
    assert np.isfinite(scales).all()
    assert scales > 0
