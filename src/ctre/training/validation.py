"""How good a network is on rows it was not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ctre._typing import DoubleArray, FloatArray, IndexArray
from ctre.kernels import Loss, Samples
from ctre.kernels.functions import mean_loss, output
from ctre.network import DenseNetwork, SparseNetwork


class Verdict(NamedTuple):
    """The outcome of validation."""

    loss: float
    score: float
    """Accuracy in [0, 1], or R² for the squared error."""


@dataclass(frozen=True, eq=False)
class Validation:
    """Rows that judge a network; copied out once, since every epoch reads them."""

    samples: Samples
    targets: IndexArray | FloatArray
    sample_weight: FloatArray | None = None

    @classmethod
    def of(
        cls,
        samples: Samples,
        targets: IndexArray | FloatArray,
        rows: IndexArray,
        sample_weight: FloatArray | None,
    ) -> Validation | None:
        """Take ``rows`` out of the data; None if there are none."""
        if not len(rows):
            return None
        weight = None if sample_weight is None else sample_weight[rows]
        return cls(samples[rows], targets[rows], weight)

    def judge(self, network: SparseNetwork | DenseNetwork, n_threads: int) -> Verdict:
        """Compute loss and score."""
        scores = network.scores(self.samples, n_threads)
        loss = mean_loss(network.loss, scores, self.targets, self.sample_weight)
        return Verdict(loss, _score(network.loss, scores, self.targets, self.sample_weight))


def _score(
    loss: Loss,
    scores: FloatArray,
    targets: IndexArray | FloatArray,
    sample_weight: FloatArray | None,
) -> float:
    if loss == "squared_error":
        return _r_squared(output(loss, scores), np.asarray(targets, np.float64), sample_weight)
    if loss == "softmax_cross_entropy":
        is_right = scores.argmax(axis=1) == targets
    else:
        is_right = ((scores > 0) == (targets > 0.5)).all(axis=1)
    return float(np.average(is_right, weights=sample_weight))


def _r_squared(
    predicted: DoubleArray, wanted: DoubleArray, sample_weight: FloatArray | None
) -> float:
    """Share of the variance explained, averaged over outputs; 0 where there is no variance."""
    centre = np.average(wanted, axis=0, weights=sample_weight)
    unexplained = np.average((wanted - predicted) ** 2, axis=0, weights=sample_weight)
    variance = np.average((wanted - centre) ** 2, axis=0, weights=sample_weight)
    share = np.zeros_like(variance)
    np.divide(unexplained, variance, out=share, where=variance > 0)
    return float(np.mean(np.where(variance > 0, 1 - share, 0.0)))
