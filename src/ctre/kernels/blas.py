"""The kernels of a network in which every pair is connected: dense products, on BLAS.

Connections are sorted by (post, pre), so that the weights of a full layer are a C-ordered matrix
(n_post, n_pre) without a copy. One BLAS thread is used, whatever ``n_threads`` says: BLAS adds up
in another order with every number of threads, and the same seed must give the same result.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ctre._typing import FloatArray, IndexArray
from ctre.kernels import loop
from ctre.kernels.blas_threads import one_blas_thread
from ctre.kernels.contract import (
    SGD,
    Adam,
    EpochTotals,
    InputDropout,
    LayerArrays,
    Samples,
    Tick,
)
from ctre.vocabulary import Activation, Loss


class FullProducts:
    """The products of one layer that connects every pair."""

    def __init__(self, layer: LayerArrays) -> None:
        self._weights = layer.weights.reshape(len(layer.biases), layer.n_pre)
        self._gradient: FloatArray | None = None

    def input_sums(self, values: FloatArray) -> FloatArray:
        """Multiply activations by the weights."""
        sums: FloatArray = self._weights @ values
        return sums

    def carry_back(self, signals: FloatArray) -> FloatArray:
        """Multiply error signals by the outgoing weights."""
        errors: FloatArray = self._weights.T @ signals
        return errors

    def weight_gradient(self, values: FloatArray, signals: FloatArray) -> FloatArray:
        """Multiply activations by error signals; the same array is filled every time."""
        if self._gradient is None:
            self._gradient = np.empty_like(self._weights)
        return np.matmul(signals, values.T, out=self._gradient).ravel()


def train_epoch(
    layers: Sequence[LayerArrays],
    samples: Samples,
    targets: IndexArray | FloatArray,
    order: IndexArray,
    *,
    sample_weight: FloatArray | None,
    input_dropout: InputDropout | None,
    batch_size: int,
    activation: Activation,
    loss: Loss,
    optimizer: SGD | Adam,
    n_threads: int,  # noqa: ARG001
    tick: Tick | None,
) -> EpochTotals:
    """Train every batch of ``order`` once: forward, backward, step."""
    with one_blas_thread():
        return loop.train(
            layers,
            [FullProducts(layer) for layer in layers],
            samples,
            targets,
            order,
            sample_weight=sample_weight,
            input_dropout=input_dropout,
            batch_size=batch_size,
            activation=activation,
            loss=loss,
            optimizer=optimizer,
            tick=tick,
        )


def forward(
    layers: Sequence[LayerArrays],
    samples: Samples,
    *,
    activation: Activation,
    n_threads: int,  # noqa: ARG001
) -> FloatArray:
    """Compute the scores (n_samples, n_out) of every row: input sums of the output layer."""
    products = [FullProducts(layer) for layer in layers]
    with one_blas_thread():
        return loop.scores(layers, products, samples, activation)


def activations(
    layers: Sequence[LayerArrays],
    samples: Samples,
    *,
    activation: Activation,
    n_threads: int,  # noqa: ARG001
) -> list[FloatArray]:
    """Compute what the neurons of every layer answer to every row, each (n_rows, n_post)."""
    products = [FullProducts(layer) for layer in layers]
    with one_blas_thread():
        return loop.activations(layers, products, samples, activation)
