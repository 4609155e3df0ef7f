"""A whole fit, for every recipe."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from fits import (
    BUDGETS,
    LAST_THIRTY,
    N_EPOCHS,
    PLACES,
    TRAIN,
    VALIDATION,
    X,
    assert_same_network,
    every_recipe,
    evolving,
    fit,
    growing,
    what_was_learned,
    y,
)

from ctre.methods import get_recipe
from ctre.network import SparseLayer, SparseNetwork
from ctre.training import Callback, LabelledRows, ScoreCurve, StopTraining
from ctre.training.evidence import TrainingEvidence


@every_recipe
def test_the_number_of_connections_is_constant(method):
    """But for pruning, which comes down to the budget, and for dense, which has all.

    With one threshold for all layers the budgets hold together, not one by one.
    """
    history = fit(method).history_
    counts = np.array(history.column("n_connections"))
    if method == "dense":
        assert (counts == PLACES).all()
    elif method == "magnitude":
        assert (counts[0] == PLACES).all()
        assert (np.diff(counts, axis=0) <= 0).all()
        assert (counts[-1] == BUDGETS).all()
    elif method == "snip-global":
        assert (counts == counts[0]).all()
        assert counts[0].sum() == sum(BUDGETS)
    else:
        assert (counts == BUDGETS).all()


@every_recipe
def test_the_network_is_the_one_of_the_best_epoch(method):
    """Recomputed from the network that fit returns; planted: the last network."""
    model = fit(method, learning_rate="constant")
    best = model.history_.best
    assert model.score(X[VALIDATION], y[VALIDATION]) == best.validation_score
    scores = model.network_.scores(X[VALIDATION]).astype(np.float64)
    scores -= scores.max(axis=1, keepdims=True)
    losses = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(30), y[VALIDATION]]
    assert losses.mean() == pytest.approx(best.validation_loss, rel=1e-5)
    assert sum(best.n_connections) == model.n_connections_


def test_the_best_epoch_is_not_the_last_in_these_fits():
    """Or else the test above would show nothing."""
    model = fit("set", learning_rate="constant")
    assert model.best_epoch_ < model.n_iter_
    assert model.history_.best.validation_score > model.history_[-1].validation_score


@every_recipe
def test_what_the_history_says(method):
    history = fit(method).history_
    assert history.column("epoch") == list(range(1, N_EPOCHS + 1))
    halves = [0.5 * (1 + math.cos(math.pi * e / N_EPOCHS)) for e in range(N_EPOCHS)]
    assert history.column("learning_rate") == pytest.approx([0.05 * half for half in halves])
    evolution = get_recipe(method).method
    if evolution is None or method == "magnitude":
        assert history.column("drop_fraction") == [None] * N_EPOCHS
    else:
        assert history.column("drop_fraction") == pytest.approx([0.2 * half for half in halves])
    for record in history:
        assert record.train_loss > 0
        assert record.validation_loss > 0
        for share, rows in [
            (record.train_accuracy, TRAIN),
            (record.validation_score, VALIDATION),
        ]:
            n_right = share * len(rows)
            assert n_right == pytest.approx(round(n_right))
            assert 0 < n_right <= len(rows)
        for name in ("n_connections", "n_died", "n_born", "n_regrown", "n_random"):
            assert len(getattr(record, name)) == 3


def test_where_the_seconds_went(monkeypatch):
    """By a clock that moves in each phase alone. Planted: validation counted twice."""
    now = 0.0

    def take(seconds, function):
        def slow(*arguments, **options):
            nonlocal now
            now += seconds
            return function(*arguments, **options)

        return slow

    monkeypatch.setattr(time, "perf_counter", lambda: now)
    for owner, name, seconds in [
        (SparseNetwork, "train_epoch", 1),
        (LabelledRows, "evaluate", 10),
        (SparseLayer, "apply", 100),
    ]:
        monkeypatch.setattr(owner, name, take(seconds, getattr(owner, name)))
    history = fit("set").history_
    assert history.column("seconds_train") == [1] * N_EPOCHS
    assert history.column("seconds_validate") == [10] * N_EPOCHS
    assert history.column("seconds_evolve") == [300] * (N_EPOCHS - 1) + [0]  # three layers


@pytest.mark.parametrize("method", growing)
def test_the_history_accounts_for_every_connection_that_was_dropped(method):
    *updated, last = fit(method).history_
    for record in updated:
        assert record.n_died == record.n_born
        dropped = np.array(record.n_died) + record.n_regrown
        absent = np.subtract(PLACES, BUDGETS)
        share = [int(record.drop_fraction * count) for count in BUDGETS]
        np.testing.assert_array_equal(dropped, np.minimum(share, absent))
        assert (np.array(record.n_random) <= dropped).all()
    assert any(sum(record.n_born) for record in updated)
    assert last.n_died == last.n_born == last.n_regrown == last.n_random == (0, 0, 0)


@pytest.mark.parametrize("method", evolving)
def test_nothing_is_updated_after_the_last_epoch(method):
    model = fit(method, max_iter=1)
    assert model.history_[0].n_died == (0, 0, 0)
    start = get_recipe(method).start
    same_start = "static" if start == get_recipe("static").start else "dense"
    assert_same_topology(model, fit(same_start, max_iter=1))


def assert_same_topology(a, b):
    for one, other in zip(a.network_.layers, b.network_.layers, strict=True):
        np.testing.assert_array_equal(one.topology.keys, other.topology.keys)


class StopAfter(Callback):
    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_end(self, state):
        if state.n_epochs_done == self.epoch:
            raise StopTraining


# Not ctre-seq-half: it looks at the planned length of the fit.
@pytest.mark.parametrize("method", [name for name in growing if name != "ctre-seq-half"])
@pytest.mark.parametrize("split", [LAST_THIRTY, None], ids=["validated", "not validated"])
def test_a_fit_that_is_stopped_ends_as_a_shorter_one_would(method, split):
    """Planted: the network after the update that nothing trained any more."""
    options = {
        "learning_rate": "constant",
        "drop_fraction_schedule": "constant",
        "validation_split": split,
        "validation_fraction": 0.0,
    }
    stopped = fit(method, max_iter=6, callbacks=[StopAfter(2)], **options)
    assert stopped.n_iter_ == 2
    assert_same_network(stopped, fit(method, max_iter=2, **options))


def test_without_validation_rows_the_last_network_is_kept(monkeypatch):
    """Also where an earlier training loss was lower."""
    trained = []

    def spy(self, *arguments, train_epoch=SparseNetwork.train_epoch, **options):
        totals = train_epoch(self, *arguments, **options)
        trained.append(self.snapshot())
        return totals

    monkeypatch.setattr(SparseNetwork, "train_epoch", spy)
    options = {"validation_split": None, "validation_fraction": 0.0, "learning_rate": "constant"}
    model = fit("set", learning_rate_init=2.0, **options)
    losses = model.history_.column("train_loss")
    assert losses[-1] > min(losses)
    for layer, last in zip(model.network_.layers, trained[-1].layers, strict=True):
        np.testing.assert_array_equal(layer.topology.keys, last.topology.keys)
        np.testing.assert_array_equal(layer.weights, last.weights)
    assert model.history_.column("validation_score") == [None] * N_EPOCHS
    assert model.history_.column("validation_loss") == [None] * N_EPOCHS
    assert model.best_epoch_ == N_EPOCHS
    assert model.best_validation_score_ is None
    assert model.network_.layers[0].weight_slots == ()


def test_test_rows_are_scored_and_decide_nothing():
    plain = fit("ctre-seq")
    others = np.random.default_rng(3).standard_normal((50, 12)).astype(np.float32)
    labels = np.arange(50) % 3
    curve = ScoreCurve(others, labels)
    watched = fit("ctre-seq", callbacks=[curve])
    assert_same_network(plain, watched)
    assert watched.score(others, labels) == curve.scores[watched.best_epoch_ - 1]
    assert all(loss > 0 for loss in curve.losses)
    assert len(set(curve.losses)) == len(curve.scores) == N_EPOCHS


@pytest.mark.parametrize(
    ("interval", "until", "updated"),
    [
        (1, 1.0, [1, 2, 3, 4, 5]),
        (2, 1.0, [2, 4]),
        (3, 1.0, [3]),
        (1, 0.5, [1, 2, 3]),
        (1, 0.49, [1, 2]),
        (2, 0.5, [2]),
        (1, 0.0, []),
    ],
)
def test_when_the_topology_is_updated(interval, until, updated):
    history = fit("set", update_interval=interval, update_until=until).history_
    assert [record.epoch for record in history if any(record.n_born)] == updated


def test_with_one_candidate_each_growing_by_similarity_is_growing_at_random(monkeypatch):
    """Planted: activations that are observed all the same, for which rows are drawn."""
    random = fit("set")
    monkeypatch.setattr(TrainingEvidence, "__call__", None)  # nothing is observed
    similar = fit("ctre-cosine", similarity_candidates=1)
    assert_same_network(random, similar)
    assert what_was_learned(random.history_) == what_was_learned(similar.history_)
