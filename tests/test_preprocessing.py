from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix

from ctre.errors import InvalidDataError, InvalidParameterError, UnknownNameError
from ctre.preprocessing import Scaling
from ctre.vocabulary import SCALINGS

values = st.integers(-1000, 1000).map(lambda n: n / 8)
tables = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=values)
)


def varies(X):
    return X.min(axis=0) < X.max(axis=0)


@given(tables)
def test_minmax_spans_the_unit_range(X):
    scaled = Scaling.fit("minmax", X).apply(X)
    assert_array_equal(scaled.min(axis=0), 0)
    assert_allclose(scaled.max(axis=0), varies(X).astype(float), atol=1e-6)


@given(tables)
def test_standard_has_mean_zero_and_deviation_one(X):
    scaled = Scaling.fit("standard", X).apply(X).astype(np.float64)
    assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    assert_allclose(scaled.std(axis=0), varies(X).astype(float), atol=1e-5)


@given(tables)
def test_std_has_deviation_one_and_keeps_zeros(X):
    scaled = Scaling.fit("std", X).apply(X)
    assert_array_equal(scaled == 0, X == 0)
    assert_allclose(scaled.std(axis=0, dtype=np.float64), varies(X).astype(float), atol=1e-4)


@given(tables)
def test_std_is_the_same_for_sparse_and_dense_rows(X):
    dense = Scaling.fit("std", X).apply(X)
    for sparse in (csr_array(X), csr_matrix(X)):
        scaled = Scaling.fit("std", sparse).apply(sparse)
        assert isinstance(scaled, csr_array)
        assert scaled.dtype == np.float32
        assert scaled.nnz == sparse.nnz
        assert_allclose(scaled.toarray(), dense, rtol=1e-5, atol=1e-6)


@given(tables, st.sampled_from(SCALINGS))
def test_the_arguments_are_left_alone(X, name):
    before = X.copy()
    Scaling.fit(name, X).apply(X)
    assert_array_equal(X, before)


@given(tables, st.sampled_from(SCALINGS))
def test_a_scaling_is_rebuilt_from_its_numbers(X, name):
    fitted = Scaling.fit(name, X)
    rebuilt = Scaling(fitted.name, fitted.shift, fitted.factor)
    assert_array_equal(rebuilt.apply(X), fitted.apply(X))
    for numbers in (fitted.shift, fitted.factor):
        assert numbers is None or (numbers.dtype == np.float64 and numbers.shape == (X.shape[1],))


def test_test_rows_are_scaled_by_training_rows():
    scaling = Scaling.fit("minmax", np.float32([[0, 5], [10, 5]]))
    assert_allclose(scaling.apply(np.float32([[20, 7], [-5, 5]])), [[2, 2], [-0.5, 0]])


@pytest.mark.parametrize("name", SCALINGS)
def test_a_constant_column_stays_finite(name):
    X = np.float32([[1e30, 0, 7], [1e30, 0, 8]])
    assert np.isfinite(Scaling.fit(name, X).apply(X)).all()


def test_none_returns_its_argument():
    X = np.ones((2, 2), np.float32)
    assert Scaling.fit("none", X).apply(X) is X


def test_the_result_is_float32_in_row_order_whatever_the_block(rng):
    X = np.asfortranarray(rng.random((9000, 3), dtype=np.float32))
    scaled = Scaling.fit("minmax", X).apply(X)
    assert scaled.dtype == np.float32
    assert scaled.flags.c_contiguous
    low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
    assert_allclose(scaled, (X - low) / (high - low), atol=1e-6)


@pytest.mark.parametrize("name", ["minmax", "standard"])
def test_sparse_rows_are_not_made_dense(name):
    with pytest.raises(InvalidParameterError, match=f"got '{name}'.*dense.*'std'"):
        Scaling.fit(name, csr_array(-np.eye(3, dtype=np.float32)))


@given(tables)
def test_minmax_leaves_zeros_that_are_the_lowest_values_where_they_are(X):
    """Planted: the highest value of what is stored, where all of it is below zero."""
    X = np.abs(X)
    X[0] = 0
    sparse = csr_array(X)
    scaled = Scaling.fit("minmax", sparse).apply(sparse)
    assert isinstance(scaled, csr_array)
    assert_array_equal(scaled.toarray(), Scaling.fit("minmax", X).apply(X))


def test_sparse_rows_are_made_dense_where_zeros_move():
    """A file to predict may be sparse where the training rows were dense."""
    X = np.float32([[0, 2], [4, 2], [2, 5]])
    scaling = Scaling.fit("standard", X)
    assert_array_equal(scaling.apply(csr_array(X)), scaling.apply(X))


@pytest.mark.parametrize(("form", "chosen"), [(np.asarray, "standard"), (csr_array, "std")])
def test_auto_centres_dense_rows_alone(form, chosen):
    X = form(np.float32([[0, 2], [4, 2], [2, 5]]))
    auto, named = Scaling.fit("auto", X), Scaling.fit(chosen, X)
    assert auto.name == chosen
    assert_array_equal(auto.factor, named.factor)
    assert (auto.shift is None) == (named.shift is None)


def test_numbers_are_scaled_in_float64():
    """Seconds since 1970, a minute apart: in float32 they are all the same."""
    X = 1.7e9 + np.array([[-60.0], [60.0], [30.0]])
    assert_allclose(Scaling.fit("minmax", X).apply(X), [[0], [1], [0.75]])


def test_other_columns_are_refused():
    scaling = Scaling.fit("minmax", np.eye(3, dtype=np.float32))
    with pytest.raises(InvalidDataError, match="fitted on 3 columns, got 2"):
        scaling.apply(np.ones((1, 2), np.float32))


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'minmax'"):
        Scaling.fit("min-max", np.eye(2, dtype=np.float32))
