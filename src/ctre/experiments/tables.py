"""Tables of results: CSV files whose rows are named tuples, and which are always whole."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar, get_type_hints

from ctre.errors import InvalidDataError
from ctre.whole_file import whole_file

if sys.platform != "win32":
    import fcntl

Row = TypeVar("Row", bound=NamedTuple)

_READERS: Mapping[Any, Callable[[str], Any]] = MappingProxyType(
    {int: int, float: float, str: str, float | None: lambda text: float(text) if text else None}
)


class Table(Generic[Row]):
    """Rows of one kind, kept in a file.

    Parameters
    ----------
    kind : NamedTuple class
        Its fields are int, float, str, or float or None; they are the columns.
    path : Path or None
        The file; what it holds already is read. With None the rows are kept in memory alone.

    Raises
    ------
    InvalidDataError
        If the file holds anything but such rows.
    OSError
        If the file cannot be read.
    """

    def __init__(self, kind: type[Row], path: Path | None) -> None:
        self.kind, self.path = kind, path
        self.rows: list[Row] = []
        if path is not None and path.exists():
            self.rows = list(self._read(path))
        self._known = set(self.rows)  # of the file

    def append(self, rows: Iterable[Row]) -> None:
        """Add rows, in the file too; until it is complete, the file stays as it was.

        What another process has added to the file in the meantime stays there and is read.
        """
        self.rows.extend(rows)
        if self.path is None:
            return
        with _locked(self.path.parent):
            if self.path.exists():
                self.rows += [row for row in self._read(self.path) if row not in self._known]
            with whole_file(self.path) as file:
                file.write(self.as_csv().encode())
        self._known |= set(self.rows)

    def keep(self, is_wanted: Callable[[Row], bool]) -> None:
        """Forget the rows that are not wanted; they leave the file when the next ones enter."""
        self.rows = [row for row in self.rows if is_wanted(row)]

    def as_csv(self) -> str:
        """Write a line of names, then a line for each row; numbers to their last digit."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.kind._fields)
        writer.writerows(self.rows)
        return text.getvalue()

    def _read(self, path: Path) -> Iterable[Row]:
        types = get_type_hints(self.kind).values()
        lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8", errors="replace")))
        try:
            _require(tuple(next(lines, ())) == self.kind._fields, "its columns are others.")
            for texts in lines:
                _require(len(texts) == len(types), f"it has {len(texts)} values.")
                values = zip(types, texts, strict=True)
                yield self.kind(*(_READERS[kind](text) for kind, text in values))
        except (ValueError, csv.Error) as error:
            raise InvalidDataError(
                f"{path} cannot be used, line {lines.line_num}: {error} Move the file away, or "
                "choose another folder."
            ) from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing tables in a folder; on Windows nobody is kept."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
