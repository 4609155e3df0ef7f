"""Options of the commands that train many times, and what becomes of them at Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def parse_names(_: click.Context, param: click.Parameter, value: str | None) -> tuple[str, ...]:
    """Turn "set,rigl" into a tuple of names; nothing into an empty one."""
    if value is None:
        return ()
    names = tuple(name.strip() for name in value.split(","))
    if not all(names):
        raise click.BadParameter(
            f"{value!r} must be names with commas between, as in ctre-seq,set.", param=param
        )
    return names


def parse_numbers(kind: type[int] | type[float]) -> Callable[..., tuple[float, ...]]:
    """Make what turns "1,5,13" into a tuple of numbers above 0, and nothing into an empty one."""

    def parse(
        context: click.Context, param: click.Parameter, value: str | None
    ) -> tuple[float, ...]:
        try:
            numbers = tuple(map(kind, parse_names(context, param, value)))
        except ValueError:
            numbers = (0,)
        if not all(number > 0 for number in numbers):
            raise click.BadParameter(
                f"{value!r} must be numbers above zero with commas between, as in 1,5,13.",
                param=param,
            )
        return numbers

    return parse


def parse_epochs(_: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    """Turn "10,30" into an ascending tuple of positive integers, each of them once."""
    numbers = [number.strip() for number in value.split(",")]
    if not all(number.isdecimal() and int(number) >= 1 for number in numbers):
        raise click.BadParameter(
            f"{value!r} must be numbers of epochs with commas between, as in 10,30.", param=param
        )
    return tuple(sorted(set(map(int, numbers))))


def seeds_option(command: _Command) -> _Command:
    """Add ``--seeds``."""
    return click.option(
        "--seeds",
        "n_seeds",
        type=click.IntRange(1),
        default=3,
        show_default=True,
        help="How many seeds: 0, 1, 2, …",
    )(command)


def jobs_option(command: _Command) -> _Command:
    """Add ``--jobs``."""
    return click.option(
        "--jobs",
        "n_jobs",
        type=click.IntRange(-1),
        default=1,
        show_default=True,
        callback=_not_zero,
        help="Runs at a time, each in a process with one thread; -1: one a processor.",
    )(command)


def _not_zero(_: click.Context, param: click.Parameter, value: int) -> int:
    if value == 0:
        raise click.BadParameter("0 must be a number of runs, or -1.", param=param)
    return value


def check_methods(methods: Sequence[str]) -> None:
    """See that each method exists and none is named twice.

    Raises
    ------
    UnknownNameError, InvalidParameterError
        If not.
    """
    from ctre.errors import InvalidParameterError
    from ctre.methods import get_recipe

    for number, method in enumerate(methods):
        get_recipe(method)
        if method in methods[:number]:
            raise InvalidParameterError(f"--methods must differ, got {method!r} twice.")


def work_options(command: _Command) -> _Command:
    """Add the options that say where runs are kept, and where and how many at a time are done."""
    for option in reversed(
        (
            click.option(
                "--store",
                "store_path",
                type=click.Path(dir_okay=False, path_type=Path),
                default=Path("runs.db"),
                show_default=True,
                help="File of the runs; what is done there is not done again.",
            ),
            jobs_option,
            click.option(
                "--dask",
                metavar="ADDRESS",
                help="Do the runs on a Dask cluster: its scheduler's address, as in "
                "tcp://host:8786, or local:N for N workers here.",
            ),
            click.option(
                "--dry-run", is_flag=True, help="Say what would be done, and how long it takes."
            ),
            click.option(
                "--retry-failed", is_flag=True, help="Do again what failed before as well."
            ),
        )
    ):
        command = option(command)
    return command


def study_out_option(command: _Command) -> _Command:
    """Add ``--out``."""
    return click.option(
        "--out",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder for the results and a picture. Trainings that are done there already are "
        "not done again.",
    )(command)


@contextmanager
def going_on_later(folder: Path | None) -> Iterator[None]:
    """Let an interruption say that what is done is kept, if it is."""
    try:
        yield
    except KeyboardInterrupt:
        if folder is None:
            raise
        raise KeyboardInterrupt(
            f"what is done is in {folder}, and the same command goes on from there."
        ) from None
