"""What DATA on the command line stands for: a catalogued name, or a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from ctre.cli.consoles import messages
from ctre.cli.file_options import flag_of
from ctre.datasets import (
    CATALOGUE,
    FORMAT_NAMES,
    Dataset,
    FileFormat,
    KnownFile,
    LabelledTable,
    load,
    read_file,
    read_samples,
    split,
)
from ctre.errors import UnknownNameError
from ctre.persistence import SavedModel

STANDARD_INPUT = "-"
_TEST_FRACTION = 0.2


def open_dataset(
    data: str,
    *,
    target: str | None,
    file_format: FileFormat,
    test_fraction: float | None,
    data_home: Path | None,
) -> Dataset:
    """Load a data set to train on, with test rows.

    Raises
    ------
    click.UsageError
        If an option does not fit the data.
    CTREError
        If there is no such data, or it cannot be used.
    """
    if is_file(data, target, file_format):
        dataset = read_file(opened(data, file_format), target=target, file_format=file_format)
    else:
        dataset = _load(data, data_home)
    if dataset.X_test is None:
        return split(dataset, test_fraction or _TEST_FRACTION)
    if test_fraction is not None:
        raise click.UsageError(f"--test-fraction: {data} comes with its own test rows.")
    return dataset


def open_samples(
    data: str,
    *,
    target: str | None,
    file_format: FileFormat,
    known: KnownFile,
    data_home: Path | None,
) -> LabelledTable:
    """Load rows to predict: the test rows of a catalogued data set, or those of a file.

    Parameters
    ----------
    data, target, file_format, data_home
        As for `open_dataset`.
    known : KnownFile
        What the file of the training rows was like.

    Raises
    ------
    click.UsageError, CTREError
        As `open_dataset`.
    """
    if is_file(data, target, file_format):
        rows = opened(data, file_format)
        return read_samples(rows, target=target, known=known, file_format=file_format)
    dataset = _load(data, data_home)
    assert dataset.X_test is not None  # every catalogued data set has test rows
    return LabelledTable(dataset.X_test, dataset.y_test, dataset.feature_names)


def known_file(saved: SavedModel) -> KnownFile:
    """Tell what the file was like that a model was trained on.

    Raises
    ------
    InvalidDataError
        If the model file describes no format.
    """
    return KnownFile(
        saved.feature_names,
        saved.target,
        saved.estimator.n_features_in_,
        FileFormat.from_json(saved.file_format),
    )


def is_file(data: str, target: str | None, file_format: FileFormat) -> bool:
    """Tell a file from a catalogued name, which wins: write ./name for a file of that name.

    Raises
    ------
    click.UsageError
        If an option is for files, and it is none.
    UnknownNameError
        If it is neither.
    """
    names = [record.name for record in CATALOGUE]
    if data in names:
        if target is not None:
            raise click.UsageError(f"--target: {data} is a catalogued name, its labels are known.")
        told = [flag_of(name) for name in file_format.as_json()]
        if told:
            raise click.UsageError(f"{', '.join(told)}: {data} is a catalogued name, and no file.")
        return False
    is_path = data == STANDARD_INPUT or Path(data).suffix or Path(data).exists()
    if not is_path and file_format.name is None:
        raise UnknownNameError("data set", data, names)
    return True


def opened(data: str, file_format: FileFormat) -> str | BinaryIO:
    """Give the file's path, or standard input for ``-``.

    Raises
    ------
    click.UsageError
        If nobody says what standard input is.
    """
    if data != STANDARD_INPUT:
        return data
    if file_format.name is None:
        raise click.UsageError(
            f"--format must say what standard input is: {', '.join(FORMAT_NAMES)}."
        )
    return sys.stdin.buffer


def _load(name: str, data_home: Path | None) -> Dataset:
    """Load a catalogued data set; on a terminal a download shows how far it is."""
    console = messages()
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    tasks: dict[str, TaskID] = {}

    def show(file: str, n_bytes: int, total: int | None) -> None:
        if file not in tasks:
            tasks[file] = progress.add_task(file)
        progress.update(tasks[file], completed=n_bytes, total=total)

    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        return load(name, data_home=data_home, on_progress=show)
