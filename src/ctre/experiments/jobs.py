"""What is to be done and what is done: a row begins with the fields of the job that made it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from ctre.errors import InvalidParameterError
from ctre.methods import get_recipe

Job = TypeVar("Job", bound=tuple[Any, ...])
Row = TypeVar("Row", bound=tuple[Any, ...])


def pending(jobs: Sequence[Job], rows: Iterable[tuple[Any, ...]]) -> list[Job]:
    """Give the jobs that no row comes from, in their order."""
    done = {row[: len(jobs[0])] for row in rows}
    return [job for job in jobs if job not in done]


def rows_of(jobs: Sequence[Job], rows: Iterable[Row]) -> list[Row]:
    """Give the rows that come from the jobs, in the jobs' order."""
    places = {tuple(job): place for place, job in enumerate(jobs)}
    width = len(jobs[0])
    return sorted(
        (row for row in rows if row[:width] in places), key=lambda row: places[row[:width]]
    )


def check_methods(methods: Sequence[str]) -> None:
    """See that each method exists and none is named twice.

    Raises
    ------
    UnknownNameError, InvalidParameterError
        If not.
    """
    for number, method in enumerate(methods):
        get_recipe(method)
        if method in methods[:number]:
            raise InvalidParameterError(f"methods must differ, got {method!r} twice.")
