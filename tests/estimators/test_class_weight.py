"""Weights of classes, and their product with those of rows."""

from __future__ import annotations

import numpy as np
import pytest
from easy_table import X, assert_same_fit, classifier, names, y

from ctre import SparseMLPRegressor
from ctre.errors import InvalidParameterError

WEIGHT = np.random.default_rng(0).integers(0, 4, 300).astype(float)
RARE = np.concatenate([np.flatnonzero(y != 2), np.flatnonzero(y == 2)[:10]])


@pytest.mark.parametrize("sample_weight", [None, WEIGHT])
def test_weights_are_multiplied(sample_weight):
    table = {"ant": 1, "bee": 8, "cat": 0.5}
    rows = np.array([table[name] for name in names])
    product = rows if sample_weight is None else rows * sample_weight
    assert_same_fit(
        classifier(class_weight=table, max_iter=3).fit(X, names, sample_weight),
        classifier(max_iter=3).fit(X, names, product),
    )


def test_balanced_is_by_the_inverse_of_a_class_s_share():
    """Of the rows that weigh anything. Planted: all rows counted."""
    weight = np.where(np.arange(300) % 7 == 0, 0, WEIGHT)
    counts = np.bincount(y[weight > 0])
    by_hand = weight * (weight > 0).sum() / (3 * counts[y])
    assert_same_fit(
        classifier(class_weight="balanced", max_iter=3).fit(X, y, weight),
        classifier(max_iter=3).fit(X, y, by_hand),
    )


def test_balanced_finds_more_of_a_rare_class():
    plain = classifier(max_iter=25).fit(X[RARE], y[RARE])
    balanced = classifier(max_iter=25, class_weight="balanced").fit(X[RARE], y[RARE])
    assert np.mean(balanced.predict(X[y == 2]) == 2) > np.mean(plain.predict(X[y == 2]) == 2)


def test_columns_have_weights_of_their_own():
    Y = np.column_stack([names, np.where(X[:, 0] > 0, "r", "l")])
    tables = [{"ant": 1, "bee": 8, "cat": 0.5}, {"l": 3, "r": 1}]
    product = [tables[0][a] * tables[1][b] for a, b in Y]
    assert_same_fit(
        classifier(class_weight=tables, max_iter=3).fit(X, Y),
        classifier(max_iter=3).fit(X, Y, product),
    )


def test_a_class_that_does_not_occur_is_refused():
    with pytest.raises(InvalidParameterError, match="weigh classes that y has, got 'dog'"):
        classifier(class_weight={"dog": 2}).fit(X, names)


def test_numbers_have_no_classes_to_weigh():
    assert "class_weight" not in SparseMLPRegressor().get_params()
