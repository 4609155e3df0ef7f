"""Train what a search asks for and keep each training as a line of ``results/*.jsonl``.

``python -m default_study.run scaling rates``, from the folder ``benchmarks``, runs the named
searches of ``grids.py`` in that order; what is in the store is not trained again, so an interrupted
search goes on.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
import time
import warnings
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import ctre
from ctre import ScoreCurve, SparseMLPClassifier
from ctre.errors import TrainingDivergedError
from ctre.estimators import classifier, parameters
from ctre.network import initialization
from default_study import data, rules, scalings

RESULTS = Path(__file__).parent / "results"


class Setting(NamedTuple):
    """A training but for its seed; what is written here is the centre of the search."""

    data: str
    phase: str = "search"
    """ "search": a fifth of the training rows judges; "final": the test rows do."""
    scaling: str = "minmax_rms"
    method: str = "corr"
    hidden: tuple[int, ...] = (1000, 1000, 1000)
    epsilon: float = 1.0
    batch_size: int = 32
    rate: float = 0.05
    alpha: float = 3e-4
    drop_fraction: float = 0.3
    epochs: int = 200
    similarity_rows: int | None = 128
    weight_init: str = "normal"
    validation_fraction: float = 0.0
    n_rows: int | None = None
    """So many of the rows left to train on; None: all."""
    momentum: float = 0.9
    bias: float = 0.0
    """Standard deviation of the hidden layers' first biases."""


def key(setting: Setting, seed: int) -> str:
    """Name a training: what differs from the centre, and the seed."""
    centre = Setting(setting.data)
    own = {
        name: value
        for name, value in setting._asdict().items()
        if value != getattr(centre, name) or name == "data"
    }
    return json.dumps(own | {"seed": seed}, sort_keys=True)


def finished() -> dict[str, dict[str, Any]]:
    """Read every training that is done, by key."""
    lines = (
        line for path in sorted(RESULTS.glob("*.jsonl")) for line in path.read_text().splitlines()
    )
    return {run["key"]: run for run in map(json.loads, lines)}


@lru_cache(maxsize=3)
def _scaled(name: str, phase: str, scaling: str, n_rows: int | None, seed: int) -> data.Table:
    table = data.read(name)
    if phase == "search":
        table = data.search_split(table, seed, n_rows)
    apply = scalings.fit(scaling, table.X_train)
    return table._replace(X_train=apply(table.X_train), X_test=apply(table.X_test))


def train(task: tuple[Setting, int]) -> dict[str, Any]:
    """Train once; never raises for a training that diverges."""
    setting, seed = task
    split_seed = seed if setting.phase == "search" else 0
    table = _scaled(setting.data, setting.phase, setting.scaling, setting.n_rows, split_seed)
    model = SparseMLPClassifier(
        setting.hidden,
        method=rules.recipe(setting.method, table.X_train.shape[1]),
        epsilon=setting.epsilon,
        batch_size=setting.batch_size,
        learning_rate_init=setting.rate,
        alpha=setting.alpha,
        momentum=setting.momentum,
        max_iter=setting.epochs,
        drop_fraction=setting.drop_fraction,
        similarity_samples=setting.similarity_rows,
        weight_init=setting.weight_init,
        validation_fraction=setting.validation_fraction,
        random_state=seed,
        n_threads=1,
    )
    _draw_biases(setting.bias, seed)
    judged = (table.X_test, table.y_test)
    watches = setting.validation_fraction > 0
    curve = ScoreCurve(*judged)
    if watches:
        model.set_params(callbacks=[curve])
    outcome: dict[str, Any] = {"score": None, "best_score": None, "train_score": None}
    started, worked = time.perf_counter(), time.process_time()
    try:
        model.fit(table.X_train, table.y_train)
    except TrainingDivergedError as error:
        outcome["diverged"] = str(error)[:60]
    seconds = time.perf_counter() - started
    if "diverged" not in outcome:
        last = model.history_[-1]
        outcome["train_score"] = round(last.train_accuracy, 4)
        if watches:
            outcome["score"] = round(curve.scores[-1], 5)
            outcome["best_score"] = round(curve.scores[model.best_epoch_ - 1], 5)
        else:
            outcome["score"] = round(float(model.score(*judged)), 5)
    return {
        "key": key(setting, seed),
        **setting._asdict(),
        "seed": seed,
        **outcome,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(time.process_time() - worked, 2),
        "n_train": table.X_train.shape[0],
        "n_judged": len(table.y_test),
    }


_first_network = classifier.first_network


def _draw_biases(deviation: float, seed: int) -> None:
    """Let networks that are made from now on begin with such biases in their hidden layers."""

    def first_network(*arguments: Any) -> Any:
        network = _first_network(*arguments)
        rng = np.random.default_rng([seed, 17])
        for layer in network.layers[:-1]:
            layer.biases[:] = rng.normal(0, deviation, len(layer.biases))
        return network

    classifier.first_network = first_network if deviation else _first_network


def _he(rng: np.random.Generator, n_pre: int, n_post: int, count: int) -> Any:  # noqa: ARG001
    """N(0, 2 / fan-in): right for a layer that is full at the start."""
    return rng.normal(0, np.sqrt(2 / n_pre), count).astype(np.float32)


def _prepare() -> None:
    """Lower this worker's priority, and give it the weights that are not in ctre (yet)."""
    os.nice(19)
    threadpool_limits(1)  # for the life of the worker
    warnings.simplefilter("ignore")
    he = initialization.WeightInit(initial=_he, newborn=_he)
    known = MappingProxyType({**initialization.WEIGHT_INITS, "he": he})
    initialization.WEIGHT_INITS = known
    rule = parameters._one_of(*known)
    for name, value in vars(parameters).items():
        if isinstance(value, dict) and "weight_init" in value:
            value["weight_init"] = rule
        elif isinstance(value, MappingProxyType) and "weight_init" in value:
            setattr(parameters, name, MappingProxyType({**value, "weight_init": rule}))


def run(tasks: Iterable[tuple[Setting, int]], store: Path, n_workers: int) -> None:
    """Train what is not done yet, and write each outcome as it comes."""
    done = finished()
    todo = list({key(*task): task for task in tasks if key(*task) not in done}.values())
    machine = {"ctre": ctre.__version__, "numpy": np.__version__, "machine": platform.machine()}
    print(f"{store.stem}: {len(todo)} trainings to do", file=sys.stderr)
    if not todo:
        return
    with multiprocessing.get_context("spawn").Pool(n_workers, _prepare) as pool:
        for number, outcome in enumerate(pool.imap_unordered(train, todo), 1):
            with store.open("a") as file:
                file.write(json.dumps(outcome | machine) + "\n")
            print(number, outcome["score"], outcome["seconds"], outcome["key"], file=sys.stderr)


if __name__ == "__main__":
    from default_study import grids

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grids", nargs="+", choices=sorted(grids.GRIDS))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    for name in arguments.grids:
        run(grids.GRIDS[name](), RESULTS / f"{name}.jsonl", arguments.workers)
