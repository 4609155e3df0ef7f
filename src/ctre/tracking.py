"""Callbacks that hand every epoch to an experiment tracker: TensorBoard, MLflow, Weights & Biases.

::

    SparseMLPClassifier(callbacks=[TensorBoard("runs/set-0")]).fit(X, y)
"""

from __future__ import annotations

import os
import time
from typing import Any

from ctre.errors import MissingExtraError
from ctre.training import Callback, EpochRecord, FitState

_NAMES = (
    "learning_rate",
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_score",
)


def metrics_of(record: EpochRecord) -> dict[str, float]:
    """Give what a tracker is told of an epoch: those of its numbers that are there."""
    values = {name: getattr(record, name) for name in _NAMES}
    values |= {
        "connections/total": sum(record.n_connections),
        "connections/grown": sum(record.n_born),
        "seconds": record.seconds_train + record.seconds_evolve + record.seconds_validate,
    }
    return {name: float(value) for name, value in values.items() if value is not None}


def _plan_of(state: FitState) -> dict[str, Any]:
    plan = state.plan
    return {
        "method": plan.method,
        "epochs": plan.n_epochs,
        "samples": plan.n_samples,
        "layers": "-".join(map(str, plan.layer_sizes)),
        "connections": sum(plan.n_connections),
        "batch_size": state.settings.batch_size,
        "learning_rate": state.settings.optimizer.learning_rate,
    }


class TensorBoard(Callback):
    """Writes event files that ``tensorboard --logdir`` shows; needs the extra ``tensorboard``.

    Parameters
    ----------
    folder : path
        One for each fit.

    Raises
    ------
    MissingExtraError
        When a fit begins, if tensorboard is not installed.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = folder

    def on_fit_begin(self, state: FitState) -> None:  # noqa: ARG002
        """Open a file."""
        try:
            from tensorboard.summary.writer.event_file_writer import EventFileWriter
        except ImportError as error:
            raise MissingExtraError("tensorboard", "tensorboard", "TensorBoard") from error
        self._writer = EventFileWriter(os.fspath(self.folder))

    def on_epoch_end(self, state: FitState) -> None:
        """Write the numbers of the epoch, and have them on disk."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        record = state.history[-1]
        values = [
            Summary.Value(tag=name, simple_value=value)
            for name, value in metrics_of(record).items()
        ]
        event = Event(step=record.epoch, wall_time=time.time(), summary=Summary(value=values))
        self._writer.add_event(event)
        self._writer.flush()

    def on_fit_end(self, state: FitState) -> None:  # noqa: ARG002
        """Close the file."""
        self._writer.close()
        del self._writer


class MLflow(Callback):
    """Logs a fit as a run of MLflow; needs the extra ``mlflow``.

    Parameters
    ----------
    experiment : str, default="ctre"
        Name of MLflow's experiment; made if it is not there.
    tracking_uri : str, optional
        Where MLflow keeps its runs, as in ``sqlite:///mlflow.db``; without it, where MLflow is set
        to.
    run_name : str, optional
        Name of the run.

    Raises
    ------
    MissingExtraError
        When a fit begins, if mlflow is not installed.

    Notes
    -----
    A fit that fails leaves its run "RUNNING" there.
    """

    def __init__(
        self,
        experiment: str = "ctre",
        *,
        tracking_uri: str | None = None,
        run_name: str | None = None,
    ) -> None:
        self.experiment, self.tracking_uri, self.run_name = experiment, tracking_uri, run_name

    def on_fit_begin(self, state: FitState) -> None:
        """Begin a run, and log what is about to be done."""
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise MissingExtraError("mlflow", "mlflow", "MLflow") from error
        self._client = MlflowClient(tracking_uri=self.tracking_uri)
        found = self._client.get_experiment_by_name(self.experiment)
        number = found.experiment_id if found else self._client.create_experiment(self.experiment)
        self._run = self._client.create_run(number, run_name=self.run_name).info.run_id
        for name, value in _plan_of(state).items():
            self._client.log_param(self._run, name, value)

    def on_epoch_end(self, state: FitState) -> None:
        """Log the numbers of the epoch."""
        from mlflow.entities import Metric

        record, now = state.history[-1], int(1000 * time.time())
        metrics = [
            Metric(name, value, now, record.epoch) for name, value in metrics_of(record).items()
        ]
        self._client.log_batch(self._run, metrics=metrics)

    def on_fit_end(self, state: FitState) -> None:  # noqa: ARG002
        """End the run."""
        self._client.set_terminated(self._run)
        del self._client, self._run


class WeightsAndBiases(Callback):
    """Logs a fit as a run of Weights & Biases; needs the extra ``wandb``.

    Parameters
    ----------
    **init
        What ``wandb.init`` takes: ``project``, ``name``, ``mode``, …

    Raises
    ------
    MissingExtraError
        When a fit begins, if wandb is not installed.
    """

    def __init__(self, **init: Any) -> None:
        self.init = init

    def on_fit_begin(self, state: FitState) -> None:
        """Begin a run, and log what is about to be done."""
        try:
            import wandb
        except ImportError as error:
            raise MissingExtraError("wandb", "wandb", "Weights & Biases") from error
        config = {**_plan_of(state), **self.init.get("config", {})}
        self._run = wandb.init(**{**self.init, "config": config})

    def on_epoch_end(self, state: FitState) -> None:
        """Log the numbers of the epoch."""
        record = state.history[-1]
        self._run.log(metrics_of(record), step=record.epoch)

    def on_fit_end(self, state: FitState) -> None:  # noqa: ARG002
        """End the run."""
        self._run.finish()
        del self._run
