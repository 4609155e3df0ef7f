"""What does a topology update cost beside the epoch it follows, and CTRE beside SET?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from measure import Spread, limited_threads, options, report
from workloads import MADELON_ROWS, MADELON_SIZES, MNIST_ROWS, MNIST_SIZES, Work

from ctre import SparseMLPClassifier
from ctre.training import EpochRecord

_SETTINGS = {
    "500-1000-1000-1000-2, epsilon 1": (MADELON_SIZES, MADELON_ROWS, 60),
    "784-1000-1000-1000-10, epsilon 1": (MNIST_SIZES, MNIST_ROWS, 5),
}
_METHODS: Mapping[str, Mapping[str, Any]] = {
    "set": {"method": "set"},
    "ctre-sim": {"method": "ctre-sim"},
    "ctre-seq": {"method": "ctre-seq"},
    "ctre-sim, 512 rows": {"method": "ctre-sim", "similarity_samples": 512},
    "ctre-sim, all rows": {"method": "ctre-sim", "similarity_samples": None},
}
_PARTS = ("seconds_train", "seconds_validate", "seconds_evolve")


def main() -> None:
    chosen = options(__doc__, n_rounds=4)
    with report(__doc__, chosen) as results:
        for setting, (sizes, n_rows, n_epochs) in _SETTINGS.items():
            # A tenth of the rows is set aside for validation.
            work = Work.generate(sizes, [1] * (len(sizes) - 1), n_rows * 10 // 9)
            for n_threads in chosen.threads:
                results[f"{setting}, {n_threads} threads"] = _compare(
                    work, n_epochs, n_threads, chosen.n_rounds
                )


def _compare(work: Work, n_epochs: int, n_threads: int, n_rounds: int) -> dict[str, Any]:
    records: dict[str, list[EpochRecord]] = {name: [] for name in _METHODS}
    for _ in range(n_rounds):
        for name, parameters in _METHODS.items():
            records[name] += _epochs(work, parameters, n_epochs, n_threads)
    epoch = {name: _spread(some, _PARTS) for name, some in records.items()}
    update = {name: _spread(some, ["seconds_evolve"]) for name, some in records.items()}
    training = {name: _spread(some, ["seconds_train"]) for name, some in records.items()}
    return {
        "epoch_seconds": epoch,
        "training_seconds": training,
        "update_seconds": update,
        "update_over_training": {
            name: update[name].median / training[name].median for name in _METHODS
        },
        "epoch_over_set_epoch": {
            name: epoch[name].median / epoch["set"].median for name in _METHODS
        },
    }


def _epochs(
    work: Work, parameters: Mapping[str, Any], n_epochs: int, n_threads: int
) -> Sequence[EpochRecord]:
    model = SparseMLPClassifier(
        work.network.layer_sizes[1:-1],
        epsilon=1,
        max_iter=n_epochs,
        patience=n_epochs,  # ctre-seq stays with the similar pairs
        n_threads=n_threads,
        random_state=0,
        **parameters,
    )
    with limited_threads(n_threads):
        model.fit(work.samples, work.labels)
    return model.history_[1:-1]  # the first is cold, the last evolves nothing


def _spread(records: Sequence[EpochRecord], parts: Sequence[str]) -> Spread:
    return Spread.of([float(np.sum([getattr(r, part) for part in parts])) for r in records])


if __name__ == "__main__":
    main()
