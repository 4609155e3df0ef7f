"""How does training bear company: a busy stranger on the machine, and fits side by side?"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import numpy as np
from joblib import Parallel, delayed
from measure import arguments, interleave, report, seconds
from race import title
from trainers.ours import Ours
from workloads import MADELON_ROWS, MADELON_SIZES, MNIST_ROWS, MNIST_SIZES, Work, generate_rows

from ctre import SparseMLPClassifier
from ctre.density import erdos_renyi_counts

_N_FITS = 4
_N_EPOCHS = 100


def main() -> None:
    n_rounds = arguments(__doc__, n_rounds=9).rounds
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])  # whatever the machine: two cores
    with report(__doc__) as results:
        results["seconds_per_epoch"] = busy = interleave(_beside_a_burner(), n_rounds)
        results["slow_down_beside_a_busy_process"] = {
            title("training", n): busy[f"{n} busy"].median / busy[f"{n} alone"].median
            for n in (1, 2)
        }
        with Parallel(n_jobs=1) as one, Parallel(n_jobs=2) as two:
            two(delayed(_fit)(seed) for seed in range(2))  # start the workers
            results["seconds_for_four_fits"] = fits = interleave(
                {
                    "1 worker": partial(_fits, one),
                    "2 workers": partial(_fits, two),
                },
                max(1, n_rounds // 2),
            )
        results["speed_up_of_two_workers"] = fits["1 worker"].median / fits["2 workers"].median


def _beside_a_burner() -> Mapping[str, Callable[[], float]]:
    """Time epochs on MNIST's shape, with one and two threads, alone and beside a busy process."""
    work = Work.generate(MNIST_SIZES, erdos_renyi_counts(MNIST_SIZES, 1), MNIST_ROWS)
    rows = np.random.default_rng(0).permutation(MNIST_ROWS).astype(np.int32)

    def epoch(trainer: Ours) -> float:
        return seconds(lambda: trainer.train(rows))

    def busy_epoch(trainer: Ours) -> float:
        with _burner():
            return epoch(trainer)

    trainers = {n: Ours(work, n) for n in (1, 2)}
    alone = {f"{n} alone": partial(epoch, trainer) for n, trainer in trainers.items()}
    busy = {f"{n} busy": partial(busy_epoch, trainer) for n, trainer in trainers.items()}
    return alone | busy


@contextmanager
def _burner() -> Iterator[None]:
    """Keep another process busy, on the same cores."""
    program = "print(flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it runs
        try:
            yield
        finally:
            process.kill()


def _fits(workers: Parallel) -> float:
    return seconds(lambda: workers(delayed(_fit)(seed) for seed in range(_N_FITS)))


def _fit(seed: int) -> None:
    model = SparseMLPClassifier(
        MADELON_SIZES[1:-1], epsilon=1, max_iter=_N_EPOCHS, random_state=seed
    )
    model.fit(*generate_rows(MADELON_SIZES, MADELON_ROWS))


if __name__ == "__main__":
    main()
