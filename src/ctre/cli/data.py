"""What DATA on the command line stands for: a catalogued name, or a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from rich.progress import (
    BarColumn,
    DownloadColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from ctre.cli.consoles import messages
from ctre.cli.file_options import flag_of
from ctre.cli.task import Task, choose_task
from ctre.cli.terminal_progress import TerminalProgress
from ctre.datasets import (
    CATALOGUE,
    FORMAT_NAMES,
    Dataset,
    FileFormat,
    KnownFile,
    LabelledTable,
    as_numbers,
    is_here,
    load,
    read_file,
    read_samples,
    split,
)
from ctre.errors import UnknownNameError
from ctre.persistence import SavedModel
from ctre.tables import Table, TableEncoder, encode_dataset, labelled_table

if TYPE_CHECKING:
    from ctre.experiments.data import DataFacts, DataSource

STANDARD_INPUT = "-"
_TEST_FRACTION = 0.2


@dataclass(frozen=True, eq=False)
class Opened:
    """Data to train on, and what for."""

    dataset: Dataset
    """Unscaled, with test rows; those of a table are encoded."""
    task: Task
    encoder: TableEncoder | None = None
    """What made numbers of a table, learned from its training rows; None for a matrix."""


def open_dataset(
    data: str,
    *,
    target: str | None,
    file_format: FileFormat,
    test_fraction: float | None,
    data_home: Path | None,
    task: str,
    kinds: Mapping[str, str] | None = None,
) -> Opened:
    """Load a data set to train on, with test rows.

    Parameters
    ----------
    data, target, file_format, test_fraction, data_home, task, kinds
        As the options of ``ctre train``.

    Raises
    ------
    click.UsageError
        If an option does not fit the data.
    CTREError
        If there is no such data, or it cannot be used.
    """
    if is_file(data, target, file_format):
        dataset = read_file(
            opened(data, file_format),
            target=target,
            file_format=file_format,
            rows_of=partial(labelled_table, kinds=kinds),
        )
    else:
        dataset = _load(data, data_home)
    chosen, dataset = choose_task(task, dataset)
    if dataset.X_test is None:
        dataset = split(dataset, test_fraction or _TEST_FRACTION)
    elif test_fraction is not None:
        raise click.UsageError(f"--test-fraction: {data} comes with its own test rows.")
    if not isinstance(dataset.X_train, Table):
        if kinds is not None:
            raise click.UsageError(f"--kinds: {data} is no table, its columns are numbers.")
        return Opened(dataset, chosen)
    encoded, encoder = encode_dataset(dataset, kinds)
    return Opened(encoded, chosen, encoder)


def source_of(
    data: str, *, target: str | None, file_format: FileFormat, test_fraction: float | None
) -> DataSource:
    """Write down where the rows of a study come from, so that any process can read them again.

    Raises
    ------
    click.UsageError, UnknownNameError
        As `is_file`, or if they come from standard input, which is read once.
    """
    from ctre.experiments.data import DataSource

    if data == STANDARD_INPUT:
        raise click.UsageError(
            "DATA must be a file or a catalogued name here, got -: the runs of a study read their "
            "rows again, and standard input is gone by then. Write the rows to a file first."
        )
    if not is_file(data, target, file_format):
        return DataSource(data)
    return DataSource.of_file(
        data, target=target, file_format=file_format, test_fraction=test_fraction
    )


def facts_by_name(
    names: Sequence[str], data_home: Path | None, *, fetch: bool
) -> dict[str, DataFacts]:
    """Say what planning needs to know of catalogued data sets.

    One that is not here is fetched if ``fetch`` says so; else it is passed over, with a word.
    """
    from ctre.experiments.data import DataSource, facts_of

    found = {}
    for name in names:
        if fetch or is_here(name, data_home):
            found[name] = facts_of(DataSource(name), data_home)
        else:
            click.echo(
                f"Note: {name} is not here and is left out; --datasets {name} fetches it.", err=True
            )
    return found


def open_samples(
    data: str,
    *,
    target: str | None,
    file_format: FileFormat,
    known: KnownFile,
    kinds: Mapping[str, str] | None,
    data_home: Path | None,
) -> LabelledTable:
    """Load rows to predict: the test rows of a catalogued data set, or those of a file.

    Parameters
    ----------
    data, target, file_format, data_home
        As for `open_dataset`.
    known : KnownFile
        What the file of the training rows was like.
    kinds : mapping of str to str, or None
        What the columns are to a model that takes tables as they are; None for other models.

    Raises
    ------
    click.UsageError, CTREError
        As `open_dataset`.
    """
    if is_file(data, target, file_format):
        rows = opened(data, file_format)
        return read_samples(
            rows,
            target=target,
            known=known,
            file_format=file_format,
            rows_of=partial(labelled_table, kinds=kinds) if kinds is not None else as_numbers,
        )
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
    file_format, encoder = FileFormat.from_json(saved.file_format), saved.encoder
    if encoder is None or saved.feature_names is None:
        n_features = (encoder or saved.network).n_features_in_
        return KnownFile(saved.feature_names, saved.target, n_features, file_format)
    used = encoder.used_columns
    optional = tuple(name for name in saved.feature_names if name not in used)
    return KnownFile(used, saved.target, encoder.n_features_in_, file_format, optional)


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

    with TerminalProgress(*columns, console=console, expand=False) as progress:
        return load(name, data_home=data_home, on_progress=show)
