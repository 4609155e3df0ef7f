from __future__ import annotations

import json
import typing

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save, save_file
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import ShuffleSplit

from ctre import SparseMLPClassifier
from ctre.errors import InvalidDataError
from ctre.kernels import Activation
from ctre.methods import RECIPES
from ctre.persistence import encode_model, load_model, save_model
from ctre.vocabulary import SCALINGS

X = np.random.default_rng(0).normal(size=(40, 5)).astype(np.float32)
Y = np.arange(40) % 3


def fitted(y=Y, X=X, **keywords):
    settings = {"epsilon": 2, "max_iter": 3, "batch_size": 10, "random_state": 0} | keywords
    return SparseMLPClassifier((7, 6), **settings).fit(X, y)


@pytest.fixture(scope="module")
def model():
    return fitted()


@pytest.fixture
def parts(tmp_path):
    """What a model file consists of, to be changed and written again."""
    path = tmp_path / "whole"
    save_model(path, fitted(scaling="standard"), feature_names="abcde", target="y")
    with safe_open(path, framework="numpy") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    return arrays, metadata


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
    assert not hasattr(saved.estimator, "best_epoch_")


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


def test_a_random_state_that_is_no_number_is_left_out(tmp_path):
    model = fitted(random_state=np.random.RandomState(0))
    assert through_file(model, tmp_path).estimator.random_state is None


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
    with pytest.raises(InvalidDataError, match="was not written by ctre"):
        load_model(tmp_path / "model")


def change(model_json, **entries):
    return json.dumps({**json.loads(model_json), **entries})


BAD_DESCRIPTIONS = {
    "no JSON": ("{", "Expecting"),
    "deep JSON": ("[" * 100_000, ""),
    "no object": ("[1]", "no JSON object"),
    "estimator": ({"estimator": "os.system"}, "estimator 'os.system' is unknown"),
    "parameters": ({"parameters": {"callbacks": [1]}}, "parameters are not those"),
    "parameters missing": ({"parameters": None}, "parameters are not those"),
    "parameter": ({"parameters": {"hidden_layer_sizes": [7, "6"]}}, "hidden_layer_sizes must be"),
    "activation": ({"activation": ["relu"]}, "activation"),
    "no sizes": ({"layer_sizes": None}, "layer sizes"),
    "one size": ({"layer_sizes": [5]}, "layer sizes"),
    "huge size": ({"layer_sizes": [2**40, 7, 6, 3]}, "layer sizes"),
    "negative size": ({"layer_sizes": [5, -7, 6, 3]}, "layer sizes"),
    "other size": ({"layer_sizes": [5, 8, 6, 3]}, "layers.0.indptr must be I32 of length 9"),
    "smaller input": ({"layer_sizes": [2, 7, 6, 3]}, r"layers.0.indices must be in \[0, 2\)"),
    "fewer layers": ({"layer_sizes": [5, 7, 3]}, "layers.1.indptr must be I32 of length 4"),
    "more layers": ({"layer_sizes": [5, 7, 6, 3, 3]}, "layers.3.indptr is missing"),
    "classes": ({"classes": ["a"]}, "name 3 classes"),
    "same classes": ({"classes": ["a", "b", "a"]}, "classes must differ"),
    "feature names": ({"feature_names": ["a"]}, "name 5 features"),
    "scaling": ({"scaling": "log"}, "scaling 'log' is unknown"),
    "undecided scaling": ({"scaling": "auto"}, "scaling 'auto' is unknown"),
    "target": ({"target": 3}, "target is no name"),
}


@pytest.mark.parametrize("case", BAD_DESCRIPTIONS)
def test_a_damaged_description(parts, tmp_path, case):
    arrays, metadata = parts
    entries, words = BAD_DESCRIPTIONS[case]
    text = entries if isinstance(entries, str) else change(metadata["model"], **entries)
    save_file(arrays, tmp_path / "model", {**metadata, "model": text})
    with pytest.raises(InvalidDataError, match=f"cannot be used as a model: .*{words}"):
        load_model(tmp_path / "model")


def replaced(array, place, value):
    array = array.copy()
    array[place] = value
    return array


BAD_ARRAYS = {
    "missing": ("layers.1.weights", lambda _: None, "layers.1.weights is missing"),
    "index too large": ("layers.0.indices", lambda a: replaced(a, 0, 5), r"in \[0, 5\)"),
    "index negative": ("layers.0.indices", lambda a: replaced(a, 0, -1), r"in \[0, 5\)"),
    "index twice": ("layers.0.indices", lambda a: replaced(a, 1, a[0]), "ascend within"),
    "short indices": ("layers.0.indices", lambda a: a[1:], "must be I32 of length"),
    "falling indptr": ("layers.0.indptr", lambda a: replaced(a, 3, 0), "never fall"),
    "indptr begins late": ("layers.0.indptr", lambda a: replaced(a, 0, 1), "start at 0"),
    "indptr ends late": ("layers.0.indptr", lambda a: replaced(a, -1, 10**9), "of length 1000000"),
    "wide indices": ("layers.0.indices", lambda a: a.astype(np.int64), "must be I32"),
    "narrow weights": ("layers.0.weights", lambda a: a.astype(np.float16), "must be F32"),
    "matrix": ("layers.0.weights", lambda a: a[None], "must be F32 of length"),
    "not finite": ("layers.2.biases", lambda a: replaced(a, 0, np.inf), "must be finite"),
    "factor missing": ("scaling.factor", lambda _: None, "scaling.factor is missing"),
    "short shift": ("scaling.shift", lambda a: a[1:], "scaling.shift must be F64 of length 5"),
    "complex classes": ("classes", lambda a: a.astype(np.complex64), "classes must be BOOL or"),
    "same classes": ("classes", np.zeros_like, "classes must differ"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_damaged_arrays(parts, tmp_path, case):
    """Planted mistake: an index beyond the layer is let through, and a kernel reads there."""
    arrays, metadata = parts
    name, spoil, words = BAD_ARRAYS[case]
    spoiled = spoil(arrays.pop(name))
    if spoiled is not None:
        arrays[name] = np.ascontiguousarray(spoiled)
    save_file(arrays, tmp_path / "model", metadata)
    with pytest.raises(InvalidDataError, match=words):
        load_model(tmp_path / "model")


def test_another_format_version(parts, tmp_path):
    arrays, metadata = parts
    save_file(arrays, tmp_path / "model", {**metadata, "format_version": "3"})
    with pytest.raises(InvalidDataError, match=r"format version '3' where .* reads '1' and '2'"):
        load_model(tmp_path / "model")


def test_a_file_of_the_first_format_is_read(parts, tmp_path):
    """It said whether the network was dense, and kept the scaling beside the estimator."""
    arrays, metadata = parts
    model = json.loads(metadata["model"])
    del model["parameters"]["scaling"]
    first = {**metadata, "format_version": "1", "model": json.dumps({**model, "is_dense": False})}
    save_file(arrays, tmp_path / "model", first)
    loaded = load_model(tmp_path / "model").estimator
    assert_same_predictions(loaded, load_model(tmp_path / "whole").estimator)
    assert loaded.scaling_.name == "standard"


def test_a_truncated_file(parts, tmp_path):
    arrays, metadata = parts
    whole = save(arrays, metadata)
    for length in range(0, len(whole), 97):
        (tmp_path / "model").write_bytes(whole[:length])
        with pytest.raises(InvalidDataError):
            load_model(tmp_path / "model")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Where to write, and the bytes of a whole model."""
    model = fitted(np.array(["rose", "lily", "tulip"])[Y])
    return tmp_path_factory.mktemp("changed") / "model", encode_model(model)


@given(
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4
    )
)
def test_changed_bytes_never_crash(file, changes):
    path, data = file
    changed = bytearray(data)
    for place, value in changes:
        changed[int(place * len(data))] = value
    path.write_bytes(changed)
    try:
        loaded = load_model(path).estimator
        with np.errstate(all="ignore"):  # a weight may be huge now
            assert loaded.predict(np.ones((2, loaded.n_features_in_), np.float32)).shape == (2,)
    except InvalidDataError:  # of the file, or of rows that a changed scaling makes huge
        pass
