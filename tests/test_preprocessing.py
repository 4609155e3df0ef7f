from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array, csr_matrix, issparse
from sklearn.feature_extraction.text import TfidfTransformer

from ctre.errors import InvalidDataError, InvalidParameterError, UnknownNameError
from ctre.preprocessing import fit_scaling, rounded_away, scaling_kind
from ctre.vocabulary import SCALINGS

values = st.integers(-1000, 1000).map(lambda n: n / 8)
tables = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=values)
)


def dense(X):
    return X.toarray() if issparse(X) else X


def varies(X):
    return X.min(axis=0) < X.max(axis=0)


@given(tables)
def test_minmax_spans_the_unit_range(X):
    scaled = fit_scaling("minmax", X).apply(X)
    assert_array_equal(scaled.min(axis=0), 0)
    assert_allclose(scaled.max(axis=0), varies(X).astype(float), atol=1e-6)


@given(tables)
def test_standard_has_mean_zero_and_deviation_one(X):
    scaled = fit_scaling("standard", X).apply(X).astype(np.float64)
    assert_allclose(scaled.mean(axis=0), 0, atol=1e-5)
    assert_allclose(scaled.std(axis=0), varies(X).astype(float), atol=1e-5)


@given(tables)
def test_std_has_deviation_one_and_keeps_zeros(X):
    scaled = fit_scaling("std", X).apply(X)
    assert_array_equal(scaled == 0, X == 0)
    assert_allclose(scaled.std(axis=0, dtype=np.float64), varies(X).astype(float), atol=1e-4)


@given(tables)
def test_std_is_the_same_for_sparse_and_dense_rows(X):
    dense = fit_scaling("std", X).apply(X)
    for sparse in (csr_array(X), csr_matrix(X)):
        scaled = fit_scaling("std", sparse).apply(sparse)
        assert isinstance(scaled, csr_array)
        assert scaled.dtype == np.float32
        assert scaled.nnz == sparse.nnz
        assert_allclose(scaled.toarray(), dense, rtol=1e-5, atol=1e-6)


@given(tables, st.sampled_from(SCALINGS))
def test_the_arguments_are_left_alone(X, name):
    X = np.abs(X) if name == "tfidf" else X
    before = X.copy()
    fit_scaling(name, X).apply(X)
    assert_array_equal(X, before)


@given(tables, st.sampled_from(SCALINGS))
def test_a_scaling_is_rebuilt_from_its_numbers(X, name):
    X = np.abs(X) if name == "tfidf" else X
    fitted = fit_scaling(name, X)
    kind = scaling_kind(fitted.name)
    rebuilt = kind.restored(fitted.name, fitted.arrays())
    assert_array_equal(dense(rebuilt.apply(X)), dense(fitted.apply(X)))
    lengths = kind.lengths(X.shape[1])
    for part, numbers in fitted.arrays().items():
        assert numbers.dtype == np.float64
        assert numbers.shape == (lengths[part],)


def test_test_rows_are_scaled_by_training_rows():
    scaling = fit_scaling("minmax", np.float32([[0, 5], [10, 5]]))
    assert_allclose(scaling.apply(np.float32([[20, 7], [-5, 5]])), [[2, 2], [-0.5, 0]])


@pytest.mark.parametrize("name", SCALINGS)
def test_a_constant_column_stays_finite(name):
    X = np.float32([[1e30, 0, 7], [1e30, 0, 8]])
    assert np.isfinite(dense(fit_scaling(name, X).apply(X))).all()


def test_none_returns_its_argument():
    X = np.ones((2, 2), np.float32)
    assert fit_scaling("none", X).apply(X) is X


def test_the_result_is_float32_in_row_order_whatever_the_block(rng):
    X = np.asfortranarray(rng.random((9000, 3), dtype=np.float32))
    scaled = fit_scaling("minmax", X).apply(X)
    assert scaled.dtype == np.float32
    assert scaled.flags.c_contiguous
    low, high = X.min(axis=0).astype(float), X.max(axis=0).astype(float)
    assert_allclose(scaled, (X - low) / (high - low), atol=1e-6)


@pytest.mark.parametrize("name", ["minmax", "standard"])
def test_sparse_rows_are_not_made_dense(name):
    with pytest.raises(InvalidParameterError, match=f"got '{name}'.*dense.*'std'"):
        fit_scaling(name, csr_array(-np.eye(3, dtype=np.float32)))


@given(tables)
def test_minmax_leaves_zeros_that_are_the_lowest_values_where_they_are(X):
    X = np.abs(X)
    X[0] = 0
    sparse = csr_array(X)
    scaled = fit_scaling("minmax", sparse).apply(sparse)
    assert isinstance(scaled, csr_array)
    assert_array_equal(scaled.toarray(), fit_scaling("minmax", X).apply(X))


def test_minmax_of_sparse_rows_of_which_a_column_is_never_zero():
    """A word that every text has: its lowest value becomes zero, as in dense rows."""
    X = np.float32([[0, 2, 0], [4, 3, 0], [0, 5, 1]])
    scaling = fit_scaling("minmax", csr_array(X))
    scaled = scaling.apply(csr_array(X))
    assert isinstance(scaled, csr_array)
    assert_array_equal(scaled.toarray(), fit_scaling("minmax", X).apply(X))
    without = np.float32([[4, 0, 1]])  # a text that lacks it
    assert_array_equal(scaling.apply(csr_array(without)).toarray(), scaling.apply(without))


def test_sparse_rows_are_made_dense_where_zeros_move():
    """A file to predict may be sparse where the training rows were dense."""
    X = np.float32([[0, 2], [4, 2], [2, 5]])
    scaling = fit_scaling("standard", X)
    assert_array_equal(scaling.apply(csr_array(X)), scaling.apply(X))


counts = np.float32([[0, 2, 0], [4, 0, 1], [2, 5, 0]])


@pytest.mark.parametrize(
    ("X", "chosen"),
    [
        (counts, "anchored"),
        (csr_array(counts), "tfidf"),
        (csr_array(counts > 0, dtype=np.float32), "tfidf"),
        (csr_array(counts / 2), "anchored"),
        (csr_array(-counts), "anchored"),
    ],
    ids=["dense", "sparse counts", "zeros and ones", "halves", "negative"],
)
def test_auto_knows_counts_by_being_sparse_and_whole(X, chosen):
    auto, named = fit_scaling("auto", X), fit_scaling(chosen, X)
    assert auto.name == chosen
    for part, array in named.arrays().items():
        assert_array_equal(auto.arrays()[part], array)


def rms(X):
    return np.sqrt(np.mean(np.square(dense(X), dtype=np.float64)))


@given(tables)
def test_anchored_has_root_mean_square_one(X):
    scaled = fit_scaling("anchored", X).apply(X)
    assert rms(scaled) == pytest.approx(float(varies(X).any()), abs=1e-5)
    assert not scaled[:, ~varies(X)].any()


@given(tables)
def test_anchored_places_zero_at_most_a_deviation_below_the_mean(X):
    """On the floor of a column that has one, in its lower half of one that has none."""
    fitted = fit_scaling("anchored", X)
    low, mean, deviation = X.min(axis=0), X.mean(axis=0, dtype=np.float64), X.std(axis=0)
    wanted = np.where(mean - low < deviation, low, mean - deviation)
    assert_allclose(fitted.shift, wanted, atol=1e-4)


@pytest.mark.parametrize(("n_rows", "below"), [(10_000, 1.0), (10_001, 0.0)])
def test_anchored_centres_columns_without_a_floor_where_rows_are_many(n_rows, below, rng):
    X = np.column_stack([rng.standard_normal(n_rows), rng.random(n_rows) < 0.3])
    fitted = fit_scaling("anchored", X)
    mean, deviation = X[:, 0].mean(), X[:, 0].std()
    assert fitted.shift[0] == pytest.approx(mean - below * deviation, abs=1e-9)
    assert fitted.shift[1] == 0


def test_anchored_does_not_amplify_a_column_that_is_rarely_off_its_constant(rng):
    """Planted: division by the deviation alone, which made a run diverge."""
    X = rng.random((1000, 10))
    X[:, 3] = 0
    X[17, 3] = 1
    scaled = fit_scaling("anchored", X).apply(X)
    assert np.abs(scaled[17, 3]) < 3 * np.abs(scaled[:, :3]).max()
    assert np.abs(fit_scaling("standard", X).apply(X)[17, 3]) > 30
    assert not np.delete(scaled[:, 3], 17).any()


def test_anchored_counts_zeros_of_sparse_rows_on_either_side():
    """Planted: the highest, or lowest, of what is stored, where zero is beyond it."""
    X = csr_array(np.float32([[0, 1], [4, 2], [5, 0], [0, 2]]))
    above, below = fit_scaling("anchored", X), fit_scaling("anchored", -X)
    deviation, span = X.toarray().std(axis=0), np.float64([5, 2])
    divisor = np.maximum(deviation, span * rms(deviation / span))
    for fitted in (above, below):
        assert_allclose(fitted.factor[0] / fitted.factor[1], divisor[1] / divisor[0], rtol=1e-6)


@pytest.mark.parametrize(("n_rows", "least"), [(10_000, 1.0), (10_001, 0.5)])
def test_anchored_divides_by_the_typical_deviation_at_least(n_rows, least, rng):
    X = rng.random((n_rows, 4)) * [1, 10, 1, 1]
    X[:, 2] = X[:, 2] < 1e-3  # rarely off its constant
    X[:, 3] = np.clip(X[:, 3], 0.3, 0.7) + (X[:, 3] > 0.999)  # less spread than typical, not rarely
    relative = X.std(axis=0) / (X.max(axis=0) - X.min(axis=0))
    typical = least * rms(relative)
    assert relative[2] < typical
    assert (relative[3] < typical) == (least == 1)
    divisor = np.maximum(relative, typical) * (X.max(axis=0) - X.min(axis=0))
    factor = fit_scaling("anchored", X).factor
    assert_allclose(factor * divisor, factor[0] * divisor[0], rtol=1e-6)


def test_anchored_leaves_zeros_of_sparse_rows(rng):
    X = np.where(rng.random((50, 4)) < 0.8, 0, rng.random((50, 4)))
    scaled = fit_scaling("anchored", csr_array(X)).apply(csr_array(X))
    assert isinstance(scaled, csr_array)
    assert_array_equal(scaled.toarray() == 0, X == 0)
    assert rms(scaled) == pytest.approx(1)


@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_tfidf_is_scikit_learns_times_one_factor(form, rng):
    X = rng.poisson(0.2, (60, 9)).astype(np.float32)
    X[3], X[:, 5] = 0, 0
    fitted = fit_scaling("tfidf", form(X[:40]))
    usual = TfidfTransformer(sublinear_tf=True).fit(X[:40])
    assert_allclose(fitted.idf, usual.idf_)
    want = usual.transform(X).toarray()
    factor = 1 / rms(want[:40])
    assert_allclose(fitted.apply(form(X)).toarray(), factor * want, rtol=1e-6)
    assert rms(fitted.apply(form(X[:40]))) == pytest.approx(1)


def test_tfidf_is_for_counts():
    with pytest.raises(InvalidParameterError, match=r"another than 'tfidf' .* negative values"):
        fit_scaling("tfidf", csr_array(-counts))


def test_numbers_are_scaled_in_float64():
    """Seconds since 1970, a minute apart: in float32 they are all the same."""
    X = 1.7e9 + np.array([[-60.0], [60.0], [30.0]])
    assert_allclose(fit_scaling("minmax", X).apply(X), [[0], [1], [0.75]])


def test_other_columns_are_refused():
    scaling = fit_scaling("minmax", np.eye(3, dtype=np.float32))
    with pytest.raises(InvalidDataError, match="fitted on 3 columns, got 2"):
        scaling.apply(np.ones((1, 2), np.float32))


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'minmax'"):
        fit_scaling("min-max", np.eye(2, dtype=np.float32))


AT_NOON = 1_700_000_000.0  # seconds; float32 holds every 128th


@pytest.mark.parametrize("name", ["none", "std"])
@pytest.mark.parametrize("form", [np.asarray, csr_array])
def test_columns_that_float32_rounds_away_are_found(name, form, rng):
    """Planted mistake: whole numbers are taken to be safe."""
    X = rng.normal(size=(50, 4))
    X[:, 1] = AT_NOON + 60 * X[:, 1]
    X[:, 2] = 2**30 + 128 * np.arange(50)  # large, and held exactly
    X[:, 3] = AT_NOON
    rows = form(X)
    assert 1 in rounded_away(fit_scaling(name, rows), rows)
    assert not {0, 3} & set(rounded_away(fit_scaling(name, rows), rows))
    if name == "none":
        assert rounded_away(fit_scaling(name, rows), rows) == [1]
    assert rounded_away(fit_scaling(name, rows), form(X.astype(np.float32))) == []


@pytest.mark.parametrize("name", ["anchored", "minmax", "standard"])
def test_what_is_centred_is_not_rounded_away(name, rng):
    X = AT_NOON + 60 * rng.normal(size=(50, 2))
    scaling = fit_scaling(name, X)
    assert rounded_away(scaling, X) == []
    scaled = scaling.apply(X).astype(np.float64)
    assert np.corrcoef(scaled[:, 0], X[:, 0])[0, 1] > 1 - 1e-6
