"""Train what a search asks for and keep each training as a line of ``results/*.jsonl``.

``python -m default_study.run l2 rivals``, from the folder ``benchmarks``, runs the named searches
of ``grids.py`` in that order; what is in the store is not trained again, so an interrupted search
goes on.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import sys
import time
import warnings
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import ctre
from ctre import SparseMLPClassifier, SparseMLPRegressor
from ctre.errors import TrainingDivergedError
from default_study import data
from default_study.regression_data import REGRESSION

RESULTS = Path(__file__).parent / "results"


class Training(NamedTuple):
    """One fit of an estimator on raw rows."""

    data: str
    seed: int
    parameters: Mapping[str, Any]
    """Of the estimator, where they are not its defaults."""
    phase: Literal["search", "final"] = "search"
    """Who judges: a fifth of the training rows, or the test rows."""
    n_rows: int | None = None
    """So many of the rows left to train on; None: all."""

    @property
    def record(self) -> dict[str, Any]:
        """Everything that decides the outcome, for JSON."""
        return {**self._asdict(), "parameters": dict(self.parameters)}

    @property
    def key(self) -> str:
        """The same, as one string."""
        return json.dumps(self.record, sort_keys=True)


def finished() -> set[str]:
    """Name every training that is done."""
    lines = (line for path in RESULTS.glob("*.jsonl") for line in path.read_text().splitlines())
    runs = map(json.loads, lines)
    return {json.dumps({k: run[k] for k in Training._fields}, sort_keys=True) for run in runs}


@lru_cache(maxsize=3)
def _table(name: str, phase: str, n_rows: int | None, seed: int) -> data.Table:
    table = data.read(name)
    return data.search_split(table, seed, n_rows) if phase == "search" else table


def train(training: Training) -> dict[str, Any]:
    """Train once; a training that diverges scores 0."""
    split_seed = training.seed if training.phase == "search" else 0
    table = _table(training.data, training.phase, training.n_rows, split_seed)
    estimator = SparseMLPRegressor if training.data in REGRESSION else SparseMLPClassifier
    model = estimator(**training.parameters, random_state=training.seed, n_threads=1)
    outcome: dict[str, Any] = {"score": 0.0}
    worked = time.process_time()
    try:
        model.fit(table.X_train, table.y_train)
        outcome["score"] = round(float(model.score(table.X_test, table.y_test)), 5)
    except TrainingDivergedError as error:
        outcome["diverged"] = str(error)
    return {
        **training.record,
        **outcome,
        "cpu_seconds": round(time.process_time() - worked, 2),
        "n_train": table.X_train.shape[0],
        "n_judged": len(table.y_test),
        "ctre": ctre.__version__,
        "numpy": np.__version__,
        "machine": platform.machine(),
    }


def _prepare() -> None:
    threadpool_limits(1)  # for the life of the worker
    warnings.simplefilter("ignore")


def run(trainings: Iterable[Training], store: Path, n_workers: int) -> None:
    """Train what is not done yet, and write each outcome as it comes."""
    done = finished()
    wanted = {training.key: training for training in trainings}
    todo = [training for key, training in wanted.items() if key not in done]
    print(f"{store.stem}: {len(todo)} trainings to do", file=sys.stderr)
    if not todo:
        return
    with multiprocessing.get_context("spawn").Pool(n_workers, _prepare) as pool:
        for number, outcome in enumerate(pool.imap_unordered(train, todo), 1):
            with store.open("a") as file:
                file.write(json.dumps(outcome) + "\n")
            print(number, outcome["score"], outcome["data"], outcome["parameters"], file=sys.stderr)


if __name__ == "__main__":
    from default_study import grids

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grids", nargs="+", choices=sorted(grids.GRIDS))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for name in arguments.grids:
        run(grids.GRIDS[name](), RESULTS / f"{name}.jsonl", arguments.workers)
