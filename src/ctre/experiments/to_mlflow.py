"""Hand a store's runs to MLflow."""

from __future__ import annotations

from ctre.errors import MissingExtraError
from ctre.experiments.result import EpochPoint
from ctre.experiments.store import Store
from ctre.experiments.stored_run import DONE

_AT_ONCE = 1000  # metrics that MLflow takes in one call
_METRICS = ("train_loss", "validation_accuracy", "test_loss", "test_accuracy")
_KEY = "ctre.key"


def write_mlflow(store: Store, address: str, *, experiment: str = "ctre") -> int:
    """Log every done run that is not there yet: settings, outcome, and epochs as steps.

    Parameters
    ----------
    store : Store
        What is exported.
    address : str
        MLflow's tracking URI, such as ``sqlite:///mlflow.db``.
    experiment : str, default="ctre"
        Name of the MLflow experiment.

    Returns
    -------
    int
        How many runs were logged.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    """
    try:
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param, RunTag
    except ImportError as error:
        raise MissingExtraError("mlflow", "mlflow", "exporting to MLflow") from error
    client = MlflowClient(tracking_uri=address)
    found = client.get_experiment_by_name(experiment)
    number = found.experiment_id if found else client.create_experiment(experiment)
    n_logged = 0
    for run in store.runs():
        if run.status != DONE or run.result is None:
            continue
        if client.search_runs([number], f"tags.`{_KEY}` = '{run.key}'", max_results=1):
            continue
        one, result = run.experiment, store.with_points(run.key)
        ended = int(1000 * (run.ended or 0))
        begun = ended - int(1000 * result.seconds.total)
        name = f"{one.source.name} {one.method} seed {one.seed}"
        logged = client.create_run(
            number, start_time=begun, run_name=name, tags={_KEY: run.key}
        ).info.run_id
        settings = {"dataset": one.source.name, "seed": one.seed, **one.settings}
        client.log_batch(
            logged,
            params=[Param(key, str(value)) for key, value in settings.items()],
            tags=[RunTag(key, value) for key, value in result.made._asdict().items()],
            metrics=[
                Metric(f"best_{key}" if key in _METRICS else key, float(value), ended, 0)
                for key, value in result.outcome._asdict().items()
                if value is not None
            ],
        )
        metrics = [
            Metric(key, value, ended, point.epoch)
            for point in result.epochs
            for key, value in _of_epoch(point).items()
        ]
        for start in range(0, len(metrics), _AT_ONCE):
            client.log_batch(logged, metrics=metrics[start : start + _AT_ONCE])
        client.set_terminated(logged, end_time=ended)
        n_logged += 1
    return n_logged


def _of_epoch(point: EpochPoint) -> dict[str, float]:
    values = point._asdict()
    return {name: values[name] for name in _METRICS if values[name] is not None}
