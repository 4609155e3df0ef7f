"""Runs that differ in their seed alone, and what they have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ctre._typing import DoubleArray
from ctre.experiments.result import Result
from ctre.experiments.settings import differences, told
from ctre.experiments.store import Store
from ctre.experiments.stored_run import DONE, StoredRun


@dataclass(frozen=True)
class Cell:
    """One experiment with its seeds.

    Parameters
    ----------
    dataset : str
        Name; with the beginning of the fingerprint, where one name stands for several sets of rows.
    runs : tuple of StoredRun
        Those that are done, by seed.
    read : callable
        Gives the whole result of a run, epochs included.
    """

    dataset: str
    runs: tuple[StoredRun, ...]
    read: Callable[[str], Result]

    @property
    def settings(self) -> dict[str, Any]:
        """What the runs were trained with."""
        return self.runs[0].experiment.settings

    @property
    def method(self) -> str:
        """Name of the recipe."""
        return self.runs[0].experiment.method

    @property
    def prune_steps(self) -> int:
        """Steps in which the networks were taken apart."""
        return self.runs[0].experiment.prune_steps

    @property
    def shape(self) -> str:
        """The hidden layers, as in 1000-1000-1000."""
        return "-".join(map(str, self.settings["hidden_layer_sizes"]))

    @property
    def epsilon(self) -> float | None:
        """The Erdős–Rényi knob; None for a dense network, or where a density was given."""
        return self.settings.get("epsilon")

    @property
    def budget(self) -> str:
        """How many connections there are, in the words it was asked for."""
        if self.settings.get("density") is not None:
            return f"density {self.settings['density']:.3g}"
        return "dense" if self.epsilon is None else f"epsilon {self.epsilon:.3g}"

    @cached_property
    def unusual(self) -> dict[str, Any]:
        """What sets it apart from an experiment of a protocol, but for the size and the density."""
        return differences(self.settings)

    @property
    def by_seed(self) -> dict[int, float]:
        """Test accuracy of each seed, in percent."""
        return {
            run.experiment.seed: 100 * run.result.outcome.test_accuracy
            for run in self.runs
            if run.result is not None
        }

    @property
    def n(self) -> int:
        """How many seeds there are."""
        return len(self.runs)

    @property
    def mean(self) -> float:
        """Of the accuracies, in percent."""
        return float(np.mean(list(self.by_seed.values())))

    @property
    def std(self) -> float | None:
        """Sample standard deviation of the accuracies, in percent; None for one seed."""
        return float(np.std(list(self.by_seed.values()), ddof=1)) if self.n > 1 else None

    def average(self, number: Callable[[Result], float]) -> float:
        """Average a number of the results over the seeds."""
        return float(np.mean([number(run.result) for run in self.runs if run.result is not None]))

    def loaded(self) -> Cell:
        """Read everything now, so that the store may be closed."""
        assert self.results is not None
        return self

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """The whole results, epochs included."""
        return tuple(self.read(run.key) for run in self.runs)

    def curve(self, name: str) -> DoubleArray | None:
        """Give a column of the epochs, (n_seeds, n_epochs) in float64; None if there are none."""
        rows = [[getattr(point, name) for point in result.epochs] for result in self.results]
        if not rows or not rows[0] or len({len(row) for row in rows}) > 1:
            return None
        return np.array(rows, dtype=np.float64)


def cells_of(store: Store, keys: Sequence[str] | None = None) -> list[Cell]:
    """Gather the done runs of a store, or of ``keys`` alone in their order.

    Runs of a version with other results are passed over.
    """
    found = store.runs(keys)
    if keys is not None:
        places = {key: place for place, key in enumerate(keys)}
        found.sort(key=lambda run: places[run.key])
    runs = [run for run in found if run.status == DONE and run.is_current]
    fingerprints: dict[str, list[str]] = {}
    for run in runs:
        known = fingerprints.setdefault(run.experiment.source.name, [])
        if run.experiment.fingerprint not in known:
            known.append(run.experiment.fingerprint)
    groups: dict[tuple[Any, ...], list[StoredRun]] = {}
    for run in runs:
        groups.setdefault(run.experiment.cell, []).append(run)
    cells = []
    for (name, fingerprint, *_), own in groups.items():
        label = name if len(fingerprints[name]) == 1 else f"{name} ({fingerprint[:6]})"
        by_seed = sorted(own, key=lambda run: run.experiment.seed)
        cells.append(Cell(label, tuple(by_seed), store.with_points))
    return cells


def identity(settings: Mapping[str, Any]) -> str:
    """Write down what makes two cells of the same data the same."""
    return json.dumps(told(settings), sort_keys=True)


def in_order(cells: Iterable[Cell], by: Callable[[Cell], Any]) -> dict[Any, list[Cell]]:
    """Group cells, in the order in which groups appear."""
    groups: dict[Any, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(by(cell), []).append(cell)
    return groups
