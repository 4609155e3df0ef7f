"""Epochs without a better validation score, and what a stall switches."""

from __future__ import annotations

import pytest
from fits import fit

from ctre.training import Evaluation, LabelledRows


@pytest.fixture
def fit_with_scores(monkeypatch):
    """Fit while validation gives the scores that the test says."""

    def fit_with(scores, method="ctre-seq", **options):
        evaluations = iter([Evaluation(1.0, score) for score in scores])
        monkeypatch.setattr(LabelledRows, "evaluate", lambda *_: next(evaluations))
        options = {"drop_fraction_schedule": "constant"} | options
        return fit(method, max_iter=len(scores), **options)

    return fit_with


def test_the_stall_counts_epochs_since_the_best(fit_with_scores):
    """An equal score is no improvement."""
    history = fit_with_scores([0.5, 0.4, 0.6, 0.6, 0.5, 0.59, 0.7, 0.1]).history_
    assert history.column("stall") == [0, 1, 0, 1, 2, 3, 0, 1]


def test_the_first_of_equal_scores_is_the_best(fit_with_scores):
    model = fit_with_scores([0.5, 0.7, 0.6, 0.7, 0.7])
    assert model.best_epoch_ == 2
    assert model.best_validation_score_ == 0.7


def test_a_score_below_zero_can_be_the_best(fit_with_scores):
    """R² has no lower end. Planted: 0 taken for no score."""
    assert fit_with_scores([-3.0, -1.0, -2.0]).best_epoch_ == 2


@pytest.mark.parametrize("patience", [1, 2, 3, 4])
def test_ctre_seq_turns_random_after_exactly_patience_epochs(patience, fit_with_scores):
    """None better after epoch 2, so the update of epoch 2 + patience is the first random one."""
    history = fit_with_scores([0.5, 0.6, *[0.6] * 6], patience=patience).history_
    is_random = [sum(record.n_random) > 0 for record in history[:-1]]
    assert is_random == [epoch >= 2 + patience for epoch in range(1, 8)]
    assert all(sum(record.n_random) in (0, 14 + 12 + 7) for record in history)


def test_ctre_seq_never_turns_back(fit_with_scores):
    """Planted: the current stall, or the latest, instead of the longest."""
    history = fit_with_scores([0.5, 0.5, 0.5, 0.8, 0.8, 0.95, 0.99], patience=2).history_
    assert history.column("stall") == [0, 1, 2, 0, 1, 0, 0]
    assert [sum(record.n_random) > 0 for record in history] == [0, 0, 1, 1, 1, 1, 0]


def test_two_short_stalls_are_not_a_long_one(fit_with_scores):
    """Planted: a stall that is not reset."""
    history = fit_with_scores([0.5, 0.5, 0.6, 0.6, 0.7, 0.7], patience=2).history_
    assert not any(sum(record.n_random) for record in history)


def test_random_first_turns_to_similarity_for_good(fit_with_scores):
    history = fit_with_scores(
        [0.5, 0.5, 0.5, 0.8, 0.9, 0.9], "ctre-seq-random-first", patience=2
    ).history_
    assert [sum(record.n_random) > 0 for record in history] == [1, 1, 0, 0, 0, 0]


def test_without_validation_rows_the_training_loss_is_watched():
    history = fit(validation_split=None, validation_fraction=0.0, learning_rate_init=1e-30).history_
    losses = history.column("train_loss")
    best, stalls, stall = float("inf"), [], 0
    for loss in losses:  # they differ by rounding alone, up and down
        stall, best = (0, loss) if loss < best else (stall + 1, best)
        stalls.append(stall)
    assert history.column("stall") == stalls
    assert any(stalls)
