"""A fit taken apart: step by step, put away and taken up again."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from fits import BUDGETS, N_EPOCHS, TRAIN, VALIDATION, X, every_recipe, fit, what_was_learned, y

from ctre.errors import InvalidParameterError
from ctre.estimators.assembly import first_state
from ctre.estimators.parameters import Parameters
from ctre.methods import get_recipe
from ctre.training import Classification, LabelledRows, TrainingData, train

SETTINGS = {
    "hidden_layer_sizes": (20, 15), "epsilon": 2, "batch_size": 30, "max_iter": N_EPOCHS,
    "patience": 2, "similarity_samples": 40, "drop_fraction": 0.2, "alpha": 1e-4,
}  # fmt: skip


def state_of(method="ctre-seq", seed=0, train_rows=TRAIN, **options):
    rows = LabelledRows(X, y.astype(np.int32))
    data = TrainingData(rows, train_rows.astype(np.int32), VALIDATION.astype(np.int32))
    task = Classification(np.arange(3))
    parameters = Parameters(**SETTINGS | options)
    return first_state(parameters, get_recipe(method), task, data, np.random.SeedSequence(seed))


def assert_same(one, other):
    for kept in ("network", "kept"):
        for a, b in zip(getattr(one, kept).layers, getattr(other, kept).layers, strict=True):
            np.testing.assert_array_equal(a.topology.keys, b.topology.keys)
            for name in ("weights", "biases"):
                np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
            for name in ("weight_slots", "bias_slots"):
                for slot, other_slot in zip(getattr(a, name), getattr(b, name), strict=True):
                    np.testing.assert_array_equal(slot, other_slot)
    assert what_was_learned(one.history) == what_was_learned(other.history)
    assert one.best == other.best
    assert one.n_steps_done == other.n_steps_done


def test_epochs_by_hand_are_the_fit():
    state = state_of()
    epochs = []
    while not state.is_done:
        epochs.append(state.step().epoch)
    assert epochs == list(range(1, N_EPOCHS + 1))
    model = fit("ctre-seq")
    assert what_was_learned(state.history) == what_was_learned(model.history_)
    for one, other in zip(state.kept.layers, model.network_.layers, strict=True):
        np.testing.assert_array_equal(one.weights, other.weights)


def test_a_state_says_what_it_is():
    state = state_of()
    assert (state.n_epochs_done, state.n_steps_done, state.is_done) == (0, 0, False)
    assert state.network.n_connections == state.plan.n_connections == BUDGETS
    state.step()
    assert (state.n_epochs_done, state.n_steps_done) == (1, 4)  # 100 rows in batches of 30


@every_recipe
@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("n_before", [1, 3])
def test_a_restored_state_goes_on_bit_for_bit(method, solver, n_before):
    """Planted: generators, momentum, steps of Adam, the kept network or the best left behind."""
    whole = state_of(method, solver=solver)
    train(whole)
    first = state_of(method, solver=solver)
    for _ in range(n_before):
        first.step()
    put_away = pickle.dumps(first.state())
    first.step()  # and thrown away
    second = state_of(method, solver=solver)
    second.restore(pickle.loads(put_away))
    assert second.n_epochs_done == n_before
    train(second)
    assert_same(second, whole)


def test_a_stall_of_the_past_is_not_forgotten():
    """Planted: the longest stall left behind; only a long fit would show it."""
    state, other = state_of(), state_of()
    state.step()
    state.best.longest_stall = 7
    other.restore(state.state())
    assert other.best == state.best


def test_going_back_is_going_on_from_there():
    state = state_of("ctre-sim")
    state.step()
    early = state.state()
    train(state)
    late = copy.deepcopy(state)
    state.restore(early)
    train(state)
    assert_same(state, late)


def test_a_state_that_was_put_away_does_not_change():
    """Planted: arrays that are shared with the network."""
    state = state_of("ctre-sim")
    state.step()
    put_away = state.state()
    before = copy.deepcopy(put_away)
    state.step()
    for layer, was in zip(put_away["layers"], before["layers"], strict=True):
        np.testing.assert_array_equal(layer["weights"], was["weights"])
        np.testing.assert_array_equal(layer["weight_slots"][0], was["weight_slots"][0])
    assert put_away["generators"] == before["generators"]


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"seed": 1}, "seed"),
        ({"train_rows": TRAIN[::-1]}, "training rows"),
        ({"hidden_layer_sizes": (20, 16)}, "layer sizes"),
        ({"method": "static"}, "generators"),
    ],
)
def test_the_state_of_another_fit_is_refused(other, what):
    state = state_of()
    state.step()
    with pytest.raises(InvalidParameterError, match=f"same fit, got one whose {what} differ"):
        state_of(**other).restore(state.state())
