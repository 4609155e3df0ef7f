"""In scikit-learn's company."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from easy_table import X, assert_same_fit, classifier, names, y
from sklearn.base import clone
from sklearn.feature_selection import SelectFromModel
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from ctre import SparseMLPClassifier, SparseMLPRegressor

REPEATED_ROWS = "a batch of repeated rows is not the batch of one row of more weight"
UNEQUAL = {
    "check_sample_weight_equivalence_on_dense_data": REPEATED_ROWS,
    "check_sample_weight_equivalence_on_sparse_data": REPEATED_ROWS,
}


SIZE = {"hidden_layer_sizes": (30,), "epsilon": 3, "max_iter": 50, "n_threads": 1}


@parametrize_with_checks(
    [SparseMLPClassifier(**SIZE), SparseMLPRegressor(**SIZE)],
    expected_failed_checks=lambda _: UNEQUAL,
)
def test_what_scikit_learn_asks_of_an_estimator(estimator, check):
    check(estimator)


def test_a_pipeline_with_a_scaler():
    model = make_pipeline(StandardScaler(), classifier())
    assert model.fit(1000 * X + 7, names).score(1000 * X + 7, names) > 0.8
    assert model.predict_proba(1000 * X + 7).shape == (300, 3)


def test_cross_validation():
    scores = cross_val_score(classifier(max_iter=30), X, names, cv=3)
    assert scores.min() > 0.8


def test_a_search_over_methods():
    methods = ["set", "ctre-sim"]
    search = GridSearchCV(classifier(max_iter=3), {"method": methods}, cv=2).fit(X, y)
    alone = [
        cross_val_score(classifier(max_iter=3, method=method), X, y, cv=2).mean()
        for method in methods
    ]
    assert alone[0] != alone[1]
    assert search.cv_results_["mean_test_score"].tolist() == alone
    assert search.best_params_ == {"method": methods[np.argmax(alone)]}


def test_a_selection_of_columns():
    selected = SelectFromModel(classifier(max_iter=40), max_features=4, threshold=-np.inf)
    selected.fit(X[:, ::-1], y)  # of equal importances the first columns would be taken
    assert selected.get_support(indices=True).tolist() == [16, 17, 18, 19]


def test_parameters_are_read_and_set():
    model = classifier(density=None)
    assert model.get_params()["epsilon"] == 3
    model.set_params(epsilon=None, density=0.5)
    assert (model.epsilon, model.density) == (None, 0.5)
    with pytest.raises(ValueError, match="Invalid parameter 'zeta' for estimator"):
        model.set_params(zeta=0.3)


def test_a_clone_is_unfitted_and_fits_alike():
    model = classifier().fit(X, y)
    other = clone(model)
    assert not hasattr(other, "network_")
    assert_same_fit(model, other.fit(X, y))


@pytest.mark.parametrize("method", ["ctre-seq", "dense"])
@pytest.mark.parametrize(
    "duplicate", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy]
)
def test_a_pickle_and_a_copy_predict_alike(method, duplicate):
    model = classifier(method=method, max_iter=5).fit(X, names)
    other = duplicate(model)
    np.testing.assert_array_equal(other.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    assert list(other.history_) == list(model.history_)
    assert other.n_connections_ == model.n_connections_
    if method != "dense":
        with pytest.raises(ValueError, match="read-only"):
            other.network_.layers[0].topology.indices[0] = 0


def test_a_pickle_holds_no_more_than_the_model():
    """Weights, biases and indices: 8 bytes a connection, not the optimizer's memory."""
    options = {"hidden_layer_sizes": (300, 300), "epsilon": 20, "validation_fraction": 0.0}
    model = classifier(max_iter=2, **options).fit(X, y)
    size = len(pickle.dumps(model.network_))
    assert size < 8 * model.n_connections_ + 8 * 643 + 3000


def test_fitting_again_starts_anew():
    model = classifier(max_iter=3).fit(X[:, :5], names)
    assert_same_fit(model.fit(X, y), classifier(max_iter=3).fit(X, y))
    assert model.n_features_in_ == 20
    assert model.classes_.tolist() == [0, 1, 2]
    assert model.n_iter_ == 3
