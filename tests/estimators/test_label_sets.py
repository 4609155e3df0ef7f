"""Several labels at once: targets (n_rows, n_labels) of 0 and 1."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from easy_table import X, assert_same_fit, classifier
from scipy import sparse
from scipy.special import expit
from sklearn.metrics import accuracy_score
from sklearn.model_selection import PredefinedSplit

Y = np.column_stack([X[:, 0] > 0, X[:, 1] > 0.5, X[:, 0] + X[:, 2] > 0]).astype(int)


@pytest.fixture(scope="module")
def model():
    return classifier(max_iter=40).fit(X, Y)


def test_it_learns_every_label(model):
    assert (np.mean(model.predict(X) == Y, axis=0) > 0.9).all()
    assert model.score(X, Y) == accuracy_score(Y, model.predict(X)) > 0.8


def test_every_label_has_its_own_probability(model):
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (300, 3)
    np.testing.assert_allclose(probabilities, expit(model.network_.scores(X)), rtol=1e-6)
    np.testing.assert_array_equal(model.predict(X), (probabilities > 0.5).astype(int))
    assert not np.allclose(probabilities.sum(axis=1), 1)


def test_labels_are_numbered(model):
    assert model.classes_.tolist() == [0, 1, 2]


def test_rows_aside_choose_by_subset_accuracy():
    aside = np.arange(300) % 5 == 0
    split = PredefinedSplit(np.where(aside, 0, -1))
    model = classifier(validation_split=split).fit(X, Y)
    assert model.best_validation_score_ == model.score(X[aside], Y[aside])


@pytest.mark.parametrize(
    "form", [np.ndarray.tolist, pd.DataFrame, np.asfortranarray, sparse.csr_array, np.float64]
)
def test_the_form_of_the_targets_decides_nothing(form):
    assert_same_fit(classifier(max_iter=2).fit(X, Y), classifier(max_iter=2).fit(X, form(Y)))


@pytest.mark.parametrize("method", ["rigl", "snip", "ctre-seq", "dense"])
def test_methods_that_look_at_errors_see_those_of_the_labels(method):
    assert classifier(method=method, max_iter=40).fit(X, Y).score(X, Y) > 0.6
