"""Columns of a table as their cells come: numbers, yes and no, dates, or text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre.datasets.file_format import ColumnKind
from ctre.datasets.numerals import (
    Decimal,
    as_numeral,
    booleans,
    decimal_of,
    hexadecimal,
    is_date,
    marks_of,
    plain_number,
    value_of,
)

IsMissing = Callable[[str], bool]


@dataclass(frozen=True, eq=False)
class RawColumn:
    """One column of a table.

    Parameters
    ----------
    name : str or None
        What the header calls it.
    place : int
        Where it is in the file, from 1.
    kind : {"number", "boolean", "date", "text"}
        What all its cells are that are not missing.
    values : array of shape (n_rows,)
        float64 with NaN where a value is missing, booleans as 0 and 1; of dates and text the
        cells, None where missing, dtype object.
    ambiguity : str
        Why nobody can tell what its numbers are; blank otherwise.
    """

    name: str | None
    place: int
    kind: ColumnKind
    values: NDArray[Any]
    ambiguity: str = ""

    @property
    def label(self) -> str:
        """What messages call it."""
        return f"column {self.place}" + (f" {self.name!r}" if self.name is not None else "")

    @property
    def key(self) -> str:
        """Its name, or its place where it has none."""
        return str(self.place) if self.name is None else self.name

    @property
    def is_numeric(self) -> bool:
        """Whether ``values`` are numbers."""
        return self.kind in ("number", "boolean")

    @property
    def is_missing(self) -> NDArray[np.bool_]:
        """Where it has no value, shape (n_rows,)."""
        if self.is_numeric:
            return np.asarray(np.isnan(self.values))
        return np.array([value is None for value in self.values], dtype=bool)


def decimal_marks(cells: Sequence[str], is_missing: IsMissing) -> set[Decimal | None]:
    """Tell which decimal marks a column of numerals shows; None is one that may be either's."""
    marks: set[Decimal | None] = set()
    for cell in set(cells):
        if is_missing(cell) or hexadecimal(cell) is not None:
            continue
        numeral = as_numeral(cell)
        if numeral is None:
            return set()
        if "." in numeral["body"] or "," in numeral["body"]:
            marks.add(decimal_of(numeral))
    return marks


def make_column(
    name: str | None,
    place: int,
    cells: Sequence[str],
    *,
    is_missing: IsMissing,
    decimal: Decimal | None,
    known: ColumnKind | None,
) -> RawColumn:
    """Decide what the cells of a column are, all of them.

    Parameters
    ----------
    name, place
        As in `RawColumn`.
    cells : sequence of str
        Stripped.
    is_missing : callable
        Whether a cell stands for no value.
    decimal : str or None
        The decimal mark of the file; None if nothing tells.
    known : str or None
        The kind of the column in training.
    """
    distinct = {cell for cell in cells if not is_missing(cell)}
    values: dict[str, float] | None = None
    kind: ColumnKind = "number"
    ambiguity = ""
    if known in ("text", "date"):
        kind = known
    elif (values := _plain(distinct, decimal)) is None and (
        values := booleans(distinct)
    ) is not None:
        kind = "boolean"
    elif values is None:
        values, ambiguity = _numerals(distinct, decimal)
        if values is None:
            kind = "date" if all(map(is_date, distinct)) else "text"
    if values is None:
        return RawColumn(name, place, kind, _as_objects(cells, is_missing), ambiguity)
    look_up = values.get
    numbers = np.array([look_up(cell, np.nan) for cell in cells], dtype=np.float64)
    return RawColumn(name, place, kind, numbers)


def _plain(cells: set[str], decimal: Decimal | None) -> dict[str, float] | None:
    values = {}
    for cell in cells:
        value = None if decimal == "," and "." in cell else plain_number(cell)
        if value is None:
            return None
        values[cell] = value
    return values


def _numerals(cells: set[str], decimal: Decimal | None) -> tuple[dict[str, float] | None, str]:
    """Read numbers however they are written, or say what nobody can tell of them."""
    hexadecimals = {cell: hexadecimal(cell) for cell in cells}
    if all(value is not None for value in hexadecimals.values()):
        return {cell: float(value or 0) for cell, value in hexadecimals.items()}, ""
    numerals = {cell: as_numeral(cell) for cell in sorted(cells)}
    found = {cell: numeral for cell, numeral in numerals.items() if numeral is not None}
    if len(found) < len(numerals):
        return None, ""
    marks = {marks_of(numeral): cell for cell, numeral in found.items()}
    if len(marks) > 1:
        first, second = list(marks.values())[:2]
        return None, f"{first!r} and {second!r} are numbers written differently"
    if decimal is None:
        either = [c for c, numeral in found.items() if "," in c and decimal_of(numeral) is None]
        if either:
            return None, (
                f"{either[0]!r} may have a decimal comma or a comma between thousands; "
                "decimal=',' or decimal='.' says which"
            )
    values = {cell: value_of(numeral, decimal or ".") for cell, numeral in found.items()}
    wrong = [cell for cell, value in values.items() if value is None]
    if wrong:
        return None, _clash(wrong, decimal or ".")
    return {cell: float(value or 0) for cell, value in values.items()}, ""


def _clash(cells: Sequence[str], decimal: Decimal) -> str:
    other = "," if decimal == "." else "."
    odd = next((cell for cell in cells if other in cell), None)
    if odd is None:
        return ""
    names = {".": "point", ",": "comma"}
    return (
        f"{odd!r} has a {names[other]} where the other numbers of the file have a decimal "
        f"{names[decimal]}"
    )


def _as_objects(cells: Sequence[str], is_missing: IsMissing) -> NDArray[Any]:
    memo: dict[str, str | None] = {}
    values = np.empty(len(cells), dtype=object)
    for row, cell in enumerate(cells):
        if cell not in memo:
            memo[cell] = None if is_missing(cell) else cell
        values[row] = memo[cell]
    return values
