"""What DATA on the command line stands for: a catalogued name, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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
from ctre.datasets import (
    CATALOGUE,
    Dataset,
    KnownNames,
    LabelledTable,
    is_here,
    load,
    read_file,
    read_samples,
    split,
)
from ctre.errors import UnknownNameError

if TYPE_CHECKING:
    from ctre.experiments.data import DataFacts, DataSource

_TEST_FRACTION = 0.2


def open_dataset(
    data: str, *, target: str | None, test_fraction: float | None, data_home: Path | None
) -> Dataset:
    """Load a data set to train on, with test rows.

    Raises
    ------
    click.UsageError
        If an option does not fit the data.
    CTREError
        If there is no such data, or it cannot be used.
    """
    is_file = _is_file(data, target)
    dataset = read_file(data, target=target) if is_file else _load(data, data_home)
    if dataset.X_test is None:
        return split(dataset, test_fraction or _TEST_FRACTION)
    if test_fraction is not None:
        raise click.UsageError(f"--test-fraction: {data} comes with its own test rows.")
    return dataset


def source_of(
    data: str, name: str, *, target: str | None, test_fraction: float | None
) -> DataSource:
    """Write down where the rows of an opened data set came from."""
    from ctre.experiments.data import DataSource

    if not _is_file(data, target):
        return DataSource(name)
    return DataSource(name, str(Path(data).absolute()), target, test_fraction)


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
    known: KnownNames,
    n_features: int,
    data_home: Path | None,
) -> LabelledTable:
    """Load rows to predict: the test rows of a catalogued data set, or those of a file.

    Parameters
    ----------
    data, target, data_home
        As for `open_dataset`.
    known : KnownNames
        What the columns of a CSV or TSV file were called in training.
    n_features : int
        How many columns there must be.

    Raises
    ------
    click.UsageError, CTREError
        As `open_dataset`.
    """
    if _is_file(data, target):
        return read_samples(data, target=target, n_features=n_features, known=known)
    dataset = _load(data, data_home)
    assert dataset.X_test is not None  # every catalogued data set has test rows
    return LabelledTable(dataset.X_test, dataset.y_test, dataset.feature_names)


def _is_file(data: str, target: str | None) -> bool:
    """Tell a file from a catalogued name, which wins: write ./name for a file of that name."""
    names = [record.name for record in CATALOGUE]
    if data in names:
        if target is not None:
            raise click.UsageError(f"--target: {data} is a catalogued name, its labels are known.")
        return False
    if not Path(data).suffix and not Path(data).exists():
        raise UnknownNameError("data set", data, names)
    return True


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
