"""What a data set is once it is in memory: rows and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ctre._typing import DoubleArray, FloatArray
from ctre.datasets.file_format import FileFormat

Rows: TypeAlias = FloatArray | DoubleArray | csr_array
"""Samples, one per row: a C-ordered array, or a CSR array; float32 where it holds every value
exactly, else float64, which is scaled before it is rounded."""

Labels: TypeAlias = NDArray[Any]
"""One label per row: integers, text, or (where they are measurements) float64."""


@dataclass(frozen=True, eq=False)
class LabelledTable:
    """Rows of one table, with their labels if it has any.

    Parameters
    ----------
    X : array or csr_array of shape (n_samples, n_features)
        Unscaled values, all finite.
    y : array of shape (n_samples,) or None
        Labels; None where no row has one.
    feature_names : tuple of str or None
        The columns' names where the source names them.
    target_name : str or None
        The name of the column that the labels were in, where it has one.
    has_label : bool array of shape (n_samples,) or None
        Which rows have a label, where some have and some have not; ``y`` is of those alone.
    file_format : FileFormat
        How the file was written.
    """

    X: Rows
    y: Labels | None
    feature_names: tuple[str, ...] | None = None
    target_name: str | None = None
    has_label: NDArray[np.bool_] | None = None
    file_format: FileFormat = FileFormat()


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test rows of one data set, unscaled.

    Parameters
    ----------
    name : str
        Catalogued name, or the stem of the file it was read from.
    X_train : array or csr_array of shape (n_train, n_features)
        Unscaled values, all finite.
    y_train : array of shape (n_train,)
        Labels: integers or text.
    X_test, y_test : as ``X_train`` and ``y_train``, or None
        None where the source has no split; :func:`ctre.datasets.split` makes one.
    feature_names : tuple of str or None
        The columns' names where the source names them.
    paper_scale : {"minmax", "standard", "std", "none"}
        The scaling that the paper used, or would have used: it has one for all sets but Madelon.
    informative : int64 array or None
        Columns known to carry the class, ascending; None where nobody knows.
    image_shape : (height, width) or (height, width, channels), or None
        How the columns of a row make an image; None where they make none.
    target_name : str or None
        The name of the column that the labels were in, where it has one.
    file_format : FileFormat
        How the file was written that it comes from.
    """

    name: str
    X_train: Rows
    y_train: Labels
    X_test: Rows | None = None
    y_test: Labels | None = None
    feature_names: tuple[str, ...] | None = None
    paper_scale: str = "minmax"
    informative: NDArray[np.int64] | None = None
    image_shape: tuple[int, ...] | None = None
    target_name: str | None = None
    file_format: FileFormat = FileFormat()

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.X_train.shape[1])

    @property
    def classes(self) -> Labels:
        """Distinct labels of the training rows, sorted."""
        return np.unique(self.y_train)
