"""What taking networks apart says: one curve for each network, criterion and order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ctre._typing import DoubleArray
from ctre.experiments.cells import Cell


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


def prune_curves_of(cells: Sequence[Cell]) -> list[PruneCurve]:
    """Gather the curves of each cell, in the order in which they appear."""
    curves = []
    for cell in cells:
        heights: dict[tuple[str, str], list[list[float]]] = {}
        places: dict[tuple[str, str], list[float]] = {}
        for result in cell.results:
            one: dict[tuple[str, str], list[float]] = {}
            for point in result.pruning:
                way = point.criterion, point.order
                one.setdefault(way, []).append(point.test_accuracy)
                if len(one[way]) > len(places.setdefault(way, [])):
                    places[way].append(point.removed)
            for way, values in one.items():
                heights.setdefault(way, []).append(values)
        curves += [
            PruneCurve(
                cell.method,
                int(cell.settings["max_iter"]),
                *way,
                np.array(places[way]),
                np.array(values),
            )
            for way, values in heights.items()
        ]
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
