"""Which rows are set aside for validation, and how weights count."""

from __future__ import annotations

import numpy as np
import pytest
from easy_table import X, assert_same_fit, classifier, y
from sklearn.model_selection import (
    KFold,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedShuffleSplit,
)

from ctre.errors import InvalidDataError, InvalidParameterError
from ctre.estimators.inputs import seed_sequence, split_rows

SEED = seed_sequence(0)


def split(labels, fraction=0.1, splitter=None, sample_weight=None, seed=SEED):
    train, validation = split_rows(
        len(labels), np.asarray(labels), sample_weight, fraction, splitter, seed
    )
    assert train.dtype == validation.dtype == np.int32
    return train, validation


@pytest.mark.parametrize(
    ("n", "fraction", "n_validation"),
    [(100, 0.1, 10), (100, 0.0, 0), (10, 0.1, 1), (9, 0.05, 0), (4, 0.1, 0), (3, 0.5, 2)],
)
def test_the_fraction_is_rounded_and_no_row_is_lost(n, fraction, n_validation):
    train, validation = split(np.arange(n) % 2, fraction)
    assert len(validation) == n_validation
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(n))


def test_classes_keep_their_shares():
    """Planted: a plain shuffle."""
    labels = np.repeat([0, 1, 2], [800, 150, 50])
    _, validation = split(labels, 0.2)
    assert np.bincount(labels[validation]).tolist() == [160, 30, 10]


@pytest.mark.parametrize(
    "labels",
    [[0, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]],
    ids=["a class of one row", "more classes than validation rows"],
)
def test_classes_too_small_to_share_are_shuffled_plainly(labels):
    train, validation = split(labels, 0.3)
    assert len(validation) == 3
    assert len(np.union1d(train, validation)) == 10


def test_the_seed_draws_the_rows():
    labels = np.arange(100) % 2
    _, first = split(labels)
    _, again = split(labels)
    _, other = split(labels, seed=seed_sequence(1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(np.sort(first), np.sort(other))


@pytest.mark.parametrize(
    "splitter",
    [
        KFold(4),
        ShuffleSplit(2, test_size=0.3, random_state=1),
        StratifiedShuffleSplit(2, test_size=0.3, random_state=1),
        PredefinedSplit(np.repeat([-1, 0, 1], [50, 20, 30])),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_a_splitter_sets_its_first_split_aside(splitter):
    labels = np.arange(100) % 3
    train, validation = split(labels, 0.9, splitter)
    wanted = next(iter(splitter.split(np.zeros((100, 1)), labels)))
    np.testing.assert_array_equal(train, wanted[0])
    np.testing.assert_array_equal(validation, wanted[1])


def test_a_splitter_without_a_split_is_refused():
    with pytest.raises(InvalidParameterError, match="validation_split must give a split, got Pred"):
        classifier(validation_split=PredefinedSplit(np.full(300, -1))).fit(X, y)


@pytest.mark.parametrize(
    "options",
    [
        {"validation_fraction": 0.9},
        {"validation_split": PredefinedSplit([0, 0])},
    ],
    ids=["fraction", "splitter"],
)
def test_something_must_be_left_to_train_on(options):
    with pytest.raises(
        InvalidDataError,
        match="X must have rows left to train on, got 2 rows of which 2 are set aside for valid",
    ):
        classifier(**options).fit(X[:2], [0, 1])


# Weights


def test_equal_weights_change_nothing():
    assert_same_fit(classifier().fit(X, y), classifier().fit(X, y, np.ones(300)))


def test_weights_change_the_fit():
    heavy = np.where(y == 0, 20.0, 1.0)
    plain, weighted = classifier().fit(X, y), classifier().fit(X, y, heavy)
    assert (weighted.predict(X) == 0).sum() > (plain.predict(X) == 0).sum()


def test_only_the_ratio_of_weights_matters():
    weight = np.random.default_rng(0).integers(1, 5, 300)
    assert_same_fit(classifier().fit(X, y, weight), classifier().fit(X, y, 1024 * weight))


@pytest.mark.parametrize("method", ["ctre-sim", "rigl", "snip", "magnitude"])
@pytest.mark.parametrize("fraction", [0.1, 0.0])
def test_a_row_of_weight_zero_is_as_good_as_absent(method, fraction):
    """Bit for bit, with the validation rows drawn from what is left."""
    weight = np.random.default_rng(0).integers(0, 3, 300).astype(float)
    options = {"method": method, "validation_fraction": fraction, "similarity_samples": 50}
    present = weight > 0
    without = classifier(**options).fit(X[present], y[present], weight[present])
    assert_same_fit(classifier(**options).fit(X, y, weight), without)


def test_rows_of_weight_zero_are_no_validation_rows():
    """Planted: an average over weights that are all zero."""
    weight = np.repeat([1.0, 0.0], [270, 30])
    rows = PredefinedSplit(np.repeat([-1, 0], [260, 40]))
    model = classifier(validation_split=rows, max_iter=2).fit(X, y, weight)
    assert model.best_validation_score_ == model.score(X[260:270], y[260:270])
    weight = np.repeat([1.0, 0.0], [260, 40])
    model = classifier(validation_split=rows, max_iter=2).fit(X, y, weight)
    assert model.best_validation_score_ is None


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        (np.where(y == 1, 1.0, 0.0), "only one class: 1. Rows of weight 0 do not count."),
        (np.full(300, -1.0), "Negative values in data passed to `sample_weight`"),
        (np.full(300, np.nan), "Input sample_weight contains NaN"),
        (np.ones(299), r"sample_weight.shape == \(299,\), expected \(300,\)"),
    ],
)
def test_weights_that_cannot_be_are_refused(weight, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(X, y, weight)


def test_weights_that_are_all_zero_are_refused():
    with pytest.raises(ValueError, match=r"must weigh at least one row|at least one non-zero"):
        classifier().fit(X, y, np.zeros(300))
