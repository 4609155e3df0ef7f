"""What the first rows of a table say of all: names, labels, names of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ctre.datasets.dialect import Dialect, Row, find_dialect, sample_of
from ctre.datasets.file_format import FileFormat, KnownFile
from ctre.datasets.header import is_header
from ctre.datasets.problems import Problems
from ctre.datasets.source import Source
from ctre.datasets.targets import TargetFinder
from ctre.errors import InvalidDataError, InvalidParameterError

_FEW_NAMES, _FEW_LETTERS = 10, 60
_SEVERAL = 3  # rows that agree with one another, and not with the first
_SAMPLE_ROWS, _SAMPLE_CELLS = 100, 20_000


@dataclass(frozen=True)
class Layout:
    """How the rows of a table are laid out in its file."""

    dialect: Dialect
    first_line: int  # rows up to this line are none
    width: int
    names: tuple[str, ...] | None
    is_trailed: bool  # a delimiter ends every row
    has_row_names: bool  # before the first named column
    target: int | None  # counted from 0

    def cells(self, cells: list[str]) -> list[str] | None:
        """Give the cells that belong to columns; None if a row has another number of them."""
        if len(cells) == self.width:
            return cells
        if len(cells) == self.width + 1:
            if self.is_trailed and not cells[-1].strip():
                return cells[:-1]
            if self.has_row_names:
                return cells[1:]
        return None

    def rows(self) -> Iterator[Row]:
        """Go through the rows below the header, remarks left out."""
        with self.dialect.rows() as rows:
            for line, cells in rows:
                is_remark = (
                    len(cells) != self.width
                    and cells[0].startswith("#")
                    and self.cells(cells) is None
                )
                if line > self.first_line and not is_remark:
                    yield line, cells


class LayoutFinder:
    """Finds out the layout of a table.

    Parameters
    ----------
    source : Source
        The file.
    encoding : str
        What its text is in.
    told, known
        As in `ctre.datasets.table.read_table`.
    is_missing : callable
        Whether a cell stands for no value.
    problems : Problems
        Takes what is wrong with names.
    """

    def __init__(
        self,
        source: Source,
        encoding: str,
        told: FileFormat,
        known: KnownFile,
        is_missing: Callable[[str], bool],
        problems: Problems,
    ) -> None:
        self.source, self.encoding, self.told, self.known = source, encoding, told, known
        self.is_missing, self.problems = is_missing, problems
        self.targets = TargetFinder(source, known)

    def find(self, target: str | int | None) -> Layout:
        """Find it out from the first rows.

        Raises
        ------
        InvalidDataError, InvalidParameterError
            As `ctre.datasets.table.read_table`.
        """
        may_be_one = self.known.features is not None and len(self.known.features) == 1
        dialect = find_dialect(
            self.source,
            self.encoding,
            self.told,
            self.known.file_format,
            may_be_one=may_be_one,
        )
        with dialect.rows() as rows:
            sample = sample_of(rows, _SAMPLE_ROWS + 1, lambda row: len(row[1]), _SAMPLE_CELLS)
        if not sample:
            raise InvalidDataError(f"{self.source} is empty.")
        (line, first), below = sample[0], [cells for _, cells in sample[1:]]
        width = len(first)
        longer = [cells for cells in below if len(cells) == width + 1]
        is_longer = bool(below) and 2 * len(longer) > len(below)
        is_trailed = is_longer and all(not cells[-1].strip() for cells in longer)
        has_row_names = is_longer and not is_trailed
        if width > 1 and all(
            not cells[-1].strip() for cells in (first, *below) if len(cells) == width
        ):
            width, is_trailed = width - 1, True
        layout = Layout(dialect, 0, width, None, is_trailed, has_row_names, None)
        self._require_like_rows(layout, line, first, below)
        cells = first[:width]
        names = self._find_names(layout, cells, below, target)
        if names is None:
            if has_row_names:
                raise InvalidDataError(
                    f"{self.source}, line {line} must have {width + 1} fields, as the rows "
                    f"below have, got {width}."
                )
            return replace(layout, target=self._find_place(target, width))
        first_line = line if names == cells else 0
        if not below and first_line:
            raise InvalidDataError(f"{self.source} has a header and no rows.")
        stripped = tuple(name.strip() for name in names)
        check_names(stripped, self.problems)
        return replace(
            layout,
            first_line=first_line,
            names=stripped,
            target=self.targets.find(stripped, target),
        )

    def _require_like_rows(
        self, layout: Layout, line: int, first: list[str], below: Sequence[list[str]]
    ) -> None:
        """See that the first row is one of the table: a title, or another delimiter, is none."""
        others = Counter(len(row) for row in below if layout.cells(row) is None)
        length, n_rows = max(others.items(), key=lambda item: item[1], default=(0, 0))
        if n_rows >= _SEVERAL and 2 * n_rows > len(below):
            shown = layout.dialect.delimiter.join(first)[:_FEW_LETTERS]
            raise InvalidDataError(
                f"{self.source}, line {line} must have {length} fields, as the rows below have, "
                f"got {len(first)}: {shown!r}. A title above the table must go; a header must be "
                f"divided as the rows are, here by {layout.dialect.delimiter!r}."
            )

    def _find_names(
        self, layout: Layout, first: list[str], below: list[list[str]], target: str | int | None
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

    def _find_place(self, target: str | int | None, width: int) -> int | None:
        """Find the labels of a table without a header."""
        place = self.known.file_format.label_place
        if target is None and place is not None and width - 1 == self.known.n_features:
            target = place
        return self.targets.place_of(target, width)


def check_names(names: Sequence[str], problems: Problems) -> None:
    """See that columns have names, and no two the same; the first may number the rows."""
    places: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if not name:
            if place > 1:
                problems.add(f"column {place} has no name", "Give it one.")
            continue
        first = places.setdefault(name, place)
        if first != place:
            problems.add(f"columns {first} and {place} are both called {name!r}", "Rename one.")
