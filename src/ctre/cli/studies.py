"""What the commands that train many times have in common: data, runs, a folder, a picture."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ctre.cli.consoles import messages, results
from ctre.cli.data import open_dataset, source_of
from ctre.cli.dry_run import show_plan
from ctre.cli.run import keywords_for
from ctre.cli.run_folder import prepare_folder
from ctre.cli.run_progress import RunProgress
from ctre.cli.study_options import going_on_later
from ctre.cli.workplaces import workplaces
from ctre.datasets import FileFormat
from ctre.errors import CTREError, InvalidDataError, MissingExtraError
from ctre.experiments.cells import Cell, cells_of
from ctre.experiments.data import DataFacts, StudyData, facts_of, keep
from ctre.experiments.estimate import by_information, measure_rates, predict
from ctre.experiments.exchange import write_csv
from ctre.experiments.experiment import Experiment
from ctre.experiments.runner import carry_out
from ctre.experiments.store import Store
from ctre.experiments.store_file import MEMORY
from ctre.experiments.stored_run import DONE, FAILED
from ctre.figure_style import as_png
from ctre.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STORE_FILE, TABLE_FILE = "runs.db", "runs.csv"
_OLD_FILE = "settings.json"


def open_study(
    data: str,
    keywords: Mapping[str, Any],
    *,
    protocol: str,
    target: str | None,
    file_format: FileFormat,
    test_fraction: float | None,
    data_home: Path | None,
) -> tuple[DataFacts, dict[str, Any]]:
    """Load a data set, and complete the keywords that it is trained with.

    Raises
    ------
    click.UsageError, CTREError
        As `open_dataset`.
    """
    source = source_of(data, target=target, file_format=file_format, test_fraction=test_fraction)
    opened = open_dataset(
        data,
        target=target,
        file_format=file_format,
        test_fraction=test_fraction,
        data_home=data_home,
        task="classification",
    )
    study_data = StudyData.of(opened.dataset, is_encoded=opened.encoder is not None)
    facts = keep(source, study_data._replace(name=source.name), data_home)
    return facts, keywords_for(opened, protocol, keywords)


def study_store(out: Path | None) -> Path:
    """Prepare the folder of a study, and say where its store is; in memory without a folder.

    Raises
    ------
    InvalidDataError
        If the folder holds the results of ctre 0.1, which had no store.
    OSError
        If it cannot be written to.
    """
    if out is None:
        return Path(MEMORY)
    prepare_folder(out)
    if (out / _OLD_FILE).exists() and not (out / STORE_FILE).exists():
        raise InvalidDataError(
            f"{out} holds results that ctre 0.1 wrote ({_OLD_FILE}), which lack what is kept now. "
            "Choose another folder."
        )
    return out / STORE_FILE


def do_here(
    experiments: Sequence[Experiment],
    out: Path | None,
    *,
    n_jobs: int,
    n_threads: int | None,
    data_home: Path | None,
) -> list[Cell]:
    """Do experiments in the order they come, and give what they brought, whole.

    With a folder, the store is there, and a table of all its runs.

    Raises
    ------
    CTREError
        If one of them failed.
    """
    store_path = study_store(out)
    keys = [one.key for one in experiments]
    with Store(store_path) as store, workplaces(None, n_jobs) as places:
        with (
            going_on_later(out),
            RunProgress(messages(), experiments, store, {}, places.n, by_line=False) as progress,
        ):
            carry_out(
                experiments,
                store,
                n_jobs=places.n_jobs,
                n_threads=n_threads if n_jobs == 1 else n_threads or 1,
                data_home=data_home,
                retry_failed=True,
                callbacks=(progress,) if n_jobs == 1 else (),
                on_event=progress.on_event,
            )
        for run in store.runs(keys):
            if run.status == FAILED:
                reason = (run.error or "").splitlines()[-1].partition(": ")[2]
                one = run.experiment
                raise CTREError(f"{one.method}, seed {one.seed}: {reason}")
        if out is not None:
            write_csv(store, out / TABLE_FILE, with_points=True)
        return [cell.loaded() for cell in cells_of(store, keys)]


def do_all(
    experiments: Sequence[Experiment],
    *,
    store_path: Path,
    n_jobs: int,
    dask: str | None,
    retry_failed: bool,
    dry_run: bool,
    data_home: Path | None,
) -> None:
    """Do experiments, those first that tell most an hour, or say how long they would take."""
    if not experiments:
        raise click.UsageError("There is nothing to do: no data set is left.")
    facts = {one.fingerprint: facts_of(one.source, data_home) for one in experiments}
    if dry_run and not store_path.exists():
        store_path = Path(MEMORY)
    with Store(store_path) as store, workplaces(dask, n_jobs) as places:
        wanted = {one.key for one in experiments}
        runs = store.runs()
        done = [run.experiment for run in runs if run.status == DONE and run.key not in wanted]
        seconds = predict(experiments, facts, runs, measure_rates())
        ordered = by_information(experiments, seconds, done)
        if dry_run:
            statuses = store.status_of(wanted)
            show_plan(results(), ordered, statuses, seconds, places.n)
            return
        with (
            going_on_later(store_path),
            RunProgress(messages(), ordered, store, seconds, places.n) as progress,
        ):
            carry_out(
                ordered,
                store,
                n_jobs=places.n_jobs,
                data_home=data_home,
                retry_failed=retry_failed,
                on_event=progress.on_event,
            )
        progress.sum_up(store_path)


def save_picture(path: Path, draw: Callable[[], Figure]) -> Path | None:
    """Draw a picture into a file.

    Returns
    -------
    Path or None
        The file; None, with a warning, if matplotlib is not installed. Then an older picture is
        removed, as it shows something else.
    """
    try:
        content = as_png(draw())
    except MissingExtraError as error:
        warnings.warn(str(error), stacklevel=2)
        path.unlink(missing_ok=True)
        return None
    with whole_file(path) as file:
        file.write(content)
    return path
