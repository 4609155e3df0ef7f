"""``ctre inspect``."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from ctre import SparseMLPClassifier, SparseMLPRegressor, load_model, save_model


@pytest.fixture
def flower_model(train, flowers, tmp_path):
    train(flowers, "--target", "species", "--out", "run")
    return tmp_path / "run"


def test_what_is_said_of_a_model(ctre, flower_model):
    model = load_model(flower_model).network
    record = json.loads(ctre("inspect", "run", "--json").stdout)
    assert record["file"] == "run/model.safetensors"
    assert record["bytes"] == (flower_model / "model.safetensors").stat().st_size
    assert (record["task"], record["estimator"]) == ("classification", "SparseMLPClassifier")
    assert (record["classes"], record["target"]) == (["rose", "tulip"], "species")
    assert (record["epochs"], record["best_epoch"]) == (3, 3)
    assert record["settings"]["method"] == "ctre-corr"
    assert record["settings"]["hidden"] == [8, 6]
    assert record["settings"]["epochs"] == 3
    assert record["scaling"] == "anchored"
    assert record["n_connections"] == model.n_connections_
    assert record["n_dense"] == 2 * 8 + 8 * 6 + 6 * 2
    assert [layer["n_connections"] for layer in record["layers"]] == [
        matrix.nnz for matrix in model.coefs_
    ]
    into = np.diff(model.coefs_[1].indptr)
    assert record["layers"][1]["in_degrees"] == {
        "min": into.min(), "median": np.median(into), "max": into.max()
    }  # fmt: skip
    importances = [entry["importance"] for entry in record["top_inputs"]]
    garden = [0.0]  # constant, and dropped
    assert importances == sorted([*model.feature_importances_, *garden], reverse=True)
    first = record["top_inputs"][0]
    assert first["name"] == ("petal", "sepal", "garden")[model.feature_importances_.argmax()]
    degrees = model.network_.layers[0].topology.out_degrees
    assert first["n_connections"] == degrees[first["column"]]


def test_what_is_printed(ctre, flower_model):  # noqa: ARG001
    text = ctre("inspect", "run").stdout
    for words in (
        "run/model.safetensors", " kB", "classification of 'species', 2 classes: rose, tulip",
        "ctre-corr, epoch 3 of 3", "--hidden 8,6", "--epsilon 2.0", "--epochs 3",
        "scaled by 'anchored'", "2 → 8", "In-degree", "petal", "━━━", "of 2 inputs are connected",
    ):  # fmt: skip
        assert words in text
    assert "Picture" not in text


def test_how_many_inputs(ctre, flower_model):  # noqa: ARG001
    record = json.loads(ctre("inspect", "run", "--inputs", 2, "--json").stdout)
    assert len(record["top_inputs"]) == 2
    assert "Input" not in ctre("inspect", "run", "--inputs", 0).stdout


@pytest.mark.parametrize(
    ("name", "begin"), [("a.png", b"\x89PNG"), ("new/a.SVG", b"<?xml"), ("a.pdf", b"%PDF")]
)
def test_a_picture(ctre, flower_model, tmp_path, name, begin):  # noqa: ARG001
    text = ctre("inspect", "run", "--plot", name).stdout
    assert f"Picture  {name}" in text
    assert (tmp_path / name).read_bytes().startswith(begin)


def test_a_picture_of_no_kind(ctre, flower_model):  # noqa: ARG001
    result = ctre("inspect", "run", "--plot", "a.jpeg", code=2)
    assert "a.jpeg must end in .png, .svg, .pdf" in result.stderr


def test_a_regressor_without_names(ctre, tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 4))
    model = SparseMLPRegressor((), max_iter=2, random_state=0, solver="adam", density=0.5,
                               epsilon=None, validation_fraction=0.2)  # fmt: skip
    save_model(tmp_path / "price.safetensors", model.fit(X, X[:, 0]), target="price")
    record = json.loads(ctre("inspect", "price.safetensors", "--json").stdout)
    assert (record["task"], record["classes"], record["n_outputs"]) == ("regression", None, 1)
    assert record["validation_score"] == model.best_validation_score_
    text = ctre("inspect", "price.safetensors").stdout
    for words in (
        "regression of 'price', 1 output\n", "validation R²", "--hidden none", "--density 0.5",
        "solver=adam", "Input, from 0",
    ):  # fmt: skip
        assert words in text.replace(" " * 3, "").replace("  \n", "\n").replace(" \n", "\n")
    assert "--epsilon" not in text


def test_words_and_many_classes(ctre, tmp_path):
    rng = np.random.default_rng(0)
    X = csr_array(rng.poisson(0.5, (90, 6)).astype(float))
    model = SparseMLPClassifier((5,), max_iter=1).fit(X, np.arange(90) % 30)
    save_model(tmp_path / "words", model)
    text = ctre("inspect", "words").stdout
    assert "30 classes: 0, 1, 2, 3, 4, 5, 6, 7, …" in text
    assert "scaled by 'tfidf'" in text


def test_a_damaged_model_is_one_message(ctre, flower_model):
    path = flower_model / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    result = ctre("inspect", "run", code=2)
    assert result.stderr.startswith("Error: 'run/model.safetensors' cannot be used as a model: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_checkpoint_is_no_model(ctre, train):
    train("iris", "--checkpoint", "kept")
    result = ctre("inspect", "kept/checkpoint-000003.safetensors", code=2)
    assert "it is no model that ctre has written." in result.stderr


def test_several_columns_of_classes(ctre, tmp_path):
    """Planted mistake: their classes are asked for as if they were one array."""
    X = np.random.default_rng(0).normal(size=(50, 4))
    y = np.column_stack([np.where(X[:, 0] > 0, "a", "b"), np.where(X[:, 1] > 0, "x", "y")])
    model = SparseMLPClassifier((5,), max_iter=1, class_weight=[{"a": 2}, "balanced"]).fit(X, y)
    save_model(tmp_path / "both", model)
    record = json.loads(ctre("inspect", "both", "--json").stdout)
    assert record["classes"] == [["a", "b"], ["x", "y"]]
    assert record["settings"]["class_weight"] == [{"a": 2.0}, "balanced"]
    text = ctre("inspect", "both").stdout
    assert "columns of classes, 4 classes: ['a', 'b'], ['x', 'y']" in text
    save_model(tmp_path / "sets", SparseMLPClassifier((5,), max_iter=1).fit(X, (X > 0).astype(int)))
    assert "label sets, 4 classes: 0, 1, 2, 3" in ctre("inspect", "sets").stdout
