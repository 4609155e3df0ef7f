"""What a fitted classifier offers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from easy_table import X, classifier, y
from scipy.sparse import csc_array
from sklearn.exceptions import NotFittedError

from ctre.methods import RECIPES

SIZES, COUNTS = (20, 30, 20, 3), (150, 150, 60)  # the last layer is full


@pytest.fixture(scope="module")
def model():
    return classifier(max_iter=30).fit(X, y)


def test_it_has_learned(model):
    assert model.score(X, y) > 0.9


def test_probabilities_are_float64_and_sum_to_one(model):
    probabilities = model.predict_proba(X)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-14)
    assert probabilities.min() >= 0
    np.testing.assert_array_equal(model.classes_[probabilities.argmax(axis=1)], model.predict(X))


def test_logarithms_of_probabilities_are_finite(model):
    far = 1e4 * X
    assert model.predict_proba(far).min() == 0
    assert np.isfinite(model.predict_log_proba(far)).all()
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(model.predict_proba(X)))


def test_decisions_are_the_scores(model):
    assert model.decision_function(X).dtype == np.float64
    np.testing.assert_array_equal(model.decision_function(X), model.network_.scores(X))


def test_the_decision_between_two_classes_is_their_log_odds():
    model = classifier(max_iter=3).fit(X, y > 0)
    odds = np.diff(model.predict_log_proba(X), axis=1)[:, 0]
    assert model.decision_function(X).shape == (300,)
    np.testing.assert_allclose(model.decision_function(X), odds, rtol=1e-9)


def test_weights_are_sparse_matrices_that_copy_nothing(model):
    assert [matrix.shape for matrix in model.coefs_] == list(pairwise(SIZES))
    assert [matrix.nnz for matrix in model.coefs_] == list(COUNTS)
    for matrix, layer in zip(model.coefs_, model.network_.layers, strict=True):
        assert isinstance(matrix, csc_array)
        assert matrix.dtype == np.float32
        assert np.shares_memory(matrix.data, layer.weights)
        assert np.shares_memory(matrix.indices, layer.topology.indices)
        assert np.shares_memory(matrix.indptr, layer.topology.indptr)


def test_biases_are_those_of_the_network(model):
    assert [biases.shape for biases in model.intercepts_] == [(30,), (20,), (3,)]
    for biases, layer in zip(model.intercepts_, model.network_.layers, strict=True):
        assert np.shares_memory(biases, layer.biases)


def test_weights_and_biases_are_the_whole_model(model):
    values = X
    for number, (matrix, biases) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        values = np.maximum(values, 0) if number else values
        values = values @ matrix + biases
    np.testing.assert_array_equal(model.classes_[values.argmax(axis=1)], model.predict(X))


def test_counts_and_density(model):
    assert model.n_connections_ == 360
    assert model.density_ == pytest.approx(360 / (600 + 600 + 60))
    assert model.n_iter_ == 30
    assert model.history_[model.best_epoch_ - 1] is model.history_.best
    assert model.best_validation_score_ == model.history_.best.validation_score
    assert model.n_threads_ >= 1
    assert model.similarity_samples_ == 128


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        ({"epsilon": 1}, (50, 50, 23)),
        ({"epsilon": 0.5}, (25, 25, 11)),
        ({"epsilon": 100}, (600, 600, 60)),
        ({"epsilon": None, "density": 0.1}, (60, 60, 6)),
        ({"epsilon": None, "density": 1.0}, (600, 600, 60)),
        ({"epsilon": None, "density": 1e-9}, (1, 1, 1)),
    ],
)
def test_epsilon_or_density_sets_the_number_of_connections(options, counts):
    model = classifier(max_iter=1, **options).fit(X, y)
    assert model.network_.n_connections == counts


@pytest.mark.parametrize(
    ("hidden", "sizes"),
    [(7, (20, 7, 3)), ((7,), (20, 7, 3)), ([7, 5], (20, 7, 5, 3)), ((), (20, 3))],
)
def test_hidden_layers(hidden, sizes):
    model = classifier(hidden_layer_sizes=hidden, max_iter=2).fit(X, y)
    assert model.network_.layer_sizes == sizes
    assert model.predict_proba(X).shape == (300, 3)


def test_importances_are_the_strengths_of_the_input_neurons(model):
    importances = model.feature_importances_
    assert importances.dtype == np.float64
    assert importances.sum() == pytest.approx(1)
    strengths = np.abs(model.coefs_[0].toarray()).sum(axis=1)
    np.testing.assert_allclose(importances, strengths / strengths.sum(), rtol=1e-6)


@pytest.mark.parametrize("method", ["ctre-seq", "ctre-sim", "set"])
def test_importances_find_the_columns_that_matter(method):
    model = classifier(method=method, max_iter=60).fit(X, y)
    best = np.argsort(model.feature_importances_)[-3:]
    assert set(best) <= {0, 1, 2, 3}


def test_importances_of_weights_that_are_all_zero_are_zero(model):
    model = classifier(max_iter=1).fit(X, y)
    model.network_.layers[0].weights[:] = 0
    np.testing.assert_array_equal(model.feature_importances_, np.zeros(20))


@pytest.mark.parametrize("method", [recipe.name for recipe in RECIPES])
def test_every_method_fits_and_offers_the_same(method):
    model = classifier(method=method, max_iter=5).fit(X, y)
    assert model.predict_proba(X).shape == (300, 3)
    assert [matrix.shape for matrix in model.coefs_] == list(pairwise(SIZES))
    assert 0 < model.density_ <= 1
    assert model.feature_importances_.sum() == pytest.approx(1)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "logistic", "identity"])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_every_activation_and_solver_learns(activation, solver):
    options = {"activation": activation, "solver": solver, "max_iter": 40}
    rate = 0.01 if solver == "adam" else 0.3 if activation == "logistic" else 0.05
    model = classifier(learning_rate_init=rate, **options).fit(X, y)
    assert model.score(X, y) > 0.8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weights_are_float32_whatever_the_rows_are(dtype):
    model = classifier(max_iter=1).fit(X.astype(dtype), y)
    assert {values.dtype for values in model.intercepts_} == {np.dtype("float32")}
    assert {matrix.dtype for matrix in model.coefs_} == {np.dtype("float32")}


def test_a_heavier_penalty_makes_lighter_weights():
    light, heavy = (
        classifier(alpha=alpha, method="static", validation_fraction=0.0).fit(X, y).coefs_
        for alpha in (0.0, 0.1)
    )
    for one, other in zip(light, heavy, strict=True):
        assert np.abs(one.data).mean() > 2 * np.abs(other.data).mean()


def test_before_fit_there_is_nothing():
    model = classifier()
    for ask in (model.predict, model.predict_proba):
        with pytest.raises(NotFittedError, match="This SparseMLPClassifier instance is not fitted"):
            ask(X)
    for name in ("coefs_", "density_", "feature_importances_", "n_iter_", "classes_"):
        assert not hasattr(model, name)


@pytest.mark.parametrize(
    ("verbose", "printed"),
    [(False, []), (0, []), (True, [1, 2, 3, 4]), (1, [1, 2, 3, 4]), (2, [2, 4])],
)
@pytest.mark.parametrize("fraction", [0.1, 0.0])
def test_verbose_prints_every_so_many_epochs(verbose, printed, fraction, capsys):
    model = classifier(max_iter=4, verbose=verbose, validation_fraction=fraction).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(printed)
    for line, epoch in zip(lines, printed, strict=True):
        record = model.history_[epoch - 1]
        want = f"Epoch {epoch}, loss = {record.train_loss:.6f}"
        if fraction:
            want += f", validation score = {record.validation_score:.4f}"
        assert line == want
