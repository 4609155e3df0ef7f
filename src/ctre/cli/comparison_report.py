"""What a comparison says, as JSON and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

import ctre
from ctre.experiments import Summary, smallest_p_value

_LEVEL = 0.05
_NONE = "–"
_HEADERS = (
    "test\naccuracy (%)",
    "training\ndelay (%)",
    "seconds\ntraining",
    "seconds\nevolving",
    "\nconnections",
    "\np-value",
)


def describe(dataset: str, protocol: str, summaries: Sequence[Summary]) -> dict[str, Any]:
    """Gather what is worth knowing, as JSON can say it."""
    return {
        "dataset": dataset,
        "protocol": protocol,
        "seeds": summaries[0].n_seeds,
        "methods": [_describe_method(summary) for summary in summaries],
        "version": ctre.__version__,
    }


def _describe_method(summary: Summary) -> dict[str, Any]:
    test = summary.against_best
    return {
        "method": summary.method,
        "is_best": summary.is_best,
        "test_accuracy": summary.accuracy,
        "test_accuracy_std": summary.accuracy_std,
        "training_delay": summary.training_delay,
        "n_connections": summary.n_connections,
        "density": summary.density,
        "exploration_rate": summary.exploration_rate,
        "n_dead": summary.n_dead,
        "n_unreachable": summary.n_unreachable,
        "seconds": {"train": summary.seconds_train, "evolve": summary.seconds_evolve},
        "multiply_adds": summary.cost._asdict(),
        "p_value": None if test is None else test.p_value,
        "is_distinct": None if test is None else test.is_distinct(_LEVEL),
    }


def tabulate(report: dict[str, Any]) -> RenderableType:
    """Lay the report out for people."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("\nmethod", min_width=8)
    for header in _HEADERS:
        table.add_column(header, justify="right", no_wrap=True)
    for method in report["methods"]:
        table.add_row(*_cells(method), style="bold" if method["is_best"] else "")
    n_seeds = report["seeds"]
    title = Text.assemble((report["dataset"], "bold"), f"  {_times(n_seeds)}")
    return Group("", title, "", table, "", Text(_notes(n_seeds), "dim"))


def _cells(method: dict[str, Any]) -> list[str]:
    std, delay, p_value = (
        method[name] for name in ("test_accuracy_std", "training_delay", "p_value")
    )
    spread = "" if std is None else f" ± {100 * std:.1f}"
    return [
        method["method"],
        f"{100 * method['test_accuracy']:.1f}{spread}",
        _NONE if delay is None else f"{100 * delay:.1f}",
        f"{method['seconds']['train']:.1f}",
        f"{method['seconds']['evolve']:.1f}",
        f"{method['n_connections']:,}",
        _p_value(p_value, is_best=method["is_best"]),
    ]


def _p_value(p_value: float | None, *, is_best: bool) -> str:
    if is_best:
        return "best"
    return _NONE if p_value is None else f"{p_value:.3f}"


def _times(n_seeds: int) -> str:
    return "one seed" if n_seeds == 1 else f"mean and standard deviation of {n_seeds} seeds"


def _notes(n_seeds: int) -> str:
    notes = (
        "Training delay: share of the epochs until a method has 90 % of the best accuracy of all; "
        f"{_NONE} if it never has."
    )
    if n_seeds == 1:
        return notes
    least = smallest_p_value(n_seeds, n_seeds)
    notes += (
        "\np-value: Kolmogorov–Smirnov test of the accuracies against those of the best method; "
        f"below {_LEVEL} more than chance is at work."
    )
    if least >= _LEVEL:
        notes += f" With {n_seeds} seeds it cannot be lower than {least:.2g}."
    return notes
