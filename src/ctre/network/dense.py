"""The baseline: a fully connected network, on BLAS."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.sparse import issparse
from threadpoolctl import threadpool_limits

from ctre._typing import DoubleArray, FloatArray, IndexArray
from ctre.kernels import SGD, Activation, Adam, EpochTotals, Loss, Samples, Tick
from ctre.kernels.functions import activation as activate
from ctre.kernels.functions import (
    activation_slope,
    error_signals,
    optimizer_step,
    output,
    sample_losses,
)
from ctre.network.layer import SparseLayer
from ctre.topology import Topology

_TICK_SECONDS = 0.1
_BLOCK = 4096  # rows that are predicted at a time


@dataclass(eq=False)
class DenseLayer:
    """A fully connected layer.

    Parameters
    ----------
    weights : float32 array of shape (n_pre, n_post)
    biases : float32 array of shape (n_post,)
    """

    weights: FloatArray
    biases: FloatArray
    weight_slots: tuple[FloatArray, ...] = field(default=(), repr=False)
    bias_slots: tuple[FloatArray, ...] = field(default=(), repr=False)


class DenseNetwork:
    """A fully connected multi-layer perceptron with the interface of `SparseNetwork`.

    Parameters
    ----------
    layers : sequence of DenseLayer
        First to last.
    activation, loss : str
        As in `SparseNetwork`.
    """

    def __init__(self, layers: Sequence[DenseLayer], activation: Activation, loss: Loss) -> None:
        self.dense_layers = tuple(layers)
        self.activation: Activation = activation
        self.loss: Loss = loss

    @classmethod
    def of(cls, layers: Sequence[SparseLayer], activation: Activation, loss: Loss) -> DenseNetwork:
        """Take over layers in which every pair is connected."""
        dense = []
        for layer in layers:
            by_post = layer.weights.reshape(layer.topology.n_post, layer.topology.n_pre)
            dense.append(DenseLayer(np.ascontiguousarray(by_post.T), layer.biases))
        return cls(dense, activation, loss)

    @property
    def layers(self) -> tuple[SparseLayer, ...]:
        """The layers with every connection spelled out: copies, for storing and pruning."""
        return tuple(
            SparseLayer(
                Topology.full(*layer.weights.shape), layer.weights.T.flatten(), layer.biases.copy()
            )
            for layer in self.dense_layers
        )

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Neurons of every layer, input first, output last."""
        first = self.dense_layers[0].weights.shape[0]
        return (first, *(layer.weights.shape[1] for layer in self.dense_layers))

    @property
    def n_connections(self) -> tuple[int, ...]:
        """Connections of every layer: all pairs."""
        return tuple(layer.weights.size for layer in self.dense_layers)

    @property
    def coefs(self) -> list[FloatArray]:
        """Weights (n_pre, n_post) of every layer; they share memory with the network."""
        return [layer.weights for layer in self.dense_layers]

    @property
    def intercepts(self) -> list[FloatArray]:
        """Biases (n_post,) of every layer; they share memory with the network."""
        return [layer.biases for layer in self.dense_layers]

    def input_strength(self) -> DoubleArray:
        """Sum the magnitudes of each input neuron's weights."""
        strength: DoubleArray = np.abs(self.dense_layers[0].weights).sum(axis=1, dtype=np.float64)
        return strength

    def reset_slots(self, n_slots: int) -> None:
        """Give the optimizer ``n_slots`` zeros for every weight and bias."""
        for layer in self.dense_layers:
            layer.weight_slots = tuple(np.zeros_like(layer.weights) for _ in range(n_slots))
            layer.bias_slots = tuple(np.zeros_like(layer.biases) for _ in range(n_slots))

    @np.errstate(over="ignore", invalid="ignore")
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
        loss_sum = total_weight = 0.0
        n_correct = 0
        scratch = [np.empty_like(layer.weights) for layer in self.dense_layers]
        full = min(batch_size, len(order))
        last_tick = time.monotonic()
        with threadpool_limits(n_threads, user_api="blas"):
            for n_batches, start in enumerate(range(0, len(order), batch_size), start=1):
                rows = order[start : start + batch_size]
                weight = np.ones(len(rows)) if sample_weight is None else sample_weight[rows]
                batch_weight = float(weight.sum(dtype=np.float64))
                inputs, scores = self._forward(_dense(samples[rows]))

                loss_sum += float(weight @ sample_losses(self.loss, scores, targets[rows]))
                total_weight += batch_weight
                if self.loss == "softmax_cross_entropy":
                    n_correct += int(np.count_nonzero(scores.argmax(axis=1) == targets[rows]))

                scale = len(rows) / full / (batch_weight or 1.0)
                share = (weight * scale).astype(np.float32)[:, None]
                signals = error_signals(self.loss, scores, targets[rows]) * share
                for number in reversed(range(len(self.dense_layers))):
                    layer, before = self.dense_layers[number], inputs[number]
                    gradient = np.matmul(before.T, signals, out=scratch[number])
                    bias_gradient = signals.sum(axis=0)
                    if number > 0:
                        signals = signals @ layer.weights.T
                        signals *= activation_slope(self.activation, before)
                    if optimizer.l2:
                        gradient += np.float32(optimizer.l2) * layer.weights
                    of_weights, of_biases = layer.weight_slots, layer.bias_slots
                    optimizer_step(optimizer, n_batches, layer.weights, gradient, of_weights)
                    optimizer_step(optimizer, n_batches, layer.biases, bias_gradient, of_biases)
                if tick is not None and time.monotonic() - last_tick >= _TICK_SECONDS:
                    last_tick = time.monotonic()
                    tick(start + len(rows))
        return EpochTotals(loss_sum / total_weight if total_weight else 0.0, n_correct)

    def _forward(self, values: FloatArray) -> tuple[list[FloatArray], FloatArray]:
        """Compute the inputs of every layer, and the scores."""
        inputs: list[FloatArray] = []
        for layer in self.dense_layers:
            if inputs:
                values = activate(self.activation, values)
            inputs.append(values)
            values = values @ layer.weights
            values += layer.biases
        return inputs, values

    @np.errstate(over="ignore", invalid="ignore")
    def scores(self, samples: Samples, n_threads: int = 1) -> FloatArray:
        """Compute the input sums (n_samples, n_out) of the output layer, float32."""
        n_rows = samples.shape[0]
        scores = np.empty((n_rows, self.layer_sizes[-1]), dtype=np.float32)
        with threadpool_limits(n_threads, user_api="blas"):
            for start in range(0, n_rows, _BLOCK):
                some = slice(start, start + _BLOCK)
                scores[some] = self._forward(_dense(samples[some]))[1]
        return scores

    def outputs(self, samples: Samples, n_threads: int = 1) -> DoubleArray:
        """Compute probabilities or predictions (n_samples, n_out), float64."""
        return output(self.loss, self.scores(samples, n_threads))

    def snapshot(self) -> DenseNetwork:
        """Copy what prediction needs."""
        layers = [
            DenseLayer(layer.weights.copy(), layer.biases.copy()) for layer in self.dense_layers
        ]
        return DenseNetwork(layers, self.activation, self.loss)


def _dense(rows: Any) -> FloatArray:
    dense: FloatArray = rows.toarray() if issparse(rows) else rows
    return dense
