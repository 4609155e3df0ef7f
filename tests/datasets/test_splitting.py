from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array

from ctre.datasets import Dataset, split
from ctre.errors import InvalidDataError, InvalidParameterError


def dataset(y, *, sparse=False):
    X = np.arange(len(y), dtype=np.float32)[:, None]
    return Dataset("a", csr_array(X) if sparse else X, np.array(y))


def test_every_row_is_on_one_side_with_its_label():
    y = np.arange(50) % 3
    parts = split(dataset(y), 0.2, 7)
    rows = np.vstack([parts.X_train, parts.X_test]).ravel().astype(int)
    assert_array_equal(np.sort(rows), np.arange(50))
    assert_array_equal(np.concatenate([parts.y_train, parts.y_test]), y[rows])
    assert len(parts.y_test) == 10


def test_shares_of_the_classes_are_kept():
    parts = split(dataset([0] * 90 + [1] * 10), 0.2, 0)
    assert_array_equal(np.bincount(parts.y_test), [18, 2])


def test_without_strata_shares_are_left_to_chance():
    counts = {
        np.count_nonzero(split(dataset([0] * 90 + [1] * 10), 0.2, seed, stratify=False).y_test)
        for seed in range(10)
    }
    assert len(counts) > 1


def test_a_seed_is_a_split():
    y = np.arange(50) % 2
    first, again, other = (split(dataset(y), 0.2, seed).X_test for seed in (1, 1, 2))
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_rest_of_the_record_is_kept():
    whole = Dataset("a", np.eye(10, dtype=np.float32), np.arange(10) % 2, paper_scale="std")
    assert split(whole).paper_scale == "std"
    assert whole.X_test is None


def test_sparse_rows_stay_sparse():
    parts = split(dataset(np.arange(20) % 2, sparse=True))
    assert isinstance(parts.X_train, csr_array)
    assert isinstance(parts.X_test, csr_array)


def test_text_is_stratified_and_measurements_are_not():
    assert set(split(dataset(["a", "b"] * 5), 0.2, 0).y_test) == {"a", "b"}
    assert len(split(dataset(np.linspace(0, 1, 10)), 0.2, 0).y_test) == 2


@pytest.mark.parametrize("test_fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_outside_the_unit_range_is_refused(test_fraction):
    with pytest.raises(InvalidParameterError, match=r"test_fraction must be in \(0, 1\)"):
        split(dataset([0, 1] * 5), test_fraction)


def test_what_has_test_rows_is_refused():
    parts = split(dataset([0, 1] * 5))
    with pytest.raises(InvalidParameterError, match="has test rows already"):
        split(parts)


def test_a_class_of_one_row_is_trained_on_and_named():
    with pytest.warns(UserWarning, match="A single row has the label rare"):
        parts = split(dataset(["a", "a", "a", "b", "b", "rare"]), 0.4)
    assert "rare" in parts.y_train
    assert "rare" not in parts.y_test
    assert len(parts.y_train) + len(parts.y_test) == 6


def test_labels_of_one_row_each_leave_nothing_to_test_on():
    with pytest.raises(InvalidDataError, match="Every one of the 40 classes has a single row"):
        split(dataset(np.arange(40)))


def test_rare_classes_are_trained_on_beside_large_ones():
    labels = np.concatenate([np.arange(16), np.arange(16, 30).repeat(20)])
    with pytest.warns(UserWarning, match="has the label 0, 1, 2, 3, 4 and 11 more labels: it is"):
        parts = split(dataset(labels))
    assert set(range(16)) <= set(parts.y_train.tolist())
    assert set(parts.y_test.tolist()) == set(range(16, 30))
    labels = np.append(np.arange(56), [56, 56, 57, 57])
    with (
        pytest.warns(UserWarning, match="and 51 more labels"),
        pytest.raises(InvalidDataError, match=r"4 rows of 2 classes, beside 56 .* single row, can"),
    ):
        split(dataset(labels))


@pytest.mark.parametrize("test_fraction", [0.1, 0.9])
def test_too_few_rows_for_the_classes_are_refused(test_fraction):
    with pytest.raises(InvalidDataError, match="10 rows of 5 classes"):
        split(dataset(np.arange(10) % 5), test_fraction)
