"""scikit-learn's `MLPClassifier`: dense, with the same optimizer.

For two classes it has one logistic output, whose weights here begin as the difference of the two:
the hidden layers are then trained the same.
"""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier
from workloads import OPTIMIZER, Work

from ctre._typing import FloatArray, IndexArray


class SklearnDense:
    def __init__(self, work: Work) -> None:
        self._samples, self._labels, self._layers = work.samples, work.labels, work.network.layers
        _, *hidden, n_classes = work.network.layer_sizes
        self._model = MLPClassifier(
            hidden,
            solver="sgd",
            alpha=OPTIMIZER.l2 * work.batch_size,  # it divides by the batch size
            batch_size=work.batch_size,
            learning_rate_init=OPTIMIZER.learning_rate,
            momentum=OPTIMIZER.momentum,
            nesterovs_momentum=OPTIMIZER.nesterov,
            shuffle=False,  # the rows come in order
        )
        self._model.partial_fit(
            work.samples[: work.batch_size],
            work.labels[: work.batch_size],
            classes=range(n_classes),
        )
        for coefs, layer in zip(self._model.coefs_, self._layers, strict=True):
            weights = layer.topology.as_matrix(layer.weights).toarray()
            same_shape = coefs.shape == weights.shape
            coefs[:] = weights if same_shape else np.diff(weights, axis=1)
        for intercepts in self._model.intercepts_:
            intercepts[:] = 0
        for velocity in self._model._optimizer.velocities:
            velocity[:] = 0

    def train(self, rows: IndexArray) -> float:
        self._model.partial_fit(np.take(self._samples, rows, axis=0), self._labels[rows])
        return float(self._model.loss_)

    def weights(self) -> list[FloatArray]:
        return [
            coefs[layer.topology.indices, layer.topology.post_indices]
            for coefs, layer in zip(self._model.coefs_, self._layers, strict=True)
            if coefs.shape[1] == layer.topology.n_post
        ]
