"""The bytes of a file, packed or not, and the text they stand for."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from ctre.errors import DatasetError, InvalidDataError

_GZIP = b"\x1f\x8b"
_MARKS = {  # the longer ones first: UTF-32 begins as UTF-16 does
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_OTHERS = {  # what is no text, and often taken for a table
    b"PK\x03\x04": "a ZIP archive, as workbooks of Excel are",
    b"\xd0\xcf\x11\xe0": "an old workbook of Excel",
    b"PAR1": "a Parquet file",
    b"ARROW1": "a Feather file",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "an NPY file",
    b"MATLAB ": "a MATLAB file",
    b"SQLite": "a database of SQLite",
    b"%PDF": "a PDF file",
    b"BZh": "packed by bzip2",
    b"\xfd7zXZ": "packed by xz",
    b"\x28\xb5\x2f\xfd": "packed by zstd",
    b"<!DOCTYPE": "a web page",
    b"<!doctype": "a web page",
    b"<html": "a web page",
}
_JSON = re.compile(rb"\s*(\[\s*[\[{\"]|{\s*[\"}])")
_BLOCK = 1 << 20
_ALWAYS_UNPACKED = 1 << 28
_MOST_TIMES = 200


def require_no_bomb(where: object, packed: int, unpacked: int) -> None:
    """See that what is unpacked is in proportion.

    Raises
    ------
    DatasetError
        If it is over 256 MiB and over 200 times the size it is packed in.
    """
    if unpacked > max(_ALWAYS_UNPACKED, _MOST_TIMES * packed):
        raise DatasetError(
            f"{where} unpacks to over {unpacked / 2**20:,.0f} MiB from {packed / 2**20:,.3g} MiB, "
            f"more than {_MOST_TIMES} times its size. If that is meant, unpack it first: files "
            "that are not packed have no such limit."
        )


@dataclass(frozen=True)
class Source:
    """What can be gone through more than once: a file, or bytes from elsewhere.

    Parameters
    ----------
    name : str
        What it is called in messages.
    path : Path or None
        The file.
    content : bytes
        Its bytes, where there is no file.
    """

    name: str
    path: Path | None = None
    content: bytes = b""

    def __str__(self) -> str:
        return self.name

    def raw(self) -> BinaryIO:
        """Open it as it is."""
        return io.BytesIO(self.content) if self.path is None else self.path.open("rb")

    @property
    def size(self) -> int:
        """Its bytes, as it is."""
        return len(self.content) if self.path is None else self.path.stat().st_size

    @contextmanager
    def unpacked(self) -> Iterator[BinaryIO]:
        """Open it; what is packed by gzip, whatever its name, is unpacked.

        Raises
        ------
        DatasetError
            If it is called ``.gz`` and is no whole gzip file, or unpacks to far more than its size.
        """
        with self.raw() as file:
            is_packed = file.read(2) == _GZIP
            file.seek(0)
            if not is_packed and not self.name.lower().endswith(".gz"):
                yield file
                return
            try:
                with gzip.open(file) as unpacked:
                    yield io.BufferedReader(_Counted(unpacked, self))
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise DatasetError(f"{self} is not a whole gzip file: {error}.") from error

    @contextmanager
    def text(self, encoding: str) -> Iterator[TextIO]:
        """Open it as text, line ends as they are.

        Raises
        ------
        InvalidDataError
            If it is not in that encoding; the line is named.
        DatasetError
            As `unpacked`.
        """
        with self.unpacked() as file:
            try:
                with io.TextIOWrapper(file, encoding, newline="") as text:
                    yield text
            except UnicodeError as error:
                raise InvalidDataError(self._not_in(encoding, error)) from error

    def encoding(self, told: str | None, known: str | None) -> str:
        """Find out the encoding: what was told, a byte order mark, UTF-8, or else what is known.

        Raises
        ------
        DatasetError
            If it is no text, or no table of it, or as `unpacked`.
        """
        with self.unpacked() as file:
            first = file.read(64)
            while file.read(_BLOCK):  # a bomb, or half a file, before any of it is taken apart
                pass
        other = next((kind for mark, kind in _OTHERS.items() if first.startswith(mark)), None)
        other = "JSON" if _JSON.match(first) else other
        if other is not None:
            raise DatasetError(f"{self} is {other}, and no table. Save it as CSV, or unpack it.")
        marked = next((name for mark, name in _MARKS.items() if first.startswith(mark)), None)
        if told is not None:
            return marked if marked and marked.startswith(told.lower()) else told
        if marked is not None or known is None:
            return marked or "utf-8"
        return "utf-8" if self._is_in("utf-8") else known

    def _is_in(self, encoding: str) -> bool:
        try:
            with self.text(encoding) as file:
                for _ in file:
                    pass
        except InvalidDataError:
            return False
        return True

    def _not_in(self, encoding: str, error: UnicodeError) -> str:
        where = str(self)
        if encoding.startswith("utf-8"):
            where += f", line {self._first_line_not_in_utf8()}"
        reason = getattr(error, "reason", None) or error
        return (
            f"{where} must be text in {encoding.upper()} ({reason}). Say what it is in: "
            "encoding='latin-1' for instance, or 'cp1252' for files of Excel."
        )

    def _first_line_not_in_utf8(self) -> int:
        with self.unpacked() as file:
            for number, line in enumerate(file, start=1):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return number
        return 0  # pragma: no cover - it has one, or this was not asked


class _Counted(io.RawIOBase):
    """Unpacked bytes, as long as they are in proportion."""

    def __init__(self, file: Any, source: Source) -> None:
        self._file, self._source, self._n_bytes = file, source, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        n_bytes = int(self._file.readinto(buffer))
        self._n_bytes += n_bytes
        require_no_bomb(self._source, self._source.size, self._n_bytes)
        return n_bytes
