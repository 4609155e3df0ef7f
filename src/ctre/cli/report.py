"""What is said about a run: one record, printed for people or as JSON."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

import ctre
from ctre.cli.columns_report import describe_columns, summarize_columns
from ctre.cli.run import Run
from ctre.cli.scores import Scores
from ctre.estimators.base import SparseMLP
from ctre.estimators.parameters import PARAMETERS

_N_TOP_INPUTS = 10
_BAR_WIDTH = 30


def describe(run: Run) -> dict[str, Any]:
    """Gather what is worth knowing about a run, ready for JSON."""
    dataset, estimator, history = run.dataset, run.estimator, run.estimator.history_
    task, encoder = run.opened.task, run.opened.encoder
    assert dataset.y_test is not None
    layers = [
        {"n_pre": n_pre, "n_post": n_post, "n_connections": n_connections}
        for (n_pre, n_post), n_connections in zip(
            pairwise(estimator.network_.layer_sizes), estimator.network_.n_connections, strict=True
        )
    ]
    return {
        "dataset": dataset.name,
        "n_train": len(dataset.y_train),
        "n_test": len(dataset.y_test),
        "n_features": dataset.n_features,
        "task": task.name,
        "task_reason": task.why,
        **({} if task.is_regression else {"n_classes": len(dataset.classes)}),
        "columns": None if encoder is None else describe_columns(encoder),
        "protocol": run.protocol,
        **_settings(estimator),
        "n_connections": estimator.n_connections_,
        "n_dense": estimator.network_.n_places,
        "layers": layers,
        **run.scores.as_report(),
        "validation_r2" if task.is_regression else "validation_accuracy": (
            estimator.best_validation_score_
        ),
        "best_epoch": estimator.best_epoch_,
        "epochs": estimator.n_iter_,
        "seconds": {
            "total": run.seconds,
            "train": sum(history.column("seconds_train")),
            "evolve": sum(history.column("seconds_evolve")),
            "validate": sum(history.column("seconds_validate")),
        },
        "top_inputs": _top_inputs(run),
        "informative": _informative(run),
        "version": ctre.__version__,
    }


def _settings(estimator: SparseMLP) -> dict[str, Any]:
    """Give every setting by its option's name; what fit made of it, where that is another thing."""
    settings = {}
    for parameter in PARAMETERS:
        if parameter.option is not None:
            value = getattr(estimator, parameter.name)
            value = getattr(estimator, f"{parameter.name}_", value)
            settings[parameter.option.key] = getattr(value, "name", value)
    return settings


def _ranking(run: Run) -> NDArray[np.intp]:
    """Order the inputs: most connections first, the stronger one on ties."""
    return np.lexsort((-run.importances, -run.degrees))


def _top_inputs(run: Run) -> list[dict[str, Any]]:
    names, informative, degrees = run.input_names, run.dataset.informative, run.degrees
    return [
        {
            "column": column,
            "name": None if names is None else names[column],
            "n_connections": int(degrees[column]),
            "is_informative": None if informative is None else column in informative,
        }
        for column in _ranking(run)[:_N_TOP_INPUTS].tolist()
    ]


def _informative(run: Run) -> dict[str, int] | None:
    """Count how many of the k informative inputs are among the k most connected ones."""
    informative = run.dataset.informative
    if informative is None:
        return None
    top = _ranking(run)[: len(informative)]
    return {"n": len(informative), "n_in_top": int(np.isin(top, informative).sum())}


def summarize(report: dict[str, Any], scores: Scores) -> RenderableType:
    """Lay the report out for people."""
    sizes = [layer["n_pre"] for layer in report["layers"]] + [report["layers"][-1]["n_post"]]
    title = Text.assemble(
        (report["dataset"], "bold"),
        f"   {report['method']}, {'-'.join(map(str, sizes))} neurons, {report['epochs']} epochs",
    )
    parts: list[RenderableType] = [title, ""]
    if report["columns"] is not None:
        parts += [summarize_columns(report["columns"]), ""]
    parts += [_facts(report, scores), "", _inputs(report)]
    if informative := report["informative"]:
        n, n_in_top = informative["n"], informative["n_in_top"]
        parts += ["", f"{n_in_top} of the {n} most connected inputs are informative."]
    if report["out"]:
        parts += ["", Text(f"Run      {report['out']}")]
    if report["picture"]:
        parts += [Text(f"Picture  {report['picture']}")]
    return Group(*parts)


def _facts(report: dict[str, Any], scores: Scores) -> Table:
    seconds = report["seconds"]
    facts = Table.grid(padding=(0, 3))
    facts.add_column(style="dim")
    facts.add_column(justify="right", style="bold")
    facts.add_column()
    facts.add_row("Task", report["task"], report["task_reason"])
    for row in scores.rows():
        facts.add_row(*row)
    epoch = f"epoch {report['best_epoch']}"
    if report.get("validation_accuracy") is not None:
        facts.add_row("Validation", f"{100 * report['validation_accuracy']:.1f} %", f"at {epoch}")
    elif report.get("validation_r2") is not None:
        facts.add_row("Validation R²", f"{report['validation_r2']:.3f}", f"at {epoch}")
    facts.add_row(
        "Connections",
        f"{report['n_connections']:,}",
        f"{100 * report['density']:.3g} % of {report['n_dense']:,} in the dense network",
    )
    facts.add_row(
        "Seconds",
        f"{seconds['total']:.1f}",
        f"training {seconds['train']:.1f}, evolving {seconds['evolve']:.1f}, "
        f"validating {seconds['validate']:.1f}",
    )
    return facts


def _inputs(report: dict[str, Any]) -> Table:
    """Draw the most connected inputs as a bar chart."""
    inputs = report["top_inputs"]
    most = max(1, inputs[0]["n_connections"])
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=32, no_wrap=True)
    table.add_column(justify="right", style="bold")
    table.add_column()
    header = "Input, from 0" if inputs[0]["name"] is None else "Input"
    table.add_row(Text(header, "dim"), Text("Connections", "dim"))
    for entry in inputs:
        bar = "━" * max(1, round(_BAR_WIDTH * entry["n_connections"] / most))
        color, mark = ("yellow", " informative") if entry["is_informative"] else ("blue", "")
        name = entry["name"] or str(entry["column"])
        table.add_row(Text(name), f"{entry['n_connections']}", Text(bar, color) + Text(mark, "dim"))
    return table
