"""Is the first row of a table names, or data? Where that is not certain, nobody guesses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from ctre.datasets.names import LABELS
from ctre.datasets.numerals import Shape, shape_of

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_FEWEST_COUNTED = 3  # 1, 2 is the begin of many rows; 1, 2, 3 of few

Row = Sequence[str]


def is_header(
    first: Row,
    below: Sequence[Row],
    *,
    target: str | None,
    features: Sequence[str] | None,
    is_missing: Callable[[str], bool],
) -> bool | None:
    """Tell whether a row has the names of the columns below it.

    Certain are: the name of the target, all known names, or a usual name of labels, in a column
    that has it nowhere else; words above numbers; an ascending row of integers above others. A
    cell for a missing value says nothing.

    Parameters
    ----------
    first, below : rows
        The first row and some more, as many cells each.
    target : str or None
        What the column of labels is called, or its place.
    features : sequence of str or None
        What the columns are known to be called.
    is_missing : callable
        Whether a cell stands for no value.

    Returns
    -------
    bool or None
        None where it may be either.
    """
    names = [cell.strip() for cell in first]
    if features is not None and set(features) <= set(names):
        return True
    columns = list(zip(*below, strict=True)) if below else [()] * len(names)
    for name, column in zip(names, columns, strict=True):
        is_label = name.casefold() in LABELS or (name == target and not _is_whole(name))
        if is_label and name not in (cell.strip() for cell in column):
            return True
    shapes = [shape_of(name, is_missing) for name in names]
    if not below:
        return all(shape == "text" for shape in shapes)
    shapes_below = [{shape_of(cell, is_missing) for cell in column} for column in columns]
    for found in shapes_below:
        found.discard("missing")
    whole = names[1:] if not names[0] else names
    if whole and all(_is_whole(name) for name in whole) and _ascends(whole):
        return _is_row_of_integers(whole, below, shapes_below[len(names) - len(whole) :])
    return _words(names, shapes, columns, shapes_below)


def _is_row_of_integers(
    names: Row, below: Sequence[Row], shapes_below: Sequence[set[Shape]]
) -> bool | None:
    """Judge 0, 1, 2 or 2018, 2019 or 5, 7, 12 by whether the rows below are such rows too."""
    others = [found for found in shapes_below if found - {"integer"}]
    if len(others) > 1 or any("integer" not in found for found in others):
        return True
    if others:
        return None
    rows = [row[len(row) - len(names) :] for row in below]
    if all(_is_whole(cell) for row in rows for cell in row) and all(map(_ascends, rows)):
        return False
    numbers = [int(name) for name in names]
    is_counted = all(after - before == 1 for before, after in pairwise(numbers))
    is_usual = numbers[0] in (0, 1) or _FIRST_YEAR <= numbers[0] <= numbers[-1] <= _LAST_YEAR
    return None if is_counted and is_usual and len(numbers) >= _FEWEST_COUNTED else False


def _words(
    names: Row,
    shapes: Sequence[Shape],
    columns: Sequence[Row],
    shapes_below: Sequence[set[Shape]],
) -> bool | None:
    whole = [name for name, shape in zip(names, shapes, strict=True) if shape == "integer"]
    may_be_names = len(whole) > 1 and _ascends(whole)  # as in: id, 2018, 2019
    speaks_for = speaks_against = integers_speak_against = False
    for shape, found in zip(shapes, shapes_below, strict=True):
        if shape == "missing" or not found:
            continue
        if shape == "text":
            speaks_for |= "text" not in found
        elif shape == "integer":
            integers_speak_against |= bool(found - {"text"})
        else:
            speaks_against |= bool(found - {"text"})
    speaks_against |= integers_speak_against and not (speaks_for and may_be_names)
    if speaks_for != speaks_against:
        return speaks_for
    if speaks_for:
        return None
    cells = [[cell.strip() for cell in column] for column in columns]
    is_new = all(name not in column for name, column in zip(names, cells, strict=True))
    recurs = all(len(set(column)) < len(column) for column in cells)
    return True if is_new and recurs and len(set(names)) == len(names) and all(names) else None


def _is_whole(cell: str) -> bool:
    return cell.strip().lstrip("+-").isdecimal()


def _ascends(cells: Row) -> bool:
    numbers = [int(cell) for cell in cells]
    return all(before < after for before, after in pairwise(numbers))
