"""From a name in the catalogue to rows and labels."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ctre.datasets.catalogue import get_record
from ctre.datasets.entry import Bundled, DatasetRecord, Generated, Published
from ctre.datasets.fetch import OnProgress
from ctre.datasets.fetch import download as fetch_file
from ctre.datasets.home import find_data_home
from ctre.datasets.record import Dataset, Rows
from ctre.datasets.splitting import split
from ctre.datasets.store import Arrays, content_digest, read_arrays, write_arrays
from ctre.datasets.synthetic import make_madelon
from ctre.errors import DatasetError

_TEST_FRACTION, _SEED = 0.2, 42  # the paper's, for the sets that come without a split


def load(
    name: str,
    *,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = True,
    on_progress: OnProgress | None = None,
) -> Dataset:
    """Load a data set of the catalogue, split as its protocol says, unscaled.

    Parameters
    ----------
    name : str
        A name in :data:`ctre.datasets.CATALOGUE`.
    data_home : path, optional
        The folder to look in and to download to; by default ``$CTRE_DATA_HOME``, else
        scikit-learn's data home.
    download : bool, default=True
        Whether to fetch what is not there.
    on_progress : callable, optional
        Called during a download with a file's name, the bytes so far, and the total or None.

    Returns
    -------
    Dataset
        Images are flattened, one per row; counts of words come as a CSR array.

    Raises
    ------
    UnknownNameError
        If the catalogue has no such name.
    DatasetError
        If the data set is not there and cannot be fetched, or is damaged.

    Notes
    -----
    CIFAR-10 takes 600 MB of memory as float32, and some seconds to decompress.
    """
    record = get_record(name)
    match record.origin:
        case Generated():
            return make_madelon()
        case Bundled(loader):
            bunch = loader()
            dataset = Dataset(
                name=name,
                X_train=np.ascontiguousarray(bunch.data, dtype=np.float32),
                y_train=bunch.target.astype(np.int64),
                feature_names=tuple(str(feature) for feature in bunch.feature_names),
                image_shape=bunch.images.shape[1:] if "images" in bunch else None,
            )
        case Published() as origin:
            path = find_data_home(data_home) / origin.file
            if not path.exists():
                if not download:
                    raise DatasetError(_how_to_get(record, origin, path))
                _fetch(record, origin, path, on_progress)
            dataset = _arrange(name, read_arrays(path, origin.arrays), sparse=origin.sparse)
    return _with_protocol(dataset, record)


def is_here(name: str, data_home: str | os.PathLike[str] | None = None) -> bool:
    """Whether a data set of the catalogue can be loaded without a download.

    Raises
    ------
    UnknownNameError
        If the catalogue has no such name.
    """
    origin = get_record(name).origin
    return not isinstance(origin, Published) or (find_data_home(data_home) / origin.file).exists()


def _arrange(name: str, arrays: Arrays, *, sparse: bool) -> Dataset:
    if "X_train" in arrays:
        row_shape = arrays["X_train"].shape[1:]
        return Dataset(
            name=name,
            X_train=_as_rows(arrays["X_train"], sparse=sparse),
            y_train=arrays["y_train"].astype(np.int64),
            X_test=_as_rows(arrays["X_test"], sparse=sparse),
            y_test=arrays["y_test"].astype(np.int64),
            image_shape=row_shape if len(row_shape) > 1 else None,
        )
    return Dataset(name, _as_rows(arrays["X"], sparse=sparse), arrays["y"].astype(np.int64))


def _as_rows(array: NDArray[np.generic], *, sparse: bool) -> Rows:
    rows = array.reshape(len(array), -1).astype(np.float32)
    return csr_array(rows) if sparse else rows


def _with_protocol(dataset: Dataset, record: DatasetRecord) -> Dataset:
    if record.split != "official":
        dataset = split(dataset, _TEST_FRACTION, _SEED, stratify=record.split == "stratified")
    return replace(dataset, paper_scale=record.paper_scale)


def _fetch(
    record: DatasetRecord, origin: Published, path: Path, on_progress: OnProgress | None
) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # On the same file system as the data home, where a hundred megabytes are expected.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".ctre-") as folder:
            for remote in origin.remotes:
                fetch_file(remote, Path(folder), on_progress=on_progress)
            arrays = origin.decode(Path(folder))
        if origin.digest is not None:
            digest = content_digest(arrays, origin.digested, any_order=origin.any_order)
            if digest != origin.digest:
                raise DatasetError("What was downloaded is not this data set")
        write_arrays(path, arrays)
    except OSError as error:
        raise DatasetError(f"{error} {_how_to_get(record, origin, path)}") from error


def _how_to_get(record: DatasetRecord, origin: Published, path: Path) -> str:
    """Say which file is missing, where to get it, and where to put it."""
    addresses = ", ".join(remote.urls[0] for remote in origin.remotes)
    return (
        f"{record.name} is not here: {path} does not exist. On a machine with a connection, "
        f"load({record.name!r}) makes that file from {addresses}; copy it there, or set "
        "CTRE_DATA_HOME to the folder that holds it."
    )
