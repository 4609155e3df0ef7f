"""Evidence of a network's layers on training rows, as policies ask for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse, vstack

from ctre._typing import FloatArray, IndexArray
from ctre.kernels import Samples
from ctre.kernels.functions import output
from ctre.methods.evidence import LayerEvidence, Reads, Rows, Sample
from ctre.network import SparseNetwork
from ctre.training.data import LabelledRows, TrainingData


def sample_size(wanted: float | None, n_train: int) -> int:
    """Tell how many of the training rows a `Sample` of that size holds."""
    if wanted is None:
        return n_train
    if wanted < 1:
        return max(1, round(wanted * n_train))
    return min(int(wanted), n_train)


def observe(
    network: SparseNetwork, rows: LabelledRows, reads: Reads, n_threads: int
) -> list[LayerEvidence]:
    """Go forward, and backward if error signals are read; give the evidence of every layer.

    All of it is computed before anything is given, so that layers may change one by one.
    Time O(n_rows * n_connections).
    """
    activations = network.activations(rows.samples, n_threads)
    *hidden, scores = activations
    n_layers = len(activations)
    before: list[Samples | None] = [None] * n_layers
    after: list[FloatArray | None] = [None] * n_layers
    error: list[FloatArray | None] = [None] * n_layers
    if "pre" in reads:
        before = [rows.samples, *hidden]
    if "post" in reads:
        after = [*hidden, output(network.loss, scores).astype(np.float32)]
    if "error" in reads:
        error = [*network.error_signals(activations, rows.targets, rows.sample_weight)]
    return [LayerEvidence(*parts) for parts in zip(before, after, error, strict=True)]


class TrainingEvidence:
    """Draws the rows that a policy asks for, and observes the network on them.

    Parameters
    ----------
    network : SparseNetwork
        Whose layers are observed, as they are at the time.
    data : TrainingData
        Whose training rows are drawn.
    batch_size : int
        Rows of a batch.
    rng : numpy.random.Generator
        Decides which rows.
    n_threads : int
        The result does not depend on it.
    """

    def __init__(
        self,
        network: SparseNetwork,
        data: TrainingData,
        batch_size: int,
        rng: np.random.Generator,
        n_threads: int,
    ) -> None:
        self.network, self.data, self.rng, self.n_threads = network, data, rng, n_threads
        self.batch_size = min(batch_size, len(data.train_rows))

    def __call__(self, rows: Rows, reads: Reads) -> list[LayerEvidence]:
        """Give the evidence of every layer, first to last."""
        if isinstance(rows, Sample):
            return self._observe(self.sample(rows.size), reads)
        batches = [self._observe(self._batch(), reads) for _ in range(rows.n)]
        if len(batches) == 1:
            return batches[0]
        return [_joined(layer, reads, rows.decay) for layer in zip(*batches, strict=True)]

    def _observe(self, rows: IndexArray, reads: Reads) -> list[LayerEvidence]:
        return observe(self.network, self.data.rows.take(rows), reads, self.n_threads)

    def sample(self, size: float | None) -> NDArray[np.int32]:
        """Draw a subset of the training rows, ascending; all of them where that is wanted."""
        rows = self.data.train_rows
        count = sample_size(size, len(rows))
        if count == len(rows):
            return rows
        return np.sort(self.rng.choice(rows, size=count, replace=False))

    def _batch(self) -> NDArray[np.int32]:
        return self.rng.choice(self.data.train_rows, size=self.batch_size, replace=False)


def _joined(batches: tuple[LayerEvidence, ...], reads: Reads, decay: float) -> LayerEvidence:
    """Put the rows of several batches below each other."""
    return LayerEvidence(
        pre=_stacked([batch.pre for batch in batches]) if "pre" in reads else None,
        post=np.concatenate([batch.post for batch in batches]) if "post" in reads else None,
        error=(
            np.concatenate([batch.error * decay**age for age, batch in enumerate(batches)])
            if "error" in reads
            else None
        ),
    )


def _stacked(batches: list[Samples]) -> Samples:
    if issparse(batches[0]):
        return csr_array(vstack(batches, format="csr"))
    return np.concatenate(batches)
