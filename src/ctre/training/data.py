"""The rows of a fit: those that are trained on, and those that tell how good a network is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from ctre._typing import FloatArray, IndexArray
from ctre.kernels import Samples
from ctre.kernels.functions import Targets, mean_loss
from ctre.network import SparseNetwork
from ctre.training.task import Task


class Evaluation(NamedTuple):
    """How good a network is on some rows."""

    loss: float
    score: float
    """The task's metric, such as the accuracy in [0, 1]."""


@dataclass(frozen=True, eq=False)
class LabelledRows:
    """Rows with their targets; copied out once, since every epoch reads them.

    Parameters
    ----------
    samples : float32 array or CSR of shape (n_rows, n_features)
        As the network takes them.
    targets : array of shape (n_rows,) or (n_rows, n_out)
        As the loss takes them.
    sample_weight : float32 array of shape (n_rows,), optional
        Weight of each row in loss and score.
    """

    samples: Samples
    targets: Targets
    sample_weight: FloatArray | None = None

    def take(self, rows: IndexArray) -> LabelledRows:
        """Copy some of the rows."""
        weight = None if self.sample_weight is None else self.sample_weight[rows]
        return LabelledRows(self.samples[rows], self.targets[rows], weight)

    def evaluate(self, network: SparseNetwork, task: Task, n_threads: int) -> Evaluation:
        """Compute loss and score of a network."""
        scores = network.scores(self.samples, n_threads)
        loss = mean_loss(network.loss, scores, self.targets, self.sample_weight)
        return Evaluation(loss, task.score(scores, self.targets, self.sample_weight))


@dataclass(frozen=True, eq=False)
class TrainingData:
    """All rows of a fit, and what each is for."""

    rows: LabelledRows
    train_rows: IndexArray
    """Numbers of those that are trained on."""
    validation_rows: IndexArray
    """Numbers of those that choose the best epoch; may be empty."""
    given: LabelledRows | None = None
    """Rows from elsewhere that choose the best epoch instead."""
    prepare: Callable[[Any, Any], LabelledRows] | None = None
    """Scales further rows and encodes their targets, as was done to these; for callbacks."""

    @property
    def n_validation(self) -> int:
        """Rows that choose the best epoch."""
        return len(self.validation_rows) if self.given is None else self.given.samples.shape[0]

    @property
    def validation(self) -> LabelledRows | None:
        """The rows that choose the best epoch, copied; None if there are none."""
        if self.given is not None:
            return self.given
        return self.rows.take(self.validation_rows) if len(self.validation_rows) else None
