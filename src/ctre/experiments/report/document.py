"""What a report is made of, whatever it is written as."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Value:
    """One place of a table."""

    text: str
    below: str = ""
    """A second, smaller line."""
    order: float | None = None
    """What it is sorted by; None for its text."""
    is_best: bool = False
    is_off: bool = False
    """Whether it is further from what it is compared with than chance explains."""


@dataclass(frozen=True)
class Table:
    """Rows of values under headers."""

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[Value]]
    note: str = ""
    n_labels: int = 1
    """How many columns, from the left, say what a row is about."""


@dataclass(frozen=True)
class Picture:
    """Something to draw."""

    name: str
    """Of the file, without an ending."""
    title: str
    draw: Callable[[], Figure]
    note: str = ""


Part: TypeAlias = Table | Picture | str
"""A string is a paragraph."""


@dataclass(frozen=True)
class Section:
    """Parts under a title."""

    title: str
    parts: Sequence[Part] = field(default_factory=tuple)


@dataclass(frozen=True)
class Report:
    """All of it."""

    title: str
    sections: Sequence[Section]
