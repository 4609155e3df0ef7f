"""Trackers are told of every epoch; TensorBoard and MLflow themselves say what they were told."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from ctre import SparseMLPClassifier
from ctre.errors import MissingExtraError
from ctre.tracking import MLflow, TensorBoard, WeightsAndBiases


def fitted(tracker):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 5)).astype(np.float32), np.arange(60) % 2
    model = SparseMLPClassifier(
        (8,), epsilon=2, max_iter=3, validation_fraction=0.2, random_state=0, callbacks=[tracker]
    )
    return model.fit(X, y)


@pytest.mark.filterwarnings("default")
def test_tensorboard(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    model = fitted(TensorBoard(tmp_path / "run"))
    events = accumulator.EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    losses = events.Scalars("train_loss")
    assert [event.step for event in losses] == [1, 2, 3]
    assert [event.value for event in losses] == pytest.approx(model.history_.column("train_loss"))
    assert {"validation_score", "connections/total"} <= set(events.Tags()["scalars"])
    assert "test_loss" not in events.Tags()["scalars"]


@pytest.mark.slow  # MLflow makes its database in some seconds
@pytest.mark.filterwarnings("default")
def test_mlflow(tmp_path):
    mlflow = pytest.importorskip("mlflow")
    address = f"sqlite:///{tmp_path}/mlflow.db"
    model = fitted(MLflow("trees", tracking_uri=address, run_name="first"))
    client = mlflow.MlflowClient(tracking_uri=address)
    (run,) = client.search_runs([client.get_experiment_by_name("trees").experiment_id])
    assert (run.info.status, run.info.run_name) == ("FINISHED", "first")
    assert run.data.params["connections"] == str(model.n_connections_)
    history = client.get_metric_history(run.info.run_id, "train_loss")
    assert [metric.step for metric in history] == [1, 2, 3]
    assert [metric.value for metric in history] == model.history_.column("train_loss")


@pytest.mark.slow  # as above
@pytest.mark.filterwarnings("default")
def test_autolog_of_mlflow(tmp_path, monkeypatch):
    """What docs/files.md says of it: a search logs its candidates, a bare estimator nothing."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)  # where it puts artifacts
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    X, y = np.random.default_rng(0).normal(size=(60, 5)), np.arange(60) % 2
    bare = SparseMLPClassifier((8,), epsilon=2, max_iter=2, random_state=0)
    search = GridSearchCV(bare, {"alpha": [0.0, 0.1]}, cv=2)
    mlflow.sklearn.autolog()
    try:
        with mlflow.start_run() as lone:
            bare.fit(X, y)
        with mlflow.start_run() as whole:
            search.fit(X, y)
        client = mlflow.MlflowClient()
        assert client.get_run(lone.info.run_id).data.params == {}
        logged = client.get_run(whole.info.run_id).data
        assert logged.params["best_alpha"] == str(search.best_params_["alpha"])
        assert logged.metrics["best_cv_score"] == pytest.approx(search.best_score_)
        assert "training_accuracy_score" in logged.metrics
        (experiment,) = {lone.info.experiment_id, whole.info.experiment_id}
        children = client.search_runs(
            [experiment], f"tags.`mlflow.parentRunId` = '{whole.info.run_id}'"
        )
        scores = {child.data.params["alpha"]: child.data.metrics for child in children}
        for alpha, expected in zip(
            ("0.0", "0.1"), search.cv_results_["mean_test_score"], strict=True
        ):
            assert scores[alpha]["mean_test_score"] == pytest.approx(expected)
        loaded = mlflow.sklearn.load_model(f"runs:/{whole.info.run_id}/best_estimator")
        assert (loaded.predict(X) == search.predict(X)).all()
    finally:
        mlflow.sklearn.autolog(disable=True)
        mlflow.set_tracking_uri(before)


def test_weights_and_biases(monkeypatch):
    """The package wants an account: a stand-in writes down what it is told."""
    told = []

    class Run:
        def log(self, metrics, step):
            told.append((step, metrics))

        def finish(self):
            told.append("finished")

    def init(**keywords):
        told.append(keywords)
        return Run()

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=init))
    model = fitted(WeightsAndBiases(project="trees", config={"why": "test"}))
    begun, *epochs, end = told
    assert begun["project"] == "trees"
    assert (begun["config"]["why"], begun["config"]["epochs"]) == ("test", 3)
    assert [step for step, _ in epochs] == [1, 2, 3]
    losses = [metrics["train_loss"] for _, metrics in epochs]
    assert losses == model.history_.column("train_loss")
    assert end == "finished"


@pytest.mark.parametrize(
    ("tracker", "module"),
    [
        (TensorBoard("nowhere"), "tensorboard.summary.writer.event_file_writer"),
        (MLflow(), "mlflow"),
        (WeightsAndBiases(), "wandb"),
    ],
)
def test_without_the_package_it_says_what_to_install(tracker, module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match="pip install"):
        fitted(tracker)
