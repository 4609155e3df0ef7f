"""Catalogued data sets from the publisher's server to the caller, on a small one of our own."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from ctre.datasets import CATALOGUE, is_here, load
from ctre.datasets.decode import decode_madelon
from ctre.datasets.entry import DatasetRecord, Published
from ctre.datasets.fetch import RemoteFile
from ctre.datasets.store import content_digest
from ctre.errors import DatasetError, UnknownNameError

pytestmark = pytest.mark.usefixtures("pauses")

TEXTS = {
    "madelon_train.data": b"1 2 \n3 4 \n5 6 \n",
    "madelon_train.labels": b"-1\n1\n-1\n",
    "madelon_valid.data": b"7 8 \n",
    "madelon_valid.labels": b"1\n",
}
ARRAYS = {
    "X_train": np.array([[1, 2], [3, 4], [5, 6]], dtype=np.int16),
    "y_train": np.array([0, 1, 0], dtype=np.uint8),
    "X_test": np.array([[7, 8]], dtype=np.int16),
    "y_test": np.array([1], dtype=np.uint8),
}


@pytest.fixture
def record(server, monkeypatch):
    """A record like Madelon's, of four rows, at our own server."""
    server.files |= TEXTS
    record = DatasetRecord(
        name="tiny",
        n_train=3,
        n_test=1,
        n_features=2,
        n_classes=2,
        kind="",
        source="",
        terms="",
        origin=Published(
            file="tiny.npz",
            arrays={name: (array.shape, array.dtype.name) for name, array in ARRAYS.items()},
            remotes=tuple(
                RemoteFile(name, (server.url(name),), hashlib.sha256(text).hexdigest())
                for name, text in TEXTS.items()
            ),
            decode=decode_madelon,
            digested=tuple(ARRAYS),
            digest=content_digest(ARRAYS, ARRAYS),
        ),
        paper_scale="std",
    )
    monkeypatch.setattr("ctre.datasets.catalogue.CATALOGUE", (record,))
    return record


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("record")
def test_fetches_once_and_keeps_one_file(server, tmp_path):
    home = tmp_path / "not" / "yet" / "there"
    assert not is_here("tiny", home)
    first = load("tiny", data_home=home)
    assert is_here("tiny", home)
    assert names_in(home) == ["tiny.npz"]
    assert len(server.requests) == 4
    second = load("tiny", data_home=home, download=False)
    assert len(server.requests) == 4
    for dataset in (first, second):
        assert_array_equal(dataset.X_train, ARRAYS["X_train"])
        assert_array_equal(dataset.y_train, [0, 1, 0])
        assert_array_equal(dataset.X_test, ARRAYS["X_test"])
        assert_array_equal(dataset.y_test, [1])
        assert dataset.X_train.dtype == np.float32
        assert dataset.paper_scale == "std"


@pytest.mark.usefixtures("record")
def test_progress_names_each_file(tmp_path):
    seen = []
    load("tiny", data_home=tmp_path, on_progress=lambda name, *_: seen.append(name))
    assert seen == list(TEXTS)


@pytest.mark.usefixtures("record")
def test_without_download_the_error_says_what_where_and_how(server, tmp_path):
    with pytest.raises(DatasetError) as caught:
        load("tiny", data_home=tmp_path, download=False)
    message = str(caught.value)
    assert str(tmp_path / "tiny.npz") in message
    assert server.url("madelon_train.data") in message
    assert "copy it there" in message
    assert server.requests == []


@pytest.mark.usefixtures("record")
def test_offline_the_error_says_the_same(server, tmp_path):
    server.faults["madelon_train.labels"] = [503] * 3
    with pytest.raises(DatasetError) as caught:
        load("tiny", data_home=tmp_path)
    message = str(caught.value)
    assert "madelon_train.labels could not be downloaded" in message
    assert str(tmp_path / "tiny.npz") in message
    assert names_in(tmp_path) == []


@pytest.mark.usefixtures("record")
def test_a_lying_server_leaves_nothing(server, tmp_path):
    server.faults["madelon_valid.data"] = ["lie"]
    with pytest.raises(DatasetError, match="SHA-256"):
        load("tiny", data_home=tmp_path)
    assert names_in(tmp_path) == []


def test_without_checksums_the_content_is_checked(record, server, tmp_path, monkeypatch):
    remotes = tuple(replace(remote, sha256=None) for remote in record.origin.remotes)
    unchecked = replace(record, origin=replace(record.origin, remotes=remotes))
    monkeypatch.setattr("ctre.datasets.catalogue.CATALOGUE", (unchecked,))
    server.files["madelon_valid.data"] = b"7 9 \n"
    with pytest.raises(DatasetError, match="not this data set"):
        load("tiny", data_home=tmp_path)
    assert names_in(tmp_path) == []
    server.files["madelon_valid.data"] = b"7 8 \n"
    assert load("tiny", data_home=tmp_path).n_features == 2


@pytest.mark.usefixtures("record")
def test_ctrl_c_during_a_download_leaves_nothing(tmp_path):
    def interrupt(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load("tiny", data_home=tmp_path, on_progress=interrupt)
    assert names_in(tmp_path) == []


@pytest.mark.usefixtures("record")
def test_two_threads_may_load_at_once(tmp_path):
    meet = threading.Barrier(2)
    loaded = []

    def run():
        meet.wait(10)
        loaded.append(load("tiny", data_home=tmp_path).X_train.tolist())

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert loaded == [ARRAYS["X_train"].tolist()] * 2
    assert names_in(tmp_path) == ["tiny.npz"]


@pytest.mark.usefixtures("record")
def test_a_data_home_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match=r"tiny\.npz"):
        load("tiny", data_home=tmp_path / "file" / "home")


@pytest.mark.usefixtures("record")
def test_the_data_home_is_the_argument_then_the_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("CTRE_DATA_HOME", str(tmp_path / "variable"))
    load("tiny", data_home=tmp_path / "argument")
    assert names_in(tmp_path) == ["argument"]
    load("tiny")
    assert names_in(tmp_path / "variable") == ["tiny.npz"]


@pytest.mark.usefixtures("record")
def test_else_the_data_home_is_scikit_learns(tmp_path, monkeypatch):
    monkeypatch.delenv("CTRE_DATA_HOME", raising=False)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    load("tiny")
    assert names_in(tmp_path) == ["tiny.npz"]


@pytest.fixture
def kept(record, tmp_path):
    """The path of the kept file, after a first load."""
    load(record.name, data_home=tmp_path)
    return tmp_path / "tiny.npz"


@pytest.mark.parametrize("size", [0, 10, -100])
def test_a_damaged_file_is_named_and_kept(kept, size):
    damaged = kept.read_bytes()[:size]
    kept.write_bytes(damaged)
    with pytest.raises(DatasetError, match=r"tiny\.npz is not a whole NPZ file.*Remove the file"):
        load("tiny", data_home=kept.parent)
    assert kept.read_bytes() == damaged


def test_a_flipped_byte_is_found_or_does_no_harm(kept):
    whole = kept.read_bytes()
    n_found = 0
    for place in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        kept.write_bytes(damaged)
        try:
            dataset = load("tiny", data_home=kept.parent)
        except DatasetError:
            n_found += 1
        else:
            assert_array_equal(dataset.X_train, ARRAYS["X_train"])
    assert n_found > len(whole) / 20


def test_missing_arrays_are_named(kept):
    np.savez(kept, **{name: ARRAYS[name] for name in ("X_train", "y_train")})
    with pytest.raises(DatasetError, match=r"tiny\.npz must hold an array X_test"):
        load("tiny", data_home=kept.parent)


@pytest.mark.parametrize(
    ("array", "got"),
    [(np.zeros((2, 2), np.int16), r"int16 of shape \(2, 2\)"), (np.zeros((3, 2)), "float64")],
)
def test_a_wrong_array_is_named(kept, array, got):
    np.savez(kept, **(ARRAYS | {"X_train": array}))
    with pytest.raises(
        DatasetError, match=rf"X_train .* must be int16 of shape \(3, 2\), got {got}"
    ):
        load("tiny", data_home=kept.parent)


def test_pickles_in_a_kept_file_are_refused(kept):
    np.savez(kept, **(ARRAYS | {"X_train": np.array([{}], dtype=object)}))
    with pytest.raises(DatasetError, match=r"tiny\.npz"):
        load("tiny", data_home=kept.parent)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'fashion-mnist'"):
        load("fashion_mnist")
    with pytest.raises(UnknownNameError):
        is_here("mnsit")


@pytest.mark.parametrize("name", ["iris", "wine", "digits", "breast-cancer", "make-madelon"])
def test_what_needs_no_download_is_always_here(name, tmp_path):
    assert is_here(name, tmp_path)
    record = next(record for record in CATALOGUE if record.name == name)
    dataset = load(name, data_home=tmp_path, download=False)
    assert dataset.X_train.shape == (record.n_train, record.n_features)
    assert dataset.X_test.shape == (record.n_test, record.n_features)
    assert dataset.X_train.dtype == dataset.X_test.dtype == np.float32
    assert dataset.X_train.flags.c_contiguous
    assert_array_equal(dataset.classes, range(record.n_classes))
    assert_array_equal(np.unique(dataset.y_test), range(record.n_classes))


def test_images_know_their_shape():
    assert load("digits").image_shape == (8, 8)
    assert load("iris").image_shape is None


def test_bundled_columns_have_names():
    assert load("iris").feature_names[0] == "sepal length (cm)"
