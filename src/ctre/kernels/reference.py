"""The kernels in plain NumPy and SciPy: what each one means, and the fallback for the C++ ones.

`Kernels` says what the functions take and give. Inside, arrays are neuron-major: (n_neurons,
n_rows). No array of n_pre * n_post elements exists: temporary memory is a few values per
connection, a batch of activations, or about `_BLOCK` elements. ``n_threads`` is part of the
contract and changes nothing here: NumPy runs as it likes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.sparse import csr_array, sparray

from ctre._typing import FloatArray, IndexArray, KeyArray
from ctre.kernels.columns import as_counted
from ctre.kernels.contract import (
    SGD,
    Activation,
    Adam,
    BilinearForm,
    EpochTotals,
    LayerArrays,
    Loss,
    Samples,
    Tick,
)
from ctre.kernels.functions import activation as activate
from ctre.kernels.functions import activation_slope, error_signals, optimizer_step, sample_losses
from ctre.selection import first_lowest

_BLOCK = 2**20
"""Elements of a temporary array that grows with the layer or the number of samples."""

_CACHED_BLOCK = 2**16
"""Elements of a temporary array that is read at once and should still be in cache then."""

_TICK_SECONDS = 0.1


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def train_epoch(
    layers: Sequence[LayerArrays],
    samples: Samples,
    targets: IndexArray | FloatArray,
    order: IndexArray,
    *,
    sample_weight: FloatArray | None,
    batch_size: int,
    activation: Activation,
    loss: Loss,
    optimizer: SGD | Adam,
    n_threads: int,  # noqa: ARG001
    tick: Tick | None,
) -> EpochTotals:
    """Train every batch of ``order`` once: forward, backward, step."""
    incoming = [_incoming(layer) for layer in layers]
    outgoing = [matrix.T for matrix in incoming]  # the same memory again
    post_indices = [_post_indices(layer) for layer in layers]
    loss_sum = total_weight = 0.0
    n_correct = 0
    full = min(batch_size, len(order))
    last_tick = time.monotonic()

    for n_batches, start in enumerate(range(0, len(order), batch_size), start=1):
        rows = order[start : start + batch_size]
        row_weight = np.ones(len(rows)) if sample_weight is None else sample_weight[rows]
        batch_weight = float(row_weight.sum(dtype=np.float64))

        before: list[FloatArray] = []  # each layer's inputs
        values = _gather(samples, rows)
        for layer, matrix in zip(layers, incoming, strict=True):
            if before:
                values = activate(activation, values)
            before.append(values)
            values = _input_sums(matrix, layer, values)

        scores, wanted = values.T, targets[rows]
        loss_sum += float(row_weight @ sample_losses(loss, scores, wanted))
        total_weight += batch_weight
        if loss == "softmax_cross_entropy":
            n_correct += int(np.count_nonzero(scores.argmax(axis=1) == wanted))

        fullness = len(rows) / full
        share = (row_weight * (fullness / (batch_weight or 1.0))).astype(np.float32)
        error = np.ascontiguousarray(error_signals(loss, scores, wanted).T) * share
        for number in reversed(range(len(layers))):
            layer, inputs = layers[number], before[number]
            weight_gradient = _weight_gradient(layer, post_indices[number], inputs, error)
            bias_gradient = error.sum(axis=1)
            if number > 0:  # with the weights that this batch went forward through
                error = (outgoing[number] @ error) * activation_slope(activation, inputs)
            weight_gradient += np.float32(optimizer.l2) * layer.weights
            optimizer_step(optimizer, n_batches, layer.weights, weight_gradient, layer.weight_slots)
            optimizer_step(optimizer, n_batches, layer.biases, bias_gradient, layer.bias_slots)

        if tick is not None and time.monotonic() - last_tick >= _TICK_SECONDS:
            last_tick = time.monotonic()
            tick(start + len(rows))

    return EpochTotals(loss_sum / total_weight if total_weight else 0.0, n_correct)


def forward(
    layers: Sequence[LayerArrays],
    samples: Samples,
    *,
    activation: Activation,
    n_threads: int,  # noqa: ARG001
) -> FloatArray:
    """Compute the scores (n_samples, n_out) of every row: input sums of the output layer."""
    scores = np.empty((samples.shape[0], len(layers[-1].biases)), dtype=np.float32)
    for rows, answers in _answers(layers, samples, activation):
        scores[rows] = answers[-1].T
    return scores


def activations(
    layers: Sequence[LayerArrays],
    samples: Samples,
    *,
    activation: Activation,
    n_threads: int,  # noqa: ARG001
) -> list[FloatArray]:
    """Compute what the neurons of every layer answer to every row, each (n_rows, n_post)."""
    n_rows = samples.shape[0]
    found = [np.empty((n_rows, len(layer.biases)), dtype=np.float32) for layer in layers]
    for rows, answers in _answers(layers, samples, activation):
        for whole, values in zip(found, answers, strict=True):
            whole[rows] = values.T
    return found


@np.errstate(over="ignore", invalid="ignore")
def _answers(
    layers: Sequence[LayerArrays], samples: Samples, activation: Activation
) -> Iterator[tuple[slice, list[FloatArray]]]:
    """Give, block by block of the rows, hidden activations and scores, each (n_post, n_some)."""
    incoming = [_incoming(layer) for layer in layers]
    widest = max(layers[0].n_pre, *(len(layer.biases) for layer in layers))
    for rows in _blocks(samples.shape[0], widest, _BLOCK):
        values, answers = _gather(samples, rows), []
        for number, (layer, matrix) in enumerate(zip(layers, incoming, strict=True), start=1):
            values = _input_sums(matrix, layer, values)
            if number < len(layers):
                values = activate(activation, values)
            answers.append(values)
        yield rows, answers


@np.errstate(over="ignore", invalid="ignore")
def best_absent_pairs(
    form: BilinearForm,
    indptr: IndexArray,
    indices: IndexArray,
    count: int,
    *,
    n_threads: int,  # noqa: ARG001
) -> KeyArray:
    """Find the ``count`` best-scored places that (indptr, indices) leaves free."""
    if count == 0:
        return np.empty(0, dtype=np.int64)
    form = _counted(form)
    pre, post = form.pre, form.post
    n_pre, n_post = pre.shape[1], post.shape[1]
    keys = np.empty(0, dtype=np.int64)
    badness = np.empty(0, dtype=np.float32)
    for posts in _blocks(n_post, n_pre, _BLOCK):  # ascending, so that a later key never wins a tie
        scores = np.asarray(post[:, posts].T @ pre)
        if form.pre_offset is not None:
            scores += form.pre_offset
        if form.post_offset is not None:
            scores += form.post_offset[posts, None]
        if form.absolute:
            scores = np.abs(scores)
        block = scores if form.lowest_first else -scores  # its badness

        eligible = np.ones(block.shape, dtype=bool)
        offsets = indptr[posts.start : posts.stop + 1]
        taken_post = np.repeat(np.arange(len(block)), np.diff(offsets))
        eligible[taken_post, indices[offsets[0] : offsets[-1]]] = False
        if len(keys) == count:
            eligible &= ~(block >= badness.max())  # a NaN, which compares false, stays in
        post_neurons, pre_neurons = np.nonzero(eligible)

        keys = np.concatenate([keys, (post_neurons + posts.start) * n_pre + pre_neurons])
        badness = np.concatenate([badness, block[post_neurons, pre_neurons]])
        best = first_lowest(badness, count)
        keys, badness = keys[best], badness[best]
    return keys


@np.errstate(over="ignore", invalid="ignore")
def pair_scores(
    form: BilinearForm,
    indptr: IndexArray,
    indices: IndexArray,
    *,
    n_threads: int,  # noqa: ARG001
) -> FloatArray:
    """Compute the scores of the places (indptr, indices), in their order."""
    form = _counted(form)
    pre = form.pre if isinstance(form.pre, np.ndarray) else form.pre.tocsc()
    posts = np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))
    scores = np.empty(len(indices), dtype=np.float32)
    for part in _blocks(len(scores), max(1, form.post.shape[0]), _BLOCK):
        before, after = pre[:, indices[part]], form.post[:, posts[part]]
        before = before if isinstance(before, np.ndarray) else before.toarray()
        scores[part] = np.einsum("sk,sk->k", before, after)
    if form.pre_offset is not None:
        scores += form.pre_offset[indices]
    if form.post_offset is not None:
        scores += form.post_offset[posts]
    return np.abs(scores) if form.absolute else scores


def _counted(form: BilinearForm) -> BilinearForm:
    """Carry out the centering and the scaling that a form asks for."""
    return form._replace(
        pre=as_counted(form.pre, centered=form.centered, normalized=form.normalized_pre),
        post=as_counted(form.post, centered=form.centered, normalized=form.normalized_post),
        centered=False,
        normalized_pre=False,
        normalized_post=False,
    )


def _incoming(layer: LayerArrays) -> csr_array:
    """Read the layer as (n_post, n_pre) rows of incoming weights; they are shared, not copied."""
    shape = (len(layer.biases), layer.n_pre)
    return csr_array((layer.weights, layer.indices, layer.indptr), shape=shape)


def _post_indices(layer: LayerArrays) -> IndexArray:
    return np.repeat(np.arange(len(layer.biases), dtype=np.int32), np.diff(layer.indptr))


def _input_sums(matrix: csr_array, layer: LayerArrays, values: FloatArray) -> FloatArray:
    sums: FloatArray = matrix @ values
    sums += layer.biases[:, None]
    return sums


def _gather(samples: Samples, rows: IndexArray | slice) -> FloatArray:
    """Copy rows, turned to (n_features, n_rows) and dense."""
    turned = samples[rows].T
    dense = turned.toarray() if isinstance(turned, sparray) else turned
    return np.ascontiguousarray(dense)


def _weight_gradient(
    layer: LayerArrays, post_indices: IndexArray, inputs: FloatArray, error: FloatArray
) -> FloatArray:
    """Sum, for each connection, presynaptic activation times postsynaptic error over the rows."""
    gradient = np.empty_like(layer.weights)
    for part in _blocks(len(gradient), inputs.shape[1], _CACHED_BLOCK):
        pre = inputs.take(layer.indices[part], axis=0)
        post = error.take(post_indices[part], axis=0)
        np.einsum("kb,kb->k", pre, post, out=gradient[part])
    return gradient


def _blocks(n: int, width: int, n_elements: int) -> Iterator[slice]:
    """Cut ``range(n)`` into slices of about ``n_elements / width``, at least 1."""
    size = max(1, n_elements // width)
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))
