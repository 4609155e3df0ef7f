"""What the commands that train many times have in common: data, progress, a picture."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ctre.cli.consoles import messages, results
from ctre.cli.data import open_dataset
from ctre.cli.dry_run import show_plan
from ctre.cli.run import check_classes, keywords_for
from ctre.cli.run_progress import RunProgress
from ctre.cli.study_options import going_on_later
from ctre.cli.workplaces import workplaces
from ctre.errors import MissingExtraError
from ctre.experiments import StudyData
from ctre.experiments.data import facts_of
from ctre.experiments.estimate import by_information, measure_rates, predict
from ctre.experiments.experiment import Experiment
from ctre.experiments.runner import carry_out
from ctre.experiments.store import DONE, MEMORY, Store
from ctre.figure_style import as_png
from ctre.training import Callback, FitState
from ctre.whole_file import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def open_study(
    data: str,
    keywords: Mapping[str, Any],
    *,
    protocol: str,
    target: str | None,
    test_fraction: float | None,
    data_home: Path | None,
) -> tuple[StudyData, dict[str, Any]]:
    """Load a data set, and complete the keywords that it is trained with.

    Raises
    ------
    click.UsageError, CTREError
        As `open_dataset`.
    """
    dataset = open_dataset(data, target=target, test_fraction=test_fraction, data_home=data_home)
    check_classes(dataset)
    return StudyData.of(dataset), keywords_for(dataset, protocol, keywords)


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


class StudyProgress(Callback):
    """Two bars on a terminal while its ``with`` block lasts, and nothing elsewhere.

    The upper one counts jobs, the lower one shows how far the job in hand is.

    Parameters
    ----------
    console : rich.console.Console
        Where to draw.
    n_jobs, n_done : int
        Jobs there are, and those that were done before.
    """

    def __init__(self, console: Console, n_jobs: int, n_done: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            expand=True,
        )
        self._n_jobs, self._n_done = n_jobs, n_done
        self._jobs = self._progress.add_task("", total=n_jobs, completed=n_done, figures="")
        self._job = self._progress.add_task("", total=None, figures="", visible=False)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def begin_job(self, name: str) -> None:
        """Say which job is in hand."""
        number = f"run {self._n_done + 1}/{self._n_jobs}"
        self._progress.update(self._jobs, description=number, figures=name)

    def end_job(self) -> None:
        """Count the job."""
        self._n_done += 1
        self._progress.update(self._jobs, completed=self._n_done)

    def on_fit_begin(self, state: FitState) -> None:
        """Empty the lower bar."""
        plan = state.plan
        self._begin_phase(f"epoch 1/{plan.n_epochs}", plan.n_epochs * plan.n_samples)

    def on_tick(self, state: FitState, n_samples_done: int) -> None:
        """Move on inside the epoch."""
        self._move(state, state.n_epochs_done + 1, n_samples_done)

    def on_epoch_end(self, state: FitState) -> None:
        """Show what the epoch reached."""
        record = state.history[-1]
        self._move(state, record.epoch, state.plan.n_samples)
        if record.validation_score is not None:
            figures = f"val {100 * record.validation_score:.1f} %"
            self._progress.update(self._job, figures=figures)

    def _move(self, state: FitState, epoch: int, n_samples_done: int) -> None:
        done = (epoch - 1) * state.plan.n_samples + n_samples_done
        description = f"epoch {epoch}/{state.plan.n_epochs}"
        self._progress.update(self._job, completed=done, description=description)

    def on_prediction(self, n_done: int, *, n: int) -> None:
        """Move on while a network is taken apart in ``n`` steps."""
        if n_done == 1:
            self._begin_phase("removing", n)
        self._progress.update(self._job, completed=n_done)

    def _begin_phase(self, description: str, total: int) -> None:
        self._progress.reset(
            self._job, total=total, description=description, figures="", visible=True
        )
