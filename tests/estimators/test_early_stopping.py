"""Which rows choose the epoch, and when training ends early: scikit-learn's meaning."""

from __future__ import annotations

import math

import numpy as np
import pytest
from easy_table import X, assert_same_fit, classifier, names, y
from test_regressor import SIGNAL, regressor

from ctre.errors import InvalidDataError, InvalidParameterError
from ctre.training import Plateau

ASIDE = np.arange(300) % 5 == 0
OURS, THEIRS = (X[~ASIDE], names[~ASIDE]), {"X_val": X[ASIDE], "y_val": names[ASIDE]}


def plateaus(scores, tol):
    plateau = Plateau()
    for score in scores:
        plateau.offer(score, (5,), tol)
        yield plateau.n_without


def test_what_counts_as_an_improvement():
    """Planted: the latest score instead of the best, and an improvement of exactly tol left out."""
    assert list(plateaus([0.5, 0.5, 0.3, 0.45, 0.6, 0.59, 0.7], 0.1)) == [0, 1, 2, 3, 0, 1, 0]
    assert list(plateaus([0.5, 0.75, 0.875], 0.25)) == [0, 0, 1]
    assert list(plateaus([0.5, 0.5], 0.0)) == [0, 0]
    assert list(plateaus([-3.0, -4.0, -2.0], 0.5)) == [0, 1, 0]


def test_networks_that_are_still_pruned_are_not_compared():
    plateau = Plateau()
    for n in (9, 8, 7):
        plateau.offer(0.1 * n, (n,), 0.0)
        assert plateau.n_without == 0


def test_early_stopping_sets_a_tenth_aside_and_keeps_the_best_epoch():
    stopped = classifier(
        validation_fraction=None, early_stopping=True, n_iter_no_change=3, max_iter=200
    ).fit(X, y)
    whole = classifier(validation_fraction=0.1, learning_rate="constant", max_iter=200)
    assert stopped.n_iter_ < 100
    scores = stopped.validation_scores_
    assert stopped.best_epoch_ == 1 + int(np.argmax(scores))
    assert stopped.best_validation_score_ == max(scores)
    assert list(plateaus(scores, 1e-4)).index(4) == stopped.n_iter_ - 1  # as scikit-learn counts
    assert whole.fit(X, y).n_iter_ == 200


def test_epochs_before_the_end_are_those_of_a_longer_fit():
    options = {"learning_rate": "constant", "drop_fraction_schedule": "constant"}
    stopped = classifier(early_stopping=True, n_iter_no_change=2, max_iter=100, **options).fit(X, y)
    other = classifier(max_iter=100, **options).fit(X, y)
    assert stopped.loss_curve_ == other.loss_curve_[: stopped.n_iter_]
    assert stopped.validation_scores_ == other.validation_scores_[: stopped.n_iter_]


@pytest.mark.parametrize("limit", [1, 4])
def test_a_tolerance_alone_watches_the_training_loss(limit):
    options = {"validation_fraction": 0.0, "max_iter": 500, "learning_rate": "constant"}
    model = classifier(tol=0.05, n_iter_no_change=limit, **options).fit(X, y)
    without = list(plateaus([-loss for loss in model.loss_curve_], 0.05))
    assert without[-1] == limit + 1
    assert max(without[:-1]) == limit
    assert model.best_epoch_ == model.n_iter_ < 500


def test_an_infinite_limit_never_stops():
    model = classifier(tol=10.0, n_iter_no_change=math.inf, max_iter=30).fit(X, y)
    assert model.n_iter_ == 30


def test_the_topology_is_left_alone_after_the_last_epoch():
    """Planted: connections that are grown and never trained."""
    model = classifier(tol=10.0, n_iter_no_change=2, max_iter=30).fit(X, y)
    assert model.n_iter_ == 4
    assert [sum(record.n_born) > 0 for record in model.history_] == [True, True, True, False]


def test_regression_stops_by_r_squared():
    model = regressor(early_stopping=True, max_iter=300, learning_rate="constant").fit(X, SIGNAL)
    assert model.n_iter_ < 300
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_verbose_says_why_training_ended(capsys):
    classifier(tol=10.0, n_iter_no_change=2, verbose=10, max_iter=30).fit(X, y)
    assert capsys.readouterr().out.splitlines() == [
        "Stopped: the training loss did not improve by 10 in 3 epochs."
    ]


# Given rows


def test_given_rows_choose_the_epoch():
    model = classifier(max_iter=20).fit(*OURS, **THEIRS)
    assert model.best_validation_score_ == model.score(*THEIRS.values())
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_given_rows_take_the_place_of_rows_set_aside():
    """Planted: rows set aside all the same, so that fewer are trained on."""
    plain = classifier(validation_fraction=0.0, max_iter=5).fit(*OURS, **THEIRS)
    assert_same_fit(plain, classifier(validation_fraction=0.3, max_iter=5).fit(*OURS, **THEIRS))


def test_given_rows_stop_training():
    model = classifier(early_stopping=True, n_iter_no_change=2, max_iter=200).fit(*OURS, **THEIRS)
    assert model.n_iter_ < 200
    assert model.best_validation_score_ == model.score(*THEIRS.values())


def test_given_rows_are_scaled_as_the_others_and_have_no_say_in_it():
    far = {"X_val": 1e6 * X[ASIDE], "y_val": names[ASIDE]}
    one = classifier(scaling="standard", max_iter=1).fit(*OURS, **THEIRS)
    other = classifier(scaling="standard", max_iter=1).fit(*OURS, **far)
    assert_same_fit(one, other)


@pytest.mark.parametrize("given", ["X_val", "y_val"])
def test_given_rows_come_with_their_targets(given):
    with pytest.raises(InvalidDataError, match=f"must be given together, got only {given}"):
        classifier().fit(X, y, **{given: THEIRS[given]})


def test_early_stopping_needs_rows():
    with pytest.raises(InvalidParameterError, match="early_stopping must have rows to stop by"):
        classifier(early_stopping=True, validation_fraction=0.0).fit(X, y)


def test_targets_of_another_shape_are_refused():
    with pytest.raises(
        InvalidDataError, match=r"must have the columns that were trained on, .* got \(60, 2"
    ):
        regressor().fit(X, SIGNAL, X_val=X[ASIDE], y_val=X[ASIDE, :2])


def test_what_scikit_learns_users_read():
    model = classifier(max_iter=3).fit(X, y)
    assert model.loss_curve_ == model.history_.column("train_loss")
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.validation_scores_ == model.history_.column("validation_score")
    assert (model.n_layers_, model.n_outputs_, model.out_activation_) == (4, 3, "softmax")
    model.set_params(validation_fraction=0.0).fit(X, np.eye(3, dtype=int)[y])
    assert (model.validation_scores_, model.out_activation_) == (None, "logistic")
    assert regressor(max_iter=1).fit(X, SIGNAL).out_activation_ == "identity"
