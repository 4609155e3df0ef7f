"""Dates written as text: which way all of a column are written, and what moments they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

ISO = "ISO 8601"

_DAYS = (
    "%Y/%m/%d", "%Y.%m.%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%d.%m.%Y", "%d.%m.%y",
    "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
    "%b %d %Y", "%B %d %Y", "%d-%b-%y", "%Y%m%d",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
PATTERNS = (ISO, *(day + time for day in _DAYS for time in _TIMES))
"""Ways to write a date, as `datetime.strptime` names their parts; the first that fits is taken."""


def find_pattern(cells: Iterable[str]) -> str | None:
    """Find the way in which all cells are written; None if there is none.

    Where ``03/04/2021`` and the like leave open which is the month, it is the first.
    """
    distinct = list(set(cells))
    for pattern in PATTERNS if distinct else ():
        if all(_moment(cell, pattern) is not None for cell in distinct):
            return pattern
    return None


def as_moments(cells: NDArray[np.object_], pattern: str) -> NDArray[np.datetime64]:
    """Read cells, None where one is missing, as datetime64[s]; those with a zone in UTC.

    Raises
    ------
    ValueError
        With the first cell that is not written so.
    """
    moments: dict[str | None, datetime | None] = {None: None}
    for cell in cells:
        if cell not in moments:
            moments[cell] = _moment(cell, pattern)
            if moments[cell] is None:
                raise ValueError(cell)
    return np.array([moments[cell] for cell in cells], dtype="datetime64[s]")


def _moment(cell: str, pattern: str) -> datetime | None:
    try:
        if pattern == ISO:
            moment = datetime.fromisoformat(cell)
        else:
            moment = datetime.strptime(cell, pattern)
    except ValueError:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
