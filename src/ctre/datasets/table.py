"""Read CSV and TSV files, and say exactly which cell is wrong."""

from __future__ import annotations

import csv
import difflib
import gzip
import math
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TextIO

import numpy as np

from ctre.datasets.labels import as_labels
from ctre.datasets.record import KnownNames, LabelledTable
from ctre.errors import DatasetError, InvalidDataError, InvalidParameterError

_TARGET_NAMES = frozenset({"target", "label", "class", "y"})
_MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
_MISSING_LABELS = frozenset({"", "?", "na", "nan"})  # "none" may well be the name of a class
_LARGEST = float(np.finfo(np.float32).max)
_FEW_NAMES = 10


def read_table(
    path: Path,
    target: str | int | None = None,
    *,
    need_labels: bool,
    known: KnownNames | None = None,
) -> LabelledTable:
    """Read rows of numbers, with or without a column of labels.

    Fields are separated by commas, semicolons or tabs, whichever the first line has most of; they
    may be quoted. Blank lines and a byte order mark are skipped; ``.gz`` is unpacked. The first
    line is a header if it holds the target's name, all known names, or text above a number.

    Parameters
    ----------
    path : Path
        A file in UTF-8.
    target : str or int, optional
        The column of labels: its name, or its place counted from 1 (-1 is the last). Without it
        a column called target, label, class or y, whatever its case.
    need_labels : bool
        Whether there must be such a column.
    known : KnownNames, optional
        What the columns were called in training; without ``target``, the labels are in the column
        called as they were then, if there is one.

    Returns
    -------
    LabelledTable
        ``y`` is None if the file has no such column; ``target_name`` is what it is called,
        whatever way it was chosen.

    Raises
    ------
    InvalidDataError
        If a cell is missing, no number, infinite or too large for float32 (names row and
        column), if rows differ in length, or if column names are missing or repeated.
    InvalidParameterError
        If ``target`` is a place that the file does not have, several columns could be meant, or
        the labels are needed and none is.
    DatasetError
        If a ``.gz`` file is damaged.
    """
    layout = _find_layout(path, target, known or KnownNames())
    if need_labels and layout.target is None:
        raise InvalidParameterError(_which_target(path, layout, target))
    codes: dict[str, int] = {}  # labels numbered in order of appearance

    def encode(cell: str) -> float:
        return float(codes.setdefault(cell.strip(), len(codes)))

    try:
        with _opened(path) as file, np.errstate(over="ignore"):
            for _ in range(layout.n_header_lines):
                next(file)
            cells = np.loadtxt(
                file,
                dtype=np.float32,
                delimiter=layout.delimiter,
                quotechar='"',
                comments=None,
                converters=None if layout.target is None else {layout.target: encode},
                encoding="utf-8",
                ndmin=2,
            )
    except ValueError as error:  # what is wrong where is worth a second, slower look
        _explain(path, layout, str(error))
    missing_label = any(label.casefold() in _MISSING_LABELS for label in codes)
    if cells.shape[1] != layout.n_columns or missing_label or not np.isfinite(cells).all():
        _explain(path, layout, "its rows cannot be read")

    if layout.target is None:
        return LabelledTable(cells, None, layout.names)
    names, target_name = layout.names, None
    if names is not None:
        target_name = names[layout.target]
        names = names[: layout.target] + names[layout.target + 1 :]
    labels = np.array(list(codes))[cells[:, layout.target].astype(np.int64)]
    X = np.delete(cells, layout.target, axis=1)
    return LabelledTable(X, as_labels(labels, f"The target of {path}"), names, target_name)


@dataclass(frozen=True)
class _Layout:
    delimiter: str
    n_header_lines: int
    n_columns: int
    names: tuple[str, ...] | None
    target: int | None  # counted from 0


def _find_layout(path: Path, target: str | int | None, known: KnownNames) -> _Layout:
    delimiter = _find_delimiter(path)
    rows = _rows(path, delimiter)
    n_lines, first = next(rows, (0, []))
    _, second = next(rows, (0, []))
    if not first:
        raise InvalidDataError(f"{path} is empty.")
    names = [cell.strip() for cell in first]
    if not _is_header(names, second, target, known):
        return _Layout(delimiter, 0, len(first), None, _place_of(target, len(first), path))
    if not second:
        raise InvalidDataError(f"{path} has a header and no rows.")
    _require_proper_names(names, path)
    if target is None:
        index = _usual_index(names, known, path)
    elif target in names:
        index = names.index(str(target))
    else:
        index = _place_of(target, len(first), path)
    return _Layout(delimiter, n_lines, len(first), tuple(names), index)


def _is_header(
    names: Sequence[str], below: Sequence[str], target: str | int | None, known: KnownNames
) -> bool:
    if target in names or any(name.casefold() in _TARGET_NAMES for name in names):
        return True
    if known.features is not None and set(known.features) <= set(names):
        return True
    pairs = zip(names, below, strict=False)
    return any(_is_text(name) and not _is_text(cell) for name, cell in pairs)


def _find_delimiter(path: Path) -> str:
    if path.name.removesuffix(".gz").endswith(".tsv"):
        return "\t"
    with _opened(path) as file:
        line = next((line for line in file if line.strip()), "")
    return max(",;\t", key=lambda mark: len(next(csv.reader([line], delimiter=mark), [])))


def _usual_index(names: Sequence[str], known: KnownNames, path: Path) -> int | None:
    if known.target in names:
        return names.index(str(known.target))
    usual = [name for name in names if name.casefold() in _TARGET_NAMES]
    candidates = [name for name in usual if name not in (known.features or ())]
    if len(candidates) > 1:
        raise InvalidParameterError(
            f"target must say which column of {path} holds the labels: {' or '.join(candidates)}."
        )
    return names.index(candidates[0]) if candidates else None


def _place_of(target: str | int | None, n_columns: int, path: Path) -> int | None:
    """Turn a place counted from 1, or from the end, into an index; a name has none here."""
    try:
        place = int(target) if target is not None else None
    except ValueError:
        place = None
    if place is None:
        return None
    if not 1 <= abs(place) <= n_columns:
        raise InvalidParameterError(
            f"target must be one of the columns 1 to {n_columns} of {path} (or -1, the last), "
            f"got {place}."
        )
    return place - 1 if place > 0 else n_columns + place


def _require_proper_names(names: Sequence[str], path: Path) -> None:
    places: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if not name:
            raise InvalidDataError(
                f"Column {place} of {path} has no name. If it numbers the rows, write the file "
                "without it (pandas: index=False); else give it a name."
            )
        first = places.setdefault(name, place)
        if first != place:
            raise InvalidDataError(
                f"Columns {first} and {place} of {path} are both called {name!r}. Rename one."
            )


def _which_target(path: Path, layout: _Layout, target: str | int | None) -> str:
    if layout.names is None:
        return (
            f"{path} has no header, so target must be the place of the column of labels, 1 to "
            f"{layout.n_columns} (or -1, the last)."
        )
    near = difflib.get_close_matches(str(target), layout.names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    few = ", ".join(layout.names[:_FEW_NAMES])
    more = f", … ({layout.n_columns} in all)" if layout.n_columns > _FEW_NAMES else ""
    return (
        f"target must be the column of {path} that holds the labels, got {target!r}.{hint} "
        f"Columns: {few}{more}."
    )


def _explain(path: Path, layout: _Layout, otherwise: str) -> NoReturn:
    """Find the first cell that is wrong, and raise."""
    rows = _rows(path, layout.delimiter)
    if layout.names is not None:
        next(rows)
    for row, (line, cells) in enumerate(rows, start=1):
        where = f"{path}, row {row} (line {line})"
        if len(cells) != layout.n_columns:
            raise InvalidDataError(
                f"{where} must have {layout.n_columns} fields, as the first row has, "
                f"got {len(cells)}."
            )
        for index, cell in enumerate(cells):
            named = f" {layout.names[index]!r}" if layout.names is not None else ""
            wrong = _wrong_label(cell) if index == layout.target else _wrong_number(cell)
            if wrong:
                raise InvalidDataError(f"{where}, column {index + 1}{named}: {wrong}")
    raise InvalidDataError(f"{path} cannot be read as a table: {otherwise}.")


def _wrong_label(cell: str) -> str | None:
    if cell.strip().casefold() in _MISSING_LABELS:
        return f"the label is missing ({cell!r}). Remove the row."
    return None


def _wrong_number(cell: str) -> str | None:
    if cell.strip().casefold() in _MISSING:
        return f"the value is missing ({cell!r}). Fill it in, or remove the row or the column."
    if _is_text(cell):
        return f"{cell!r} is not a number. Encode text as numbers, or remove the column."
    if not math.isfinite(float(cell)) or abs(float(cell)) > _LARGEST:
        return f"{cell} must be finite and at most {_LARGEST:.3g}, the largest float32."
    return None


def _is_text(cell: str) -> bool:
    if "_" in cell:  # 1_000 is a number to Python alone
        return True
    try:
        float(cell)
    except ValueError:
        return True
    return False


def _rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Go through the rows that are not blank, each with the line it ends on."""
    with _opened(path) as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            for cells in reader:
                if cells:
                    yield reader.line_num, cells
        except csv.Error as error:
            raise InvalidDataError(f"{path}, line {reader.line_num}: {error}.") from error


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
                yield file
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield file
    except UnicodeDecodeError as error:
        raise InvalidDataError(f"{path} must be text in UTF-8: {error}.") from error
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(f"{path} is not a whole gzip file: {error}.") from error
