"""Sparse layers in a row: training, prediction, and the activations they can lend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from scipy.sparse import csc_array

from ctre._typing import DoubleArray, FloatArray, IndexArray
from ctre.errors import InvalidParameterError
from ctre.kernels import SGD, Activation, Adam, EpochTotals, Loss, Samples, Tick, kernels
from ctre.kernels.functions import activation_slope, error_signals, output
from ctre.network.layer import SparseLayer


class SparseNetwork:
    """A multi-layer perceptron whose layers hold their connections and nothing else.

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
        batch_size: int,
        optimizer: SGD | Adam,
        n_threads: int,
        tick: Tick | None,
    ) -> EpochTotals:
        """Train every batch of ``order`` once, in place; see `ctre.kernels.contract.Kernels`."""
        return kernels().train_epoch(
            [layer.arrays() for layer in self.layers],
            samples,
            targets,
            order,
            sample_weight=sample_weight,
            batch_size=batch_size,
            activation=self.activation,
            loss=self.loss,
            optimizer=optimizer,
            n_threads=n_threads,
            tick=tick,
        )

    def scores(self, samples: Samples, n_threads: int = 1) -> FloatArray:
        """Compute the input sums (n_samples, n_out) of the output layer, float32."""
        return kernels().forward(
            [layer.arrays() for layer in self.layers],
            samples,
            activation=self.activation,
            n_threads=n_threads,
        )

    def outputs(self, samples: Samples, n_threads: int = 1) -> DoubleArray:
        """Compute probabilities or predictions (n_samples, n_out), float64."""
        return output(self.loss, self.scores(samples, n_threads))

    def lend_activations(
        self, samples: Samples, n_threads: int = 1
    ) -> Iterator[tuple[Samples, FloatArray]]:
        """Give, layer by layer, the activations before and after it.

        The first are the samples themselves, the last are the output probabilities. A layer may
        change its topology once its own activations have been taken: all of them were computed
        from the weights before that.
        """
        *hidden, scores = self._lent(samples, n_threads)
        after = [*hidden, output(self.loss, scores).astype(np.float32)]
        yield from zip([samples, *hidden], after, strict=True)

    def _lent(self, samples: Samples, n_threads: int) -> list[FloatArray]:
        """Compute the activations of the hidden layers, and the scores."""
        return kernels().activations(
            [layer.arrays() for layer in self.layers],
            samples,
            activation=self.activation,
            n_threads=n_threads,
        )

    def gradient_factors(
        self,
        samples: Samples,
        targets: IndexArray | FloatArray,
        sample_weight: FloatArray | None,
    ) -> list[tuple[Samples, FloatArray]]:
        """Give, for each layer, activations before it and error signals after it, of one batch.

        Their product ``activations.T @ error_signals`` is the gradient of the batch's (weighted)
        mean loss by every weight the layer could have. Time O(n_rows * n_connections).
        """
        *before, scores = [samples, *self._lent(samples, n_threads=1)]
        weight = np.ones(samples.shape[0]) if sample_weight is None else sample_weight
        share = (weight / (weight.sum() or 1.0)).astype(np.float32)[:, None]
        signals = error_signals(self.loss, scores, targets) * share
        factors = []
        for layer in reversed(self.layers):
            inputs = before.pop()
            factors.append((inputs, signals))
            if before:
                outgoing = layer.topology.as_matrix(layer.weights)
                signals = (outgoing @ signals.T).T * activation_slope(self.activation, inputs)
        return factors[::-1]

    def snapshot(self) -> SparseNetwork:
        """Copy what prediction needs."""
        return SparseNetwork(
            [layer.snapshot() for layer in self.layers], self.activation, self.loss
        )
