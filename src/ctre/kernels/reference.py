"""The kernels in plain NumPy and SciPy: what each one means, and the fallback for the C++ ones.

`Kernels` says what the functions take and give. No array of n_pre * n_post elements exists:
temporary memory is a few values per connection, a batch of activations, or about `BLOCK` elements.
``n_threads`` is part of the contract and changes nothing here: NumPy runs as it likes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from ctre._typing import FloatArray, IndexArray, KeyArray
from ctre.kernels import loop
from ctre.kernels.columns import as_counted
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
from ctre.kernels.loop import BLOCK, blocks
from ctre.selection import first_lowest
from ctre.vocabulary import Activation, Loss

_CACHED_BLOCK = 2**16
"""Elements of a temporary array that is read at once and should still be in cache then."""


class SparseProducts:
    """The products of one layer that holds its connections and nothing else."""

    def __init__(self, layer: LayerArrays) -> None:
        shape = (len(layer.biases), layer.n_pre)
        # Rows of incoming weights: the layer's own arrays, as is the transpose.
        self._incoming = csr_array((layer.weights, layer.indices, layer.indptr), shape=shape)
        self._outgoing = self._incoming.T
        self._pre_indices = layer.indices
        self._post_indices = np.repeat(
            np.arange(len(layer.biases), dtype=np.int32), np.diff(layer.indptr)
        )

    def input_sums(self, values: FloatArray) -> FloatArray:
        """Multiply activations by the weights."""
        sums: FloatArray = self._incoming @ values
        return sums

    def carry_back(self, signals: FloatArray) -> FloatArray:
        """Multiply error signals by the outgoing weights."""
        errors: FloatArray = self._outgoing @ signals
        return errors

    def weight_gradient(self, values: FloatArray, signals: FloatArray) -> FloatArray:
        """Multiply, for each connection, what is before it by what is behind it."""
        gradient = np.empty(len(self._pre_indices), dtype=np.float32)
        for part in blocks(len(gradient), max(1, values.shape[1]), _CACHED_BLOCK):
            pre = values.take(self._pre_indices[part], axis=0)
            post = signals.take(self._post_indices[part], axis=0)
            np.einsum("kb,kb->k", pre, post, out=gradient[part])
        return gradient


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
    return loop.train(
        layers,
        [SparseProducts(layer) for layer in layers],
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
    products = [SparseProducts(layer) for layer in layers]
    return loop.scores(layers, products, samples, activation)


def activations(
    layers: Sequence[LayerArrays],
    samples: Samples,
    *,
    activation: Activation,
    n_threads: int,  # noqa: ARG001
) -> list[FloatArray]:
    """Compute what the neurons of every layer answer to every row, each (n_rows, n_post)."""
    products = [SparseProducts(layer) for layer in layers]
    return loop.activations(layers, products, samples, activation)


@np.errstate(over="ignore", invalid="ignore")
def layer_forward(
    layer: LayerArrays,
    samples: FloatArray,
    *,
    n_threads: int,  # noqa: ARG001
) -> FloatArray:
    """Compute the input sums (n_rows, n_post) behind one layer, for whoever owns the rest."""
    return np.ascontiguousarray(SparseProducts(layer).input_sums(samples.T).T) + layer.biases


@np.errstate(over="ignore", invalid="ignore")
def layer_backward(
    layer: LayerArrays,
    samples: FloatArray,
    error: FloatArray,
    *,
    wants_samples: bool,
    wants_weights: bool,
    wants_biases: bool,
    n_threads: int,  # noqa: ARG001
) -> LayerGradients:
    """Compute the gradients around one layer from that by its input sums."""
    products = SparseProducts(layer)
    before, behind = np.ascontiguousarray(samples.T), np.ascontiguousarray(error.T)
    return LayerGradients(
        np.ascontiguousarray(products.carry_back(behind).T) if wants_samples else None,
        products.weight_gradient(before, behind) if wants_weights else None,
        behind.sum(axis=1) if wants_biases else None,
    )


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
    for posts in blocks(n_post, n_pre, BLOCK):  # ascending, so that a later key never wins a tie
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
    for part in blocks(len(scores), max(1, form.post.shape[0]), BLOCK):
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
