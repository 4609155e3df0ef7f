"""The rows that an experiment trains and tests on: where they come from, and which they are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ctre.datasets import Dataset, FileFormat, load, read_file, split
from ctre.datasets.files import name_of
from ctre.datasets.labels import require_classes
from ctre.errors import InvalidDataError
from ctre.kernels import Samples
from ctre.tables import Table, encode_dataset, labelled_table

DEFAULT_TEST_FRACTION = 0.2
_BLOCK = 4096  # rows at a time
_FINGERPRINT_LENGTH = 32  # hexadecimal digits


class StudyData(NamedTuple):
    """Training and test rows as they come, unscaled."""

    name: str
    X_train: Samples
    y_train: NDArray[Any]
    X_test: Samples
    y_test: NDArray[Any]
    paper_scale: str
    """The scaling that the paper used, or would have used."""
    image_shape: tuple[int, ...] | None
    is_encoded: bool = False
    """Whether the columns are features that an encoder made of a table."""

    @classmethod
    def of(cls, dataset: Dataset, *, is_encoded: bool = False) -> StudyData:
        """Take the rows of a data set that has test rows, and classes for labels.

        Raises
        ------
        InvalidDataError
            If it has none, or one of a class that is not trained on; or its labels are
            measurements.
        """
        if dataset.y_train.dtype.kind == "f":
            raise InvalidDataError(
                f"Labels must be classes (whole numbers or text), got measurements such as "
                f"{dataset.y_train[0]}."
            )
        if dataset.X_test is None or dataset.y_test is None:
            raise InvalidDataError(f"{dataset.name} must have test rows; split it first.")
        unknown = np.setdiff1d(dataset.y_test, dataset.classes).tolist()
        if unknown:
            raise InvalidDataError(
                f"The test labels must occur in the training rows, got {unknown[0]!r}, which does "
                "not."
            )
        return cls(
            dataset.name,
            dataset.X_train,
            dataset.y_train,
            dataset.X_test,
            dataset.y_test,
            dataset.paper_scale,
            dataset.image_shape,
            is_encoded,
        )

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all rows and labels, the first 32 hexadecimal digits.

        Values count, as float64 has them, and whether rows are sparse; names and types do not.
        """
        digest = hashlib.sha256()
        for X in (self.X_train, self.X_test):
            digest.update(f"{type(X).__name__}{X.shape}".encode())
            if isinstance(X, csr_array):
                digest.update(X.indices.astype("<i8").data)
                digest.update(X.indptr.astype("<i8").data)
                X = X.data[:, np.newaxis]
            for start in range(0, len(X), _BLOCK):
                digest.update(np.ascontiguousarray(X[start : start + _BLOCK], dtype="<f8").data)
        for y in (self.y_train, self.y_test):
            digest.update("\n".join(map(str, y.tolist())).encode() + b"\0")
        return digest.hexdigest()[:_FINGERPRINT_LENGTH]


@dataclass(frozen=True)
class DataSource:
    """Where rows come from.

    Parameters
    ----------
    name : str
        A catalogued name, or what a file is called in results.
    file : str, optional
        The file, where there is one.
    target : str, optional
        Column of the labels in a CSV or TSV file.
    test_fraction : float, optional
        Share of the rows that are set aside for testing where a file has no test rows.
    file_format : FileFormat
        What was told of how the file is written; the rest is found out each time.
    """

    name: str
    file: str | None = None
    target: str | None = None
    test_fraction: float | None = None
    file_format: FileFormat = FileFormat()

    @classmethod
    def of_file(
        cls,
        path: str | os.PathLike[str],
        *,
        target: str | None = None,
        test_fraction: float | None = None,
        file_format: FileFormat | None = None,
    ) -> Self:
        """Take a file; what its data set is called, it is called in results."""
        path = Path(path).absolute()
        return cls(name_of(path), str(path), target, test_fraction, file_format or FileFormat())

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Make it of what `as_json` gave."""
        return cls(**{**record, "file_format": FileFormat.from_json(record.get("file_format", {}))})

    def as_json(self) -> dict[str, Any]:
        """Give what is known as JSON can say it."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        own["file_format"] = self.file_format.as_json()
        return {name: value for name, value in own.items() if value}

    def load(self, data_home: str | os.PathLike[str] | None = None) -> StudyData:
        """Load the rows, split.

        Raises
        ------
        CTREError
            If there is no such data, or it cannot be used.
        """
        if self.file is None:
            dataset = load(self.name, data_home=data_home)
        else:
            dataset = read_file(
                self.file,
                target=self.target,
                file_format=self.file_format,
                rows_of=labelled_table,
            )
            require_classes(dataset.y_train)
        if dataset.X_test is None:
            dataset = split(dataset, self.test_fraction or DEFAULT_TEST_FRACTION)
        is_table = isinstance(dataset.X_train, Table)
        if is_table:
            dataset, _ = encode_dataset(dataset)
        return StudyData.of(dataset, is_encoded=is_table)._replace(name=self.name)


class DataFacts(NamedTuple):
    """What planning needs to know of some rows."""

    source: DataSource
    fingerprint: str
    paper_scale: str
    n_train: int
    n_test: int
    n_features: int
    n_classes: int
    is_encoded: bool = False


_MOST_KEPT = 2  # a process trains on one set many times before it goes to the next
_kept: dict[tuple[DataSource, str | None], tuple[StudyData, str]] = {}


def keep(source: DataSource, data: StudyData, data_home: Path | None = None) -> DataFacts:
    """Remember rows that are loaded already, and say what planning needs to know of them."""
    while len(_kept) >= _MOST_KEPT:
        del _kept[next(iter(_kept))]
    fingerprint = data.fingerprint
    _kept[source, _text(data_home)] = data, fingerprint
    return DataFacts(
        source,
        fingerprint,
        data.paper_scale,
        data.X_train.shape[0],
        data.X_test.shape[0],
        data.X_train.shape[1],
        len(np.unique(data.y_train)),
        data.is_encoded,
    )


@lru_cache
def facts_of(source: DataSource, data_home: Path | None = None) -> DataFacts:
    """Load rows once in a process, and say what planning needs to know of them.

    Raises
    ------
    CTREError
        As `DataSource.load`.
    """
    return keep(source, source.load(data_home), data_home)


def _text(data_home: Path | None) -> str | None:
    return None if data_home is None else str(data_home)


def load_known(source: DataSource, fingerprint: str, data_home: Path | None = None) -> StudyData:
    """Load the rows that an experiment was planned for.

    Raises
    ------
    InvalidDataError
        If they are others now.
    CTREError
        As `DataSource.load`.
    """
    place = source, _text(data_home)
    if place not in _kept:
        keep(source, source.load(data_home), data_home)
    data, found = _kept[place]
    if found != fingerprint:
        raise InvalidDataError(
            f"{source.file or source.name} must hold the rows of fingerprint {fingerprint}, got "
            f"{found}: it has changed since the experiment was planned."
        )
    return data
