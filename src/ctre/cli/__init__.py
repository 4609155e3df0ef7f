"""The ``ctre`` command.

Results go to stdout, everything else to stderr. Exit status: 0; 2 for wrong usage or bad input,
with one message; 130 after Ctrl-C, 143 when asked to end (SIGTERM). The modules that click needs
for ``--help`` load nothing else: each command imports what it works with when it runs.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

import click

from ctre.cli.compare import compare
from ctre.cli.inspect import inspect
from ctre.cli.listings import datasets, methods
from ctre.cli.predict import predict
from ctre.cli.prune_study import prune_study
from ctre.cli.report_command import report
from ctre.cli.reproduce import reproduce
from ctre.cli.store import store
from ctre.cli.streams import take_every_letter
from ctre.cli.study import study
from ctre.cli.train import train
from ctre.cli.wording import in_options
from ctre.errors import CTREError

__all__ = ["main"]

_INTERRUPTED = 130  # what shells report for Ctrl-C …
_ENDED = 143  # … and for SIGTERM


class _BadInput(click.ClickException):
    exit_code = 2


class _Program(click.Group):
    """The commands, and what becomes of their errors."""

    def main(self, *args: Any, **options: Any) -> Any:
        take_every_letter()
        return super().main(*args, **options)

    def make_context(self, *args: Any, **options: Any) -> click.Context:
        with _told_in_one_message(lambda: None):  # --version and --help write to stdout too
            return super().make_context(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        def command() -> click.Command | None:
            return self.get_command(ctx, ctx.invoked_subcommand or "")

        def show_warning(message: Warning | str, *_: object, **__: object) -> None:
            click.echo(f"Warning: {in_options(str(message), command())}", err=True)

        with warnings.catch_warnings(), _told_in_one_message(command):
            warnings.showwarning = show_warning
            with _ended_as_by_ctrl_c() as was_ended:
                try:
                    return super().invoke(ctx)
                except KeyboardInterrupt as interruption:
                    what_is_saved = str(interruption) or "nothing was saved."
                    click.echo(f"Interrupted; {what_is_saved}", err=True)
                    ctx.exit(_ENDED if was_ended() else _INTERRUPTED)


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[Callable[[], bool]]:
    """Take SIGTERM, which schedulers of clusters send, for Ctrl-C; give a function that tells."""
    if threading.current_thread() is not threading.main_thread():  # others may not heed signals
        yield lambda: False
        return
    is_ended = False

    def interrupt(*_: object) -> None:
        nonlocal is_ended
        is_ended = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield lambda: is_ended
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _told_in_one_message(command: Callable[[], click.Command | None]) -> Iterator[None]:
    try:
        yield
    except (CTREError, MemoryError) as error:
        message = in_options(str(error), command())
        raise _BadInput(message or "There is not enough memory.") from error
    except BrokenPipeError:  # whoever reads stdout has seen enough; click knows what to do
        raise
    except OSError as error:
        _give_up(sys.stdout)
        what = error.strerror or str(error) or type(error).__name__
        raise _BadInput(f"{error.filename}: {what}" if error.filename else what) from error


def _give_up(stream: TextIO) -> None:
    """Drop what a stream does not take, lest Python tries once more when the process ends."""
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ctre", message="%(prog)s %(version)s")
def main() -> None:
    """Train neural networks that are sparse from the first step to the last."""


for command in (
    train,
    predict,
    inspect,
    compare,
    prune_study,
    study,
    reproduce,
    report,
    store,
    methods,
    datasets,
):
    main.add_command(command)
