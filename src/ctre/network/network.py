"""Layers in a row: training, prediction, and the activity between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csc_array

from ctre._typing import DoubleArray, FloatArray, IndexArray
from ctre.density import count_places
from ctre.errors import InvalidParameterError
from ctre.kernels import (
    SGD,
    Activation,
    Adam,
    EpochTotals,
    InputDropout,
    LayerArrays,
    LayerKernels,
    Loss,
    Samples,
    Tick,
    layer_kernels,
)
from ctre.kernels.functions import backpropagate, mean_error_signals, output
from ctre.network.layer import SparseLayer


class SparseNetwork:
    """A multi-layer perceptron whose layers hold their connections and nothing else.

    If they hold every place there is, it trains and predicts on BLAS.

    Parameters
    ----------
    layers : sequence of SparseLayer
        First to last; neighbours agree in size.
    activation : {"relu", "leaky_relu", "tanh", "logistic", "identity"}
        Of the hidden layers.
    loss : {"softmax_cross_entropy", "logistic", "squared_error"}
        What training lowers; it also decides what the output layer's scores mean.

    Raises
    ------
    InvalidParameterError
        If there is no layer, or neighbours disagree in size.
    """

    def __init__(self, layers: Sequence[SparseLayer], activation: Activation, loss: Loss) -> None:
        if not layers:
            raise InvalidParameterError("layers must hold at least one layer, got none.")
        for number, (left, right) in enumerate(pairwise(layers), start=1):
            if left.topology.n_post != right.topology.n_pre:
                raise InvalidParameterError(
                    f"layers must fit together, but layer {number} ends in "
                    f"{left.topology.n_post} neurons and the next begins with "
                    f"{right.topology.n_pre}."
                )
        self.layers = tuple(layers)
        self.activation: Activation = activation
        self.loss: Loss = loss

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Neurons of every layer, input first, output last."""
        first, *_ = self.layers
        return (first.topology.n_pre, *(layer.topology.n_post for layer in self.layers))

    @property
    def n_connections(self) -> tuple[int, ...]:
        """Connections of every layer."""
        return tuple(layer.topology.n_connections for layer in self.layers)

    @property
    def n_places(self) -> int:
        """Number of pairs of neurons that a connection could join, over all layers."""
        return sum(count_places(self.layer_sizes))

    @property
    def density(self) -> float:
        """Connections per place, over all layers, in [0, 1]."""
        return sum(self.n_connections) / self.n_places

    @property
    def coefs(self) -> list[csc_array]:
        """Weights (n_pre, n_post) of every layer; they share memory with the network."""
        return [layer.topology.as_matrix(layer.weights) for layer in self.layers]

    @property
    def intercepts(self) -> list[FloatArray]:
        """Biases (n_post,) of every layer; they share memory with the network."""
        return [layer.biases for layer in self.layers]

    def input_strength(self) -> DoubleArray:
        """Sum the magnitudes of each input neuron's weights."""
        first = self.layers[0]
        strength = np.bincount(
            first.topology.indices, np.abs(first.weights), minlength=first.topology.n_pre
        )
        return strength.astype(np.float64)

    def reset_slots(self, n_slots: int) -> None:
        """Give the optimizer ``n_slots`` zeros for every weight and bias."""
        for layer in self.layers:
            layer.reset_slots(n_slots)

    def train_epoch(
        self,
        samples: Samples,
        targets: IndexArray | FloatArray,
        order: IndexArray,
        *,
        sample_weight: FloatArray | None,
        input_dropout: InputDropout | None = None,
        batch_size: int,
        optimizer: SGD | Adam,
        n_threads: int,
        tick: Tick | None,
    ) -> EpochTotals:
        """Train every batch of ``order`` once, in place; see `ctre.kernels.contract.Kernels`."""
        kernels, layers = self._for_kernels()
        return kernels.train_epoch(
            layers,
            samples,
            targets,
            order,
            sample_weight=sample_weight,
            input_dropout=input_dropout,
            batch_size=batch_size,
            activation=self.activation,
            loss=self.loss,
            optimizer=optimizer,
            n_threads=n_threads,
            tick=tick,
        )

    def scores(self, samples: Samples, n_threads: int = 1) -> FloatArray:
        """Compute the input sums (n_samples, n_out) of the output layer, float32."""
        kernels, layers = self._for_kernels()
        return kernels.forward(layers, samples, activation=self.activation, n_threads=n_threads)

    def outputs(self, samples: Samples, n_threads: int = 1) -> DoubleArray:
        """Compute probabilities or predictions (n_samples, n_out), float64."""
        return output(self.loss, self.scores(samples, n_threads))

    def activations(self, samples: Samples, n_threads: int = 1) -> list[FloatArray]:
        """Compute the activations (n_rows, n_neurons) of the hidden layers, and the scores."""
        kernels, layers = self._for_kernels()
        return kernels.activations(layers, samples, activation=self.activation, n_threads=n_threads)

    def error_signals(
        self,
        activations: Sequence[FloatArray],
        targets: IndexArray | FloatArray,
        sample_weight: FloatArray | None = None,
    ) -> list[FloatArray]:
        """Compute the error signals (n_rows, n_post) behind every layer, C order.

        With the activations before a layer, the product ``activations.T @ error_signals`` is the
        gradient of the rows' (weighted) mean loss by every weight the layer could have.
        Time O(n_rows * n_connections).

        Parameters
        ----------
        activations : sequence of arrays
            What `activations` gives for these rows.
        targets : array
            Classes (n_rows,) for softmax cross-entropy, else values (n_rows, n_out).
        sample_weight : float32 array of shape (n_rows,), optional
            Weight of each row in the loss.
        """
        *hidden, scores = activations
        error = mean_error_signals(self.loss, scores, targets, sample_weight)
        carry_back = [layer.carry_back for layer in self.layers]
        # What is before the first layer plays no role.
        signals = backpropagate(error, [scores, *hidden], carry_back, self.activation)
        return [np.ascontiguousarray(values) for values in signals]

    def _for_kernels(self) -> tuple[LayerKernels, list[LayerArrays]]:
        layers = [layer.arrays() for layer in self.layers]
        return layer_kernels(layers), layers

    def snapshot(self) -> SparseNetwork:
        """Copy what prediction needs."""
        return SparseNetwork(
            [layer.snapshot() for layer in self.layers], self.activation, self.loss
        )
