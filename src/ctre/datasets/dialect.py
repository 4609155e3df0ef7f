"""From lines of text to rows of cells: delimiter, quotes, comments."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, TextIO, TypeAlias, TypeVar

from ctre.datasets.file_format import BLANKS, FileFormat, Quote
from ctre.datasets.numerals import as_numeral, plain_number
from ctre.datasets.source import Source
from ctre.errors import InvalidDataError

if TYPE_CHECKING:
    import _csv

T = TypeVar("T")

_DELIMITERS = (",", ";", "\t", "|", BLANKS)
_SAMPLE_LINES, _SAMPLE_LETTERS = 100, 1 << 18
_FEWEST = 4  # of a sample, however large each is
_COMMENTS = ("#", "%", "//")
_SHOWN = 60
_BLOCK_LETTERS = 1 << 16
_OPENED = re.compile(r"(?:^|[,;|\t])\s*'")
_QUOTED = re.compile(r"(?:^|[,;|\t])\s*'(?:[^']|'')*'\s*(?=$|[,;|\t])")


Row: TypeAlias = tuple[int, list[str]]
"""The line of the file that a row ends on, and its cells."""


@dataclass(frozen=True)
class Dialect:
    """What it takes to go through the rows of a table.

    Parameters
    ----------
    source : Source
        Where its text is.
    encoding, delimiter, quote : str
        As a `FileFormat` has them.
    n_skipped : int
        Lines before the first row: remarks, and Excel's ``sep=;``.
    remark : str
        The last of them, which may have the columns' names behind its mark.
    """

    source: Source
    encoding: str
    delimiter: str
    quote: Quote = '"'
    n_skipped: int = 0
    remark: str = ""

    @property
    def remarked_names(self) -> list[str]:
        """The cells of the remark right above the first row."""
        text = self.remark.strip().lstrip("".join(_COMMENTS))
        return next(iter(_reader(iter([text]), self.delimiter, self.quote)), []) if text else []

    @contextmanager
    def rows(self) -> Iterator[Iterator[Row]]:
        """Open the rows that are not blank, quoted cells unquoted.

        Raises
        ------
        InvalidDataError, DatasetError
            If the text cannot be read; the line is named.
        """
        with self.source.text(self.encoding) as file:
            yield self._rows(file)

    def _rows(self, file: TextIO) -> Iterator[Row]:
        for _ in islice(file, self.n_skipped):
            pass
        lines = _Lines(file, self.source, self.n_skipped)
        reader = _reader(iter(lines), self.delimiter, self.quote)
        begin = self.n_skipped + 1
        try:
            for cells in reader:
                if lines.are_over:
                    raise csv.Error("a quote is never closed")
                line = self.n_skipped + reader.line_num
                if cells and (len(cells) > 1 or cells[0].strip()):
                    yield line, cells
                begin = line + 1
        except csv.Error as error:
            raise InvalidDataError(
                f"{self.source}: the row that begins in line {begin} cannot be taken apart: "
                f"{error}. If the delimiter is another, say so: delimiter=';' for instance."
            ) from error


def find_dialect(
    source: Source, encoding: str, told: FileFormat, known: FileFormat, *, may_be_one: bool
) -> Dialect:
    """Find out how a table is written, by its first hundred lines.

    Parameters
    ----------
    source, encoding
        Where the text is.
    told : FileFormat
        The delimiter and the quote, if somebody says so.
    known : FileFormat
        Those of the training file; its delimiter holds if it divides the lines.
    may_be_one : bool
        Whether a single column is a table.

    Raises
    ------
    InvalidDataError
        If there is nothing in it, or no delimiter divides it; the line is shown.
    """
    with source.text(encoding) as file:
        lines = sample_of(iter(_Lines(file, source, 0)), _SAMPLE_LINES, len, _SAMPLE_LETTERS)
    n_skipped = 0
    delimiter = told.delimiter or ("\t" if told.name == "tsv" else None)
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].rstrip("\r\n")) == 5:
        delimiter, n_skipped = delimiter or lines[0][4], 1
    sample = [line for line in lines[n_skipped:] if line.strip()]
    if not sample:
        raise InvalidDataError(f"{source} is empty.")
    while n_skipped < len(lines) and _is_skipped(lines, n_skipped):
        n_skipped += 1
    body = lines[n_skipped:]
    quote = told.quote or known.quote or _quote_of(body)
    # the first of equals
    best = max(_DELIMITERS, key=lambda mark: _judge(body, mark, quote))
    divides = _judge(body, best, quote)[0] > 0
    if delimiter is not None:
        if not may_be_one and not _occurs(body, delimiter, quote):
            raise InvalidDataError(
                f"{source}, line {n_skipped + 1}: {delimiter!r} does not divide "
                f"{_begin_of(body)!r}, or any line below. "
                + (f"delimiter={best!r} does." if divides else "Say another.")
            )
        best, divides = delimiter, True
    elif known.delimiter is not None and _judge(body, known.delimiter, quote)[0] > 0:
        best, divides = known.delimiter, True
    elif not divides and may_be_one:
        best, divides = ",", True
    if divides:
        remark = lines[n_skipped - 1] if n_skipped and lines[n_skipped - 1].startswith("#") else ""
        return Dialect(source, encoding, best, quote, n_skipped, remark)
    raise InvalidDataError(
        f"{source}, line {n_skipped + 1}: the delimiter is not recognised in {_begin_of(body)!r}; "
        "commas, semicolons, tabs, bars and blanks do not divide the lines alike. Say it: "
        "delimiter=':' for instance."
    )


def _quote_of(lines: Sequence[str]) -> Quote:
    """Tell the quote: ' where most lines have cells between two, and no cell one alone."""
    n_opened = sum(len(_OPENED.findall(line)) for line in lines)
    quoted = [len(_QUOTED.findall(line)) for line in lines]
    is_single = n_opened == sum(quoted) and 2 * sum(map(bool, quoted)) > len(lines)
    return "'" if is_single else '"'


def _occurs(lines: Sequence[str], delimiter: str, quote: Quote) -> bool:
    try:
        return any(len(row) > 1 for row in _reader(iter(lines), delimiter, quote))
    except csv.Error:  # of a cell without an end: whoever reads all rows tells where
        return True


def _begin_of(body: Sequence[str]) -> str:
    """Give the first line that is not blank, shortened."""
    first = next(line for line in body if line.strip()).rstrip("\r\n")
    return first if len(first) <= _SHOWN else f"{first[:_SHOWN]}…"


def sample_of(items: Iterator[T], most: int, size: Callable[[T], int], enough: int) -> list[T]:
    """Take the first items, ``most`` at most, fewer if their sizes sum up to enough."""
    sample: list[T] = []
    total = 0
    for item in islice(items, most):
        sample.append(item)
        total += size(item)
        if total > enough and len(sample) >= _FEWEST:
            break
    return sample


def _judge(lines: Sequence[str], delimiter: str, quote: Quote) -> tuple[float, float, int]:
    """Say how well a delimiter divides lines: alike, into numbers, and into many cells."""
    try:
        rows = [row for row in _reader(iter(lines), delimiter, quote) if any(map(str.strip, row))]
    except csv.Error:  # a cell of over 131,072 letters: this one divides nothing
        return 0.0, 0.0, 0
    counts = Counter(map(len, rows))
    if not counts:
        return 0.0, 0.0, 0
    width, n_alike = max(counts.items(), key=lambda item: (item[1], item[0]))
    if width < 2 or n_alike * 2 < len(rows):
        return 0.0, 0.0, 0
    cells = [cell.strip() for row in rows[:20] if len(row) == width for cell in row[:200]]
    n_numbers = sum(plain_number(cell) is not None or bool(as_numeral(cell)) for cell in cells)
    return n_alike / len(rows), n_numbers / len(cells), width


def _is_skipped(lines: Sequence[str], at: int) -> bool:
    """Whether a line before the first row is blank or a remark."""
    line = lines[at]
    return not line.strip() or line.lstrip().startswith(_COMMENTS)


def _reader(lines: Iterator[str], delimiter: str, quote: Quote) -> _csv._reader:
    if delimiter == BLANKS:
        lines = (line.replace("\t", " ").rstrip() + "\n" for line in lines)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote, skipinitialspace=True)


class _Lines:
    """Lines of a text; none has a NUL byte.

    A row that is finished after they are over is one whose quote was never closed: the reader
    asked for more.
    """

    def __init__(self, file: TextIO, source: Source, n_before: int) -> None:
        self._file, self._source, self._n_before = file, source, n_before
        self.are_over = False

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._blocks())

    def _blocks(self) -> Iterator[list[str]]:
        """Look at some lines at once: line by line that would take as long as all the rest."""
        number = self._n_before
        while block := self._file.readlines(_BLOCK_LETTERS):
            if "\0" in "".join(block):
                number += next(place for place, line in enumerate(block, 1) if "\0" in line)
                raise InvalidDataError(
                    f"{self._source}, line {number}: a NUL byte is no part of a text. The file "
                    "is damaged, or its encoding is another: encoding='utf-16' for instance."
                )
            number += len(block)
            yield block
        self.are_over = True
