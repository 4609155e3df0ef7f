from __future__ import annotations

import copy
import dataclasses
import json
import tempfile
import typing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import ShuffleSplit
from sklearn.utils.estimator_checks import parametrize_with_checks

from ctre import SparseMLPClassifier, SparseMLPRegressor
from ctre.errors import InvalidDataError
from ctre.kernels import Activation
from ctre.methods import RECIPES
from ctre.persistence import encode_model, load_model, save_model
from ctre.persistence.model_file import _FORMAT as FORMAT
from ctre.training import Regression
from ctre.training.task_table import TASKS
from ctre.vocabulary import SCALINGS

X = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
Y = np.arange(40) % 3
DELETED = object()
NOT_READ_ONLY = {
    f"check_sample_weight_equivalence_on_{kind}_data": "a batch of repeated rows is another batch"
    for kind in ("dense", "sparse")
}


def fitted(y=Y, X=X, **keywords):
    settings = {"epsilon": 2, "max_iter": 3, "batch_size": 10, "random_state": 0} | keywords
    return SparseMLPClassifier((7, 6), **settings).fit(X, y)


@pytest.fixture(scope="module")
def model():
    return fitted()


@pytest.fixture
def tree(tmp_path):
    """What a model file consists of, to be changed and written again."""
    path = tmp_path / "whole"
    save_model(path, fitted(scaling="standard"), feature_names="abcde", target="y")
    return FORMAT.read(path).tree.values


def write_forged(tree, path):
    """Write a file as somebody would who knows the format, checksum and all."""
    path.write_bytes(FORMAT.encode(tree))
    return path


def through_file(model, folder, **keywords):
    save_model(folder / "model.safetensors", model, **keywords)
    return load_model(folder / "model.safetensors")


def assert_same_predictions(loaded, model, X=X):
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    predicted = model.predict(X)
    np.testing.assert_array_equal(loaded.predict(X), predicted)
    assert loaded.predict(X).dtype == predicted.dtype


@pytest.mark.parametrize(
    "labels",
    [
        np.array([10, -3, 7]),
        np.array([1, 0, 2], dtype=np.uint8),
        np.array([0.5, -1.5, 2.0]) * 2,
        np.array([True, False, True]),
        np.array(["rose", "", "Tülpe 🌷"]),
        np.array(["rose", "lily", "tulip"], dtype=object),
    ],
    ids=["int", "uint8", "float", "bool", "str", "object"],
)
def test_predictions_are_bit_equal(tmp_path, labels):
    model = fitted(labels[Y])
    loaded = through_file(model, tmp_path).estimator
    assert_same_predictions(loaded, model)
    assert loaded.classes_.dtype == model.classes_.dtype
    assert loaded.classes_.tolist() == model.classes_.tolist()


@pytest.mark.parametrize("activation", typing.get_args(Activation))
def test_every_activation(tmp_path, activation):
    model = fitted(activation=activation)
    assert_same_predictions(through_file(model, tmp_path).estimator, model)


@pytest.mark.parametrize("method", [recipe.name for recipe in RECIPES])
def test_every_method(tmp_path, method):
    model = fitted(method=method)
    loaded = through_file(model, tmp_path).estimator
    assert_same_predictions(loaded, model)
    assert type(loaded.network_) is type(model.network_)
    assert loaded.network_.layer_sizes == model.network_.layer_sizes


def test_sparse_rows(tmp_path):
    rows = csr_array(np.where(X > 0.5, X, 0).astype(np.float32))
    model = fitted(X=rows)
    assert_same_predictions(through_file(model, tmp_path).estimator, model, rows)


def test_what_else_is_kept(model, tmp_path):
    saved = through_file(model, tmp_path, feature_names="abcde", target="kind")
    assert saved.feature_names == ("a", "b", "c", "d", "e")
    assert saved.target == "kind"
    loaded = saved.estimator
    assert (loaded.density_, loaded.n_connections_) == (model.density_, model.n_connections_)
    np.testing.assert_array_equal(loaded.feature_importances_, model.feature_importances_)
    assert loaded.n_features_in_ == 5


@pytest.mark.parametrize("name", SCALINGS)
def test_every_scaling(tmp_path, name):
    rows = np.abs(X * 30 + 7)
    model = fitted(X=rows, scaling=name)
    loaded = through_file(model, tmp_path).estimator
    assert_same_predictions(loaded, model, rows)
    assert (loaded.scaling, loaded.scaling_.name) == (name, model.scaling_.name)


def test_nothing_is_invented(model, tmp_path):
    saved = through_file(model, tmp_path)
    assert (saved.feature_names, saved.target) == (None, None)
    assert not hasattr(saved.estimator, "feature_names_in_")


def test_what_fit_saw_is_kept(tmp_path):
    model = fitted(validation_fraction=0.2, method="ctre-sim")
    loaded = through_file(model, tmp_path).estimator
    assert list(loaded.history_) == list(model.history_)
    assert loaded.best_epoch_ == model.best_epoch_
    assert loaded.best_validation_score_ == model.best_validation_score_
    assert loaded.n_iter_ == 3
    assert loaded.similarity_samples_ == model.similarity_samples_ == 32
    assert (loaded.alpha_, loaded.batch_size_) == (model.alpha_, model.batch_size_)


def test_parameters_are_kept_and_the_model_can_be_trained_again(tmp_path):
    model = fitted(
        epsilon=np.float64(2), max_iter=np.int64(2), similarity_samples=0.5, alpha=0.0,
        validation_split=ShuffleSplit(1, random_state=0), n_threads=2, verbose=0,
    )  # fmt: skip
    loaded = through_file(model, tmp_path).estimator
    kept = loaded.get_params()
    for name, value in model.get_params().items():
        left_out = name in ("validation_split", "n_threads", "verbose")
        expected = SparseMLPClassifier().get_params()[name] if left_out else value
        assert kept[name] == expected, name
    assert clone(loaded).fit(X, Y).n_iter_ == 2


@pytest.mark.parametrize(
    ("labels", "weights"),
    [
        (Y, "balanced"),
        (Y, {0: 1, np.int64(1): 2.5, 2: np.float32(3)}),
        (np.array(["rose", "lily", "tulip"])[Y], {"rose": 2}),
        (Y % 2 == 0, {True: 3, False: 1}),
        (Y.astype(float), {1.0: 2}),
        (np.column_stack([Y, Y % 2]), [{1: 2.0}, "balanced"]),
    ],
    ids=["balanced", "numbers", "text", "booleans", "fractions", "columns"],
)
def test_weights_of_classes_are_kept(tmp_path, labels, weights):
    """Planted mistake: keys as JSON writes them, so that 1 comes back as '1'."""
    model = fitted(labels, class_weight=weights)
    loaded = through_file(model, tmp_path).estimator
    assert loaded.class_weight == weights
    again = clone(loaded).fit(X, labels)
    for one, other in zip(again.coefs_, model.coefs_, strict=True):
        assert (one != other).nnz == 0


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ({"classes": [0], "weights": []}, "parameters.class_weight.weights must be a list of 1"),
        ({"classes": [[0]], "weights": [1]}, "classes must be text and numbers"),
        ({"classes": [0], "weights": [-1]}, "class_weight must be 'balanced'"),
        ([3], "class_weight.0 must be an object"),
        (3, "must be an object"),
    ],
)
def test_forged_weights_of_classes(tree, tmp_path, weights, words):
    tree["parameters"]["class_weight"] = weights
    with pytest.raises(InvalidDataError, match=words):
        load_model(write_forged(tree, tmp_path / "forged"))


def test_a_random_state_that_is_no_number_is_left_out(tmp_path):
    model = fitted(random_state=np.random.RandomState(0))
    assert through_file(model, tmp_path).estimator.random_state is None


@pytest.mark.parametrize("shape", [(40,), (40, 1), (40, 3)])
def test_a_regressor_keeps_the_unit_and_the_shape_of_its_targets(tmp_path, shape):
    """Planted mistakes: the unit left behind; one column taken for no column."""
    y = 1e6 + 500 * np.random.default_rng(1).normal(size=shape)
    model = SparseMLPRegressor((7, 6), epsilon=2, max_iter=3, batch_size=10, random_state=0)
    loaded = through_file(model.fit(X, y), tmp_path).estimator
    assert type(loaded) is SparseMLPRegressor
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.predict(X).shape == shape
    assert loaded.score(X, y) == model.score(X, y)


def test_sets_of_labels(tmp_path):
    sets = np.random.default_rng(1).integers(0, 2, (40, 4))
    model = fitted(sets)
    loaded = through_file(model, tmp_path).estimator
    assert_same_predictions(loaded, model)
    assert loaded.task_ == model.task_
    assert loaded.predict(X).shape == (40, 4)


def test_columns_of_classes(tmp_path):
    names = np.array([["a", "x"], ["b", "y"], ["c", "x"]])[Y]
    model = fitted(names)
    loaded = through_file(model, tmp_path).estimator
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    for one, other in zip(loaded.predict_proba(X), model.predict_proba(X), strict=True):
        np.testing.assert_array_equal(one, other)
    tree = FORMAT.read(tmp_path / "model.safetensors").tree.values
    tree["task"]["columns"].pop()
    with pytest.raises(InvalidDataError, match="the classes must be 5 in all"):
        load_model(write_forged(tree, tmp_path / "forged"))


@pytest.mark.parametrize("kind", TASKS.values(), ids=TASKS)
def test_every_task_reads_what_it_writes(kind, tmp_path):
    """A task added to the table is tried here, in a file."""
    targets = {"regression": X[:, :2], "label sets": (X > 0).astype(int)}
    targets["columns of classes"] = np.column_stack([Y, Y % 2])
    y = targets.get(kind.kind, Y)
    task = kind.of(y, np.arange(40), None)
    tree = {"task": task.stored(), "weights": X}  # old safetensors read no file without an array
    (tmp_path / "task").write_bytes(FORMAT.encode(tree))
    restored = kind.restored(FORMAT.read(tmp_path / "task").tree.branch("task"), task.n_outputs)
    scores = np.random.default_rng(1).normal(size=(9, task.n_outputs)).astype(np.float32)
    np.testing.assert_array_equal(restored.decode(scores), task.decode(scores))
    np.testing.assert_array_equal(restored.encode(y), task.encode(y))


class Doubled(Regression):
    def decode(self, scores):
        return 2 * super().decode(scores)


class Mine(SparseMLPRegressor):
    def _task_kind(self, y):  # noqa: ARG002
        return Doubled


@pytest.mark.parametrize("kind", [Mine, type("Other", (SparseMLPClassifier,), {})])
def test_what_is_not_the_librarys_is_not_saved_as_if_it_were(kind, tmp_path):
    """Planted mistake: a task with another `decode` comes back with that of its base."""
    model = kind((7,), epsilon=2, max_iter=1).fit(X, Y)
    with pytest.raises(InvalidDataError, match="of the library alone"):
        save_model(tmp_path / "model", model)
    model.__class__ = SparseMLPRegressor if kind is Mine else SparseMLPClassifier
    if kind is Mine:
        with pytest.raises(InvalidDataError, match="alone, got Doubled"):
            save_model(tmp_path / "model", model)
    assert list(tmp_path.iterdir()) == []


def test_names_seen_in_fit_are_asked_for_again(tmp_path):
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = fitted(X=frame)
    saved = through_file(model, tmp_path)
    assert saved.feature_names == ("a", "b", "c", "d", "e")
    assert_same_predictions(saved.estimator, model, frame)
    with pytest.raises(ValueError, match="feature names should match"):
        saved.estimator.predict(frame.rename(columns={"a": "z"}))


def test_a_folder_stands_for_the_model_in_it(model, tmp_path):
    save_model(tmp_path / "model.safetensors", model)
    assert_same_predictions(load_model(tmp_path).estimator, model)


def test_an_estimator_that_is_not_fitted(tmp_path):
    with pytest.raises(NotFittedError):
        save_model(tmp_path / "model.safetensors", SparseMLPClassifier())
    assert list(tmp_path.iterdir()) == []


def test_labels_that_cannot_be_stored(tmp_path):
    model = fitted(np.array([(1, 2), (3, 4), (5, 6)], dtype="i4,i4").view("M8[s]")[Y])
    with pytest.raises(InvalidDataError, match="all numbers or all strings"):
        save_model(tmp_path / "model.safetensors", model)


def test_saving_replaces_and_leaves_nothing_else(model, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_text("something else")
    save_model(path, model)
    assert_same_predictions(load_model(path).estimator, model)
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        load_model(tmp_path / "nothing.safetensors")
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors"):
        load_model(tmp_path)


@pytest.mark.parametrize("text", [b"", b"a,b\n1,2\n", b"\x00" * 100, b"PK\x03\x04" + b"x" * 50])
def test_a_file_of_another_kind(tmp_path, text):
    (tmp_path / "model").write_bytes(text)
    with pytest.raises(InvalidDataError, match="model' cannot be used as a model"):
        load_model(tmp_path / "model")


def test_a_safetensors_file_of_others(tmp_path):
    save_file({"weight": np.ones(3)}, tmp_path / "model")
    with pytest.raises(InvalidDataError, match="no model that ctre has written"):
        load_model(tmp_path / "model")


BAD_ENTRIES = {
    "estimator": ("estimator", "os.system", "estimator must be one of .*, got 'os.system'"),
    "estimator of another task": ("estimator", "SparseMLPRegressor", "does not learn"),
    "parameters": ("parameters.callbacks", [1], r"parameters \['callbacks'\] are unknown"),
    "parameters missing": ("parameters", None, "parameters must be an object"),
    "parameter": ("parameters.hidden_layer_sizes", [7, "6"], "hidden_layer_sizes must be"),
    "method": ("parameters.method", 3, "parameters.method must be text"),
    "activation": ("activation", ["relu"], "activation must be one of"),
    "no sizes": ("layer_sizes", None, "layer_sizes must be a list"),
    "one size": ("layer_sizes", [5], "layer_sizes must be numbers of neurons"),
    "huge size": ("layer_sizes", [2**40, 7, 6, 3], "layer_sizes must be numbers of neurons"),
    "many sizes": ("layer_sizes", [*[5] * 9_999, 3], "layers must be a list of 9999"),
    "negative size": ("layer_sizes", [5, -7, 6, 3], "layer_sizes must be"),
    "true size": ("layer_sizes", [5, 7, True, 3], "layer_sizes must be"),
    "other size": ("layer_sizes", [5, 8, 6, 3], r"layers.0.indptr must be int32 of shape \(9,\)"),
    "wide output": ("layer_sizes", [5, 7, 6, 2**31 - 1], r"task.classes must be .*\(2147483647,\)"),
    "smaller input": ("layer_sizes", [2, 7, 6, 3], r"layers.0.indices must be in \[0, 2\)"),
    "fewer layers": ("layer_sizes", [5, 7, 3], "layers must be a list of 2"),
    "more layers": ("layer_sizes", [5, 7, 6, 3, 3], "layers must be a list of 4"),
    "layers": ("layers", {}, "layers must be a list"),
    "layer": ("layers.1", 3, "layers.1 must be an object"),
    "task": ("task.kind", "clustering", "task.kind must be one of"),
    "text classes": ("task.classes", ["a"], "task.classes must be a list of 3"),
    "same classes": ("task.classes", ["a", "b", "a"], "task.classes must differ"),
    "mixed classes": ("task.classes", ["a", "b", 3], "task.classes must be a list of text"),
    "feature names": ("feature_names", ["a"], "feature_names must be a list of 5"),
    "scaling": ("scaling.name", "log", "scaling.name must be one of"),
    "undecided scaling": ("scaling.name", "auto", "scaling.name must be one of"),
    "scaling of words": ("scaling.name", "tfidf", "scaling.idf is missing"),
    "target": ("target", 3, "target must be text"),
    "history": ("history", 3, "history must be an object"),
    "history without a field": ("history.stall", None, "history.stall must be a list"),
    "longer field": ("history.stall", [0] * 4, "history.stall must be a list of 3"),
    "field of others": ("history.train_loss", ["a"] * 3, "train_loss must be a list of float"),
    "counts": ("history.n_born", [[1, 2]] * 3, "n_born must be a list of tuple"),
    "epochs": ("history.epoch", [1, 3, 2], "history.epoch must be 1, 2, 3"),
    "rows": ("similarity_samples", -1, "similarity_samples must be an integer of at least 1"),
    "array missing": ("layers.1.weights", DELETED, "layers.1.weights is missing"),
    "list for array": ("layers.1.weights", [1.0], "layers.1.weights must be an array"),
    "factor missing": ("scaling.factor", DELETED, "scaling.factor is missing"),
}


def put(tree, place, value):
    *path, last = (int(step) if step.isdecimal() else step for step in place.split("."))
    for step in path:
        tree = tree[step]
    if value is DELETED:
        del tree[last]
    else:
        tree[last] = value(tree[last]) if callable(value) else value


@pytest.mark.parametrize("case", BAD_ENTRIES)
def test_a_forged_description(tree, tmp_path, case):
    place, value, words = BAD_ENTRIES[case]
    put(tree, place, value)
    with pytest.raises(InvalidDataError, match=f"forged' cannot be used as a model: .*{words}"):
        load_model(write_forged(tree, tmp_path / "forged"))


def replaced(place, value):
    def change(array):
        array[place] = value
        return array

    return change


BAD_ARRAYS = {
    "index too large": ("layers.0.indices", replaced(0, 5), r"in \[0, 5\)"),
    "index negative": ("layers.0.indices", replaced(0, -1), r"in \[0, 5\)"),
    "index twice": ("layers.0.indices", lambda a: replaced(1, a[0])(a), "ascend within"),
    "short indices": ("layers.0.indices", lambda a: a[1:], "must be int32 of shape"),
    "falling indptr": ("layers.0.indptr", replaced(3, 0), "never fall"),
    "indptr that wraps": ("layers.0.indptr", replaced(3, -(2**31)), "never fall"),
    "indptr begins late": ("layers.0.indptr", replaced(0, 1), "start at 0"),
    "indptr ends late": ("layers.0.indptr", replaced(-1, 10**9), r"of shape \(1000000000,\)"),
    "wide indices": ("layers.0.indices", lambda a: a.astype(np.int64), "must be int32"),
    "narrow weights": ("layers.0.weights", lambda a: a.astype(np.float16), "must be float32"),
    "matrix": ("layers.0.weights", lambda a: a[None], "must be float32 of shape"),
    "no weights": ("layers.0.weights", lambda a: a[:0], "must be float32 of shape"),
    "not finite": ("layers.2.biases", replaced(0, np.inf), "must be finite"),
    "no number": ("layers.2.weights", replaced(0, np.nan), "must be finite"),
    "short shift": ("scaling.shift", lambda a: a[1:], r"scaling.shift must be float64 of shape"),
    "infinite factor": ("scaling.factor", replaced(0, np.inf), "scaling.factor must be finite"),
    "narrow classes": ("task.classes", lambda a: a.astype(np.float16), "task.classes must be"),
    "same array classes": ("task.classes", np.zeros_like, "task.classes must differ"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_forged_arrays(tree, tmp_path, case):
    """Planted mistake: an index beyond the layer is let through, and a kernel reads there."""
    place, spoil, words = BAD_ARRAYS[case]
    put(tree, place, spoil)
    with pytest.raises(InvalidDataError, match=words):
        load_model(write_forged(tree, tmp_path / "forged"))


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("task.is_flat", True, "2 outputs have no flat targets"),
        ("task.is_flat", 1, "task.is_flat must be true or false"),
        ("task.shift", replaced(0, np.nan), "task.shift must be finite"),
        ("task.factor", lambda a: a[1:], r"task.factor must be float64 of shape \(2,\)"),
        ("task.kind", "label sets", "SparseMLPRegressor does not learn label sets"),
    ],
)
def test_a_forged_regressor(tmp_path, place, value, words):
    model = SparseMLPRegressor((7,), epsilon=2, max_iter=1).fit(X, X[:, :2])
    save_model(tmp_path / "model", model)
    tree = FORMAT.read(tmp_path / "model").tree.values
    put(tree, place, value)
    with pytest.raises(InvalidDataError, match=words):
        load_model(write_forged(tree, tmp_path / "forged"))


def old_parts(tree):
    """Give arrays and metadata as the second format had them."""
    arrays = {
        f"layers.{number}.{name}": array
        for number, layer in enumerate(tree["layers"])
        for name, array in layer.items()
    }
    arrays |= {f"scaling.{part}": tree["scaling"][part] for part in ("shift", "factor")}
    arrays["classes"] = tree["task"]["classes"]
    left_out = ("layers", "task", "history", "similarity_samples", "alpha", "batch_size")
    model = {name: value for name, value in tree.items() if name not in left_out}
    model |= {"scaling": "standard", "classes": None, "has_object_labels": False}
    return arrays, model


def write_old(arrays, model, version, path, **more):
    metadata = {"format": "ctre-model", "format_version": version, "model": json.dumps(model)}
    save_file(arrays, path, metadata | more)


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_file_of_an_older_format_is_read(tree, tmp_path, version):
    """The first said whether the network was dense, and kept the scaling beside the estimator."""
    arrays, model = old_parts(tree)
    if version == "1":
        del model["parameters"]["scaling"]
        model["is_dense"] = False
    write_old(arrays, model, version, tmp_path / "old")
    saved, new = load_model(tmp_path / "old"), load_model(tmp_path / "whole")
    assert_same_predictions(saved.estimator, new.estimator)
    assert saved.estimator.scaling_.name == "standard"
    assert (saved.feature_names, saved.target) == (new.feature_names, new.target)
    assert not hasattr(saved.estimator, "history_")


def test_text_classes_of_an_older_format(tree, tmp_path):
    arrays, model = old_parts(tree)
    del arrays["classes"]
    model |= {"classes": ["a", "b", "c"], "has_object_labels": True}
    write_old(arrays, model, "2", tmp_path / "old")
    classes = load_model(tmp_path / "old").estimator.classes_
    assert (classes.tolist(), classes.dtype) == (["a", "b", "c"], object)


@pytest.mark.parametrize("spoiled", ["layers.0.weights", "classes", "scaling.factor"])
def test_an_older_file_is_not_believed_either(tree, tmp_path, spoiled):
    arrays, model = old_parts(tree)
    del arrays[spoiled]
    write_old(arrays, model, "2", tmp_path / "old")
    with pytest.raises(InvalidDataError, match="old' cannot be used as a model"):
        load_model(tmp_path / "old")


def test_a_later_format_is_refused_by_its_name(tree, tmp_path):
    later = dataclasses.replace(FORMAT, version="4").encode(tree)
    (tmp_path / "model").write_bytes(later)
    with pytest.raises(InvalidDataError, match=r"format version '4' where .* '1' and '2' and '3'"):
        load_model(tmp_path / "model")


def test_a_new_file_is_not_taken_for_an_old_one(model, tmp_path):
    """One bit makes a 2 of the 3. Planted mistake: then no checksum is asked for."""
    data = encode_model(model)
    assert data.count(b'"format_version":"3"') == 1
    path = tmp_path / "model"
    path.write_bytes(data.replace(b'"format_version":"3"', b'"format_version":"2"'))
    with pytest.raises(InvalidDataError, match="checksum"):
        load_model(path)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Where to write, and the bytes of a whole model."""
    model = fitted(np.array(["rose", "lily", "tulip"])[Y])
    return tmp_path_factory.mktemp("changed") / "model", encode_model(model)


def test_a_number_with_another_bit_is_refused(file):
    """Planted mistake: the checksum leaves the arrays out."""
    path, whole = file
    first = 8 + int.from_bytes(whole[:8], "little")  # of all that is behind the header
    for place in np.linspace(first, len(whole) - 1, 40, dtype=int):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(InvalidDataError, match="cannot be used as a model"):
            load_model(path)


@given(st.data())
def test_a_changed_file_is_refused_or_is_the_same_model(file, data):
    path, whole = file
    changes = data.draw(
        st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), min_size=1)
    )
    changed = bytearray(whole)
    for place, value in changes:
        changed[place] = value
    path.write_bytes(changed)
    try:
        loaded = load_model(path)
    except InvalidDataError:
        return
    assert encode_model(loaded.estimator) == whole


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
arrays = st.sampled_from(["i4", "i8", "f4", "f8", "u1"]).flatmap(
    lambda dtype: st.lists(st.integers(0, 9), max_size=12).map(lambda x: np.array(x, dtype))
)


def places_in(value, place=""):
    """Name every entry of a tree."""
    children = value.items() if isinstance(value, dict) else []
    children = enumerate(value) if isinstance(value, list) else children
    for name, child in children:
        yield f"{place}{name}"
        yield from places_in(child, f"{place}{name}.")


@given(st.data())
def test_a_forged_file_never_crashes(file, data):
    """Whatever stands in a file that is well-formed, it is refused, or it is a model."""
    path, whole = file
    path.write_bytes(whole)
    tree = FORMAT.read(path).tree.values
    for _ in range(data.draw(st.integers(1, 3))):
        value = data.draw(json_values | arrays)
        put(tree, data.draw(st.sampled_from(list(places_in(tree)))), value)
    try:
        loaded = load_model(write_forged(tree, path)).estimator
    except InvalidDataError:
        return
    with np.errstate(all="ignore"):  # a weight may be huge now
        assert len(loaded.predict(np.ones((2, loaded.n_features_in_), np.float32))) == 2


class ThroughAFile:
    """What fit leaves behind has gone through a file."""

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        plain = copy.copy(self)
        plain.__class__ = self.plain
        with tempfile.TemporaryDirectory() as folder:
            save_model(Path(folder, "model"), plain)
            loaded = load_model(Path(folder, "model")).estimator
        fitted = {name: value for name, value in vars(self).items() if not name.endswith("_")}
        fitted |= {name: value for name, value in vars(loaded).items() if name.endswith("_")}
        self.__dict__.clear()
        self.__dict__.update(fitted)
        return self


class ClassifierThroughAFile(ThroughAFile, SparseMLPClassifier):
    plain = SparseMLPClassifier


class RegressorThroughAFile(ThroughAFile, SparseMLPRegressor):
    plain = SparseMLPRegressor


SMALL = {"epsilon": 3, "batch_size": 10, "random_state": 0, "n_threads": 1}


@parametrize_with_checks(
    [
        ClassifierThroughAFile((9,), max_iter=15, **SMALL),
        RegressorThroughAFile((20,), max_iter=40, **SMALL),
    ],
    expected_failed_checks=lambda _: NOT_READ_ONLY,
)
def test_a_loaded_model_is_a_model(estimator, check):
    check(estimator)
