"""Read CSV and TSV files: columns of whatever kind, rows with or without labels."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre.datasets.columns import ColumnCells, RawColumn, decimal_marks, make_column
from ctre.datasets.dialect import Dialect, Row, find_dialect
from ctre.datasets.file_format import FileFormat, KnownFile
from ctre.datasets.header import is_header
from ctre.datasets.names import LABELS
from ctre.datasets.numerals import MISSING, Decimal
from ctre.datasets.problems import Problems
from ctre.datasets.source import Source
from ctre.errors import InvalidDataError, InvalidParameterError

_FEW_NAMES = 10
_SAMPLE_ROWS = 100
_BLOCK_CELLS = 1 << 20


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table as its file has it, before anybody makes numbers of all of it.

    Parameters
    ----------
    source : str
        What the file is called.
    columns : tuple of RawColumn
        The features, in the order of the file.
    labels : object array of shape (n_rows,) or None
        The cells of the column of labels, None where blank; None without such a column, or where
        no row has a label.
    target_name : str or None
        What that column is called, where it has a name.
    lines : int64 array of shape (n_rows,)
        The line of the file that each row ends on.
    file_format : FileFormat
        What was told and found out.
    problems : Problems
        What is wrong with rows and names; whoever uses the columns raises it, with their own.
    """

    source: str
    columns: tuple[RawColumn, ...]
    labels: NDArray[Any] | None
    target_name: str | None
    lines: NDArray[np.int64]
    file_format: FileFormat
    problems: Problems

    @property
    def names(self) -> tuple[str, ...] | None:
        """What the features are called; None without a header."""
        names = [column.name for column in self.columns]
        return None if None in names else tuple(map(str, names))

    @property
    def is_numeric(self) -> bool:
        """Whether all columns are numbers, and none is missing."""
        return all(column.is_numeric and not column.is_missing.any() for column in self.columns)

    def select(self, names: Sequence[str]) -> RawTable:
        """Take the columns of those names, in that order, and say which others there are.

        Where some are missing, that becomes one of the table's problems.
        """
        by_name = {column.name: column for column in self.columns}
        lacking = [name for name in names if name not in by_name]
        wanted = set(names)
        surplus = [name for name in map(str, self.names or ()) if name not in wanted]
        if lacking:
            also = f"; it has {_list(surplus)}, which the model was not" if surplus else ""
            self.problems.add(f"{_columns(lacking)} missing, which the model was trained on{also}")
            return self
        if surplus:
            usual = [name for name in surplus if name.casefold() in LABELS]
            hint = f" If it holds the labels: target={usual[0]!r}." if usual else ""
            warnings.warn(
                f"{self.source}: {_columns(surplus)} left out; the model was not trained on "
                f"{'it' if len(surplus) == 1 else 'them'}.{hint}",
                stacklevel=4,
            )
        return replace(self, columns=tuple(by_name[name] for name in names))

    def where(self, row: int) -> str:
        """Say where a row, counted from 0, is in the file."""
        return f"row {row + 1} (line {self.lines[row]})"


def read_table(
    source: Source,
    target: str | int | None = None,
    *,
    need_labels: bool,
    told: FileFormat | None = None,
    known: KnownFile | None = None,
) -> RawTable:
    """Read a table, its columns of whatever kind.

    Cells are separated by commas, semicolons, tabs, bars or blanks, whichever divides the first
    hundred lines alike and into numbers; they may be quoted. Blank lines, remarks behind ``#`` and
    a byte order mark are skipped; what gzip packed is unpacked. A delimiter at the end of every
    row is none; a column without a name whose cells all differ, or one cell more in every row than
    in the header, are names of rows, and left out.

    Parameters
    ----------
    source : Source
        The file.
    target : str or int, optional
        The column of labels: its name, or its place counted from 1 (-1 is the last). Without it
        the one it was in training, or one with a usual name such as label, class or y.
    need_labels : bool
        Whether there must be such a column.
    told : FileFormat, optional
        What is known for sure of how it is written.
    known : KnownFile, optional
        What the file that a model was trained on was like.

    Returns
    -------
    RawTable
        See its ``problems`` before its columns are used.

    Raises
    ------
    InvalidDataError
        If no rows can be made of it.
    InvalidParameterError
        If it has to be told which column holds the labels, or whether there is a header.
    DatasetError
        If a packed file is damaged, or unpacks out of proportion.
    """
    return _Reader(source, told or FileFormat(), known or KnownFile()).read(target, need_labels)


@dataclass(frozen=True)
class _Layout:
    dialect: Dialect
    first_line: int  # rows up to this line are none
    width: int
    names: tuple[str, ...] | None
    is_trailed: bool  # a delimiter ends every row
    has_row_names: bool  # before the first named column
    target: int | None  # counted from 0

    def cells(self, row: Row) -> Sequence[str] | None:
        """Give the cells that belong to columns; None if the row has another number of them."""
        cells = row.cells
        if len(cells) == self.width:
            return cells
        if len(cells) == self.width + 1:
            if self.is_trailed and not cells[-1].strip():
                return cells[:-1]
            if self.has_row_names:
                return cells[1:]
        return None

    def rows(self) -> Iterator[Row]:
        with self.dialect.rows() as rows:
            for row in rows:
                if row.line > self.first_line and not (
                    row.cells[0].startswith("#") and self.cells(row) is None
                ):
                    yield row


class _Reader:
    def __init__(self, source: Source, told: FileFormat, known: KnownFile) -> None:
        self.source, self.told, self.known = source, told, known
        self.problems = Problems(str(source))
        hints = known.file_format
        missing = told.missing if told.missing is not None else hints.missing
        self.missing = missing
        marks = frozenset(MISSING if missing is None else (*map(str.casefold, missing), ""))
        self.is_missing: Callable[[str], bool] = lambda cell: cell.casefold() in marks
        self.encoding = source.encoding(told.encoding, hints.encoding)

    def read(self, target: str | int | None, need_labels: bool) -> RawTable:
        layout = self.find_layout(target)
        if need_labels and layout.target is None:
            raise InvalidParameterError(self.which_target(layout, target))
        gathered, lines = self.gather(layout)
        self.recover(layout, gathered)
        decimal = self.find_decimal(layout, gathered)
        kinds = self.known.file_format.kinds or {}
        columns: list[RawColumn] = []
        labels = None
        for index, cells in enumerate(gathered):
            name = None if layout.names is None else layout.names[index]
            if index == layout.target:
                labels = self.labels(cells.cells or [], lines, need=need_labels)
            elif cells.is_plain and cells.cells is None:
                columns.append(RawColumn(name, index + 1, "number", cells.numbers))
            else:
                key = str(index + 1) if name is None else name
                column = make_column(
                    name,
                    index + 1,
                    cells.cells or [],
                    is_missing=self.is_missing,
                    decimal=decimal,
                    known=kinds.get(key),
                )
                columns.append(column)
        columns = self.without_row_numbers(columns, layout)
        for column in columns:
            if column.ambiguity:
                self.problems.add(f"{column.label}: {column.ambiguity}")
        names = layout.names
        found = FileFormat(
            name=self.told.name,
            delimiter=layout.dialect.delimiter,
            decimal=decimal,
            header=names is not None,
            encoding=self.encoding,
            missing=self.missing,
            label_type=self.told.label_type,
            label_place=None if layout.target is None else layout.target + 1,
            kinds={column.key: column.kind for column in columns if column.kind != "number"},
        )
        target_name = None
        if names is not None and layout.target is not None:
            target_name = names[layout.target]
        return RawTable(
            source=str(self.source),
            columns=tuple(columns),
            labels=labels,
            target_name=target_name,
            lines=lines,
            file_format=found,
            problems=self.problems,
        )

    # --- what the first rows say -------------------------------------------------------------

    def find_layout(self, target: str | int | None) -> _Layout:
        may_be_one = self.known.features is not None and len(self.known.features) == 1
        hints = self.known.file_format
        dialect = find_dialect(
            self.source,
            self.encoding,
            self.told.delimiter or ("\t" if self.told.name == "tsv" else None),
            hints.delimiter,
            may_be_one=may_be_one,
        )
        with dialect.rows() as rows:
            sample = list(islice(rows, _SAMPLE_ROWS + 1))
        if not sample:
            raise InvalidDataError(f"{self.source} is empty.")
        first, below = sample[0], sample[1:]
        width = len(first.cells)
        longer = [row.cells for row in below if len(row.cells) == width + 1]
        is_longer = bool(below) and 2 * len(longer) > len(below)
        is_trailed = is_longer and all(not cells[-1].strip() for cells in longer)
        has_row_names = is_longer and not is_trailed
        if width > 1 and all(
            not row.cells[-1].strip() for row in sample if len(row.cells) == width
        ):
            width, is_trailed = width - 1, True
        layout = _Layout(dialect, 0, width, None, is_trailed, has_row_names, None)
        cells = list(first.cells[:width])
        names = self.find_names(layout, cells, below, target)
        if names is None:
            if has_row_names:
                raise InvalidDataError(
                    f"{self.source}, {self.at(first)} must have {width + 1} cells, as the rows "
                    f"below have, got {width}."
                )
            return replace(layout, target=self.find_place(target, width))
        first_line = first.line if names == cells else 0
        if not below and first_line:
            raise InvalidDataError(f"{self.source} has a header and no rows.")
        stripped = tuple(name.strip() for name in names)
        self.require_proper_names(stripped)
        return replace(
            layout,
            first_line=first_line,
            names=stripped,
            target=self.find_target(stripped, target),
        )

    def find_names(
        self, layout: _Layout, first: list[str], below: list[Row], target: str | int | None
    ) -> list[str] | None:
        rows = [cells for row in below if (cells := layout.cells(row)) is not None]
        told = self.told.header
        if told is None:
            told = is_header(
                first,
                rows,
                target=None if target is None else str(target),
                features=self.known.features,
                is_missing=self.is_missing,
            )
        remarked = layout.dialect.remarked_names
        if not told and len(remarked) == layout.width and self.told.header is not False:
            return remarked
        if told is None and layout.has_row_names:
            told = True
        if told is None:
            told = self.known.file_format.header if self.known.features is None else None
        if told is None:
            shown = ", ".join(first[:_FEW_NAMES]) + (", …" if len(first) > _FEW_NAMES else "")
            raise InvalidParameterError(
                f"The first row of {self.source} may be the columns' names or values: {shown}. "
                "Say which: header=True or header=False."
            )
        return first if told else None

    def find_place(self, target: str | int | None, width: int) -> int | None:
        """Find the labels of a table without a header."""
        place = self.known.file_format.label_place
        if target is None and place is not None and width - 1 == self.known.n_features:
            target = place
        return self.place_of(target, width)

    def find_target(self, names: Sequence[str], target: str | int | None) -> int | None:
        if target is not None:
            asked = str(target)
            return names.index(asked) if asked in names else self.place_of(target, len(names))
        if self.known.target in names:
            return names.index(str(self.known.target))
        if self.known.features is not None:
            return None
        candidates = [name for name in names if name.casefold() in LABELS]
        if len(candidates) > 1:
            raise InvalidParameterError(
                f"target must say which column of {self.source} holds the labels: "
                f"{' or '.join(candidates)}."
            )
        return names.index(candidates[0]) if candidates else None

    def place_of(self, target: str | int | None, n_columns: int) -> int | None:
        """Turn a place counted from 1, or from the end, into an index; a name has none here."""
        try:
            place = int(target) if target is not None else None
        except ValueError:
            place = None
        if place is None:
            return None
        if not 1 <= abs(place) <= n_columns:
            raise InvalidParameterError(
                f"target must be one of the columns 1 to {n_columns} of {self.source} (or -1, the "
                f"last), got {place}."
            )
        return place - 1 if place > 0 else n_columns + place

    def require_proper_names(self, names: Sequence[str]) -> None:
        places: dict[str, int] = {}
        for place, name in enumerate(names, start=1):
            if not name:
                if place > 1:
                    self.problems.add(f"column {place} has no name", "Give it one.")
                continue
            first = places.setdefault(name, place)
            if first != place:
                self.problems.add(
                    f"columns {first} and {place} are both called {name!r}", "Rename one."
                )

    def which_target(self, layout: _Layout, target: str | int | None) -> str:
        if layout.names is None:
            return (
                f"{self.source} has no header, so target must be the place of the column of "
                f"labels, 1 to {layout.width} (or -1, the last)."
            )
        near = difflib.get_close_matches(str(target), layout.names, n=1) if target else ()
        hint = f" Did you mean {near[0]!r}?" if near else ""
        few = ", ".join(layout.names[:_FEW_NAMES])
        more = f", … ({layout.width} in all)" if layout.width > _FEW_NAMES else ""
        got = "" if target is None else f", got {target!r}"
        return (
            f"target must be the column of {self.source} that holds the labels{got}.{hint} "
            f"Columns: {few}{more}."
        )

    def at(self, row: Row) -> str:
        return f"line {row.line}"

    # --- all rows ----------------------------------------------------------------------------

    def gather(self, layout: _Layout) -> tuple[list[ColumnCells], NDArray[np.int64]]:
        kinds: Mapping[str, str] = self.known.file_format.kinds or {}
        keys = layout.names or [str(place) for place in range(1, layout.width + 1)]
        gathered = [
            ColumnCells(keep=index == layout.target or kinds.get(key) in ("text", "date"))
            for index, key in enumerate(keys)
        ]
        lines: list[int] = []
        n_rows = max(1, _BLOCK_CELLS // layout.width)
        block: list[Sequence[str]] = []
        for number, row in enumerate(layout.rows(), start=1):
            cells = layout.cells(row)
            if cells is None:
                self.problems.add(
                    f"row {number} (line {row.line}) must have {layout.width} cells, as the first "
                    f"row has, got {len(row.cells)}"
                )
                continue
            lines.append(row.line)
            block.append(cells)
            if len(block) == n_rows:
                _take(block, gathered)
                block = []
        _take(block, gathered)
        return gathered, np.array(lines, dtype=np.int64)

    def recover(
        self, layout: _Layout, gathered: list[ColumnCells], also: Sequence[int] = ()
    ) -> None:
        """Go through the rows again for columns that were numbers until one cell was none."""
        lost = [i for i, column in enumerate(gathered) if column.is_lost or i in also]
        if not lost:
            return
        cells: dict[int, list[str]] = {index: [] for index in lost}
        for row in layout.rows():
            whole = layout.cells(row)
            if whole is not None:
                for index, column in cells.items():
                    column.append(whole[index].strip())
        for index, column in cells.items():
            gathered[index].cells = column

    def find_decimal(self, layout: _Layout, gathered: list[ColumnCells]) -> Decimal | None:
        """Find the one decimal mark of the file."""
        if self.told.decimal is not None:
            decimal: Decimal | None = self.told.decimal
        else:
            marks: set[Decimal | None] = set()
            for index, column in enumerate(gathered):
                if index != layout.target and column.cells is not None:
                    marks |= decimal_marks(column.cells, self.is_missing)
                elif column.has_point:
                    marks.add(".")
            certain = marks - {None}
            if certain:
                decimal = "." if "." in certain else ","
            elif self.known.file_format.delimiter == layout.dialect.delimiter:
                decimal = self.known.file_format.decimal
            else:
                decimal = "," if None in marks and layout.dialect.delimiter == ";" else None
        if decimal == ",":
            also = [i for i, column in enumerate(gathered) if column.is_plain and column.points]
            self.recover(layout, gathered, also)
        return decimal

    def labels(self, cells: list[str], lines: NDArray[np.int64], *, need: bool) -> Any:
        """Give the labels, None where one is missing, or None if all are."""
        labels = np.array([None if self.is_missing(cell) else cell for cell in cells], dtype=object)
        missing = [row for row, label in enumerate(labels) if label is None]
        if need and missing:
            row = missing[0]
            mark = cells[row]
            ways_out = "Remove such rows."
            if mark:
                ways_out += f" If {mark!r} is the name of a class, missing='' says so."
            self.problems.add(
                f"{len(missing)} of {len(cells)} labels are missing, the first ({mark!r}) in "
                f"row {row + 1} (line {lines[row]})",
                ways_out,
            )
        return None if len(missing) == len(labels) else labels

    def without_row_numbers(self, columns: list[RawColumn], layout: _Layout) -> list[RawColumn]:
        if layout.has_row_names:
            self.note("The first cell of every row has no name: names of rows, which are left out.")
        if not columns or columns[0].name != "":
            return columns
        values = columns[0].values.tolist()
        if len(set(values)) < len(values):
            self.problems.add(
                "column 1 has no name",
                "If it numbers the rows, write the file without it (pandas: index=False); else "
                "give it a name.",
            )
            return columns
        self.note("Column 1 has no name and a different cell in every row: it is left out.")
        return columns[1:]

    def note(self, text: str) -> None:
        warnings.warn(f"{self.source}: {text}", stacklevel=5)


def _columns(names: Sequence[str]) -> str:
    return f"column {names[0]!r} is" if len(names) == 1 else f"columns {_list(names)} are"


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_FEW_NAMES]))
    return f"{shown}, … ({len(names)} in all)" if len(names) > _FEW_NAMES else shown


def _take(block: list[Sequence[str]], gathered: list[ColumnCells]) -> None:
    for cells, column in zip(zip(*block, strict=True), gathered, strict=False):
        column.add(cells)
