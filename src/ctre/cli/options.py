"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])

FRACTION = click.FloatRange(0, 1, min_open=True, max_open=True)


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


def parse_kinds(
    _: click.Context, param: click.Parameter, value: str | None
) -> dict[str, str] | None:
    """Read ``NAME=KIND,NAME=KIND``; a name may have an equals sign, and no comma."""
    if value is None:
        return None
    pairs = [part.rpartition("=") for part in value.split(",")]
    if not all(mark for _, mark, _ in pairs):
        raise click.BadParameter(f"{value!r} must be like zip=category,id=number.", param=param)
    return {name.strip(): kind.strip() for name, _, kind in pairs}
