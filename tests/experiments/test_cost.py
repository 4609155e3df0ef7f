"""Multiply-adds against sums written out by hand."""

from __future__ import annotations

import pytest

from ctre.estimators import SparseMLPClassifier
from ctre.experiments import Exploration, count_multiply_adds, published_similarity_cost

# Sizes 10-12-9-3; 240 rows, of which 24 judge and 216 train, in 5 batches of at most 50.
COUNTS = (44, 42, 24)  # epsilon 2
PLACES = (120, 108, 27)


def cost(toy, method, **keywords):
    exploration = Exploration()
    settings = {"epsilon": 2, "batch_size": 50, "max_iter": 4, "similarity_samples": 20} | keywords
    settings |= {"validation_fraction": 0.1} | ({"drop_fraction": 0.2} | keywords)
    model = SparseMLPClassifier(
        (12, 9), method=method, random_state=0, callbacks=[exploration], **settings
    ).fit(toy.X_train, toy.y_train)
    assert method == "dense" or model.network_.n_connections == COUNTS
    return count_multiply_adds(model.history_, exploration.plan, exploration.settings)


def test_training_is_counted_from_the_connections(toy):
    forward, backward, step, evolve = cost(toy, "set")
    assert forward == 216 * 110
    assert backward == 216 * (110 + 66)
    assert step == 4 * 5 * 110
    assert evolve == 0


def test_similarity_scores_every_pair_on_the_sampled_rows(toy):
    """Three updates in four epochs: after the last one nothing would train what was grown."""
    assert cost(toy, "ctre-sim").evolve == 3 / 4 * 20 * (110 + sum(PLACES))
    full = cost(toy, "ctre-sim", similarity_samples=None)
    assert full.evolve == 3 / 4 * 216 * (110 + sum(PLACES))


def test_candidates_alone_are_scored_where_they_are_fewer_than_all_pairs(toy):
    """8, 8 and 3 connections are dropped; 27 - 24 + 3 places of the last layer are absent then."""
    options = {"drop_fraction_schedule": "constant"}
    some = cost(toy, "ctre-sim", similarity_candidates=2, **options)
    assert some.evolve == 3 / 4 * 20 * (110 + 2 * 8 + 2 * 8 + 27)
    assert cost(toy, "ctre-sim", similarity_candidates=1, **options).evolve == 0


def test_gradients_score_every_pair_on_one_batch(toy):
    assert cost(toy, "rigl").evolve == 3 / 4 * 50 * (110 + 66 + sum(PLACES))


def test_a_method_that_switches_pays_for_what_it_does(toy):
    """Random in the first half, similar in the second: one update of three."""
    assert cost(toy, "ctre-seq-half").evolve == 1 / 4 * 20 * (110 + sum(PLACES))


def test_nothing_is_scored_where_nothing_is_dropped(toy):
    assert cost(toy, "ctre-sim", drop_fraction=0.0).evolve == 0
    only_large_layers = cost(toy, "ctre-sim", drop_fraction=0.03, drop_fraction_schedule="constant")
    assert only_large_layers.evolve == 3 / 4 * 20 * (110 + 120 + 108)


def test_a_network_that_never_changes(toy):
    forward, backward, _, evolve = cost(toy, "dense")
    assert (forward, backward, evolve) == (216 * 255, 216 * (255 + 135), 0)


def test_the_count_of_the_paper():
    assert published_similarity_cost((784, 1000, 10), 54_000) == 3 * 54_000 * (784_000 + 10_000)


def test_a_stall_ends_the_similarity_search(toy):
    """Without anything to learn from, patience 1 runs out after the second epoch at the latest."""
    frozen = cost(toy, "ctre-seq", patience=1, learning_rate_init=1e-12, drop_fraction=0.3)
    assert frozen.evolve == pytest.approx(1 / 4 * 20 * (110 + sum(PLACES)))
