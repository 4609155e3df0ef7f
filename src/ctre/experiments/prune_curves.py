"""What the prune study says: one curve for each network, criterion and order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ctre._typing import DoubleArray
from ctre.experiments.prune_study import PruneRow


class PruneCurve(NamedTuple):
    """Accuracy of the networks of one method and number of epochs while they are taken apart."""

    method: str
    epochs: int
    criterion: str
    order: str
    removed: DoubleArray
    """(n_steps + 1,) share of the connections that has left, from 0 to 1."""
    test_accuracy: DoubleArray
    """(n_seeds, n_steps + 1)"""


def prune_curves_of(rows: Sequence[PruneRow]) -> list[PruneCurve]:
    """Gather the rows of each curve, in the order in which curves appear."""
    groups: dict[tuple[str, int, str, str], list[PruneRow]] = {}
    for row in rows:
        groups.setdefault((row.method, row.epochs, row.criterion, row.order), []).append(row)
    curves = []
    for names, own in groups.items():
        n_seeds = len({row.seed for row in own})
        removed = np.array([row.removed for row in own]).reshape(n_seeds, -1)
        accuracies = np.array([row.test_accuracy for row in own]).reshape(n_seeds, -1)
        curves.append(PruneCurve(*names, removed[0], accuracies))
    return curves


def removable_share(removed: ArrayLike, accuracies: ArrayLike, tolerance: float = 0.05) -> float:
    """Give the share of connections that can leave before the accuracy falls.

    Parameters
    ----------
    removed : array-like of shape (n_steps + 1,)
        Shares that have left, ascending from 0.
    accuracies : array-like of shape (n_steps + 1,)
        Accuracy then.
    tolerance : float in [0, 1], default=0.05
        Share of the first accuracy that may be lost (dimensionless).

    Returns
    -------
    float in [0, 1]
        The last share before the accuracy is first below ``(1 - tolerance)`` of what it was.
    """
    curve = np.asarray(accuracies, dtype=np.float64)
    fallen = np.flatnonzero(curve < (1 - tolerance) * curve[0])
    return float(np.asarray(removed)[fallen[0] - 1 if len(fallen) else -1])
