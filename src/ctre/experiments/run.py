"""Carry out one experiment."""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import ctre
from ctre.estimators import SparseMLPClassifier
from ctre.experiments.cost import count_multiply_adds
from ctre.experiments.data import StudyData, load_known
from ctre.experiments.experiment import Experiment
from ctre.experiments.exploration import Exploration
from ctre.experiments.neurons import dead_neurons, reachability
from ctre.experiments.pruning import take_apart
from ctre.experiments.result import EpochPoint, Made, Outcome, Result, Seconds
from ctre.experiments.settings import keywords_of
from ctre.experiments.treatments import TREATMENTS
from ctre.kernels import kernels
from ctre.training import Callback, Checkpoint, History, ScoreCurve


def run(
    experiment: Experiment,
    *,
    data_home: Path | None = None,
    n_threads: int | None = 1,
    callbacks: Sequence[Callback] = (),
    checkpoint: Checkpoint | None = None,
) -> Result:
    """Train, test, measure. Nothing but the experiment decides the outcome.

    Parameters
    ----------
    experiment : Experiment
        What to do.
    data_home : Path, optional
        Where catalogued data sets are.
    n_threads : int or None, default=1
        The outcome does not depend on it; many experiments side by side do best with one each.
        None chooses as the estimator does.
    callbacks : sequence of Callback
        Told of the training.
    checkpoint : Checkpoint, optional
        Where the training is kept in case it is interrupted, and from where it goes on. Nothing
        else is written.

    Returns
    -------
    Result
        What it brought.

    Raises
    ------
    InvalidDataError
        If the rows are not those the experiment was planned for.
    CTREError
        If they cannot be loaded, or training fails.
    """
    data = load_known(experiment.source, experiment.fingerprint, data_home)
    keywords, treatments = keywords_of(experiment.settings)
    exploration, curve, clock = Exploration(), ScoreCurve(data.X_test, data.y_test), _Clock()
    watching = [
        TREATMENTS[name].callback(value, data.image_shape) for name, value in treatments.items()
    ]
    model = SparseMLPClassifier(
        **keywords,
        random_state=experiment.seed,
        n_threads=n_threads,
        callbacks=(*watching, exploration, curve, clock, *callbacks),
    )
    X = data.X_train.copy() if watching else data.X_train  # which other runs are to find unchanged
    model.fit(X, data.y_train, checkpoint=checkpoint)
    outcome = _outcome(model, exploration, curve, data)
    pruning = tuple(take_apart(model, data, experiment.seed, experiment.prune_steps))
    history = model.history_
    seconds = Seconds(
        train=sum(history.column("seconds_train")),
        evolve=sum(history.column("seconds_evolve")),
        validate=sum(history.column("seconds_validate")),
        total=clock.seconds,
    )
    return Result(outcome, seconds, _made(), _epochs(history, curve), pruning)


class _Clock(Callback):
    """Counts the seconds since it was made, and those before an interruption."""

    def __init__(self) -> None:
        self._started, self._before = time.perf_counter(), 0.0

    @property
    def seconds(self) -> float:
        return self._before + time.perf_counter() - self._started

    def state_dict(self) -> Mapping[str, Any]:
        return {"seconds": self.seconds}

    def load_state_dict(self, kept: Mapping[str, Any]) -> None:
        self._before = kept["seconds"]


def _outcome(
    model: SparseMLPClassifier, exploration: Exploration, curve: ScoreCurve, data: StudyData
) -> Outcome:
    history, best = model.history_, model.history_.best
    n_grown = sum(sum(epoch.n_born) + sum(epoch.n_regrown) for epoch in history)
    n_random = sum(sum(epoch.n_random) for epoch in history)
    is_dead = dead_neurons(model.network_, model.scaling_.apply(data.X_test), model.n_threads_)
    return Outcome(
        test_accuracy=curve.scores[best.epoch - 1],
        test_loss=curve.losses[best.epoch - 1],
        validation_accuracy=best.validation_score,
        best_epoch=best.epoch,
        n_epochs=len(history),
        n_connections=model.n_connections_,
        density=model.density_,
        exploration_rate=exploration.rate,
        random_share=n_random / n_grown if n_grown else None,
        n_dead=sum(int(layer.sum()) for layer in is_dead),
        n_unreachable=reachability(model.network_).n_unreachable,
        **count_multiply_adds(history, exploration.plan, exploration.settings)._asdict(),
    )


def _epochs(history: History, curve: ScoreCurve) -> tuple[EpochPoint, ...]:
    return tuple(
        EpochPoint(
            record.epoch,
            record.train_loss,
            record.validation_score,
            loss,
            score,
            record.seconds_train + record.seconds_evolve,
        )
        for record, loss, score in zip(history, curve.losses, curve.scores, strict=True)
    )


def _made() -> Made:
    return Made(
        ctre=ctre.__version__,
        python=platform.python_version(),
        numpy=np.__version__,
        kernels=kernels().__name__.rpartition(".")[2],  # type: ignore[attr-defined]
        processor=_processor(),
    )


def _processor() -> str:
    """Name the processor: Linux says its model in a file, others to Python."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())
