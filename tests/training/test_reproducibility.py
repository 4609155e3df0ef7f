"""Same seed, same bits, whatever the threads; and no consumer of chance moves another."""

from __future__ import annotations

import numpy as np
import pytest
from fits import X, assert_same_network, classifier, every_recipe, fit, growing, what_was_learned, y

from ctre.randomness import stream


@every_recipe
def test_the_number_of_threads_decides_nothing(method):
    one, *others = (fit(method, n_threads=n_threads) for n_threads in (1, 2, 3, 7))
    for other in others:
        assert_same_network(one, other)
        assert what_was_learned(one.history_) == what_was_learned(other.history_)


@every_recipe
def test_the_seed_decides_everything(method):
    first, again, other = fit(method), fit(method), fit(method, random_state=1)
    assert_same_network(first, again)
    assert what_was_learned(first.history_) == what_was_learned(again.history_)
    assert what_was_learned(first.history_) != what_was_learned(other.history_)


def test_a_random_state_instance_is_drawn_from():
    first, again = (fit(random_state=np.random.RandomState(3)) for _ in range(2))
    assert_same_network(first, again)
    random_state = np.random.RandomState(3)
    model = classifier(random_state=random_state)
    losses = [model.fit(X, y).history_[0].train_loss for _ in range(2)]
    assert losses[0] == first.history_[0].train_loss
    assert losses[1] != losses[0]


def test_no_seed_is_a_new_seed_each_time():
    losses = [fit(random_state=None).history_[0].train_loss for _ in range(2)]
    assert losses[0] != losses[1]


def test_the_global_generator_is_neither_read_nor_moved():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = fit("ctre-sim")
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert_same_network(first, fit("ctre-sim"))


@pytest.mark.parametrize("method", growing)
def test_the_method_moves_neither_batches_nor_first_weights(method):
    """All that start alike train their first epoch alike."""
    assert fit(method).history_[0].train_loss == fit("static").history_[0].train_loss


@pytest.mark.parametrize("method", growing)
def test_dropping_nothing_is_not_to_evolve(method):
    """Planted: rows for similarity drawn from the generator of the batches."""
    idle, static = fit(method, drop_fraction=0.0), fit("static")
    assert idle.history_.column("train_loss") == static.history_.column("train_loss")
    assert_same_network(idle, static)


@pytest.mark.parametrize(
    "option",
    [
        {"similarity_samples": 20},
        {"similarity_candidates": 2},
        {"drop_fraction": 0.3},
        {"patience": 1},
        {"max_iter": 3},
    ],
    ids=str,
)
def test_an_option_of_evolution_does_not_move_the_first_epoch(option):
    plain = fit("ctre-sim", learning_rate="constant")
    other = fit("ctre-sim", learning_rate="constant", **option)
    assert other.history_[0].train_loss == plain.history_[0].train_loss


def test_first_weights_do_not_move_the_first_topology():
    normal, uniform = (fit("static", weight_init=init) for init in ("normal", "uniform"))
    for one, other in zip(normal.network_.layers, uniform.network_.layers, strict=True):
        np.testing.assert_array_equal(one.topology.keys, other.topology.keys)
        assert not np.array_equal(one.weights, other.weights)


def test_streams_are_apart_and_repeat():
    seed = np.random.SeedSequence(0)
    draws = {name: stream(seed, name).integers(2**62) for name in ("batches", "growth", "rows")}
    assert len(set(draws.values())) == 3
    assert draws["growth"] == stream(seed, "growth").integers(2**62)
    assert stream(np.random.SeedSequence(1), "growth").integers(2**62) != draws["growth"]
    child, _ = seed.spawn(2)
    assert stream(child, "growth").integers(2**62) != draws["growth"]
