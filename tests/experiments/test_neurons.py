from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from ctre.estimators import SparseMLPClassifier
from ctre.experiments import dead_neurons, degree_distributions, neurons, reachability


@pytest.fixture
def network(network_of):
    """Three inputs, the last one unread, four hidden neurons, three hidden neurons, two outputs.

    Hidden 0 gets input 0, hidden 1 minus input 1, hidden 2 nothing but a bias, hidden 3 nothing.
    In the second layer 0 is read and fed by hidden 0 and 1, 1 is fed and not read, 2 is fed by the
    neuron that has a bias alone.
    """
    return network_of(
        [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 0]],
        [[1, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]],
        [[1, 0], [0, 0], [1, 1]],
        biases=([0, 0, 0.5, 0], [0, 0, 0], [0, 0]),
    )


def test_dead_neurons_by_hand(network):
    X = np.array([[1, 2, 0], [0, 3, 1]], dtype=np.float32)
    first, second = dead_neurons(network, X)
    assert first.tolist() == [False, True, False, True]
    assert second.tolist() == [False, False, False]
    alive_at_last = np.vstack([X, np.array([[0, -1, 0]], dtype=np.float32)])
    assert dead_neurons(network, alive_at_last)[0].tolist() == [False, False, False, True]


def test_a_row_in_another_block_brings_a_neuron_to_life(network, monkeypatch):
    monkeypatch.setattr(neurons, "_BLOCK", 2)
    X = np.zeros((5, 3), dtype=np.float32)
    X[2, 0] = 1
    assert dead_neurons(network, X)[0].tolist() == [False, True, False, True]
    assert dead_neurons(network, csr_array(X))[0].tolist() == [False, True, False, True]


def test_reachability_by_hand(network):
    paths = reachability(network)
    assert [layer.tolist() for layer in paths.from_inputs] == [
        [True, True, True],
        [True, True, False, False],
        [True, True, False],
        [True, False],  # the second output hears of the bias alone
    ]
    assert [layer.tolist() for layer in paths.to_outputs] == [
        [True, True, False],
        [True, True, True, False],
        [True, False, True],
        [True, True],
    ]
    assert paths.n_unreachable == 4  # 2 and 3 of the first hidden layer, 1 and 2 of the second


def test_degree_distributions_by_hand(network):
    inputs, first, second, outputs = degree_distributions(network)
    assert inputs.incoming.tolist() == [3]
    assert inputs.outgoing.tolist() == [1, 2]
    assert first.incoming.tolist() == [2, 2]
    assert first.outgoing.tolist() == [1, 2, 1]
    assert second.incoming.tolist() == [0, 2, 1]
    assert second.outgoing.tolist() == [1, 1, 1]
    assert outputs.incoming.tolist() == [0, 1, 1]
    assert outputs.outgoing.tolist() == [2]


def test_a_dense_network_is_measured_too(toy):
    model = SparseMLPClassifier((8,), method="dense", max_iter=2, random_state=0)
    network = model.fit(toy.X_train, toy.y_train).network_
    hidden = np.maximum(toy.X_test @ network.coefs[0].toarray() + network.intercepts[0], 0)
    assert dead_neurons(network, toy.X_test)[0].tolist() == (~hidden.any(axis=0)).tolist()
    assert reachability(network).n_unreachable == 0
    assert degree_distributions(network)[1].incoming.tolist() == [0] * 10 + [8]
