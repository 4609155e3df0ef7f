"""Set test rows apart where the source has not done so."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import train_test_split

from ctre.datasets.record import Dataset, Labels
from ctre.errors import InvalidDataError, InvalidParameterError

_FEW = 5  # labels that a warning names


def split(
    dataset: Dataset,
    test_fraction: float = 0.2,
    random_state: int | None = 42,
    *,
    stratify: bool = True,
) -> Dataset:
    """Move a random share of the rows to the test set.

    Parameters
    ----------
    dataset : Dataset
        A data set without test rows.
    test_fraction : float in (0, 1), default=0.2
        Share of the rows to move, rounded up to whole rows (dimensionless).
    random_state : int or None, default=42
        Seed of the draw, as scikit-learn's ``train_test_split`` takes it.
    stratify : bool, default=True
        Keep the classes' shares equal on both sides; the row of a class that has one row is
        trained on, with a warning. Labels that are measurements (floats) have no classes and are
        drawn without it.

    Returns
    -------
    Dataset
        The same rows, in random order, in two parts.

    Raises
    ------
    InvalidParameterError
        If ``test_fraction`` is outside (0, 1) or the data set has test rows already.
    InvalidDataError
        If there are too few rows for every class to be on both sides.
    """
    if not 0 < test_fraction < 1:
        raise InvalidParameterError(f"test_fraction must be in (0, 1), got {test_fraction}.")
    if dataset.X_test is not None:
        raise InvalidParameterError(f"{dataset.name} has test rows already; it cannot be split.")
    X, y = dataset.X_train, dataset.y_train
    strata = y if stratify and y.dtype.kind != "f" else None
    rows = np.arange(len(y))
    alone = np.array([], dtype=rows.dtype)
    if strata is not None:
        alone = _rows_alone(strata)
        rows = np.setdiff1d(rows, alone)
        strata = strata[rows]
        _require_enough_rows(strata, len(alone), test_fraction)
    train, test = train_test_split(
        rows, test_size=test_fraction, random_state=random_state, stratify=strata
    )
    train = np.concatenate([train, alone])
    return replace(dataset, X_train=X[train], y_train=y[train], X_test=X[test], y_test=y[test])


def _rows_alone(y: Labels) -> NDArray[np.intp]:
    """Find the rows that are the only ones of their class, and say which they are.

    Raises
    ------
    InvalidDataError
        If all classes are so.
    """
    classes, first, counts = np.unique(y, return_index=True, return_counts=True)
    is_alone = counts == 1
    if is_alone.all():
        raise InvalidDataError(
            f"Every one of the {len(classes)} classes has a single row, so none can be set aside "
            "to test on. Give more rows, or a file with its own test rows."
        )
    if is_alone.any():
        names = ", ".join(map(str, classes[is_alone][:_FEW]))
        more = f" and {is_alone.sum() - _FEW} more labels" if is_alone.sum() > _FEW else ""
        warnings.warn(
            f"A single row has the label {names}{more}: it is trained on, and no row can test it.",
            stacklevel=4,
        )
    return np.asarray(first[is_alone])


def _require_enough_rows(strata: Labels, n_alone: int, test_fraction: float) -> None:
    classes = np.unique(strata)
    n_test = int(np.ceil(test_fraction * len(strata)))
    smaller = min(n_test, len(strata) - n_test)
    if smaller < len(classes):
        beside = f", beside {n_alone} classes of a single row," if n_alone else ""
        raise InvalidDataError(
            f"{len(strata)} rows of {len(classes)} classes{beside} cannot be split at "
            f"test_fraction={test_fraction}: one side would get {smaller} rows, "
            "fewer than there are classes. Choose another test_fraction."
        )
