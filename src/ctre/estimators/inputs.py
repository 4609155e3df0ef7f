"""What users hand in, turned into what training takes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight

from ctre._typing import FloatArray, IndexArray
from ctre.errors import InvalidDataError, InvalidParameterError
from ctre.kernels import Samples
from ctre.preprocessing import ColumnScaling, Scaling, rounded_away
from ctre.randomness import stream
from ctre.training import SavedFit


class Splitter(Protocol):
    """Anything with the ``split`` of scikit-learn's splitters."""

    def split(self, X: Any, y: Any) -> Iterable[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Yield rows to train on and rows set aside."""
        ...


def seed_sequence(
    random_state: int | np.random.RandomState | None, saved: SavedFit | None = None
) -> np.random.SeedSequence:
    """Turn scikit-learn's ``random_state`` into the seed of one fit; None takes a saved one's."""
    if random_state is None and saved is not None:
        return saved.seed
    if isinstance(random_state, np.random.RandomState):
        return np.random.SeedSequence(int(random_state.randint(2**31 - 1)))
    return np.random.SeedSequence(random_state)


def as_samples(X: Any, scaling: Scaling) -> Samples:
    """Scale validated rows and give them in the form kernels read.

    Raises
    ------
    InvalidDataError
        If a value is too large for float32 once it is scaled; the column is named.
    """
    if issparse(X):
        X = csr_array(X)
        if not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
    rows = scaling.apply(X)
    _require_finite(rows)
    return rows if issparse(rows) else np.ascontiguousarray(rows)


def _require_finite(rows: Any) -> None:
    values = rows.data if issparse(rows) else rows
    if np.isfinite(values.sum(dtype=np.float64)):  # a fast sign that all are
        return
    is_finite = np.isfinite(values)
    if is_finite.all():
        return
    at = int(np.argmin(is_finite))
    column = int(rows.indices[at]) if issparse(rows) else at % rows.shape[1]
    raise InvalidDataError(
        f"X must fit in float32 once it is scaled, but column {column} (from 0) has a value that "
        "does not. Remove the column, or choose another scaling."
    )


def say_what_is_lost(X: Any, scaling: Scaling, names: Sequence[str] | None) -> None:
    """Warn of columns whose differences float32 cannot hold, such as times in seconds."""
    lost = rounded_away(scaling, X) if isinstance(scaling, ColumnScaling) else []
    if lost:
        words = [str(column) if names is None else repr(str(names[column])) for column in lost[:5]]
        which = ", ".join(words) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
        where = " (from 0)" if names is None else ""
        warnings.warn(
            f"float32 does not hold the differences within column {which}{where}, which "
            f"scaling={scaling.name!r} leaves far from zero: they are rounded away. Subtract an "
            "offset, or choose a scaling that centres, such as 'anchored' or 'standard'.",
            stacklevel=2,
        )


def row_weights(X: Any, sample_weight: Any) -> FloatArray | None:
    """Give the weight of each row as float32; None weighs all rows alike.

    Raises
    ------
    ValueError
        If one is negative or no number.
    """
    if sample_weight is None:
        return None
    weight: FloatArray = _check_sample_weight(
        sample_weight, X, dtype=np.float32, ensure_non_negative=True
    )
    return weight


def times_class_weights(
    weight: FloatArray | None,
    y: NDArray[Any],
    class_weight: Any,
    known: Sequence[NDArray[Any]] | None = None,
) -> FloatArray | None:
    """Multiply the weight of each row with those of its classes.

    What is balanced are the classes of the rows that weigh anything.

    Parameters
    ----------
    weight : float32 array of shape (n_rows,) or None
        None weighs all rows alike.
    y : array of shape (n_rows,) or (n_rows, n_columns)
        Classes.
    class_weight : dict, list of dict, "balanced" or None
        As the classifier takes it.
    known : sequence of arrays, optional
        Labels of every column; by default those that occur.

    Raises
    ------
    InvalidParameterError
        If classes are weighed that are not known.
    """
    if class_weight is None:
        return weight
    columns = y.T if y.ndim > 1 else y[None]
    known = [np.unique(column) for column in columns] if known is None else known
    tables = class_weight if isinstance(class_weight, list) else [class_weight] * len(known)
    if len(tables) != len(known):
        raise InvalidParameterError(
            f"class_weight must have one entry for each of the {len(known)} columns of y, got "
            f"{len(tables)}."
        )
    filled = [_filled(table, labels.tolist()) for table, labels in zip(tables, known, strict=True)]
    weight = np.ones(len(y), dtype=np.float32) if weight is None else weight.copy()
    present = weight > 0
    for table, column in zip(filled, columns, strict=True):
        weight[present] *= compute_sample_weight(table, column[present])
    return weight


def _filled(table: Any, labels: list[Any]) -> Any:
    """Weigh the classes that a table does not name by 1."""
    if table == "balanced":
        return table
    unknown = [label for label in table if label not in labels]
    if unknown:
        raise InvalidParameterError(
            f"class_weight must weigh classes that y has, got {unknown[0]!r}. It has {labels}."
        )
    return {**dict.fromkeys(labels, 1), **table}


def require_columns(y: NDArray[Any], width: tuple[int, ...]) -> None:
    """See that further targets have the columns of those that were trained on first.

    Raises
    ------
    InvalidDataError
        If they have not.
    """
    if y.shape[1:] != width:
        raise InvalidDataError(
            f"Targets must have the columns that were trained on, shape {(len(y), *width)}, got "
            f"{y.shape}."
        )


def split_rows(
    n_rows: int,
    strata: NDArray[Any] | None,
    sample_weight: FloatArray | None,
    fraction: float,
    splitter: Splitter | None,
    seed: np.random.SeedSequence,
) -> tuple[IndexArray, IndexArray]:
    """Divide the rows into those trained on and those set aside for validation.

    Stratified where there are strata, every one has two rows and each part room for every one;
    otherwise plainly at random. A row of weight zero is in neither part, as if it were absent.

    Raises
    ------
    InvalidDataError
        If nothing would be left to train on.
    InvalidParameterError
        If the splitter gives no split.
    """
    all_rows = np.arange(n_rows, dtype=np.int32)
    rows = all_rows if sample_weight is None else all_rows[sample_weight > 0]
    if not len(rows):
        raise InvalidDataError(
            "sample_weight must weigh at least one row, and class_weight its class, got zeros "
            "alone."
        )
    if splitter is None:
        groups = np.zeros(len(rows), dtype=np.int32) if strata is None else strata[rows]
        train, validation = (rows[part] for part in _default_split(groups, fraction, seed))
    else:
        split = next(iter(splitter.split(all_rows[:, None], strata)), None)
        if split is None:
            raise InvalidParameterError(f"validation_split must give a split, got {splitter}.")
        train, validation = (all_rows[part[np.isin(part, rows)]] for part in split)
    if not len(train):
        raise InvalidDataError(
            f"X must have rows left to train on, got {len(rows)} rows of which {len(validation)} "
            "are set aside for validation. Lower validation_fraction."
        )
    return train, validation


def _default_split(
    groups: NDArray[Any], fraction: float, seed: np.random.SeedSequence
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    n = len(groups)
    n_validation = round(fraction * n)
    if n_validation in (0, n):
        return np.arange(n_validation, n), np.arange(n_validation)
    _, sizes = np.unique(groups, return_counts=True)
    is_stratifiable = sizes.min() >= 2 and min(n_validation, n - n_validation) >= len(sizes)
    kind = StratifiedShuffleSplit if is_stratifiable else ShuffleSplit
    random_state = int(stream(seed, "validation split").integers(2**31))
    splitter: Splitter = kind(n_splits=1, test_size=n_validation, random_state=random_state)
    return next(iter(splitter.split(groups[:, None], groups)))
