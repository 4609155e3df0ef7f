"""Cells as their rows come: numbers as long as a column is plain, else as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, compress, repeat

import numpy as np
from numpy.typing import NDArray

from ctre._typing import DoubleArray
from ctre.datasets.numerals import floats, has_certain_point


class GatheredCells:
    """Gathers the cells of a table, block by block.

    The plain columns of a block become numbers in one go; only a block in which that fails is
    looked at column by column. Time and memory are linear in the cells.

    Parameters
    ----------
    keep : sequence of bool, one per column
        Whether to keep its cells as they are in any case.

    Attributes
    ----------
    cells : dict of int to list of str
        Those of the columns that are not plain, stripped.
    lost : list of int
        Columns whose cells were taken as numbers before one showed that they are not.
    """

    def __init__(self, keep: Sequence[bool]) -> None:
        self.cells: dict[int, list[str]] = {place: [] for place in np.flatnonzero(keep).tolist()}
        self.lost: list[int] = []
        self._is_plain = [not kept for kept in keep]
        self._points = np.zeros(len(keep), dtype=bool)
        self._certain = np.zeros(len(keep), dtype=bool)
        self._blocks: list[tuple[NDArray[np.intp], DoubleArray]] = []
        self._n_rows = 0

    def add(self, rows: Sequence[Sequence[str]]) -> None:
        """Take the cells of the next rows, one per column in each."""
        if not rows:
            return
        cells = self._plain_cells(rows)
        values = floats(cells)
        if values is None:
            self._set_aside(cells)
            cells = self._plain_cells(rows)
            values = np.fromiter(map(float, cells), np.float64, len(cells))
        plain = np.flatnonzero(self._is_plain)
        if len(plain):
            self._note_points(cells, plain)
            self._blocks.append((plain, values.reshape(len(rows), len(plain)).T))
        for place, column in self.cells.items():
            column.extend(row[place].strip() for row in rows)
        self._n_rows += len(rows)

    def recover(self, places: Iterable[int], rows: Iterable[Sequence[str]]) -> None:
        """Take the cells of some columns as they are, out of all rows a second time."""
        recovered: dict[int, list[str]] = {place: [] for place in places}
        for row in rows:
            for place, column in recovered.items():
                column.append(row[place].strip())
        for place in recovered:
            self._is_plain[place] = False
        self.cells |= recovered
        self.lost = [place for place in self.lost if place not in recovered]

    def with_points(self) -> list[int]:
        """Find the plain columns of which a number has a point."""
        return np.flatnonzero(self._points & self._is_plain).tolist()

    @property
    def has_certain_point(self) -> bool:
        """Whether a plain column has a point that can only be before a fraction."""
        return bool((self._certain & self._is_plain).any())

    def take_numbers(self) -> tuple[list[int], DoubleArray]:
        """Give the plain columns' places and values, shape (n_plain, n_rows), and forget them."""
        plain = np.flatnonzero(self._is_plain)
        numbers = np.empty((len(plain), self._n_rows))
        end = self._n_rows
        while self._blocks:
            places, values = self._blocks.pop()  # let go at once: no two copies of the table
            begin = end - values.shape[1]
            numbers[:, begin:end] = values[np.searchsorted(places, plain)]
            end = begin
        return plain.tolist(), numbers

    def _plain_cells(self, rows: Sequence[Sequence[str]]) -> list[str]:
        return list(chain.from_iterable(map(compress, rows, repeat(self._is_plain))))

    def _set_aside(self, cells: list[str]) -> None:
        plain = np.flatnonzero(self._is_plain).tolist()
        for index, place in enumerate(plain):
            if floats(cells[index :: len(plain)]) is None:
                self._is_plain[place] = False
                if self._n_rows:
                    self.lost.append(place)
                else:
                    self.cells[place] = []

    def _note_points(self, cells: list[str], plain: NDArray[np.intp]) -> None:
        unsure = np.flatnonzero(~self._certain[plain])
        for index, place in zip(unsure.tolist(), plain[unsure].tolist(), strict=True):
            text = " ".join(cells[index :: len(plain)])
            if "." in text:
                self._points[place] = True
                self._certain[place] = has_certain_point(text)
