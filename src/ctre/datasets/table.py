"""Read CSV and TSV files: columns of whatever kind, rows with or without labels."""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray
from ctre.datasets.columns import RawColumn, decimal_marks, make_column
from ctre.datasets.file_format import FileFormat, KnownFile
from ctre.datasets.gathering import GatheredCells
from ctre.datasets.labels import known_label_type
from ctre.datasets.layout import Layout, LayoutFinder
from ctre.datasets.numerals import MISSING, MISSING_LABELS, Decimal, plain_number
from ctre.datasets.problems import Problems
from ctre.datasets.raw_table import RawTable
from ctre.datasets.source import Source

_BLOCK_CELLS = 1 << 16
_BLOCK_ROWS = 512  # of 700 new lists Python takes some for garbage, and looks through all it has


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


class _Reader:
    def __init__(self, source: Source, told: FileFormat, known: KnownFile) -> None:
        self.source, self.told, self.known = source, told, known
        self.problems = Problems(str(source))
        hints = known.file_format
        missing = told.missing if told.missing is not None else hints.missing
        self.missing = missing
        marks = frozenset(MISSING if missing is None else (*map(str.casefold, missing), ""))
        label_marks = frozenset(MISSING_LABELS) if missing is None else marks
        self.is_missing_label: Callable[[str], bool] = lambda cell: cell.casefold() in label_marks
        self.missing_numbers = [
            value for mark in marks if (value := plain_number(mark)) is not None
        ]
        self.is_missing: Callable[[str], bool] = lambda cell: cell.casefold() in marks
        self.encoding = source.encoding(told.encoding, hints.encoding)

    def read(self, target: str | int | None, need_labels: bool) -> RawTable:
        finder = LayoutFinder(
            self.source, self.encoding, self.told, self.known, self.is_missing, self.problems
        )
        layout = finder.find(target)
        if need_labels and layout.target is None:
            raise finder.targets.question(layout.names, layout.width, target)
        gathered, lines = self.gather(layout)
        _recover(gathered.lost, layout, gathered)
        decimal = self.find_decimal(layout, gathered)
        plain = self.plain_columns(gathered)
        kinds = self.known.file_format.kinds or {}
        columns: list[RawColumn] = []
        labels = None
        for index in range(layout.width):
            name = None if layout.names is None else layout.names[index]
            if index == layout.target:
                where = f"column {index + 1}" + (f" {name!r}" if name is not None else "")
                labels = self.labels(gathered.cells[index], lines, where, need=need_labels)
            elif index in plain:
                columns.append(RawColumn(name, index + 1, "number", plain[index]))
            else:
                key = str(index + 1) if name is None else name
                column = make_column(
                    name,
                    index + 1,
                    gathered.cells.pop(index),
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
            quote=layout.dialect.quote,
            decimal=decimal,
            header=names is not None,
            encoding=self.encoding,
            missing=self.missing,
            label_type=known_label_type(self.told, self.known),
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

    def gather(self, layout: Layout) -> tuple[GatheredCells, NDArray[np.int64]]:
        kinds: Mapping[str, str] = self.known.file_format.kinds or {}
        keys = layout.names or [str(place) for place in range(1, layout.width + 1)]
        gathered = GatheredCells(
            [
                index == layout.target or kinds.get(key) in ("text", "date")
                for index, key in enumerate(keys)
            ]
        )
        lines = array("q")
        n_rows = min(_BLOCK_ROWS, max(1, _BLOCK_CELLS // layout.width))
        block: list[Sequence[str]] = []
        for number, (line, row) in enumerate(layout.rows(), start=1):
            cells = row if len(row) == layout.width else layout.cells(row)
            if cells is None:
                self.problems.add(
                    f"row {number} (line {line}) must have {layout.width} fields, as the first "
                    f"row has, got {len(row)}"
                )
                continue
            lines.append(line)
            block.append(cells)
            if len(block) == n_rows:
                gathered.add(block)
                block = []
        gathered.add(block)
        return gathered, np.array(lines, dtype=np.int64)

    def plain_columns(self, gathered: GatheredCells) -> dict[int, DoubleArray]:
        """Give the columns of plain numbers, NaN for the numbers that stand for no value."""
        places, numbers = gathered.take_numbers()
        for value in self.missing_numbers:
            numbers[numbers == value] = np.nan
        return dict(zip(places, numbers, strict=True))

    def find_decimal(self, layout: Layout, gathered: GatheredCells) -> Decimal | None:
        """Find the one decimal mark of the file."""
        if self.told.decimal is not None:
            decimal: Decimal | None = self.told.decimal
        else:
            marks: set[Decimal | None] = {"."} if gathered.has_certain_point else set()
            for index, cells in gathered.cells.items():
                if index != layout.target:
                    marks |= decimal_marks(cells, self.is_missing)
            certain = marks - {None}
            if certain:
                decimal = "." if "." in certain else ","
            elif self.known.file_format.delimiter == layout.dialect.delimiter:
                decimal = self.known.file_format.decimal
            else:
                decimal = "," if None in marks and layout.dialect.delimiter == ";" else None
        if decimal == ",":
            _recover(gathered.with_points(), layout, gathered)
        return decimal

    def labels(
        self, cells: list[str], lines: NDArray[np.int64], where: str, *, need: bool
    ) -> NDArray[Any] | None:
        """Give the labels, None where one is missing, or None if all are."""
        marks = {cell for cell in set(cells) if self.is_missing_label(cell)}
        missing = [row for row, cell in enumerate(cells) if cell in marks] if marks else []
        labels = np.array(cells, dtype=object)
        labels[missing] = None
        if need and missing:
            row = missing[0]
            mark = cells[row]
            ways_out = "Remove such rows."
            if mark:
                ways_out += f" If {mark!r} is the name of a class, missing='' says so."
            more = f" (so it is in {len(missing)} rows)" if len(missing) > 1 else ""
            at = f"row {row + 1} (line {lines[row]})"
            self.problems.add(
                f"{at}, {where}: the label is missing ({mark!r}){more}",
                ways_out,
            )
        return None if len(missing) == len(labels) else labels

    def without_row_numbers(self, columns: list[RawColumn], layout: Layout) -> list[RawColumn]:
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


def _recover(places: Sequence[int], layout: Layout, gathered: GatheredCells) -> None:
    """Go through the rows again for columns that were taken as numbers."""
    if places:
        rows = (cells for _, row in layout.rows() if (cells := layout.cells(row)) is not None)
        gathered.recover(places, rows)
