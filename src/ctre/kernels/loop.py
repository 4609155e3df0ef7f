"""Training and prediction in plain NumPy, over whatever multiplies a layer with a batch.

Arrays are neuron-major here: (n_neurons, n_rows).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from scipy.sparse import sparray

from ctre._typing import FloatArray, IndexArray
from ctre.kernels.contract import (
    SGD,
    Adam,
    EpochTotals,
    InputDropout,
    LayerArrays,
    Samples,
    Tick,
)
from ctre.kernels.functions import activation as activate
from ctre.kernels.functions import (
    backpropagate,
    drop_inputs,
    mean_error_signals,
    optimizer_step,
    sample_losses,
)
from ctre.vocabulary import Activation, Loss

BLOCK = 2**20
"""Elements of a temporary array that grows with the layer or the number of samples."""

_TICK_SECONDS = 0.1


class Products(Protocol):
    """The three products of one layer with the activity of a batch."""

    def input_sums(self, values: FloatArray) -> FloatArray:
        """Multiply activations (n_pre, n_rows) by the weights, without the biases."""
        ...

    def carry_back(self, signals: FloatArray) -> FloatArray:
        """Multiply error signals (n_post, n_rows) by the outgoing weights: (n_pre, n_rows)."""
        ...

    def weight_gradient(self, values: FloatArray, signals: FloatArray) -> FloatArray:
        """Sum, for each connection, activation times error signal over the rows."""
        ...


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def train(
    layers: Sequence[LayerArrays],
    products: Sequence[Products],
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
    tick: Tick | None,
) -> EpochTotals:
    """Train every batch of ``order`` once: forward, backward, step."""
    loss_sum = total_weight = 0.0
    n_correct = 0
    full = min(batch_size, len(order))
    last_tick = time.monotonic()
    for n_batches, start in enumerate(range(0, len(order), batch_size), start=1):
        rows = order[start : start + batch_size]
        row_weight = None if sample_weight is None else sample_weight[rows]

        before: list[FloatArray] = []  # each layer's inputs
        values = _gather(samples, rows)
        if input_dropout is not None:
            values = drop_inputs(input_dropout, np.arange(start, start + len(rows)), values)
        for layer, product in zip(layers, products, strict=True):
            if before:
                values = activate(activation, values)
            before.append(values)
            values = product.input_sums(values)
            values += layer.biases[:, None]

        scores, wanted = values.T, targets[rows]
        weight = np.ones(len(rows)) if row_weight is None else row_weight.astype(np.float64)
        loss_sum += float(weight @ sample_losses(loss, scores, wanted))
        total_weight += float(weight.sum())
        if loss == "softmax_cross_entropy":
            n_correct += int(np.count_nonzero(scores.argmax(axis=1) == wanted))

        error = mean_error_signals(loss, scores, wanted, row_weight)
        error *= np.float32(len(rows) / full)
        carry_back = [product.carry_back for product in products]
        behind = backpropagate(np.ascontiguousarray(error.T), before, carry_back, activation)
        for layer, product, inputs, signals in zip(layers, products, before, behind, strict=True):
            weight_gradient = product.weight_gradient(inputs, signals)
            if optimizer.l2:
                weight_gradient += np.float32(optimizer.l2) * layer.weights
            bias_gradient = signals.sum(axis=1)
            optimizer_step(optimizer, n_batches, layer.weights, weight_gradient, layer.weight_slots)
            optimizer_step(optimizer, n_batches, layer.biases, bias_gradient, layer.bias_slots)

        if tick is not None and time.monotonic() - last_tick >= _TICK_SECONDS:
            last_tick = time.monotonic()
            tick(start + len(rows))

    return EpochTotals(loss_sum / total_weight if total_weight else 0.0, n_correct)


def scores(
    layers: Sequence[LayerArrays],
    products: Sequence[Products],
    samples: Samples,
    activation: Activation,
) -> FloatArray:
    """Compute the scores (n_samples, n_out) of every row."""
    found = np.empty((samples.shape[0], len(layers[-1].biases)), dtype=np.float32)
    for rows, (*_, sums) in _blockwise(layers, products, samples, activation):
        found[rows] = sums.T
    return found


def activations(
    layers: Sequence[LayerArrays],
    products: Sequence[Products],
    samples: Samples,
    activation: Activation,
) -> list[FloatArray]:
    """Compute hidden activations and scores of every row, each (n_samples, n_post)."""
    n_rows = samples.shape[0]
    found = [np.empty((n_rows, len(layer.biases)), dtype=np.float32) for layer in layers]
    for rows, values_of_layers in _blockwise(layers, products, samples, activation):
        for whole, values in zip(found, values_of_layers, strict=True):
            whole[rows] = values.T
    return found


@np.errstate(over="ignore", invalid="ignore")
def _blockwise(
    layers: Sequence[LayerArrays],
    products: Sequence[Products],
    samples: Samples,
    activation: Activation,
) -> Iterator[tuple[slice, list[FloatArray]]]:
    """Give, block by block of the rows, hidden activations and scores, each (n_post, n_some)."""
    widest = max(layers[0].n_pre, *(len(layer.biases) for layer in layers))
    for rows in blocks(samples.shape[0], widest, BLOCK):
        values, found = _gather(samples, rows), []
        for number, (layer, product) in enumerate(zip(layers, products, strict=True), start=1):
            values = product.input_sums(values)
            values += layer.biases[:, None]
            if number < len(layers):
                values = activate(activation, values)
            found.append(values)
        yield rows, found


def _gather(samples: Samples, rows: IndexArray | slice) -> FloatArray:
    """Copy rows, turned to (n_features, n_rows) and dense."""
    turned = samples[rows].T
    dense = turned.toarray() if isinstance(turned, sparray) else turned
    return np.ascontiguousarray(dense)


def blocks(n: int, width: int, n_elements: int) -> Iterator[slice]:
    """Cut ``range(n)`` into slices of about ``n_elements / width``, at least 1."""
    size = max(1, n_elements // width)
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))
