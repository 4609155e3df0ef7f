"""What users hand in, turned into what training takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

from ctre._typing import FloatArray, IndexArray
from ctre.errors import InvalidDataError, InvalidParameterError
from ctre.kernels import Samples
from ctre.preprocessing import Scaling
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
