"""The progress bar of a training: epoch, loss, validation accuracy, connections, time left."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

from ctre.cli.terminal_progress import BarCallback, TerminalProgress
from ctre.training import FitState

_COMPACT_FROM = 10_000  # connections of a layer that are written as 12k


class ProgressBar(BarCallback):
    """A callback that draws on a terminal while its ``with`` block lasts, and nothing elsewhere.

    Parameters
    ----------
    console : rich.console.Console
        Where to draw.
    """

    def __init__(self, console: Console) -> None:
        progress = TerminalProgress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[figures]}"),
            TextColumn("[dim]{task.fields[connections]}[/]"),
            TimeRemainingColumn(compact=True),
            console=console,
        )
        super().__init__(progress)

    def on_fit_begin(self, state: FitState) -> None:
        """Draw the bar, empty but for what was done before an interruption."""
        plan, n_done = state.plan, state.n_epochs_done
        self._task = self._progress.add_task(
            "",
            total=plan.n_epochs * plan.n_samples,
            completed=n_done * plan.n_samples,
            epoch=f"{min(n_done + 1, plan.n_epochs)}/{plan.n_epochs}",
            figures="",
            connections=_compact(plan.n_connections),
        )

    def on_tick(self, state: FitState, n_samples_done: int) -> None:
        """Move on inside the epoch."""
        n_epochs_done, plan = state.n_epochs_done, state.plan
        done = n_epochs_done * plan.n_samples + n_samples_done
        epoch = f"{n_epochs_done + 1}/{plan.n_epochs}"
        self._progress.update(self._task, completed=done, epoch=epoch)

    def on_epoch_end(self, state: FitState) -> None:
        """Show what the epoch reached."""
        record, plan = state.history[-1], state.plan
        figures = f"loss {record.train_loss:.3f}"
        if record.validation_score is not None:
            figures += f"  val {100 * record.validation_score:.1f} %"
        self._progress.update(
            self._task,
            completed=record.epoch * plan.n_samples,
            epoch=f"{record.epoch}/{plan.n_epochs}",
            figures=figures,
            connections=_compact(record.n_connections),
        )


def _compact(n_connections: tuple[int, ...]) -> str:
    """Write the connections of every layer in few characters: 1784+2000+12k."""
    return "+".join(
        f"{count / 1000:.0f}k" if count >= _COMPACT_FROM else str(count) for count in n_connections
    )
