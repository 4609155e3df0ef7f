"""Several columns of classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from easy_table import X, assert_same_fit, classifier, names, y
from sklearn.model_selection import PredefinedSplit

from ctre.errors import InvalidDataError

SIDE = np.where(X[:, 0] > 0, "right", "left")
Y = np.column_stack([names, SIDE])


@pytest.fixture(scope="module")
def model():
    return classifier(max_iter=40).fit(X, Y)


def test_it_learns_every_column(model):
    predicted = model.predict(X)
    assert predicted.shape == (300, 2)
    assert (np.mean(predicted == Y, axis=0) > 0.9).all()
    assert model.score(X, Y) == np.mean((predicted == Y).all(axis=1)) > 0.85


def test_a_score_may_be_weighted(model):
    wrong = (model.predict(X) != Y).any(axis=1)
    assert model.score(X, Y, wrong + 1e-300) == pytest.approx(0)


def test_the_classes_of_every_column_have_probabilities(model):
    assert [classes.tolist() for classes in model.classes_] == [
        ["ant", "bee", "cat"],
        ["left", "right"],
    ]
    logarithms = model.predict_log_proba(X)
    for number, own in enumerate(model.predict_proba(X)):
        np.testing.assert_allclose(own.sum(axis=1), 1)
        np.testing.assert_allclose(np.log(own), logarithms[number])
        best = model.classes_[number][own.argmax(axis=1)]
        np.testing.assert_array_equal(best, model.predict(X)[:, number])


def test_decisions_are_made_column_by_column(model):
    first, second = model.decision_function(X)
    assert (first.shape, second.shape) == ((300, 3), (300,))
    np.testing.assert_array_equal(second > 0, model.predict(X)[:, 1] == "right")


def test_rows_aside_choose_by_whole_rows():
    aside = np.arange(300) % 5 == 0
    split = PredefinedSplit(np.where(aside, 0, -1))
    model = classifier(validation_split=split).fit(X, Y)
    assert model.best_validation_score_ == model.score(X[aside], Y[aside])


@pytest.mark.parametrize(
    "columns",
    [np.column_stack([y, y > 0]), 1 + np.column_stack([y > 0, y > 1]), np.column_stack([-y, y])],
)
def test_numbers_other_than_0_and_1_are_classes(columns):
    """Planted: two values taken for a set of labels, whatever they are."""
    model = classifier(max_iter=2).fit(X, columns)
    assert set(np.unique(model.predict(X))) <= set(np.unique(columns))
    assert len(model.classes_) == 2


def test_a_frame_is_columns():
    frame = pd.DataFrame({"animal": names, "side": SIDE})
    assert_same_fit(classifier(max_iter=2).fit(X, Y), classifier(max_iter=2).fit(X, frame))


def test_a_column_of_one_class_is_refused():
    with pytest.raises(
        InvalidDataError, match=r"Column 1 \(from 0\) of y: y must hold at least tw"
    ):
        classifier().fit(X, np.column_stack([names, ["a"] * 300]))


def test_measurements_are_refused():
    with pytest.raises(ValueError, match="Unknown label type: continuous-multioutput"):
        classifier().fit(X, X[:, :2])
