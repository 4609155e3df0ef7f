from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file
from scipy.io import savemat
from sklearn.datasets import dump_svmlight_file

from ctre import SparseMLPClassifier, SparseMLPRegressor
from ctre.datasets import load, read_file
from ctre.persistence import save_model


@pytest.fixture
def garden(flowers, tmp_path):
    """The folder "garden" with a model of the flowers; gives what the model says of them."""
    data = read_file(flowers, target="species")
    X = data.X_train
    model = SparseMLPClassifier(
        (8, 6), epsilon=2, max_iter=20, batch_size=8, scaling="standard", random_state=0
    )
    model.fit(X, data.y_train)
    (tmp_path / "garden").mkdir()
    save_model(
        tmp_path / "garden" / "model.safetensors",
        model,
        feature_names=data.feature_names,
        target="species",
    )
    return model.predict(X), model.predict_proba(X)


def test_predictions_as_csv_on_stdout(ctre, garden, flowers):
    result = ctre("predict", "garden", flowers)
    rows = list(csv.DictReader(result.stdout.splitlines()))
    prediction, probability = garden
    assert [row["row"] for row in rows] == [str(number) for number in range(1, 61)]
    assert [row["prediction"] for row in rows] == prediction.tolist()
    told = [[float(row["probability_rose"]), float(row["probability_tulip"])] for row in rows]
    np.testing.assert_allclose(told, probability, rtol=1e-5)
    accuracy = np.mean(prediction == read_file(flowers, target="species").y_train)
    assert result.stderr == f"Accuracy: {100 * accuracy:.1f} %\n"


def test_predictions_in_files(ctre, garden, flowers, tmp_path):
    result = ctre("predict", "garden/model.safetensors", flowers, "--out", "new/p.npz")
    assert result.stdout.startswith("Predictions of 60 rows: new/p.npz\nAccuracy: ")
    with np.load(tmp_path / "new" / "p.npz") as archive:
        np.testing.assert_array_equal(archive["prediction"], garden[0])
        np.testing.assert_array_equal(archive["probability"], garden[1])
        assert archive["classes"].tolist() == ["rose", "tulip"]
    ctre("predict", "garden", flowers, "--out", "p.csv")
    assert (tmp_path / "p.csv").read_text() == ctre("predict", "garden", flowers).stdout


def test_predictions_as_json(ctre, garden, flowers):
    result = ctre("predict", "garden", flowers, "--json")
    record = json.loads(result.stdout)
    assert result.stderr == ""
    assert record["predictions"] == garden[0].tolist()
    assert record["classes"] == ["rose", "tulip"]
    assert (record["n_rows"], record["out"]) == (60, None)
    with_out = json.loads(ctre("predict", "garden", flowers, "--json", "--out", "p.csv").stdout)
    assert with_out == {**record, "predictions": None, "out": "p.csv"}


def test_labels_are_not_needed(ctre, garden, flowers, tmp_path):
    lines = flowers.read_text().splitlines()
    (tmp_path / "new.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))
    result = ctre("predict", "garden", "new.csv")
    assert result.stderr == ""
    assert result.stdout == ctre("predict", "garden", flowers).stdout
    assert len(garden[0]) == 60


@pytest.fixture
def years(tmp_path):
    """A table whose columns are called 2018, 2019 and 2020, with labels in the last."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 2)).round(3)
    rows = [f"{a},{b},{int(a > 0)}" for a, b in values]
    write(tmp_path / "years.csv", "2018,2019,2020", *rows)
    write(tmp_path / "new.csv", "2018,2019", *(row.rpartition(",")[0] for row in rows))
    return tmp_path / "years.csv"


def test_a_column_of_labels_called_by_a_number(ctre, train, years):
    """Planted mistakes: its name is forgotten; it is a place."""
    train(years.name, "--target", "2020", "--out", "run")
    told = ctre("predict", "run", years.name)
    assert told.stderr.startswith("Accuracy: ")
    assert len(told.stdout.splitlines()) == 1 + 40
    without_labels = ctre("predict", "run", "new.csv")
    assert (without_labels.stdout, without_labels.stderr) == (told.stdout, "")


def test_known_names_are_a_header_above_numbers_like_them(ctre, train, tmp_path):
    """Planted mistake: what they look like decides, and they are a row."""
    values = np.random.default_rng(0).integers(2000, 2030, size=(40, 2))
    rows = [f"{a},{b},{int(a > 2015)}" for a, b in values]
    write(tmp_path / "years.csv", "2018,2019,2020", *rows)
    write(tmp_path / "new.csv", "2018,2019", *(row.rpartition(",")[0] for row in rows))
    train("years.csv", "--target", "2020", "--header", "--out", "run")
    assert len(ctre("predict", "run", "new.csv").stdout.splitlines()) == 1 + 40


@pytest.mark.parametrize("target", ["-1", "4", "species"])
def test_a_place_of_the_labels_stands_for_their_name(ctre, train, flowers, tmp_path, target):
    """The file to predict has them elsewhere."""
    train(flowers, "--target", target, "--out", "run")
    told = ctre("predict", "run", flowers)
    rows = [line.split(",") for line in flowers.read_text().splitlines()]
    moved = [",".join([row[-1], *row[:-1]]) for row in rows]
    write(tmp_path / "moved.csv", *moved)
    again = ctre("predict", "run", "moved.csv")
    assert (again.stdout, again.stderr) == (told.stdout, told.stderr)
    assert told.stderr.startswith("Accuracy: ")


@pytest.mark.filterwarnings("default")  # the labels of the SVMLight file are numbers
@pytest.mark.usefixtures("garden")
def test_every_format_can_be_predicted(ctre, flowers, tmp_path):
    """Planted mistake: sparse rows are scaled without the shift that training rows had."""
    data = read_file(flowers, target="species")
    codes = np.searchsorted(["rose", "tulip"], data.y_train)
    np.savez(tmp_path / "d.npz", X=data.X_train, y=data.y_train)
    savemat(tmp_path / "d.mat", {"X": data.X_train})
    dump_svmlight_file(data.X_train, codes, str(tmp_path / "d.svm"), zero_based=False)
    expected = ctre("predict", "garden", flowers).stdout
    for name in ("d.npz", "d.mat", "d.svm"):
        assert ctre("predict", "garden", name).stdout == expected


def test_test_rows_of_a_catalogued_data_set(ctre, train):
    report = train("iris", "--out", "run")
    record = json.loads(ctre("predict", "run", "iris", "--json").stdout)
    assert record["accuracy"] == report["test_accuracy"]
    assert record["n_rows"] == len(load("iris").y_test)


def write(path, header, *rows):
    path.write_text("\n".join([header, *rows]) + "\n")


@pytest.mark.usefixtures("garden")
@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["garden"], "Missing argument 'DATA'"),
        (["nowhere", "flowers.csv"], "'nowhere' does not exist"),
        ([".", "flowers.csv"], "model.safetensors: No such file or directory"),
        (["flowers.csv", "flowers.csv"], "'flowers.csv' cannot be used as a model"),
        (["later", "flowers.csv"], "format version '9'"),
        (["garden", "nothing.csv"], "nothing.csv does not exist"),
        (["garden", "narrow.csv"], "column 'petal' is missing, which the model was trained on"),
        (["garden", "iris"], "must have the 3 columns that the model was trained on, got 4"),
        (["garden", "flowers.csv", "--out", "p.txt"], "p.txt must end in .csv or .npz"),
        (["garden", "flowers.csv", "--out", "flowers.csv/p.csv"], "flowers.csv: Not a directory"),
        (["garden", "flowers.csv", "--target", "9"], "columns 1 to 4"),
        (["garden", "text.csv"], "column 2 'sepal': 'red' is not a number"),
    ],
)
def test_wrong_usage(ctre, tmp_path, args, words):
    write(tmp_path / "narrow.csv", "petals,sepal,garden", "1,2,3", "2,3,4")
    write(tmp_path / "text.csv", "petal,sepal,garden", "1,2,3", "2,red,4")
    with safe_open(tmp_path / "garden" / "model.safetensors", framework="numpy") as file:
        metadata = {**file.metadata(), "format_version": "9"}
        save_file({"a": np.ones(1)}, tmp_path / "later", metadata)
    result = ctre("predict", *args, code=2)
    assert result.stdout == ""
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.glob("p.*"))


@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("garden")
def test_labels_that_the_model_does_not_know(ctre, tmp_path):
    """Each with its rows, and with the class that it may be another spelling of."""
    rows = ["1,2,1,zinnia", "2,3,1,Rose", "2,3,1,Rose", "2,3,2,rose"]
    write(tmp_path / "new.csv", "petal,sepal,garden,species", *rows)
    result = ctre("predict", "garden", "new.csv", "--json")
    assert (
        "no classes of the model: 'Rose' (2 rows, where the model has 'rose'), 'zinnia' (1 row). "
        "Labels are compared as they are spelled, so these rows count as wrong."
    ) in result.stderr
    assert json.loads(result.stdout)["accuracy"] <= 0.25


def rows_and_several_targets(folder):
    X = np.random.default_rng(0).normal(size=(30, 3))
    np.savetxt(folder / "new.csv", X, delimiter=",", header="a,b,c", comments="", fmt="%.18g")
    words = np.column_stack([np.where(X[:, 0] > 0, "a", "b"), np.where(X[:, 1] > 0, "x", "y")])
    return X, {"numbers": X[:, :2], "one": X[:, :1], "sets": (X > 0).astype(int), "words": words}


@pytest.mark.parametrize("kind", ["numbers", "one", "sets", "words"])
def test_several_targets(ctre, tmp_path, kind):
    """Planted mistake: a row of predictions is written as if it were one."""
    X, targets = rows_and_several_targets(tmp_path)
    cls = SparseMLPRegressor if kind in ("numbers", "one") else SparseMLPClassifier
    model = cls((8,), epsilon=2, max_iter=2, random_state=0).fit(X, targets[kind])
    save_model(tmp_path / "model", model)
    expected = model.predict(X)
    lines = list(csv.reader(io.StringIO(ctre("predict", "model", "new.csv").stdout)))
    n_targets = expected.shape[1]
    told = [line[1 : 1 + n_targets] for line in lines[1:]]
    if kind == "words":
        assert told == expected.tolist()
        assert lines[0][3:] == ["probability_0_a", "probability_0_b", "probability_1_x",
                                "probability_1_y"]  # fmt: skip
        shares = np.column_stack(model.predict_proba(X))
    else:
        np.testing.assert_allclose(np.array(told, float), expected, rtol=1e-8)
        shares = model.predict_proba(X) if kind == "sets" else np.empty((30, 0))
    assert lines[0][: 1 + n_targets] == ["row", *(f"prediction_{i}" for i in range(n_targets))]
    written = [line[1 + n_targets :] for line in lines[1:]]
    np.testing.assert_allclose(np.array(written, float), shares, rtol=1e-4, atol=1e-6)
    record = json.loads(ctre("predict", "model", "new.csv", "--json").stdout)
    assert (record["n_targets"], record["predictions"]) == (n_targets, expected.tolist())
    ctre("predict", "model", "new.csv", "--out", "new.npz")
    with np.load(tmp_path / "new.npz") as arrays:
        np.testing.assert_array_equal(arrays["prediction"], expected)
        if shares.size:
            np.testing.assert_array_equal(arrays["probability"], shares)
