"""Numbers as targets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from easy_table import X, assert_same_fit
from sklearn.metrics import r2_score
from sklearn.model_selection import PredefinedSplit

from ctre import SparseMLPRegressor

SIGNAL = X[:, 0] * 2 - np.abs(X[:, 1])
ASIDE = np.arange(300) % 5 == 0


def regressor(**options):
    settings = {
        "hidden_layer_sizes": (30, 20),
        "epsilon": 3,
        "batch_size": 20,
        "max_iter": 20,
        "random_state": 0,
    }
    return SparseMLPRegressor(**settings | options)


def test_it_learns_and_scores_by_r_squared():
    model = regressor(max_iter=60).fit(X[~ASIDE], SIGNAL[~ASIDE])
    score = model.score(X[ASIDE], SIGNAL[ASIDE])
    assert score > 0.9
    assert score == r2_score(SIGNAL[ASIDE], model.predict(X[ASIDE]))


@pytest.mark.parametrize("unit", [1e-12, 1000.0, 1e12])
def test_predictions_are_in_the_units_of_the_targets(unit):
    plain = regressor(max_iter=3).fit(X, SIGNAL)
    other = regressor(max_iter=3).fit(X, (SIGNAL + 5) * unit)
    np.testing.assert_allclose(other.predict(X), (plain.predict(X) + 5) * unit, rtol=1e-3)


@pytest.mark.parametrize("shape", [(300,), (300, 1), (300, 2)])
def test_predictions_have_the_shape_of_the_targets(shape):
    y = np.resize(SIGNAL, shape[::-1]).T
    model = regressor(max_iter=2).fit(X, y)
    assert model.predict(X).shape == shape
    assert model.predict(X).dtype == np.float64
    assert model.predict(X[:1]).shape == (1, *shape[1:])


def test_several_outputs_each_have_their_unit():
    y = np.column_stack([SIGNAL, 1000 * X[:, 2] + 5])
    model = regressor(max_iter=60).fit(X, y)
    assert (r2_score(y, model.predict(X), multioutput="raw_values") > 0.9).all()
    assert model.network_.layer_sizes[-1] == 2


def test_the_validation_score_is_r_squared_of_the_rows_aside():
    split = PredefinedSplit(np.where(ASIDE, 0, -1))
    model = regressor(validation_split=split).fit(X, 1e6 * SIGNAL)
    expected = r2_score(1e6 * SIGNAL[ASIDE], model.predict(X[ASIDE]))
    assert model.best_validation_score_ == pytest.approx(expected, rel=1e-5)
    assert model.history_[-1].train_accuracy is None


def test_targets_are_standardised_by_the_training_rows_alone():
    split = PredefinedSplit(np.where(ASIDE, 0, -1))
    y = np.where(ASIDE, 1e6, SIGNAL)
    model = regressor(validation_split=split, max_iter=1).fit(X, y)
    np.testing.assert_allclose(model.task_.shift, SIGNAL[~ASIDE].mean())
    np.testing.assert_allclose(model.task_.factor, SIGNAL[~ASIDE].std())


@pytest.mark.parametrize(
    "form",
    [
        list,
        pd.Series,
        np.float32,
        lambda y: y.astype(object),
        lambda y: pd.Series(y, dtype="Float64"),
    ],
)
def test_the_form_of_targets_decides_nothing(form):
    y = np.float64(np.float32(SIGNAL))
    assert_same_fit(regressor(max_iter=2).fit(X, y), regressor(max_iter=2).fit(X, form(y)))


def test_whole_numbers_are_numbers():
    model = regressor(max_iter=30).fit(X, np.rint(10 * SIGNAL).astype(int))
    assert model.score(X, 10 * SIGNAL) > 0.8


def test_targets_that_never_vary_are_predicted_as_they_are():
    model = regressor(max_iter=30).fit(X, np.full(300, 1e9))
    np.testing.assert_allclose(model.predict(X), 1e9, rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (np.where(SIGNAL > 2, np.nan, SIGNAL), "Input y contains NaN"),
        (np.full(300, np.inf), "Input y contains infinity"),
        (["a"] * 300, "must hold numbers, got 'a'"),
        (SIGNAL[:5], "inconsistent numbers of samples"),
        (np.zeros((300, 2, 2)), "Found array with dim 3"),
    ],
)
def test_targets_that_are_no_numbers_are_refused(y, words):
    with pytest.raises(ValueError, match=words):
        regressor().fit(X, y)
