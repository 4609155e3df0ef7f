"""Trainings on the command line that can be stopped and gone on with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from ctre.training import Checkpoint

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--checkpoint",
        "checkpoint_folder",
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        help="Folder where the state of the training is kept, so that it can be gone on with.",
    ),
    click.option(
        "--every",
        type=click.IntRange(1),
        metavar="N",
        help="Epochs from one file in that folder to the next.  [default: 1]",
    ),
    click.option(
        "--resume",
        is_flag=True,
        help="Go on with the training in that folder, bit for bit as if it had not been "
        "interrupted; if there is none yet, begin.",
    ),
)


def checkpoint_options(command: _Command) -> _Command:
    """Add ``--checkpoint``, ``--every`` and ``--resume``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def chosen_checkpoint(folder: Path | None, every: int | None, resume: bool) -> Checkpoint | None:
    """Make the checkpoint that the options ask for.

    Raises
    ------
    click.UsageError
        If an option is there without the folder, or a training that nobody wants to go on with.
    """
    from ctre.training import Checkpoint

    if folder is None:
        if every is not None or resume:
            given = "--resume" if resume else "--every"
            raise click.UsageError(f"{given} needs --checkpoint DIR, the folder of the training.")
        return None
    checkpoint = Checkpoint(folder, every=1 if every is None else every)
    if checkpoint.files() and not resume:
        raise click.UsageError(
            f"{folder} holds a training. Go on with it by --resume, or choose another folder."
        )
    if resume and not checkpoint.files():
        click.echo(f"Note: {folder} holds no training yet; one begins.", err=True)
    return checkpoint


@contextmanager
def resumable(checkpoint: Checkpoint | None) -> Iterator[None]:
    """Let an interruption say what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        saved = None if checkpoint is None else checkpoint.latest()
        if saved is None:
            raise
        raise KeyboardInterrupt(
            f"{saved.file.parent} holds the training after {saved.n_epochs_done} of "
            f"{saved.n_epochs} epochs, and --resume goes on from there."
        ) from None
