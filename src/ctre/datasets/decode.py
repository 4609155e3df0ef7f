"""Turn the files that publishers offer into arrays; one function per data set.

Each takes the folder that its files were downloaded to and returns the arrays as they are kept.
"""

from __future__ import annotations

import gzip
import io
import pickle
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, NoReturn

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError
from scipy.sparse import issparse

from ctre.datasets.lzw import uncompress
from ctre.datasets.store import Arrays
from ctre.errors import DatasetError

_IDX_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def decode_mnist(folder: Path) -> Arrays:
    """Decode the four gzipped IDX files of MNIST, or of what imitates it."""
    return {
        "X_train": read_idx(folder / "train-images-idx3-ubyte.gz"),
        "y_train": read_idx(folder / "train-labels-idx1-ubyte.gz"),
        "X_test": read_idx(folder / "t10k-images-idx3-ubyte.gz"),
        "y_test": read_idx(folder / "t10k-labels-idx1-ubyte.gz"),
    }


def decode_cifar10(folder: Path) -> Arrays:
    """Decode CIFAR-10's archive of pickled batches."""
    archive = folder / "cifar-10-python.tar.gz"
    train = [f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6)]
    return _decode_cifar(archive, train, ["cifar-10-batches-py/test_batch"], "labels")


def decode_cifar100(folder: Path) -> Arrays:
    """Decode CIFAR-100's archive of pickled batches, with its hundred fine labels."""
    archive = folder / "cifar-100-python.tar.gz"
    return _decode_cifar(
        archive, ["cifar-100-python/train"], ["cifar-100-python/test"], "fine_labels"
    )


def decode_madelon(folder: Path) -> Arrays:
    """Decode Madelon's text files; its validation set is our test set, its own has no labels."""
    return {
        "X_train": _read_whole_numbers(folder / "madelon_train.data").astype(np.int16),
        "y_train": _read_signs(folder / "madelon_train.labels"),
        "X_test": _read_whole_numbers(folder / "madelon_valid.data").astype(np.int16),
        "y_test": _read_signs(folder / "madelon_valid.labels"),
    }


def decode_isolet(folder: Path) -> Arrays:
    """Decode ISOLET's two compressed text files; the first holds four groups of speakers."""
    groups = ("isolet1+2+3+4.data.Z", "isolet5.data.Z")
    texts = [uncompress((folder / name).read_bytes()) for name in groups]
    with _reading(folder / groups[0]):
        first, fifth = (np.loadtxt(io.BytesIO(text), delimiter=",", ndmin=2) for text in texts)
    rows = np.vstack([first, fifth])
    first_groups = np.minimum(np.arange(len(first)) // 1560, 3) + 1  # the fourth lacks two rows
    return {
        "X": rows[:, :-1].astype(np.float32),
        "y": (rows[:, -1] - 1).astype(np.uint8),
        "group": np.append(first_groups, np.full(len(fifth), 5)).astype(np.uint8),
    }


def decode_pcmac(folder: Path) -> Arrays:
    """Decode PCMAC's MATLAB file."""
    return _decode_counts(folder / "PCMAC.mat")


def decode_basehock(folder: Path) -> Arrays:
    """Decode BASEHOCK's MATLAB file."""
    return _decode_counts(folder / "BASEHOCK.mat")


def read_idx(path: Path) -> NDArray[Any]:
    """Read a gzipped IDX file: magic, number of axes, their lengths, then the values."""
    with _reading(path):
        data = gzip.decompress(path.read_bytes())
        zeros, dtype, n_axes = data[:2], _IDX_DTYPES[data[2]], data[3]
        if zeros != b"\0\0":
            raise ValueError("it does not begin with two zero bytes")
        start = 4 + 4 * n_axes
        shape = tuple(int(n) for n in np.frombuffer(data[4:start], dtype=">u4"))
        values = np.frombuffer(data, dtype=dtype, offset=start).reshape(shape)
        return values.astype(values.dtype.newbyteorder("="))


def _decode_cifar(archive: Path, train: list[str], test: list[str], labels: str) -> Arrays:
    with _reading(archive), tarfile.open(archive, "r:gz") as files:

        def read(names: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
            batches = [_read_pickle(files, name) for name in names]
            planes = np.vstack([batch["data"] for batch in batches])
            images = planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
            classes = np.concatenate([batch[labels] for batch in batches])
            return np.ascontiguousarray(images, dtype=np.uint8), classes.astype(np.uint8)

        X_train, y_train = read(train)
        X_test, y_test = read(test)
    return {"X_train": X_train, "y_train": y_train, "X_test": X_test, "y_test": y_test}


def _read_pickle(files: tarfile.TarFile, name: str) -> dict[str, Any]:
    member = files.extractfile(name)
    if member is None:
        raise ValueError(f"{name} in it is no file")
    batch = _ArraysOnly(member, encoding="latin1").load()
    if not isinstance(batch, dict):
        raise ValueError(f"{name} in it is no dictionary")
    return batch


class _ArraysOnly(pickle.Unpickler):
    """A pickle can run any function; this reader knows only those that make up an array."""

    # Written by Python 2 and NumPy 1, hence the old homes; NumPy 2 moved them.
    _KNOWN: ClassVar[dict[tuple[str, str], Callable[..., Any]]] = {
        ("numpy.core.multiarray", "_reconstruct"): np.ndarray.__new__,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        known = self._KNOWN.get((module, name))
        return known if known is not None else self._refuse(module, name)

    def _refuse(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no data need")


def _decode_counts(path: Path) -> Arrays:
    with _reading(path):
        content = loadmat(path)
        X = content["X"].toarray() if issparse(content["X"]) else content["X"]
        _, y = np.unique(content["Y"].ravel(), return_inverse=True)
        return {"X": X.astype(np.uint8), "y": y.astype(np.uint8)}


def _read_whole_numbers(path: Path) -> NDArray[np.int64]:
    with _reading(path):
        return np.loadtxt(path, dtype=np.int64, ndmin=2)


def _read_signs(path: Path) -> NDArray[np.uint8]:
    return (_read_whole_numbers(path).ravel() > 0).astype(np.uint8)


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Name the file in whatever its decoder stumbles over."""
    try:
        yield
    except (
        OSError,
        EOFError,
        KeyError,
        IndexError,
        TypeError,
        ValueError,
        zlib.error,
        tarfile.TarError,
        pickle.UnpicklingError,
        MatReadError,
    ) as error:
        raise DatasetError(f"{path.name} is not what it should be: {error}.") from error
