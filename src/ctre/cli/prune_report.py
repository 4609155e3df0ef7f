"""What the prune study says, as JSON and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

import ctre
from ctre.experiments import PruneCurve, removable_share

_TOLERANCE = 0.05


def describe(
    dataset: str, protocol: str, n_seeds: int, curves: Sequence[PruneCurve]
) -> dict[str, Any]:
    """Gather what is worth knowing, as JSON can say it; of mean curves over the seeds."""
    return {
        "dataset": dataset,
        "protocol": protocol,
        "seeds": n_seeds,
        "tolerance": _TOLERANCE,
        "curves": [_describe_curve(curve) for curve in curves],
        "version": ctre.__version__,
    }


def _describe_curve(curve: PruneCurve) -> dict[str, Any]:
    mean = curve.test_accuracy.mean(axis=0)
    return {
        "method": curve.method,
        "epochs": curve.epochs,
        "criterion": curve.criterion,
        "order": curve.order,
        "test_accuracy": float(mean[0]),
        "removable": removable_share(curve.removed, mean, _TOLERANCE),
    }


def tabulate(report: dict[str, Any]) -> RenderableType:
    """Lay the report out for people: a line for each network, a column for each way to prune."""
    curves = report["curves"]
    ways = list(dict.fromkeys((curve["criterion"], curve["order"]) for curve in curves))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("\nmethod", min_width=8)
    for header in ("\nepochs", "test\naccuracy (%)", *map(_name_way, ways)):
        table.add_column(header, justify="right", no_wrap=True)
    for method, epochs in dict.fromkeys((curve["method"], curve["epochs"]) for curve in curves):
        own = [curve for curve in curves if (curve["method"], curve["epochs"]) == (method, epochs)]
        shares = [f"{100 * curve['removable']:.0f} %" for curve in own]
        table.add_row(method, str(epochs), f"{100 * own[0]['test_accuracy']:.1f}", *shares)
    n_seeds = report["seeds"]
    title = Text.assemble(
        (report["dataset"], "bold"),
        f"  mean of {n_seeds} seeds" if n_seeds > 1 else "",
    )
    note = Text(
        "Connections that can leave, the least or the most important first, before "
        f"{100 * _TOLERANCE:.0f} % of the accuracy is lost.",
        "dim",
    )
    return Group("", title, "", table, "", note)


def _name_way(way: tuple[str, str]) -> str:
    criterion, order = way
    side = {"least-first": "least", "most-first": "most"}
    return f"{criterion}\n{side[order]}" if order in side else f"\n{criterion}"
