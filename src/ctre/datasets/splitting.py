"""Set test rows apart where the source has not done so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.model_selection import train_test_split

from ctre.datasets.record import Dataset, Labels
from ctre.errors import InvalidDataError, InvalidParameterError


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
        Keep the classes' shares equal on both sides. Labels that are measurements (floats) have
        no classes and are drawn without it.

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
    if strata is not None:
        _require_enough_rows(strata, test_fraction)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=test_fraction, random_state=random_state, stratify=strata
    )
    return replace(dataset, X_train=X_train, y_train=y_train, X_test=X_test, y_test=y_test)


def _require_enough_rows(strata: Labels, test_fraction: float) -> None:
    classes, counts = np.unique(strata, return_counts=True)
    if counts.min() < 2:
        raise InvalidDataError(
            f"Every class needs at least 2 rows to be split, class {classes[counts.argmin()]} "
            "has 1. Remove that row, or give a file with its own test rows."
        )
    n_test = int(np.ceil(test_fraction * len(strata)))
    smaller = min(n_test, len(strata) - n_test)
    if smaller < len(classes):
        raise InvalidDataError(
            f"{len(strata)} rows of {len(classes)} classes cannot be split at "
            f"test_fraction={test_fraction}: one side would get {smaller} rows, "
            "fewer than there are classes. Choose another test_fraction."
        )
