"""How far many runs are: a bar on a terminal, elsewhere a line for each run that ends."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn

from ctre.cli.terminal_progress import BarCallback, TerminalProgress
from ctre.experiments.experiment import Experiment
from ctre.experiments.runner import Event
from ctre.experiments.settings import differences
from ctre.experiments.store import Store
from ctre.experiments.stored_run import DONE, FAILED, RUNNING
from ctre.training import FitState

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))


class RunProgress(BarCallback):
    """Shows runs done, running and failed, and the time left, while its ``with`` block lasts.

    Told of a fit, as a callback, it shows how far that one is as well.

    Parameters
    ----------
    console : rich.console.Console
        Where to write.
    experiments : sequence of Experiment
        All that are to be done in the end.
    store : Store
        Says which of them are done already.
    seconds : mapping of str to float
        What they are expected to take, by key.
    n_jobs : int
        How many are done at a time.
    by_line : bool, default=True
        Whether to write a line for each run where there is no terminal.
    """

    def __init__(
        self,
        console: Console,
        experiments: Sequence[Experiment],
        store: Store,
        seconds: Mapping[str, float],
        n_jobs: int,
        *,
        by_line: bool = True,
    ) -> None:
        self._by_line = by_line
        self._console, self._seconds, self._n_jobs = console, seconds, n_jobs
        store.add(experiments)
        statuses = store.status_of([one.key for one in experiments])
        self._total = len(statuses)
        self._done = sum(status == DONE for status in statuses.values())
        self._failed = {key for key, status in statuses.items() if status == FAILED}
        self._running: set[str] = set()
        settled = (DONE, FAILED)
        self._todo = {key for key, status in statuses.items() if status not in settled}
        self._expected = self._taken = 0.0
        self._lock = threading.Lock()
        progress = TerminalProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[figures]}"),
            console=console,
        )
        super().__init__(progress)
        self._task = self._progress.add_task("", total=self._total, figures="")
        self._fit = self._progress.add_task("", total=None, figures="", visible=False)

    def __enter__(self) -> Self:
        super().__enter__()
        self._show("")
        return self

    def on_event(self, event: Event) -> None:
        """Take in what happened to a run."""
        one, key = event.experiment, event.experiment.key
        with self._lock:
            if event.what == RUNNING:
                self._running.add(key)
                self._failed.discard(key)  # before, and now it is tried again
                self._todo.add(key)
                self._show(name_of(one))
                return
            self._running.discard(key)
            self._todo.discard(key)
            if event.what == DONE:
                self._done += 1
                self._expected += self._seconds.get(key, 0.0)
                self._taken += event.seconds or 0.0
            else:
                self._failed.add(key)
            self._show(name_of(one))
            if event.what == FAILED or (self._by_line and not self._console.is_terminal):
                self._console.print(self._line(event), markup=False, soft_wrap=True)

    def on_fit_begin(self, state: FitState) -> None:
        """Empty the bar of the fit."""
        plan = state.plan
        self._progress.reset(
            self._fit,
            total=plan.n_epochs * plan.n_samples,
            description=f"epoch 1/{plan.n_epochs}",
            figures="",
            visible=True,
        )

    def on_tick(self, state: FitState, n_samples_done: int) -> None:
        """Move on inside the epoch."""
        self._move(state, state.n_epochs_done + 1, n_samples_done)

    def on_epoch_end(self, state: FitState) -> None:
        """Show what the epoch reached."""
        record = state.history[-1]
        self._move(state, record.epoch, state.plan.n_samples)
        if record.validation_score is not None:
            figures = f"val {100 * record.validation_score:.1f} %"
            self._progress.update(self._fit, figures=figures)

    def _move(self, state: FitState, epoch: int, n_samples_done: int) -> None:
        done = (epoch - 1) * state.plan.n_samples + n_samples_done
        description = f"epoch {epoch}/{state.plan.n_epochs}"
        self._progress.update(self._fit, completed=done, description=description)

    def sum_up(self, store_path: Path) -> None:
        """Say in the end what is there, and where to look if something failed."""
        words = f"{self._counts()} in {store_path}."
        if self._failed:
            words += f" 'ctre store list {store_path} --status failed' says why."
        self._console.print(words, markup=False, soft_wrap=True)

    def _line(self, event: Event) -> str:
        words = f"{self._counts()}  {name_of(event.experiment)}: "
        if event.what == FAILED:
            last = (event.error or "").splitlines()[-1:]
            return f"{words}failed: {' '.join(last)}"
        assert event.accuracy is not None
        assert event.seconds is not None
        words += f"{100 * event.accuracy:.1f} % in {written(event.seconds)}"
        left = self._left()
        return words if left is None else f"{words}, {written(left)} left"

    def _counts(self) -> str:
        failed = f", {len(self._failed)} failed" if self._failed else ""
        return f"{self._done}/{self._total} done{failed}"

    def _left(self) -> float | None:
        """Give what the rest is expected to take, corrected by what the others took."""
        if not self._todo or not self._expected:
            return None
        rest = sum(self._seconds.get(key, 0.0) for key in self._todo)
        return rest * self._taken / self._expected / min(self._n_jobs, len(self._todo))

    def _show(self, name: str) -> None:
        left = self._left()
        figures = "" if left is None else f"{written(left)} left"
        counts = f"{self._counts()}, {len(self._running)} running"
        self._progress.update(
            self._task,
            completed=self._done + len(self._failed),
            description=counts,
            figures=f"{name}  {figures}",
        )


def name_of(experiment: Experiment, *, with_seed: bool = True) -> str:
    """Name an experiment in few words: data, size, density, method, what else is unusual, seed."""
    settings = experiment.settings
    sizes = "-".join(map(str, settings["hidden_layer_sizes"]))
    words = [experiment.source.name, sizes]
    if settings.get("epsilon") is not None:
        words.append(f"epsilon {settings['epsilon']:.3g}")
    if settings.get("density") is not None:
        words.append(f"density {settings['density']:.3g}")
    words.append(experiment.method)
    words += [f"{name}={_short(value)}" for name, value in unusual(experiment).items()]
    return " ".join([*words, f"seed {experiment.seed}"] if with_seed else words)


def unusual(experiment: Experiment) -> dict[str, Any]:
    """Give what sets an experiment apart from one of a protocol."""
    return differences(experiment.settings) | (
        {"prune_steps": experiment.prune_steps} if experiment.prune_steps else {}
    )


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def written(seconds: float) -> str:
    """Write a time in the two units that suit it."""
    for place, (unit, name) in enumerate(_UNITS):
        if seconds >= unit:
            whole, rest = divmod(seconds, unit)
            smaller, smaller_name = (*_UNITS[place + 1 :], (1, "s"))[0]
            return f"{whole:.0f} {name} {rest // smaller:.0f} {smaller_name}"
    return f"{seconds:.1f} s"
