"""Tables as people have them, and numbers to predict, through the command line."""

from __future__ import annotations

import csv
import json

import numpy as np
import pandas as pd
import pytest

from ctre import load_model


@pytest.fixture
def houses(tmp_path):
    """A table of every kind of column, with gaps; the price follows size and quarter."""
    rng = np.random.default_rng(0)
    n = 160
    size = rng.normal(100, 25, n).round(1)
    quarter = rng.choice(["north", "south", "west"], n)
    table = pd.DataFrame(
        {
            "id": range(n),
            "size": np.where(rng.random(n) < 0.1, np.nan, size),
            "quarter": quarter,
            "garden": rng.choice(["yes", "no"], n),
            "sold": pd.date_range("2021-03-01", periods=n, freq="9D").strftime("%d.%m.%Y"),
            "country": "here",
            "price": (1000 * size + 50_000 * (quarter == "south")).round(),
        }
    )
    table.to_csv(tmp_path / "houses.csv", index=False)
    return table


@pytest.mark.usefixtures("houses")
def test_a_table_of_every_kind_is_trained_and_said(ctre, quick):
    out = ctre("train", "houses.csv", "--target", "quarter", *quick).stdout
    lines = {words[0]: " ".join(words) for line in out.splitlines() if (words := line.split())}
    assert lines["Numeric"] == "Numeric 2 size, price (1 with gaps)"
    assert lines["Boolean"] == "Boolean 1 garden"
    assert lines["Dates"] == "Dates 1 sold (read as %d.%m.%Y)"
    assert lines["Dropped"] == "Dropped 2 id (identifier), country (constant)"
    assert lines["Task"].startswith("Task classification Column 'quarter': text, 3 different ones")


def test_regression_is_reported_drawn_and_predicted(ctre, train, houses, tmp_path):
    report = train("houses.csv", "--target", "price", "--task", "regression", "--epochs", "60",
                   "--seed", "0", "--out", "run")  # fmt: skip
    assert report["task"] == "regression"
    assert report["test_r2"] > 0.7
    truth = load_model(tmp_path / "run")
    assert truth.is_regression
    assert 0 < report["test_rmse"] < report["test_deviation"]
    assert "test_accuracy" not in report
    assert (tmp_path / "run" / "run.png").exists()
    columns = {column["name"]: column for column in report["columns"]}
    assert columns["size"]["has_gaps"]
    assert columns["id"]["why"] == "identifier"
    assert {entry["name"] for entry in report["top_inputs"]} == {
        "size",
        "quarter",
        "garden",
        "sold",
    }
    record = json.loads(ctre("predict", "run", "houses.csv", "--json").stdout)
    assert record["r2"] > 0.7
    assert record["n_rows"] == record["n_labelled"] == len(houses)
    predicted = truth.estimator.predict(houses.drop(columns="price"))
    assert record["predictions"] == pytest.approx(predicted.tolist(), rel=1e-6)


@pytest.mark.filterwarnings("default")  # the command says them
def test_predict_finds_columns_and_counts_what_it_does_not_know(ctre, train, houses, tmp_path):
    train("houses.csv", "--target", "price", "--task", "regression", "--out", "run")
    new = houses[["sold", "garden", "quarter", "size"]].head(5)
    new.loc[:1, "quarter"] = "moon"
    new.to_csv(tmp_path / "new.csv", index=False)
    result = ctre("predict", "run", "new.csv", "--json")
    record = json.loads(result.stdout)
    assert "'quarter' in 2 rows ('moon')" in result.stderr
    assert record["unknown_categories"] == {"quarter": {"moon": 2}}
    assert len(record["predictions"]) == 5
    houses.to_csv(tmp_path / "same.csv")  # with a column that numbers the rows
    result = ctre("predict", "run", "same.csv")
    assert "left out" in result.stderr
    rows = list(csv.reader(result.stdout.splitlines()))
    assert rows[0] == ["row", "prediction"]
    assert len(rows) == 1 + len(houses)


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_other_files_are_the_same_table(ctre, train, houses, tmp_path, suffix):
    typed = houses.assign(sold=pd.to_datetime(houses["sold"], format="%d.%m.%Y"))
    getattr(typed, f"to_{suffix}")(tmp_path / f"houses.{suffix}")
    args = ("--target", "quarter", "--seed", "0", "--kinds", "garden=category")
    expected, got = train("houses.csv", *args), train(f"houses.{suffix}", *args, "--out", "run")
    for report in (expected, got):
        report["columns"] = [(c["name"], c["kind"], c["n_features"]) for c in report["columns"]]
    same = ("test_accuracy", "columns", "layers", "top_inputs")
    assert {name: got[name] for name in same} == {name: expected[name] for name in same}
    record = json.loads(ctre("predict", "run", f"houses.{suffix}", "--json").stdout)
    assert record["n_labelled"] == len(houses)


@pytest.mark.usefixtures("houses")
def test_whole_numbers_of_one_row_each_are_asked_about(ctre, quick):
    result = ctre("train", "houses.csv", "--target", "price", *quick, code=2)
    assert "Is it a measurement? Then add --task regression" in result.stderr
    told = ctre("train", "houses.csv", "--target", "price", *quick, "--task", "regression").stdout
    assert "regression   as asked" in told


@pytest.mark.filterwarnings("default:A single row has the label")
def test_labels_that_look_like_names_are_classes_where_that_is_said(ctre, tmp_path, quick, rng):
    """Planted: what was asked for is refused all the same."""
    names = [f"name {place}" for place in range(25)] + ["x", "y"] * 40
    rows = pd.DataFrame({"a": rng.normal(size=105), "b": rng.normal(size=105), "y": names})
    rows.to_csv(tmp_path / "t.csv", index=False)
    result = ctre("train", "t.csv", *quick, code=2)
    assert "27 different labels, 25 of them once. Are they names of the rows?" in result.stderr
    result = ctre("train", "t.csv", "--task", "classification", *quick)
    assert "A single row has the label name 0, name 1, " in result.stderr


@pytest.mark.parametrize(
    ("target", "task", "words"),
    [
        ("quarter", "regression", "must be numbers, got"),
        ("size", "classification", "label"),
    ],
)
@pytest.mark.usefixtures("houses")
def test_labels_that_are_not_what_was_asked_for(ctre, quick, target, task, words):
    result = ctre("train", "houses.csv", "--target", target, "--task", task, *quick, code=2)
    assert words in result.stderr


def test_numbers_with_fractions_are_measurements(train, tmp_path, rng):
    x = rng.normal(size=(60, 2))
    pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": x @ [1, 2]}).to_csv(
        tmp_path / "t.csv", index=False
    )
    report = train("t.csv")
    assert report["task"] == "regression"
    assert report["task_reason"] == "Column 'y': numbers with fractions"


def test_a_majority_that_is_all_that_was_learned_is_said(ctre, tmp_path, rng):
    rows = pd.DataFrame({"a": rng.normal(size=200), "y": ["rare"] * 10 + ["usual"] * 190})
    rows.to_csv(tmp_path / "t.csv", index=False)
    result = ctre("train", "t.csv", "--epochs", "1", "--hidden", "4", "--epsilon", "2", "--json")
    report = json.loads(result.stdout)
    assert report["test_accuracy"] == report["majority_share"] == 0.95
    assert report["balanced_accuracy"] == 0.5
    assert report["majority_class"] == "usual"
    assert "Every test row is predicted as usual" in result.stderr


def test_a_number_with_stray_words_is_no_category(ctre, train, tmp_path, rng):
    words = rng.integers(0, 9, 60).astype(str).astype(object)
    rows = pd.DataFrame({"a": words, "b": rng.normal(size=60), "y": ["u", "v"] * 30})
    rows.loc[3, "a"] = "oops"
    rows.to_csv(tmp_path / "t.csv", index=False)
    result = ctre("train", "t.csv", code=2)
    assert "column 1 'a': 'oops' is not a number" in result.stderr
    assert "--kinds a=category" in result.stderr.replace("'", "")
    assert train("t.csv", "--missing", "oops")["columns"][0]["has_gaps"]
    columns = train("t.csv", "--kinds", "a=category,b=dropped")["columns"]
    assert [column["kind"] for column in columns] == ["category", "dropped"]


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ("price", "must be like zip=category,id=number"),
        ("prise=number", "Unknown column 'prise'"),
        ("size=words", "Unknown kind of column 'words'"),
    ],
)
@pytest.mark.usefixtures("houses")
def test_wrong_kinds_are_named(ctre, quick, kinds, words):
    result = ctre("train", "houses.csv", "--target", "quarter", "--kinds", kinds, *quick, code=2)
    assert words in result.stderr
