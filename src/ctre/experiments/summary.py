"""What a comparison says: one summary for each method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ctre._typing import DoubleArray
from ctre.experiments.comparison import CurvePoint, RunRow
from ctre.experiments.cost import Cost
from ctre.experiments.significance import Significance, kolmogorov_smirnov
from ctre.experiments.speed import training_delay


class Curves(NamedTuple):
    """Learning curves of one method, float64 of shape (n_seeds, n_epochs)."""

    method: str
    test_accuracy: DoubleArray
    test_loss: DoubleArray


class Summary(NamedTuple):
    """What one method reached, mean over its seeds where nothing else is said."""

    method: str
    n_seeds: int
    accuracy: float
    """Of the test rows, at the epoch of the best validation accuracy."""
    accuracy_std: float | None
    """Sample standard deviation over the seeds; None for one seed."""
    training_delay: float | None
    """Of the mean curve, against the highest point of all mean curves."""
    n_connections: int
    density: float
    exploration_rate: float
    n_dead: float
    n_unreachable: float
    seconds_train: float
    """Of a whole training, as the next."""
    seconds_evolve: float
    cost: Cost
    """Multiply-adds of an epoch."""
    is_best: bool
    """Whether no method has a higher accuracy; the first one on ties."""
    against_best: Significance | None
    """Accuracies tested against those of the best method; None for itself, and for one seed."""


def curves_of(points: Sequence[CurvePoint]) -> list[Curves]:
    """Gather the epochs of each method, in the order in which methods appear."""
    curves = []
    for method in dict.fromkeys(point.method for point in points):
        own = [point for point in points if point.method == method]
        n_epochs = max(point.epoch for point in own)
        accuracies = np.array([point.test_accuracy for point in own]).reshape(-1, n_epochs)
        losses = np.array([point.test_loss for point in own]).reshape(-1, n_epochs)
        curves.append(Curves(method, accuracies, losses))
    return curves


def summarize(rows: Sequence[RunRow], curves: Sequence[Curves]) -> list[Summary]:
    """Sum up the runs of each method, in the order of the curves.

    Notes
    -----
    The paper does not say how its training delays are averaged over seeds. All in its Table 6 are
    whole multiples of one epoch, as those of mean curves are and means of three delays are not.
    """
    runs = {own.method: [row for row in rows if row.method == own.method] for own in curves}
    accuracies = {method: [run.test_accuracy for run in own] for method, own in runs.items()}
    best_method = max(accuracies, key=lambda method: float(np.mean(accuracies[method])))
    highest = max(float(own.test_accuracy.mean(axis=0).max()) for own in curves)
    return [
        _summary(
            runs[own.method],
            training_delay(own.test_accuracy.mean(axis=0), highest),
            is_best=own.method == best_method,
            best_accuracies=accuracies[best_method],
        )
        for own in curves
    ]


def _summary(
    runs: Sequence[RunRow],
    delay: float | None,
    *,
    is_best: bool,
    best_accuracies: Sequence[float],
) -> Summary:
    accuracies = [run.test_accuracy for run in runs]
    is_tested = not is_best and len(runs) > 1

    def mean(field: str) -> float:
        return float(np.mean([getattr(run, field) for run in runs]))

    return Summary(
        method=runs[0].method,
        n_seeds=len(runs),
        accuracy=mean("test_accuracy"),
        accuracy_std=float(np.std(accuracies, ddof=1)) if len(runs) > 1 else None,
        training_delay=delay,
        n_connections=runs[0].n_connections,
        density=runs[0].density,
        exploration_rate=mean("exploration_rate"),
        n_dead=mean("n_dead"),
        n_unreachable=mean("n_unreachable"),
        seconds_train=mean("seconds_train"),
        seconds_evolve=mean("seconds_evolve"),
        cost=Cost(*map(mean, Cost._fields)),
        is_best=is_best,
        against_best=kolmogorov_smirnov(best_accuracies, accuracies) if is_tested else None,
    )
