from __future__ import annotations

import numpy as np
import pytest
from networks import float32

from ctre.errors import InvalidParameterError
from ctre.methods import (
    Evidence,
    LayerEvidence,
    Method,
    MostSimilar,
    Sample,
    Share,
    SmallestMagnitude,
    Stage,
    cosine,
    evolve,
)
from ctre.network import SparseLayer
from ctre.topology import Topology, TopologyChange


def layer_at(keys, n_pre=3, n_post=2):
    topology = Topology.from_keys(n_pre, n_post, np.array(keys))
    layer = SparseLayer(topology, float32(keys) + 10, float32(np.zeros(n_post)))
    layer.reset_slots(2)
    for number, slot in enumerate(layer.weight_slots, start=1):
        slot[:] = float32(keys) + 100 * number
    return layer


def test_survivors_keep_weight_and_momentum_and_the_newborn_have_none():
    """Planted: momentum left in the old order of connections."""
    layer = layer_at([0, 2, 3, 5])
    new = Topology.from_keys(3, 2, np.array([1, 2, 4, 5]))
    layer.apply(TopologyChange(layer.topology, new), newborn=float32([0.25, 0.75]))
    assert layer.topology is new
    assert layer.weights.tolist() == [0.25, 12, 0.75, 15]
    assert [slot.tolist() for slot in layer.weight_slots] == [[0, 102, 0, 105], [0, 202, 0, 205]]
    assert all(values.dtype == np.float32 for values in (layer.weights, *layer.weight_slots))


def test_the_biases_are_left_alone():
    layer = layer_at([0, 2])
    layer.biases[:], layer.bias_slots[0][:] = 7, 8
    layer.apply(
        TopologyChange(layer.topology, Topology.from_keys(3, 2, np.array([0, 1]))), float32([1])
    )
    assert layer.biases.tolist() == [7, 7]
    assert layer.bias_slots[0].tolist() == [8, 8]


def test_a_regrown_connection_was_never_gone():
    """Similarity brings back two of three dropped connections, and they are as they were."""
    layer = layer_at([0, 1, 2, 3])
    layer.weights[:] = [1, 2, 3, 4]
    evidence = Evidence(
        layer.topology,
        layer.weights,
        np.random.default_rng(0),
        Stage(1, 2),
        budget=4,
        observed={
            Sample(): LayerEvidence(  # most similar: keys 0, 1 and 5
                float32([[1, 1, 0], [0, 0, 1]]), float32([[1, 0], [0, 1]])
            )
        },
    )
    evolution = evolve(evidence, Method(SmallestMagnitude(), MostSimilar(cosine), Share(0.5)))
    assert evolution.n_regrown == 2
    before = layer.weights.copy()
    layer.apply(evolution.change, newborn=float32([]))
    assert layer.weights.tolist() == before.tolist()
    assert layer.weight_slots[0].tolist() == [100, 101, 102, 103]


def test_a_change_of_nothing_changes_nothing():
    layer = layer_at([0, 2, 3])
    layer.apply(TopologyChange(layer.topology, layer.topology), newborn=float32([]))
    assert layer.weights.tolist() == [10, 12, 13]


@pytest.mark.parametrize("n_slots", [1, 2])
def test_slots_are_zeros_of_their_own(n_slots):
    layer = layer_at([0, 2, 3])
    layer.reset_slots(n_slots)
    slots = [*layer.weight_slots, *layer.bias_slots]
    assert len(slots) == 2 * n_slots
    assert not any(slot.any() for slot in slots)
    assert len({slot.ctypes.data for slot in slots}) == len(slots)


def test_the_arrays_lent_to_a_kernel_are_those_of_the_layer():
    layer = layer_at([0, 2, 3])
    lent = layer.arrays()
    lent.weights[0], lent.biases[1], lent.weight_slots[0][2] = 1, 2, 3
    assert (layer.weights[0], layer.biases[1], layer.weight_slots[0][2]) == (1, 2, 3)
    assert lent.n_pre == 3
    assert lent.indptr is layer.topology.indptr
    assert lent.indices is layer.topology.indices


def test_a_snapshot_is_independent_and_leaves_the_slots_behind():
    layer = layer_at([0, 2, 3])
    snapshot = layer.snapshot()
    layer.weights[:], layer.biases[:] = 0, 0.5
    layer.topology = Topology.full(3, 2)
    assert snapshot.weights.tolist() == [10, 12, 13]
    assert snapshot.biases.tolist() == [0, 0]
    assert snapshot.topology.keys.tolist() == [0, 2, 3]
    assert snapshot.weight_slots == snapshot.bias_slots == ()


@pytest.mark.parametrize(
    ("weights", "biases", "message"),
    [
        (float32([1, 2]), float32([0, 0]), r"weights must be float32 of shape \(3,\), got float32"),
        (np.zeros(3), float32([0, 0]), r"weights must be float32 of shape \(3,\), got float64"),
        (float32([1, 2, 3]), float32([0]), r"biases must be float32 of shape \(2,\), got float32"),
        (float32([1, 2, 3]), np.zeros(2), r"biases must be float32 of shape \(2,\), got float64"),
    ],
)
def test_values_that_do_not_fit_the_topology_are_refused(weights, biases, message):
    with pytest.raises(InvalidParameterError, match=message):
        SparseLayer(Topology.from_keys(3, 2, np.array([0, 2, 3])), weights, biases)
