"""A table as its file has it, before anybody makes numbers of it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ctre.datasets.columns import RawColumn
from ctre.datasets.file_format import FileFormat
from ctre.datasets.names import LABELS
from ctre.datasets.problems import Problems

_FEW_NAMES = 10


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

    def select(self, names: Sequence[str], expected: Sequence[str | None] = ()) -> RawTable:
        """Take the columns of those names, in that order, and say which others there are.

        Those that are expected are no surprise: labels, so called in training, for one.

        Where some are missing, that becomes one of the table's problems.
        """
        by_name = {column.name: column for column in self.columns}
        lacking = [name for name in names if name not in by_name]
        wanted = {*names, *expected}
        surplus = [name for name in self.names or () if name not in wanted]
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


def _columns(names: Sequence[str]) -> str:
    return f"column {names[0]!r} is" if len(names) == 1 else f"columns {_list(names)} are"


def _list(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:_FEW_NAMES]))
    return f"{shown}, … ({len(names)} in all)" if len(names) > _FEW_NAMES else shown
