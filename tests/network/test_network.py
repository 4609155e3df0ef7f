"""A sparse network against plain dense arithmetic in float64."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from networks import SIZES, dense_weights, float32, network
from scipy.sparse import csr_array
from scipy.special import expit, softmax

from ctre.errors import InvalidParameterError
from ctre.kernels import Activation, Loss
from ctre.network import SparseNetwork

ACTIVATIONS = {
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "tanh": np.tanh,
    "logistic": expit,
    "identity": lambda z: z,
}
every_activation = pytest.mark.parametrize("activation", get_args(Activation))
every_loss = pytest.mark.parametrize("loss", get_args(Loss))


def dense_forward(network, samples, weights=None):
    """Compute the values after every layer, the last before the loss's link."""
    after = []
    values = np.float64(samples)
    for number, matrix in enumerate(weights or dense_weights(network)):
        if number:
            values = ACTIVATIONS[network.activation](values)
        values = values @ matrix + network.layers[number].biases
        after.append(values)
    return after


@pytest.fixture
def samples(rng):
    return float32(rng.standard_normal((11, SIZES[0])))


@every_activation
@every_loss
def test_outputs_are_those_of_a_dense_network(activation, loss, rng, samples):
    net = network(rng, activation=activation, loss=loss)
    scores = dense_forward(net, samples)[-1]
    link = {
        "softmax_cross_entropy": lambda s: softmax(s, axis=1),
        "logistic": expit,
        "squared_error": lambda s: s,
    }[loss]
    np.testing.assert_allclose(net.scores(samples), scores, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(net.outputs(samples), link(scores), rtol=1e-5, atol=1e-5)
    assert net.scores(samples).dtype == np.float32
    assert net.outputs(samples).dtype == np.float64


@every_activation
def test_activations_are_those_of_a_dense_network(activation, rng, samples):
    """And the scores behind the last layer."""
    net = network(rng, activation=activation)
    *hidden, scores = dense_forward(net, samples)
    want = [*(ACTIVATIONS[activation](values) for values in hidden), scores]
    for found, wanted in zip(net.activations(samples), want, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)
        assert found.dtype == np.float32
        assert found.flags.c_contiguous


@every_activation
@every_loss
@pytest.mark.parametrize("is_weighted", [False, True])
def test_error_signals_give_the_gradient_of_absent_weights_too(
    activation, loss, is_weighted, rng, samples
):
    """Every place of every layer against a central difference of the batch's mean loss."""
    net = network(rng, activation=activation, loss=loss)
    n = len(samples)
    weight = rng.integers(0, 4, n).astype(np.float32) if is_weighted else None
    share = np.full(n, 1 / n) if weight is None else weight / weight.sum()
    if loss == "softmax_cross_entropy":
        targets = rng.integers(SIZES[-1], size=n).astype(np.int32)
    else:
        targets = float32(rng.integers(0, 2, (n, SIZES[-1])))

    def mean_loss(weights):
        scores = dense_forward(net, samples, weights)[-1]
        if loss == "softmax_cross_entropy":
            losses = -np.log(softmax(scores, axis=1)[np.arange(n), targets])
        elif loss == "logistic":
            losses = (np.logaddexp(0, scores) - scores * targets).sum(axis=1)
        else:
            losses = 0.5 * np.square(scores - targets).sum(axis=1)
        return share @ losses

    weights = dense_weights(net)
    *hidden, scores = net.activations(samples)
    behind = net.error_signals([*hidden, scores], targets, weight)
    for number, (before, signals) in enumerate(zip([samples, *hidden], behind, strict=True)):
        assert signals.dtype == np.float32
        assert signals.flags.c_contiguous
        gradient = np.float64(before).T @ signals
        want = np.empty_like(gradient)
        for place in np.ndindex(gradient.shape):
            losses = []
            for step in (1e-6, -1e-6):
                nudged = [matrix.copy() for matrix in weights]
                nudged[number][place] += step
                losses.append(mean_loss(nudged))
            want[place] = (losses[0] - losses[1]) / 2e-6
        np.testing.assert_allclose(gradient, want, rtol=1e-4, atol=1e-5)


def test_error_signals_of_rows_that_weigh_nothing_are_zero(rng, samples):
    net = network(rng)
    targets, weight = np.zeros(11, dtype=np.int32), float32(np.zeros(11))
    behind = net.error_signals(net.activations(samples), targets, weight)
    for width, signals in zip(SIZES[1:], behind, strict=True):
        np.testing.assert_array_equal(signals, np.zeros((11, width)))


def test_sparse_samples_mean_the_same_as_dense_ones(rng, samples):
    net = network(rng)
    samples[np.abs(samples) < 0.7] = 0
    sparse = csr_array(samples)
    np.testing.assert_allclose(net.scores(sparse), net.scores(samples), rtol=1e-5)
    for a, b in zip(net.activations(sparse), net.activations(samples), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)


def test_what_a_network_says_of_itself(rng):
    net = network(rng, density=0.5)
    assert net.layer_sizes == SIZES
    assert net.n_connections == (27, 36, 16)
    assert net.n_places == 54 + 72 + 32
    assert net.density == 79 / 158
    first, *_ = dense_weights(net)
    np.testing.assert_allclose(net.input_strength(), np.abs(first).sum(axis=1), rtol=1e-6)
    assert [matrix.shape for matrix in net.coefs] == [(6, 9), (9, 8), (8, 4)]
    for layer, matrix, biases in zip(net.layers, net.coefs, net.intercepts, strict=True):
        assert np.shares_memory(matrix.data, layer.weights)
        assert biases is layer.biases


def test_a_snapshot_is_independent(rng, samples):
    net = network(rng)
    before = net.scores(samples)
    snapshot = net.snapshot()
    for layer in net.layers:
        layer.weights[:], layer.biases[:] = 1, 2
    np.testing.assert_array_equal(snapshot.scores(samples), before)
    assert (snapshot.activation, snapshot.loss) == (net.activation, net.loss)


def test_no_layer_is_no_network():
    with pytest.raises(InvalidParameterError, match="layers must hold at least one layer, got non"):
        SparseNetwork([], "relu", "softmax_cross_entropy")


def test_layers_that_do_not_fit_together_are_refused(rng):
    layers = [*network(rng, (3, 4, 5)).layers, *network(rng, (6, 2)).layers]
    with pytest.raises(InvalidParameterError, match="layer 2 ends in 5 neurons and the next begi"):
        SparseNetwork(layers, "relu", "softmax_cross_entropy")
