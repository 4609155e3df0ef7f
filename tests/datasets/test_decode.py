from __future__ import annotations

import gzip
import io
import pickle
import struct
import tarfile

import numpy as np
import pytest
from lzw_compress import compress
from numpy.testing import assert_array_equal
from scipy.io import savemat
from scipy.sparse import csc_array

from ctre.datasets import decode
from ctre.datasets.lzw import uncompress
from ctre.errors import DatasetError

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"


def write_idx(path, values, code=0x08):
    shape = struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(gzip.compress(bytes([0, 0, code, values.ndim]) + shape + values.tobytes()))


def add_to_tar(files, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    files.addfile(member, io.BytesIO(content))


class _Python2Pickler(pickle._Pickler):
    """Pickle as Python 2 and NumPy 1 did, when CIFAR was made: one type for text and bytes."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_string(self, text):
        raw = text if isinstance(text, bytes) else text.encode("latin1")
        self.write(pickle.BINSTRING + struct.pack("<i", len(raw)) + raw)

    dispatch[str] = dispatch[bytes] = save_string

    def save_global(self, obj, name=None):
        module = obj.__module__.replace("numpy._core", "numpy.core")
        self.write(f"c{module}\n{name or obj.__name__}\n".encode())


def old_pickle(batch):
    file = io.BytesIO()
    _Python2Pickler(file, protocol=2).dump(batch)
    return file.getvalue()


def write_cifar10(folder, batch_of):
    with tarfile.open(folder / "cifar-10-python.tar.gz", "w:gz") as files:
        for name in [f"data_batch_{number}" for number in range(1, 6)] + ["test_batch"]:
            add_to_tar(files, f"cifar-10-batches-py/{name}", batch_of(name))


def test_mnist(tmp_path, rng):
    images = rng.integers(0, 256, size=(3, 28, 28), dtype=np.uint8)
    for prefix, rows in (("train", slice(0, 2)), ("t10k", slice(2, 3))):
        write_idx(tmp_path / f"{prefix}-images-idx3-ubyte.gz", images[rows])
        write_idx(tmp_path / f"{prefix}-labels-idx1-ubyte.gz", np.arange(7, 10)[rows].astype("u1"))
    arrays = decode.decode_mnist(tmp_path)
    assert_array_equal(arrays["X_train"], images[:2])
    assert_array_equal(arrays["X_test"], images[2:])
    assert_array_equal(arrays["y_train"], [7, 8])
    assert_array_equal(arrays["y_test"], [9])


def test_idx_numbers_are_big_endian(tmp_path):
    values = np.array([[1, -2, 300]], dtype=">i2")
    write_idx(tmp_path / "a.gz", values, code=0x0B)
    read = decode.read_idx(tmp_path / "a.gz")
    assert_array_equal(read, values)
    assert read.dtype == np.int16


@pytest.mark.parametrize(
    "content",
    [
        b"not gzip",
        gzip.compress(b"\0\0\x08\x01\0\0\0\x05abc"),  # five values announced, three there
        gzip.compress(b"\1\0\x08\x01\0\0\0\x03abc"),
        gzip.compress(b"\0\0\x77\x01\0\0\0\x03abc"),
        gzip.compress(b"\0\0"),
        gzip.compress(b"\0\0\x08\x01\0\0\0\x03abc")[:-5],
    ],
    ids=["no gzip", "too short", "wrong start", "unknown type", "no header", "truncated"],
)
def test_a_damaged_idx_file_is_named(tmp_path, content):
    (tmp_path / IMAGES).write_bytes(content)
    with pytest.raises(DatasetError, match=IMAGES):
        decode.read_idx(tmp_path / IMAGES)


def test_cifar10_planes_become_pixels(tmp_path, rng):
    planes = {name: rng.integers(0, 256, (2, 3072), dtype=np.uint8) for name in "12345t"}

    def batch_of(name):
        key = name[-1] if name != "test_batch" else "t"
        label = 9 if key == "t" else int(key)
        return old_pickle({"data": planes[key], "labels": [label, label], "batch_label": name})

    write_cifar10(tmp_path, batch_of)
    arrays = decode.decode_cifar10(tmp_path)
    assert arrays["X_train"].shape == (10, 32, 32, 3)
    assert_array_equal(arrays["y_train"], [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    assert_array_equal(arrays["y_test"], [9, 9])
    # Image 2 is the first of batch 2; green follows 1024 reds, rows of 32 pixels.
    assert arrays["X_train"][2, 5, 7, 1] == planes["2"][0, 1024 + 5 * 32 + 7]
    assert arrays["X_test"][1, 31, 0, 2] == planes["t"][1, 2048 + 31 * 32]


def test_cifar100_has_fine_labels(tmp_path, rng):
    planes = rng.integers(0, 256, (2, 3072), dtype=np.uint8)
    with tarfile.open(tmp_path / "cifar-100-python.tar.gz", "w:gz") as files:
        for name in ("train", "test"):
            batch = {"data": planes, "fine_labels": [99, 0], "coarse_labels": [1, 1]}
            add_to_tar(files, f"cifar-100-python/{name}", old_pickle(batch))
    assert_array_equal(decode.decode_cifar100(tmp_path)["y_train"], [99, 0])


class _Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return exec, (f"open({str(self.path)!r}, 'w')",)


def test_a_pickle_that_wants_to_run_code_is_refused(tmp_path):
    proof = tmp_path / "proof"
    write_cifar10(tmp_path, lambda _: pickle.dumps({"data": _Malicious(proof)}, protocol=2))
    with pytest.raises(DatasetError, match=r"asks for .*exec, which no data need"):
        decode.decode_cifar10(tmp_path)
    assert not proof.exists()


@pytest.mark.parametrize("content", [old_pickle([1, 2]), old_pickle({"labels": [1]}), b"junk"])
def test_a_batch_that_is_none_is_refused(tmp_path, content):
    write_cifar10(tmp_path, lambda _: content)
    with pytest.raises(DatasetError, match=r"cifar-10-python\.tar\.gz is not what it should be"):
        decode.decode_cifar10(tmp_path)


def test_an_archive_without_the_batches_is_refused(tmp_path):
    with tarfile.open(tmp_path / "cifar-10-python.tar.gz", "w:gz") as files:
        add_to_tar(files, "readme", b"")
    with pytest.raises(DatasetError, match="data_batch_1"):
        decode.decode_cifar10(tmp_path)


def test_a_truncated_archive_is_refused(tmp_path):
    batch = old_pickle({"data": np.zeros((1, 3072), np.uint8), "labels": [0]})
    write_cifar10(tmp_path, lambda _: batch)
    archive = tmp_path / "cifar-10-python.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-50])
    with pytest.raises(DatasetError, match="is not what it should be"):
        decode.decode_cifar10(tmp_path)


def test_madelon(tmp_path):
    for part, text, labels in (
        ("train", "485 477 \n1 999 \n", "-1\n1\n"),
        ("valid", "7 8 \n", "1\n"),
    ):
        (tmp_path / f"madelon_{part}.data").write_text(text)
        (tmp_path / f"madelon_{part}.labels").write_text(labels)
    arrays = decode.decode_madelon(tmp_path)
    assert_array_equal(arrays["X_train"], [[485, 477], [1, 999]])
    assert_array_equal(arrays["y_train"], [0, 1])
    assert_array_equal(arrays["X_test"], [[7, 8]])
    assert_array_equal(arrays["y_test"], [1])
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "X_train": "int16",
        "y_train": "uint8",
        "X_test": "int16",
        "y_test": "uint8",
    }


def test_a_page_instead_of_madelon_is_refused(tmp_path):
    (tmp_path / "madelon_train.data").write_text("<html>moved</html>\n")
    with pytest.raises(DatasetError, match=r"madelon_train\.data is not what it should be"):
        decode.decode_madelon(tmp_path)


def test_isolet(tmp_path):
    first, fifth = b"-0.4394, -0.0930, 1.\n0.5, 1.0, 26.\n", b"0.25, -1.0, 2.\n"
    (tmp_path / "isolet1+2+3+4.data.Z").write_bytes(compress(first))
    (tmp_path / "isolet5.data.Z").write_bytes(compress(fifth))
    arrays = decode.decode_isolet(tmp_path)
    assert_array_equal(arrays["X"], np.float32([[-0.4394, -0.0930], [0.5, 1.0], [0.25, -1.0]]))
    assert_array_equal(arrays["y"], [0, 25, 1])
    assert_array_equal(arrays["group"], [1, 1, 5])


@pytest.mark.parametrize("options", [{}, {"most_bits": 10}, {"clear_every": 100}])
@pytest.mark.parametrize("repeats", [0, 1, 3000])
def test_what_is_compressed_comes_back(options, repeats):
    text = b"".join(b"%d, -0.%d\n" % (i % 300, i * i % 9973) for i in range(repeats))
    assert uncompress(compress(text, **options)) == text


@pytest.mark.parametrize("word", [b"a", b"ab"])
def test_a_run_refers_to_the_code_it_is_just_defining(word):
    assert uncompress(compress(word * 1000)) == word * 1000


@pytest.mark.parametrize(
    "data", [b"", b"\x1f\x8b\x08", b"\x1f\x9d\x88", b"\x1f\x9d\x90\xff\xff\xff"]
)
def test_what_is_not_compressed_is_refused(data):
    with pytest.raises(DatasetError, match=r"\.Z file"):
        uncompress(data)


def test_counts_of_words(tmp_path):
    counts = np.array([[0, 3, 0], [149, 0, 0], [0, 0, 1]], dtype=np.float64)
    for name, function in (("PCMAC", decode.decode_pcmac), ("BASEHOCK", decode.decode_basehock)):
        savemat(tmp_path / f"{name}.mat", {"X": counts, "Y": [[2], [1], [2]]})
        arrays = function(tmp_path)
        assert_array_equal(arrays["X"], counts)
        assert_array_equal(arrays["y"], [1, 0, 1])


def test_counts_of_words_kept_sparse(tmp_path):
    savemat(tmp_path / "PCMAC.mat", {"X": csc_array([[0.0, 3.0], [1.0, 0.0]]), "Y": [[1], [2]]})
    assert_array_equal(decode.decode_pcmac(tmp_path)["X"], [[0, 3], [1, 0]])


def test_a_damaged_matlab_file_is_refused(tmp_path):
    (tmp_path / "PCMAC.mat").write_bytes(b"<html>")
    with pytest.raises(DatasetError, match=r"PCMAC\.mat"):
        decode.decode_pcmac(tmp_path)
