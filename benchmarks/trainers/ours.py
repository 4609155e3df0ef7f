"""This library: one call trains all the batches."""

from __future__ import annotations

from workloads import OPTIMIZER, Work

from ctre._typing import FloatArray, IndexArray
from ctre.network import DenseNetwork, SparseNetwork


class Ours:
    """The sparse network."""

    def __init__(self, work: Work, n_threads: int) -> None:
        self._work, self._n_threads = work, n_threads
        self._network = self._take_over(work.network.snapshot())
        self._network.reset_slots(1)

    def _take_over(self, network: SparseNetwork) -> SparseNetwork | DenseNetwork:
        return network

    def train(self, rows: IndexArray) -> float:
        totals = self._network.train_epoch(
            self._work.samples,
            self._work.labels,
            rows,
            sample_weight=None,
            batch_size=self._work.batch_size,
            optimizer=OPTIMIZER,
            n_threads=self._n_threads,
            tick=None,
        )
        return totals.loss

    def weights(self) -> list[FloatArray]:
        return [layer.weights for layer in self._network.layers]


class OursDense(Ours):
    """The baseline, for work in which every pair is connected."""

    def _take_over(self, network: SparseNetwork) -> DenseNetwork:
        return DenseNetwork.of(network.layers, network.activation, network.loss)
