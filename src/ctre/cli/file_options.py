"""The options that say how a file is written, for every command that reads one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

if TYPE_CHECKING:
    from ctre.datasets import FileFormat

_Command = TypeVar("_Command", bound=Callable[..., Any])

_FORMATS = ("csv", "tsv", "parquet", "feather", "npz", "mat", "svmlight")
_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "blank": " ", "comma": ",", "pipe": "|"}
_DELIMITERS |= {"semicolon": ";"}


def _parse_delimiter(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    return value if value is None else _DELIMITERS.get(value.lower(), value)


def _parse_missing(
    _: click.Context, __: click.Parameter, value: str | None
) -> tuple[str, ...] | None:
    if value is None:
        return None
    return tuple(mark.strip() for mark in value.split(",") if mark.strip())


FILE_OPTIONS: dict[str, Callable[[_Command], _Command]] = {
    "name": click.option(
        "--format",
        "name",
        type=click.Choice(_FORMATS),
        help="What a file is whose suffix does not tell, and standard input (-).",
    ),
    "header": click.option(
        "--header/--no-header",
        default=None,
        help="Whether the first row of a table has the columns' names.  [default: found out]",
    ),
    "delimiter": click.option(
        "--delimiter",
        callback=_parse_delimiter,
        metavar="MARK",
        help="What is between the cells of a table: a mark, or tab, or space for any blanks.  "
        "[default: found out]",
    ),
    "quote": click.option(
        "--quote",
        type=click.Choice(['"', "'"]),
        help="The mark around cells that may hold delimiters.  [default: found out]",
    ),
    "decimal": click.option(
        "--decimal",
        type=click.Choice([".", ","]),
        help="The mark before the fraction of a number.  [default: found out]",
    ),
    "missing": click.option(
        "--missing",
        callback=_parse_missing,
        metavar="MARK,MARK,…",
        help="Cells that stand for no value, beside blank ones.  [default: ?,NA,N/A,nan,null,none]",
    ),
    "encoding": click.option(
        "--encoding",
        metavar="NAME",
        help="Encoding of a text file, such as latin-1.  [default: utf-8, or by its byte order "
        "mark]",
    ),
    "index_base": click.option(
        "--index-base",
        type=click.IntRange(0, 1),
        help="What an SVMLight file calls its first column: 0 or 1.  [default: found out]",
    ),
}


def file_options(command: _Command) -> _Command:
    """Add them all; the command gets them as one `FileFormat`, called ``file_format``."""

    @functools.wraps(command)
    def with_format(*args: Any, **keywords: Any) -> Any:
        told = {name: keywords.pop(name) for name in FILE_OPTIONS}
        return command(*args, file_format=_as_format(told), **keywords)

    wrapped: Any = with_format
    for option in reversed(FILE_OPTIONS.values()):  # as decorators above each other would
        wrapped = option(wrapped)
    return cast("_Command", wrapped)


def flag_of(name: str) -> str:
    """Tell which option a field of `FileFormat` comes from."""
    return {"name": "--format"}.get(name, f"--{name.replace('_', '-')}")


def _as_format(told: dict[str, Any]) -> FileFormat:
    from ctre.datasets import FileFormat

    return FileFormat(**told)
