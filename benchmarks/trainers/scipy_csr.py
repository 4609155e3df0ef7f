"""SciPy's CSR products and NumPy, by hand: no framework at all."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from workloads import OPTIMIZER, Work

from ctre._typing import FloatArray, IndexArray
from ctre.network import SparseLayer

_BLOCK = 2_000  # connections whose activations are gathered at a time: they stay in cache


class SciPyCSR:
    def __init__(self, work: Work) -> None:
        self._samples, self._labels = work.samples, work.labels
        self._batch_size = work.batch_size
        self._layers = [_Layer(layer) for layer in work.network.layers]

    def train(self, rows: IndexArray) -> float:
        starts = range(0, len(rows), self._batch_size)
        losses = [self._batch(rows[start : start + self._batch_size]) for start in starts]
        return sum(losses) / len(starts)

    def weights(self) -> list[FloatArray]:
        return [layer.matrix.data for layer in self._layers]

    def _batch(self, rows: IndexArray) -> float:
        values = [np.ascontiguousarray(self._samples[rows].T)]
        for layer in self._layers:
            sums = layer.matrix @ values[-1]
            sums += layer.biases
            values.append(np.maximum(sums, 0) if layer is not self._layers[-1] else sums)
        scores, labels, columns = values.pop(), self._labels[rows], np.arange(len(rows))
        scores -= scores.max(axis=0)
        probabilities = np.exp(scores)
        totals = probabilities.sum(axis=0)
        loss = float(np.mean(np.log(totals) - scores[labels, columns]))

        probabilities /= totals
        probabilities[labels, columns] -= 1
        error = probabilities / len(rows)
        for layer in reversed(self._layers):
            inputs = values.pop()
            gradient = layer.gradient(inputs, error)
            bias_gradient = error.sum(axis=1, keepdims=True)
            if values:
                error = layer.matrix.T @ error
                error *= inputs > 0
            gradient += OPTIMIZER.l2 * layer.matrix.data
            _step(layer.matrix.data, gradient, layer.velocity)
            _step(layer.biases, bias_gradient, layer.bias_velocity)
        return loss


class _Layer:
    def __init__(self, layer: SparseLayer) -> None:
        topology = layer.topology
        self.matrix = csr_array(topology.as_matrix(layer.weights.copy()).T)
        self.posts = topology.post_indices
        self.biases = np.zeros((topology.n_post, 1), dtype=np.float32)
        self.velocity = np.zeros_like(layer.weights)
        self.bias_velocity = np.zeros_like(self.biases)

    def gradient(self, inputs: FloatArray, error: FloatArray) -> FloatArray:
        """Sum input times error over the rows, for each connection."""
        gradient = np.empty_like(self.velocity)
        for start in range(0, len(gradient), _BLOCK):
            some = slice(start, start + _BLOCK)
            before = inputs.take(self.matrix.indices[some], axis=0)
            after = error.take(self.posts[some], axis=0)
            np.einsum("kb,kb->k", before, after, out=gradient[some])
        return gradient


def _step(values: FloatArray, gradient: FloatArray, velocity: FloatArray) -> None:
    velocity *= OPTIMIZER.momentum
    velocity += gradient
    values -= OPTIMIZER.learning_rate * (gradient + OPTIMIZER.momentum * velocity)
