"""Read one's own data from a file of any supported format."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from scipy.sparse import issparse

from ctre.datasets.matrices import read_mat, read_npz, read_svmlight
from ctre.datasets.record import Dataset, KnownNames, LabelledTable
from ctre.datasets.table import read_table
from ctre.errors import DatasetError, InvalidDataError, InvalidParameterError

_TABLES = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
_SVMLIGHT = tuple(
    f"{suffix}{packed}" for suffix in (".svmlight", ".svm", ".libsvm") for packed in ("", ".gz")
)


def read_file(path: str | os.PathLike[str], *, target: str | int | None = None) -> Dataset:
    """Read labelled rows to train on.

    =====================================  =======================================================
    ``.csv``, ``.tsv``                     numbers and one column of labels
    ``.npz``                               ``X`` and ``y``, or ``X_train``, ``y_train``,
                                           ``X_test``, ``y_test``
    ``.svmlight``, ``.svm``, ``.libsvm``   sparse rows
    ``.mat``                               ``X`` and ``Y``, dense or sparse, up to version 7
    =====================================  =======================================================

    Text files may be packed: ``.csv.gz``.

    Parameters
    ----------
    path : path
        The file; its suffix tells the format.
    target : str or int, optional
        For CSV and TSV: the column of labels, its name or its place counted from 1 (-1 is the
        last). Without it a column called target, label, class or y.

    Returns
    -------
    Dataset
        Unscaled. Without test rows unless an NPZ file has some; :func:`split` sets some apart.

    Raises
    ------
    DatasetError
        If the file is missing or damaged.
    InvalidParameterError
        If the suffix or ``target`` does not tell what to read.
    InvalidDataError
        If a value is missing or no finite number (names row and column), or the labels are missing
        or all the same.

    Notes
    -----
    A CSV file of 60,000 rows and 785 columns takes some seconds; NPZ takes less than one.
    """
    path = Path(path)
    train, test = _read(path, target, need_labels=True)
    if train.y is None:
        raise InvalidDataError(f"{path} must hold labels too: add an array y.")
    if test is not None and (test.y is None or test.X.shape[1] != train.X.shape[1]):
        raise InvalidDataError(
            f"{path} must have labels y_test for X_test, and as many columns in it as in X_train "
            f"({train.X.shape[1]}), got {test.X.shape[1]}."
        )
    only = np.unique(train.y)
    if len(only) == 1:
        raise InvalidDataError(
            f"{path} must have rows of two classes or more, got {only[0]} alone."
        )
    is_sparse = issparse(train.X)
    return Dataset(
        name=path.name.removesuffix(".gz").rpartition(".")[0],
        X_train=train.X,
        y_train=train.y,
        X_test=None if test is None else test.X,
        y_test=None if test is None else test.y,
        feature_names=train.feature_names,
        target_name=train.target_name,
        scale="std" if is_sparse else "standard",
        paper_scale="std" if is_sparse else "minmax",
    )


def read_samples(
    path: str | os.PathLike[str],
    *,
    target: str | int | None = None,
    n_features: int | None = None,
    known: KnownNames | None = None,
) -> LabelledTable:
    """Read rows to predict, with their labels if the file has any.

    Parameters
    ----------
    path : path
        A file as :func:`read_file` takes it; of an NPZ file with test rows those are read.
    target : str or int, optional
        As in :func:`read_file`. If it is a name that the file does not have, there are no labels.
    n_features : int, optional
        How many columns there must be beside the labels. An SVMLight file needs it if its last
        columns are empty throughout.
    known : KnownNames, optional
        What the columns of a CSV or TSV file were called in training. A first line with all those
        features is a header, even if they are numbers, and the column called as the labels were
        is that of the labels, unless ``target`` says another; the file may lack it.

    Returns
    -------
    LabelledTable
        ``y`` is None where the file has no labels.

    Raises
    ------
    DatasetError, InvalidParameterError, InvalidDataError
        As :func:`read_file`; one class alone is no error here.
    """
    path = Path(path)
    rows, test = _read(path, target, need_labels=False, n_features=n_features, known=known)
    if test is not None:
        rows = test
    if n_features is not None and rows.X.shape[1] != n_features:
        raise InvalidDataError(
            f"{path} must have {n_features} columns beside the labels, got {rows.X.shape[1]}."
        )
    return rows


def _read(
    path: Path,
    target: str | int | None,
    *,
    need_labels: bool,
    n_features: int | None = None,
    known: KnownNames | None = None,
) -> tuple[LabelledTable, LabelledTable | None]:
    name = path.name.lower()
    if not name.endswith((*_TABLES, *_SVMLIGHT, ".npz", ".mat")):
        raise InvalidParameterError(
            f"The format of {path} must be told by its suffix: {', '.join(_TABLES)}, .npz, .mat, "
            f"{', '.join(_SVMLIGHT)}."
        )
    if target is not None and not name.endswith(_TABLES):
        raise InvalidParameterError(
            f"target={target!r} names a column of a CSV or TSV file, and {path} is neither."
        )
    if not path.is_file():
        raise DatasetError(f"{path} does not exist, or is no file.")
    try:
        if name.endswith(_TABLES):
            return read_table(path, target, need_labels=need_labels, known=known), None
        if name.endswith(".npz"):
            return read_npz(path)
        if name.endswith(".mat"):
            return read_mat(path), None
        return read_svmlight(path, n_features), None
    except PermissionError as error:
        raise DatasetError(f"{path} cannot be opened: {error.strerror}.") from error
