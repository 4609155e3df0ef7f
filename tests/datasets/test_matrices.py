from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.io import savemat
from scipy.sparse import csc_array, csr_array, save_npz

from ctre.datasets import read_file, read_samples
from ctre.errors import DatasetError, InvalidDataError, InvalidParameterError

X = np.array([[1.5, 0.0, 2.0], [0.0, -3.0, 0.0]])
Y = np.array([1, 0])
PARTS = {"X_data": csr_array(X).data, "X_indices": csr_array(X).indices}
PARTS |= {"X_indptr": csr_array(X).indptr, "X_shape": np.array(X.shape)}


@pytest.fixture
def npz(tmp_path):
    """Write arrays to an NPZ file, and return its path."""

    def write(**arrays):
        np.savez(tmp_path / "a.npz", **arrays)
        return tmp_path / "a.npz"

    return write


@pytest.fixture
def mat(tmp_path):
    """Write arrays to a MATLAB file, and return its path."""

    def write(**arrays):
        savemat(tmp_path / "a.mat", arrays)
        return tmp_path / "a.mat"

    return write


def check(dataset, rows=X, labels=Y):
    assert_array_equal(dataset.X_train, rows)
    assert dataset.X_train.dtype == np.float32
    assert_array_equal(dataset.y_train, labels)


def check_sparse(dataset, labels=Y):
    assert isinstance(dataset.X_train, csr_array)
    assert dataset.X_train.dtype == np.float32
    assert_array_equal(dataset.X_train.toarray(), X)
    assert_array_equal(dataset.y_train, labels)
    assert dataset.paper_scale == "std"


def fails(error, match, path, **options):
    with pytest.raises(error, match=match):
        read_file(path, **options)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16, ">f8"])
def test_npz(npz, dtype):
    dataset = read_file(npz(X=X.astype(dtype), y=Y))
    check(dataset, X.astype(dtype))
    assert dataset.X_train.dtype == np.dtype("f4")
    assert dataset.X_test is None
    assert dataset.name == "a"


def test_npz_with_a_split(npz):
    dataset = read_file(npz(X_train=X, y_train=Y, X_test=X[:1], y_test=Y[:1]))
    check(dataset)
    assert_array_equal(dataset.X_test, X[:1])
    assert_array_equal(dataset.y_test, [1])


def test_npz_images_are_flattened_row_by_row(npz):
    images = np.arange(24).reshape(2, 2, 2, 3)
    check(read_file(npz(X=images, y=Y)), images.reshape(2, 12))


def test_npz_of_csr_parts(npz):
    check_sparse(read_file(npz(**PARTS, y=Y)))


@pytest.mark.parametrize("labels", [Y[:, None], Y[None], Y.astype(float), Y.astype(bool)])
def test_npz_labels_of_any_shape_and_number(npz, labels):
    check(read_file(npz(X=X, y=labels)))


def test_npz_labels_of_text(npz):
    check(read_file(npz(X=X, y=np.array(["cat", "dog"]))), labels=["cat", "dog"])
    check(read_file(npz(X=X, y=np.array([b"cat", b"dog"]))), labels=["cat", "dog"])


def test_npz_without_rows_lists_what_it_holds(npz):
    fails(
        InvalidDataError,
        "must hold X and y.*it holds rows, kinds",
        npz(rows=X, kinds=Y),
    )


def test_npz_without_labels(npz):
    path = npz(X=X)
    fails(InvalidDataError, "must hold labels to train on", path)
    assert read_samples(path).y is None


def test_npz_with_labels_for_training_alone(npz):
    path = npz(X_train=X, y_train=Y, X_test=X[:1])
    with pytest.warns(UserWarning, match="its test rows have no labels and are left out"):
        assert read_file(path).X_test is None
    assert read_samples(path).y is None
    assert_array_equal(read_samples(path).X, X[:1])


def test_npz_with_fewer_columns_to_test(npz):
    path = npz(X_train=X, y_train=Y, X_test=X[:, :2], y_test=Y)
    fails(InvalidDataError, r"as many columns .* \(3\), got 2", path)


def test_of_a_split_the_test_rows_are_those_to_predict(npz):
    samples = read_samples(npz(X_train=X, y_train=Y, X_test=X[:1], y_test=Y[:1]))
    assert samples.X.shape == (1, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e39])
def test_npz_values_that_are_not_finite_are_placed(npz, value):
    bad = X.copy()
    bad[1, 2] = value
    fails(InvalidDataError, r"row 2, column 3: the value must be a finite float32", npz(X=bad, y=Y))


def test_sparse_values_that_are_not_finite_are_placed(npz):
    path = npz(**(PARTS | {"X_data": np.array([1.5, 2.0, np.nan])}), y=Y)
    fails(InvalidDataError, "row 2, column 2", path)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("X_indices", np.array([0, 2, 99])),
        ("X_indices", np.array([0, -1, 1])),
        ("X_indptr", np.array([0, 2, 99])),
        ("X_indptr", np.array([0, 3, 2])),
        ("X_shape", np.array([9, 3])),
        ("X_shape", np.array(["a", "b"])),
    ],
)
def test_csr_parts_that_do_not_fit_are_refused(npz, name, array):
    fails(InvalidDataError, "X", npz(**(PARTS | {name: array}), y=Y))


def test_csr_entries_given_twice_are_added(npz):
    twice = {"X_data": np.array([1.0, 0.5, 2.0, -3.0]), "X_indices": np.array([0, 0, 2, 1])}
    twice |= {"X_indptr": np.array([0, 3, 4])}
    dataset = read_file(npz(**(PARTS | twice), y=Y))
    check_sparse(dataset)
    assert_array_equal(dataset.X_train.data, [1.5, 2, -3])


def test_missing_csr_parts_are_named(npz):
    parts = {name: array for name, array in PARTS.items() if name != "X_shape"}
    fails(InvalidDataError, "X_shape", npz(**parts, y=Y))


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (np.array([["a", "b"], ["c", "d"]]), "must hold numbers, got dtype <U1"),
        (X.astype(complex), "must hold numbers"),
        (X[0], r"at least one row and one column, got shape \(3,\)"),
        (X[:0], r"got shape \(0, 3\)"),
    ],
)
def test_rows_that_are_none_are_refused(npz, rows, match):
    fails(InvalidDataError, match, npz(X=rows, y=Y))


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (np.array([1, 0, 1]), "2 rows, 3 labels"),
        (np.eye(2), r"one label per row, got an array of shape \(2, 2\)"),
        (np.array([1.0, np.nan]), "1 have none, the first is row 2"),
        (np.array([1j, 0]), "must be numbers or text"),
        (np.array([1, 1]), "two classes or more, got 1 alone"),
    ],
)
def test_labels_that_do_not_fit_are_refused(npz, labels, match):
    fails(InvalidDataError, match, npz(X=X, y=labels))


def test_pickled_arrays_are_refused(npz):
    fails(InvalidDataError, "X in .* holds Python objects", npz(X=np.array([[{}]], object), y=Y))
    fails(InvalidDataError, r"y\.astype\(str\)", npz(X=X, y=np.array(["a", "b"], object)))


@pytest.mark.parametrize("size", [0, 20, -30])
def test_a_damaged_npz_file_is_refused(npz, size):
    path = npz(X=X, y=Y)
    path.write_bytes(path.read_bytes()[:size])
    fails(DatasetError, "not a whole NPZ file", path)


def test_mat(mat):
    check(read_file(mat(X=X, Y=Y[:, None])))
    check(read_file(mat(x=X, y=Y[:, None])))


def test_mat_sparse(mat):
    check_sparse(read_file(mat(X=csc_array(X), Y=Y[:, None])))


def test_mat_labels_of_text(mat):
    cells = np.array([["cat"], ["horse"]], dtype=object)
    check(read_file(mat(X=X, Y=cells)), labels=["cat", "horse"])
    check(read_file(mat(X=X, Y=np.array(["cat", "horse"]))), labels=["cat", "horse"])


def test_mat_without_x_lists_what_it_holds(mat):
    fails(InvalidDataError, "must hold X and Y.*it holds rows, kinds", mat(rows=X, kinds=Y))


def test_mat_without_labels(mat):
    assert read_samples(mat(X=X)).y is None


def test_mat_of_version_7_3_is_refused_with_the_way_out(tmp_path):
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    (tmp_path / "a.mat").write_bytes(header.ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n")
    fails(InvalidDataError, "version 7.3.*save it with '-v7'", tmp_path / "a.mat")


@pytest.mark.parametrize("content", [b"", b"<html>" * 100, b"\0" * 300])
def test_a_damaged_mat_file_is_refused(tmp_path, content):
    (tmp_path / "a.mat").write_bytes(content)
    fails(DatasetError, r"a\.mat cannot be read as a MATLAB file", tmp_path / "a.mat")


def test_a_truncated_mat_file_is_refused(mat):
    path = mat(X=np.arange(4000.0).reshape(2, 2000), Y=Y[:, None])
    path.write_bytes(path.read_bytes()[:-9000])
    fails((DatasetError, InvalidDataError), r"a\.mat", path)


def test_a_target_for_a_file_without_columns_names_is_refused(npz):
    fails(InvalidParameterError, "names a column of a table", npz(X=X, y=Y), target="y")


def test_an_unknown_suffix_lists_the_known_ones(tmp_path):
    (tmp_path / "a.xlsx").touch()
    fails(InvalidParameterError, r"a\.xlsx .*suffix: \.csv", tmp_path / "a.xlsx")


@pytest.mark.parametrize("suffix", ["csv", "npz", "mat", "svm"])
def test_a_file_that_is_not_there_is_named(tmp_path, suffix):
    fails(DatasetError, rf"none\.{suffix} does not exist", tmp_path / f"none.{suffix}")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "a.csv").mkdir()
    fails(DatasetError, "is no file", tmp_path / "a.csv")


@pytest.mark.parametrize("features", ["X", "x", "features", "data", "fea", "Data"])
@pytest.mark.parametrize("labels", ["y", "Y", "label", "labels", "target", "gnd", "class"])
def test_usual_names_are_the_same_in_every_format(npz, mat, features, labels):
    check(read_file(npz(**{features: X, labels: Y})))
    check(read_file(mat(**{features: X, labels: Y[:, None]})))


def test_usual_names_of_a_split(npz):
    dataset = read_file(npz(data_train=X, labels_train=Y, data_test=X[:1], labels_test=Y[:1]))
    check(dataset)
    assert_array_equal(dataset.X_test, X[:1])


def test_an_exact_name_comes_first(npz, mat):
    """Planted mistake: the last of X and x is taken."""
    for write in (npz, mat):
        check(read_file(write(X=X, Y=Y[:, None], x=X[:1])))
        check(read_file(write(x=X[:1], X=X, y=Y[:, None], data=X[:1])))


def test_two_candidates_are_asked_about(npz, mat):
    for write in (npz, mat):
        fails(InvalidDataError, "each may be the features. Call .* X", write(data=X, fea=X, y=Y))
        fails(InvalidDataError, "each may be the labels. Call", write(X=X, label=Y, target=Y))


def test_mat_struct(mat):
    check(read_file(mat(data={"X": X, "Y": Y[:, None]})))
    check(read_file(mat(dataset={"fea": X, "gnd": Y[:, None]}, note="a remark")))


def test_npz_of_scipy(tmp_path):
    for matrix in (csr_array(X), csc_array(X), csr_array(X).tocoo()):
        save_npz(tmp_path / "a.npz", matrix)
        samples = read_samples(tmp_path / "a.npz")
        assert_array_equal(samples.X.toarray(), X)
        assert samples.y is None
        with np.load(tmp_path / "a.npz") as archive:
            np.savez(tmp_path / "b.npz", **archive, labels=Y)
        check_sparse(read_file(tmp_path / "b.npz"))
    fails(InvalidDataError, "must hold labels to train on, and has none", tmp_path / "a.npz")


@pytest.mark.parametrize("blank", [np.full(2, np.nan), np.array(["", " "])])
def test_labels_missing_throughout_are_none(npz, blank):
    assert read_samples(npz(X=X, y=blank)).y is None
    fails(InvalidDataError, "must hold labels to train on, and has none", npz(X=X, y=blank))


def test_rows_with_and_without_labels(npz):
    samples = read_samples(npz(X=X, y=np.array([np.nan, 1])))
    assert samples.y.tolist() == [1]
    assert samples.has_label.tolist() == [False, True]


def test_labels_of_the_wrong_axis_and_classes_marked_by_ones(npz):
    fails(
        InvalidDataError,
        "2 rows, 3 labels. Its columns are as many: transpose",
        npz(X=X, y=[1, 0, 1]),
    )
    fails(
        InvalidDataError,
        r"marks its class by a 1, save the places: y.argmax",
        npz(X=X, y=np.eye(2)),
    )


def test_large_numbers_keep_what_tells_them_apart(npz, mat):
    times = np.array([[1_700_000_001.0], [1_700_000_002.0]])
    for write in (npz, mat):
        rows = read_file(write(X=times, y=Y)).X_train
        assert rows.dtype == np.float64
        assert_array_equal(rows, times)


def test_files_that_unpack_out_of_proportion_are_refused(tmp_path, monkeypatch):
    zeros = np.zeros((3000, 1000))
    np.savez_compressed(tmp_path / "a.npz", X=zeros, y=np.arange(3000) % 2)
    savemat(tmp_path / "a.mat", {"X": zeros, "Y": np.arange(3000) % 2}, do_compression=True)
    monkeypatch.setattr("ctre.datasets.source._ALWAYS_UNPACKED", 1000)
    for name in ("a.npz", "a.mat"):
        fails(DatasetError, "unpacks to over .*unpack it first", tmp_path / name)
    np.savez(tmp_path / "a.npz", X=zeros, y=np.arange(3000) % 2)
    assert read_file(tmp_path / "a.npz").X_train.shape == (3000, 1000)
