"""What does a topology update cost beside the epoch it follows, and CTRE beside SET?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from measure import Spread, arguments, limited_threads, report
from race import title
from workloads import MADELON_SIZES, MNIST_ROWS, MNIST_SIZES, generate_rows

from ctre import SparseMLPClassifier
from ctre._typing import FloatArray, IndexArray
from ctre.datasets import make_madelon
from ctre.preprocessing import Scaling
from ctre.threads import available_threads

_METHODS: Mapping[str, Mapping[str, Any]] = {
    "set": {"method": "set"},
    "ctre-sim": {"method": "ctre-sim"},
    "ctre-seq": {"method": "ctre-seq"},
} | {
    f"{method}, {n_rows or 'all'} rows": {"method": method, "similarity_samples": n_rows}
    for method in ("ctre-sim", "ctre-seq")
    for n_rows in (32, 64, 128, 256, 512, None)
}


class Task(NamedTuple):
    """What is fitted."""

    layer_sizes: tuple[int, ...]
    samples: FloatArray
    """With a tenth more rows than are trained on: those are set aside for validation."""
    labels: IndexArray
    n_epochs: int


def _madelon() -> Task:
    """Give the rows of `make_madelon`, standardized: their neurons live and die as real ones do."""
    data = make_madelon(0)
    samples = Scaling.fit("standard", data.X_train).apply(data.X_train)
    return Task(MADELON_SIZES, samples, data.y_train, n_epochs=100)


def _mnist_shaped() -> Task:
    return Task(MNIST_SIZES, *generate_rows(MNIST_SIZES, MNIST_ROWS * 10 // 9), n_epochs=4)


_TASKS = {
    "make_madelon, 500-1000-1000-1000-2, epsilon 1": _madelon,
    "784-1000-1000-1000-10, epsilon 1": _mnist_shaped,
}


class Cost(NamedTuple):
    """Seconds, on average over one fit."""

    training: float
    update: float
    epoch: float
    """Training, validation, and the epoch's share of the updates."""


def main() -> None:
    chosen = arguments(__doc__, n_rounds=3)
    with report(__doc__) as results:
        for setting, make in _TASKS.items():
            task = make()
            results[title(setting, 1)] = _compare(task, 1, chosen.rounds)
            results[f"{setting}, default threads"] = _compare(task, None, chosen.rounds)


def _compare(task: Task, n_threads: int | None, n_rounds: int) -> dict[str, Any]:
    costs: dict[str, list[Cost]] = {name: [] for name in _METHODS}
    for _ in range(n_rounds):
        for name, parameters in _METHODS.items():
            costs[name].append(_fit(task, parameters, n_threads))
    spreads = {
        name: {part: Spread.of([getattr(cost, part) for cost in some]) for part in Cost._fields}
        for name, some in costs.items()
    }
    return {
        "seconds": spreads,
        "update_over_training": {
            name: of["update"].median / of["training"].median for name, of in spreads.items()
        },
        "epoch_over_set_epoch": {
            name: of["epoch"].median / spreads["set"]["epoch"].median
            for name, of in spreads.items()
        },
    }


def _fit(task: Task, parameters: Mapping[str, Any], n_threads: int | None) -> Cost:
    model = SparseMLPClassifier(
        task.layer_sizes[1:-1],
        epsilon=1,
        max_iter=task.n_epochs,
        patience=task.n_epochs,  # ctre-seq stays with the similar pairs
        n_threads=n_threads,
        random_state=0,
        **parameters,
    )
    with limited_threads(n_threads or available_threads()):
        model.fit(task.samples, task.labels)
    epochs = model.history_[1:-1]  # the first is cold, the last evolves nothing
    training, updates, validation = (
        np.array([getattr(epoch, f"seconds_{part}") for epoch in epochs])
        for part in ("train", "evolve", "validate")
    )
    has_update = [sum(epoch.n_died) + sum(epoch.n_regrown) > 0 for epoch in epochs]
    return Cost(
        training=float(training.mean()),
        update=float(updates[has_update].mean()),
        epoch=float((training + updates + validation).mean()),
    )


if __name__ == "__main__":
    main()
