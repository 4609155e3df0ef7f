"""Columns of a table as they come, and what kind each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray
from ctre.datasets.numerals import booleans
from ctre.errors import InvalidDataError
from ctre.tables.dates import as_moments, find_pattern

Kind: TypeAlias = Literal["number", "boolean", "category", "date"]


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        What it is called.
    values : array of shape (n_rows,)
        float64, NaN where missing; datetime64[s], NaT where missing; or of dtype object: text, None
        where missing.
    is_boolean : bool, default=False
        Whether its numbers are 0 and 1 for no and yes.
    """

    name: str
    values: NDArray[Any]
    is_boolean: bool = False

    @property
    def natural_kind(self) -> Kind:
        """What it is by its values alone; text may be yes and no, or dates written in one way."""
        if self.is_boolean:
            return "boolean"
        if self.values.dtype.kind == "f":
            return "number"
        if self.values.dtype.kind == "M":
            return "date"
        present = [value for value in self.values if value is not None]
        if not present:
            return "number"
        if booleans(present) is not None:
            return "boolean"
        return "date" if find_pattern(present) is not None else "category"

    def take(self, rows: NDArray[np.intp]) -> Column:
        """Give it for some rows."""
        return Column(self.name, self.values[rows], self.is_boolean)

    def numbers(self, *, allowed: Sequence[float] | None = None) -> DoubleArray:
        """Give its values as numbers, missing ones as NaN.

        Raises
        ------
        InvalidDataError
            If one is no finite number, or none that is allowed.
        """
        if self.values.dtype.kind == "M":
            raise self._is_not("numbers", "dates")
        if self.values.dtype.kind == "f":
            values = self.values
        elif (words := booleans(v for v in self.values if v is not None)) is not None:
            values = np.array([np.nan if v is None else words[v] for v in self.values])
        else:
            values = np.array([np.nan if v is None else self._number(v) for v in self.values])
        infinite = np.isinf(values)
        if infinite.any():
            raise self._is_not(
                "finite numbers",
                f"{values[infinite][0]}. Where it stands for no value, write none; of a file, "
                "missing='inf' says so",
            )
        if allowed is not None:
            odd = values[~np.isnan(values) & ~np.isin(values, allowed)]
            if len(odd):
                raise self._is_not("yes or no, 1 or 0", f"{odd[0]:g}")
        return values

    def words(self) -> NDArray[np.object_]:
        """Give its values as text, missing ones as None; whole numbers without a fraction."""
        if self.values.dtype.kind == "O":
            return self.values
        if self.values.dtype.kind == "M":
            texts: NDArray[np.object_] = np.datetime_as_string(self.values).astype(object)
            texts[np.isnat(self.values)] = None
            return texts
        known = np.unique(self.values[~np.isnan(self.values)]).tolist()
        texts_of = {v: str(int(v)) if v.is_integer() else repr(v) for v in known}
        return np.array([texts_of.get(value) for value in self.values.tolist()], dtype=object)

    def moments(self, pattern: str | None) -> NDArray[np.datetime64]:
        """Give its values as datetime64[s], missing ones as NaT.

        Raises
        ------
        InvalidDataError
            If one is no date, written so.
        """
        if self.values.dtype.kind == "M":
            return self.values
        if self.values.dtype.kind == "f":
            if np.isnan(self.values).all():
                return np.full(len(self.values), "NaT", dtype="datetime64[s]")
            raise self._is_not("dates", "numbers")
        pattern = pattern or find_pattern([v for v in self.values if v is not None])
        if pattern is None:
            raise self._is_not("dates, all written in one way", "text that is not")
        try:
            return as_moments(self.values, pattern)
        except ValueError as error:
            raise self._is_not(f"dates written as {pattern}", repr(error.args[0])) from None

    def _number(self, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise self._is_not("numbers", repr(text)) from None

    def _is_not(self, wanted: str, got: str) -> InvalidDataError:
        return InvalidDataError(f"Column {self.name!r} must hold {wanted}, got {got}.")


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of one length, each with a name of its own.

    Parameters
    ----------
    columns : tuple of Column
        At least one.
    is_named : bool, default=True
        Whether the names are given, and no mere numbers of the columns.

    Raises
    ------
    InvalidDataError
        If two have one name, or none is there.
    """

    columns: tuple[Column, ...]
    is_named: bool = True

    def __post_init__(self) -> None:
        if not self.columns:
            raise InvalidDataError("The table must have a column, got none.")
        names = set()
        for column in self.columns:
            if column.name in names:
                raise InvalidDataError(
                    f"Columns must have different names, got {column.name!r} twice. Rename one."
                )
            names.add(column.name)

    def __len__(self) -> int:
        return len(self.columns[0].values)

    def __getitem__(self, rows: NDArray[np.intp]) -> Table:
        """Give some rows, in that order."""
        return Table(tuple(column.take(rows) for column in self.columns), self.is_named)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self), len(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """What the columns are called."""
        return tuple(column.name for column in self.columns)
