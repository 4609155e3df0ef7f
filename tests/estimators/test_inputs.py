"""What users hand in."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from easy_table import X, assert_same_fit, classifier, names, y
from numpy.testing import assert_array_equal
from scipy import sparse
from test_regressor import SIGNAL, regressor

from ctre.errors import InvalidDataError


@pytest.mark.parametrize(
    "labels",
    [
        names,
        names.astype(object),
        names.tolist(),
        pd.Series(names, dtype="category"),
        y,
        y - 1,
        y.astype(float),
        y.astype(np.uint8),
    ],
    ids=["str", "object", "list", "category", "int", "negative", "float", "uint8"],
)
def test_labels_of_any_type_come_back(labels):
    model = classifier(max_iter=10).fit(X, labels)
    assert_array_equal(model.classes_, np.unique(np.asarray(labels)))
    predicted = model.predict(X)
    assert predicted.dtype == model.classes_.dtype
    assert np.mean(predicted == np.asarray(labels)) > 0.8
    assert_same_fit(model, classifier(max_iter=10).fit(X, y))


def test_two_classes_are_two_outputs():
    model = classifier().fit(X, y > 0)
    assert model.classes_.tolist() == [False, True]
    assert model.predict_proba(X).shape == (300, 2)
    assert model.score(X, y > 0) > 0.8


@pytest.mark.parametrize(
    "form",
    [
        np.asfortranarray,
        np.float64,
        lambda rows: np.repeat(rows, 2, axis=0)[::2],
        np.ndarray.tolist,
        pd.DataFrame,
    ],
    ids=["fortran", "float64", "strided", "list", "frame"],
)
def test_the_form_of_dense_rows_decides_nothing(form):
    model = classifier(max_iter=3).fit(X, y)
    other = classifier(max_iter=3).fit(form(X), y)
    assert_same_fit(model, other)
    assert_array_equal(model.predict_proba(X), other.predict_proba(form(X)))


thinned = np.where(np.abs(X) < 0.8, 0, X)


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_sparse_rows_mean_the_same_as_dense_ones(form, kind):
    rows = getattr(sparse, f"{form}_{kind}")(thinned)
    model, dense = classifier().fit(rows, y), classifier().fit(thinned, y)
    np.testing.assert_allclose(
        model.history_.column("train_loss"), dense.history_.column("train_loss"), rtol=1e-4
    )
    np.testing.assert_allclose(
        model.predict_proba(rows), dense.predict_proba(thinned), rtol=1e-3, atol=1e-5
    )
    np.testing.assert_allclose(
        model.predict_proba(rows), model.predict_proba(thinned), rtol=1e-5, atol=1e-6
    )


def unsorted(rows):
    """Give the same matrix with each row's entries backwards, and one entry split in two."""
    data, indices, indptr = [], [], [0]
    for row in range(rows.shape[0]):
        some = slice(rows.indptr[row], rows.indptr[row + 1])
        data += rows.data[some][::-1].tolist()
        indices += rows.indices[some][::-1].tolist()
        if row == 0:
            data[-1] -= 0.5
            data.append(0.5)
            indices.append(indices[-1])
        indptr.append(len(data))
    return sparse.csr_array((np.float32(data), indices, indptr), shape=rows.shape)


def with_wide_indices(rows):
    wide = rows.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    return wide


@pytest.mark.parametrize("strange", [unsorted, with_wide_indices])
def test_strange_sparse_rows_are_read_and_left_as_they_are(strange):
    plain = sparse.csr_array(thinned)
    rows = strange(plain)
    before = [part.copy() for part in (rows.data, rows.indices, rows.indptr)]
    model = classifier(max_iter=3).fit(rows, y)
    for part, was in zip((rows.data, rows.indices, rows.indptr), before, strict=True):
        assert_array_equal(part, was)
    np.testing.assert_allclose(
        model.predict_proba(rows),
        classifier(max_iter=3).fit(plain, y).predict_proba(plain),
        rtol=1e-5,
    )


def test_nothing_that_was_handed_in_is_changed():
    rows, labels, weight = X.copy(), y.copy(), np.ones(300, np.float32)
    for array in (rows, labels, weight):
        array.setflags(write=False)
    model = classifier(max_iter=3).fit(rows, labels, weight, X_val=rows, y_val=labels)
    model.predict_proba(rows)
    assert_array_equal(rows, X)


def test_the_columns_of_a_frame_are_remembered():
    frame = pd.DataFrame(X, columns=[f"gene {number}" for number in range(20)])
    model = classifier(max_iter=3).fit(frame, names)
    assert model.n_features_in_ == 20
    assert model.feature_names_in_[3] == "gene 3"
    with pytest.raises(ValueError, match="feature names should match those that were passed"):
        model.predict(frame.rename(columns={"gene 3": "gene three"}))
    with pytest.raises(ValueError, match="feature names should match those that were passed"):
        model.predict(frame.iloc[:, 1:])


@pytest.mark.parametrize("rows", [X[:, 1:], sparse.csr_array(X[:, 1:])], ids=["dense", "sparse"])
def test_the_number_of_columns_is_remembered(rows):
    with pytest.raises(ValueError, match="X has 19 features, but SparseMLPClassifier is expecting"):
        classifier(max_iter=1).fit(X, y).predict(rows)


@pytest.mark.parametrize("n_rows", [2, 3, 10])
def test_few_rows_are_enough(n_rows):
    labels = np.arange(n_rows) % 2
    model = classifier(max_iter=2).fit(X[:n_rows], labels)
    assert model.predict(X[:n_rows]).shape == (n_rows,)


def test_one_column_is_enough():
    assert classifier(max_iter=2).fit(X[:, :1], y).predict_proba(X[:, :1]).shape == (300, 3)


def test_a_class_may_have_a_single_row():
    labels = np.append(names[:-1], "dog")
    model = classifier(max_iter=2).fit(X, labels)
    assert model.classes_.tolist() == ["ant", "bee", "cat", "dog"]


def test_a_prediction_of_one_row_is_that_of_the_row_among_many():
    model = classifier(max_iter=3).fit(X, y)
    np.testing.assert_allclose(
        model.predict_proba(X[7:8]), model.predict_proba(X)[7:8], rtol=1e-5, atol=1e-7
    )


@pytest.mark.parametrize("labels", [["a"] * 300, [1] * 300])
def test_one_class_is_not_enough(labels):
    with pytest.raises(InvalidDataError, match=r"at least two classes, got only one class: '?[a1]"):
        classifier().fit(X, labels)


def poisoned(value):
    rows = np.float64(X)
    rows[5, 3] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        (poisoned(np.nan), y, "Input X contains NaN"),
        (poisoned(np.inf), y, "Input X contains infinity or a value too large"),
        (sparse.csr_array(poisoned(np.nan)), y, "Input X contains NaN"),
        (X, np.where(y == 0, np.nan, y), "Input y contains NaN"),
        (X, X[:, 0], "Unknown label type: continuous"),
        (X[:0], y[:0], r"Found array with 0 sample\(s\)"),
        (X[:, :0], y, r"Found array with 0 feature\(s\)"),
        (X[:10], y, "inconsistent numbers of samples"),
        (X[0], y, "Expected 2D array, got 1D array"),
        (np.full((300, 2), "a"), y, "could not convert string to float"),
    ],
)
def test_data_that_cannot_be_trained_on_are_refused(rows, labels, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(rows, labels)


def test_validation_rows_that_are_given_must_have_known_labels():
    with pytest.raises(InvalidDataError, match="classes that were trained on, got 'dog', whi"):
        classifier().fit(X, names, X_val=X[:2], y_val=["ant", "dog"])


def test_validation_rows_must_have_the_same_columns():
    with pytest.raises(ValueError, match="X has 3 features, but SparseMLPClassifier is expecting"):
        classifier().fit(X, names, X_val=X[:2, :3], y_val=names[:2])


SECONDS = np.column_stack([X[:, 0], 1_700_000_000 + 30 * X[:, 1].astype(float)])


def test_columns_whose_differences_are_lost_are_named():
    with pytest.warns(UserWarning, match=r"column 1 \(from 0\), which scaling='none' leaves far"):
        classifier(max_iter=1, learning_rate_init=1e-30).fit(SECONDS, y)
    frame = pd.DataFrame(SECONDS, columns=["speed", "seconds"])
    with pytest.warns(UserWarning, match="column 'seconds', which scaling='none'"):
        classifier(max_iter=1, learning_rate_init=1e-30).fit(frame, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier(max_iter=1, scaling="auto").fit(SECONDS, y)
        classifier(max_iter=1).fit(SECONDS - [0, 1_700_000_000], y)


GAP = np.where(np.arange(300) == 7, np.nan, X[:, 0])
WRONG_CALLS = {
    "rows without targets": (lambda: regressor().fit(X, SIGNAL, X_val=X), "given together"),
    "targets without rows": (lambda: regressor().fit(X, SIGNAL, y_val=y), "got only y_val"),
    "gaps in targets": (lambda: regressor().fit(X, GAP), "y contains NaN"),
    "gaps in classes": (lambda: classifier().fit(X, np.where(y == 1, np.nan, y)), "contains NaN"),
    "gaps in y_val": (lambda: regressor().fit(X, SIGNAL, X_val=X, y_val=GAP), "contains NaN"),
    "gaps in X_val": (
        lambda: regressor().fit(X, SIGNAL, X_val=np.full_like(X, np.nan), y_val=SIGNAL),
        "X contains NaN",
    ),
    "X_val and y_val differ": (
        lambda: regressor().fit(X, SIGNAL, X_val=X, y_val=SIGNAL[:9]),
        "inconsistent numbers of samples",
    ),
    "words": (lambda: regressor().fit(X, names), "y must hold numbers, got '.*SparseMLPClassifier"),
    "words as objects": (lambda: regressor().fit(X, names.astype(object)), "y must hold numbers"),
    "numbers as words": (lambda: regressor().fit(X, y.astype(str)), "y must hold numbers, got '"),
    "three dimensions": (lambda: regressor().fit(X, np.zeros((300, 2, 2))), "dim 3"),
    "classes in three": (lambda: classifier().fit(X, np.zeros((300, 2, 2), int)), "dim 3"),
    "nothing": (lambda: regressor().fit([], []), "2D array"),
    "no targets": (lambda: classifier().fit(X, None), "requires y to be passed"),
    "measurements": (lambda: classifier().fit(X, SIGNAL), "Unknown label type: continuous"),
    "a number as a callback": (
        lambda: regressor(callbacks=[3]).fit(X, SIGNAL),
        r"callbacks must be a list or tuple of ctre.training.Callback, got \[3\]",
    ),
    "a function as callbacks": (
        lambda: regressor(callbacks=print).fit(X, SIGNAL),
        "callbacks must",
    ),
    "a folder": (
        lambda: regressor().fit(X, SIGNAL, checkpoint="kept"),
        "checkpoint must be a ctre.Checkpoint, or None, got 'kept'",
    ),
    "no class weighs": (
        lambda: classifier(class_weight=dict.fromkeys(range(3), 0)).fit(X, y),
        "class_weight its class, got zeros",
    ),
    "classes of no column": (
        lambda: classifier().partial_fit(X, np.column_stack([y, y]), classes=[[0, 1, 2]]),
        "classes must be 2 lists of labels",
    ),
    "a single class": (
        lambda: classifier().partial_fit(X, y, classes=3),
        "classes must be a list of labels, those of each column of y, got 3",
    ),
}


@pytest.mark.parametrize("case", WRONG_CALLS)
def test_wrong_calls_are_refused_by_name(case):
    call, words = WRONG_CALLS[case]
    with pytest.raises(ValueError, match=words):
        call()
