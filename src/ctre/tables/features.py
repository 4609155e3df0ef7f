"""What becomes of one column: how its values turn into numbers that a network takes.

Each kind is a frozen record of what the training rows taught, so that a model file can hold it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray

Values: TypeAlias = NDArray[Any]
"""Of one column: float64, NaN where missing; of categories, objects: text, None where missing; of
dates, datetime64[s], NaT where missing."""

_DAY = np.timedelta64(1, "D") / np.timedelta64(1, "s")
_BEND = 3.0  # spreads from the median at which a number is bent half way to its limit
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOURS = tuple(f"{hour} h" for hour in range(24))


class Encoded(NamedTuple):
    """Some features of some rows."""

    dense: Sequence[DoubleArray] = ()
    """One (n_rows,) array a feature; they come first."""
    hot: Sequence[tuple[NDArray[np.intp], int]] = ()
    """Of each group of features, which is 1 in every row (n_rows,), -1 for none; and how many."""
    unknown: Mapping[str, int] | None = None
    """Rows of each value that training did not see."""

    @property
    def n_features(self) -> int:
        """How many features these are."""
        return len(self.dense) + sum(n for _, n in self.hot)

    @property
    def n_stored(self) -> int:
        """How many of them can be other than 0 in one row."""
        return len(self.dense) + len(self.hot)


@dataclass(frozen=True)
class Number:
    """A number: its distance from the median, in quartile ranges, bent beyond three of them.

    The bend, ``u / sqrt(1 + (u / 3)²)``, keeps the order of all values and the shape of most, and
    lets no value count for more than three ranges: without it, one mansion in the test rows costs
    a regression of house prices ten points of R².

    Parameters
    ----------
    median : float
        Of the training rows; a missing value counts as it.
    spread : float
        Range between the quartiles, else half the whole range; 0 if the column is constant, and
        then only whether it is missing counts.
    has_gaps : bool
        Whether training rows miss it: then that is a feature.

    References
    ----------
    .. [1] Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned MLPs and
       boosted trees on tabular data", 2024 (the bend).
    """

    kind: ClassVar = "number"

    median: float
    spread: float
    has_gaps: bool

    @classmethod
    def learn(cls, values: DoubleArray) -> Number | None:
        """Learn it from training rows; None if there is nothing to learn from."""
        is_missing = np.isnan(values)
        known = values[~is_missing]
        if not len(known):
            return None
        low, first, median, third, high = np.quantile(known, (0, 0.25, 0.5, 0.75, 1)).tolist()
        spread = third - first or (high - low) / 2
        if low == high and not is_missing.any():
            return None
        return cls(median, spread, bool(is_missing.any()))

    @property
    def features(self) -> tuple[str, ...]:
        """What to call each feature, after the name of the column."""
        return (("",) if self.spread else ()) + ((" is missing",) if self.has_gaps else ())

    def encode(self, values: DoubleArray) -> Encoded:
        """Turn rows into features."""
        is_missing = np.isnan(values)
        dense = []
        if self.spread:
            with np.errstate(over="ignore"):
                distance = (np.where(is_missing, self.median, values) - self.median) / self.spread
            distance = np.clip(distance, -1e150, 1e150)
            dense.append(distance / np.hypot(1, distance / _BEND))
        if self.has_gaps:
            dense.append(is_missing.astype(np.float64))
        return Encoded(dense)


@dataclass(frozen=True)
class Boolean:
    """Yes or no.

    Parameters
    ----------
    usual : float
        The more frequent of 0 and 1; a missing value counts as it.
    has_gaps : bool
        Whether training rows miss it: then that is a feature.
    """

    kind: ClassVar = "boolean"

    usual: float
    has_gaps: bool

    @classmethod
    def learn(cls, values: DoubleArray) -> Boolean | None:
        """Learn it from training rows; None if there is nothing to learn from."""
        is_missing = np.isnan(values)
        known = values[~is_missing]
        if not len(known) or (known.min() == known.max() and not is_missing.any()):
            return None
        return cls(float(known.mean() > 0.5), bool(is_missing.any()))

    @property
    def features(self) -> tuple[str, ...]:
        """What to call each feature, after the name of the column."""
        return ("", " is missing") if self.has_gaps else ("",)

    def encode(self, values: DoubleArray) -> Encoded:
        """Turn rows into features."""
        is_missing = np.isnan(values)
        dense = [np.where(is_missing, self.usual, values)]
        return Encoded([*dense, is_missing.astype(np.float64)] if self.has_gaps else dense)


@dataclass(frozen=True)
class Category:
    """One of several words: a feature for each, one for all rare ones, one for none.

    Parameters
    ----------
    frequent : tuple of str
        Categories with a feature of their own, in order.
    rare : tuple of str
        Categories that share one, with those that training did not see; without any, an unseen one
        sets no feature.
    has_gaps : bool
        Whether training rows miss it: then that is a feature.
    """

    kind: ClassVar = "category"

    frequent: tuple[str, ...]
    rare: tuple[str, ...]
    has_gaps: bool

    @classmethod
    def learn(cls, values: Values, min_frequency: int) -> Category | None:
        """Learn it from training rows; None if there is nothing to learn from."""
        is_missing = np.array([value is None for value in values], dtype=bool)
        words, counts = np.unique(values[~is_missing].astype(str), return_counts=True)
        is_rare = counts < min_frequency
        found = cls(tuple(words[~is_rare].tolist()), tuple(words[is_rare].tolist()),
                    bool(is_missing.any()))  # fmt: skip
        return found if len(found.features) > 1 else None

    @property
    def features(self) -> tuple[str, ...]:
        """What to call each feature, after the name of the column."""
        return (
            *(f"={word}" for word in self.frequent),
            *([" is rare"] if self.rare else []),
            *([" is missing"] if self.has_gaps else []),
        )

    def encode(self, values: Values) -> Encoded:
        """Turn rows into features."""
        n_frequent, n_features = len(self.frequent), len(self.features)
        places: dict[str | None, int] = {word: place for place, word in enumerate(self.frequent)}
        places |= dict.fromkeys(self.rare, n_frequent)
        places[None] = n_features - 1 if self.has_gaps else -1
        otherwise = n_frequent if self.rare else -1
        unknown: dict[str, int] = {}
        codes = np.empty(len(values), dtype=np.intp)
        for row, value in enumerate(values):
            code = places.get(value)
            if code is None:
                unknown[value] = unknown.get(value, 0) + 1
                code = otherwise
            codes[row] = code
        return Encoded(hot=[(codes, n_features)], unknown=unknown)


@dataclass(frozen=True)
class Date:
    """A moment: the days gone by, the month, the day of the week and the hour, as far as they vary.

    Parameters
    ----------
    days : Number
        Of the days since ``origin``; also tells whether the moment may be missing.
    origin : int
        The first moment of the training rows, in seconds since 1970.
    parts : tuple of str
        Which of "month", "weekday" and "hour" vary in the training rows.
    pattern : str or None
        How dates are written where they come as text, see `ctre.tables.dates`.
    """

    kind: ClassVar = "date"

    days: Number
    origin: int
    parts: tuple[str, ...]
    pattern: str | None

    @classmethod
    def learn(cls, values: Values, pattern: str | None) -> Date | None:
        """Learn it from training rows; None if there is nothing to learn from."""
        known = values[~np.isnat(values)]
        if not len(known):
            return None
        origin = int(known.min().astype(np.int64))
        days = Number.learn(_days_since(values, origin))
        if days is None:
            return None
        parts = (part for part, of in _PARTS.items() if len(np.unique(of(known))) > 1)
        return cls(days, origin, tuple(parts), pattern)

    @property
    def features(self) -> tuple[str, ...]:
        """What to call each feature, after the name of the column."""
        names = [f": {name}" for part in self.parts for name in _PART_NAMES[part]]
        return (*self.days.features, *names)

    def encode(self, values: Values) -> Encoded:
        """Turn rows into features."""
        is_missing = np.isnat(values)
        hot = [
            (np.where(is_missing, -1, _PARTS[part](values)), len(_PART_NAMES[part]))
            for part in self.parts
        ]
        return Encoded(self.days.encode(_days_since(values, self.origin)).dense, hot)


def _days_since(values: Values, origin: int) -> DoubleArray:
    seconds = values.astype(np.int64) - origin
    return np.where(np.isnat(values), np.nan, seconds / _DAY)


def _month(values: Values) -> NDArray[np.intp]:
    return values.astype("datetime64[M]").astype(np.intp) % 12


def _weekday(values: Values) -> NDArray[np.intp]:
    return (values.astype("datetime64[D]").astype(np.intp) + 3) % 7  # 1970 began on a Thursday


def _hour(values: Values) -> NDArray[np.intp]:
    return values.astype("datetime64[h]").astype(np.intp) % 24


DATE_PARTS = ("month", "weekday", "hour")
"""What a date is taken apart into, beside the days gone by."""

_PARTS = {"month": _month, "weekday": _weekday, "hour": _hour}
_PART_NAMES = {"month": _MONTHS, "weekday": _WEEKDAYS, "hour": _HOURS}


@dataclass(frozen=True)
class Dropped:
    """A column that says nothing.

    Parameters
    ----------
    why : str
        Such as "constant".
    """

    kind: ClassVar = "dropped"

    why: str

    features: ClassVar[tuple[str, ...]] = ()

    def encode(self, values: Values) -> Encoded:  # noqa: ARG002
        """Give no feature."""
        return Encoded()


ColumnFeatures: TypeAlias = Number | Boolean | Category | Date | Dropped
