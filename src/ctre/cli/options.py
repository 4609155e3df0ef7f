"""Options that several commands share, and the values that click does not know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

ALL = "all"
SCHEDULE = click.Choice(["constant", "cosine", "linear", "step"])
FRACTION = click.FloatRange(0, 1, min_open=True, max_open=True)


def parse_sizes(
    _: click.Context, param: click.Parameter, value: str | None
) -> tuple[int, ...] | None:
    """Turn "1000,1000" into a tuple of positive integers."""
    if value is None:
        return None
    sizes = [size.strip() for size in value.split(",")]
    if not all(size.isdecimal() and int(size) >= 1 for size in sizes):
        raise click.BadParameter(
            f"{value!r} must be numbers of neurons with commas between, as in 1000,1000.",
            param=param,
        )
    return tuple(map(int, sizes))


def parse_rows(
    _: click.Context, param: click.Parameter, value: str | None
) -> int | float | str | None:
    """Turn "all", "512" or "0.25" into `ALL`, an integer or a number in (0, 1)."""
    if value is None or value == ALL:
        return value
    if value.isdecimal() and int(value) >= 1:
        return int(value)
    try:
        share = float(value)
    except ValueError:
        share = 0.0
    if not 0 < share < 1:
        raise click.BadParameter(
            f"{value!r} must be 'all', a number of rows, or a share of them such as 0.25.",
            param=param,
        )
    return share


def parse_candidates(
    _: click.Context, param: click.Parameter, value: str | None
) -> int | str | None:
    """Turn "all" or "5" into `ALL` or an integer."""
    if value is None or value == ALL:
        return value
    if not (value.isdecimal() and int(value) >= 1):
        raise click.BadParameter(f"{value!r} must be 'all' or a number of pairs.", param=param)
    return int(value)


def data_home_option(command: _Command) -> _Command:
    """Add ``--data-home``."""
    return click.option(
        "--data-home",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the catalogued data sets.  [default: $CTRE_DATA_HOME, or scikit-learn's]",
    )(command)


def json_option(command: _Command) -> _Command:
    """Add ``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object instead of text."
    )(command)
