"""What a comparison says: one summary for each method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ctre._typing import DoubleArray
from ctre.experiments.cells import Cell
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


def curves_of(cells: Sequence[Cell]) -> list[Curves]:
    """Gather the epochs of each method, in the order in which methods appear."""
    curves = []
    for cell in cells:
        accuracy, loss = cell.curve("test_accuracy"), cell.curve("test_loss")
        if accuracy is not None and loss is not None:
            curves.append(Curves(cell.method, accuracy, loss))
    return curves


def summarize(cells: Sequence[Cell]) -> list[Summary]:
    """Sum up the runs of each method, one cell each.

    Notes
    -----
    The paper does not say how its training delays are averaged over seeds. All in its Table 6 are
    whole multiples of one epoch, as those of mean curves are and means of three delays are not.
    """
    curves = {own.method: own.test_accuracy.mean(axis=0) for own in curves_of(cells)}
    best = max(cells, key=lambda cell: cell.mean)
    highest = max((float(curve.max()) for curve in curves.values()), default=0.0)
    return [
        _summary(
            cell,
            training_delay(curves[cell.method], highest) if cell.method in curves else None,
            best,
        )
        for cell in cells
    ]


def _summary(cell: Cell, delay: float | None, best: Cell) -> Summary:
    outcomes = [run.result.outcome for run in cell.runs if run.result is not None]
    seconds = [run.result.seconds for run in cell.runs if run.result is not None]
    accuracies = [outcome.test_accuracy for outcome in outcomes]
    is_tested = cell is not best and cell.n > 1

    def mean(field: str) -> float:
        return float(np.mean([getattr(outcome, field) for outcome in outcomes]))

    return Summary(
        method=cell.method,
        n_seeds=cell.n,
        accuracy=mean("test_accuracy"),
        accuracy_std=float(np.std(accuracies, ddof=1)) if cell.n > 1 else None,
        training_delay=delay,
        n_connections=outcomes[0].n_connections,
        density=outcomes[0].density,
        exploration_rate=mean("exploration_rate"),
        n_dead=mean("n_dead"),
        n_unreachable=mean("n_unreachable"),
        seconds_train=float(np.mean([one.train for one in seconds])),
        seconds_evolve=float(np.mean([one.evolve for one in seconds])),
        cost=Cost(*map(mean, Cost._fields)),
        is_best=cell is best,
        against_best=(
            kolmogorov_smirnov([value / 100 for value in best.by_seed.values()], accuracies)
            if is_tested
            else None
        ),
    )
