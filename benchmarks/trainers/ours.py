"""This library: one call trains all the batches."""

from __future__ import annotations

from workloads import OPTIMIZER, Work

from ctre._typing import FloatArray, IndexArray


class Ours:
    """The network; on BLAS, for work in which every pair is connected."""

    def __init__(self, work: Work, n_threads: int) -> None:
        self._work, self._n_threads = work, n_threads
        self._network = work.network.snapshot()
        self._network.reset_slots(1)

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
