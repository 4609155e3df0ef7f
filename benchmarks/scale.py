"""How do time and memory grow with the number of connections, up to layers of 300,000 neurons?

Each size trains in a process of its own, so that the peak of memory is its own. The work is that of
SET's largest experiment, on generated rows, and wide sparse rows such as texts give.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from measure import Spread, arguments, report
from scipy.sparse import csr_array
from workloads import generate_rows

from ctre import SparseMLPClassifier
from ctre._typing import IndexArray
from ctre.kernels import Samples
from ctre.training import Callback, FitState

_LUNG = (3312, 5, 203)  # features, classes, rows; three hidden layers
_TEXT = (100_000, 10, 20_000)
_WORDS = 200  # nonzeros of a text row, on average
_TEXT_HIDDEN = (1000, 1000, 1000)
_METHODS: Mapping[str, Mapping[str, Any]] = {
    "set": {"method": "set"},
    "ctre-sim, 5 candidates": {"method": "ctre-sim", "similarity_candidates": 5},
}
_WORK: Mapping[str, Mapping[str, Any]] = {
    f"lung, 3 x {width:,}": {"hidden_layer_sizes": (width,) * 3, "epsilon": 20, "batch_size": 2}
    for width in (1_000, 10_000, 100_000, 300_000)
} | {
    "text, 100,000 columns, epsilon 1": {"hidden_layer_sizes": _TEXT_HIDDEN, "epsilon": 1},
    "text, 100,000 columns, epsilon 20": {"hidden_layer_sizes": _TEXT_HIDDEN, "epsilon": 20},
}


class _ProcessorTime(Callback):
    """Processor seconds of each epoch: what counts on a machine that others use as well."""

    def on_fit_begin(self, state: FitState) -> None:  # noqa: ARG002
        self.of_epochs: list[float] = []
        self._last = time.process_time()

    def on_epoch_end(self, state: FitState) -> None:  # noqa: ARG002
        now = time.process_time()
        self.of_epochs.append(now - self._last)
        self._last = now


def main() -> None:
    if sys.argv[1:2] == ["fit"]:
        print(json.dumps(_fit(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
        return
    chosen = arguments(__doc__, n_rounds=2)
    with report(__doc__) as results:
        for work in _WORK:
            for method in _METHODS:
                results[f"{work}: {method}"] = measured = _in_own_process(
                    work, method, chosen.rounds
                )
                print(f"{work}: {method}: {measured}", file=sys.stderr)


def _in_own_process(work: str, method: str, n_epochs: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "fit", work, method, str(n_epochs)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _fit(work: str, method: str, n_epochs: int) -> dict[str, Any]:
    """Train one epoch more than are measured: the last one evolves nothing."""
    samples, labels = _text_rows() if work.startswith("text") else _lung_rows()
    before = _peak_bytes()
    processor = _ProcessorTime()
    model = SparseMLPClassifier(
        max_iter=n_epochs + 1,
        random_state=0,
        callbacks=[processor],
        **_WORK[work],
        **_METHODS[method],
    )
    model.fit(samples, labels)
    epochs = model.history_[:-1]
    return {
        "n_connections": model.n_connections_,
        "density": model.density_,
        "n_threads": model.n_threads_,
        "train_accuracy": model.history_[-1].train_accuracy,
        "seconds": {
            part: vars(Spread.of([getattr(epoch, f"seconds_{part}") for epoch in epochs]))
            for part in ("train", "validate", "evolve")
        },
        "processor_seconds_per_epoch": vars(Spread.of(processor.of_epochs[:-1])),
        "bytes_before": before,
        "bytes_at_peak": _peak_bytes(),
    }


def _lung_rows() -> tuple[Samples, IndexArray]:
    n_features, n_classes, n_rows = _LUNG
    return generate_rows((n_features, n_classes), n_rows)


def _text_rows() -> tuple[Samples, IndexArray]:
    """Draw rows of counts: some words are common, and a tenth of a row's words tell its class."""
    n_features, n_classes, n_rows = _TEXT
    rng = np.random.default_rng(0)
    labels = rng.integers(n_classes, size=n_rows, dtype=np.int32)
    n_words = rng.poisson(_WORDS, n_rows)
    rows = np.repeat(np.arange(n_rows), n_words)
    words = (n_features * rng.random(len(rows)) ** 3).astype(np.int64)  # the lower, the commoner
    tells = rng.random(len(rows)) < 0.1
    words[tells] -= words[tells] % n_classes - labels[rows[tells]]
    counts = csr_array(
        (np.ones(len(rows), dtype=np.float32), (rows, words)), shape=(n_rows, n_features)
    )
    counts.sum_duplicates()
    np.log1p(counts.data, out=counts.data)
    return counts, labels


def _peak_bytes() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
