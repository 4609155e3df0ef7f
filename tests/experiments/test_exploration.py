from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from ctre.estimators import SparseMLPClassifier
from ctre.experiments import Exploration
from ctre.topology import Topology, TopologyChange
from ctre.training import Callback, FitPlan


def start(*n_connections, sizes=(3, 2)):
    plan = FitPlan("set", 3, 10, 0, sizes, n_connections, 1)
    return SimpleNamespace(plan=plan, settings=None)


def changes(n_pre, n_post, *key_sets):
    topologies = [Topology.from_keys(n_pre, n_post, np.array(keys)) for keys in key_sets]
    return [TopologyChange(*pair) for pair in pairwise(topologies)]


def test_a_sequence_by_hand():
    """{0, 1} -> {1, 4} -> {0, 4} -> {2, 4}: 0, 1, 2 and 4 of six places."""
    exploration = Exploration()
    exploration.on_fit_begin(start(2))
    assert (exploration.n_explored, exploration.rate) == ((2,), 2 / 6)
    rates = []
    for change in changes(3, 2, [0, 1], [1, 4], [0, 4], [2, 4]):
        exploration.on_topology_update(None, [change])
        rates.append(exploration.rate)
    assert rates == [3 / 6, 3 / 6, 4 / 6]  # going back to 0 explores nothing


def test_layers_count_together_by_their_places():
    exploration = Exploration()
    exploration.on_fit_begin(start(1, 2, sizes=(3, 2, 2)))
    first, second = changes(3, 2, [0], [5])[0], changes(2, 2, [0, 1], [0, 1])[0]
    exploration.on_topology_update(None, [first, second])
    assert exploration.n_explored == (2, 2)
    assert exploration.rate == 4 / 10


def test_a_second_fit_begins_anew():
    exploration = Exploration()
    for keys in ([0, 1], [1, 4]), ([2, 5], [3, 5]):
        exploration.on_fit_begin(start(2))
        exploration.on_topology_update(None, changes(3, 2, *keys))
        assert exploration.n_explored == (3,)


class EveryTopology(Callback):
    """Keeps, as masks, what `Exploration` must never keep."""

    def __init__(self):
        self.masks = []

    def on_topology_update(self, state, changes):  # noqa: ARG002
        self.masks.append(
            [
                [np.isin(np.arange(side.n_places), side.keys) for side in (change.old, change.new)]
                for change in changes
            ]
        )


@pytest.mark.parametrize("method", ["set", "ctre-sim", "rigl", "magnitude", "static", "dense"])
def test_a_real_fit_against_masks(toy, method):
    exploration, every = Exploration(), EveryTopology()
    model = SparseMLPClassifier(
        (12, 9),
        method=method,
        epsilon=2,
        max_iter=6,
        random_state=1,
        callbacks=[exploration, every],
    ).fit(toy.X_train, toy.y_train)
    if every.masks:
        ever = [np.any([sum(epoch[layer]) for epoch in every.masks], axis=0) for layer in range(3)]
        expected = tuple(int(mask.sum()) for mask in ever)
    else:
        expected = model.network_.n_connections
    assert exploration.n_explored == expected
    assert exploration.rate == pytest.approx(sum(expected) / (10 * 12 + 12 * 9 + 9 * 3))


def test_memory_is_that_of_places_ever_connected():
    """A layer of 10^12 places."""
    exploration = Exploration()
    size = 10**6
    exploration.on_fit_begin(start(2, sizes=(size, size)))
    exploration.on_topology_update(None, changes(size, size, [0, 5], [5, 10**12 - 1]))
    assert exploration.n_explored == (3,)
    assert exploration.rate == 3e-12
