"""Read one's own data from a file of any supported format."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from scipy.sparse import issparse

from ctre.datasets.arrow import read_arrow
from ctre.datasets.file_format import (
    FORMAT_NAMES,
    TABLE_FORMATS,
    FileFormat,
    FormatName,
    KnownFile,
)
from ctre.datasets.matrices import read_mat, read_npz
from ctre.datasets.numeric import as_numbers
from ctre.datasets.raw_table import RawTable
from ctre.datasets.record import Dataset, LabelledTable
from ctre.datasets.source import Source
from ctre.datasets.svmlight import read_svmlight
from ctre.datasets.table import read_table
from ctre.errors import DatasetError, InvalidDataError, InvalidParameterError

_SUFFIXES: dict[str, FormatName] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".feather": "feather",
    ".arrow": "feather",
    ".npz": "npz",
    ".mat": "mat",
    ".svmlight": "svmlight",
    ".svm": "svmlight",
    ".libsvm": "svmlight",
}

AnyFile = str | os.PathLike[str] | BinaryIO
RowsOf = Callable[[RawTable], LabelledTable]


def read_file(
    path: AnyFile,
    *,
    target: str | int | None = None,
    file_format: FileFormat | None = None,
    rows_of: RowsOf = as_numbers,
) -> Dataset:
    """Read labelled rows to train on.

    =====================================  =======================================================
    ``.csv``, ``.tsv``                     numbers and one column of labels
    ``.parquet``, ``.feather``             the same; needs pyarrow: ``pip install ctre[tables]``
    ``.npz``                               ``X`` and ``y``, or ``X_train``, ``y_train``,
                                           ``X_test``, ``y_test``; a file of `scipy.sparse.save_npz`
    ``.svmlight``, ``.svm``, ``.libsvm``   sparse rows
    ``.mat``                               ``X`` and ``Y``, dense or sparse, up to version 7
    =====================================  =======================================================

    Features and labels may have other usual names, the same in every format
    (`ctre.datasets.names`). Text files may be packed: ``.csv.gz``.

    Parameters
    ----------
    path : path or binary file
        The file; its suffix tells the format. One that is open already is read to its end.
    target : str or int, optional
        For tables: the column of labels, its name or its place counted from 1 (-1 is the
        last). Without it a column with a usual name.
    file_format : FileFormat, optional
        What is known of how it is written.
    rows_of : callable, default=as_numbers
        What makes rows of a raw table; `ctre.tables.labelled_table` takes columns of any kind.

    Returns
    -------
    Dataset
        Unscaled. Without test rows unless an NPZ file has some; :func:`split` sets some apart.

    Raises
    ------
    DatasetError
        If the file is missing or damaged.
    InvalidParameterError
        If it has to be told what to read.
    InvalidDataError
        If a value is missing or no finite number, or the labels are missing or all the same; all
        that is wrong is in one message, ten problems at most.

    Notes
    -----
    A CSV file of hundreds of columns takes about twice the time of `numpy.loadtxt`, one of few or
    of tens of thousands up to five times; NPZ takes far less.
    """
    told = file_format or FileFormat()
    source = open_source(path)
    name = find_format(source, told)
    told = replace(told, name=name)
    if name in TABLE_FORMATS:
        return dataset_of(source, rows_of(_read_raw(source, target, told, need_labels=True)))
    train, test = _read_matrices(source, target, told)
    return dataset_of(source, train, test)


def read_raw_table(
    path: AnyFile,
    *,
    target: str | int | None = None,
    need_labels: bool = True,
    file_format: FileFormat | None = None,
    known: KnownFile | None = None,
) -> RawTable:
    """Read a CSV, TSV, Parquet or Feather file, its columns of whatever kind.

    Parameters
    ----------
    path, target, file_format
        As in :func:`read_file`.
    need_labels : bool, default=True
        Whether there must be labels.
    known : KnownFile, optional
        As in :func:`read_samples`; its columns are taken, in its order.

    Raises
    ------
    DatasetError, InvalidParameterError, InvalidDataError
        If there is no such table, or it has to be told what to read. What is wrong with its rows
        and names is in the ``problems`` of what is returned.
    """
    source = open_source(path)
    told = file_format or FileFormat()
    told = replace(told, name=find_format(source, told))
    known = known or KnownFile()
    table = _read_raw(source, target, told, known, need_labels=need_labels)
    if known.features is not None and table.names is not None:
        return table.select(known.features, (known.target, *known.optional))
    return table


def is_table(path: AnyFile, file_format: FileFormat | None = None) -> bool:
    """Whether a file is a table, by what was told or by its suffix.

    Raises
    ------
    DatasetError, InvalidParameterError
        If there is no such file, or neither tells.
    """
    return find_format(open_source(path), file_format or FileFormat()) in TABLE_FORMATS


def read_samples(
    path: AnyFile,
    *,
    target: str | int | None = None,
    n_features: int | None = None,
    known: KnownFile | None = None,
    file_format: FileFormat | None = None,
    rows_of: RowsOf = as_numbers,
) -> LabelledTable:
    """Read rows to predict, with their labels if the file has any.

    Parameters
    ----------
    path : path or binary file
        A file as :func:`read_file` takes it; of an NPZ file with test rows those are read.
    target : str or int, optional
        As in :func:`read_file`. If it is a name that the file does not have, there are no labels.
    n_features : int, optional
        How many columns there must be beside the labels. An SVMLight file needs it if its last
        columns are empty throughout.
    known : KnownFile, optional
        What the file of the training rows was like. Its columns are taken by their names, in its
        order, and the labels from the column called as they were, unless ``target`` says another;
        the file may lack it. What is not told of the format is as it was there.
    file_format : FileFormat, optional
        What is known of how it is written.
    rows_of : callable, default=as_numbers
        As in :func:`read_file`.

    Returns
    -------
    LabelledTable
        ``y`` is None where the file has no labels.

    Raises
    ------
    DatasetError, InvalidParameterError, InvalidDataError
        As :func:`read_file`; one class alone is no error here.
    """
    told, known = file_format or FileFormat(), known or KnownFile()
    n_features = n_features if n_features is not None else known.n_features
    known = replace(known, n_features=n_features)
    source = open_source(path)
    name = find_format(source, told)
    told = replace(told, name=name)
    if name in TABLE_FORMATS:
        table = read_raw_table(
            source.path or source.raw(),
            target=target,
            need_labels=False,
            file_format=told,
            known=known,
        )
        if known.features is None or table.names is None:  # else they were taken by their names
            _require_width(source, len(table.columns), n_features, table)
        return rows_of(table)
    rows, test = _read_matrices(source, target, told, known)
    rows = test or rows
    _require_width(source, rows.X.shape[1], n_features)
    return rows


def _read_raw(
    source: Source,
    target: str | int | None,
    told: FileFormat,
    known: KnownFile | None = None,
    *,
    need_labels: bool,
) -> RawTable:
    read = read_table if told.name in ("csv", "tsv") else read_arrow
    return read(source, target, need_labels=need_labels, told=told, known=known)


def open_source(path: AnyFile) -> Source:
    """Find a file, or take what is open already.

    Raises
    ------
    DatasetError
        If there is no such file, or it may not be read.
    """
    if not isinstance(path, (str, os.PathLike)):
        return Source("standard input", content=path.read())
    path = Path(path)
    if not path.is_file():
        raise DatasetError(f"{path} does not exist, or is no file.")
    try:
        path.open("rb").close()
    except PermissionError as error:
        raise DatasetError(f"{path} cannot be opened: {error.strerror}.") from error
    return Source(str(path), path)


def find_format(source: Source, told: FileFormat) -> FormatName:
    """Tell the format of a file: what was told, or its suffix.

    Raises
    ------
    InvalidParameterError
        If neither tells.
    """
    if told.name is not None:
        return told.name
    name = source.name.lower().removesuffix(".gz")
    for suffix, known in _SUFFIXES.items():
        if name.endswith(suffix):
            return known
    raise InvalidParameterError(
        f"The format of {source} must be told by its suffix: {', '.join(_SUFFIXES)} (text may be "
        f"packed: .csv.gz), or by format={' or '.join(map(repr, FORMAT_NAMES))}."
    )


def dataset_of(source: Source, train: LabelledTable, test: LabelledTable | None = None) -> Dataset:
    """Make a data set of what a file holds.

    Raises
    ------
    InvalidDataError
        If there are no labels to train on, or all are the same.
    """
    if train.y is None:
        raise InvalidDataError(f"{source} must hold labels to train on, and has none.")
    if train.has_label is not None:
        missing = np.flatnonzero(~train.has_label)
        raise InvalidDataError(
            f"{source} must have a label for every row to train on; {len(missing)} have none, the "
            f"first is row {missing[0] + 1}. Remove such rows."
        )
    if test is not None and test.X.shape[1] != train.X.shape[1]:
        raise InvalidDataError(
            f"{source} must have as many columns in its test rows as in its training rows "
            f"({train.X.shape[1]}), got {test.X.shape[1]}."
        )
    if test is not None and (test.y is None or test.has_label is not None):
        warnings.warn(
            f"{source}: its test rows have no labels and are left out; training rows are set "
            "aside to test on.",
            stacklevel=3,
        )
        test = None
    only = np.unique(train.y)
    if len(only) == 1:
        raise InvalidDataError(
            f"{source} must have rows of two classes or more, got {only[0]} alone."
        )
    return Dataset(
        name="stdin" if source.path is None else name_of(source.path),
        X_train=train.X,
        y_train=train.y,
        X_test=None if test is None else test.X,
        y_test=None if test is None else test.y,
        feature_names=train.feature_names,
        target_name=train.target_name,
        paper_scale="std" if issparse(train.X) else "minmax",
        file_format=train.file_format,
    )


def name_of(path: Path) -> str:
    """Tell what the data set of a file is called: as the file, without suffixes."""
    return path.name.removesuffix(".gz").rpartition(".")[0] or path.name


def _read_matrices(
    source: Source,
    target: str | int | None,
    told: FileFormat,
    known: KnownFile | None = None,
) -> tuple[LabelledTable, LabelledTable | None]:
    if target is not None:
        raise InvalidParameterError(
            f"target={target!r} names a column of a table, and {source} is none."
        )
    if told.name == "svmlight":
        n_features = None if known is None else known.n_features
        return read_svmlight(source, n_features, told=told, known=known), None
    if told.name == "mat":
        return read_mat(source), None
    return read_npz(source)


def _require_width(
    source: Source, n_columns: int, n_features: int | None, table: RawTable | None = None
) -> None:
    if n_features is None or n_columns == n_features:
        return
    if table is not None:
        table.problems.raise_if_any()
    hint = ""
    if table is not None and n_columns == n_features + 1:
        hint = " If one of them holds the labels, target says which: its place, or -1, the last."
    raise InvalidDataError(
        f"{source} must have {n_features} columns beside the labels, got {n_columns}.{hint}"
    )
