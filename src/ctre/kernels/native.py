"""The kernels in C++: `Kernels` over the extension, which takes plain arrays and checks them.

A wrong dtype, shape or index is a ValueError that names the argument. Ctrl-C ends an epoch between
two batches, with the weights of the last one complete.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csc_array, csr_array

from ctre._typing import FloatArray, IndexArray, KeyArray
from ctre.kernels import _native
from ctre.kernels.contract import (
    SGD,
    Adam,
    BilinearForm,
    EpochTotals,
    InputDropout,
    LayerArrays,
    LayerGradients,
    Samples,
    Tick,
)
from ctre.vocabulary import Activation, Loss


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
    n_threads: int,
    tick: Tick | None,
) -> EpochTotals:
    """Train every batch of ``order`` once: forward, backward, step."""
    totals = _native.train_epoch(
        list(layers),
        _rows(samples),
        targets,
        order,
        sample_weight,
        input_dropout,
        batch_size,
        activation,
        loss,
        type(optimizer).__name__,
        optimizer,
        n_threads,
        tick,
    )
    return EpochTotals(*totals)


def forward(
    layers: Sequence[LayerArrays], samples: Samples, *, activation: Activation, n_threads: int
) -> FloatArray:
    """Compute the scores (n_samples, n_out) of every row: input sums of the output layer."""
    scores = np.empty((samples.shape[0], len(layers[-1].biases)), dtype=np.float32)
    _native.forward(list(layers), _rows(samples), activation, n_threads, [], scores)
    return scores


def activations(
    layers: Sequence[LayerArrays], samples: Samples, *, activation: Activation, n_threads: int
) -> list[FloatArray]:
    """Compute what the neurons of every layer answer to every row, each (n_rows, n_post)."""
    n_rows = samples.shape[0]
    *hidden, scores = [np.empty((n_rows, len(layer.biases)), np.float32) for layer in layers]
    _native.forward(list(layers), _rows(samples), activation, n_threads, hidden, scores)
    return [*hidden, scores]


def layer_forward(layer: LayerArrays, samples: FloatArray, *, n_threads: int) -> FloatArray:
    """Compute the input sums (n_rows, n_post) behind one layer, for whoever owns the rest."""
    sums = np.empty((len(samples), len(layer.biases)), dtype=np.float32)
    _native.layer_forward(layer, samples, n_threads, sums)
    return sums


def layer_backward(
    layer: LayerArrays,
    samples: FloatArray,
    error: FloatArray,
    *,
    wants_samples: bool,
    wants_weights: bool,
    wants_biases: bool,
    n_threads: int,
) -> LayerGradients:
    """Compute the gradients around one layer from that by its input sums."""
    gradients = LayerGradients(
        np.empty_like(samples) if wants_samples else None,
        np.empty_like(layer.weights) if wants_weights else None,
        np.empty_like(layer.biases) if wants_biases else None,
    )
    _native.layer_backward(layer, samples, error, n_threads, *gradients)
    return gradients


def best_absent_pairs(
    form: BilinearForm, indptr: IndexArray, indices: IndexArray, count: int, *, n_threads: int
) -> KeyArray:
    """Find the ``count`` best-scored places that (indptr, indices) leaves free."""
    keys = np.empty(count, dtype=np.int64)
    _native.best_absent_pairs((_columns(form.pre), *form[1:]), indptr, indices, n_threads, keys)
    return keys


def pair_scores(
    form: BilinearForm, indptr: IndexArray, indices: IndexArray, *, n_threads: int
) -> FloatArray:
    """Compute the scores of the places (indptr, indices), in their order."""
    scores = np.empty(len(indices), dtype=np.float32)
    _native.pair_scores((_columns(form.pre), *form[1:]), indptr, indices, n_threads, scores)
    return scores


def _rows(samples: Samples) -> FloatArray | tuple[int, KeyArray, IndexArray, FloatArray]:
    return samples if isinstance(samples, np.ndarray) else _compressed(samples)


def _columns(samples: Samples) -> FloatArray | tuple[int, KeyArray, IndexArray, FloatArray]:
    if isinstance(samples, np.ndarray):
        return samples
    columns = samples.tocsc()
    columns.sum_duplicates()
    return _compressed(columns)


def _compressed(matrix: csr_array | csc_array) -> tuple[int, KeyArray, IndexArray, FloatArray]:
    """Take a sparse matrix apart; its offsets may be of either integer type."""
    return (
        matrix.shape[1] if matrix.format == "csr" else matrix.shape[0],
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data,
    )


def isa() -> str:
    """Name the instruction set in use."""
    return _native.isa()
