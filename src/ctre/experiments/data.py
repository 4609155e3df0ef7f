"""The rows that a study trains and tests on."""

from __future__ import annotations

import zlib
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ctre.datasets import Dataset
from ctre.errors import InvalidDataError
from ctre.kernels import Samples


class StudyData(NamedTuple):
    """Training and test rows as they come, unscaled."""

    name: str
    X_train: Samples
    y_train: NDArray[Any]
    X_test: Samples
    y_test: NDArray[Any]

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Take the rows of a data set that has test rows.

        Raises
        ------
        InvalidDataError
            If it has none, or one of a class that is not trained on.
        """
        if dataset.X_test is None or dataset.y_test is None:
            raise InvalidDataError(f"{dataset.name} must have test rows; split it first.")
        unknown = np.setdiff1d(dataset.y_test, dataset.classes).tolist()
        if unknown:
            raise InvalidDataError(
                f"The test labels must occur in the training rows, got {unknown[0]!r}, which does "
                "not."
            )
        return cls(dataset.name, dataset.X_train, dataset.y_train, dataset.X_test, dataset.y_test)

    @property
    def fingerprint(self) -> str:
        """Checksum of all rows and labels, in hexadecimal."""
        checksum = 0
        for X in (self.X_train, self.X_test):
            parts = (X.data, X.indices, X.indptr) if isinstance(X, csr_array) else (X,)
            for part in parts:
                checksum = zlib.crc32(np.ascontiguousarray(part).data, checksum)
        for y in (self.y_train, self.y_test):
            checksum = zlib.crc32("\n".join(map(str, y.tolist())).encode(), checksum)
        return f"{checksum:08x}"
