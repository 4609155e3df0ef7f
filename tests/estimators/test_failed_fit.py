"""A fit that does not end well leaves the estimator as it was."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from easy_table import X, classifier, names, y

from ctre.errors import TrainingDivergedError
from ctre.training import Callback


class Interrupt(Callback):
    def on_epoch_end(self, state):  # noqa: ARG002
        raise KeyboardInterrupt


def state_of(model):
    return {name: value for name, value in vars(model).items() if name.endswith("_")}


@pytest.mark.parametrize(
    ("options", "failure"),
    [
        ({"learning_rate_init": 1e10}, TrainingDivergedError),
        ({"callbacks": (Interrupt(),)}, KeyboardInterrupt),
        ({"batch_size": -1}, ValueError),
    ],
    ids=["diverged", "interrupted", "refused"],
)
def test_the_old_network_keeps_its_own_labels(options, failure):
    """Planted: the new labels over the old network, which answered 2.7 % right, in silence."""
    model = classifier(max_iter=10).fit(pd.DataFrame(X, columns=[*"abcdefghijklmnopqrst"]), names)
    frame = pd.DataFrame(X, columns=[*"abcdefghijklmnopqrst"])
    before, predicted = state_of(model), model.predict(frame)
    model.set_params(**options)
    with pytest.raises(failure):
        model.fit(X[:, :5], y + 100)
    assert state_of(model) == before
    np.testing.assert_array_equal(model.predict(frame), predicted)


def test_an_estimator_whose_first_fit_fails_is_not_fitted():
    model = classifier(learning_rate_init=1e10)
    with pytest.raises(TrainingDivergedError):
        model.fit(X, y)
    assert state_of(model) == {}


def test_names_of_an_earlier_fit_are_forgotten():
    """Planted: names that stay when an array without any is fitted."""
    model = classifier(max_iter=2)
    model.fit(pd.DataFrame(X, columns=[*"abcdefghijklmnopqrst"]), y)
    assert model.feature_names_in_[0] == "a"
    model.fit(X, y)
    assert not hasattr(model, "feature_names_in_")


def test_scaling_is_learned_from_the_training_rows_alone():
    """Planted: the rows set aside for validation are looked at. They are far out."""
    from sklearn.model_selection import PredefinedSplit

    is_aside = np.arange(300) % 10 == 0
    rows = np.where(is_aside[:, None], 1000, X)
    split = PredefinedSplit(np.where(is_aside, 0, -1))
    model = classifier(scaling="minmax", validation_split=split, max_iter=1)
    model.fit(rows, y)
    low, high = X[~is_aside].min(axis=0), X[~is_aside].max(axis=0)
    np.testing.assert_allclose(model.scaling_.shift, low)
    np.testing.assert_allclose(model.scaling_.factor, 1 / (high - low), rtol=1e-6)


def test_prediction_scales_as_fit_did():
    scaled = classifier(scaling="standard", max_iter=15).fit(X * 100 + 7, y)
    assert scaled.score(X * 100 + 7, y) > 0.8
    by_hand = scaled.scaling_.apply(np.float64(X * 100 + 7))
    np.testing.assert_array_equal(
        scaled.network_.outputs(by_hand), scaled.predict_proba(X * 100 + 7)
    )


def test_a_column_that_does_not_fit_in_float32_is_named():
    rows = np.float64(X)
    rows[5, 3] = 1e200
    with pytest.raises(ValueError, match=r"fit in float32 once it is scaled, but column 3 \(from"):
        classifier(scaling="std", max_iter=1).fit(X, y).predict(rows)
