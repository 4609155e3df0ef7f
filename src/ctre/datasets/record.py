"""What a data set is once it is in memory: rows, labels and how to scale them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ctre._typing import FloatArray

Rows: TypeAlias = FloatArray | csr_array
"""LabelledTable, one per row: a C-ordered float32 array, or a CSR array of float32 values."""

Labels: TypeAlias = NDArray[Any]
"""One label per row: integers, text, or (where they are measurements) float64."""


@dataclass(frozen=True)
class KnownNames:
    """What the columns of a table were called when a model was trained on them.

    Parameters
    ----------
    features : tuple of str or None
        Those of the features; None where they had no names.
    target : str or None
        That of the labels. It stands for no place, though it may be a number such as ``2020``.
    """

    features: tuple[str, ...] | None = None
    target: str | None = None


@dataclass(frozen=True, eq=False)
class LabelledTable:
    """Rows of one table, with their labels if it has any.

    Parameters
    ----------
    X : float32 array or csr_array of shape (n_samples, n_features)
        Unscaled values, all finite.
    y : array of shape (n_samples,) or None
        Labels.
    feature_names : tuple of str or None
        The columns' names where the source names them.
    target_name : str or None
        The name of the column that the labels were in, where it has one.
    """

    X: Rows
    y: Labels | None
    feature_names: tuple[str, ...] | None = None
    target_name: str | None = None


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test rows of one data set, unscaled.

    Parameters
    ----------
    name : str
        Catalogued name, or the stem of the file it was read from.
    X_train : float32 array or csr_array of shape (n_train, n_features)
        Unscaled values, all finite.
    y_train : array of shape (n_train,)
        Labels: integers or text.
    X_test, y_test : as ``X_train`` and ``y_train``, or None
        None where the source has no split; :func:`ctre.datasets.split` makes one.
    feature_names : tuple of str or None
        The columns' names where the source names them.
    scale : {"minmax", "standard", "std", "none"}
        The scaling that suits these data, see :class:`ctre.preprocessing.Scaling`.
    paper_scale : {"minmax", "standard", "std", "none"}
        The scaling that the paper used, or would have used: it has one for all sets but Madelon.
    informative : int64 array or None
        Columns known to carry the class, ascending; None where nobody knows.
    image_shape : (height, width) or (height, width, channels), or None
        How the columns of a row make an image; None where they make none.
    target_name : str or None
        The name of the column that the labels were in, where it has one.
    """

    name: str
    X_train: Rows
    y_train: Labels
    X_test: Rows | None = None
    y_test: Labels | None = None
    feature_names: tuple[str, ...] | None = None
    scale: str = "minmax"
    paper_scale: str = "minmax"
    informative: NDArray[np.int64] | None = None
    image_shape: tuple[int, ...] | None = None
    target_name: str | None = None

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return int(self.X_train.shape[1])

    @property
    def classes(self) -> Labels:
        """Distinct labels of the training rows, sorted."""
        return np.unique(self.y_train)
