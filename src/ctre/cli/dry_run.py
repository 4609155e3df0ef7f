"""What a study would do, and how long that would take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from ctre.cli.run_progress import name_of, written
from ctre.experiments.experiment import Experiment
from ctre.experiments.stored_run import DONE


def show_plan(
    console: Console,
    experiments: Sequence[Experiment],
    statuses: Mapping[str, str],
    seconds: Mapping[str, float],
    n_jobs: int,
) -> None:
    """Print a line for each cell in the order of its first run, and what all takes together."""
    cells: dict[object, list[Experiment]] = {}
    for one in experiments:
        cells.setdefault(one.cell, []).append(one)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("runs")
    for header in ("seeds to do", "done", "each", "together"):
        table.add_column(header, justify="right", no_wrap=True)
    for runs in cells.values():
        todo = [one for one in runs if statuses.get(one.key) != DONE]
        each = seconds[runs[0].key]
        table.add_row(
            name_of(runs[0], with_seed=False),
            ",".join(str(one.seed) for one in todo) or "–",
            str(len(runs) - len(todo)),
            written(each),
            written(sum(seconds[one.key] for one in todo)),
        )
    console.print(table)
    todo = [one for one in experiments if statuses.get(one.key) != DONE]
    total = sum(seconds[one.key] for one in todo)
    together = f"{written(total)} of one processor"
    if n_jobs > 1:
        together += f", {written(total / n_jobs)} with {n_jobs} at a time"
    console.print(f"\n{len(todo)} of {len(experiments)} runs to do: {together}.")
