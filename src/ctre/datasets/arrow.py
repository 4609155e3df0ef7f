"""Read Parquet and Feather files, where pyarrow is installed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre.datasets.columns import RawColumn
from ctre.datasets.file_format import FileFormat, KnownFile
from ctre.datasets.layout import check_names
from ctre.datasets.problems import Problems
from ctre.datasets.raw_table import RawTable
from ctre.datasets.source import Source
from ctre.datasets.targets import TargetFinder
from ctre.errors import DatasetError, InvalidDataError, MissingExtraError


def read_arrow(
    source: Source,
    target: str | int | None = None,
    *,
    need_labels: bool,
    told: FileFormat,
    known: KnownFile | None = None,
) -> RawTable:
    """Read the columns of a Parquet or Feather file; parameters as `read_table` has them.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    DatasetError
        If the file is damaged, or of another format.
    InvalidDataError
        If it has no rows, or a column holds lists or the like.
    InvalidParameterError
        If it has to be told which column holds the labels.
    """
    content = _read(source, told)
    names = tuple(map(str, content.column_names))
    problems = Problems(str(source))
    check_names(names, problems)
    finder = TargetFinder(source, known or KnownFile())
    place = finder.find(names, target)
    if need_labels and place is None:
        raise finder.question(names, len(names), target)
    if not content.num_rows:
        raise InvalidDataError(f"{source} has no rows.")
    columns = [
        _column(name, number, values)
        for number, (name, values) in enumerate(zip(names, content.columns, strict=True), start=1)
    ]
    labels = None if place is None else _labels(columns.pop(place), problems, need=need_labels)
    return RawTable(
        source=str(source),
        columns=tuple(columns),
        labels=labels,
        target_name=None if place is None else names[place],
        lines=np.arange(1, content.num_rows + 1),
        file_format=FileFormat(name=told.name, header=True, label_type=told.label_type),
        problems=problems,
    )


def _read(source: Source, told: FileFormat) -> Any:
    try:
        import pyarrow
        from pyarrow import feather, parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "tables", f"reading {told.name} files") from error
    try:
        with source.raw() as file:
            if told.name == "parquet":
                return parquet.read_table(file)
            return feather.read_table(file)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        what = str(error).splitlines()[0]
        raise DatasetError(f"{source} cannot be read as a {told.name} file: {what}") from error


def _column(name: str, place: int, values: Any) -> RawColumn:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if pa.types.is_boolean(kind):
        numbers = np.asarray(values.cast(pa.int8()).cast(pa.float64()), dtype=np.float64)
        return RawColumn(name, place, "boolean", numbers)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = np.asarray(pc.cast(values, pa.float64(), safe=False), dtype=np.float64)
        return RawColumn(name, place, "number", numbers)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        moments = pc.cast(values, pa.timestamp("s"), safe=False).to_numpy()
        cells = np.datetime_as_string(moments.astype("datetime64[s]")).astype(object)
        cells[np.isnat(moments)] = None
        return RawColumn(name, place, "date", cells)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind):
        raise InvalidDataError(
            f"Column {name!r} must hold numbers, text, booleans or dates, got {kind}. Remove it."
        )
    words = [None if value is None else str(value) for value in values.to_pylist()]
    return RawColumn(name, place, "text", np.array([*words, None], dtype=object)[:-1])


def _labels(column: RawColumn, problems: Problems, *, need: bool) -> NDArray[Any] | None:
    missing = np.flatnonzero(column.is_missing)
    if len(missing) == len(column.values):
        return None
    if need and len(missing):
        problems.add(
            f"{len(missing)} labels of {len(column.values)} are missing, the first in row "
            f"{missing[0] + 1}",
            "Remove such rows.",
        )
    cells = column.values.astype(object)
    if column.is_numeric:
        cells = np.array([_spelled(value, column.kind) for value in cells], dtype=object)
    cells[missing] = None
    return cells


def _spelled(value: float, kind: str) -> str:
    if kind == "boolean":
        return str(value == 1)
    return str(int(value)) if np.isfinite(value) and value == int(value) else repr(value)
