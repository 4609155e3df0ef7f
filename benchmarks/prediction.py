"""How long does one row take to predict, and how many rows a second go through in bulk?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from measure import Arguments, arguments, interleave, report, seconds
from race import title
from workloads import MADELON_SIZES, generate_rows

from ctre import SparseMLPClassifier
from ctre.kernels import kernels

_N_ROWS = 10_000
_N_SINGLE = 2_000  # one-row predictions in a round
_N_BULK = 5


def main() -> None:
    chosen = arguments(__doc__, n_rounds=15, offer_cpu_time=True)
    rows, labels = generate_rows(MADELON_SIZES, _N_ROWS)
    model = SparseMLPClassifier(MADELON_SIZES[1:-1], epsilon=1, max_iter=30, random_state=0)
    model.fit(rows[:2_000], labels[:2_000])
    layers = [layer.arrays() for layer in model.network_.layers]
    row = rows[:1]

    def kernel(samples: object, n_threads: int) -> None:
        kernels().forward(layers, samples, activation="relu", n_threads=n_threads)

    one = {"kernel": partial(kernel, row, 1), "predict()": partial(model.predict, row)}
    bulk = {title("kernel", n): partial(kernel, rows, n) for n in chosen.threads}
    bulk["predict()"] = partial(model.predict, rows)
    with report(__doc__, cpu_time=chosen.cpu_time) as results:
        results["layer_sizes"] = MADELON_SIZES
        results["connections"] = model.network_.n_connections
        results["one_row_seconds"] = interleave(
            {name: _repeated(call, _N_SINGLE, chosen) for name, call in one.items()},
            chosen.rounds,
        )
        results["bulk_seconds"] = interleave(
            {name: _repeated(call, _N_BULK, chosen) for name, call in bulk.items()},
            chosen.rounds,
        )
        results["bulk_rows_per_second"] = {
            name: _N_ROWS / spread.median for name, spread in results["bulk_seconds"].items()
        }


def _repeated(call: Callable[[], object], n_times: int, chosen: Arguments) -> Callable[[], float]:
    """Time so many calls in a row; give seconds per call."""

    def run() -> None:
        for _ in range(n_times):
            call()

    return lambda: seconds(run, chosen.clock) / n_times


if __name__ == "__main__":
    main()
