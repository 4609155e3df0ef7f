"""Make numbers of a raw table, or say what stands in the way."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray
from ctre.datasets.columns import RawColumn
from ctre.datasets.labels import label_type_of, labels_of_text
from ctre.datasets.numerals import as_numeral, plain_number
from ctre.datasets.raw_table import RawTable
from ctre.datasets.record import LabelledTable, Rows

_LARGEST = float(np.finfo(np.float32).max)
_NO_TEXT = "Encode text as numbers, or remove the column."
_NO_GAPS = "Fill in what is missing, or remove the row or the column."


def as_numbers(table: RawTable) -> LabelledTable:
    """Make a matrix of the columns of a table.

    Parameters
    ----------
    table : RawTable
        As it was read.

    Returns
    -------
    LabelledTable
        float32 where that holds every value exactly, else float64.

    Raises
    ------
    InvalidDataError
        If rows or names are wrong, or a column is text, dates, or has missing values or numbers
        beyond float32; all in one message.
    """
    for column in table.columns:
        if not column.ambiguity:
            _judge(column, table)
    table.problems.raise_if_any()
    y, file_format = labels_of(table), table.file_format
    if y is not None:
        file_format = replace(file_format, label_type=label_type_of(y))
    return LabelledTable(
        X=as_matrix(table.columns),
        y=y,
        feature_names=table.names,
        target_name=table.target_name,
        file_format=file_format,
        has_label=has_label(table),
    )


def labels_of(table: RawTable) -> NDArray[np.generic] | None:
    """Give the labels of a table, those that it has; None if it has none."""
    labels = table.labels
    if labels is None:
        return None
    given = labels[np.array([label is not None for label in labels], dtype=bool)]
    return labels_of_text(
        given,
        f"The labels of {table.source}",
        kind=table.file_format.label_type,
        decimal=table.file_format.decimal or ".",
    )


def has_label(table: RawTable) -> NDArray[np.bool_] | None:
    """Tell which rows have a label, None if all have one or none has."""
    if table.labels is None:
        return None
    given = np.array([label is not None for label in table.labels], dtype=bool)
    return None if given.all() else given


def as_matrix(columns: tuple[RawColumn, ...]) -> Rows:
    """Put columns of numbers side by side, C-ordered."""
    exact = all(np.array_equal(c.values, c.values.astype(np.float32)) for c in columns)
    X = np.empty((len(columns[0].values), len(columns)), np.float32 if exact else np.float64)
    for place, column in enumerate(columns):
        X[:, place] = column.values
    return X


def _judge(column: RawColumn, table: RawTable) -> None:
    if column.is_numeric:
        _judge_numbers(column, column.values, table)
        return
    cells = column.values
    present = np.flatnonzero([cell is not None for cell in cells])
    if not len(present):
        table.problems.add(f"{column.label} is empty", _NO_GAPS)
        return
    if column.kind == "date":
        table.problems.add(
            f"{column.label} has dates, such as {cells[present[0]]!r}", "Encode dates as numbers."
        )
        return
    if not note_strays(column, table, least=0.5, way_out=_NO_TEXT):
        first = next(row for row in present.tolist() if plain_number(cells[row]) is None)
        where = f"{table.where(first)}{_disturbs(cells[first])}"
        table.problems.add(
            f"{column.label} has text, such as {cells[first]!r} in {where}", _NO_TEXT
        )


def note_strays(column: RawColumn, table: RawTable, *, least: float, way_out: str) -> bool:
    """Note a column of text that seems meant as numbers, and tell whether it is one.

    Parameters
    ----------
    column, table
        The column, of text, and its table, which takes the problem.
    least : float in [0, 1]
        The share of numbers among the cells that are not missing, from which on it seems so.
    way_out : str
        What can be done, where the cells mean something.
    """
    cells = column.values
    present = [row for row, cell in enumerate(cells) if cell is not None]
    odd = [row for row in present if plain_number(cells[row]) is None]
    if len(present) - len(odd) < least * len(present):
        return False
    first, cell = odd[0], cells[odd[0]]
    table.problems.add(
        f"{table.where(first)}, {column.label}: {cell!r} is not a number{_disturbs(cell)}"
        f"{_and_more(len(odd))}",
        f"{way_out} If {cell!r} stands for no value: missing={cell!r}.",
    )
    return True


def _judge_numbers(column: RawColumn, values: DoubleArray, table: RawTable) -> None:
    missing = np.flatnonzero(np.isnan(values))
    if len(missing):
        where = table.where(int(missing[0]))
        table.problems.add(
            f"{where}, {column.label}: the value is missing{_and_more(len(missing))}", _NO_GAPS
        )
    with np.errstate(invalid="ignore"):
        large = np.flatnonzero(np.abs(values) > _LARGEST)
    if len(large):
        where = table.where(int(large[0]))
        table.problems.add(
            f"{where}, {column.label}: {values[large[0]]:g} must be finite and at most "
            f"{_LARGEST:.3g}, the largest float32{_and_more(len(large))}"
        )


def _and_more(number: int) -> str:
    return "" if number == 1 else f" (so it is in {number} rows)"


def _disturbs(cell: str) -> str:
    """Name the mark that makes a cell no number, where it is a short one beside digits."""
    mark = re.sub(r"[\d.,+\-\s]", "", cell)
    if not re.search(r"\d", cell) or not 0 < len(mark) <= 4 or as_numeral(cell):
        return ""
    return f": {mark!r} disturbs"
