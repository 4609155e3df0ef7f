"""How close is training at epsilon 13 to what the processor can do?

Per connection and vector of samples, going forward reads a row and multiplies and adds once, going
backward reads a row and multiplies and adds twice. A small program (``row_reads.cpp``) measures how
long the processor takes for that alone; the sum over all connections bounds a batch from below.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from measure import Spread, arguments, report, seconds
from trainers.ours import Ours
from workloads import BATCH_SIZE, MNIST_ROWS, MNIST_SIZES, Work

from ctre.density import erdos_renyi_counts

_SOURCE = Path(__file__).parent / "row_reads.cpp"
_EPSILON = 13
_N_BATCHES = 100


def main() -> None:
    chosen = arguments(__doc__, n_rounds=15, offer_cpu_time=True)
    with report(__doc__, cpu_time=chosen.cpu_time) as results:
        pace = _measure_processor()
        work = Work.generate(MNIST_SIZES, erdos_renyi_counts(MNIST_SIZES, _EPSILON), MNIST_ROWS)
        trainer = Ours(work, 1)
        rows = np.random.default_rng(0).permutation(MNIST_ROWS).astype(np.int32)
        rows = rows[: _N_BATCHES * BATCH_SIZE]
        batches = [
            seconds(lambda: trainer.train(rows), chosen.clock) / _N_BATCHES
            for _ in range(chosen.rounds)
        ]
        n_vectors = sum(work.counts) * -(-BATCH_SIZE // int(pace.pop("lanes")))
        read, multiply_add = pace["read_from_layer"], pace["multiply_add"]
        bound = 1e-9 * n_vectors * (max(read, multiply_add) + max(read, 2 * multiply_add))
        results["connections"] = work.counts
        results["nanoseconds_per_vector"] = pace
        results["seconds_per_batch"] = (spread := Spread.of(batches))
        results["bound_seconds_per_batch"] = bound
        results["arithmetic_alone_seconds_per_batch"] = 3e-9 * n_vectors * multiply_add
        results["share_of_the_bound"] = bound / spread.median


def _measure_processor() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "row_reads"
        compiler = os.environ.get("CXX", "c++")
        command = [compiler, "-O3", "-march=native", "-std=c++17", "-Wno-psabi"]
        subprocess.run([*command, str(_SOURCE), "-o", str(program)], check=True)
        lines = subprocess.run([program], stdout=-1, text=True, check=True).stdout.splitlines()
    return {name: float(value) for name, value in map(str.split, lines)}


if __name__ == "__main__":
    main()
