"""Read SVMLight files: a label, and the columns that are not zero."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ctre._typing import DoubleArray
from ctre.datasets.file_format import FileFormat, KnownFile
from ctre.datasets.labels import known_label_type, label_type_of, labels_of_text
from ctre.datasets.matrices import as_rows, require_finite
from ctre.datasets.problems import Problems
from ctre.datasets.record import LabelledTable
from ctre.datasets.source import Source
from ctre.errors import InvalidDataError, InvalidParameterError

_PAIRS = re.compile(r"(?:\s*\d+:[^\s:]+)*\s*")
_PAIR = re.compile(r"(\d+):([^\s:]+)")
_MOST_COLUMNS = 2**31 - 1
_ALWAYS_WIDE, _MOST_PER_COLUMN = 1 << 24, 1000
_BLOCK_LINES = 10_000


def read_svmlight(
    source: Source,
    n_features: int | None = None,
    *,
    told: FileFormat | None = None,
    known: KnownFile | None = None,
) -> LabelledTable:
    """Read sparse rows ``label column:value column:value …``, columns counted from 1 or 0.

    In training rows, columns are counted from 0 if a column 0 occurs, else from 1; in rows to
    predict, as in training. Labels may be missing throughout; columns may come in any order.
    What follows ``#``, and ``qid:``, is skipped.

    Parameters
    ----------
    source : Source
        A text file.
    n_features : int, optional
        How many columns there are, if the last ones may be empty throughout.
    told, known : optional
        As in `ctre.datasets.table.read_table`.

    Raises
    ------
    InvalidDataError
        If a line is not of that form, or there are more than ``n_features`` columns; lines are
        named.
    InvalidParameterError
        If ``n_features`` is known and not what the first column is called.
    DatasetError
        If a packed file is damaged, or unpacks out of proportion.
    """
    told, known = told or FileFormat(), known or KnownFile()
    encoding = source.encoding(told.encoding, known.file_format.encoding)
    problems = Problems(str(source))
    parser = _Parser(problems)
    with source.text(encoding) as file:
        parser.read(file)
    problems.raise_if_any()
    if not parser.n_rows:
        raise InvalidDataError(f"{source} is empty.")
    indices, values, indptr = parser.arrays()
    base = told.index_base if told.index_base is not None else known.file_format.index_base
    if base is None:
        base = _find_base(indices, n_features, source)
    _check_range(parser, indices, indptr, base, n_features)
    problems.raise_if_any()
    width = n_features or (int(indices.max()) + 1 - base if len(indices) else 0)
    _require_occupied(parser, indices, indptr, width, source)
    if width < 1:
        raise InvalidDataError(f"{source} has no column:value in any row.")
    X = csr_array((values, (indices - base).astype(np.int32), indptr), shape=(parser.n_rows, width))
    X.sort_indices()
    _check_twice(parser, X, base)
    problems.raise_if_any()
    rows = as_rows(X, str(source))
    require_finite(rows, problems)
    y = None
    if parser.labels:
        y = labels_of_text(
            np.array(parser.labels),
            f"The labels of {source}",
            kind=known_label_type(told, known),
        )
    kind = None if y is None else label_type_of(y)
    found = FileFormat(name=told.name, encoding=encoding, index_base=base, label_type=kind)
    return LabelledTable(rows, y, file_format=found)


class _Parser:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.labels: list[str] = []
        self.lines: list[int] = []
        self._counts: list[int] = [0]
        self._pieces: list[DoubleArray] = []

    @property
    def n_rows(self) -> int:
        return len(self.lines)

    def read(self, file: Iterator[str]) -> None:
        numbered = enumerate(file, start=1)
        while block := list(islice(numbered, _BLOCK_LINES)):
            self._read_block(block)
        if self.labels and len(self.labels) < self.n_rows and not self.problems.count:
            self.problems.add(
                f"{self.n_rows - len(self.labels)} of {self.n_rows} rows have no label",
                "Give every row one, or none.",
            )

    def _read_block(self, block: list[tuple[int, str]]) -> None:
        texts = []
        for number, line in block:
            text = line.partition("#")[0].strip()
            if not text:
                continue
            label, _, pairs = text.partition(" ") if " " in text else text.partition("\t")
            if ":" in label:
                label, pairs = "", text
            if pairs.lstrip().startswith("qid:"):
                pairs = pairs.lstrip().partition(" ")[2]
            if not self._is_right(number, label, pairs):
                continue
            if label:
                self.labels.append(label)
            self.lines.append(number)
            self._counts.append(pairs.count(":"))
            texts.append(pairs)
        tokens = " ".join(texts).replace(":", " ").split()
        try:
            numbers = np.fromiter(map(float, tokens), np.float64, len(tokens))
        except ValueError:
            for number, pairs in zip(self.lines[-len(texts) :], texts, strict=True):
                self._name_wrong_value(number, pairs)
            return
        self._pieces.append(numbers)

    def _is_right(self, number: int, label: str, pairs: str) -> bool:
        if "\0" in label + pairs:
            self.problems.add(f"line {number} has a NUL byte: the file is damaged")
        elif "," in label and re.fullmatch(r"[^,]+(?:,[^,]+)+", label) and ":" in pairs:
            self.problems.add(
                f"line {number} has several labels, {label!r}",
                "Give every row one label; of several, train one model for each.",
            )
        elif not _PAIRS.fullmatch(pairs):
            wrong = next(token for token in pairs.split() if not _PAIR.fullmatch(token))
            self.problems.add(
                f"line {number}: {wrong!r} is not of the form column:value",
                "A row of an SVMLight file is a label, then column:value for what is not zero.",
            )
        elif not pairs and "," in label:
            self.problems.add(
                f"line {number}: {label[:40]!r} is not of the form label column:value",
                "A row of an SVMLight file is a label, then column:value for what is not zero.",
            )
        else:
            return True
        return False

    def _name_wrong_value(self, number: int, pairs: str) -> None:
        for _, value in _PAIR.findall(pairs):
            try:
                float(value)
            except ValueError:
                self.problems.add(f"line {number}: the value {value!r} is not a number")

    def arrays(self) -> tuple[DoubleArray, DoubleArray, NDArray[Any]]:
        numbers = np.concatenate(self._pieces) if self._pieces else np.empty(0)
        return numbers[0::2], numbers[1::2], np.cumsum(self._counts)


def _find_base(indices: NDArray[Any], n_features: int | None, source: Source) -> Literal[0, 1]:
    if len(indices) and indices.min() == 0:
        return 0
    if n_features is not None and not (len(indices) and indices.max() == n_features):
        raise InvalidParameterError(
            f"The columns of {source} may be counted from 0 or from 1: neither column 0 nor "
            f"column {n_features} occurs. Say which: index_base=0 or index_base=1."
        )
    return 1


def _check_range(
    parser: _Parser,
    indices: NDArray[Any],
    indptr: NDArray[Any],
    base: int,
    n_features: int | None,
) -> None:
    last = (n_features or _MOST_COLUMNS) + base - 1
    for at in np.flatnonzero((indices < base) | (indices > last)):
        line = parser.lines[int(np.searchsorted(indptr, at, side="right")) - 1]
        counted = "as in training" if n_features else "the most there can be"
        parser.problems.add(
            f"line {line}: column {indices[at]:.0f} must be {base} to {last}, {counted}",
        )


def _require_occupied(
    parser: _Parser,
    indices: NDArray[Any],
    indptr: NDArray[Any],
    width: int,
    source: Source,
) -> None:
    """See that a wrong index does not make a matrix that no memory can scale."""
    if width <= _ALWAYS_WIDE or width <= _MOST_PER_COLUMN * (n := len(np.unique(indices))):
        return
    at = int(np.argmax(indices))
    line = parser.lines[int(np.searchsorted(indptr, at, side="right")) - 1]
    raise InvalidDataError(
        f"{source}, line {line}: column {indices[at]:.0f} is far beyond what {n} columns with a "
        "value need. Number the columns without such gaps."
    )


def _check_twice(parser: _Parser, X: csr_array, base: int) -> None:
    same = np.flatnonzero(np.diff(X.indices) == 0) + 1
    row_of = np.searchsorted(X.indptr, same, side="right") - 1
    starts = np.isin(same, X.indptr)
    for at, row in zip(same[~starts], row_of[~starts], strict=True):
        parser.problems.add(
            f"line {parser.lines[row]}: column {X.indices[at] + base} occurs twice",
            "Which value counts cannot be told; leave one.",
        )
