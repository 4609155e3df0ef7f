from __future__ import annotations

import csv

import pytest

from ctre.errors import InvalidDataError
from ctre.experiments import Store, carry_out
from ctre.experiments.exchange import (
    COLUMNS,
    open_results,
    read_csv,
    write_csv,
    write_parquet,
)
from ctre.experiments.salvage import merge
from ctre.experiments.to_mlflow import write_mlflow


@pytest.fixture(scope="module")
def filled(experiment_of, tmp_path_factory):
    experiments = [experiment_of(method, seed) for method in ("set", "dense") for seed in (0, 1)]
    experiments.append(experiment_of("static", prune_steps=2))
    with Store(tmp_path_factory.mktemp("store") / "runs.db") as store:
        carry_out(experiments, store)
        store.add([experiment_of("rigl")])  # not done
        yield store


def test_a_row_a_run(filled, tmp_path):
    assert write_csv(filled, tmp_path / "runs.csv") == 5
    assert [path.name for path in tmp_path.iterdir()] == ["runs.csv"]
    with (tmp_path / "runs.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert {(row["dataset"], row["method"], row["seed"]) for row in rows} == {
        ("toy", "set", "0"), ("toy", "set", "1"), ("toy", "dense", "0"), ("toy", "dense", "1"),
        ("toy", "static", "0"),
    }  # fmt: skip
    by_key = {run.key: run for run in filled.runs() if run.result}
    for row in rows:
        assert float(row["test_accuracy"]) == by_key[row["key"]].result.outcome.test_accuracy


def test_what_was_written_is_read_back_and_written_the_same(filled, tmp_path):
    write_csv(filled, tmp_path / "runs.csv", with_points=True)
    with open_results(tmp_path / "runs.csv") as again:
        done = {run.key for run in filled.runs() if run.result}
        assert {run.key for run in again.runs()} == done
        for key in done:
            assert again.with_points(key) == filled.with_points(key)
        (tmp_path / "again").mkdir()
        write_csv(again, tmp_path / "again" / "runs.csv", with_points=True)
    for name in ("runs.csv", "runs.epochs.csv.gz", "runs.pruning.csv.gz"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_study_goes_on_from_a_table(filled, tmp_path, experiment_of):
    write_csv(filled, tmp_path / "runs.csv")
    events = []
    with Store(tmp_path / "other.db") as store:
        merge(store, (), read_csv(tmp_path / "runs.csv"))
        assert merge(store, (), read_csv(tmp_path / "runs.csv")).n_known == 5
        carry_out([experiment_of("set", 0), experiment_of("set", 2)], store, on_event=events.append)
    assert {event.experiment.seed for event in events} == {2}


def test_a_table_that_was_changed_is_refused(filled, tmp_path):
    path = tmp_path / "runs.csv"
    write_csv(filled, path, with_points=True)
    text = path.read_text()
    (accuracy,) = {str(run.result.outcome.test_accuracy) for run in filled.runs()[:1] if run.result}
    path.write_text(text.replace(accuracy, "0.987654321", 1))
    with pytest.raises(InvalidDataError, match=r"runs\.csv, line .*not as it was written"):
        list(read_csv(path))
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InvalidDataError, match="line 1: its columns are not"):
        list(read_csv(path))
    path.write_text(text)
    (tmp_path / "runs.epochs.csv.gz").write_bytes(b"no")
    with pytest.raises(InvalidDataError, match=r"epochs\.csv\.gz cannot be read"):
        list(read_csv(path))


def test_parquet(filled, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    assert write_parquet(filled, tmp_path / "runs.parquet") == 5
    table = parquet.read_table(tmp_path / "runs.parquet")
    assert table.column_names == list(COLUMNS)
    assert table.num_rows == 5


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_mlflow(filled, tmp_path):
    mlflow = pytest.importorskip("mlflow")
    address = f"sqlite:///{tmp_path}/mlflow.db"
    assert write_mlflow(filled, address) == 5
    assert write_mlflow(filled, address) == 0
    client = mlflow.MlflowClient(tracking_uri=address)
    number = client.get_experiment_by_name("ctre").experiment_id
    runs = client.search_runs([number])
    assert len(runs) == 5
    (one,) = (
        run for run in runs if (run.data.params["method"], run.data.params["seed"]) == ("set", "1")
    )
    result = filled.with_points(one.data.tags["ctre.key"])
    assert one.data.metrics["best_test_accuracy"] == result.outcome.test_accuracy
    history = client.get_metric_history(one.info.run_id, "test_loss")
    assert [metric.value for metric in history] == [point.test_loss for point in result.epochs]
